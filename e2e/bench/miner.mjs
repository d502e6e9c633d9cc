// Decode speed of the miner's engine next to transformers.js on its WebGPU back end, in headless Chromium: the same
// shapes, precision and prompt, by turns in one run. Prints one JSON object; progress goes to standard error.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { launch } from "../lib/browser.mjs";
import { median } from "./measure.mjs";
import { configOf, llama } from "./miner/onnx.mjs";
import { serve } from "./miner/serve.mjs";

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), "miner");
const CONTEXT = 1024;
const LIMIT_MS = 240_000;

const { values: options } = parseArgs({
  options: {
    shape: { type: "string", default: "demo,15m" },
    format: { type: "string", default: "q8_0" },
    seconds: { type: "string", default: "1" },
    runs: { type: "string", default: "3" },
    only: { type: "string", default: "" },
  },
});

const say = (text) => process.stderr.write(`${text}\n`);
const round = (value) => Math.round(value * 1000) / 1000;

/** The peer's library and both workers, bundled. */
async function bundles() {
  const entryPoints = [path.join(here, "peer.mjs"), path.join(here, "ours.mjs")];
  const settings = { bundle: true, minify: true, format: "esm", write: false, outdir: "/", logLevel: "error" };
  const { outputFiles } = await build({ entryPoints, ...settings, platform: "browser", external: ["/ours/*"] });
  return new Map(outputFiles.map(({ path: name, contents }) => [`/${path.basename(name)}`, contents]));
}

/** Starts a worker in a fresh tab, hands it a message, and gives its answer. */
async function ask(browser, url, worker, message) {
  const page = await browser.newPage();
  const heard = [];
  page.on("console", (line) => heard.push(line.text()));
  page.on("pageerror", (error) => heard.push(error.message));
  try {
    await page.goto(`${url}/index.html`);
    const answer = await page.evaluate(
      (worker, message, limit) =>
        new Promise((resolve) => {
          const started = new Worker(worker, { type: "module" });
          started.onmessage = ({ data }) => resolve(data);
          started.onerror = (event) => resolve({ error: event.message ?? "the worker did not start" });
          setTimeout(() => resolve({ error: `no answer within ${limit} ms` }), limit);
          started.postMessage(message);
        }),
      worker,
      message,
      LIMIT_MS,
    );
    if (answer.error) throw new Error(`${worker}: ${answer.error}\n${heard.slice(-10).join("\n")}`);
    return answer;
  } finally {
    await page.close();
  }
}

/** Both engines by turns at one shape and format. The peer has its weights as 32-bit floats, or as 8-bit blocks. */
async function compare({ browser, site, files }, shape, format) {
  const ours = [];
  const theirs = [];
  const arguments_ = `--shape ${shape} --format ${format} --seconds ${options.seconds} --runs 1 --only decode`;
  for (let run = 0; run < Number(options.runs); run += 1) {
    ours.push(await ask(browser, site.url, "/ours.js", arguments_));
    const geometry = ours[0].shapes[shape];
    const name = `${shape}-${format}`;
    if (run === 0) {
      files.set(`/models/${name}/config.json`, JSON.stringify(configOf(geometry, CONTEXT)));
      files.set(`/models/${name}/onnx/model.onnx`, llama(geometry, format, CONTEXT));
    }
    const message = { name, vocabulary: geometry.vocabulary, seconds: Number(options.seconds), device: "webgpu", dtype: "fp32" };
    theirs.push(await ask(browser, site.url, "/peer.js", message));
    say(`${name} run ${run + 1}: ours ${round(ours.at(-1).decode_tok_s[shape])} tok/s, peer ${round(theirs.at(-1).decode)} tok/s`);
  }
  files.delete(`/models/${shape}-${format}/onnx/model.onnx`);
  return { ours, theirs };
}

/** The figures of the engine alone: other parts, such as the CPU tier and proof of work. */
async function alone({ browser, site }) {
  const [format] = options.format.split(",");
  const given = `--shape ${options.shape} --format ${format} --seconds ${options.seconds} --only ${options.only}`;
  return ask(browser, site.url, "/ours.js", given);
}

/** Every shape at one format. */
async function comparison(setUp, format) {
  const result = { format, decode_tok_s: {}, bandwidth_share: {}, prefill_tok_s: {}, peer_ratio_by_shape: {} };
  const peer = { name: "transformers.js, WebGPU", decode_tok_s: {}, prefill_tok_s: {} };
  for (const shape of options.shape.split(",")) {
    const { ours, theirs } = await compare(setUp, shape, format);
    const decode = median(ours.map((run) => run.decode_tok_s[shape]));
    const theirDecode = median(theirs.map((run) => run.decode));
    result.adapter = ours[0].adapter;
    result.is_software = ours[0].is_software;
    result.decode_tok_s[shape] = round(decode);
    result.bandwidth_share[shape] = round(median(ours.map((run) => run.bandwidth_share[shape])));
    result.prefill_tok_s[shape] = round(median(ours.map((run) => run.prefill_tok_s[shape])));
    result.peer_ratio_by_shape[shape] = round(decode / theirDecode);
    // Single figures are those of the last shape.
    result.copy_bytes_s = median(ours.map((run) => run.copy_bytes_s));
    result.prefill_tflops = median(ours.map((run) => run.prefill_tflops));
    result.host_us_per_dispatch = round(median(ours.map((run) => run.host_us_per_dispatch)));
    result.dispatches_per_token = ours[0].dispatches_per_token;
    result.peer_ratio = round(decode / theirDecode);
    peer.version = theirs[0].version;
    peer.decode_tok_s[shape] = round(theirDecode);
    peer.prefill_tok_s[shape] = round(median(theirs.map((run) => run.prefill)));
    peer.dispatches_per_token = round(median(theirs.map((run) => run.dispatches)));
  }
  return { ...result, peer };
}

/** The first format's figures, and those of the others beside them. */
async function comparisons(setUp) {
  const [first, ...others] = options.format.split(",");
  const result = await comparison(setUp, first);
  for (const format of others) (result.other_formats ??= {})[format] = await comparison(setUp, format);
  return result;
}

async function main() {
  const files = await bundles();
  files.set("/index.html", '<!doctype html><html lang="en"><head><title>Bench</title></head><body></body></html>\n');
  const folders = new Map([
    ["ours", process.env.LANTERN_BENCH_WASM],
    ["ort", path.join(here, "node_modules/onnxruntime-web/dist")],
  ]);
  const site = await serve(files, folders);
  const browser = await launch({ protocolTimeout: LIMIT_MS + 10_000 });
  try {
    const setUp = { browser, site, files };
    const result = options.only ? await alone(setUp) : await comparisons(setUp);
    const about = { browser: await browser.version(), seconds: Number(options.seconds), runs: Number(options.runs) };
    process.stdout.write(`${JSON.stringify({ ...result, ...about }, null, 2)}\n`);
  } finally {
    await browser.close();
    site.stop();
  }
}

await main();
