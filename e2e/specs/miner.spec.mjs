// The miner's page: nothing runs before the user agrees; then a model writes words and a seal is found.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { keccak_256 } from "@noble/hashes/sha3";

import { Tab, launch } from "../lib/browser.mjs";
import * as hands from "../lib/miner.mjs";
import { Site } from "../lib/site.mjs";

// No chain is there, so the local network's file is missing, and the browser says so. The page then looks for the
// main network's peers, which are out of reach here; Firefox reports every such attempt.
const ALLOWED = [/404|Failed to load resource/, /bootnode/];

let site;
let browser;
let tab;

before(async () => {
  site = await Site.start();
  browser = await launch();
  tab = await Tab.open(browser, site.url);
  await tab.goto("/");
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

const press = (words) => hands.press(tab, words);
const line = (section, name) => hands.line(tab, section, name);
const put = (id, value) => hands.put(tab, id, value);

/** Waits until the chart of the speed says this to those who listen, and draws a line. */
async function drawn(pattern) {
  await tab.until(
    (source) => {
      const chart = document.querySelector("section[aria-labelledby=speed-title] svg[role=img]");
      return new RegExp(source).test(chart?.getAttribute("aria-label")) && chart.querySelector(".s1").getTotalLength() > 0;
    },
    { what: `a chart that says ${pattern}` },
    pattern.source,
  );
}

/** Scripts and models of the miner that were fetched so far. */
async function fetched() {
  const names = await tab.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  return names.filter((name) => /\/workers\/miner|\/models\//.test(name));
}

test("the navigation leads to the miner, and nothing runs before the user agrees", async () => {
  await tab.until(() => {
    const link = document.querySelector("nav.nav a[href='/miner']");
    link?.click();
    return Boolean(link);
  }, { what: "the link to the miner" });
  await tab.untilText(/expect to earn about 0 TAO on mainnet/);
  assert.equal(await tab.page.evaluate(() => document.querySelector("main h1").textContent), "Miner");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(await fetched(), []);
});

test("one click checks the device, loads the demonstration model and streams words", async () => {
  await press("Check and write a first text");
  const tier = await tab.until(() => document.querySelector("[data-tier]")?.textContent, {
    what: "the chosen tier",
    timeout: 60_000,
  });
  assert.match(tier, /^(Graphics device|Software graphics|CPU)$/);
  await tab.untilText(/Self-test (passed: \d+ of \d+ kernels agree|not run)/);
  assert.ok(await line("device-title", "Adapter"));
  const words = () => /(^|\s)\w{2,}\s+\w{2,}/.test(document.querySelector("[data-written]")?.textContent ?? "");
  await tab.until(words, { what: "two words without another click", timeout: 60_000 });
  await tab.untilText(/at the length that was asked for|by the model/);
  await put("mine-place", "cpu");
});

test("the demonstration model loads and streams words", async () => {
  await press("Load the demonstration model");
  await tab.until(
    () => {
      const terms = [...document.querySelectorAll("section[aria-labelledby=text-title] dt")];
      const place = terms.find((term) => term.textContent === "Runs on")?.nextElementSibling.textContent;
      return place === "CPU" && !document.querySelector("section[aria-labelledby=text-title] progress");
    },
    { what: "the model's facts", timeout: 60_000 },
  );
  await put("mine-length", "100");
  await put("mine-prompt", "The chain");
  await press("Write");
  await tab.until(() => document.querySelector("[data-written]")?.textContent.length > 0, { what: "a first letter" });
  await tab.until(() => /(^|\s)\w{2,}\s+\w{2,}/.test(document.querySelector("[data-written]")?.textContent ?? ""), {
    what: "two words",
  });
  await tab.untilText(/at the length that was asked for|by the model/);
  assert.match(await line("text-title", "Writing"), /^[\d.\u2009]+ tokens\/s$/);
  assert.match(await line("text-title", "Reading the prompt"), /^[\d.\u2009]+ tokens\/s$/);
});

test("a text can be stopped", async () => {
  await put("mine-length", "1000");
  // The model may end its text by itself before the button is reached, so there are some tries, each as fast as the
  // page allows.
  const ends = [];
  while (!ends.includes("by you") && ends.length < 5) {
    await tab.page.evaluate(async () => {
      const button = (words) =>
        [...document.querySelectorAll("main button")].find((button) => button.textContent.trim() === words);
      button("Write").click();
      const started = Date.now();
      while (button("Stop writing").disabled && Date.now() - started < 10_000) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      button("Stop writing").click();
    });
    await tab.until(() => [...document.querySelectorAll("dt")].some((term) => term.textContent === "Ended"), {
      what: "how the text ended",
    });
    ends.push(await line("text-title", "Ended"));
  }
  assert.equal(ends.at(-1), "by you", `texts ended ${ends.join(", ")}`);
});

test("a bit-exact text has the same digest on every device, and tells it", async () => {
  const tier = await tab.page.evaluate(() => document.querySelector("[data-tier]").textContent);
  const exact = JSON.parse(
    readFileSync(new URL("../../wasm-miner/tests/fixtures/exact_digests.json", import.meta.url), "utf8"),
  ).page;
  await tab.page.evaluate(() => document.querySelector("#mine-exact").click());
  await put("mine-prompt", Buffer.from(exact.prompt.slice(1)).toString());
  await put("mine-length", String(exact.tokens));
  for (const place of tier === "CPU" ? ["CPU"] : ["graphics device", "CPU"]) {
    await put("mine-place", place === "CPU" ? "cpu" : "gpu");
    await press("Load the demonstration model");
    const loaded = ["Arithmetic", "integers, bit-exact", "Runs on", place];
    await tab.until(
      (loaded) => {
        const terms = [...document.querySelectorAll("section[aria-labelledby=text-title] dt")];
        const said = terms.map((term) => [term.textContent, term.nextElementSibling.textContent]).flat().join("\n");
        return said.includes(loaded);
      },
      { what: `a bit-exact model on the ${place}`, timeout: 60_000 },
      loaded.join("\n"),
    );
    // The digest of the text before says nothing of this one.
    await tab.page.evaluate(() => document.querySelector("[data-digest]")?.removeAttribute("data-digest"));
    await press("Write");
    const digest = await tab.until(() => document.querySelector("[data-digest]")?.textContent, {
      what: `a digest from the ${place}`,
      timeout: 120_000,
    });
    assert.equal(digest, exact.digest, place);
  }
  await tab.untilText(/exact_check -- FOLDER 'The chain' 100/);
  assert.equal(await hands.copied(tab, "Copy digest", "rank-query"), exact.digest);
  assert.match(await hands.copied(tab, "Copy command", "rank-query"), /^cargo run .* -- FOLDER 'The chain' 100$/);
  await tab.page.evaluate(() => document.querySelector("#mine-exact").click());
});

test("a difficulty that is none is refused, and an easy seal is found", async () => {
  await put("mine-difficulty", "none");
  await tab.untilText(/A difficulty is a whole number/);
  await put("mine-difficulty", "20000");
  await press("Find a seal");
  await tab.until(() => document.querySelector("[data-seal] dd"), { what: "a seal", timeout: 60_000 });
  const seal = await line("search-title", "Seal");
  assert.match(seal, /^0x[0-9a-f]{64}$/);
  // The rule of the chain: read as a little-endian number, at most (2^256 - 1) / difficulty.
  const number = BigInt(`0x${Buffer.from(seal.slice(2), "hex").reverse().toString("hex")}`);
  assert.ok(number <= (2n ** 256n - 1n) / 20_000n, seal);
});

test("a hard search tells its rate, can be paused and stopped", async () => {
  await put("mine-difficulty", "18446744073709551615");
  await press("Find a seal");
  await tab.untilText(/out of reach for this device/);
  assert.match(await line("search-title", "Rate"), /H\/s$/);
  await drawn(/^Proof of work over the last \d+ min, in [kMG]?H\/s\. Last [\d.\u2009]+, best [\d.\u2009]+\. $/);
  await press("Pause");
  await drawn(/^Proof of work .* Held for \d+ s$/);
  await tab.untilText(/Held for \d+ s/);
  await press("Go on");
  await press("Writing");
  await drawn(/^Writing over the last \d+ min, in tokens\/s\. Last [\d.\u2009]+, best [\d.\u2009]+\. $/);
  await press("Stop search");
  await tab.until(
    () => [...document.querySelectorAll("button")].some((button) => button.textContent === "Find a seal" && !button.disabled),
    { what: "that the search stopped" },
  );
});

/** The words of a column of the receipts, the newest first. */
async function receipts(column) {
  return tab.page.evaluate(
    (column) =>
      [...document.querySelectorAll("section[aria-labelledby=receipts-title] tbody tr")].map((row) =>
        row.children[column].innerText.trim(),
      ),
    column,
  );
}

test("bit-exact texts of every device are equal when the CPU computes them again", async () => {
  const open = (await receipts(3)).filter((words) => words === "Check").length;
  const tier = await tab.page.evaluate(() => document.querySelector("[data-tier]").textContent);
  assert.equal(open, tier === "CPU" ? 1 : 2, String(await receipts(3)));
  for (let checked = 1; checked <= open; checked++) {
    await press("Check");
    await tab.until(
      (checked) => {
        const badges = [...document.querySelectorAll("section[aria-labelledby=receipts-title] .pf")];
        return badges.filter((badge) => badge.textContent === "Equal").length === checked;
      },
      { what: `${checked} texts that are equal`, timeout: 120_000 },
      checked,
    );
  }
  const checks = await receipts(3);
  assert.equal(checks.filter((words) => words === "Verified").length, 1);
  assert.ok(checks.includes("no seal") && checks.includes("not checked"), String(checks));
  assert.ok(!checks.includes("Rejected"), String(checks));
});

test("receipts are saved with all that it takes to check them elsewhere", async () => {
  const text = await tab.page.evaluate(async () => {
    const link = document.querySelector("a[download='lantern-receipts.json']");
    // The test wants the file, and no dialogue.
    link.addEventListener("click", (event) => event.preventDefault(), { once: true });
    link.click();
    return (await fetch(link.href)).text();
  });
  const { format, receipts: all } = JSON.parse(text);
  assert.equal(format, "lantern-receipts/1");
  assert.equal(all.length, (await receipts(0)).length);
  const times = all.map((receipt) => receipt.ended_unix_millis);
  assert.deepEqual(times, times.toSorted((a, b) => b - a), "the newest is first");
  const exact = all.filter((receipt) => receipt.digest);
  const golden = JSON.parse(
    readFileSync(new URL("../../wasm-miner/tests/fixtures/exact_digests.json", import.meta.url), "utf8"),
  ).page;
  for (const { digest, check, tokens } of exact) {
    assert.deepEqual([digest, check, tokens], [`0x${golden.digest}`, "passed", golden.tokens]);
  }
  const plain = all.find((receipt) => receipt.job === "text" && !receipt.digest);
  assert.equal(plain.check, "not checked");
  const { netuid, block_hash, hotkey, coldkey, nonce, seal, difficulty } = all.find((receipt) => receipt.seal);
  const message = Buffer.alloc(131);
  message.write("subtensor-pow-register-v1");
  message.writeUInt16LE(netuid, 25);
  [block_hash, hotkey, coldkey].forEach((key, index) => message.write(key.slice(2), 27 + 32 * index, "hex"));
  message.writeBigUInt64LE(BigInt(nonce), 123);
  const expected = keccak_256(createHash("sha256").update(message).digest());
  assert.equal(seal, `0x${Buffer.from(expected).toString("hex")}`);
  assert.equal(difficulty, "20000");
});

test("leaving the page ends the miner, and coming back asks again", async () => {
  await tab.page.evaluate(() => document.querySelector("nav.nav a[href='/about']").click());
  await tab.until(() => !document.querySelector("#device-title"), { what: "another page" });
  await tab.page.evaluate(() => document.querySelector("nav.nav a[href='/miner']").click());
  await tab.untilText(/Before anything runs/);
  await tab.check(ALLOWED);
});
