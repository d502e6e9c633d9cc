// What the page says of its light client.

/** Waits until the light client has verified a block that was finalized after its start. */
export async function verified(tab, { timeout = 60_000 } = {}) {
  await tab.until(
    () => document.querySelector("#sync-dock .stages li:last-child")?.classList.contains("done"),
    { timeout, what: "the light client to be verified" },
  );
}

/** The figures of the network page, by their labels. */
export async function figures(tab) {
  return tab.page.evaluate(() => {
    const terms = [...document.querySelectorAll("dl.kv.lg dt")];
    return Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling.textContent]));
  });
}

/** Waits for a figure of the network page to satisfy a pattern, and returns all of them. */
export async function untilFigure(tab, label, pattern, { timeout = 30_000 } = {}) {
  await tab.until(
    (label, source) => {
      const term = [...document.querySelectorAll("dl.kv.lg dt")].find((term) => term.textContent === label);
      return term && new RegExp(source).test(term.nextElementSibling.textContent);
    },
    { timeout, what: `${label} to be like ${pattern}` },
    label,
    new RegExp(pattern).source,
  );
  return figures(tab);
}

/** Goes to another view through the page's own navigation, without loading it again. */
export async function navigate(tab, name) {
  await tab.page.evaluate((name) => {
    const links = [...document.querySelectorAll("header a, nav a")];
    links.find((link) => link.textContent.trim() === name).click();
  }, name);
  await tab.until((name) => document.querySelector("main h1")?.textContent === name, { what: `the view ${name}` }, name);
}
