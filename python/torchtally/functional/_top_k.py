"""Top-k predictions, as labels that any score can be counted from."""

from __future__ import annotations

import torch
from torch import Tensor

from torchtally.ops._arguments import CountOptions

from ._checks import is_integer


def check_top_k(options: CountOptions, top_k: object, mapped: bool) -> None:
    """Raise TypeError or ValueError unless so many of the highest scores may count."""
    if not is_integer(top_k):
        raise TypeError(
            f"{options.op}: top_k must be an int, got {type(top_k).__name__}"
        )
    if top_k == 1:
        return
    if options.task != "multiclass" or not 1 <= top_k <= options.num_classes:  # type: ignore[operator]
        raise ValueError(
            f"{options.op}: top_k must be 1, or lie in [1, {options.num_classes}] for "
            f"task='multiclass', got top_k={top_k} and task={options.task!r}"
        )
    if mapped:
        raise ValueError(
            f"{options.op}: top_k looks for the target among the scores, so label_map "
            f"and preds_map do not apply, got top_k={top_k}"
        )


def top_k_labels(
    options: CountOptions, preds: Tensor, target: Tensor, top_k: int
) -> Tensor:
    """Return target where it is among the k highest scores, else the highest.

    Ties and NaN are ranked as ``torch.argmax`` finds the highest: the lower class
    first, NaN above all.

    Args:
        options: for messages.
        preds: class scores ``[N, C, ...]``.
        target: labels ``[N, ...]``; a label out of range is in no top k.
        top_k: k.

    Returns:
        int64 labels of target's shape.

    Raises:
        TypeError: if preds are no scores.
    """
    if not preds.is_floating_point():
        raise TypeError(
            f"{options.op}: top_k={top_k} needs class scores [N, C, ...], "
            f"got preds of {preds.dtype}"
        )
    wide = target.to(torch.int64).unsqueeze(1)
    inside = (wide >= 0) & (wide < options.num_classes)
    wanted = wide.clamp(0, options.num_classes - 1)
    score = preds.gather(1, wanted)
    planes = [1, -1] + [1] * (preds.dim() - 2)
    classes = torch.arange(options.num_classes, device=preds.device).view(planes)
    missing, no_score = preds.isnan(), score.isnan()
    above = (preds > score) | (missing & ~no_score)
    level = (preds == score) | (missing & no_score)
    rank = (above | (level & (classes < wanted))).sum(1, keepdim=True)
    hit = inside & (rank < top_k)
    return torch.where(hit, wanted, preds.argmax(1, keepdim=True)).squeeze(1)
