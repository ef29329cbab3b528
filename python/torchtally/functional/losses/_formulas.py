"""The losses as functions of sums: a formula each, on float64 ``[N, C]``.

Written with A for the size of the prediction, B for that of the target and I for what
they share, so that A - I is what was predicted wrongly and B - I what was missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from torchtally._options import Activation, LossWeightType

if TYPE_CHECKING:
    from torchtally.ops.overlap_sums import OverlapSums

    from ._policy import LossPolicy, Overlap


def overlap_index(
    overlap: Overlap,
    alpha: float,
    beta: float,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return (I + nr) / max(I + alpha (A - I) + beta (B - I) + dr, eps), ``[N, E]``.

    Dice is alpha = beta = 1/2 with smoothing halved, Jaccard alpha = beta = 1. The
    index of 0 / 0 is 1.
    """
    intersection = overlap.intersection
    if alpha == beta:  # with Dice's 1/2, I cancels
        denominator = alpha * (overlap.prediction + overlap.target) + smooth_dr
        if alpha != 0.5:
            denominator = denominator + (1 - 2 * alpha) * intersection
    else:
        false_positives = overlap.prediction - intersection
        false_negatives = overlap.target - intersection
        denominator = intersection + alpha * false_positives + beta * false_negatives
        denominator = denominator + smooth_dr
    if eps > 0:
        denominator = denominator.clamp_min(eps)
    if eps > 0 or smooth_dr > 0:
        return (intersection + smooth_nr) / denominator
    empty = denominator == 0
    index = (intersection + smooth_nr) / denominator.masked_fill(empty, 1.0)
    return index.masked_fill(empty, 1.0)


def tversky(
    sums: OverlapSums,
    policy: LossPolicy,
    class_weights: Tensor | None,
    *,
    alpha: float,
    beta: float,
    squared_pred: bool = False,
    soft_label: bool = False,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return the loss of the Tversky index of each entry, reduced as policy says."""
    loss, overlap, weights = _entry_losses(
        sums,
        policy,
        class_weights,
        squared_pred,
        soft_label,
        (alpha, beta, smooth_nr, smooth_dr, eps),
    )
    return policy.reduce(loss, overlap, weights)


def dice(
    sums: OverlapSums,
    policy: LossPolicy,
    class_weights: Tensor | None,
    *,
    squared_pred: bool = False,
    jaccard: bool = False,
    soft_label: bool = False,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return the loss of (2 I + nr) / max(A + B + dr, eps) of each entry.

    With ``jaccard`` of (2 I + nr) / max(2 (A + B - I) + dr, eps).
    """
    side = 1.0 if jaccard else 0.5  # halving all is exact in floating point
    loss, overlap, weights = _entry_losses(
        sums,
        policy,
        class_weights,
        squared_pred,
        soft_label,
        (side, side, smooth_nr / 2, smooth_dr / 2, eps / 2),
    )
    return policy.reduce(loss, overlap, weights)


def jaccard(
    sums: OverlapSums,
    policy: LossPolicy,
    class_weights: Tensor | None,
    *,
    squared_pred: bool = False,
    soft_label: bool = False,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return the loss of (I + nr) / max(A + B - I + dr, eps) of each entry."""
    return tversky(
        sums,
        policy,
        class_weights,
        alpha=1.0,
        beta=1.0,
        squared_pred=squared_pred,
        soft_label=soft_label,
        smooth_nr=smooth_nr,
        smooth_dr=smooth_dr,
        eps=eps,
    )


def generalized_dice(
    sums: OverlapSums,
    policy: LossPolicy,
    _class_weights: Tensor | None,
    *,
    weight_type: LossWeightType = "square",
    soft_label: bool = False,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return 1 - (2 sum w I + nr) / max(sum w (A + B) + dr, eps), sums over classes.

    The weight of a class is 1 / B^2, 1 / B or 1. A class without target takes the
    greatest weight of its sample, and 0 where no class has a target.
    """
    overlap = policy.overlap(sums, soft_label=soft_label)
    size = overlap.target.detach()
    if weight_type == "uniform":
        weights = torch.ones_like(size)
    else:
        weights = 1 / (size * size if weight_type == "square" else size)
        infinite = weights.isinf()
        weights = weights.masked_fill(infinite, 0.0)
        weights = torch.where(infinite, weights.amax(-1, keepdim=True), weights)
    pooled = policy.pool_classes(overlap, weights)
    index = overlap_index(pooled, 0.5, 0.5, smooth_nr / 2, smooth_dr / 2, eps / 2)
    return policy.reduce(policy.losses(index, pooled), pooled, None)


def dice_ce(
    sums: OverlapSums,
    policy: LossPolicy,
    class_weights: Tensor | None,
    *,
    lambda_dice: float = 1.0,
    lambda_ce: float = 1.0,
    ce_weight: Tensor | None = None,
    activation: Activation = "softmax",
    soft_target: bool = False,
    squared_pred: bool = False,
    jaccard: bool = False,
    soft_label: bool = False,
    smooth_nr: float = 0.0,
    smooth_dr: float = 0.0,
    eps: float = 0.0,
) -> Tensor:
    """Return lambda_dice times the Dice loss plus lambda_ce times the cross-entropy.

    With ``reduction="none"`` both are means over each sample, ``[N]``.
    """
    side = 1.0 if jaccard else 0.5  # halving all is exact in floating point
    loss, overlap, weights = _entry_losses(
        sums,
        policy,
        class_weights,
        squared_pred,
        soft_label,
        (side, side, smooth_nr / 2, smooth_dr / 2, eps / 2),
    )
    if policy.reduction == "none":
        overlap_part, _ = policy.sample_means(loss, overlap, weights)
    else:
        overlap_part = policy.reduce(loss, overlap, weights)
    entropy = cross_entropy(
        sums, policy, ce_weight, activation=activation, soft_target=soft_target
    )
    if lambda_dice != 1.0:  # a launch each way, in most steps for nothing
        overlap_part = lambda_dice * overlap_part
    if lambda_ce != 1.0:
        entropy = lambda_ce * entropy
    return overlap_part + entropy


def cross_entropy(
    sums: OverlapSums,
    policy: LossPolicy,
    weight: Tensor | None,
    *,
    activation: Activation,
    soft_target: bool,
) -> Tensor:
    """Return the cross-entropy as PyTorch reduces it; 0 where nothing is counted.

    The mean is over pixels (weighted by the weight of their class, for labels under
    softmax), and over pixels and classes for sigmoid.
    """
    total, size = sums.cross_entropy, sums.count
    of_labels = None if activation == "sigmoid" or soft_target else weight
    if policy.reduction == "sum":
        return total.sum()
    if activation == "sigmoid":
        size = size * sums.target.shape[-1]
    elif of_labels is not None:
        size = (sums.target * of_labels.to(sums.target)).sum(-1)
    if policy.reduction == "mean":
        total, size = total.sum(), size.sum()
    if of_labels is None:  # the sum over no pixel is 0
        return total / size.clamp_min(1)
    empty = size == 0
    return (total / size.masked_fill(empty, 1.0)).masked_fill(empty, 0.0)


def _entry_losses(
    sums: OverlapSums,
    policy: LossPolicy,
    class_weights: Tensor | None,
    squared_pred: bool,
    soft_label: bool,
    index_options: tuple[float, float, float, float, float],
) -> tuple[Tensor, Overlap, Tensor | None]:
    """Return the loss of each entry, the overlaps, and the weights still to apply."""
    overlap = policy.overlap(sums, squared_pred=squared_pred, soft_label=soft_label)
    weights = None
    if class_weights is not None:
        weights = policy.scored_weights(class_weights, sums.target)
    if policy.average == "micro":
        overlap, weights = policy.pool_classes(overlap, weights), None
    index = overlap_index(overlap, *index_options)
    return policy.losses(index, overlap), overlap, weights
