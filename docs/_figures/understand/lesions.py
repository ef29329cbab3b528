"""Lesions of known size, predicted two pixels off: samplewise and global Dice."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

import torchtally as tt

CASES = 200
SIZE = 96


def disc(radius: Tensor, shift: int) -> Tensor:
    """Return an image of a disc for each radius, moved to the right."""
    line = torch.arange(SIZE, dtype=torch.float32) - SIZE / 2 + 0.5
    across = line[None, None, :] - shift
    down = line[None, :, None]
    return (across**2 + down**2 <= radius[:, None, None] ** 2).to(torch.uint8)


@lru_cache
def study(median: float) -> tuple[Tensor, Tensor, float, float]:
    """Return areas and Dice of cases, and both means, for a median radius.

    Radii are log-normal (sigma 0.5). The prediction of every lesion is the lesion,
    two pixels to the right.
    """
    normal = torch.randn(CASES, generator=torch.Generator().manual_seed(0))
    radius = (median * (0.5 * normal).exp()).clamp(1, SIZE / 2 - 4)
    target = disc(radius, 0)
    counts = tt.class_counts(disc(radius, 2), target, 2, per_sample=True)
    score = tt.functional.dice_from_counts
    each = score(counts, average="binary", aggregation="none")
    samplewise = score(counts, average="binary", aggregation="samplewise")
    pooled = score(counts, average="binary")
    return target.sum((1, 2)), each, float(samplewise), float(pooled)
