"""Pairs of predictions and ground truth for MONAI, and the comparison of results."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor

DTYPES = (
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int32,
    torch.int64,
)


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return ``[N, C, ...]`` of labels ``[N, 1, ...]``; zeros for what is no class."""
    return (labels == torch.arange(classes).view(-1, *[1] * (labels.dim() - 2))).to(
        dtype
    )


def labels_at_random(
    seed: int, classes: int = 3, samples: int = 3, shape: tuple[int, ...] = (7, 9)
) -> tuple[Tensor, Tensor]:
    """Return labels ``[N, 1, ...]`` that mostly agree; some classes are absent."""
    generator = torch.Generator().manual_seed(seed)
    shape = (samples, 1, *shape)
    target = torch.randint(0, classes, shape, generator=generator)
    other = torch.randint(0, classes, shape, generator=generator)
    keep = torch.rand(shape, generator=generator) < 0.7
    target[0][target[0] == classes - 1] = 0  # absent from the target
    preds = torch.where(keep, target, other)
    preds[-1][preds[-1] == 1] = 0  # never predicted
    if samples > 1:
        target[1] = preds[1] = 0  # every other class is absent from both
    return preds, target


def assert_same(found: Any, wanted: Any, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Compare tensors, and lists, tuples and dicts of them: shape, dtype and values."""
    if isinstance(wanted, (list, tuple)):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_same(one, other, rtol, atol)
    elif isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key in wanted:
            assert_same(found[key], wanted[key], rtol, atol)
    elif isinstance(wanted, Tensor):
        torch.testing.assert_close(
            found,
            wanted.as_subclass(Tensor),
            rtol=rtol,
            atol=atol,
            equal_nan=True,
        )
        assert type(found) is Tensor
    else:
        assert found == wanted


def grid(function: Any, **values: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """Yield each choice of those options that a function of this MONAI has."""
    has = inspect.signature(function).parameters
    names = [name for name in values if name in has]
    for chosen in product(*(values[name] for name in names)):
        yield dict(zip(names, chosen, strict=True))
