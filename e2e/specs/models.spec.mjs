// Models: kept for the next visit whatever breaks, the user's own, and the benchmark's report.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";

import { Tab, launch } from "../lib/browser.mjs";
import { environment } from "../lib/environment.mjs";
import { Faulty } from "../lib/faulty.mjs";
import { copied, line, openMiner, press, put, untilLoaded } from "../lib/miner.mjs";
import { Site } from "../lib/site.mjs";

const DEMONSTRATION = "Load the demonstration model";
const FOLDER = path.join(environment.dist, "models/lantern-demo");
const WEIGHTS = readFileSync(path.join(FOLDER, "model.safetensors"));
const CHUNK = 1 << 20;
/** No chain is there, and connections break: the browser says both. */
const ALLOWED = [/404|Failed to load resource/, /bootnode/, /ERR_|NetworkError|Cross-Origin Request/];

let site;
let browser;
let host;
let tab;

before(async () => {
  site = await Site.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

afterEach(async () => {
  try {
    await tab?.check(ALLOWED);
  } finally {
    await tab?.close();
    await host?.stop();
    tab = host = undefined;
  }
});

/** A host of its own, so that nothing is kept for it yet, and a tab there. */
async function visit(prelude = "") {
  host = await Faulty.start(site);
  host.prelude = prelude;
  tab = await Tab.open(browser, host.url);
  await openMiner(tab);
}

/** What stands in the list of kept models. */
async function kept(pattern) {
  return tab.until(
    (source) => new RegExp(source).exec(document.querySelector("[data-kept]")?.innerText ?? "")?.[0],
    { what: `a kept model ${pattern}` },
    pattern.source,
  );
}

test("a kept model needs no network for its weights on the second visit, and can be removed", async () => {
  await visit();
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await kept(/Lantern demonstration model\s+1\.9 MB/);
  assert.deepEqual(host.asked, [""]);
  host.cuts = Array(20).fill(0);
  await openMiner(tab);
  await kept(/Lantern demonstration model\s+1\.9 MB/);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  assert.deepEqual(host.asked, [""], "the weights were asked for again");
  await press(tab, "Remove Lantern demonstration model");
  await tab.untilText(/No model is kept yet/);
  const names = await tab.page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    const names = [];
    for await (const name of folder.keys()) names.push(name);
    return names;
  });
  assert.deepEqual(names, []);
});

test("a broken connection is taken up again, and a visit that ended in the middle by the next", async () => {
  await visit();
  host.cuts = [300_000];
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  assert.equal(host.asked.length, 2);
  assert.match(host.asked[1], /^bytes=\d+-$/);
  await press(tab, "Remove Lantern demonstration model");
  await tab.untilText(/No model is kept yet/);
  // The rest of this visit's connections break too, also those that the browser tries again; what came stays.
  host.asked = [];
  host.cuts = [CHUNK + 300_000, ...Array(1000).fill(0)];
  await press(tab, DEMONSTRATION);
  await tab.untilText(/The model could not be downloaded/);
  await kept(/1\.0 MB of 1\.9 MB/);
  host.cuts = [];
  host.asked = [];
  await openMiner(tab);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  assert.deepEqual(host.asked, [`bytes=${CHUNK}-`]);
});

test("damaged kept bytes are dropped and fetched again", async () => {
  await visit();
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await openMiner(tab);
  await tab.page.evaluate(async (position) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    for await (const file of folder.values()) {
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position, data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) });
      await writable.close();
    }
  }, 4096 + 32 + CHUNK + 32 + 1000);
  host.asked = [];
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  assert.deepEqual(host.asked, [`bytes=${CHUNK}-`]);
});

const NO_FILES =
  'navigator.storage.getDirectory = () => Promise.reject(new DOMException("denied by a test", "SecurityError"));';

test("without a private file system, the cache storage keeps models", async () => {
  await visit(NO_FILES);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await kept(/1\.9 MB/);
  await openMiner(tab);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  assert.deepEqual(host.asked, [""]);
});

test("without any storage loading goes on, and the page says that nothing is kept", async () => {
  await visit(`${NO_FILES} Object.defineProperty(self, "caches", { get: () => undefined });`);
  await tab.untilText(/Models are downloaded at each visit: .*denied by a test/);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await tab.untilText(/This model is not kept for the next visit/);
});

test("a full disk is told, and loading goes on without keeping", async () => {
  await visit(`const write = FileSystemSyncAccessHandle.prototype.write;
    FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
      if (options.at > 5000) throw new DOMException("full by a test", "QuotaExceededError");
      return write.call(this, bytes, options);
    };`);
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await tab.untilText(/This model is not kept for the next visit[^]*no room left/);
  await tab.untilText(/No model is kept yet/);
});

test("a load can be cancelled", async () => {
  await visit();
  // Broken again and again, it waits; cancelling ends the wait.
  host.cuts = [100_000, ...Array(12).fill(0)];
  await press(tab, DEMONSTRATION);
  await press(tab, "Cancel");
  await tab.until(() => !document.querySelector("progress"), { what: "that the load ended" });
  assert.doesNotMatch(await tab.text(), /could not be downloaded/);
});

test("a model from the user's own files loads without any request", async () => {
  await visit();
  await tab.page.evaluate(() => (document.querySelector("details.mineown").open = true));
  const input = await tab.page.$("#mine-files");
  await input.uploadFile(path.join(FOLDER, "config.json"), path.join(FOLDER, "model.safetensors"));
  await tab.untilText(/model\.safetensors\s+1\.9 MB/);
  await press(tab, "Load these files");
  await untilLoaded(tab);
  assert.deepEqual(host.asked, []);
});

test("a model from an address of another host loads, because the user asked for it", async () => {
  const other = await Faulty.start(site);
  other.isOpen = true;
  try {
    await visit();
    await tab.page.evaluate(() => (document.querySelector("details.mineown").open = true));
    await put(tab, "mine-address", `${other.url}/models/lantern-demo`);
    await press(tab, "Load from this address");
    await untilLoaded(tab);
    assert.deepEqual([host.asked, other.asked], [[], [""]]);
    // These requests were asked for; any other one would still be a problem.
    tab.problems = tab.problems.filter((problem) => !problem.includes(`another origin: ${other.url}/models/`));
  } finally {
    await other.stop();
  }
});

test("the benchmark gives a report that names the device, the model and the text", async () => {
  await visit();
  await press(tab, DEMONSTRATION);
  await untilLoaded(tab);
  await press(tab, "Run the benchmark");
  const text = await tab.until(() => document.querySelector("[data-report]")?.textContent, {
    what: "the report",
    timeout: 90_000,
  });
  const report = JSON.parse(text);
  assert.equal(report.format, "lantern-benchmark/1");
  assert.equal(report.model.sha256, createHash("sha256").update(WEIGHTS).digest("hex"));
  assert.match(report.token_digest, /^[0-9a-f]{64}$/);
  assert.ok(report.decode_tokens_per_second > 0 && report.cpu_hashes_per_second > 0, text);
  assert.deepEqual(JSON.parse(await copied(tab, "Copy", "mine-prompt")), report);
  const saved = await tab.page.evaluate(() => document.querySelector("a[download='lantern-benchmark.json']").href);
  assert.deepEqual(JSON.parse(decodeURIComponent(saved.slice(saved.indexOf(",") + 1))), report);
});
