// How much the heaps of the page and its workers grow while the miner loads a model of a gigabyte in Chromium.
// Its weights are made up while they are sent. Prints one JSON object; sizes in megabytes.

import { createHash } from "node:crypto";
import http from "node:http";

import { Tab, launch } from "../lib/browser.mjs";
import { press, put } from "../lib/miner.mjs";
import { Site } from "../lib/site.mjs";
import { memoryOf } from "./measure.mjs";

/** A Llama with few but large layers: half precision, a vocabulary of bytes. */
const SHAPE = { hidden: 2048, feedForward: 8192, layers: 8, vocabulary: 258, heads: 32, kvHeads: 8 };
const BLOCK = 1 << 20;

function tensors() {
  const { hidden, feedForward, layers, vocabulary, heads, kvHeads } = SHAPE;
  const keys = (hidden / heads) * kvHeads;
  const list = [["model.embed_tokens.weight", [vocabulary, hidden]], ["model.norm.weight", [hidden]]];
  for (let layer = 0; layer < layers; layer += 1) {
    const add = (name, ...shape) => list.push([`model.layers.${layer}.${name}.weight`, shape]);
    add("input_layernorm", hidden);
    add("post_attention_layernorm", hidden);
    for (const [name, rows] of [["q", hidden], ["k", keys], ["v", keys], ["o", hidden]]) {
      add(`self_attn.${name}_proj`, rows, hidden);
    }
    add("mlp.gate_proj", feedForward, hidden);
    add("mlp.up_proj", feedForward, hidden);
    add("mlp.down_proj", hidden, feedForward);
  }
  return list;
}

/** The pieces of a safetensors file: its header, then small finite numbers over and over. */
function* weights() {
  const header = {};
  let end = 0;
  for (const [name, shape] of tensors()) {
    const begin = end;
    end += 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "F16", shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  yield Buffer.concat([prefix, json]);
  const block = Buffer.alloc(BLOCK);
  for (let index = 0, seed = 1; index < BLOCK; index += 2) {
    seed = (seed * 48271) % 2147483647;
    block.writeUInt16LE(0x2400 + (seed % 0x600) + (seed & 0x10000 ? 0x8000 : 0), index);
  }
  for (let left = end; left > 0; left -= BLOCK) yield block.subarray(0, Math.min(left, BLOCK));
}

function modelFiles() {
  const config = Buffer.from(
    JSON.stringify({
      model_type: "llama",
      hidden_size: SHAPE.hidden,
      intermediate_size: SHAPE.feedForward,
      num_hidden_layers: SHAPE.layers,
      num_attention_heads: SHAPE.heads,
      num_key_value_heads: SHAPE.kvHeads,
      vocab_size: SHAPE.vocabulary,
      max_position_embeddings: 256,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      hidden_act: "silu",
      tie_word_embeddings: true,
      bos_token_id: 256,
      eos_token_id: 257,
    }),
  );
  const digest = createHash("sha256");
  let bytes = 0;
  for (const piece of weights()) {
    digest.update(piece);
    bytes += piece.length;
  }
  const files = [
    { path: "config.json", bytes: config.length, sha256: createHash("sha256").update(config).digest("hex") },
    { path: "model.safetensors", bytes, sha256: digest.digest("hex") },
  ];
  const tokenizer = { kind: "bytes", bos: 256, eos: 257 };
  const manifest = { name: "A gigabyte", format: "lantern-model/1", tokenizer, licence: "none", files };
  return { bytes, config, manifest: Buffer.from(JSON.stringify(manifest)) };
}

/** Serves the model to any page. */
async function host({ bytes, config, manifest }) {
  const server = http.createServer(async (request, response) => {
    const open = { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };
    const small = { "/manifest.json": manifest, "/config.json": config }[request.url];
    if (small) return response.writeHead(200, { ...open, "content-length": small.length }).end(small);
    response.writeHead(200, { ...open, "content-length": bytes });
    for (const piece of weights()) {
      if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

const model = modelFiles();
const models = await host(model);
const site = await Site.start();
const browser = await launch();
try {
  const tab = await Tab.open(browser, site.url);
  await tab.goto("/miner");
  await press(tab, "Check this device");
  await tab.until(() => document.querySelector("[data-tier]"), { what: "the chosen tier", timeout: 120_000 });
  await put(tab, "mine-place", "gpu");
  const before = await memoryOf(tab.page);
  const started = Date.now();
  await tab.page.evaluate(() => (document.querySelector("details.mineown").open = true));
  await put(tab, "mine-address", models.url);
  await press(tab, "Load from this address");
  await tab.until(
    () => {
      const text = document.querySelector("main").innerText;
      if (/could not be|does not fit|no room/.test(text)) throw new Error(text);
      return [...document.querySelectorAll("dt")].some((term) => term.textContent === "Context");
    },
    { what: "the model's facts", timeout: 500_000 },
  );
  const seconds = (Date.now() - started) / 1000;
  // Memory of wasm never shrinks, so what it is at the end is the most that it was.
  const after = await memoryOf(tab.page);
  const megabytes = (bytes) => Math.round(bytes / 100_000) / 10;
  const result = {
    model_mb: megabytes(model.bytes),
    seconds: Math.round(seconds * 10) / 10,
    wasm_growth_mb: megabytes(after.wasm - before.wasm),
    heap_growth_mb: megabytes(after.heap - before.heap),
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  await browser.close();
  await site.stop();
  models.stop();
}
