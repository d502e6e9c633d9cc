// What is measured of a page in Chromium: moments, long tasks, memory.

import { readFileSync, readdirSync } from "node:fs";

/** Runs before the page's own scripts: notes when the client is verified and when the table is whole. */
export function watchLantern(rows) {
  globalThis.lantern = { marks: {}, longTasks: [] };
  const mark = (name) => (globalThis.lantern.marks[name] ??= performance.now());
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      globalThis.lantern.longTasks.push({ startTime, duration });
    }
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const stages = [...document.querySelectorAll("#sync-dock .stages li")];
    for (const [index, name] of ["connected", "caughtUp", "checked", "verified"].entries()) {
      if (stages[index]?.classList.contains("done")) mark(name);
    }
    const table = document.querySelector("table.subnets");
    const isWhole = Number(table?.getAttribute("aria-rowcount")) > rows;
    if (!isWhole || table.dataset.proven !== "true") return;
    // Rows are drawn a few at a time: the screen has to be full of them.
    if (table.querySelectorAll("tbody tr.row").length < Math.min(rows, 20)) return;
    mark("table");
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true });
}

/** How long a page may take to count its memory. */
const COUNTING_MS = 20_000;

/**
 * JS heaps and wasm memories of a page and its workers, in bytes. Nothing where Chromium does not say: now and
 * then its debugger loses a worker whose objects it was to list, and answers no more.
 */
export async function memoryOf(page) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("no answer")), COUNTING_MS).unref();
  });
  try {
    return await Promise.race([countMemory(page), late]);
  } catch (error) {
    process.stderr.write(`memory is not counted this time: ${error.message}\n`);
    return {};
  }
}

async function countMemory(page) {
  const own = await page.createCDPSession();
  let heap = 0;
  let wasm = 0;
  for (const session of [own, ...page.workers().map((worker) => worker.client)]) {
    await session.send("HeapProfiler.collectGarbage");
    heap += (await session.send("Runtime.getHeapUsage")).usedSize;
    wasm += await wasmMemory(session);
  }
  return { heap, wasm };
}

async function wasmMemory(session) {
  const { result } = await session.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const total = await session.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }",
    returnByValue: true,
  });
  return total.result.value;
}

/** Resident memory of a browser's renderer processes, in bytes. */
export function residentMemory(browser) {
  const wanted = new Set([String(browser.process().pid)]);
  const parents = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ")[1];
      parents.set(pid, parent);
    } catch {
      // The process ended while we looked.
    }
  }
  for (let before = -1; before !== wanted.size; ) {
    before = wanted.size;
    for (const [pid, parent] of parents) if (wanted.has(parent)) wanted.add(pid);
  }
  let total = 0;
  for (const pid of wanted) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) continue;
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0;
      total += Number(kilobytes) * 1024;
    } catch {
      // As above.
    }
  }
  return total;
}

/** The middle of some numbers, without those that are not known. */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
