"""Soft sums of overlap, in plain torch ops: a stand-in for the compiled op."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from ._arguments import IgnoreIndex, check_choice, ignore_values

Activation: TypeAlias = Literal["softmax", "sigmoid", "none"]


class OverlapSums(NamedTuple):
    """Sums over the counted pixels of each sample and class, float64 ``[N, C]``.

    Attributes:
        intersection: sum of p t.
        prediction: sum of p.
        squared: sum of p^2.
        target: sum of t.
        target_squared: sum of t^2.
        difference: sum of ``|p - t|``.
        cross_entropy: summed cross-entropy, float64 ``[N]``.
        count: counted pixels, int64 ``[N]``.
        invalid: pixels with a label out of range, int64 ``[N]``.
    """

    intersection: Tensor
    prediction: Tensor
    squared: Tensor
    target: Tensor
    target_squared: Tensor
    difference: Tensor
    cross_entropy: Tensor
    count: Tensor  # type: ignore[assignment]
    invalid: Tensor


def overlap_sums(
    input: Tensor,  # noqa: A002
    target: Tensor,
    *,
    activation: Activation = "softmax",
    ignore_index: IgnoreIndex = None,
    mask: Tensor | None = None,
    class_weight: Tensor | None = None,
    label_smoothing: float = 0.0,
) -> OverlapSums:
    """Sum products of probabilities and targets over the pixels of each sample."""
    op = "overlap_sums"
    check_choice(op, "activation", activation, ("softmax", "sigmoid", "none"))
    for name, tensor in (("input", input), ("target", target)):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{op}: {name} must be a tensor, got {type(tensor).__name__}"
            )
    if not input.is_floating_point():
        raise TypeError(f"{op}: input must hold float logits, got {input.dtype}")
    if input.dim() < 2:
        raise ValueError(f"{op}: input must be [N, C, ...], got {list(input.shape)}")
    num_classes = input.shape[1]
    x = input.double().flatten(2) if input.dim() > 2 else input.double().unsqueeze(2)
    hard = target.dim() == input.dim() - 1
    if hard and target.shape != (input.shape[0], *input.shape[2:]):
        raise ValueError(
            f"{op}: target {list(target.shape)} must match input {list(input.shape)}"
        )
    if not hard and target.shape != input.shape:
        raise ValueError(
            f"{op}: target must be labels [N, ...] or of input's shape "
            f"{list(input.shape)}, got {list(target.shape)} (target.squeeze(1)?)"
        )
    counted = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool, device=x.device)
    if mask is not None:
        counted = counted & mask.reshape(counted.shape)
    if hard:
        labels = target.to(torch.int64).reshape(counted.shape)
        for value in ignore_values(op, ignore_index):
            counted = counted & (labels != value)
        bad = counted & ((labels < 0) | (labels >= num_classes))
        invalid = bad.sum(1)
        if not torch.compiler.is_compiling() and int(invalid.sum()) > 0:
            raise ValueError(
                f"{op}: labels must lie in [0, {num_classes}) or equal ignore_index, "
                f"but {int(invalid.sum())} pixel(s) hold another label"
            )
        counted = counted & ~bad
        safe = torch.where(counted, labels, 0)
        t = functional.one_hot(safe, num_classes).movedim(-1, 1).double()
    else:
        t = target.detach().double().reshape(x.shape)
        invalid = torch.zeros_like(counted, dtype=torch.int64).sum(1)
    keep = counted.unsqueeze(1)
    x = torch.where(keep, x, 0.5)
    t = torch.where(keep, t, 0.0)
    weight = torch.ones((), dtype=x.dtype, device=x.device)
    if class_weight is not None:
        weight = class_weight.to(x).view(1, -1, 1)
    if activation == "softmax":
        p = x.softmax(1)
        smooth = t * (1 - label_smoothing) + label_smoothing / num_classes
        entropy = -weight * smooth * x.log_softmax(1)
    elif activation == "sigmoid":
        p = x.sigmoid()
        smooth = t * (1 - label_smoothing) + label_smoothing / 2
        entropy = weight * functional.binary_cross_entropy_with_logits(
            x, smooth, reduction="none"
        )
    else:
        p = x
        entropy = torch.zeros_like(t)
    p = torch.where(keep, p, 0.0)
    entropy = torch.where(keep, entropy, 0.0)
    return OverlapSums(
        (p * t).sum(2),
        p.sum(2),
        (p * p).sum(2),
        t.sum(2),
        (t * t).sum(2),
        (p - t).abs().sum(2),
        entropy.sum((1, 2)),
        counted.sum(1),
        invalid,
    )
