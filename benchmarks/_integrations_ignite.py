"""Updates of ignite's confusion matrix."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import ignite.metrics
import torch
from torch import Tensor

from _inputs import label_maps
from _integrations import Case
from torchtally.integrations import ignite as ours


@cache
def batch(samples: int, classes: int, *size: int) -> tuple[Tensor, Tensor]:
    """Return scores and labels, 255 of which count nowhere."""
    torch.manual_seed(0)
    shape = (samples, *size)
    _, target = label_maps(shape, classes, "coherent", 0.05, size[-1] // 8)
    return torch.randn(samples, classes, *size), target


def update(module: Any, *shape: int) -> Callable[[], Any]:
    pair, matrix = batch(*shape), module.ConfusionMatrix(shape[1])
    return lambda: matrix.update(pair)


def compute(module: Any, *shape: int) -> Callable[[], Any]:
    matrix = module.ConfusionMatrix(shape[1])
    metric = module.mIoU(matrix)
    matrix.update(batch(*shape))
    return metric.compute


def cases() -> list[Case]:
    """Return the cases of ignite."""
    images, volumes = (2, 19, 512, 1024), (1, 4, 96, 96, 96)
    loads = {
        "scores float32 [2, 19, 512, 1024]": images,
        "scores float32 [1, 4, 96, 96, 96]": volumes,
    }
    found = [
        Case(
            "ignite",
            "ConfusionMatrix.update",
            load,
            lambda shape=shape: update(ignite.metrics, *shape),
            lambda shape=shape: update(ours, *shape),
        )
        for load, shape in loads.items()
    ]
    return [
        *found,
        Case(
            "ignite",
            "mIoU.compute",
            "19 classes",
            lambda: compute(ignite.metrics, *images),
            lambda: compute(ours, *images),
        ),
    ]
