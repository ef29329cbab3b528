"""Losses of overlap the obvious way: whole tensors, autograd, one loop a rule."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def probabilities(logits: Tensor, activation: str) -> Tensor:
    """Return float64 probabilities ``[N, C, ...]``."""
    if activation == "softmax":
        return logits.double().softmax(1)
    return logits.double().sigmoid() if activation == "sigmoid" else logits.double()


def one_hot(target: Tensor, classes: int, ignore: int) -> tuple[Tensor, Tensor]:
    """Return float64 ``[N, C, ...]`` of labels, and which pixels count ``[N, ...]``."""
    counted = target != ignore
    safe = torch.where(counted, target, 0).long()
    hot = torch.nn.functional.one_hot(safe, classes).movedim(-1, 1).double()
    return hot, counted


def overlap_loss(
    logits: Tensor,
    target: Tensor,
    *,
    activation: str = "softmax",
    ignore: int = -1,
    classes: list[int] | None = None,
    include_background: bool = True,
    squared_pred: bool = False,
    alpha: float = 0.5,
    beta: float = 0.5,
    smooth: float = 1e-5,
    batch: bool = False,
    average: str = "macro",
    absent: str = "keep",
    class_weights: list[float] | None = None,
    normalize_weights: bool = False,
    form: str = "complement",
    gamma: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Return the Tversky loss (Dice with smoothing halved) with these options."""
    p = probabilities(logits, activation)
    num_classes = p.shape[1]
    t, counted = one_hot(target, num_classes, ignore)
    chosen = [c for c in classes or range(num_classes) if c or include_background]
    samples = [list(range(len(p)))] if batch else [[n] for n in range(len(p))]
    rows: list[list[tuple[Tensor, float, bool]]] = []
    for group in samples:
        keep = counted[group].reshape(-1)
        row: list[Any] = []
        for c in chosen:
            pc = p[group, c].reshape(-1)[keep]
            tc = t[group, c].reshape(-1)[keep]
            size = (pc**2).sum() if squared_pred else pc.sum()
            weight = 1.0 if class_weights is None else class_weights[c]
            row.append(((pc * tc).sum(), size, tc.sum(), weight))
        if average == "micro":
            pooled = [sum(e[i] * e[3] for e in row) for i in range(3)]
            row = [(*pooled, 1.0)]
        entries = []
        for hits, size, truth, weight in row:
            bottom = hits + alpha * (size - hits) + beta * (truth - hits) + smooth / 2
            index = (hits + smooth / 2) / bottom
            loss = {"complement": 1 - index, "negative": -index, "log": -index.log()}[
                form
            ]
            if gamma != 1:
                loss = loss**gamma
            if absent == "zero" and truth == 0:
                loss = loss * 0
            entries.append((loss, weight, bool(truth > 0) or absent != "skip"))
        rows.append(entries)
    if reduction != "mean":
        flat = torch.stack(
            [
                torch.stack([loss * weight * kept for loss, weight, kept in row])
                for row in rows
            ]
        )
        return flat.sum() if reduction == "sum" else flat
    means = []
    for row in rows:
        entries = [(loss, weight) for loss, weight, kept in row if kept]
        total = sum(w for _, w in entries) if normalize_weights else len(entries)
        if total:
            means.append(sum(loss * w for loss, w in entries) / total)
    return torch.stack(means).mean() if means else p.sum() * 0
