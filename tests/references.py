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


def _predicted_labels(preds: Tensor, target: Tensor, threshold: float) -> np.ndarray:
    if not preds.is_floating_point():
        return preds.numpy()
    if preds.dim() == target.dim() + 1:
        return _argmax(preds)
    limit = torch.tensor(threshold, dtype=preds.dtype)
    return (preds.double() > limit.double()).long().numpy()


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
    threshold: float = 0.5,
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
            _codes(_predicted_labels(preds, target, threshold), num_classes),
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
    threshold: float = 0.5,
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
        per_sample=per_sample,
        per_label=per_label,
        other=other,
    )
    hits = matrix.diagonal(dim1=-2, dim2=-1)
    counts = torch.stack((hits, matrix.sum(-2) - hits, matrix.sum(-1) - hits), dim=-2)
    return counts, invalid
