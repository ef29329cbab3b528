"""What logits and targets must be, and what they are mistaken for."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from torchtally._options import IgnoreIndex
from torchtally.ops._arguments import holds, ignore_values

from ._signatures import Activation

_SAMPLE = 256  # pixels looked at for the warning
_ROUNDING = 1e-5
_warned: set[str] = set()


def check_logits(op: str, logits: Tensor, target: Tensor, activation: str) -> None:
    """Raise TypeError or ValueError unless these can be logits and their target."""
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


def binary_target(
    op: str,
    logits: Tensor,
    target: Tensor,
    mask: Tensor | None,
    ignore_index: IgnoreIndex,
) -> tuple[Tensor, Tensor | None, IgnoreIndex]:
    """Return the labels 0 and 1 of a single class as a target of logits' shape.

    Ignored labels go to the mask, so that there is no ignore_index left. Any other
    target comes back as it is.

    Raises:
        ValueError: if a CPU label is neither 0, 1 nor ignored.
    """
    labels = target.dim() == logits.dim() - 1 and not target.is_floating_point()
    if logits.shape[1] != 1 or not labels:
        return target, mask, ignore_index
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
    return positive.unsqueeze(1), counted & known, None


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
            stacklevel=4,
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
