"""The options of a loss: their rules and their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from torchtally.functional._checks import is_integer, is_number


def check_flag(op: str, name: str, value: object) -> None:
    """Raise TypeError unless ``value`` is a bool."""
    if not isinstance(value, bool):
        raise TypeError(f"{op}: {name} must be a bool, got {type(value).__name__}")


def non_negative(op: str, name: str, value: object) -> float:
    """Return a finite number that is not negative; also inside a compiled graph.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative or not finite.
    """
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{op}: {name} must be a number, got {type(value).__name__}")
    if not 0 <= value < math.inf:
        raise ValueError(f"{op}: {name} must be finite and not negative, got {value}")
    return float(value)


def class_indices(op: str, classes: object) -> tuple[int, ...] | None:
    """Return the classes to score, or None for all."""
    if classes is None:
        return None
    if isinstance(classes, str) or not isinstance(classes, Sequence):
        raise TypeError(
            f"{op}: classes must be None or a sequence of int, "
            f"got {type(classes).__name__}"
        )
    for index in classes:
        if not is_integer(index):
            raise TypeError(f"{op}: classes must hold int, got {type(index).__name__}")
    if len(set(classes)) != len(classes) or not classes:
        raise ValueError(
            f"{op}: classes must name at least one class, each once, "
            f"got {list(classes)}"
        )
    return tuple(classes)


def weights_tensor(op: str, name: str, weights: object) -> Tensor | None:
    """Return class weights as float64 ``[C]`` or a scalar, on the device they are on.

    The values of a tensor on another device than the CPU, and of any tensor while
    compiling, are not looked at.

    Raises:
        TypeError: for another kind than a number, a sequence of them, or a tensor.
        ValueError: for a wrong shape, or a weight that is negative or not finite.
    """
    if weights is None:
        return None
    if isinstance(weights, Tensor):
        if weights.dim() > 1 or weights.is_complex() or weights.dtype == torch.bool:
            raise ValueError(
                f"{op}: {name} must be a real [C] tensor, got {weights.dtype} of shape "
                f"{list(weights.shape)}"
            )
        tensor = weights.detach().double()
        if not torch.compiler.is_compiling() and tensor.device.type == "cpu":
            values = tensor.reshape(-1).tolist()
            _check_weights(op, name, values)
        return tensor
    if is_number(weights):
        return torch.tensor(non_negative(op, name, weights), dtype=torch.float64)
    if isinstance(weights, str) or not isinstance(weights, Sequence):
        raise TypeError(
            f"{op}: {name} must be a number, a sequence of float or a 1-D tensor, "
            f"got {type(weights).__name__}"
        )
    for weight in weights:
        if not is_number(weight):
            raise TypeError(
                f"{op}: {name} must hold float, got {type(weight).__name__}"
            )
    _check_weights(op, name, [float(weight) for weight in weights])
    return torch.tensor(weights, dtype=torch.float64)


def _check_weights(op: str, name: str, values: list[float]) -> None:
    if not all(math.isfinite(v) and v >= 0 for v in values):
        raise ValueError(f"{op}: {name} must be finite and not negative, got {values}")
