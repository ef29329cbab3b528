"""The mean over samples as integer sums, which no order of adding can change.

A sum of floats depends on the order of its terms, and so on the batches and ranks that
the samples came in. Here each value becomes two integers, ``high + low / 2**31`` of a
fixed unit, and integers are added. What rounding loses is below ``2**-62`` of the
largest value of the score, less than a single addition in float64 may lose.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from torchtally.functional._policy import Scored
from torchtally.functional._scoring import BoundScore
from torchtally.ops._counting import ClassCounts

#: Columns of the sums: high and low part of the values, how many values there are, how
#: many of them are not finite, and what they weigh in pixels.
COLUMNS = 5

_LOW = 2.0**31  # low parts in a unit
_UNITS = 31  # log2 of the units in the largest value: room for 2**32 samples
_UNITS_OF_PIXELS = 20  # the same for values weighed by pixels: room for 2**43 of them


class StreamedMean:
    """The mean over samples of one score, kept as int64 ``[E, 5]``.

    E is the number of means over samples: one where each sample has one score, one for
    each class where the mean over classes comes last or is not taken.
    """

    def __init__(self, score: BoundScore, no_samples: Tensor, *, matrix: bool) -> None:
        """Prepare the sums of a score with ``aggregation="samplewise"``.

        Args:
            score: the score.
            no_samples: counts of no sample, ``[0, ...]``.
            matrix: whether counts are confusion matrices.
        """
        policy = score.policy
        self._policy = policy
        self._matrix = matrix
        self._classes_last = (
            policy.average in ("macro", "weighted")
            and policy.sample_mean != "classes_first"
        )
        self._weighted = self._classes_last and policy.average == "weighted"
        self._joint = self._classes_last and policy.sample_mean == "joint"
        self._each = _with_policy(
            score,
            average="none" if self._classes_last else policy.average,
            aggregation="none",
            return_valid=True,
            dtype=torch.float64,
        )
        defined = _with_policy(self._each, undefined_when="zero_denominator")
        self._support = replace(defined, sees="class", formula=_support)
        units = _UNITS_OF_PIXELS if self._weighted and self._joint else _UNITS
        self._unit = math.ldexp(1.0, _largest_exponent(policy.zero_division) - units)
        value, _ = _scored(self._each, no_samples, matrix)
        self._is_scalar = value.dim() == 1
        self.entries = 1 if self._is_scalar else value.shape[1]

    def of_samples(self, counts: Tensor) -> Tensor:
        """Return the sums ``[E, 5]`` of samples whose counts are ``[N, ...]``."""
        value, valid = (self._columns(t) for t in self._of_each(self._each, counts))
        valid = valid > 0
        finite = value.isfinite()
        value = value.masked_fill(~(valid & finite), 0.0)
        weight = torch.zeros_like(value, dtype=torch.int64)
        if self._weighted:
            support, _ = self._of_each(self._support, counts)
            weight = self._columns(support).nan_to_num(0.0).to(torch.int64)
            if self._joint:
                weight = weight.masked_fill(~valid, 0)
                value = value * weight
        scaled = value / self._unit  # a power of two: exact
        high = scaled.round()
        low = ((scaled - high) * _LOW).round()
        columns = (high, low, valid, valid & ~finite, weight)
        return torch.stack([column.to(torch.int64).sum(0) for column in columns], -1)

    def value(self, sums: Tensor) -> Tensor:
        """Return the score of sums ``[E, 5]``: a scalar, or ``[E]``."""
        high, low, number, infinite, weight = sums.double().unbind(-1)
        total = (high + low / _LOW) * self._unit
        worth = self._policy.zero_division
        undefined = math.nan if isinstance(worth, str) else worth
        mean = total / (weight if self._weighted and self._joint else number)
        mean = mean.masked_fill(infinite > 0, undefined)
        if self._classes_last:
            if not self._weighted:
                weight = self._class_weights(mean)
                weight = weight * number if self._joint else weight
            # A class whose samples all weigh nothing has a mean of 0 / 0.
            mean = mean.masked_fill((weight == 0) & (infinite == 0), 0.0)
            mean, _ = self._policy.mean(mean, number > 0, weight, -1)
        elif self._is_scalar:
            mean = mean.squeeze(-1)
        return mean.to(self._policy.dtype)

    def _of_each(self, score: BoundScore, counts: Tensor) -> tuple[Tensor, Tensor]:
        return _scored(score, counts, self._matrix)

    def _columns(self, values: Tensor) -> Tensor:
        """View the values of samples, ``[N]`` or ``[N, E]``, as ``[N, E]``."""
        return values.unsqueeze(-1) if self._is_scalar else values

    def _class_weights(self, like: Tensor) -> Tensor:
        weights = self._policy.class_weights
        if weights is None:
            return torch.ones_like(like)
        scored = self._policy.scored_classes(len(weights))
        return like.new_tensor([weights[index] for index in scored])


def _with_policy(score: BoundScore, **changes: Any) -> BoundScore:
    return replace(score, policy=replace(score.policy, **changes))


def _scored(score: BoundScore, counts: Tensor, matrix: bool) -> tuple[Tensor, Tensor]:
    result = score.of_counted(counts, matrix=matrix)
    assert isinstance(result, Scored)
    return result.score, result.valid


def _support(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Pixels of each class in the target, as a ratio that is never undefined."""
    return counts.tp + counts.fn, torch.ones_like(counts.tp)


def _largest_exponent(zero_division: float | str) -> int:
    """Return the least e >= 0 for which no value of a score is beyond 2**e."""
    if isinstance(zero_division, str) or math.isinf(zero_division):
        return 0
    mantissa, exponent = math.frexp(max(abs(zero_division), 1.0))
    return exponent - (mantissa == 0.5)
