// The chain changes its runtime while the page is open: values stay right, and what is gone is said to be.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Tab } from "../lib/browser.mjs";
import { navigate, untilFigure, verified } from "../lib/light-client.mjs";
import { connect } from "../lib/oracle.mjs";
import { raise, strike } from "../lib/stage.mjs";
import { provenTable, told } from "../lib/table.mjs";

let stage;
let tab;

before(async () => {
  stage = await raise();
  tab = await Tab.open(stage.browser, stage.site.url, { width: 1400, height: 1600 });
  await tab.goto("/");
  await verified(tab);
});

after(() => strike(stage));

async function compare(from) {
  const table = await provenTable(tab, { from, rows: 5 });
  // A new connection each time, because the metadata has changed.
  const api = await connect(stage.devnet.rpc);
  try {
    const expected = await told(api, table.block);
    assert.deepEqual(Object.keys(table.rows).sort(), Object.keys(expected).sort());
    for (const [netuid, row] of Object.entries(expected)) {
      for (const [column, value] of Object.entries(row)) {
        if (value === undefined) assert.doesNotMatch(table.rows[netuid][column], /^\d/, `${column} of ${netuid}`);
        else assert.equal(table.rows[netuid][column], value, `${column} of ${netuid} at block ${table.block}`);
      }
    }
    return { block: table.block, version: api.runtimeVersion.specVersion.toNumber() };
  } finally {
    await api.disconnect();
  }
}

test("a live upgrade leaves every value right", async () => {
  const before = await compare(0);
  await stage.devnet.upgrade();
  const api = await connect(stage.devnet.rpc);
  const head = (await api.rpc.chain.getHeader(await api.rpc.chain.getFinalizedHead())).number.toNumber();
  await api.disconnect();
  const after = await compare(head + 2);
  assert.ok(after.version > before.version, "the chain did not change its runtime");
  await navigate(tab, "Network");
  await untilFigure(tab, "Runtime", `^${after.version}$`);
  await tab.check();
});

test("a fresh visit after the upgrade is right too", async () => {
  await tab.close();
  tab = await Tab.open(stage.browser, stage.site.url, { width: 1400, height: 1600 });
  await tab.goto("/");
  await verified(tab);
  await compare(0);
  await tab.check();
});
