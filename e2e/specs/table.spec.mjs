// The table of subnets, on a chain of the real network's size: every number is the node's own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Tab } from "../lib/browser.mjs";
import { verified } from "../lib/light-client.mjs";
import { connect } from "../lib/oracle.mjs";
import { raise, strike } from "../lib/stage.mjs";
import { provenTable, told } from "../lib/table.mjs";

const ROWS = 129;

let stage;
let api;
let tab;

before(async () => {
  stage = await raise({ scenario: "full", "slot-ms": 1000 });
  api = await connect(stage.devnet.rpc);
  // High enough for all rows at once: the table draws only those in sight.
  tab = await Tab.open(stage.browser, stage.site.url, { width: 1400, height: 8000 });
  await tab.goto("/");
  await verified(tab, { timeout: 90_000 });
});

after(async () => {
  await api?.disconnect();
  await strike(stage);
});

test("all rows are proven and equal to what the node tells at that block", async () => {
  const table = await provenTable(tab, { rows: ROWS });
  assert.equal(table.rowCount, ROWS);
  await assertSame(table, await told(api, table.block));
});

test("the rows follow the chain and stay equal", async () => {
  const first = await provenTable(tab, { rows: ROWS });
  const later = await provenTable(tab, { rows: ROWS, from: first.block + 3 });
  await assertSame(later, await told(api, later.block));
  assert.notDeepEqual(later.rows, first.rows, "emission changes pools with every block");
});

test("a number tells where it comes from", async () => {
  await (await tab.page.waitForSelector('tr[data-netuid="3"] td[data-column="tao"] button')).click();
  const text = await tab.until(
    () => {
      const popover = document.querySelector(".pop.proof");
      return popover?.querySelector("dl.kv dt") && popover.innerText;
    },
    { what: "the proof behind a number" },
  );
  const key = api.query.subtensorModule.subnetTAO.key(3);
  assert.ok(text.includes(key), `${text}\ndoes not name the storage key ${key}`);
  await tab.screenshot("proof");
});

test("searching and sorting choose and order the rows", async () => {
  await tab.page.keyboard.press("Escape");
  const search = await tab.role("searchbox", "Find a subnet by name or number");
  await search.type("17");
  const found = await tab.until(
    () => {
      const rows = [...document.querySelectorAll("table.subnets tbody tr.row")];
      return rows.length < 10 && rows.map((row) => row.dataset.netuid);
    },
    { what: "fewer rows" },
  );
  assert.ok(found.includes("17"), found.join());
  await search.evaluate((input) => {
    input.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await (await tab.role("button", "Price")).click();
  const prices = await tab.until(
    () => {
      const head = [...document.querySelectorAll("table.subnets th")].find((cell) => cell.innerText.trim() === "Price");
      if (head?.getAttribute("aria-sort") !== "descending") return undefined;
      const cells = [...document.querySelectorAll('table.subnets td[data-column="price"] .n')].slice(0, 20);
      return cells.map((cell) => Number.parseFloat(cell.textContent));
    },
    { what: "the table in the order of prices" },
  );
  assert.deepEqual(prices, [...prices].sort((a, b) => b - a));
});

test("nothing went wrong on the way", async () => {
  await tab.check();
});

async function assertSame(table, expected) {
  assert.deepEqual(Object.keys(table.rows).sort(), Object.keys(expected).sort());
  for (const [netuid, row] of Object.entries(expected)) {
    for (const [column, value] of Object.entries(row)) {
      // A value that the chain has no record of is told in words, never as a number.
      if (value === undefined) assert.doesNotMatch(table.rows[netuid][column], /^\d/, `${column} of ${netuid}`);
      else assert.equal(table.rows[netuid][column], value, `${column} of subnet ${netuid} at block ${table.block}`);
    }
  }
}
