"""The options of scores and losses: their rules and their errors.

Options are checked inside compiled graphs too, where a number may be a symbol: it is
compared, and not given to :mod:`math`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import torch
from torch import Tensor

from torchtally._options import ZeroDivision
from torchtally.ops._arguments import (
    INTEGERS,
    SCORES,
    check_choice,
    check_dense,
    listed,
    not_a_tensor,
    number,
    plain,
)
from torchtally.ops._counting import has_values

# By so many steps of the largest count may a difference of floating counts be off.
_ROUNDING = 16


def is_number(value: object) -> bool:
    """Whether value is an int or a float, and not a bool."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: object) -> bool:
    """Whether value is an int, and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def integer(op: str, name: str, value: object) -> int:
    """Return an int, or raise TypeError."""
    whole = number(value)
    if not is_integer(whole):
        raise TypeError(f"{op}: {name} must be an int, got {type(value).__name__}")
    return whole  # type: ignore[no-any-return]


def flag(op: str, name: str, value: object) -> bool:
    """Return a bool, or raise TypeError."""
    truth = value if type(value) is bool else number(value)
    if not isinstance(truth, bool):
        raise TypeError(f"{op}: {name} must be a bool, got {type(value).__name__}")
    return truth


def non_negative(op: str, name: str, value: object, *, finite: bool = True) -> float:
    """Return a number that is not negative.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is negative, NaN, or infinite where ``finite``.
    """
    real = value if type(value) is float else number(value)
    if not is_number(real):
        raise TypeError(f"{op}: {name} must be a number, got {type(value).__name__}")
    real = float(real)
    if not real >= 0 or (finite and real == math.inf):  # NaN is not either
        rule = "be finite and" if finite else "be"
        raise ValueError(f"{op}: {name} must {rule} not negative, got {real}")
    return real


def counts(op: str, given: Mapping[str, object]) -> list[Tensor]:
    """Return counts as int64 or float64, whose sums neither wrap nor lose a pixel.

    Values are looked at on CPU only, and not while a program is traced.

    Args:
        op: name of the operation.
        given: the counts, of one shape, by the names that messages call them.

    Raises:
        TypeError: for what is no tensor, or holds neither integers nor floats.
        ValueError: for several shapes or devices, and for a count that is negative or
            not finite.
    """
    first: Any = None
    wide: dict[str, Tensor] = {}
    for name, tensor in given.items():
        if not isinstance(tensor, Tensor):
            raise not_a_tensor(op, name, tensor)
        check_dense(op, name, tensor)
        floating = tensor.dtype in SCORES
        if not floating and (
            tensor.dtype not in INTEGERS or tensor.dtype == torch.bool
        ):
            raise TypeError(
                f"{op}: {name} must hold integers, or floating numbers where pixels "
                f"are weighted, got {tensor.dtype}"
            )
        first = tensor if first is None else first
        if tensor.shape != first.shape:
            raise ValueError(
                f"{op}: {name} must have the shape {list(first.shape)} of the other "
                f"counts, got {list(tensor.shape)}"
            )
        if tensor.device != first.device:
            raise ValueError(
                f"{op}: {name} must be on the device of the other counts, "
                f"{first.device}, got {tensor.device}"
            )
        wide[name] = tensor.to(torch.float64 if floating else torch.int64)
    if first.is_cpu and first.numel() > 0 and has_values(first):
        _check_bounds(op, given, wide)
    return list(wide.values())


def _check_bounds(
    op: str, given: Mapping[str, Any], wide: Mapping[str, Tensor]
) -> None:
    """Raise ValueError for a count that is not finite, or negative beyond rounding."""
    bounds = {n: [b.item() for b in torch.aminmax(t)] for n, t in wide.items()}
    most = max((b for _, b in bounds.values() if math.isfinite(b)), default=0)
    for name, (low, high) in bounds.items():
        dtype = given[name].dtype
        least = -_ROUNDING * torch.finfo(dtype).eps * most if dtype in SCORES else 0
        if low >= least and high < math.inf:
            continue
        wrong, rule = high if low >= least else low, "be finite and not negative"
        if dtype == torch.uint64:
            wrong, rule = wrong + 2**64, "fit int64"
        raise ValueError(f"{op}: {name} must {rule}, got {wrong}")


def zero_division(op: str, value: object) -> ZeroDivision:
    """Return what an undefined entry is worth."""
    if isinstance(value, str):
        check_choice(op, "zero_division", value, ("skip", "nan"))
        return value  # type: ignore[return-value]
    worth = number(value)
    if not is_number(worth):
        raise TypeError(
            f"{op}: zero_division must be 'skip', 'nan' or a number, "
            f"got {type(value).__name__}"
        )
    return "nan" if math.isnan(worth) else float(worth)


def class_indices(
    op: str, classes: object, *, present: bool = False
) -> tuple[int, ...]:
    """Return the classes to score; ``present`` says whether a word may name them."""
    words = "None, 'present'" if present else "None"
    if present and isinstance(classes, str):
        raise ValueError(
            f"{op}: classes must be {words} or a sequence of int, got {classes!r}"
        )
    indices = _integers(op, "classes", f"be {words} or a sequence of int", classes)
    if len(set(indices)) != len(indices) or not indices:
        raise ValueError(
            f"{op}: classes must name at least one class, each once, "
            f"got {list(indices)}"
        )
    return indices


def scored_classes(
    op: str,
    classes: tuple[int, ...] | None,
    include_background: bool,
    num_classes: int,
) -> list[int]:
    """Return which of ``num_classes`` to score, in the order of the result."""
    chosen = range(num_classes) if classes is None else classes
    for index in chosen:
        if not 0 <= index < num_classes:
            raise ValueError(
                f"{op}: classes must lie in [0, {num_classes}), got {index}"
            )
    scored = [c for c in chosen if c != 0 or include_background]
    if not scored:
        raise ValueError(
            f"{op}: classes without the background must leave a class to score, "
            f"got classes {list(chosen)}"
        )
    return scored


def regions(
    op: str, given: object, ignored: tuple[int, ...]
) -> tuple[tuple[int, ...], ...]:
    """Return unions of classes, of which none is ignored."""
    unions = list(given.values()) if isinstance(given, Mapping) else listed(given)
    if not isinstance(unions, list):
        raise TypeError(
            f"{op}: regions must be None, a sequence of sequences of int, or a "
            f"mapping from names to them, got {type(given).__name__}"
        )
    if not unions:
        raise ValueError(f"{op}: regions must hold at least one region, got none")
    rule = "hold sequences of int"
    checked = tuple(_integers(op, "regions", rule, union) for union in unions)
    for union in checked:
        if len(set(union)) != len(union) or not union:
            raise ValueError(
                f"{op}: regions must name at least one class each, each once, "
                f"got {list(union)}"
            )
        for index in union:
            if index in ignored:
                raise ValueError(
                    f"{op}: regions must not hold a class that ignore_index names, "
                    f"got {index}"
                )
    return checked


def regions_fit(op: str, unions: tuple[tuple[int, ...], ...], num_classes: int) -> None:
    """Raise ValueError for a region with a class out of range."""
    for index in (index for union in unions for index in union):
        if not 0 <= index < num_classes:
            raise ValueError(
                f"{op}: regions must hold classes in [0, {num_classes}), got {index}"
            )


def _integers(op: str, name: str, rule: str, values: object) -> tuple[int, ...]:
    indices = listed(values)
    if not isinstance(indices, list):
        raise TypeError(f"{op}: {name} must {rule}, got {type(values).__name__}")
    for index in indices:
        if not is_integer(index):
            raise TypeError(f"{op}: {name} must hold int, got {type(index).__name__}")
    return tuple(indices)


def class_weights(op: str, weights: object, average: str) -> tuple[float, ...]:
    """Return a weight for each class."""
    if average != "macro":
        raise ValueError(
            f"{op}: class_weights weigh the classes of average='macro', "
            f"got average={average!r}"
        )
    if isinstance(weights, Tensor):
        check_dense(op, "class_weights", weights)
        if weights.is_meta:
            raise ValueError(f"{op}: class_weights must have values, got a meta tensor")
    weights = _weights_in_order(op, "class_weights", weights, "")
    for weight in weights:
        if not is_number(weight):
            raise TypeError(
                f"{op}: class_weights must hold float, got {type(weight).__name__}"
            )
    values = tuple(map(float, weights))
    if not all(math.isfinite(v) and v >= 0 for v in values) or not any(values):
        raise ValueError(
            f"{op}: class_weights must be finite, not negative and not all zero, "
            f"got {list(values)}"
        )
    return values


def weights_tensor(op: str, name: str, weights: object) -> Tensor | None:
    """Return class weights as float64 ``[C]`` or a scalar, on the device they are on.

    The values of a tensor on another device than the CPU, and of any tensor while a
    program is traced, are not looked at.

    Raises:
        TypeError: for another kind than a number, a sequence of them, or a tensor.
        ValueError: for a wrong shape, or a weight that is negative or not finite.
    """
    if weights is None:
        return None
    weights = plain(weights if isinstance(weights, Tensor) else number(weights))
    if isinstance(weights, Tensor):
        if weights.dim() > 1 or weights.is_complex() or weights.dtype == torch.bool:
            raise ValueError(
                f"{op}: {name} must be a real [C] tensor, got {weights.dtype} of shape "
                f"{list(weights.shape)}"
            )
        if weights.requires_grad and torch.is_grad_enabled():
            raise ValueError(
                f"{op}: {name} must not require a gradient, which they never get; "
                f"pass {name}.detach()"
            )
        tensor = weights.detach().double()
        if tensor.is_cpu and has_values(tensor):
            _finite_weights(op, name, tensor.reshape(-1).tolist())
        return tensor
    if is_number(weights):
        return _tensor_of(non_negative(op, name, weights))
    weights = _weights_in_order(op, name, weights, "a number, ")
    for weight in weights:
        if not is_number(weight):
            raise TypeError(
                f"{op}: {name} must hold float, got {type(weight).__name__}"
            )
    _finite_weights(op, name, [float(weight) for weight in weights])
    return _tensor_of(weights)


def _weights_in_order(op: str, name: str, weights: object, also: str) -> list[Any]:
    """Return a list of what should be numbers; a set has no order."""
    values = None if isinstance(weights, AbstractSet) else listed(weights)
    if not isinstance(values, list):
        raise TypeError(
            f"{op}: {name} must be {also}a sequence of float or a 1-D tensor, "
            f"got {type(weights).__name__}"
        )
    return values


def _tensor_of(numbers: float | Sequence[float]) -> Tensor:
    """Return float64 numbers on the default device, which must be able to hold them."""
    tensor = torch.tensor(numbers, dtype=torch.float64)
    if tensor.is_meta:
        return torch.tensor(numbers, dtype=torch.float64, device="cpu")
    return tensor


def _finite_weights(op: str, name: str, values: list[float]) -> None:
    if not all(math.isfinite(v) and v >= 0 for v in values):
        raise ValueError(f"{op}: {name} must be finite and not negative, got {values}")
