"""The formulas of scores: class counts in, numerator and denominator out.

A formula of classes takes counts ``[..., C]`` and returns two tensors of that shape.
A formula of the whole takes the same and returns ``[..., 1]``: one entry of all
classes. Nothing here knows about averages or undefined entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from torchtally.ops import ClassCounts

#: counts -> (numerator, denominator), int64 or float64
Formula: TypeAlias = Callable[[ClassCounts], tuple[Tensor, Tensor]]
#: confusion matrices [..., C, C] -> (numerator, denominator) [..., 1]
MatrixFormula: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]

WeightType: TypeAlias = Literal["square", "simple", "linear"]
EmptyWeight: TypeAlias = Literal["largest", "zero"]
KappaWeights: TypeAlias = Literal["none", "linear", "quadratic"]


def dice(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Dice coefficient 2 tp / (2 tp + fp + fn) (Dice, 1945); equal to F1."""
    return 2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn


def iou(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Intersection over union tp / (tp + fp + fn) (Jaccard, 1912)."""
    return counts.tp, counts.tp + counts.fp + counts.fn


def precision(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Positive predictive value tp / (tp + fp)."""
    return counts.tp, counts.tp + counts.fp


def recall(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Sensitivity tp / (tp + fn)."""
    return counts.tp, counts.tp + counts.fn


def specificity(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """True negative rate tn / (tn + fp)."""
    return counts.tn, counts.tn + counts.fp


def agreement(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Share of pixels on which a label is rightly set or not set."""
    right = counts.tp + counts.tn
    return right, right + counts.fp + counts.fn


def fbeta(beta: float) -> Formula:
    """F-beta (1 + b²) tp / ((1 + b²) tp + b² fn + fp) (van Rijsbergen, 1979)."""
    if math.isinf(beta):
        return recall

    def formula(counts: ClassCounts) -> tuple[Tensor, Tensor]:
        square = beta * beta
        hits = (1 + square) * counts.tp.double()
        return hits, hits + square * counts.fn.double() + counts.fp

    return formula


def tversky(alpha: float, beta: float) -> Formula:
    """Tversky index tp / (tp + a fp + b fn) (Tversky, 1977)."""

    def formula(counts: ClassCounts) -> tuple[Tensor, Tensor]:
        tp, fp, fn = counts.tp.double(), counts.fp.double(), counts.fn.double()
        return tp, tp + alpha * fp + beta * fn

    return formula


def generalized_dice(weight_type: WeightType, empty_weight: EmptyWeight) -> Formula:
    """Dice of all classes, each weighted by its inverse size (Crum et al., 2006)."""

    def formula(counts: ClassCounts) -> tuple[Tensor, Tensor]:
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


def _association(counts: ClassCounts) -> tuple[Tensor, ClassCounts]:
    """Return sum(tp tn - fp fn) in float64, and the counts in float64.

    With s pixels, c of them right, t and p of each class in target and prediction,
    this is c s - sum(t p), the numerator of the correlation and of kappa, without the
    difference of two large numbers that hides a miss among 10^8 hits.
    """
    exact = ClassCounts(*(count.double() for count in counts))
    tp, fp, fn, tn = exact
    return (tp * tn - fp * fn).sum(-1, True), exact


def matthews_corrcoef(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Correlation of target and prediction (Matthews, 1975; R_K, Gorodkin, 2004)."""
    numerator, (tp, fp, fn, tn) = _association(counts)
    of_preds = ((tp + fp) * (tn + fn)).sum(-1, True)
    of_target = ((tp + fn) * (tn + fp)).sum(-1, True)
    return numerator, of_preds.sqrt() * of_target.sqrt()


def cohen_kappa(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Agreement beyond chance, (p_o - p_e) / (1 - p_e) (Cohen, 1960)."""
    numerator, (tp, fp, _, tn) = _association(counts)
    return numerator, ((tp + fp) * (tn + fp)).sum(-1, True)


def weighted_kappa(weights: KappaWeights) -> MatrixFormula:
    """Kappa with disagreement weighted by distance (Cohen, 1968)."""

    def formula(matrix: Tensor) -> tuple[Tensor, Tensor]:
        seen = matrix.double()
        index = torch.arange(matrix.shape[-1], device=matrix.device)
        distance = (index.unsqueeze(1) - index).abs().double()
        if weights == "quadratic":
            distance = distance * distance
        target, preds = seen.sum(-1), seen.sum(-2)
        by_chance = ((target @ distance) * preds).sum(-1, True)
        observed = (distance * seen).sum((-2, -1)).unsqueeze(-1)
        return by_chance - observed * target.sum(-1, True), by_chance

    return formula
