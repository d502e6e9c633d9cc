// What a hand and an eye do on the miner's page.

/** Presses the button of the page that has these words, once it is enabled. Options are those of waiting. */
export async function press(tab, words, options = {}) {
  await tab.until(
    (words) => {
      const found = [...document.querySelectorAll("main button")].find(
        (button) => (button.textContent.trim() === words || button.ariaLabel === words) && !button.disabled,
      );
      found?.click();
      return Boolean(found);
    },
    { what: `the button ${words}`, ...options },
    words,
  );
}

/** What stands beside a name in a list of a section. */
export async function line(tab, section, name) {
  return tab.page.evaluate(
    (section, name) => {
      const names = [...document.querySelectorAll(`section[aria-labelledby=${section}] dt`)];
      return names.find((term) => term.textContent === name)?.nextElementSibling?.textContent;
    },
    section,
    name,
  );
}

/** Chooses an option of a select, or types into a field, as a user's hand would end up doing. */
export async function put(tab, id, value) {
  await tab.page.evaluate(
    (id, value) => {
      const element = document.getElementById(id);
      element.value = value;
      element.dispatchEvent(new Event("input", { bubbles: true }));
      element.dispatchEvent(new Event("change", { bubbles: true }));
    },
    id,
    value,
  );
}

/** Opens the miner's page anew, lets it check the device, and has work run on the CPU. */
export async function openMiner(tab) {
  await tab.goto("/miner");
  await press(tab, "Check this device");
  await tab.until(() => document.querySelector("[data-tier]"), { what: "the chosen tier", timeout: 60_000 });
  await put(tab, "mine-place", "cpu");
}

/** Waits until a model's facts are there. */
export async function untilLoaded(tab) {
  await tab.until(() => [...document.querySelectorAll("dt")].some((term) => term.textContent === "Context"), {
    what: "the model's facts",
    timeout: 60_000,
  });
}

/** Presses a button that copies, as a hand does, and pastes into a field: what the clipboard holds now. */
export async function copied(tab, words, id) {
  const buttons = await tab.page.$$("main button");
  const labels = await Promise.all(buttons.map((button) => button.evaluate((button) => button.textContent.trim())));
  const button = buttons[labels.indexOf(words)];
  await tab.page.bringToFront();
  await button.evaluate((button) => button.scrollIntoView({ block: "center" }));
  await button.click();
  await tab.untilText(/Copied|was copied/);
  await put(tab, id, "");
  await tab.page.focus(`#${id}`);
  await tab.page.keyboard.down("Control");
  await tab.page.keyboard.press("v");
  await tab.page.keyboard.up("Control");
  const text = await tab.until((id) => document.getElementById(id).value, { what: `what ${words} copied` }, id);
  return text;
}
