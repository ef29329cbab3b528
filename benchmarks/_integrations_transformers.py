"""Evaluation of a Trainer: the NumPy of the guides, and one count."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from _inputs import label_maps
from _integrations import Case
from torchtally.integrations.transformers import TrainerMetrics, mean_iou

sys.path.append(str(Path(__file__).parents[1] / "tests" / "integrations"))
from evaluate_formulas import evaluate_mean_iou


@cache
def images(samples: int, classes: int, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits of a quarter of the size, and predicted and true labels."""
    torch.manual_seed(0)
    shape = (samples, side, side)
    preds, target = label_maps(shape, classes, "coherent", 0.05, side // 8)
    return torch.randn(samples, classes, side // 4, side // 4), preds, target


def original_step(samples: int, classes: int, side: int) -> Callable[[], Any]:
    """Upsample all logits, and compare labels in NumPy."""
    logits, _, target = images(samples, classes, side)
    arrays = logits.numpy(), target.numpy()

    def call() -> Any:
        size = arrays[1].shape[-2:]
        up = interpolate(torch.from_numpy(arrays[0]), size=size, mode="bilinear")
        return evaluate_mean_iou(up.argmax(1).numpy(), arrays[1], classes, 255)

    return call


def our_logits(samples: int, classes: int, side: int) -> Callable[[], Any]:
    logits, _, target = images(samples, classes, side)
    arrays = logits.numpy(), target.numpy()
    metrics = TrainerMetrics(classes, ignore_index=255, resize="bilinear")
    return lambda: metrics(arrays)


def our_step(samples: int, classes: int, side: int) -> Callable[[], Any]:
    """Reduce logits to labels first, of which a Trainer keeps a byte or two a pixel."""
    logits, _, target = images(samples, classes, side)
    metrics = TrainerMetrics(classes, ignore_index=255, resize="bilinear")

    def call() -> Any:
        labels = metrics.preprocess_logits_for_metrics(logits, target)
        return metrics((labels.numpy(), target.numpy()))

    return call


def original_labels(samples: int, classes: int, side: int) -> Callable[[], Any]:
    preds, target = (t.numpy() for t in images(samples, classes, side)[1:])
    return lambda: evaluate_mean_iou(preds, target, classes, 255)


def our_labels(samples: int, classes: int, side: int) -> Callable[[], Any]:
    preds, target = (t.numpy() for t in images(samples, classes, side)[1:])
    return lambda: mean_iou(preds, target, classes, 255)


def our_trainer_labels(samples: int, classes: int, side: int) -> Callable[[], Any]:
    pair = tuple(t.numpy() for t in images(samples, classes, side)[1:])
    metrics = TrainerMetrics(classes, ignore_index=255)
    return lambda: metrics(pair)


def cases() -> list[Case]:
    """Return the cases of transformers."""
    small, large = (2, 150, 512), (8, 150, 512)
    logits = "logits float32 [2, 150, 128, 128], labels int64 [2, 512, 512]"
    labels = "labels int64 [8, 512, 512], 150 classes"
    return [
        Case(
            "transformers",
            "compute_metrics of logits",
            logits,
            lambda: original_step(*small),
            lambda: our_logits(*small),
        ),
        Case(
            "transformers",
            "compute_metrics, logits reduced to labels",
            logits,
            lambda: original_step(*small),
            lambda: our_step(*small),
        ),
        Case(
            "transformers",
            "compute_metrics of labels",
            labels,
            lambda: original_labels(*large),
            lambda: our_trainer_labels(*large),
        ),
        Case(
            "transformers",
            "mean_iou",
            labels,
            lambda: original_labels(*large),
            lambda: our_labels(*large),
        ),
    ]
