// What is kept for the next visit: denied, full, damaged or foreign storage; and a worker that dies.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { Tab, launch } from "../lib/browser.mjs";
import { Devnet } from "../lib/devnet.mjs";
import { environment } from "../lib/environment.mjs";
import { navigate, untilFigure, verified } from "../lib/light-client.mjs";
import { Site } from "../lib/site.mjs";
import { provenTable } from "../lib/table.mjs";

let devnet;
let browser;
let folder;
let site;
let context;
let tab;

before(async () => {
  devnet = await Devnet.start();
  browser = await launch();
  folder = await mkdtemp(path.join(tmpdir(), "lantern-site-"));
});

afterEach(async () => {
  await context?.close();
  await site?.stop();
});

after(async () => {
  await browser?.close();
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Serves the page with a line put before the light client's worker, and opens it with an empty profile. */
async function open(sabotage = "") {
  const dist = path.join(folder, "dist");
  await rm(dist, { recursive: true, force: true });
  await cp(environment.dist, dist, { recursive: true });
  const boot = path.join(dist, "workers/light-client.js");
  await writeFile(boot, `${sabotage}\n${await readFile(boot, "utf8")}`);
  for (const ending of [".br", ".gz"]) await rm(boot + ending, { force: true });
  site = await Site.start(devnet.networkFile, dist);
  context = await browser.createBrowserContext();
  tab = await Tab.open(context, site.url);
  await tab.goto("/");
  await verified(tab);
}

/** Changes every record of the light client's storage in the page's own origin. */
async function alterRecords(from, to) {
  return tab.page.evaluate(
    (from, to) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("lantern-light-client");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction("finalized", "readwrite");
          let altered = 0;
          transaction.objectStore("finalized").openCursor().onsuccess = ({ target }) => {
            const cursor = target.result;
            if (!cursor) return;
            // Metadata is kept as bytes; the chain's state is a text.
            const text = typeof cursor.value === "string" ? cursor.value.replace(from, to) : cursor.value;
            if (text !== cursor.value) {
              altered += 1;
              cursor.update(text);
            }
            cursor.continue();
          };
          transaction.oncomplete = () => (database.close(), resolve(altered));
          transaction.onerror = transaction.onabort = () => reject(transaction.error);
        };
      }),
    from,
    to,
  );
}

test("a browser that denies storage is told so, and everything else works", async () => {
  await open('Object.defineProperty(globalThis, "indexedDB", { get() { throw new DOMException("no", "SecurityError"); } });');
  await provenTable(tab);
  await navigate(tab, "Network");
  await untilFigure(tab, "Kept for the next visit", "^not possible: ", { timeout: 60_000 });
});

test("a full storage is told so, and everything else works", async () => {
  await open('IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };');
  await provenTable(tab);
  await navigate(tab, "Network");
  const found = await untilFigure(tab, "Kept for the next visit", "^not possible: ", { timeout: 60_000 });
  assert.match(found["Kept for the next visit"], /room|full/);
});

test("a damaged record is dropped and the page starts from the checkpoint", async () => {
  await open();
  await navigate(tab, "Network");
  await untilFigure(tab, "Kept for the next visit", "^block ", { timeout: 60_000 });
  // The page is left first, so that its worker does not write the record again.
  await tab.goto("/manifest.json");
  assert.ok((await alterRecords("finalized_block_header", "finalized_block_headEr")) > 0, "there was no record");
  await tab.goto("/network");
  await verified(tab);
  const found = await untilFigure(tab, "Started from", ".");
  assert.match(found["Started from"], /checkpoint/i);
  await navigate(tab, "Subnets");
  await provenTable(tab);
});

test("a worker that dies is started again and the page says what happened", async () => {
  await open();
  const before = await provenTable(tab);
  await tab.page.evaluate(() => globalThis.lanternKillWorkers());
  await tab.untilText(/was started again|being started again|Restarting/, { timeout: 30_000 });
  await verified(tab, { timeout: 90_000 });
  await provenTable(tab, { from: before.block + 1, timeout: 90_000 });
});
