"""How the ratios of classes and samples become a score.

A score is a ratio of counts for each (sample, class). What remains is policy: which
of these entries are undefined and what they are worth, over which of them to
average, and in which order. Everything here works on ``[..., C]`` tensors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from torchtally._options import (
    CHOICES,
    Aggregation,
    Average,
    Classes,
    ClassWeights,
    Regions,
    SampleMean,
    Task,
    UndefinedWhen,
    ZeroDivision,
)
from torchtally.ops._arguments import check_choice
from torchtally.ops._counting import ClassCounts

from . import _checks
from ._definitions import Sees
from ._formulas import Formula, MatrixFormula


class Scored(NamedTuple):
    """A score, and how many entries entered its last average.

    What functions return with ``return_valid=True``.

    Attributes:
        score: what they return without it.
        valid: int64, of score's shape.

    Example:
        >>> import torchtally as tt
        >>> preds, target = torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0])
        >>> tt.dice_score(preds, target, 3, return_valid=True)  # no pixel of class 2
        Scored(score=tensor(0.6667), valid=tensor(2))
    """

    score: Tensor
    valid: Tensor


@dataclass(frozen=True)
class ScorePolicy:
    """Everything between counts and a score, checked once.

    The attributes are the options of every score function; ``present`` is
    ``classes="present"``. Counts are ``[C]``, ``[N, C]`` or ``[..., N, C]``.
    """

    op: str
    average: Average
    zero_division: ZeroDivision
    undefined_when: UndefinedWhen
    aggregation: Aggregation
    sample_mean: SampleMean
    classes: tuple[int, ...] | None
    present: bool
    include_background: bool
    class_weights: tuple[float, ...] | None
    regions: tuple[tuple[int, ...], ...] | None
    ignore_index: tuple[int, ...]
    other: bool
    return_valid: bool
    dtype: torch.dtype

    @classmethod
    def checked(
        cls,
        op: str,
        task: Task,
        *,
        average: Average,
        zero_division: ZeroDivision,
        undefined_when: UndefinedWhen,
        aggregation: Aggregation,
        ignore_index: tuple[int, ...],
        other: bool,
        sample_mean: SampleMean = "classes_first",
        classes: Classes = None,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        regions: Regions = None,
        return_valid: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> ScorePolicy:
        """Return the policy, or raise TypeError or ValueError."""
        for name, value, allowed in (
            ("average", average, CHOICES["Average"]),
            ("undefined_when", undefined_when, CHOICES["UndefinedWhen"]),
            ("aggregation", aggregation, CHOICES["Aggregation"]),
            ("sample_mean", sample_mean, CHOICES["SampleMean"]),
        ):
            if not isinstance(value, str) or value not in allowed:
                check_choice(op, name, value, allowed)
        if average == "samples":
            if task != "multilabel" or aggregation == "none":
                raise ValueError(
                    f"{op}: average='samples' is the mean over samples of a multilabel "
                    f"task, got task={task!r}, aggregation={aggregation!r}"
                )
            average, aggregation = "micro", "samplewise"
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(
                f"{op}: dtype must be torch.float32 or torch.float64, got {dtype}"
            )
        if type(include_background) is not bool:
            include_background = _checks.flag(
                op, "include_background", include_background
            )
        if type(return_valid) is not bool:
            return_valid = _checks.flag(op, "return_valid", return_valid)
        if type(zero_division) is not str or zero_division not in ("skip", "nan"):
            zero_division = _checks.zero_division(op, zero_division)
        chosen = classes is not None or not include_background
        if average == "binary" and (chosen or regions is not None):
            raise ValueError(
                f"{op}: average='binary' scores class 1 alone, so classes, "
                "include_background and regions do not apply"
            )
        # A target value names a class only where targets are classes.
        ignored = () if task == "multilabel" else ignore_index
        unions = None
        if regions is not None:
            if chosen or task != "multiclass":
                raise ValueError(
                    f"{op}: regions stand in for the classes of a multiclass task, so "
                    "classes and include_background do not apply, got "
                    f"task={task!r}, classes={classes!r}, "
                    f"include_background={include_background!r}"
                )
            unions = _checks.regions(op, regions, ignored)
            ignored = ()
        present = isinstance(classes, str) and classes == "present"
        indices = None
        if classes is not None and not present:
            indices = _checks.class_indices(op, classes, present=True)
        weights = None
        if class_weights is not None:
            weights = _checks.class_weights(op, class_weights, average)
        return cls(
            op=op,
            average=average,
            zero_division=zero_division,
            undefined_when=undefined_when,
            aggregation=aggregation,
            sample_mean=sample_mean,
            classes=indices,
            present=present,
            include_background=include_background,
            class_weights=weights,
            regions=unions,
            ignore_index=ignored,
            other=other and task != "multilabel",
            return_valid=return_valid,
            dtype=dtype,
        )

    def score(
        self, sees: Sees, formula: Formula, counts: ClassCounts
    ) -> Tensor | Scored:
        """Reduce counts ``[C]`` or ``[..., N, C]`` to the score of a formula."""
        dims = counts.tp.dim()
        if dims == 0:
            raise ValueError(
                f"{self.op}: class counts must be [C] or [N, C], "
                f"got shape {list(counts.tp.shape)}"
            )
        if self.aggregation != "global":
            self._check_samples(dims)
        elif dims > 1:
            counts = ClassCounts(*(t.sum(-2) for t in counts))
        if sees != "class":
            return self._of_the_whole(sees, formula, counts)
        value, valid, weight = self._entries(formula, counts)
        if self.aggregation != "samplewise":
            if self.average != "none":
                value, valid = self.mean(value, valid, weight, -1)
        elif self.average == "none" or self.sample_mean == "samples_first":
            value, valid = self.mean(value, valid, None, -2)
            if self.average != "none":
                value, valid = self.mean(value, valid > 0, weight, -1)
        elif self.sample_mean == "joint":
            if weight is not None:
                weight = weight.expand(value.shape).flatten(-2)
            value, valid = self.mean(value.flatten(-2), valid.flatten(-2), weight, -1)
        else:
            value, valid = self.mean(value, valid, weight, -1)
            value, valid = self.mean(value, valid > 0, None, -1)
        return self._result(value, valid)

    def _of_the_whole(
        self, sees: Sees, formula: Formula, counts: ClassCounts
    ) -> Tensor | Scored:
        """Score many classes with one formula.

        It sees the classes that are scored, or every class, among them "other" and an
        ignored class, which may be predicted.
        """
        if sees == "scored":
            scored = self.scored_classes(self._number_of_classes(counts))
            kept = [c for c in scored if c not in self.ignore_index]
            counts = _take(counts, kept)
        value, valid = self._ratio(*formula(counts), _pooled(counts))
        return self._of_samples(value, valid)

    def score_matrix(self, formula: MatrixFormula, matrix: Tensor) -> Tensor | Scored:
        """Reduce matrices ``[C, C]`` or ``[..., N, C, C]`` with a formula of them."""
        self._check_samples(matrix.dim() - 1)
        if self.aggregation == "global" and matrix.dim() > 2:
            matrix = matrix.sum(-3)
        counts = ClassCounts.from_matrix(matrix)
        value, valid = self._ratio(*formula.ratio(matrix), _pooled(counts))
        return self._of_samples(value, valid)

    def region_counts(self, matrix: Tensor) -> ClassCounts:
        """Count each of ``regions`` as one class against everything else.

        Args:
            matrix: int64 ``[..., K, K]``, rows target; "other" is outside of every
                region.

        Returns:
            Counts ``[..., R]``, which stand in for those of classes.

        Raises:
            ValueError: for a class out of range.
        """
        assert self.regions is not None
        _checks.regions_fit(self.op, self.regions, matrix.shape[-1] - self.other)
        total = matrix.sum((-2, -1))
        each = []
        for region in map(list, self.regions):
            target, preds = matrix[..., region, :], matrix[..., region]
            tp = target[..., region].sum((-2, -1))
            fn, fp = target.sum((-2, -1)) - tp, preds.sum((-2, -1)) - tp
            each.append(ClassCounts(tp, fp, fn, total - tp - fp - fn))
        return ClassCounts(*(torch.stack(t, -1) for t in zip(*each, strict=True)))

    def check_classes(self, num_classes: int) -> None:
        """Raise ValueError where the options do not fit so many classes."""
        if self.regions is not None:
            _checks.regions_fit(self.op, self.regions, num_classes)
            num_classes = len(self.regions)
        self.scored_classes(num_classes)

    def scored_classes(self, num_classes: int) -> list[int]:
        """Return the classes to score, in the order of the result."""
        if self.class_weights is not None and len(self.class_weights) != num_classes:
            what = "classes" if self.regions is None else "regions"
            raise ValueError(
                f"{self.op}: class_weights must have one weight for each of "
                f"{num_classes} {what}, got {len(self.class_weights)}"
            )
        if self.average == "binary":
            if num_classes != 2:
                raise ValueError(
                    f"{self.op}: average='binary' needs 2 classes, got {num_classes}"
                )
            return [1]
        if self.classes is None and self.include_background:
            return list(range(num_classes))
        return _checks.scored_classes(
            self.op, self.classes, self.include_background, num_classes
        )

    def _of_samples(self, value: Tensor, valid: Tensor) -> Tensor | Scored:
        """Finish one entry for each sample, ``[..., 1]``."""
        value, valid = self.mean(value, valid, None, -1)
        if self.aggregation == "samplewise":
            value, valid = self.mean(value, valid > 0, None, -1)
        return self._result(value, valid)

    def _result(self, value: Tensor, valid: Tensor) -> Tensor | Scored:
        score = value.to(self.dtype)
        return Scored(score, valid.to(torch.int64)) if self.return_valid else score

    def _check_samples(self, dims: int) -> None:
        """Refuse counts without the sample dimension that the aggregation needs."""
        if dims == 1 and self.aggregation != "global":
            raise ValueError(
                f"{self.op}: aggregation={self.aggregation!r} needs counts with a "
                "sample dimension: matrices [N, C, C] or class counts [N, C]"
            )

    def _entries(
        self, formula: Formula, counts: ClassCounts
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return (value, valid, weight) of what is averaged, ``[..., E]``.

        E are the scored classes in the order asked for, or one entry that pools them.
        A weight of None is 1 throughout.
        """
        scored = self.scored_classes(self._number_of_classes(counts))
        if self.average == "micro":
            pooled = [c for c in scored if c not in self.ignore_index]
            if self.other and self.classes is None and self.regions is None:
                pooled.append(counts.tp.shape[-1] - 1)
            counts = _pooled(_take(counts, pooled))
        else:
            counts = _take(counts, scored)
        value, valid = self._ratio(*formula(counts), counts)
        if self.average != "micro" and not set(scored).isdisjoint(self.ignore_index):
            kept = [c not in self.ignore_index for c in scored]
            keep = torch.tensor(kept, device=value.device)
            value, valid = value.masked_fill(~keep, math.nan), valid & keep
        if self.present and self.average != "micro":
            keep = counts.tp + counts.fp + counts.fn > 0
            value, valid = value.masked_fill(~keep, math.nan), valid & keep
        if self.average == "weighted":
            support = counts.tp + counts.fn
            if self.aggregation == "samplewise" and self.sample_mean == "samples_first":
                support = support.sum(-2)  # a class weighs what it does in all samples
            return value, valid, support.double()
        if self.class_weights is not None:
            weights = [self.class_weights[c] for c in scored]
            return value, valid, value.new_tensor(weights)
        return value, valid, None

    def _number_of_classes(self, counts: ClassCounts) -> int:
        """Return how many classes, or regions, the counts are of, less "other"."""
        return counts.tp.shape[-1] - (self.other and self.regions is None)

    def _ratio(
        self, numerator: Tensor, denominator: Tensor, counts: ClassCounts
    ) -> tuple[Tensor, Tensor]:
        """Return the ratio of each entry in float64, and whether it takes part."""
        undefined = denominator == 0
        if self.undefined_when == "empty_target":
            undefined = undefined | (counts.tp + counts.fn == 0)
        elif self.undefined_when == "both_empty":
            undefined = undefined | (counts.tp + counts.fp + counts.fn == 0)
        value = numerator.double() / denominator.double()
        worth = math.nan if isinstance(self.zero_division, str) else self.zero_division
        value = value.masked_fill(undefined, worth)
        skipped = undefined if self.zero_division == "skip" else undefined.new_zeros(())
        return value, (~skipped).expand(value.shape)

    def mean(
        self, value: Tensor, valid: Tensor, weight: Tensor | None, dim: int
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted mean of the valid entries and how many there are.

        The mean of no entry is NaN. Entries that all weigh nothing (no support) make
        an undefined mean: worth zero_division, or left out by the mean that follows.
        """
        weight = torch.ones_like(value) if weight is None else weight.expand_as(value)
        weight = weight.masked_fill(~valid, 0.0)
        total = weight.sum(dim)
        mean = (value.masked_fill(~valid, 0.0) * weight).sum(dim) / total
        entered = valid.sum(dim)
        if self.zero_division == "skip":
            entered = entered.masked_fill(total == 0, 0)
        elif self.zero_division != "nan":
            mean = mean.masked_fill((total == 0) & (entered > 0), self.zero_division)
        return mean, entered


def _take(counts: ClassCounts, classes: list[int]) -> ClassCounts:
    """Select classes, as views where they are consecutive."""
    if classes and classes == list(range(classes[0], classes[-1] + 1)):
        first, end = classes[0], classes[-1] + 1
        if first == 0 and end == counts.tp.shape[-1]:
            return counts
        return ClassCounts(*(t[..., first:end] for t in counts))
    return ClassCounts(*(t[..., classes] for t in counts))


def _pooled(counts: ClassCounts) -> ClassCounts:
    """Add the counts of all classes up, ``[..., 1]``."""
    return ClassCounts(*(t.sum(-1, True) for t in counts))
