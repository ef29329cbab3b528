"""Random labels for the comparisons with peers, and how numbers are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor

LabelPairs = tuple[Tensor, Tensor, int]


@st.composite
def label_pairs(draw: st.DrawFn, min_classes: int = 2) -> LabelPairs:
    """Batches of labels in which classes are often absent."""
    classes = draw(st.integers(min_classes, 6))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 12)))
    used = draw(st.lists(st.integers(0, classes - 1), min_size=1, unique=True))
    size = shape[0] * shape[1]
    label = st.sampled_from(used)
    preds, target = (
        torch.tensor(draw(st.lists(label, min_size=size, max_size=size))).view(shape)
        for _ in range(2)
    )
    if draw(st.booleans()):
        some = st.lists(
            st.integers(0, classes - 1), min_size=shape[1], max_size=shape[1]
        )
        target[0] = torch.tensor(draw(some))
    return preds, target, classes


def assert_equal(found: Tensor, wanted: Any, tolerance: float = 1e-6) -> None:
    torch.testing.assert_close(
        found.double(),
        torch.as_tensor(np.asarray(wanted), dtype=torch.float64).reshape(found.shape),
        rtol=tolerance,
        atol=tolerance,
        equal_nan=True,
    )


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Return ``[N, C, pixels, 1]``, as MONAI takes it."""
    hot = torch.nn.functional.one_hot(labels.long(), classes).movedim(-1, 1)
    return hot.unsqueeze(-1)


def ignored_at_random(target: Tensor, seed: int, value: int = 255) -> Tensor:
    """Return target with a fifth of its pixels ignored, never all of a sample."""
    drawn = torch.rand(target.shape, generator=torch.Generator().manual_seed(seed))
    drawn[:, 0] = 1
    return target.masked_fill(drawn < 0.2, value)
