"""The formulas of scores: class counts in, numerator and denominator out.

A formula of classes takes counts ``[..., C]`` and returns two tensors of that shape.
A formula of the whole takes the same and returns ``[..., 1]``: one entry of all
classes. Nothing here knows about averages or undefined entries.

Ratios of sums and products of counts are in :mod:`._definitions`. What is here, C++ has
a second time in ``csrc/include/torchtally/detail/formulas.h``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch
from torch import Tensor

from torchtally._options import EmptyWeight, KappaWeights, Task, WeightType

if TYPE_CHECKING:
    from torchtally.ops._counting import ClassCounts

#: Numerator and denominator, int64 or float64.
Ratio: TypeAlias = tuple[Tensor, Tensor]
#: From class counts to the ratio of each class, or of all.
Formula: TypeAlias = Callable[["ClassCounts"], Ratio]


class MatrixFormula(NamedTuple):
    """A formula of confusion matrices ``[..., C, C]``, for what counts do not say."""

    ratio: Callable[[Tensor], Ratio]


def dice(counts: ClassCounts) -> Ratio:
    """Dice coefficient (Dice, 1945); equal to F1."""
    return 2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn


def _double(counts: ClassCounts) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    tp, fp, fn, tn = counts
    return tp.double(), fp.double(), fn.double(), tn.double()


def recall(counts: ClassCounts) -> Ratio:
    """Sensitivity."""
    return counts.tp, counts.tp + counts.fn


def accuracy(task: Task) -> Formula:
    """Recall of a class; of a label, how often it is rightly set or not set."""
    return _agreement if task == "multilabel" else recall


def _agreement(counts: ClassCounts) -> Ratio:
    right = counts.tp + counts.tn
    return right, right + counts.fp + counts.fn


def fbeta(_task: Task, beta: float) -> Formula:
    """F-beta (van Rijsbergen, 1979)."""
    if math.isinf(beta):
        return recall

    def formula(counts: ClassCounts) -> Ratio:
        square = beta * beta
        hits = (1 + square) * counts.tp.double()
        return hits, hits + square * counts.fn.double() + counts.fp

    return formula


def tversky(_task: Task, alpha: float, beta: float) -> Formula:
    """Tversky index (Tversky, 1977)."""

    def formula(counts: ClassCounts) -> Ratio:
        tp, fp, fn, _ = _double(counts)
        return tp, tp + alpha * fp + beta * fn

    return formula


def generalized_dice(
    _task: Task, weight_type: WeightType, empty_weight: EmptyWeight
) -> Formula:
    """Dice of all classes, each weighted by its inverse size (Crum et al., 2006)."""

    def formula(counts: ClassCounts) -> Ratio:
        target = (counts.tp + counts.fn).double()
        if weight_type == "linear":
            weight = torch.ones_like(target)
        else:
            empty = target == 0
            weight = 1 / (target * target if weight_type == "square" else target)
            weight = weight.masked_fill(empty, 0.0)
            # Where every class is ignored, none has a weight.
            if empty_weight == "largest" and target.shape[-1] > 0:
                largest = weight.amax(-1, keepdim=True)
                # Without a target at all, every class weighs the same.
                largest = largest.masked_fill(largest == 0, 1.0)
                weight = torch.where(empty, largest, weight)
        hits, sizes = dice(counts)
        return (weight * hits).sum(-1, True), (weight * sizes).sum(-1, True)

    return formula


def _association(tp: Tensor, fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    """Return sum(tp tn - fp fn) of float64 counts.

    With s pixels, c of them right, t and p of each class in target and prediction,
    this is c s - sum(t p), the numerator of the correlation and of kappa, without the
    difference of two large numbers that hides a miss among 10^8 hits.
    """
    return (tp * tn - fp * fn).sum(-1, True)


def matthews_corrcoef(counts: ClassCounts) -> Ratio:
    """Correlation of target and prediction (Matthews, 1975; R_K, Gorodkin, 2004)."""
    tp, fp, fn, tn = _double(counts)
    of_preds = ((tp + fp) * (tn + fn)).sum(-1, True)
    of_target = ((tp + fn) * (tn + fp)).sum(-1, True)
    return _association(tp, fp, fn, tn), of_preds.sqrt() * of_target.sqrt()


def exact_match(counts: ClassCounts) -> Ratio:
    """1 where no pixel of a sample is wrong; undefined where none counts."""
    errors = (counts.fp + counts.fn).sum(-1, True)
    pixels = (counts.tp + counts.fn).sum(-1, True)
    return (errors == 0).long(), (pixels > 0).long()


def cohen_kappa(task: Task, weights: KappaWeights) -> Formula | MatrixFormula:
    """Agreement beyond chance (Cohen, 1960), or weighted by distance (1968)."""
    # Two classes have one distance, so that weights change nothing.
    if weights == "none" or task == "multilabel":
        return _unweighted_kappa

    def formula(matrix: Tensor) -> Ratio:
        seen = matrix.double()
        index = torch.arange(matrix.shape[-1], device=matrix.device)
        distance = (index.unsqueeze(1) - index).abs().double()
        if weights == "quadratic":
            distance = distance * distance
        target, preds = seen.sum(-1), seen.sum(-2)
        by_chance = ((target @ distance) * preds).sum(-1, True)
        observed = (distance * seen).sum((-2, -1)).unsqueeze(-1)
        return by_chance - observed * target.sum(-1, True), by_chance

    return MatrixFormula(formula)


def _unweighted_kappa(counts: ClassCounts) -> Ratio:
    tp, fp, fn, tn = _double(counts)
    return _association(tp, fp, fn, tn), ((tp + fp) * (tn + fp)).sum(-1, True)
