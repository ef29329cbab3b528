"""MONAI's metrics and losses, beside those of torchtally.integrations.monai."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import monai.losses
import monai.metrics
import torch
from monai.data import MetaTensor
from torch import Tensor

from _integrations import Case
from torchtally.integrations import monai as ours

#: Samples, classes and pixels of a validation step in 3D and in 2D.
LOADS = {"3D": (2, 4, (96, 96, 96)), "2D": (8, 3, (256, 256))}
METRICS: dict[str, dict[str, Any]] = {
    "DiceMetric": {"include_background": False},
    "MeanIoU": {"include_background": False},
    "GeneralizedDiceScore": {},
    "ConfusionMatrixMetric": {"metric_name": ("sensitivity", "precision", "f1 score")},
    "FBetaScore": {},
}
LOSSES: dict[str, dict[str, Any]] = {
    "DiceLoss": {"softmax": True},
    "DiceCELoss": {"softmax": True},
    "TverskyLoss": {"sigmoid": True, "alpha": 0.3, "beta": 0.7},
    "GeneralizedDiceLoss": {"softmax": True},
}


def labels(samples: int, classes: int, pixels: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Return labels ``[N, 1, ...]`` in blocks of 8 pixels, and some predicted wrong."""
    generator = torch.Generator().manual_seed(0)
    coarse = (samples, 1, *(size // 8 for size in pixels))
    target = torch.randint(0, classes, coarse, generator=generator)
    for dim in range(2, target.dim()):
        target = target.repeat_interleave(8, dim)
    other = torch.randint(0, classes, target.shape, generator=generator)
    keep = torch.rand(target.shape, generator=generator) < 0.9
    return torch.where(keep, target, other), target


def one_hot(values: Tensor, classes: int) -> Tensor:
    """Return float32 ``[N, C, ...]``, which MONAI's transforms make."""
    hot = torch.nn.functional.one_hot(values[:, 0], classes)
    return hot.movedim(-1, 1).float().contiguous()


def call_of(module: Any, name: str, load: str) -> Callable[[], object]:
    """Return a step of validation: decollated in 3D, a batch in 2D."""
    samples, classes, pixels = LOADS[load]
    metric = getattr(module, name)(**METRICS[name])
    batch: Any = [one_hot(part, classes) for part in labels(samples, classes, pixels)]
    if load == "3D":
        batch = [[MetaTensor(one) for one in part] for part in batch]

    def step() -> object:
        metric.reset()  # or the buffers would grow with every call
        return metric(*batch)

    return step


def labels_of(module: Any) -> Callable[[], object]:
    """Return a step of labels, that is, without one channel a class."""
    pair = labels(2, 14, (96, 96, 96))
    metric = module.DiceMetric(num_classes=14)

    def step() -> object:
        metric.reset()
        return metric(*pair)

    return step


def aggregate_of(module: Any, name: str) -> Callable[[], object]:
    """Return the scores of 100 small samples that are in the buffers."""
    metric = getattr(module, name)(**METRICS[name])
    metric(*(one_hot(part, 4) for part in labels(100, 4, (8, 8))))
    return lambda: metric.aggregate()


def step_of(module: Any, name: str, load: str) -> Callable[[], object]:
    """Return forward and backward of a loss of logits and labels."""
    samples, classes, pixels = LOADS[load]
    _, target = labels(samples, classes, pixels)
    logits = torch.randn(samples, classes, *pixels)
    loss = getattr(module, name)(to_onehot_y=True, **LOSSES[name])

    def step() -> object:
        leaf = logits.detach().requires_grad_()
        loss(leaf, target).backward()
        return leaf.grad

    return step


def cases() -> list[Case]:
    """Return a row of the table for each."""
    rows = []

    def row(name: str, load: str, build: Callable[..., Any], *args: str) -> None:
        original: Any = monai.losses if name.endswith("step") else monai.metrics
        rows.append(
            Case(
                "MONAI",
                name,
                load,
                lambda: build(original, *args),
                lambda: build(ours, *args),
            )
        )

    words = {}
    for load, (samples, classes, pixels) in LOADS.items():
        words[load] = f"[{samples}, {classes}, {', '.join(map(str, pixels))}]"
    for name in METRICS:
        given = "decollated one-hot MetaTensor"
        row(f"{name}: call", f"{given} {words['3D']}", call_of, name, "3D")
        row(f"{name}: call", f"one-hot float32 {words['2D']}", call_of, name, "2D")
    row("DiceMetric: call", "int64 [2, 1, 96, 96, 96], 14 classes", labels_of)
    for name in ("DiceMetric", "ConfusionMatrixMetric"):
        row(f"{name}: aggregate", "100 samples, 4 classes", aggregate_of, name)
    for name in LOSSES:
        for load in LOADS:
            row(f"{name}: step", f"float32 {words[load]}", step_of, name, load)
    return rows
