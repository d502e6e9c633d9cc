"""Trains the demonstration model: a byte-level Llama of about a million parameters.

    python3 -m venv venv && venv/bin/pip install torch transformers safetensors numpy
    venv/bin/python wasm-miner/model/train.py --steps 4000 --out public/models/lantern-demo

The text is `corpus.py`, nothing else. The result is what any Llama checkpoint is: `model.safetensors` in f16,
`config.json`, and a `manifest.json` with the SHA-256 of both. `--golden` also writes the logits that torch gets
for a fixed text in f32, which the tests of this crate compare with.
"""

import argparse
import hashlib
import json
import math
import pathlib
import time

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import corpus

BOS, EOS, VOCAB = 256, 257, 258
GOLDEN_TOKENS = 512


def encode(text):
    return [BOS, *text.encode("utf-8"), EOS]


def batches(context, batch, seed):
    """Windows that start at a document, cut from an endless stream of documents."""
    stream = corpus.documents(10**9, seed)
    while True:
        rows = []
        for _ in range(batch):
            row = []
            while len(row) < context + 1:
                row += encode(next(stream))
            rows.append(row[: context + 1])
        yield torch.from_numpy(np.array(rows, dtype=np.int64))


def train(arguments):
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    config = LlamaConfig(vocab_size=VOCAB, hidden_size=128, intermediate_size=352, num_hidden_layers=5,
                         num_attention_heads=4, num_key_value_heads=2, head_dim=32, max_position_embeddings=1024,
                         rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=True, bos_token_id=BOS,
                         eos_token_id=EOS, attention_bias=False, mlp_bias=False)
    model = LlamaForCausalLM(config)
    print(f"parameters {sum(p.numel() for p in model.parameters())}", flush=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.0, betas=(0.9, 0.98), weight_decay=0.05)
    data = batches(arguments.context, arguments.batch, arguments.seed)
    started = time.time()
    for step in range(arguments.steps):
        warm = min(1.0, (step + 1) / 100)
        rate = arguments.rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / arguments.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        tokens = next(data)
        logits = model(input_ids=tokens[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCAB), tokens[:, 1:].reshape(-1))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0 or step + 1 == arguments.steps:
            print(f"step {step} loss {loss.item():.4f} nats per byte, {time.time() - started:.0f} s", flush=True)
    return model


def export(model, out):
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out, safe_serialization=True)
    (out / "generation_config.json").unlink(missing_ok=True)
    files = []
    for name in ("config.json", "model.safetensors"):
        content = (out / name).read_bytes()
        files.append({"path": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    manifest = {
        "name": "Lantern demonstration model", "format": "lantern-model/1", "tokenizer": {"kind": "bytes", "bos": BOS, "eos": EOS},
        "licence": "GPL-3.0-or-later", "source": "wasm-miner/model/train.py on the text of wasm-miner/model/corpus.py",
        "files": files,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def golden(out, path):
    """Logits of the exported weights, computed by torch in f32."""
    model = LlamaForCausalLM.from_pretrained(out, dtype=torch.float32, attn_implementation="eager").eval()
    tokens = []
    # Another seed than the one that training used.
    for text in corpus.documents(100, 99):
        tokens += encode(text)
    tokens = tokens[:GOLDEN_TOKENS]
    prompt = [BOS, *b"What is a validator?\n"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([tokens])).logits[0]
        greedy = model.generate(torch.tensor([prompt]), max_new_tokens=48, do_sample=False)[0].tolist()
    keep = [0, 1, 2, len(tokens) // 2, len(tokens) - 1]
    path.write_text(json.dumps({
        "made_with": f"torch {torch.__version__}, transformers LlamaForCausalLM, f32, eager attention",
        "tokens": tokens, "argmax": logits.argmax(-1).tolist(),
        "rows": {str(row): [round(v, 6) for v in logits[row].tolist()] for row in keep},
        "greedy_prompt": prompt, "greedy": greedy[len(prompt):],
    }) + "\n")
    print(bytes(t for t in greedy if t < 256).decode("utf-8", "replace"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--golden", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--context", type=int, default=384)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--export-only", action="store_true", help="take the model that is already in --out")
    arguments = parser.parse_args()
    if not arguments.export_only:
        export(train(arguments), arguments.out)
    if arguments.golden:
        golden(arguments.out, arguments.golden)
