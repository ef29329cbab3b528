"""Counts, scores and losses of smp, the files of which are read one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from _inputs import label_maps
from _integrations import Case
from _loss_peers import step
from torchtally.integrations import smp

sys.path.append(str(Path(__file__).parents[1] / "tests" / "integrations"))
import smp_files

SHAPE = (8, 19, 512, 512)


@cache
def labels() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return label_maps((8, 512, 512), 19, "coherent", 0.05, 64)


@cache
def masks() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    scores = torch.rand(8, 4, 512, 512)
    return scores, (torch.rand(8, 4, 512, 512) > 0.7).long()


@cache
def logits() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    _, target = label_maps((2, 512, 512), 19, "coherent", 0.05, 64)
    return torch.randn(2, 19, 512, 512), target


def multiclass(metrics: Any) -> Callable[[], Any]:
    pair = labels()
    options = {"mode": "multiclass", "ignore_index": 255, "num_classes": 19}
    return lambda: metrics.get_stats(*pair, **options)


def multilabel(metrics: Any) -> Callable[[], Any]:
    pair = masks()
    return lambda: metrics.get_stats(*pair, mode="multilabel", threshold=0.5)


def score(metrics: Any) -> Callable[[], Any]:
    counts = multiclass(metrics)()
    return lambda: metrics.f1_score(*counts, reduction="macro-imagewise")


def loss(made: Any) -> Callable[[], Any]:
    return step(made("multiclass", ignore_index=255), *logits())


def cases() -> list[Case]:
    """Return the cases of smp."""
    original, ours = smp_files.metrics, smp.metrics
    found = [
        Case(
            "smp",
            "get_stats, multiclass",
            "labels int64 [8, 512, 512], 19 classes",
            lambda: multiclass(original),
            lambda: multiclass(ours),
        ),
        Case(
            "smp",
            "get_stats, multilabel",
            "scores float32 [8, 4, 512, 512]",
            lambda: multilabel(original),
            lambda: multilabel(ours),
        ),
        Case(
            "smp",
            "f1_score, macro-imagewise",
            "counts [8, 19]",
            lambda: score(original),
            lambda: score(ours),
        ),
    ]
    pairs = {
        "DiceLoss": (smp_files.dice.DiceLoss, smp.losses.DiceLoss),
        "JaccardLoss": (smp_files.jaccard.JaccardLoss, smp.losses.JaccardLoss),
        "TverskyLoss": (smp_files.tversky.TverskyLoss, smp.losses.TverskyLoss),
    }
    return found + [
        Case(
            "smp",
            f"{name}, forward and backward",
            "logits float32 [2, 19, 512, 512]",
            lambda of=of: loss(of[0]),
            lambda of=of: loss(of[1]),
        )
        for name, of in pairs.items()
    ]
