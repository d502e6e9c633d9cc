// Ranks sentences by meaning with the real MiniLM: one click loads it, and the order is that of sentence-transformers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Tab, launch } from "../lib/browser.mjs";
import * as hands from "../lib/miner.mjs";
import { Site } from "../lib/site.mjs";

// No chain is there, so the local network's file is missing, and the browser says so. The page then looks for the
// main network's peers, which are out of reach here; Firefox reports every such attempt.
const ALLOWED = [/404|Failed to load resource/, /bootnode/];

const golden = JSON.parse(
  readFileSync(new URL("../../wasm-miner/tests/fixtures/minilm_golden.json", import.meta.url), "utf8"),
);

let site;
let browser;
let tab;
// What the page and its workers asked for.
const requests = [];

before(async () => {
  site = await Site.start();
  browser = await launch();
  tab = await Tab.open(browser, site.url);
  tab.page.on("request", (request) => requests.push(request.url()));
  await tab.goto("/miner");
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

const press = (words) => hands.press(tab, words, { timeout: 90_000 });
const put = (id, value) => hands.put(tab, id, value);

/** The ranked sentences with their figures, once there are as many as asked for and nothing runs any more. */
async function ranked(count) {
  return tab.until(
    (count) => {
      const panel = document.querySelector("section[aria-labelledby=rank-title]");
      if (!panel || panel.getAttribute("aria-busy") === "true") return undefined;
      const rows = [...panel.querySelectorAll("ol li")].map((row) => ({
        text: row.querySelector("span").textContent,
        cosine: Number(row.querySelector("b").textContent),
        length: row.querySelector("meter").value,
      }));
      return rows.length === count ? rows : undefined;
    },
    { what: `${count} ranked sentences`, timeout: 180_000 },
    count,
  );
}

test("nothing is downloaded before the user asks for it", async () => {
  await press("Check this device");
  await tab.until(() => document.querySelector("[data-tier]"), { what: "a checked device", timeout: 120_000 });
  assert.deepEqual(requests.filter((url) => url.includes("/models/")), []);
  const text = await tab.text();
  assert.match(text, /45 MB/, "the size is named before the download");
  assert.match(text, /seals per second while one is looked for will be drawn here/);
});

test("one click loads MiniLM and ranks as sentence-transformers does", async () => {
  await press("Load MiniLM and rank");
  const rows = await ranked(golden.sentences.length);
  assert.ok(requests.some((url) => url.endsWith("/models/minilm/model.safetensors")), "the model was asked for");
  assert.deepEqual(rows.map((row) => row.text), golden.order.map((index) => golden.sentences[index]));
  rows.forEach((row, place) => {
    const expected = golden.cosines[golden.order[place]];
    assert.ok(Math.abs(row.cosine - expected) < 3e-3, `${row.text}: ${row.cosine} is not ${expected}`);
    assert.ok(Math.abs(row.length - Math.max(expected, 0)) < 3e-3, `the bar of ${row.text} is ${row.length}`);
  });
  // A device whose vectors are not the CPU's is left out, and then has no rate.
  const tier = await tab.page.evaluate(() => document.querySelector("[data-tier]").textContent);
  const rates = /Graphics device (.+), CPU (.+)\./.exec(await tab.text());
  assert.match(rates[1], tier === "CPU" ? /^not tried$/ : /^\d+ tokens\/s$/);
  assert.match(rates[2], /^\d+ tokens\/s$/);
  await tab.check(ALLOWED);
});

test("it ranks the user's own sentences, and the keyboard is enough", async () => {
  await put("rank-texts", "Ein Hund bellt.\n\n  A dog barks.  \nThe stock market fell.");
  await put("rank-query", "The puppy is making noise");
  await tab.page.focus("#rank-query");
  await tab.page.keyboard.press("Enter");
  const rows = await ranked(3);
  assert.equal(rows[0].text, "A dog barks.");
  assert.ok(rows[0].cosine > rows[1].cosine && rows[1].cosine >= rows[2].cosine);
  await tab.check(ALLOWED);
});
