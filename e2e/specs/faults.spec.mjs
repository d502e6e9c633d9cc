// Peers that lie, stall or vanish, and files that are damaged: the page says so, and shows nothing false.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Tab, launch } from "../lib/browser.mjs";
import { Devnet } from "../lib/devnet.mjs";
import { verified } from "../lib/light-client.mjs";
import { call } from "../lib/oracle.mjs";
import { Site } from "../lib/site.mjs";
import { provenTable, shown } from "../lib/table.mjs";

let devnet;
let site;
let browser;
let context;
let tab;

before(async () => {
  devnet = await Devnet.start();
  site = await Site.start(devnet.networkFile);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await devnet?.stop();
});

beforeEach(async () => {
  // Each starts with an empty profile, so nothing is known from before.
  context = await browser.createBrowserContext();
  tab = await Tab.open(context, site.url);
});

afterEach(async () => {
  await call(devnet.rpc, "lantern_setFault", null).catch(() => {});
  await writeFile(devnet.networkFile, JSON.stringify(devnet.network));
  await context?.close();
});

/** Fails when a number stands in the table that is marked as proven. */
async function assertNothingProven() {
  const { isProven, rows } = await shown(tab);
  assert.ok(!isProven || Object.keys(rows).length === 0, "the table claims to be proven");
}

for (const fault of ["storage-proof", "warp", "stall"]) {
  test(`a peer with the fault ${fault} makes no number appear, and the page gets over it`, async () => {
    await call(devnet.rpc, "lantern_setFault", fault);
    await tab.goto("/");
    await tab.untilText(/false proof|does not follow|do not answer|No address answers|did not answer|refused/, { timeout: 90_000 });
    await assertNothingProven();
    await tab.screenshot(`fault-${fault}`);
    await call(devnet.rpc, "lantern_setFault", null);
    await verified(tab, { timeout: 90_000 });
    await provenTable(tab, { timeout: 90_000 });
  });
}

test("a checkpoint that does not match is refused in words", async () => {
  const wrong = structuredClone(devnet.network);
  wrong.checkpoint.setId += 1;
  await writeFile(devnet.networkFile, JSON.stringify(wrong));
  await tab.goto("/");
  await tab.untilText(/does not follow from the checkpoint|false proof/, { timeout: 90_000 });
  await assertNothingProven();
});

test("a wrong genesis hash is refused in words", async () => {
  const wrong = structuredClone(devnet.network);
  wrong.genesisHash = `0x${"12".repeat(32)}`;
  await writeFile(devnet.networkFile, JSON.stringify(wrong));
  await tab.goto("/");
  await tab.untilText(/This specification names another chain/, { timeout: 30_000 });
  await assertNothingProven();
});

test("a damaged network file is refused in words", async () => {
  await writeFile(devnet.networkFile, JSON.stringify(devnet.network).slice(0, -40));
  await tab.goto("/");
  await tab.untilText(/damaged|cannot be read|not valid|specification/i, { timeout: 60_000 });
  await assertNothingProven();
});

test("a peer that cannot be reached is named as the cause", async () => {
  const wrong = structuredClone(devnet.network);
  wrong.bootNodes = wrong.bootNodes.map((address) => address.replace(/\/tcp\/\d+\//, "/tcp/1/"));
  await writeFile(devnet.networkFile, JSON.stringify(wrong));
  await tab.goto("/");
  await tab.untilText(/No address answers/, { timeout: 60_000 });
  await assertNothingProven();
});

test("a page whose only peer hangs goes on when it comes back", async () => {
  await tab.goto("/");
  await verified(tab);
  const before = await provenTable(tab);
  devnet.pause();
  try {
    await tab.untilText(/Stale/, { timeout: 120_000 });
  } finally {
    devnet.resume();
  }
  await provenTable(tab, { from: before.block + 4, timeout: 120_000 });
});
