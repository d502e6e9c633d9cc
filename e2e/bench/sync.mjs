// Lantern against npm smoldot with polkadot-api: the same chain, checkpoint, browser and values.
// Prints one JSON object. `cargo xtask bench sync --json` starts it.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { launch } from "../lib/browser.mjs";
import { Devnet } from "../lib/devnet.mjs";
import { environment } from "../lib/environment.mjs";
import { relay } from "../lib/latency.mjs";
import { connect } from "../lib/oracle.mjs";
import { Site } from "../lib/site.mjs";
import { median, memoryOf, residentMemory, watchLantern } from "./measure.mjs";
import { peerChain } from "./peer-chain.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const LIMIT_MS = 120_000;
/** Blocks at which the authorities change between the checkpoint and the head. */
const CHANGES = [8, 14, 20];
/** A client closer to the head than this reads header by header. */
const WARP_DISTANCE = 40;

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "7" },
    scenario: { type: "string", default: "full" },
    "slot-ms": { type: "string", default: "1000" },
    "latency-ms": { type: "string", default: "100" },
    "soak-minutes": { type: "string", default: "0" },
  },
});

const say = (text) => process.stderr.write(`${text}\n`);

/** Bundles the peer's page and worker. */
async function bundlePeer(folder) {
  await build({
    entryPoints: [path.join(here, "peer/page.mjs"), path.join(here, "peer/worker.mjs")],
    bundle: true,
    minify: true,
    format: "esm",
    outdir: folder,
    logLevel: "error",
    // Keeps a second copy of smoldot's bytecode out of the page, to the peer's advantage.
    alias: { "@polkadot-api/smoldot": "smoldot/no-auto-bytecode" },
  });
  const html = '<!doctype html><html lang="en"><head><title>Peer</title><script type="module" src="/page.js"></script></head><body></body></html>\n';
  await writeFile(path.join(folder, "index.html"), html);
}

/** The network file that both start from, with the node reached through a relay. */
function networkThrough(devnet, port) {
  const network = structuredClone(devnet.network);
  network.bootNodes = network.bootNodes.map((address) => address.replace(/\/tcp\/\d+\//, `/tcp/${port}/`));
  return network;
}

/** Waits in the page until the marks are there, and returns what it noted. */
async function untilMarked(page, name, marks) {
  const condition = (name, marks) => marks.every((mark) => globalThis[name]?.marks[mark] !== undefined);
  try {
    await page.waitForFunction(condition, { timeout: LIMIT_MS, polling: 20 }, name, marks);
  } catch (error) {
    const noted = await page.evaluate((name) => JSON.stringify(globalThis[name]), name);
    const text = await page.evaluate(() => document.body.innerText.slice(0, 2000));
    throw new Error(`${name} did not get there: ${noted}\n${text}`, { cause: error });
  }
  return page.evaluate((name) => globalThis[name], name);
}

async function visitLantern(browser, url, rows, marks = ["verified", "table"]) {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(watchLantern, rows);
  await page.goto(`${url}/`);
  const noted = await untilMarked(page, "lantern", marks);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  return { page, paint, ...noted };
}

async function main() {
  const folder = await mkdtemp(path.join(tmpdir(), "lantern-bench-"));
  const peerFolder = path.join(folder, "peer");
  const cleanups = [() => rm(folder, { recursive: true, force: true })];
  try {
    say(`starting the ${options.scenario} chain`);
    // The peer refuses a chain that lists two consensus APIs, as Finney does, so this one lists one.
    const chain = { scenario: options.scenario, "slot-ms": options["slot-ms"], "rotate-at": CHANGES.join(",") };
    const devnet = await Devnet.start({ ...chain, "aura-only": true });
    cleanups.push(() => devnet.stop());
    const rows = await growBeyondTheCheckpoint(devnet);
    const nodePort = Number(/\/tcp\/(\d+)\//.exec(devnet.peer)[1]);
    const line = await relay(nodePort, 0);
    cleanups.push(() => line.stop());
    const slowLine = await relay(nodePort, Number(options["latency-ms"]));
    cleanups.push(() => slowLine.stop());
    await bundlePeer(peerFolder);
    const networkFile = path.join(folder, "local.json");
    await writeFile(networkFile, JSON.stringify(devnet.network));
    const site = await Site.start(networkFile);
    cleanups.push(() => site.stop());
    const peerSite = await Site.start(undefined, peerFolder);
    cleanups.push(() => peerSite.stop());
    const setUp = { devnet, rows, line, slowLine, networkFile, peerFolder, site, peerSite };

    const ours = [];
    const theirs = [];
    for (let run = 1; run <= Number(options.runs); run += 1) {
      ours.push(await measureLantern(setUp));
      theirs.push(await measurePeer(setUp));
      say(`run ${run}: ours ${brief(ours.at(-1))} · peer ${brief(theirs.at(-1))}`);
    }
    const slow = await measureLantern(setUp, { line: slowLine, cold: true });
    say(`with ${options["latency-ms"]} ms per message: ${brief(slow)}`);
    const soak = Number(options["soak-minutes"]) > 0 ? await measureSoak(setUp) : undefined;
    process.stdout.write(`${JSON.stringify(summary(rows, ours, theirs, slow, soak), null, 2)}\n`);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** Waits until a light client has to warp from the checkpoint, and returns the number of subnets. */
async function growBeyondTheCheckpoint(devnet) {
  const api = await connect(devnet.rpc);
  await new Promise((resolve, reject) => {
    api.rpc.chain
      .subscribeFinalizedHeads((head) => head.number.toNumber() >= CHANGES.at(-1) + WARP_DISTANCE && resolve())
      .catch(reject);
  });
  const total = await api.query.subtensorModule.totalNetworks();
  await api.disconnect();
  return total.toNumber();
}

const brief = (run) =>
  ["cold", "table", "tableTotal", "warm"].map((key) => `${key} ${Math.round(run[key] ?? NaN)}`).join(" ");

/** One cold visit with an empty profile, and one warm visit after it. */
async function measureLantern(setUp, { line = setUp.line, cold: onlyCold = false } = {}) {
  await writeFile(setUp.networkFile, JSON.stringify(networkThrough(setUp.devnet, line.port)));
  const browser = await launch();
  try {
    const before = line.bytesDown;
    const visit = await visitLantern(browser, setUp.site.url, setUp.rows);
    const { verified, table } = visit.marks;
    say(`  stages ${JSON.stringify(visit.marks)} long tasks ${JSON.stringify(visit.longTasks)}`);
    const result = {
      cold: verified,
      table: Math.max(0, table - verified),
      tableTotal: table,
      paint: visit.paint,
      bytes: line.bytesDown - before,
      longest: Math.max(0, ...visit.longTasks.map((task) => task.duration)),
      resident: residentMemory(browser),
    };
    if (onlyCold) return result;
    await untilSaved(visit.page);
    Object.assign(result, await memoryOf(visit.page));
    await visit.page.close();
    const again = await visitLantern(browser, setUp.site.url, setUp.rows);
    say(`  again ${JSON.stringify(again.marks)}`);
    result.warm = again.marks.verified;
    return result;
  } finally {
    await browser.close();
  }
}

/** Waits until the worker has kept its database and the runtime's metadata for the next visit. */
async function untilSaved(page) {
  await page.waitForFunction(
    async () => {
      const databases = await indexedDB.databases();
      for (const { name } of databases) {
        const keys = await new Promise((resolve) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => resolve([]);
          opening.onsuccess = () => {
            const stores = [...opening.result.objectStoreNames];
            if (stores.length === 0) return opening.result.close(), resolve([]);
            const asking = opening.result.transaction(stores).objectStore(stores[0]).getAllKeys();
            asking.onsuccess = () => (opening.result.close(), resolve(asking.result));
            asking.onerror = () => (opening.result.close(), resolve([]));
          };
        });
        const isMetadata = (key) => String(key).startsWith("metadata/");
        if (keys.some(isMetadata) && !keys.every(isMetadata)) return true;
      }
      return false;
    },
    { timeout: LIMIT_MS, polling: 250 },
  );
}

async function measurePeer(setUp) {
  const network = networkThrough(setUp.devnet, setUp.line.port);
  await writeFile(path.join(setUp.peerFolder, "chain.json"), JSON.stringify(peerChain(network)));
  const browser = await launch();
  try {
    const before = setUp.line.bytesDown;
    const page = await browser.newPage();
    await page.goto(`${setUp.peerSite.url}/`);
    const noted = await untilMarked(page, "peer", ["initialized", "verified", "table"]);
    if (noted.rows < setUp.rows) throw new Error(`the peer read ${noted.rows} of ${setUp.rows} subnets`);
    const { initialized, verified, table } = noted.marks;
    return {
      // Both clients reach their first block by finality proofs from the checkpoint, and that block is the
      // first one that each of them has verified to be final. The next one is reported beside it.
      cold: initialized,
      next: verified,
      table: Math.max(0, table - initialized),
      tableTotal: table,
      bytes: setUp.line.bytesDown - before,
      resident: residentMemory(browser),
      ...(await memoryOf(page)),
    };
  } finally {
    await browser.close();
  }
}

/** Leaves the page open for a while and compares its memory at the beginning, the middle and the end. */
async function measureSoak(setUp) {
  await writeFile(setUp.networkFile, JSON.stringify(networkThrough(setUp.devnet, setUp.line.port)));
  const browser = await launch();
  try {
    const visit = await visitLantern(browser, setUp.site.url, setUp.rows);
    const half = (Number(options["soak-minutes"]) * 60_000) / 2;
    const points = [];
    for (let part = 0; part <= 2; part += 1) {
      const until = Date.now() + (part === 0 ? 0 : half);
      while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, Math.min(5000, half)));
      const { heap, wasm } = await memoryOf(visit.page);
      const minutes = (part * half) / 60_000;
      const resident = residentMemory(browser);
      points.push({ minutes, heap_mb: megabytes(heap), wasm_mb: megabytes(wasm), resident_mb: megabytes(resident) });
      say(`after ${minutes} min: ${JSON.stringify(points.at(-1))}`);
    }
    return points;
  } finally {
    await browser.close();
  }
}

const megabytes = (bytes) => Math.round(bytes / 100_000) / 10;
const ratio = (a, b) => Math.round((a / b) * 1000) / 1000;

function summary(rows, ours, theirs, slow, soak) {
  const of = (runs, key) => median(runs.map((run) => run[key]));
  const rounded = (runs, key) => Math.round(of(runs, key));
  const last = soak?.at(-1);
  return {
    cold_ms: rounded(ours, "cold"),
    cold_ratio: ratio(of(ours, "cold"), of(theirs, "cold")),
    warm_ms: rounded(ours, "warm"),
    warm_ratio: ratio(of(ours, "warm"), of(ours, "cold")),
    table_ms: rounded(ours, "table"),
    // From the first verified block to the whole table, metadata included: ours is drawn by then, too.
    table_ratio: ratio(of(ours, "table"), of(theirs, "table")),
    table_total_ms: rounded(ours, "tableTotal"),
    table_total_ratio: ratio(of(ours, "tableTotal"), of(theirs, "tableTotal")),
    table_slow_line_ms: Math.round(slow.table),
    cold_slow_line_ms: Math.round(slow.cold),
    first_paint_ms: rounded(ours, "paint"),
    longest_task_ms: Math.max(...ours.map((run) => Math.round(run.longest))),
    memory_mb: last ? Math.round((last.heap_mb + last.wasm_mb) * 10) / 10 : megabytes(of(ours, "heap") + of(ours, "wasm")),
    resident_mb: last ? last.resident_mb : megabytes(of(ours, "resident")),
    bytes_down: rounded(ours, "bytes"),
    peer: {
      cold_ms: rounded(theirs, "cold"),
      next_block_ms: rounded(theirs, "next"),
      table_ms: rounded(theirs, "table"),
      table_total_ms: rounded(theirs, "tableTotal"),
      memory_mb: megabytes(of(theirs, "heap") + of(theirs, "wasm")),
      resident_mb: megabytes(of(theirs, "resident")),
      bytes_down: rounded(theirs, "bytes"),
    },
    soak,
    runs: ours.length,
    rows,
    scenario: options.scenario,
    slot_ms: Number(options["slot-ms"]),
    browser: environment.browser,
  };
}

await main();
