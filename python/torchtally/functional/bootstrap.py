"""Confidence intervals of scores, over the cases that were counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchtally._options import Array
from torchtally.ops._arguments import not_a_tensor, number, plain
from torchtally.ops._counting import ClassCounts

from . import _checks
from ._checks import integer, is_number
from ._scoring import checked_class_counts

_CELLS = 1 << 22  # int64 counts held at once: 32 MiB


class ConfidenceInterval(NamedTuple):
    """A score, and the bounds between which it lies with a confidence.

    Attributes:
        estimate: the score of the cases as they are.
        low: the lower bound, of estimate's shape.
        high: the upper bound.
        confidence: the share of resamples between the bounds.
        resamples: int64, how many resamples had a score that is not NaN.

    Example:
        >>> from torchtally.functional import dice_from_counts
        >>> matrices = torch.tensor([[[8, 1], [0, 3]], [[9, 0], [2, 1]]])
        >>> found = bootstrap_ci(matrices, dice_from_counts, resamples=200)
        >>> bool(found.low <= found.estimate <= found.high), found.resamples.item()
        (True, 200)
    """

    estimate: Tensor
    low: Tensor
    high: Tensor
    confidence: float
    resamples: Tensor


def bootstrap_ci(
    per_sample_counts: Array | ClassCounts,
    score: Callable[..., Tensor],
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    **options: Any,
) -> ConfidenceInterval:
    """Estimate a confidence interval of a score by resampling cases.

    Cases (samples) are drawn with replacement, as many as there are; the bounds are
    percentiles of the scores of such draws. Pixels of one case stay together, since
    they are not independent of each other.

    Args:
        per_sample_counts: confusion matrices ``[N, C, C]`` (``[N, L, 2, 2]`` for
            ``task="multilabel"``) or :class:`ClassCounts` ``[N, C]``, as
            ``per_sample=True`` counts. Never changed.
        score: a function of counts, such as ``tt.functional.dice_from_counts``; it is
            called with counts that have one more leading dimension, of draws, and
            keeps it.
        confidence: share of the draws between the bounds, inside (0, 1).
        resamples: number of draws.
        seed: of the draws. The same seed draws the same cases, whatever the score, so
            that two models can be compared draw by draw.
        options: of the score. ``aggregation`` is ``"global"`` (the draw's counts are
            added up) or ``"samplewise"`` (the mean of the draw's cases).

    Returns:
        ``ConfidenceInterval(estimate, low, high, confidence, resamples)`` of tensors
        of the shape that the score returns. A draw in which the score is NaN, because
        nothing in it is defined, is left out.

    Raises:
        TypeError: for an argument of the wrong kind.
        ValueError: for a wrong value, counts without samples, or
            ``aggregation="none"``.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Example:
        >>> from torchtally.functional import dice_from_counts
        >>> matrices = torch.tensor([[[8, 1], [0, 3]], [[9, 0], [2, 1]]])
        >>> found = bootstrap_ci(matrices, dice_from_counts, average="binary")
        >>> [round(value.item(), 4) for value in found[:3]]
        [0.7273, 0.5, 0.8571]
    """
    op = "bootstrap_ci"
    tensors = _checked_counts(per_sample_counts)
    resamples = integer(op, "resamples", resamples)
    seed = integer(op, "seed", seed)
    confidence = number(confidence)
    _check(tensors, confidence, resamples, options)

    def of(counts: list[Tensor]) -> Tensor:
        whole = ClassCounts(*counts) if len(counts) > 1 else counts[0]
        value = score(whole, **{"dtype": torch.float64, **options})
        return value if isinstance(value, Tensor) else value[0]

    cases = len(tensors[0])
    width = sum(tensor[0].numel() for tensor in tensors) * cases
    generator = torch.Generator("cpu").manual_seed(seed)
    drawn = []
    for start in range(0, resamples, step := max(1, _CELLS // max(1, width))):
        shape = (min(step, resamples - start), cases)
        index = torch.randint(cases, shape, generator=generator, device="cpu")
        index = index.to(tensors[0].device)
        drawn.append(of([tensor[index] for tensor in tensors]))
    values = torch.cat(drawn)
    tail = (1 - confidence) / 2
    levels = values.new_tensor([tail, 1 - tail])
    low, high = torch.nanquantile(values, levels, dim=0)
    dtype = options.get("dtype", torch.float32)
    return ConfidenceInterval(
        estimate=of(tensors).to(dtype),
        low=low.to(dtype),
        high=high.to(dtype),
        confidence=float(confidence),
        resamples=(~values.isnan()).sum(0),
    )


def _checked_counts(given: Any) -> list[Tensor]:
    """Return the counts as int64 or float64: a matrix, or those of classes."""
    op, name = "bootstrap_ci", "per_sample_counts"
    if isinstance(given, ClassCounts):
        given = ClassCounts(*map(plain, given))
        return [*checked_class_counts(op, name, given)]
    given = plain(given)
    if not isinstance(given, Tensor):
        raise not_a_tensor(op, name, given, " or ClassCounts")
    return _checks.counts(op, {name: given})


def _check(
    counts: list[Tensor],
    confidence: object,
    resamples: int,
    options: dict[str, Any],
) -> None:
    op = "bootstrap_ci"
    first, *others = counts
    least, shape = (2, "[N, C]") if others else (3, "[N, C, C]")
    if options.get("task") == "multilabel" and not others:
        least, shape = 4, "[N, L, 2, 2]"
    if first.dim() != least or len(first) == 0:
        raise ValueError(
            f"{op}: per_sample_counts must be {shape} with at least one sample, "
            f"got shape {list(first.shape)}"
        )
    if not is_number(confidence):
        raise TypeError(
            f"{op}: confidence must be a number, got {type(confidence).__name__}"
        )
    if not 0 < confidence < 1:  # type: ignore[operator]
        raise ValueError(f"{op}: confidence must lie in (0, 1), got {confidence}")
    if resamples < 1:
        raise ValueError(f"{op}: resamples must be at least 1, got {resamples}")
    if options.get("aggregation") == "none":
        raise ValueError(
            f"{op}: aggregation must be 'global' or 'samplewise', since a draw has one "
            "score, got 'none'"
        )
