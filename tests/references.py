"""Slow, obvious implementations that the compiled ops are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def _argmax(scores: Tensor) -> np.ndarray:
    """Argmax over dimension 1: the first maximum, and the first NaN beats all."""
    scores = scores.double()
    best = scores.select(1, 0).clone()
    label = torch.zeros(best.shape, dtype=torch.int64)
    for c in range(1, scores.shape[1]):
        score = scores.select(1, c)
        better = (score > best) | (score.isnan() & ~best.isnan())
        best = torch.where(better, score, best)
        label = torch.where(better, c, label)
    return label.numpy()


def _predicted_labels(
    preds: Tensor,
    target: Tensor,
    threshold: Sequence[float] | None,
    logits: bool,
) -> np.ndarray:
    """Labels as they are, or those that scores mean: -1 for a score that cannot be."""
    if not preds.is_floating_point():
        return preds.numpy()
    if preds.dim() == target.dim() + 1:
        return _argmax(preds)
    scores = preds.double()
    if threshold is None:
        cut = 0.0 if logits else 0.5
        valid = ~scores.isnan() if logits else (scores >= 0) & (scores <= 1)
        return torch.where(valid, (scores > cut).long(), -1).numpy()
    limit = torch.tensor(threshold, dtype=preds.dtype).double()
    if len(threshold) > 1:  # of dimension 1
        limit = limit.view(-1, *[1] * (preds.dim() - 2))
    return (scores > limit).long().numpy()


def _codes(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Labels in [0, C), and C for every other value."""
    inside = (labels >= 0) & (labels < num_classes)
    codes = np.full(labels.shape, num_classes, dtype=np.int64)
    codes[inside] = labels[inside].astype(np.int64)
    return codes


def _groups(codes: np.ndarray, per_sample: bool, per_label: bool) -> np.ndarray:
    """Codes [N, L, ...] as [*groups, pixels]; groups are [], [N], [L] or [N, L]."""
    if per_sample and per_label:
        shape: tuple[int, ...] = codes.shape[:2]
    elif per_sample:
        shape = codes.shape[:1]
    elif per_label:
        codes = np.swapaxes(codes, 0, 1)
        shape = codes.shape[:1]
    else:
        shape = ()
    pixels = int(np.prod(codes.shape[len(shape) :], dtype=np.int64))
    return np.ascontiguousarray(codes).reshape((*shape, pixels))


def confusion_matrix_reference(
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    *,
    ignore_index: Sequence[int] = (),
    mask: Tensor | None = None,
    threshold: Sequence[float] | None = None,
    logits: bool = False,
    per_sample: bool = False,
    per_label: bool = False,
    other: bool = False,
) -> tuple[Tensor, Tensor]:
    """Count pairs of labels one group at a time; the arguments of the op.

    Returns:
        The matrix, int64 ``[..., K, K]`` (rows target, columns prediction; ``K`` is
        ``num_classes``, one more with ``other``), and the invalid pairs, int64
        ``[...]``. The groups ``...`` are ``[]``, ``[N]``, ``[L]`` or ``[N, L]``.
    """
    preds, target = preds.detach().cpu(), target.detach().cpu()
    labels = target.numpy()
    counted = np.ones(labels.shape, dtype=bool)
    for value in ignore_index:
        counted &= labels != value
    if mask is not None:
        counted &= mask.cpu().numpy()

    rows, columns, counted = (
        _groups(array, per_sample, per_label)
        for array in (
            _codes(labels, num_classes),
            _codes(_predicted_labels(preds, target, threshold, logits), num_classes),
            counted,
        )
    )
    classes = num_classes + 1  # the last row and column are out of range
    matrix = np.zeros((*rows.shape[:-1], classes, classes), dtype=np.int64)
    for group in np.ndindex(rows.shape[:-1]):
        keep = counted[group]
        np.add.at(matrix[group], (rows[group][keep], columns[group][keep]), 1)
    valid = matrix[..., :num_classes, :num_classes]
    invalid = matrix.sum(axis=(-2, -1)) - valid.sum(axis=(-2, -1))
    counts = matrix if other else np.ascontiguousarray(valid)
    return torch.from_numpy(counts), torch.from_numpy(np.asarray(invalid))


def class_counts_reference(
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    *,
    ignore_index: Sequence[int] = (),
    mask: Tensor | None = None,
    threshold: Sequence[float] | None = None,
    logits: bool = False,
    per_sample: bool = False,
    per_label: bool = False,
    other: bool = False,
) -> tuple[Tensor, Tensor]:
    """Read true positives, false positives and false negatives off the matrix.

    Returns:
        The counts, int64 ``[..., 3, K]``, and the invalid pairs as
        :func:`confusion_matrix_reference` returns them.
    """
    matrix, invalid = confusion_matrix_reference(
        preds,
        target,
        num_classes,
        ignore_index=ignore_index,
        mask=mask,
        threshold=threshold,
        logits=logits,
        per_sample=per_sample,
        per_label=per_label,
        other=other,
    )
    hits = matrix.diagonal(dim1=-2, dim2=-1)
    counts = torch.stack((hits, matrix.sum(-2) - hits, matrix.sum(-1) - hits), dim=-2)
    return counts, invalid


def overlap_sums_reference(
    logits: Tensor,
    target: Tensor,
    *,
    activation: str = "softmax",
    ignore_index: Sequence[int] = (),
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    label_smoothing: float = 0.0,
) -> dict[str, Tensor]:
    """Sum over pixels in float64 with torch's own operations, which differentiate.

    Returns:
        The fields of ``OverlapSums`` by name.
    """
    x = logits.double()
    classes = x.shape[1]
    counted = torch.ones(x.select(1, 0).shape, dtype=torch.bool)
    invalid = torch.zeros_like(counted)
    if target.dim() == x.dim():
        t = target.double()
    else:
        labels = torch.from_numpy(target.numpy().astype(np.float64))
        ignored = torch.zeros_like(counted)
        for value in ignore_index:
            ignored |= labels == value
        outside = (labels < 0) | (labels >= classes)
        invalid = outside & ~ignored
        counted &= ~outside & ~ignored
        t = torch.nn.functional.one_hot(
            torch.where(counted, labels, 0).long(), classes
        ).movedim(-1, 1)
        t = t.double()
    if mask is not None:
        invalid &= mask
        counted &= mask
    keep = counted.unsqueeze(1)
    x, t = torch.where(keep, x, 0.0), torch.where(keep, t, 0.0)
    weight = torch.ones(classes) if class_weight is None else class_weight
    weight = weight.double().reshape(-1, *(1,) * (x.dim() - 2))
    smoothing = label_smoothing
    if activation == "softmax":
        p = x.softmax(1)
        smooth = weight * (t * (1 - smoothing) + smoothing / classes)
        entropy = torch.where(smooth == 0, 0.0, -smooth * x.log_softmax(1))
    elif activation == "sigmoid":
        p = x.sigmoid()
        smooth = t * (1 - smoothing) + smoothing / 2
        entropy = weight * torch.nn.functional.binary_cross_entropy_with_logits(
            x, smooth, reduction="none"
        )
    else:
        p, entropy = x, torch.zeros_like(x)
    p, entropy = torch.where(keep, p, 0.0), torch.where(keep, entropy, 0.0)

    def total(values: Tensor) -> Tensor:
        return values.flatten(2).sum(2) if values.dim() > 2 else values

    return {
        "intersection": total(p * t),
        "prediction": total(p),
        "squared": total(p * p),
        "target": total(t),
        "target_squared": total(t * t),
        "difference": total((p - t).abs()),
        "cross_entropy": total(entropy).sum(1),
        "count": counted.flatten(1).sum(1) if counted.dim() > 1 else counted.long(),
        "invalid": invalid.flatten(1).sum(1) if invalid.dim() > 1 else invalid.long(),
    }
