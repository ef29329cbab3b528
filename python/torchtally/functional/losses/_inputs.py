"""What logits and targets must be, and what they are mistaken for."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from torchtally._options import Activation, IgnoreIndex
from torchtally.ops._arguments import holds, ignore_values

_SAMPLE = 256  # pixels looked at for the warning
_ROUNDING = 1e-5
_warned: set[str] = set()


def checked_inputs(
    op: str,
    logits: Tensor,
    target: Tensor,
    mask: Tensor | None,
    activation: Activation,
    ignore_index: IgnoreIndex,
    validate: bool,
) -> tuple[Tensor, Tensor | None, IgnoreIndex]:
    """Return target, mask and ignore_index as ``overlap_sums`` takes them.

    Raises:
        TypeError: unless logits and target are tensors.
        ValueError: for logits of a wrong shape, or values that cannot be.
    """
    for name, tensor in (("logits", logits), ("target", target)):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{op}: {name} must be a tensor, got {type(tensor).__name__}"
            )
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
    if validate:
        look_at_values(op, logits, activation)
    labels = target.dim() == logits.dim() - 1 and not target.is_floating_point()
    if labels and logits.shape[1] == 1:
        target, mask = _of_one_class(op, target, mask, ignore_index)
        ignore_index = None
    return target, mask, ignore_index


def _of_one_class(
    op: str, target: Tensor, mask: Tensor | None, ignore_index: IgnoreIndex
) -> tuple[Tensor, Tensor]:
    """Return the labels 0 and 1 of one class as values ``[N, 1, ...]``, and a mask.

    Ignored labels go to the mask.

    Raises:
        ValueError: if a CPU label is neither 0, 1 nor ignored.
    """
    positive = target == 1
    known = positive | (target == 0)
    counted = torch.ones_like(positive) if mask is None else mask
    for value in ignore_values(op, ignore_index):
        if holds(target.dtype, value):
            counted = counted & (target != value)
    if may_look(target) and not bool((known | ~counted).all()):
        bad = target[counted & ~known].unique()[:3].tolist()
        raise ValueError(
            f"{op}: labels of one class must be 0, 1 or equal ignore_index, got "
            f"{', '.join(map(str, bad))}"
        )
    return positive.unsqueeze(1), counted & known


def may_look(tensor: Tensor) -> bool:
    """Whether values can be read without a wait and without breaking a graph."""
    return not (
        torch.compiler.is_compiling()
        or tensor.device.type != "cpu"
        or isinstance(tensor, FakeTensor)
        or torch._C._functorch.is_functorch_wrapped_tensor(tensor)
    )


def look_at_values(op: str, logits: Tensor, activation: Activation) -> None:
    """Catch probabilities given for logits, and logits for probabilities.

    Raises:
        ValueError: if ``activation="none"`` and a number is outside [0, 1].
    """
    if logits.numel() == 0 or not may_look(logits):
        return
    if activation == "none":
        least, most = (float(bound) for bound in torch.aminmax(logits.detach()))
        if not (least >= -_ROUNDING and most <= 1 + _ROUNDING):
            raise ValueError(
                f"{op}: probabilities must lie in [0, 1] with activation='none', got "
                f"{least:.4g} to {most:.4g}; pass activation='softmax' or 'sigmoid' "
                "for logits"
            )
    elif activation not in _warned and _look_like_probabilities(logits, activation):
        _warned.add(activation)
        warnings.warn(
            f"{op}: logits look like probabilities (within [0, 1]"
            f"{', summing to 1 over classes' if activation == 'softmax' else ''}), and "
            f"{activation} is applied to them: leave the last activation of the model "
            "out, or pass activation='none'",
            UserWarning,
            stacklevel=6,  # where a loss function is called
        )


def _look_like_probabilities(logits: Tensor, activation: Activation) -> bool:
    """Judge by the first pixels of the first sample."""
    first = logits.detach()[0]  # [C, ...]
    while first.dim() > 2:
        first = first[:, 0]
    first = first[..., :_SAMPLE]
    least = float(first.min())
    if not 0 <= least <= 1 or not float(first.max()) <= 1:
        return False
    if activation == "softmax":
        return bool(((first.double().sum(0) - 1).abs() < 1e-2).all())
    return float(first.max()) > least
