"""How the overlaps of classes and samples become a loss.

A loss is a function of one ratio for each (sample, class). What remains is policy:
which classes, pooled over what, what an absent class does, and the reduction.
Everything here works on float64 ``[N, C]`` tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchtally._options import (
    Absent,
    Conventions,
    GammaOf,
    LossAverage,
    LossForm,
    LossReduction,
)
from torchtally.functional._checks import scored_classes
from torchtally.ops.overlap_sums import OverlapSums

from ._options import FOCUS, POLICY

#: The options that a policy holds; one that a loss does not take has its default.
_DEFAULTS = {
    name: option.default
    for name, option in {**POLICY, **FOCUS}.items()
    if name != "class_weights"
}


class Overlap(NamedTuple):
    """Sizes of predictions and targets and of what they share, float64 ``[N, E]``.

    N is 1 where samples are pooled, E the entries: classes, or 1 where they are.
    """

    intersection: Tensor
    prediction: Tensor
    target: Tensor
    present: Tensor | None  #: bool: a target pixel; None where it makes no difference
    empty: Tensor  #: bool scalar: no pixel of any sample is counted


@dataclass(frozen=True)
class LossPolicy:
    """Everything between sums and a loss beside the formula, checked once.

    The attributes are options of :mod:`torchtally.functional.losses._options`.
    """

    op: str
    classes: tuple[int, ...] | None
    include_background: bool
    conventions: Conventions
    batch: bool
    average: LossAverage
    absent: Absent
    normalize_weights: bool
    short_weights: bool
    form: LossForm
    log_eps: float
    reduction: LossReduction
    gamma: float
    gamma_of: GammaOf

    @classmethod
    def taken_from(cls, op: str, options: dict[str, Any]) -> LossPolicy:
        """Take the options of a policy, checked one by one, out of those of a loss.

        Raises:
            ValueError: for options that do not go together.
        """
        chosen = {n: options.pop(n, default) for n, default in _DEFAULTS.items()}
        if chosen["gamma"] == 0:
            raise ValueError(f"{op}: gamma must be greater than 0, got 0.0")
        if chosen["form"] == "negative" and chosen["gamma"] != 1:
            raise ValueError(
                f"{op}: gamma must be 1 with form='negative', whose losses are below "
                f"0, got {chosen['gamma']}"
            )
        mean_of_gamma = chosen["gamma_of"] == "mean" and chosen["gamma"] != 1
        if mean_of_gamma and chosen["reduction"] != "mean":
            raise ValueError(
                f"{op}: gamma_of='mean' needs reduction='mean', "
                f"got {chosen['reduction']!r}"
            )
        return cls(op=op, **chosen)

    # From sums to entries

    def overlap(
        self, sums: OverlapSums, *, squared_pred: bool = False, soft_label: bool = False
    ) -> Overlap:
        """Return the overlap of each scored class, ``[N, E]`` or ``[1, E]``."""
        if squared_pred:
            intersection, sizes = sums.intersection, (sums.squared, sums.target_squared)
        elif soft_label:
            intersection = (sums.prediction + sums.target - sums.difference) / 2
            sizes = (sums.prediction, sums.target)
        else:
            intersection, sizes = sums.intersection, (sums.prediction, sums.target)
        parts = [intersection, *sizes]
        if self.absent != "keep":
            parts.append(sums.target)
        if self.classes is not None or not self.include_background:
            classes = self.scored_classes(intersection.shape[-1])
            parts = [_of_classes(part, classes) for part in parts]
        if self.batch:
            parts = [part.sum(0, keepdim=True) for part in parts]
        present = None if self.absent == "keep" else parts[3] > 0
        intersection, prediction, target = parts[:3]
        return Overlap(intersection, prediction, target, present, sums.count.sum() == 0)

    def scored_classes(self, num_classes: int) -> list[int]:
        """Return the classes to score, in the order of the result."""
        background = self.include_background
        if self.conventions == "monai" and num_classes == 1:
            background = True
        return scored_classes(self.op, self.classes, background, num_classes)

    def scored_weights(self, weights: Tensor, like: Tensor) -> Tensor | None:
        """Return the weights of the scored classes, ``[E]``, or None.

        Args:
            weights: float64 ``[C]`` or a scalar; with ``short_weights`` also ``[E]``.
            like: a sum ``[N, C]``, for C and the device.
        """
        weights, num_classes = weights.to(like), like.shape[-1]
        scored = self.scored_classes(num_classes)
        if self.conventions == "monai" and len(scored) == 1:
            return None
        if weights.dim() == 0:
            return weights.expand(len(scored))
        if self.short_weights and weights.shape[0] == len(scored):
            return weights
        if weights.shape[0] != num_classes:
            raise ValueError(
                f"{self.op}: class_weights must have one weight for each of "
                f"{num_classes} classes, got {weights.shape[0]}"
            )
        return _of_classes(weights, scored)

    def pool_classes(self, overlap: Overlap, weights: Tensor | None) -> Overlap:
        """Add the (weighted) sizes of all classes up, ``[N, 1]``."""
        parts = [overlap.intersection, overlap.prediction, overlap.target]
        if weights is not None:
            parts = [part * weights for part in parts]
        parts = [part.sum(-1, keepdim=True) for part in parts]
        present = overlap.present
        if present is not None:
            present = present.any(-1, keepdim=True)
        intersection, prediction, target = parts
        return Overlap(intersection, prediction, target, present, overlap.empty)

    # From the index of entries to a loss

    def losses(self, index: Tensor, overlap: Overlap) -> Tensor:
        """Return the loss of each entry for its overlap index, ``[N, E]``."""
        if self.form == "log":
            loss = -index.clamp_min(max(self.log_eps, 1e-300)).log()
        else:
            loss = -index if self.form == "negative" else 1 - index
        if self.gamma != 1 and self.gamma_of == "entries":
            loss = power(loss, self.gamma)
        if self.absent == "zero" and overlap.present is not None:
            loss = loss.masked_fill(~overlap.present, 0.0)
        return loss.masked_fill(overlap.empty, 0.0)

    def reduce(self, loss: Tensor, overlap: Overlap, weights: Tensor | None) -> Tensor:
        """Reduce the losses of entries ``[N, E]`` as the options say."""
        if self.reduction == "mean":
            if weights is None and self.absent != "skip":
                mean = loss.mean() if loss.numel() > 0 else loss.sum()
            else:
                of_samples, valid = self.sample_means(loss, overlap, weights)
                mean = of_samples.sum() / valid.sum().clamp_min(1)
            of_mean = self.gamma != 1 and self.gamma_of == "mean"
            return power(mean, self.gamma) if of_mean else mean
        if weights is not None:
            loss = loss * weights
        if self.absent == "skip" and overlap.present is not None:
            loss = loss.masked_fill(~overlap.present, 0.0)
        return loss.sum() if self.reduction == "sum" else self._without_pooled(loss)

    def sample_means(
        self, loss: Tensor, overlap: Overlap, weights: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the mean over entries ``[N]``, and which samples have an entry.

        The mean of no entry is 0.
        """
        weight = torch.ones_like(loss) if weights is None else weights.expand_as(loss)
        entries = torch.ones_like(loss)
        if self.absent == "skip" and overlap.present is not None:
            weight, entries = weight * overlap.present, entries * overlap.present
        total = (weight if self.normalize_weights else entries).sum(-1)
        valid = total > 0
        return (loss * weight).sum(-1) / torch.where(valid, total, 1.0), valid

    def _without_pooled(self, entries: Tensor) -> Tensor:
        """Drop the dimensions that were pooled: ``[N, E]``, ``[E]``, ``[N]`` or []."""
        if self.average == "micro":
            entries = entries.squeeze(-1)
        return entries.squeeze(0) if self.batch else entries


def power(loss: Tensor, gamma: float) -> Tensor:
    """Return ``loss ** gamma``, 0 with gradient 0 where loss is not above 0.

    The slope of a power below 1 is infinite at 0, which a loss reaches at a perfect
    prediction.
    """
    positive = loss > torch.finfo(loss.dtype).tiny
    return torch.where(positive, torch.where(positive, loss, 1.0) ** gamma, 0.0)


def _of_classes(sums: Tensor, classes: list[int]) -> Tensor:
    """Select classes without a tensor of indices, which a GPU would wait for."""
    if classes == list(range(classes[0], classes[-1] + 1)):
        return sums[..., classes[0] : classes[-1] + 1]
    return torch.stack([sums[..., c] for c in classes], -1)
