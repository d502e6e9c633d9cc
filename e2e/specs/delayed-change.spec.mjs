// A change of GRANDPA's authorities with a delay: no finality proof can cross it, but whoever follows can.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

import { Tab } from "../lib/browser.mjs";
import { navigate, untilFigure, verified } from "../lib/light-client.mjs";
import { call } from "../lib/oracle.mjs";
import { raise, strike } from "../lib/stage.mjs";
import { shown } from "../lib/table.mjs";

/** Blocks between the change's signal and the change. */
const DELAY = 3;
/** Blocks after the change from which on a client goes by finality proofs alone, with plenty to spare. */
const GAP = 64;

let stage;
/** The height at which the change was over. */
let crossed;

/** Waits for the voter's state to be as wanted, and returns it. */
async function untilState(wanted) {
  for (let tries = 0; tries < 600; tries += 1) {
    const state = await call(stage.devnet.rpc, "lantern_grandpaState");
    if (wanted(state)) return state;
    await delay(100);
  }
  throw new Error("the chain did not get where it should within a minute");
}

before(async () => {
  stage = await raise();
});

after(async () => {
  await strike(stage);
});

test("a page that follows the chain goes on over a change of authorities with a delay", async () => {
  const tab = await Tab.open(stage.browser, stage.site.url);
  await tab.goto("/");
  await verified(tab);
  const before = await untilState(() => true);
  await call(stage.devnet.rpc, "lantern_rotateAuthorities", DELAY);
  const state = await untilState(({ setId }) => setId === before.setId + 1);
  crossed = state.finalized.number;
  await navigate(tab, "Network");
  await tab.until(
    (crossed) => {
      const term = [...document.querySelectorAll("dl.kv.lg dt")].find((term) => term.textContent === "Finalized block");
      return term && Number(term.nextElementSibling.textContent.replaceAll(/\D/g, "")) > crossed + 4;
    },
    { what: "a finalized block after the change" },
    crossed,
  );
  const found = await untilFigure(tab, "Proofs rejected", ".");
  assert.equal(found["Proofs rejected"], "0");
  await tab.check();
  await tab.close();
});

test("a page that starts from before the change says why it does not get on, and a newer checkpoint helps", async () => {
  await untilState(({ finalized }) => finalized.number > crossed + GAP);
  // An empty profile: what the first page kept is from after the change.
  const context = await stage.browser.createBrowserContext();
  const tab = await Tab.open(context, stage.site.url);
  await tab.goto("/");
  // It takes two refused proofs, and the only peer is set aside for most of a minute after the first.
  await tab.untilText(/does not follow from the checkpoint.*newer checkpoint/, { timeout: 120_000 });
  await tab.untilText(/Cannot catch up/);
  const { isProven, rows } = await shown(tab);
  assert.ok(!isProven || Object.keys(rows).length === 0, "the table claims to be proven");
  await tab.screenshot("delayed-change");

  // What the page advises.
  const fresh = path.join(path.dirname(stage.devnet.networkFile), "fresh.json");
  await writeFile(fresh, JSON.stringify(await call(stage.devnet.rpc, "lantern_networkFile")));
  const input = await tab.page.$("#network-menu input[type=file]");
  await input.uploadFile(fresh);
  await verified(tab, { timeout: 90_000 });
  await navigate(tab, "Network");
  const found = await untilFigure(tab, "Started from", "checkpoint");
  assert.ok(Number(found["Started from"].replaceAll(/\D/g, "")) > crossed, found["Started from"]);
  await tab.check();
  await context.close();
});
