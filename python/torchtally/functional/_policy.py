"""How the ratios of classes and samples become a score.

A score is a ratio of counts for each (sample, class). What remains is policy: which
of these entries are undefined and what they are worth, over which of them to
average, and in which order. Everything here works on ``[..., C]`` tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

import torch
from torch import Tensor

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import IgnoreIndex, Task, check_choice, ignore_values

Average: TypeAlias = Literal["macro", "micro", "weighted", "none", "binary", "samples"]
UndefinedWhen: TypeAlias = Literal["zero_denominator", "empty_target", "both_empty"]
Aggregation: TypeAlias = Literal["global", "samplewise", "none"]
SampleMean: TypeAlias = Literal["classes_first", "samples_first", "joint"]
ZeroDivision: TypeAlias = Literal["skip", "nan"] | float

_CHOICES: dict[str, tuple[str, ...]] = {
    "average": get_args(Average),
    "undefined_when": get_args(UndefinedWhen),
    "aggregation": get_args(Aggregation),
    "sample_mean": get_args(SampleMean),
}

#: counts -> (numerator, denominator), both int64 or float64 of the counts' shape
Formula: TypeAlias = Callable[[ClassCounts], tuple[Tensor, Tensor]]


class Scored(NamedTuple):
    """A score, and the number of entries that entered its last average (int64)."""

    score: Tensor
    valid: Tensor


@dataclass(frozen=True)
class ScorePolicy:
    """Everything between counts and a score, checked once.

    The attributes are the options documented in
    :data:`torchtally.functional.scores.POLICY_ARGS`.
    """

    op: str
    average: Average
    zero_division: ZeroDivision
    undefined_when: UndefinedWhen
    aggregation: Aggregation
    sample_mean: SampleMean
    classes: tuple[int, ...] | None
    include_background: bool
    class_weights: tuple[float, ...] | None
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
        sample_mean: SampleMean,
        classes: Sequence[int] | None,
        include_background: bool,
        class_weights: Sequence[float] | Tensor | None,
        ignore_index: IgnoreIndex,
        other: bool,
        return_valid: bool,
        dtype: torch.dtype,
    ) -> ScorePolicy:
        """Return the policy, or raise TypeError or ValueError."""
        check_choice(op, "average", average, _CHOICES["average"])
        check_choice(op, "undefined_when", undefined_when, _CHOICES["undefined_when"])
        check_choice(op, "aggregation", aggregation, _CHOICES["aggregation"])
        check_choice(op, "sample_mean", sample_mean, _CHOICES["sample_mean"])
        if average == "samples":
            if task != "multilabel" or aggregation == "none":
                raise ValueError(
                    f"{op}: average='samples' is the mean over samples of a multilabel "
                    f"task, got task={task!r}, aggregation={aggregation!r}"
                )
            average, aggregation = "micro", "samplewise"
        if average == "binary" and (classes is not None or not include_background):
            raise ValueError(
                f"{op}: average='binary' scores class 1 alone, so classes and "
                "include_background do not apply"
            )
        if dtype not in (torch.float32, torch.float64):
            raise ValueError(
                f"{op}: dtype must be torch.float32 or torch.float64, got {dtype}"
            )
        ignored = tuple(ignore_values(op, ignore_index))
        return cls(
            op=op,
            average=average,
            zero_division=_zero_division(op, zero_division),
            undefined_when=undefined_when,
            aggregation=aggregation,
            sample_mean=sample_mean,
            classes=_class_indices(op, classes),
            include_background=include_background,
            class_weights=_class_weights(op, class_weights, average),
            # A target value names a class only where targets are classes.
            ignore_index=() if task == "multilabel" else ignored,
            other=other and task != "multilabel",
            return_valid=return_valid,
            dtype=dtype,
        )

    def score(self, formula: Formula, counts: ClassCounts) -> Tensor | Scored:
        """Reduce counts ``[C]`` or ``[N, C]`` to a score."""
        counts = self._aggregated(counts)
        value, valid, weight = self._entries(formula, counts)
        if value.dim() == 1 or self.aggregation == "none":
            if self.average != "none":
                value, valid = self._mean(value, valid, weight, -1)
        elif self.average == "none" or self.sample_mean == "samples_first":
            value, valid = self._mean(value, valid, None, 0)
            if self.average != "none":
                value, valid = self._mean(value, valid > 0, weight, -1)
        elif self.sample_mean == "joint":
            weight = None if weight is None else weight.expand(value.shape).flatten()
            value, valid = self._mean(value.flatten(), valid.flatten(), weight, 0)
        else:
            value, valid = self._mean(value, valid, weight, -1)
            value, valid = self._mean(value, valid > 0, None, 0)
        score = value.to(self.dtype)
        return Scored(score, valid.to(torch.int64)) if self.return_valid else score

    def _aggregated(self, counts: ClassCounts) -> ClassCounts:
        dims = counts.tp.dim()
        if dims not in (1, 2):
            raise ValueError(
                f"{self.op}: class counts must be [C] or [N, C], "
                f"got shape {list(counts.tp.shape)}"
            )
        if self.aggregation == "global":
            return ClassCounts(*(t.sum(0) for t in counts)) if dims == 2 else counts
        if dims == 1:
            raise ValueError(
                f"{self.op}: aggregation={self.aggregation!r} needs counts with a "
                "sample dimension: matrices [N, C, C] or class counts [N, C]"
            )
        return counts

    def _entries(
        self, formula: Formula, counts: ClassCounts
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return (value, valid, weight) of what is averaged, ``[E]`` or ``[N, E]``.

        E are the scored classes in the order asked for, or one entry that pools them.
        A weight of None is 1 throughout.
        """
        scored = self._scored_classes(counts.tp.shape[-1] - self.other)
        kept = [c not in self.ignore_index for c in scored]
        if self.average == "micro":
            pooled = [c for c, keep in zip(scored, kept, strict=True) if keep]
            if self.other and self.classes is None:
                pooled.append(counts.tp.shape[-1] - 1)
            counts = ClassCounts(*(_take(t, pooled).sum(-1, True) for t in counts))
            kept = [True]
        else:
            counts = ClassCounts(*(_take(t, scored) for t in counts))
        value, valid = self._ratio(formula, counts)
        if not all(kept):
            keep = torch.tensor(kept, device=value.device)
            value, valid = value.masked_fill(~keep, math.nan), valid & keep
        if self.average == "weighted":
            support = counts.tp + counts.fn
            if self.aggregation == "samplewise" and self.sample_mean == "samples_first":
                support = support.sum(0)  # a class weighs what it does in all samples
            return value, valid, support.double()
        if self.class_weights is not None:
            weights = [self.class_weights[c] for c in scored]
            return value, valid, value.new_tensor(weights)
        return value, valid, None

    def _scored_classes(self, num_classes: int) -> list[int]:
        """Return the classes to score, in the order of the result."""
        if self.class_weights is not None and len(self.class_weights) != num_classes:
            raise ValueError(
                f"{self.op}: class_weights must have one weight for each of "
                f"{num_classes} classes, got {len(self.class_weights)}"
            )
        if self.average == "binary":
            if num_classes != 2:
                raise ValueError(
                    f"{self.op}: average='binary' needs 2 classes, got {num_classes}"
                )
            return [1]
        classes = range(num_classes) if self.classes is None else self.classes
        for index in classes:
            if not 0 <= index < num_classes:
                raise ValueError(
                    f"{self.op}: classes must lie in [0, {num_classes}), got {index}"
                )
        scored = [c for c in classes if c != 0 or self.include_background]
        if not scored:
            raise ValueError(
                f"{self.op}: classes without the background must leave a class to "
                f"score, got classes {list(classes)}"
            )
        return scored

    def _ratio(self, formula: Formula, counts: ClassCounts) -> tuple[Tensor, Tensor]:
        """Return the ratio of each entry in float64, and whether it takes part."""
        numerator, denominator = formula(counts)
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

    def _mean(
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


def _take(counts: Tensor, classes: list[int]) -> Tensor:
    """Select classes, as a view where they are consecutive."""
    if classes and classes == list(range(classes[0], classes[-1] + 1)):
        return counts[..., classes[0] : classes[-1] + 1]
    return counts[..., classes]


def _zero_division(op: str, value: object) -> ZeroDivision:
    if isinstance(value, str):
        check_choice(op, "zero_division", value, ("skip", "nan"))
        return value  # type: ignore[return-value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(
            f"{op}: zero_division must be 'skip', 'nan' or a number, "
            f"got {type(value).__name__}"
        )
    return "nan" if math.isnan(value) else float(value)


def _class_indices(op: str, classes: object) -> tuple[int, ...] | None:
    if classes is None:
        return None
    if isinstance(classes, str) or not isinstance(classes, Sequence):
        raise TypeError(
            f"{op}: classes must be None or a sequence of int, "
            f"got {type(classes).__name__}"
        )
    for index in classes:
        if isinstance(index, bool) or not isinstance(index, int):
            raise TypeError(f"{op}: classes must hold int, got {type(index).__name__}")
    if len(set(classes)) != len(classes) or not classes:
        raise ValueError(
            f"{op}: classes must name at least one class, each once, "
            f"got {list(classes)}"
        )
    return tuple(classes)


def _class_weights(
    op: str, weights: object, average: Average
) -> tuple[float, ...] | None:
    if weights is None:
        return None
    if average != "macro":
        raise ValueError(
            f"{op}: class_weights weigh the classes of average='macro', "
            f"got average={average!r}"
        )
    if isinstance(weights, Tensor):
        weights = weights.tolist()
    if isinstance(weights, str) or not isinstance(weights, Sequence):
        raise TypeError(
            f"{op}: class_weights must be a sequence of float or a 1-D tensor, "
            f"got {type(weights).__name__}"
        )
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise TypeError(
                f"{op}: class_weights must hold float, got {type(weight).__name__}"
            )
    values = tuple(map(float, weights))
    if not all(math.isfinite(v) and v >= 0 for v in values) or not any(values):
        raise ValueError(
            f"{op}: class_weights must be finite, not negative and not all zero, "
            f"got {list(values)}"
        )
    return values
