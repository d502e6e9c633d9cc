"""The peer of `cargo xtask bench miner`: PyTorch `transformers` with a static cache, one text at a time.

    python3 -m venv venv && venv/bin/pip install torch transformers
    cargo xtask bench miner --json --peer torch --python venv/bin/python

Models are random, of the shapes that the engine was measured with, after the same prompt of 64 tokens. On a CUDA
device the decode step is also tried with `torch.compile` and CUDA graphs, and the faster of the two counts.
Prints one JSON object; progress goes to standard error.
"""

import argparse
import json
import statistics
import sys
import time

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM, StaticCache

PROMPT = 64
RUNS = 5
CONTEXT = 1024
LONGEST = 256


def model_of(shape, dtype, device):
    config = LlamaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["feed_forward"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv_heads"],
        head_dim=shape["head_dim"],
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        attention_bias=False,
        use_cache=True,
    )
    torch.manual_seed(1)
    torch.set_default_dtype(dtype)
    with torch.device(device):
        model = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    return model.to(dtype).eval()


class Text:
    """A text in a static cache: a prompt, then greedy tokens."""

    def __init__(self, model, device):
        self.model = model
        self.device = device
        self.cache = StaticCache(config=model.config, max_cache_len=CONTEXT)
        self.step = self.eager

    def eager(self, token, position):
        out = self.model(
            input_ids=token, past_key_values=self.cache, cache_position=position, position_ids=position[None], use_cache=True
        )
        return out.logits[:, -1].argmax(-1, keepdim=True)

    def settle(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def prefill(self):
        self.cache.reset()
        prompt = (torch.arange(PROMPT, device=self.device) * 7 % self.model.config.vocab_size)[None]
        self.settle()
        started = time.perf_counter()
        token = self.eager(prompt, torch.arange(PROMPT, device=self.device))
        self.settle()
        return token, time.perf_counter() - started

    def write(self, count):
        token, _ = self.prefill()
        position = torch.tensor([PROMPT], device=self.device)
        self.settle()
        started = time.perf_counter()
        for _ in range(count):
            token = self.step(token, position).clone()
            position += 1
        self.settle()
        return count / (time.perf_counter() - started)


def rate(text, seconds):
    """Tokens per second: the median of several runs that share the time."""
    text.write(4)
    count = int(max(8, min(LONGEST, text.write(8) * seconds / RUNS)))
    return statistics.median(text.write(count) for _ in range(RUNS))


def measure(name, shape, options):
    dtype = {"f32": torch.float32, "f16": torch.float16}[options.format]
    text = Text(model_of(shape, dtype, options.device), options.device)
    decode = rate(text, options.seconds)
    prefill = statistics.median((PROMPT - 1) / text.prefill()[1] for _ in range(RUNS))
    how = "eager"
    if options.device == "cuda":
        text.step = torch.compile(text.eager, mode="reduce-overhead", fullgraph=True)
        try:
            compiled = rate(text, options.seconds)
        except Exception as error:  # A peer that cannot be compiled is measured as it is.
            print(f"torch.compile failed: {error}", file=sys.stderr)
        else:
            if compiled > decode:
                decode, how = compiled, "compiled, CUDA graphs"
    print(f"torch {name}: decode {decode:.1f} tok/s ({how}), prefill {prefill:.1f} tok/s", file=sys.stderr)
    return decode, prefill, how


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shapes", type=json.loads, required=True, help="JSON: shape by name")
    parser.add_argument("--format", choices=["f32", "f16"], required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], required=True)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch sees no CUDA device")
    measured = {name: measure(name, shape, options) for name, shape in options.shapes.items()}
    size = {name: shape["hidden"] * (shape["vocabulary"] + shape["layers"] * shape["hidden"]) for name, shape in options.shapes.items()}
    device = torch.cuda.get_device_name() if options.device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    result = {
        "name": "PyTorch transformers, static cache",
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "device": device,
        "format": options.format,
        "how": {name: how for name, (_, _, how) in measured.items()},
        "decode_tok_s": {name: decode for name, (decode, _, _) in measured.items()},
        "prefill_tok_s": {name: prefill for name, (_, prefill, _) in measured.items()},
        "largest_shape": max(size, key=size.get),
    }
    print(json.dumps(result))


main()
