// One stake and one unstake, the whole way: from a row of the table to the finalized block's events.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Tab } from "../lib/browser.mjs";
import { navigate, verified } from "../lib/light-client.mjs";
import { connect } from "../lib/oracle.mjs";
import { raise, strike } from "../lib/stage.mjs";
import { decimal, provenTable } from "../lib/table.mjs";

const NETUID = "3";
const STAKED = "12.5";
const SOLD = "4.25";

let stage;
let api;
let tab;
let account;

before(async () => {
  stage = await raise();
  api = await connect(stage.devnet.rpc);
  tab = await Tab.open(stage.browser, stage.site.url, { width: 1400, height: 1000 });
  await tab.goto("/");
  await verified(tab);
  await provenTable(tab);
});

after(async () => {
  await api?.disconnect();
  await strike(stage);
});

/** Clicks the first element that a selector and a text choose, once it is there and enabled. */
async function press(selector, text = "") {
  await tab.until(
    (selector, text) => {
      const found = [...document.querySelectorAll(selector)].find(
        (element) => element.textContent.includes(text) && !element.disabled,
      );
      found?.click();
      return Boolean(found);
    },
    { what: `${selector} with ${text || "any text"}` },
    selector,
    text,
  );
}

/** Types an amount and waits for what the chain would give for it. */
async function enter(amount) {
  await tab.until(() => /Free|Staked/.test(document.querySelector("#available")?.textContent ?? ""), { what: "the balance" });
  const input = await tab.page.waitForSelector("#amount");
  await input.type(amount);
  await tab.until(() => /\d/.test(document.querySelector("[data-figure=receive]")?.textContent ?? ""), { what: "a preview" });
}

/** Reviews, signs and sends; returns the transaction's hash. */
async function reviewAndSend() {
  await press("button", "Review");
  await tab.untilText(/What you are about to sign/);
  await tab.untilText(/Matches your choice/);
  await tab.screenshot("review");
  await press("button", "Sign and send");
  return tab.until(() => /\/transaction\/(0x[0-9a-f]{64})/.exec(location.pathname)?.[1], { what: "the view of the transaction" });
}

/** Waits until the transaction is final and reads what was received, in digits. */
async function settled() {
  await tab.until(() => document.querySelector("ol.steps[data-status=Final]") !== null, { what: "a final transaction", timeout: 60_000 });
  return tab.until(
    () => {
      const cell = document.querySelector("[data-figure=received] .n")?.cloneNode(true);
      cell?.querySelector(".u")?.remove();
      return cell?.textContent.replaceAll(/[^\d.]/g, "");
    },
    { what: "the amount received" },
  );
}

/** Finds the transaction in the finalized chain and returns the events of its extrinsic. */
async function eventsOf(hash) {
  let head = await api.rpc.chain.getFinalizedHead();
  for (let depth = 0; depth < 200; depth += 1) {
    const { block } = await api.rpc.chain.getBlock(head);
    const index = block.extrinsics.findIndex((extrinsic) => extrinsic.hash.toHex() === hash);
    if (index >= 0) {
      account = block.extrinsics[index].signer.toString();
      const at = await api.at(head);
      const events = await at.query.system.events();
      return events
        .filter(({ phase }) => phase.isApplyExtrinsic && phase.asApplyExtrinsic.toNumber() === index)
        .map(({ event }) => event);
    }
    head = block.header.parentHash;
  }
  throw new Error(`the transaction ${hash} is in no finalized block`);
}

const named = (events, method) => events.find((event) => event.method === method);

test("a stake from a row of the table ends with the alpha of the chain's event", async () => {
  await press(`tr[data-netuid="${NETUID}"] a[data-action=stake]`);
  await tab.until(() => location.pathname.startsWith("/subnet/"), { what: "the view of the subnet" });
  await press("a[data-action=stake][aria-label^='Stake with']");
  await tab.until(() => location.pathname.startsWith("/stake/"), { what: "the form" });
  await tab.untilText(/Practice account/);
  await enter(STAKED);
  const hash = await reviewAndSend();
  const received = await settled();
  await tab.screenshot("staked");

  const events = await eventsOf(hash);
  assert.ok(named(events, "ExtrinsicSuccess"), events.map((event) => event.method).join());
  const [coldkey, , tao, alpha, netuid] = named(events, "StakeAdded").data;
  assert.equal(coldkey.toString(), account);
  assert.equal(netuid.toString(), NETUID);
  assert.equal(received, decimal(alpha.toBigInt(), 9), "the alpha received, to the rao");
  assert.ok(tao.toBigInt() <= 12_500_000_000n && tao.toBigInt() > 12_400_000_000n, tao.toString());
});

test("the transaction is found again after a reload", async () => {
  await tab.page.reload({ waitUntil: "domcontentloaded" });
  await verified(tab);
  assert.match(await settled(), /^\d+\.\d{9}$/);
});

test("the portfolio shows the chain's balance and the new position", async () => {
  await navigate(tab, "Portfolio");
  await tab.until(
    (netuid) => document.querySelector(`tr[data-netuid="${netuid}"]`) !== null,
    { what: "the position", timeout: 60_000 },
    NETUID,
  );
  const { data } = await api.query.system.account(account);
  const free = decimal(data.free.toBigInt(), 4);
  await tab.until(
    (free) => document.querySelector("[data-figure=free]")?.textContent.replaceAll(/[^\d.]/g, "") === free,
    { what: `a free balance of ${free}` },
    free,
  );
});

test("an unstake survives a reload on its way and ends with the TAO of the chain's event", async () => {
  await press(`tr[data-netuid="${NETUID}"] a[href^="/unstake/"]`);
  await tab.until(() => location.pathname.startsWith("/unstake/"), { what: "the form" });
  await enter(SOLD);
  const hash = await reviewAndSend();
  // The signed bytes are kept before they are sent, so leaving at once loses nothing.
  await tab.page.reload({ waitUntil: "domcontentloaded" });
  const received = await settled();

  const events = await eventsOf(hash);
  assert.ok(named(events, "ExtrinsicSuccess"), events.map((event) => event.method).join());
  const [, , tao] = named(events, "StakeRemoved").data;
  assert.equal(received, decimal(tao.toBigInt(), 9), "the TAO received, to the rao");
});

test("nothing went wrong on the way", async () => {
  await tab.check();
});
