"""Scores as metric objects: class counts as state, ``functional`` for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

import torch
from torch import Tensor

from torchtally.functional import _policy as policy
from torchtally.functional import scores
from torchtally.ops import ClassCounts
from torchtally.ops._arguments import IgnoreIndex, OutOfRange, Task

from ._base import CountingMetric


class ScoreMetric(CountingMetric):
    """A score of class counts accumulated over batches, in O(C) memory.

    The arguments are those of the function of the same name, such as
    :func:`torchtally.dice_score`. With an ``aggregation`` other than ``"global"`` the
    int64 counts of every sample are kept, so that the result does not depend on how
    samples were batched.
    """

    _op = torch.ops.torchtally.class_counts.default
    _op_in_place = torch.ops.torchtally.class_counts_.default
    _formula: ClassVar[staticmethod[[ClassCounts], tuple[Tensor, Tensor]]]

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        task: Task = "multiclass",
        threshold: float = 0.5,
        ignore_index: IgnoreIndex = None,
        out_of_range: OutOfRange = "error",
        average: policy.Average | None = None,
        zero_division: policy.ZeroDivision = "skip",
        undefined_when: policy.UndefinedWhen = "zero_denominator",
        aggregation: policy.Aggregation = "global",
        sample_mean: policy.SampleMean = "classes_first",
        classes: Sequence[int] | None = None,
        include_background: bool = True,
        class_weights: Sequence[float] | Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if average is None:
            average = "binary" if task == "binary" else "macro"
        chosen = policy.ScorePolicy.checked(
            type(self).__name__,
            task,
            average=average,
            zero_division=zero_division,
            undefined_when=undefined_when,
            aggregation=aggregation,
            sample_mean=sample_mean,
            classes=classes,
            include_background=include_background,
            class_weights=class_weights,
            ignore_index=ignore_index,
            other=out_of_range == "miss",
            return_valid=False,
            dtype=dtype,
        )
        super().__init__(
            num_classes,
            task=task,
            threshold=threshold,
            ignore_index=ignore_index,
            out_of_range=out_of_range,
            per_sample=chosen.aggregation != "global",
        )
        self._policy = chosen

    def _shape(self) -> tuple[int, int]:
        return (3, self._options.output_classes)

    def _value_of(self, counts: Tensor) -> Tensor:
        class_counts = ClassCounts.from_op(counts, self._options.task)
        return cast(Tensor, self._policy.score(self._formula, class_counts))


class DiceScore(ScoreMetric):
    """Dice coefficient, 2 tp / (2 tp + fp + fn).

    Example:
        >>> metric = DiceScore(num_classes=2, average="none")
        >>> metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        >>> metric.compute()
        tensor([0.6667, 0.6667])
    """

    _formula = staticmethod(scores.dice)


class IoUScore(ScoreMetric):
    """Intersection over union (Jaccard index), tp / (tp + fp + fn).

    Example:
        >>> metric = IoUScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        tensor(0.5000)
    """

    _formula = staticmethod(scores.iou)


class F1Score(ScoreMetric):
    """F1, 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall.

    Example:
        >>> metric = F1Score(task="binary")
        >>> metric(torch.tensor([0.9, 0.8, 0.2]), torch.tensor([1, 0, 0]))
        tensor(0.6667)
    """

    _formula = staticmethod(scores.dice)
