"""What the arguments of every op must be: the rules, and the words of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from torchtally._options import IgnoreIndex

INTEGERS = frozenset(
    {
        torch.bool,
        torch.uint8,
        torch.uint16,
        torch.uint32,
        torch.uint64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
    }
)
SCORES = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})


def check_dense(op: str, name: str, tensor: Tensor) -> None:
    """Raise TypeError for a sparse, nested or quantized tensor."""
    if tensor.is_nested:
        raise TypeError(
            f"{op}: {name} must be a dense tensor, got a nested one; pass its tensors "
            "one by one, or pad them and pass mask"
        )
    if tensor.layout is not torch.strided:
        raise TypeError(
            f"{op}: {name} must be a dense tensor, got layout {tensor.layout}; pass "
            f"{name}.to_dense()"
        )
    if tensor.is_quantized:
        raise TypeError(
            f"{op}: {name} must not be quantized, got {tensor.dtype}; pass "
            f"{name}.dequantize() or {name}.int_repr()"
        )


def check_devices(op: str, target: Tensor, **others: Tensor | None) -> None:
    """Raise ValueError unless tensors are on the device of target, by their names."""
    for name, tensor in others.items():
        if tensor is not None and tensor.device != target.device:
            raise ValueError(
                f"{op}: {name} must be on the device of target, {target.device}, "
                f"got {tensor.device}"
            )


def check_choice(op: str, name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless ``value`` is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(
            f"{op}: {name} must be one of {', '.join(map(repr, allowed))}, "
            f"got {value!r}"
        )


def ignore_values(op: str, ignore_index: IgnoreIndex) -> list[int]:
    """Return ``ignore_index`` as a list of int.

    Raises:
        TypeError: if it is not None, an int or a sequence of int.
        ValueError: if a value does not fit int64.
    """
    if ignore_index is None:
        return []
    values = [ignore_index] if isinstance(ignore_index, int) else ignore_index
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(
            f"{op}: ignore_index must be None, an int or a sequence of int, "
            f"got {type(ignore_index).__name__}"
        )
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(
                f"{op}: ignore_index must hold int, got {type(value).__name__}"
            )
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{op}: ignore_index must fit int64, got {value}")
    return list(values)


def plain(tensor: Any) -> Any:
    """Return a tensor without the class that another library made of it.

    Such a class (MONAI's MetaTensor, say) makes results of its kind, with everything
    that it carries, and two of them refuse each other. A class that says how its data
    are stored, such as DTensor, is left as it is.
    """
    kind: Any = type(tensor)
    if (
        kind is Tensor
        or kind is Parameter  # its results are plain
        or not isinstance(tensor, Tensor)
        or kind.__torch_dispatch__ is not Tensor.__torch_dispatch__
    ):
        return tensor
    with torch._C.DisableTorchFunctionSubclass():
        return tensor.as_subclass(Tensor)


def holds(dtype: torch.dtype, value: int) -> bool:
    """Whether labels of this dtype can be ``value``, which would wrap if not."""
    if dtype == torch.bool:
        return value in (0, 1)
    limits = torch.iinfo(dtype)
    return limits.min <= value <= limits.max
