"""Small calls through every counting kernel, for compute-sanitizer to watch."""

from __future__ import annotations

import itertools

import torch

import torchtally  # noqa: F401  (registers the ops)

OPS = (torch.ops.torchtally.confusion_matrix, torch.ops.torchtally.class_counts)
SCORES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def main() -> None:
    """Count labels and scores; odd sizes, few classes and too many for shared bins."""
    torch.manual_seed(0)
    for op, c, width in itertools.product(OPS, (3, 400), (64, 61)):
        target = torch.randint(-1, c + 1, (2, 37, width), device="cuda")
        mask = torch.rand(target.shape, device="cuda") < 0.9
        for dtype in (torch.int16, torch.int32, torch.int64):
            preds = torch.randint(0, c, target.shape, device="cuda").to(dtype)
            op(preds, target.to(dtype), c, ignore_index=[-1], mask=mask)
            op(preds, target.to(dtype), c, per_sample=True, other=True)
        for dtype in SCORES:
            scores = torch.randn((2, c, 37, width), device="cuda").to(dtype)
            op(scores, target, c)
            op(scores.to(memory_format=torch.channels_last), target, c)
            op(scores[:, 0], target, 2, threshold=0.0)
    torch.cuda.synchronize()
    print("every call returned")


if __name__ == "__main__":
    main()
