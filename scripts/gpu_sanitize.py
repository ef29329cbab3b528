"""Small calls through every kernel, for compute-sanitizer to watch."""

from __future__ import annotations

import argparse
import itertools

import torch

import torchtally  # noqa: F401  (registers the ops)
from torchtally import _core

overlap_sums = torch.ops.torchtally.overlap_sums
overlap_sums_backward = torch.ops.torchtally.overlap_sums_backward
OPS = (torch.ops.torchtally.confusion_matrix, torch.ops.torchtally.class_counts)
LABELS = (torch.uint8, torch.int16, torch.int32, torch.int64)
LAYOUTS = (torch.contiguous_format, torch.channels_last)
#: Of overlap_sums, with a number of classes for each kernel.
PATHS = [(_core.OverlapPath.REGISTERS, c) for c in (3, 8, 16, 19)]
PATHS += [(_core.OverlapPath.TILES, c) for c in (3, 33)]
SCORES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def count(device: str) -> None:
    """Count labels and scores in every tier that fits; sizes of all alignments."""
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
                op(scores[:, 0], target, 2, threshold=[0.0])


def sum_overlaps(device: str) -> None:
    """Sum overlaps and their gradients in both paths; parts and tiles of odd sizes."""
    usual = _core.overlap_policy()
    policy = _core.overlap_policy()
    policy.fewest_pixels = policy.least_tile = policy.most_tile = 96
    policy.fold_pixels, policy.most_parts = 2, 6
    for path, c in PATHS:
        policy.path = path
        _core.set_overlap_policy(policy)
        target = torch.randint(-1, c + 1, (2, 13, 31), device=device)
        soft = torch.rand((2, c, 13, 31), device=device)
        weight = torch.rand(c, device=device)
        mask = torch.rand(target.shape, device=device) < 0.9
        sums = torch.randn((2, 6, c), device=device, dtype=torch.float64)
        up = (sums, torch.randn(2, device=device, dtype=torch.float64))
        for dtype, layout in itertools.product(SCORES, LAYOUTS):
            values = torch.randn((2, c, 13, 31), device=device).to(dtype)
            values = values.to(memory_format=layout)
            for given, options in (
                ((values, target), {"ignore_index": [-1, 255]}),
                ((values, target, mask, weight), {"label_smoothing": 0.1}),
                ((values, soft, mask), {}),
                ((values, soft, None, weight), {"activation": "sigmoid"}),
                ((values, target), {"activation": "none"}),
            ):
                overlap_sums(*given, **options)
                overlap_sums_backward(*up, *given, **options)
    _core.set_overlap_policy(usual)


def main() -> None:
    """Call every kernel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    device = parser.parse_args().device
    torch.manual_seed(0)
    count(device)
    sum_overlaps(device)
    if device == "cuda":
        torch.cuda.synchronize()
    print("every call returned")


if __name__ == "__main__":
    main()
