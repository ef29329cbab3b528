"""What labels and scores mean: classes as they are, mapped to classes, or the top k.

Functions and metric objects read pixels alike; what they share of it is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchtally._options import LabelMap
from torchtally.ops._arguments import plain
from torchtally.ops._counting import CountOptions, has_values

from ._checks import integer
from ._label_maps import LabelMaps, count_mapped, unknown_message

# So many scores are ranked at a time: what caches hold, or what keeps a device busy.
_CELLS = 1 << 20
_CELLS_OF_DEVICE = 1 << 24


@dataclass(frozen=True)
class Labels:
    """The options that say what is counted, checked once.

    Attributes:
        options: of the op.
        maps: what labels mean; None where they are classes.
        top_k: how many of the highest scores may hit; 1 where the op finds the highest.
    """

    options: CountOptions
    maps: LabelMaps | None
    top_k: int

    @classmethod
    def checked(
        cls,
        options: CountOptions,
        label_map: LabelMap,
        preds_map: LabelMap,
        top_k: int,
    ) -> Labels:
        """Return what labels mean, or raise TypeError or ValueError."""
        maps = LabelMaps.checked(options, label_map, preds_map)
        if type(top_k) is not int:
            top_k = integer(options.op, "top_k", top_k)
        _check_top_k(options, top_k, maps is not None)
        return cls(options, maps, top_k)

    @property
    def ignored_classes(self) -> tuple[int, ...]:
        """The classes of which every label is ignored, which are not scored."""
        ignored = self.options.ignore_index
        return ignored if self.maps is None else self.maps.ignored_classes(ignored)

    def counted_preds(
        self, preds: Tensor, target: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Return preds as they are, or the labels that ``top_k`` makes of them.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        if self.top_k == 1:
            return preds
        self.options.op_inputs(preds, target, mask, False)
        return _top_k_labels(self.options, preds, target, self.top_k)

    def count(
        self,
        matrix: bool,
        preds: Any,
        target: Any,
        mask: Any,
        per_sample: bool,
        validate: bool,
    ) -> Tensor:
        """Count the classes that pixels mean: a matrix, or the rows of class counts."""
        preds, target, mask = plain(preds), plain(target), plain(mask)
        preds = self.counted_preds(preds, target, mask)
        inputs = (matrix, preds, target, mask, per_sample, validate)
        if self.maps is None:
            return self.options.count(*inputs)
        return count_mapped(self.options, self.maps, *inputs)

    def invalid_message(self, invalid: int | str) -> str:
        """Say that ``invalid`` pairs have a label out of range, and what to do."""
        if self.maps is not None:
            return unknown_message(self.options, invalid, or_score=True)
        return self.options.invalid_message(invalid)


def _check_top_k(options: CountOptions, top_k: int, mapped: bool) -> None:
    """Raise ValueError unless so many of the highest scores may count."""
    if top_k == 1:
        return
    if options.task != "multiclass" or not 1 <= top_k <= options.num_classes:
        raise ValueError(
            f"{options.op}: top_k must be 1, or lie in [1, {options.num_classes}] for "
            f"task='multiclass', got top_k={top_k} and task={options.task!r}"
        )
    if mapped:
        raise ValueError(
            f"{options.op}: top_k looks for the target among the scores, so label_map "
            f"and preds_map do not apply, got top_k={top_k}"
        )


def _top_k_labels(
    options: CountOptions, preds: Tensor, target: Tensor, top_k: int
) -> Tensor:
    """Return target where it is among the k highest scores, else the highest.

    Takes 2 or 4 bytes a pixel, and memory that does not grow with the batch.

    Args:
        options: for messages.
        preds: class scores ``[N, C, ...]``.
        target: labels ``[N, ...]``; a label out of range is in no top k.
        top_k: k.

    Returns:
        Labels of target's shape.

    Raises:
        TypeError: if preds are no scores.
    """
    if not preds.is_floating_point():
        raise TypeError(
            f"{options.op}: top_k={top_k} needs class scores [N, C, ...], "
            f"got preds of {preds.dtype}"
        )
    most = _CELLS if preds.is_cpu else _CELLS_OF_DEVICE
    if type(preds) is not Tensor or not has_values(preds) or preds.numel() <= most:
        return _ranked(preds, target, top_k)
    narrow = options.num_classes <= torch.iinfo(torch.int16).max
    dtype = torch.int16 if narrow else torch.int32
    labels = torch.empty(target.shape, dtype=dtype, device=target.device)
    _rank_in_parts(labels, preds, target, top_k, most)
    return labels


def _rank_in_parts(
    labels: Tensor, preds: Tensor, target: Tensor, top_k: int, most: int
) -> None:
    """Write labels, from so many scores at a time, cut along the outer dimensions."""
    outer = next((dim for dim, size in enumerate(target.shape) if size > 1), None)
    if preds.numel() <= most or outer is None:
        labels.copy_(_ranked(preds, target, top_k))
        return
    size = target.shape[outer]
    step = max(1, size * most // preds.numel())
    of_preds = outer + (outer > 0)  # which have classes in dimension 1
    parts = (labels.split(step, outer), preds.split(step, of_preds))
    for part in zip(*parts, target.split(step, outer), strict=True):
        _rank_in_parts(*part, top_k, most)


def _ranked(preds: Tensor, target: Tensor, top_k: int) -> Tensor:
    """Return the labels that the top k make, int64.

    Ties and NaN are ranked as ``torch.argmax`` finds the highest: the lower class
    first, NaN above all.
    """
    num_classes = preds.shape[1]
    wide = target.to(torch.int64).unsqueeze(1)
    inside = (wide >= 0) & (wide < num_classes)
    wanted = wide.clamp(0, num_classes - 1)
    score = preds.gather(1, wanted)
    planes = [1, -1] + [1] * (preds.dim() - 2)
    classes = torch.arange(num_classes, device=preds.device).view(planes)
    missing, no_score = preds.isnan(), score.isnan()
    above = (preds > score) | (missing & ~no_score)
    level = (preds == score) | (missing & no_score)
    rank = (above | (level & (classes < wanted))).sum(1, keepdim=True)
    hit = inside & (rank < top_k)
    return torch.where(hit, wanted, preds.argmax(1, keepdim=True)).squeeze(1)
