// The engine, in a worker: the benchmark's program as wasm.

import init, { bench } from "/ours/bench.js";

addEventListener("message", async ({ data: options }) => {
  try {
    await init();
    const result = JSON.parse(await bench(options));
    // Browsers hide the adapter's name; what they do tell is not in wgpu's report.
    const { vendor, architecture } = (await navigator.gpu.requestAdapter()).info;
    postMessage({ ...result, adapter: `${vendor} ${architecture} (WebGPU)` });
  } catch (error) {
    postMessage({ error: `${error?.stack ?? error}` });
  }
});
