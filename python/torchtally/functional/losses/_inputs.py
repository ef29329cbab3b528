"""What logits and targets must be, and what they are mistaken for."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from torchtally._options import Activation, Conventions, IgnoreIndex
from torchtally.ops._arguments import (
    check_dense,
    holds,
    ignore_values,
    not_a_tensor,
)
from torchtally.ops._counting import has_values
from torchtally.ops._deferred import checks_later, deferred_check
from torchtally.ops.overlap_sums import check_mask

_SAMPLE = 256  # pixels looked at for the warning
_ROUNDING = 1e-5
_LEAST_ROWS = 8  # fewer are classes
_WIDE = (torch.uint16, torch.uint32, torch.uint64)  # which torch hardly computes with
_warned: set[str] = set()


def checked_inputs(
    op: str,
    logits: Tensor,
    target: Tensor,
    mask: Tensor | None,
    activation: Activation,
    ignore_index: IgnoreIndex,
    conventions: Conventions,
    has_cross_entropy: bool,
    validate: bool,
) -> tuple[Tensor, Tensor | None, IgnoreIndex]:
    """Return target, mask and ignore_index as sums are taken of them.

    Args:
        op: name of the operation, for messages.
        logits: ``[N, C, ...]``.
        target: labels or values.
        mask: which pixels count.
        activation: of the loss.
        ignore_index: of the loss.
        conventions: of the loss.
        has_cross_entropy: whether logits are also those of a cross-entropy.
        validate: whether to look at values.

    Returns:
        The three. The mask has logits' shape where classes are left out one by one.

    Raises:
        TypeError: unless logits and target are tensors.
        ValueError: for logits of a wrong shape, or values that cannot be.
    """
    for name, tensor in (("logits", logits), ("target", target)):
        if not isinstance(tensor, Tensor):
            raise not_a_tensor(op, name, tensor)
        if tensor.is_nested or tensor.layout is not torch.strided:
            check_dense(op, name, tensor)
    if logits.dim() < 2 or logits.shape[1] == 0:
        raise ValueError(
            f"{op}: logits must be [N, C, ...] with at least one class, "
            f"got {list(logits.shape)}"
        )
    if activation == "softmax" and logits.shape[1] == 1:
        raise ValueError(
            f"{op}: the softmax of one class is always 1; pass activation='sigmoid' "
            f"for logits of shape {list(logits.shape)}"
        )
    if mask is not None:
        check_mask(op, mask, logits)
    if conventions != "own":
        target = _without_channel(op, logits, target)
        if ignore_index is not None and target.shape == logits.shape:
            one_by_one = activation != "softmax" and not has_cross_entropy
            target, mask, ignore_index = _of_values(
                op, target, mask, ignore_index, conventions, one_by_one
            )
    if validate:
        if not (has_cross_entropy and activation == "none"):
            look_at_values(op, logits, activation)
        if target.dim() == logits.dim():
            look_at_target(op, logits, target, mask, activation)
    labels = target.dim() == logits.dim() - 1 and not target.is_floating_point()
    if labels and logits.shape[1] == 1:
        target, mask = _of_one_class(op, target, mask, ignore_index)
        ignore_index = None
    return target, mask, ignore_index


def _without_channel(op: str, logits: Tensor, target: Tensor) -> Tensor:
    """Return labels ``[N, 1, ...]`` of several classes as ``[N, ...]``.

    Raises:
        ValueError: if labels that are no integers are on the CPU.
    """
    several = logits.shape[1] > 1 and target.dim() == logits.dim()
    if not several or target.shape[1] != 1:
        return target
    target = target.squeeze(1)
    if not target.is_floating_point():
        return target
    labels = target.to(torch.int64)
    if target.is_cpu and has_values(target) and not bool((labels == target).all()):
        bad = target[labels != target][0].item()
        raise ValueError(f"{op}: labels must be whole numbers, got {bad:.6g}")
    return labels


def _of_values(
    op: str,
    target: Tensor,
    mask: Tensor | None,
    ignore_index: IgnoreIndex,
    conventions: Conventions,
    one_by_one: bool,
) -> tuple[Tensor, Tensor | None, IgnoreIndex]:
    """Return target, mask and ignore_index for a target of logits' shape.

    A value that is ignored leaves the label that holds it out. MONAI leaves out pixels
    whose class it is, or that have none where it is not a class.
    """
    ignored, classes = ignore_values(op, ignore_index), target.shape[1]
    target = _comparable(target)
    if classes > 1 and conventions == "monai":
        counted = torch.ones_like(target[:, 0], dtype=torch.bool)
        for value in ignored:
            if not 0 <= value < classes:
                counted &= target.sum(1) > 0
                continue
            of_class = target[:, value]
            if (
                target.is_cpu
                and has_values(target)
                and not bool(((of_class == 0) | (of_class == 1)).all())
            ):
                raise ValueError(
                    f"{op}: ignore_index must name a class of a one-hot target, got "
                    f"class {value} of a soft one; pass mask instead"
                )
            counted &= of_class != 1
        return target, counted if mask is None else counted & mask, None
    if classes > 1 and not (conventions == "smp" and one_by_one):
        return target, mask, ignore_index  # refused
    counted = torch.ones_like(target, dtype=torch.bool)
    for value in ignored:
        if target.is_floating_point() or holds(target.dtype, value):
            counted &= target != value
    if mask is not None:
        counted &= mask.unsqueeze(1)
    return target, counted if classes > 1 else counted.squeeze(1), None


def _comparable(target: Tensor) -> Tensor:
    """Return a target that torch compares, on CPUs too."""
    return target.to(torch.int64) if target.dtype in _WIDE else target


def _of_one_class(
    op: str, target: Tensor, mask: Tensor | None, ignore_index: IgnoreIndex
) -> tuple[Tensor, Tensor]:
    """Return the labels 0 and 1 of one class as values ``[N, 1, ...]``, and a mask.

    Ignored labels go to the mask.

    Raises:
        ValueError: if a CPU label is neither 0, 1 nor ignored.
    """
    dtype, target = target.dtype, _comparable(target)
    positive = target == 1
    known = positive | (target == 0)
    counted = torch.ones_like(positive) if mask is None else mask
    for value in ignore_values(op, ignore_index):
        if holds(dtype, value):
            counted = counted & (target != value)
    known = known & counted
    if target.is_cpu and has_values(target):
        _check_labels_of_one_class(counted, known, target, op)
    elif checks_later(target):
        known = _CHECKED(known, counted, known, target, op)
    return positive.unsqueeze(1), known


def _check_labels_of_one_class(
    counted: Tensor, known: Tensor, target: Tensor, op: str
) -> None:
    """Raise ValueError for a label that counts and is neither 0 nor 1."""
    if bool((known == counted).all()):
        return
    bad = target[counted & ~known].unique()[:3].tolist()
    raise ValueError(
        f"{op}: labels of one class must be 0, 1 or equal ignore_index, got "
        f"{', '.join(map(str, bad))}"
    )


_CHECKED = deferred_check(
    "checked_labels_of_one_class(Tensor labels, Tensor counted, Tensor known, "
    "Tensor target, str op)",
    _check_labels_of_one_class,
)


def look_at_values(op: str, logits: Tensor, activation: Activation) -> None:
    """Catch probabilities given for logits, and logits for probabilities.

    Raises:
        ValueError: if ``activation="none"`` and a number is outside [0, 1].
    """
    if logits.numel() == 0 or not (logits.is_cpu and has_values(logits)):
        return
    if activation == "none":
        least, most = (float(bound) for bound in torch.aminmax(logits.detach()))
        if not (least >= -_ROUNDING and most <= 1 + _ROUNDING):
            raise ValueError(
                f"{op}: probabilities must lie in [0, 1] with activation='none', got "
                f"{least:.4g} to {most:.4g}; pass activation='softmax' or 'sigmoid' "
                "for logits"
            )
    elif activation not in _warned:
        first = logits.detach()[0]  # the first pixels of the first sample, [C, pixels]
        while first.dim() > 2:
            first = first[:, 0]
        first = first[..., :_SAMPLE]
        least = float(first.min())
        if not (0 <= least <= 1 and _look_like_probabilities(first, least, activation)):
            return
        _warned.add(activation)
        warnings.warn(
            f"{op}: logits look like probabilities (within [0, 1]"
            f"{', summing to 1 over classes' if activation == 'softmax' else ''}), and "
            f"{activation} is applied to them: leave the last activation of the model "
            "out, or pass activation='none'",
            UserWarning,
            stacklevel=6,  # where a loss function is called
        )


def look_at_target(
    op: str,
    logits: Tensor,
    target: Tensor,
    mask: Tensor | None,
    activation: Activation,
) -> None:
    """Catch values that are no shares of classes, and rows that are taken for classes.

    Raises:
        ValueError: if a value that counts is outside [0, 1].
    """
    if (
        target.shape != logits.shape
        or target.numel() == 0
        or not (target.is_cpu and has_values(target))
    ):
        return
    _look_at_shares(op, target.detach(), mask)
    classes, size = logits.shape[1], max(logits.shape[2:], default=0)
    if activation == "softmax" or "classes" in _warned or classes < _LEAST_ROWS:
        return
    if 0 < size <= 2 * classes:  # as of images and volumes
        _warned.add("classes")
        warnings.warn(
            f"{op}: logits and target {list(logits.shape)} are read as "
            f"{logits.shape[0]} samples of {classes} classes: for masks of one class "
            "pass logits.unsqueeze(1) and target.unsqueeze(1)",
            UserWarning,
            stacklevel=6,
        )


def _look_at_shares(op: str, values: Tensor, mask: Tensor | None) -> None:
    if values.dtype == torch.bool:
        return
    if values.dtype in _WIDE:
        values = values.double()
    least, most = (float(bound) for bound in torch.aminmax(values))
    good = least >= -_ROUNDING and most <= 1 + _ROUNDING
    if not good and mask is not None:
        counted = mask if mask.dim() == values.dim() else mask.unsqueeze(1)
        values = values[counted.expand_as(values)]
        if values.numel() == 0:
            return
        least, most = (float(bound) for bound in torch.aminmax(values))
        good = least >= -_ROUNDING and most <= 1 + _ROUNDING
    if not good:
        bad = least if least < -_ROUNDING else most
        raise ValueError(
            f"{op}: target of logits' shape must lie in [0, 1], got {bad:.6g}; pass "
            "target > 0 for a binary mask, labels [N, ...] for classes, and mask to "
            "leave pixels out"
        )


def _look_like_probabilities(
    first: Tensor, least: float, activation: Activation
) -> bool:
    """Judge by some pixels, of which none is below 0."""
    if not float(first.max()) <= 1:
        return False
    if activation == "softmax":
        return bool(((first.double().sum(0) - 1).abs() < 1e-2).all())
    return float(first.max()) > least
