// Writes a Llama of random weights as an ONNX model, with the operators that published exports for WebGPU use:
// GroupQueryAttention, SimplifiedLayerNormalization, and MatMul or, for 8-bit weights, MatMulNBits.

/** Protocol buffers, as far as ONNX needs them: fields in any order. */
class Message {
  #parts = [];

  #varint(value) {
    const bytes = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#parts.push(Uint8Array.from(bytes));
  }

  int(field, value) {
    this.#varint(field * 8);
    this.#varint(value);
    return this;
  }

  float(field, value) {
    this.#varint(field * 8 + 5);
    this.#parts.push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field, bytes) {
    this.#varint(field * 8 + 2);
    this.#varint(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  text(field, text) {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  message(field, message) {
    return this.bytes(field, message.finish());
  }

  finish() {
    return Buffer.concat(this.#parts);
  }
}

const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;
const INT64 = 7;
const MICROSOFT = "com.microsoft";
const BLOCK = 32;

/** Numbers that are the same in every run. */
class Random {
  #state = 0x9e3779b9;

  bits() {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  floats(count, spread) {
    return Float32Array.from({ length: count }, () => (this.bits() / 2 ** 31 - 1) * spread);
  }
}

class Graph {
  #graph = new Message().text(2, "llama");
  #random = new Random();

  constructor(shape, format) {
    this.shape = shape;
    this.format = format;
  }

  node(operator, inputs, outputs, attributes = {}, domain = "") {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(3, `${operator} ${outputs[0]}`).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().text(1, name);
      if (Number.isInteger(value)) attribute.int(3, value).int(20, 2);
      else attribute.float(2, value).int(20, 1);
      node.message(5, attribute);
    }
    if (domain) node.text(7, domain);
    this.#graph.message(1, node);
    return outputs[0];
  }

  constant(name, type, dims, data) {
    const tensor = new Message();
    for (const dim of dims) tensor.int(1, dim);
    tensor.int(2, type).text(8, name);
    tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#graph.message(5, tensor);
    return name;
  }

  #value(field, name, type, dims) {
    const shape = new Message();
    for (const dim of dims) {
      const message = new Message();
      shape.message(1, typeof dim === "number" ? message.int(1, dim) : message.text(2, dim));
    }
    const tensor = new Message().int(1, type).message(2, shape);
    this.#graph.message(field, new Message().text(1, name).message(2, new Message().message(1, tensor)));
    return name;
  }

  input(name, type, dims) {
    return this.#value(11, name, type, dims);
  }

  output(name, type, dims) {
    return this.#value(12, name, type, dims);
  }

  /** A matrix of random weights, times a vector. */
  linear(name, from, rows, columns) {
    const spread = Math.sqrt(3 / columns);
    if (this.format === "f32") {
      const weights = this.constant(`${name}.weight`, FLOAT, [columns, rows], this.#random.floats(rows * columns, spread));
      return this.node("MatMul", [from, weights], [name]);
    }
    const blocks = columns / BLOCK;
    const bytes = new Uint8Array(rows * columns);
    new Uint32Array(bytes.buffer).forEach((_, index, words) => (words[index] = this.#random.bits()));
    const weights = this.constant(`${name}.weight`, UINT8, [rows, blocks, BLOCK], bytes);
    const scales = this.constant(`${name}.scales`, FLOAT, [rows * blocks], this.#random.floats(rows * blocks, spread / 127));
    const attributes = { K: columns, N: rows, bits: 8, block_size: BLOCK };
    return this.node("MatMulNBits", [from, weights, scales], [name], attributes, MICROSOFT);
  }

  gain(name) {
    const { hidden } = this.shape;
    return this.constant(name, FLOAT, [hidden], new Float32Array(hidden).fill(1));
  }

  /** The residual connection and the norm after it, in one operator. Gives the normed and the plain sum. */
  skipNorm(name, a, b) {
    this.node(
      "SkipSimplifiedLayerNormalization",
      [a, b, this.gain(`${name}.gain`)],
      [name, "", "", `${name}.sum`],
      { epsilon: 1e-5 },
      MICROSOFT,
    );
    return [name, `${name}.sum`];
  }

  embedding(from) {
    const { vocabulary, hidden } = this.shape;
    const table = this.constant("embedding.weight", FLOAT, [vocabulary, hidden], this.#random.floats(vocabulary * hidden, 1));
    return this.node("Gather", [table, from], ["embedding"]);
  }

  finish() {
    const opset = (domain, version) => new Message().text(1, domain).int(2, version);
    return new Message()
      .int(1, 10)
      .text(2, "lantern")
      .message(7, this.#graph)
      .message(8, opset("", 21))
      .message(8, opset(MICROSOFT, 1))
      .finish();
  }
}

/** Cosines and sines of the rotary embedding. */
function rotation(graph, context) {
  const half = graph.shape.head_dim / 2;
  const table = (turn) =>
    Float32Array.from({ length: context * half }, (_, at) => turn(Math.floor(at / half) / 10_000 ** ((at % half) / half)));
  return [
    graph.constant("cos_cache", FLOAT, [context, half], table(Math.cos)),
    graph.constant("sin_cache", FLOAT, [context, half], table(Math.sin)),
  ];
}

/** The model of a shape, with `f32` or `q8_0` weights, for at most `context` positions. */
export function llama(shape, format, context) {
  const graph = new Graph(shape, format);
  const { vocabulary, hidden, feed_forward, layers, heads, kv_heads, head_dim } = shape;
  const ids = graph.input("input_ids", INT64, ["batch_size", "sequence_length"]);
  const mask = graph.input("attention_mask", INT64, ["batch_size", "total_sequence_length"]);
  const one = graph.constant("one", INT64, [1], BigInt64Array.of(1n));
  const at = graph.constant("axis", INT64, [], BigInt64Array.of(1n));
  graph.node("ReduceSum", [mask, one], ["mask_sum"]);
  graph.node("Sub", ["mask_sum", one], ["mask_last"]);
  graph.node("Cast", ["mask_last"], ["seqlens_k"], { to: INT32 });
  graph.node("Shape", [mask], ["mask_shape"]);
  graph.node("Gather", ["mask_shape", at], ["total_long"], { axis: 0 });
  graph.node("Cast", ["total_long"], ["total_sequence_length"], { to: INT32 });
  const tables = rotation(graph, context);
  let sum = graph.embedding(ids);
  let normed = graph.node("SimplifiedLayerNormalization", [sum, graph.gain("first.gain")], ["first"], {
    axis: -1,
    epsilon: 1e-5,
    stash_type: 1,
  });
  for (let layer = 0; layer < layers; layer += 1) {
    const name = (part) => `layer${layer}.${part}`;
    const past = ["key", "value"].map((part) => [`past_key_values.${layer}.${part}`, `present.${layer}.${part}`]);
    for (const [before, after] of past) {
      graph.input(before, FLOAT, ["batch_size", kv_heads, "past_sequence_length", head_dim]);
      graph.output(after, FLOAT, ["batch_size", kv_heads, "total_sequence_length", head_dim]);
    }
    const q = graph.linear(name("q"), normed, heads * head_dim, hidden);
    const k = graph.linear(name("k"), normed, kv_heads * head_dim, hidden);
    const v = graph.linear(name("v"), normed, kv_heads * head_dim, hidden);
    graph.node(
      "GroupQueryAttention",
      [q, k, v, past[0][0], past[1][0], "seqlens_k", "total_sequence_length", ...tables],
      [name("attention"), past[0][1], past[1][1]],
      { num_heads: heads, kv_num_heads: kv_heads, do_rotary: 1, rotary_interleaved: 0 },
      MICROSOFT,
    );
    const out = graph.linear(name("o"), name("attention"), hidden, heads * head_dim);
    [normed, sum] = graph.skipNorm(name("norm"), sum, out);
    const gate = graph.linear(name("gate"), normed, feed_forward, hidden);
    const up = graph.linear(name("up"), normed, feed_forward, hidden);
    graph.node("Sigmoid", [gate], [name("sigmoid")]);
    graph.node("Mul", [gate, name("sigmoid")], [name("silu")]);
    graph.node("Mul", [name("silu"), up], [name("inner")]);
    const down = graph.linear(name("down"), name("inner"), hidden, feed_forward);
    [normed, sum] = graph.skipNorm(name("next"), sum, down);
  }
  graph.linear("logits", normed, vocabulary, hidden);
  graph.output("logits", FLOAT, ["batch_size", "sequence_length", vocabulary]);
  return graph.finish();
}

/** The model's `config.json`. */
export function configOf(shape, context) {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    bos_token_id: 0,
    eos_token_id: shape.vocabulary,
    hidden_size: shape.hidden,
    intermediate_size: shape.feed_forward,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kv_heads,
    head_dim: shape.head_dim,
    max_position_embeddings: context,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: false,
    vocab_size: shape.vocabulary,
  };
}
