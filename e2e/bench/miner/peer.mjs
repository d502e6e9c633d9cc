// The peer: transformers.js on its WebGPU back end, in a worker.

import { AutoModelForCausalLM, Tensor, env } from "@huggingface/transformers";

const PROMPT = 64;

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/models/";
env.useBrowserCache = false;
env.backends.onnx.wasm.wasmPaths = "/ort/";

/** Work handed to the device: proof that it is the device that computes. */
let dispatches = 0;
const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function count(...sizes) {
  dispatches += 1;
  return dispatchWorkgroups.apply(this, sizes);
};

/** Notes when each token comes. The first call is the prompt. */
class Times {
  moments = [];

  put() {
    this.moments.push(performance.now());
  }

  end() {}
}

/** One text: seconds until the first token, and tokens per second after it. */
async function write(model, vocabulary, count) {
  const prompt = BigInt64Array.from({ length: PROMPT }, (_, index) => BigInt((index * 7) % vocabulary));
  const input_ids = new Tensor("int64", prompt, [1, PROMPT]);
  const attention_mask = new Tensor("int64", new BigInt64Array(PROMPT).fill(1n), [1, PROMPT]);
  const times = new Times();
  const started = performance.now();
  const options = { max_new_tokens: count, min_new_tokens: count, do_sample: false, streamer: times };
  await model.generate({ input_ids, attention_mask, ...options });
  const tokens = times.moments.slice(1);
  if (tokens.length !== count) throw new Error(`the peer wrote ${tokens.length} of ${count} tokens`);
  return { prefill: (tokens[0] - started) / 1000, decode: (count - 1) / ((tokens.at(-1) - tokens[0]) / 1000) };
}

addEventListener("message", async ({ data: { name, vocabulary, seconds, device, dtype } }) => {
  try {
    const model = await AutoModelForCausalLM.from_pretrained(name, { device, dtype });
    const first = await write(model, vocabulary, 8);
    const count = Math.max(8, Math.min(256, Math.round(first.decode * seconds)));
    dispatches = 0;
    const { prefill, decode } = await write(model, vocabulary, count);
    if (dispatches === 0) throw new Error("the peer did not use the graphics device");
    postMessage({ prefill: (PROMPT - 1) / prefill, decode, dispatches: dispatches / count, version: env.version });
  } catch (error) {
    postMessage({ error: `${error?.stack ?? error}` });
  }
});
