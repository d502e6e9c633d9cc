// From the checkpoint through changes of the authorities to the head, and again from what was kept.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Tab } from "../lib/browser.mjs";
import { figures, navigate, untilFigure, verified } from "../lib/light-client.mjs";
import { call, connect } from "../lib/oracle.mjs";
import { raise, strike } from "../lib/stage.mjs";

const CHANGES = [10, 18, 26, 34];

let stage;
let api;
let tab;

before(async () => {
  stage = await raise({ "rotate-at": CHANGES.join(",") });
  api = await connect(stage.devnet.rpc);
  // The checkpoint was taken before the changes, so the page has to get past all of them.
  await new Promise((resolve, reject) => {
    api.rpc.chain
      .subscribeFinalizedHeads((head) => head.number.toNumber() > CHANGES.at(-1) + 2 && resolve())
      .catch(reject);
  });
  tab = await Tab.open(stage.browser, stage.site.url);
});

after(async () => {
  await api?.disconnect();
  await strike(stage);
});

test("the page verifies the chain through four changes of its authorities", async () => {
  const state = await call(stage.devnet.rpc, "lantern_grandpaState");
  const expected = state.setId - stage.devnet.network.checkpoint.setId;
  assert.ok(expected >= 3, `the chain changed its authorities only ${expected} times`);
  await tab.goto("/");
  await verified(tab);
  await navigate(tab, "Network");
  const found = await untilFigure(tab, "Authority-set changes", `^${expected}$`);
  assert.equal(found.Genesis, stage.devnet.network.genesisHash);
  assert.match(found["Started from"], /checkpoint/i);
  assert.equal(found["Proofs rejected"], "0");
});

test("the finalized block is the chain's", async () => {
  const found = await untilFigure(tab, "Finalized block", "^#");
  const number = Number(found["Finalized block"].replaceAll(/\D/g, ""));
  assert.ok(number > CHANGES.at(-1));
  assert.equal(found["Finalized hash"], (await api.rpc.chain.getBlockHash(number)).toHex());
  assert.equal(found.Runtime, api.runtimeVersion.specVersion.toString());
});

test("finality goes on while the page is open", async () => {
  const before = (await figures(tab))["Finalized block"];
  await tab.until(
    (before) => {
      const term = [...document.querySelectorAll("dl.kv dt")].find((term) => term.textContent === "Finalized block");
      return term && term.nextElementSibling.textContent !== before;
    },
    { what: "another finalized block" },
    before,
  );
  await tab.screenshot("network");
  await tab.check();
});

test("a second visit starts from what the first one kept", async () => {
  await untilFigure(tab, "Kept for the next visit", "^block ", { timeout: 60_000 });
  await tab.close();
  tab = await Tab.open(stage.browser, stage.site.url);
  await tab.goto("/network");
  await verified(tab);
  const found = await untilFigure(tab, "Started from", ".");
  assert.doesNotMatch(found["Started from"], /checkpoint/i);
  await tab.check();
  await tab.close();
});

test("the light client joins while the page's program is still on its way", async () => {
  const peers = async () => (await call(stage.devnet.rpc, "system_health")).peers;
  const until = async (condition, what) => {
    for (let patience = 100; !(await condition()); patience -= 1) {
      assert.ok(patience > 0, what);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await until(async () => (await peers()) === 0, "the page before still has its connection");
  tab = await Tab.open(stage.browser, stage.site.url);
  // The document's own program waits; those of its workers do not.
  await tab.page.evaluateOnNewDocument(() => {
    const admitted = new Promise((resolve) => (globalThis.lanternAdmit = resolve));
    const instantiate = WebAssembly.instantiateStreaming.bind(WebAssembly);
    WebAssembly.instantiateStreaming = async (...given) => (await admitted, instantiate(...given));
  });
  await tab.goto("/");
  await until(async () => (await peers()) === 1, "the light client waits for the page");
  assert.match(await tab.text(), /Loading the page/);
  await tab.page.evaluate(() => globalThis.lanternAdmit());
  await verified(tab);
  assert.equal(await peers(), 1, "the page takes that light client over");
  await tab.check();
  await tab.close();
});
