"""A data set that ranks share unevenly, and the metrics that are tried on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from torchtally.metrics import ConfusionMatrix, DiceScore, F1Score, IoUScore, ScoreSuite

SAMPLES = 11
CLASSES = 5

_generator = torch.Generator().manual_seed(7)
TARGET = torch.randint(-1, 3, (SAMPLES, 6, 4), generator=_generator)
TARGET[4:] += 1
PREDS = torch.randint(0, CLASSES, TARGET.shape, generator=_generator)
PREDS = torch.where(torch.rand(TARGET.shape, generator=_generator) < 0.6, TARGET, PREDS)
PREDS = PREDS.clamp(min=0)

_SAMPLEWISE: dict[str, Any] = {
    "aggregation": "samplewise",
    "ignore_index": -1,
    "dtype": torch.float64,
}
_MISS: dict[str, Any] = {"out_of_range": "miss"}
TO_CLASS = {-1: None, 0: 0, 1: 1, 2: 2, 3: 1}
Make = Callable[[], Any]
METRICS: dict[str, Make] = {
    "matrix": lambda: ConfusionMatrix(CLASSES, ignore_index=-1),
    "matrices": lambda: ConfusionMatrix(CLASSES, ignore_index=-1, per_sample=True),
    "dice": lambda: DiceScore(CLASSES, ignore_index=-1, dtype=torch.float64),
    "miss": lambda: F1Score(4, out_of_range="miss", average="micro"),
    "each": lambda: IoUScore(CLASSES, ignore_index=-1, aggregation="none"),
    "samplewise": lambda: DiceScore(CLASSES, **_SAMPLEWISE),
    "samplewise, worth 7.5": lambda: DiceScore(
        CLASSES, **_SAMPLEWISE, zero_division=7.5
    ),
    "samplewise, nan": lambda: IoUScore(CLASSES, **_SAMPLEWISE, zero_division="nan"),
    "samplewise, classes": lambda: IoUScore(CLASSES, **_SAMPLEWISE, average="none"),
    "samplewise, weighted": lambda: DiceScore(
        CLASSES, **_SAMPLEWISE, average="weighted"
    ),
    "classes last": lambda: DiceScore(
        CLASSES, **_SAMPLEWISE, sample_mean="samples_first"
    ),
    "jointly weighted": lambda: DiceScore(
        CLASSES, **_SAMPLEWISE, average="weighted", sample_mean="joint"
    ),
    "multilabel": lambda: F1Score(
        6, task="multilabel", average="samples", out_of_range="ignore"
    ),
    "mapped": lambda: IoUScore(3, label_map=TO_CLASS, preds_map={**TO_CLASS, 4: 2}),
    "mapped, samplewise": lambda: DiceScore(
        3, label_map=TO_CLASS, preds_map=TO_CLASS, **{**_SAMPLEWISE, **_MISS}
    ),
    "shares": lambda: ConfusionMatrix(3, label_map=TO_CLASS, normalize="true", **_MISS),
    "suite": lambda: ScoreSuite(
        CLASSES,
        {"dice": {}, "iou": {"aggregation": "samplewise"}},
        ignore_index=-1,
        dtype=torch.float64,
    ),
    "suite of samples": lambda: ScoreSuite(
        CLASSES,
        {"dice": {"aggregation": "none"}, "iou": {"aggregation": "samplewise"}},
        ignore_index=-1,
    ),
}


def batches_of(rank: int, size: int) -> list[tuple[Tensor, Tensor]]:
    """Return what a rank of a group has seen: unequal, in order, rank 1 nothing."""
    edges = [0, 3, 3, 4, SAMPLES] if size == 4 else [0, SAMPLES, SAMPLES]
    begin, end = edges[rank], edges[rank + 1]
    return [
        (PREDS[n : min(n + 2, end)], TARGET[n : min(n + 2, end)])
        for n in range(begin, end, 2)
    ]


def updated(metric: Any, rank: int | None = None, size: int | None = None) -> Any:
    """Update a metric with the batches of a rank; this one if none is named."""
    rank = dist.get_rank() if rank is None else rank
    size = dist.get_world_size() if size is None else size
    for preds, target in batches_of(rank, size):
        metric.update(preds, target)
    return metric


def wanted(make: Make) -> Any:
    """Return what one process computes that sees everything, in one batch."""
    metric = make()
    metric._sync_on_compute = False
    metric.update(PREDS, TARGET)
    return metric.compute()


def same(found: Any, expected: Any, name: str = "") -> None:
    """Compare bit for bit."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), name
        for key in expected:
            same(found[key], expected[key], f"{name} {key}")
        return
    torch.testing.assert_close(
        found, expected, rtol=0, atol=0, equal_nan=True, msg=lambda m: f"{name}: {m}"
    )


def state_of(metric: Any) -> dict[str, Tensor]:
    """Copy the state of a metric."""
    return {name: value.clone() for name, value in metric._state().named().items()}
