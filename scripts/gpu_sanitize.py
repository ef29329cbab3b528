"""Small calls through every counting kernel, for compute-sanitizer to watch."""

from __future__ import annotations

import argparse
import itertools

import torch

import torchtally  # noqa: F401  (registers the ops)
from torchtally import _core

OPS = (torch.ops.torchtally.confusion_matrix, torch.ops.torchtally.class_counts)
LABELS = (torch.uint8, torch.int16, torch.int32, torch.int64)
SCORES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def main() -> None:
    """Count labels and scores in every tier that fits; sizes of all alignments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    device = parser.parse_args().device
    torch.manual_seed(0)
    for tier, op, c in itertools.product(_core.Tier.__members__.values(), OPS, (2, 21)):
        policy = _core.cuda_policy()
        policy.tier = tier
        _core.set_cuda_policy(policy)
        for width in (64, 61):
            target = torch.randint(-1, c + 1, (2, 37, width), device=device)
            mask = torch.rand(target.shape, device=device) < 0.9
            for dtype in LABELS:
                preds = torch.randint(0, c, target.shape, device=device).to(dtype)
                labels = target.to(dtype)
                op(preds, labels, c, ignore_index=[-1, 255], mask=mask)
                op(preds, labels, c, per_sample=True, other=True)
                op(preds[..., 1:], labels[..., 1:], c)
            for dtype in SCORES:
                scores = torch.randn((2, c, 37, width), device=device).to(dtype)
                op(scores, target, c)
                op(scores.to(memory_format=torch.channels_last), target, c)
                op(scores[:, 0], target, 2, threshold=0.0)
    if device == "cuda":
        torch.cuda.synchronize()
    print("every call returned")


if __name__ == "__main__":
    main()
