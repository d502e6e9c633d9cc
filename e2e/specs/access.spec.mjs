// Rules of accessibility on every view, in both themes and at phone and desktop width; nothing scrolls sideways.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Tab } from "../lib/browser.mjs";
import { verified } from "../lib/light-client.mjs";
import { raise, strike } from "../lib/stage.mjs";
import { provenTable } from "../lib/table.mjs";

const VIEWS = ["/", "/subnet/1", "/account", "/miner", "/network", "/about", "/nowhere"];
const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];

let stage;
let axe;

before(async () => {
  stage = await raise();
  axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
});

after(() => strike(stage));

for (const size of SIZES) {
  for (const theme of ["light", "dark"]) {
    test(`views at ${size.width} px in the ${theme} theme`, async () => {
      const tab = await Tab.open(stage.browser, stage.site.url, size);
      await tab.page.emulateMediaFeatures?.([{ name: "prefers-color-scheme", value: theme }]).catch(() => {});
      await tab.goto("/");
      await verified(tab);
      await provenTable(tab);
      for (const view of VIEWS) {
        await tab.goto(view);
        await tab.until(() => document.querySelector("main h1")?.textContent, { what: "a heading" });
        await assertAccessible(tab, `${view} at ${size.width} px, ${theme}, while it loads`);
        if (view === "/") await provenTable(tab);
        if (view.startsWith("/subnet/")) {
          await tab.until(() => document.querySelector("table[data-proven=true]"), { what: "proven validators" });
        }
        await assertAccessible(tab, `${view} at ${size.width} px, ${theme}`);
        const overflow = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${view} is ${overflow} px wider than a window of ${size.width} px`);
      }
      await tab.check();
      await tab.close();
    });
  }
}

/** Fails when a rule of accessibility is broken. */
async function assertAccessible(tab, where) {
  await tab.page.evaluate(axe);
  const found = await tab.page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    const brief = ({ html }) => html.slice(0, 160);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(brief).join(" | ")}`);
  });
  assert.deepEqual(found, [], where);
}
