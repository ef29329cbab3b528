"""The cases: three classes, one row a sample."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Case(NamedTuple):
    """Predictions ``[N, 4]``, targets ``[N, 4]`` and the ignored value."""

    preds: Tensor
    target: Tensor
    ignore_index: int | None
    meaning: str


def _case(
    preds: list[list[int]], target: list[list[int]], ignored: int | None, meaning: str
) -> Case:
    return Case(torch.tensor(preds), torch.tensor(target), ignored, meaning)


CASES = {
    "a": _case([[0, 1, 1, 1]], [[0, 0, 1, 1]], None, "class 2 is absent from both"),
    "b": _case(
        [[0, 1, 2, 1], [0, 2, 1, 1]],
        [[0, 1, 2, 2], [0, 0, 1, 1]],
        None,
        "class 2 is predicted where the second target has none",
    ),
    "d": _case(
        [[0, 1, 2, 1], [0, 1, 1, 1]],
        [[0, 1, 2, 2], [0, 0, 1, 1]],
        None,
        "class 2 is absent from the second sample",
    ),
    "c": _case([[0, 1, 2, 0]], [[255] * 4], 255, "everything is ignored"),
    "e": _case(
        [[0, 2, 1, 1]], [[0, 0, 1, 1]], None, "class 2 is predicted, never a target"
    ),
    "f": _case([[0, 1, 2, 0]], [[0, 1, 2, 1]], 0, "class 0 is ignored"),
}
