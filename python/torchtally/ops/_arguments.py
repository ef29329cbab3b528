"""What the arguments of every op must be: the rules, and the words of their errors."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.nn import Parameter
from torch.utils.dlpack import from_dlpack

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
        TypeError: if it is not None, an int, or several in a sequence, set or array.
        ValueError: if a value does not fit int64.
    """
    if ignore_index is None:
        return []
    values = ignore_index if type(ignore_index) is int else listed(ignore_index)
    if isinstance(values, int):
        values = [values]
    if not isinstance(values, list):
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
    return values


def plain(tensor: Any) -> Any:
    """Return a tensor without the class that another library made of it, or an array.

    Such a class (MONAI's MetaTensor, say) makes results of its kind, with everything
    that it carries, and two of them refuse each other. A class that says how its data
    are stored, such as DTensor, is left as it is. An array of another library becomes
    a tensor on the same memory; what cannot be read is left for the checks to refuse.
    """
    kind: Any = type(tensor)
    if kind is Tensor or kind is Parameter:  # whose results are plain
        return tensor
    if not isinstance(tensor, Tensor):
        return None if tensor is None else _tensor_of_array(tensor)
    if kind.__torch_dispatch__ is not Tensor.__torch_dispatch__:
        return tensor
    with torch._C.DisableTorchFunctionSubclass():
        return tensor.as_subclass(Tensor)


def _tensor_of_array(array: Any) -> Any:
    """Return a tensor on the memory of an array; what is none as it is."""
    of_numpy = hasattr(array, "__array_interface__")
    of_dlpack = hasattr(array, "__dlpack__")
    if is_compiling():  # where torch keeps a tensor for each NumPy array
        return torch.as_tensor(array) if of_numpy or of_dlpack else array
    if not of_numpy and of_dlpack:
        try:
            # torch aborts where a stride is negative.
            if any(step < 0 for step in getattr(array, "strides", None) or ()):
                array = array.copy()
            return from_dlpack(array)
        except Exception:  # of another library
            return array
    if not of_numpy and not hasattr(array, "__array__"):
        return array
    given = array
    try:
        import numpy as np

        array = np.asanyarray(given)
    except Exception:  # no NumPy, or what another library refuses
        return given
    if array.dtype.kind not in "biufc" or isinstance(array, np.ma.MaskedArray):
        return given
    size = array.itemsize
    if not array.dtype.isnative or any(s < 0 or s % size for s in array.strides):
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    if not array.flags.writeable:
        array = np.asarray(_Written(array))
    try:
        return torch.from_numpy(array)
    except TypeError:  # a dtype that torch does not have
        return given


class _Written:
    """The memory of a read-only array, which torch warns of and nothing here writes."""

    def __init__(self, array: Any) -> None:
        interface = array.__array_interface__
        self.__array_interface__ = {**interface, "data": (interface["data"][0], False)}
        self.array = array  # stays alive


def not_a_tensor(op: str, name: str, value: object, also: str = "") -> TypeError:
    """Return the error of an argument that ``plain`` could not make a tensor of.

    Args:
        op: name of the operation.
        name: of the argument.
        value: what it is.
        also: what else it may be.
    """
    kind, remedy = type(value).__name__, ""
    if isinstance(value, (list, tuple)):
        make = "stack" if any(isinstance(v, Tensor) for v in value) else "as_tensor"
        remedy = f"; pass torch.{make}({name})"
    elif kind == "MaskedArray":
        remedy = f"; pass {name}.data, and mask=~numpy.ma.getmaskarray({name})"
    elif hasattr(value, "dtype"):
        kind = f"{kind} of {value.dtype}"
        try:
            from_dlpack(value)
        except Exception as error:  # says why
            remedy = f" ({error})"
    return TypeError(
        f"{op}: {name} must be a tensor or an array{also}, got {kind}{remedy}"
    )


def of_memory(error: RuntimeError) -> RuntimeError:
    """Return what an op raised, as torch's error where memory was not there.

    The libtorch that an op is built against passes words on, and no type.
    """
    if "which could not be allocated" in str(error):
        return torch.OutOfMemoryError(str(error))
    return error


def number(value: Any) -> Any:
    """Return the Python number, or bool, that a number of another library stands for.

    Scalars of NumPy and arrays without dimensions; tensors without dimensions on the
    CPU, where the host does not wait, that need no gradient; whatever has
    ``__index__``, and real numbers. Anything else is returned as it is.
    """
    kind = type(value)
    if kind is int or kind is float or kind is bool or value is None:
        return value
    if (dims := getattr(value, "ndim", None)) is not None:
        of_torch = isinstance(value, Tensor)
        if dims > 0 or (of_torch and (value.requires_grad or not value.is_cpu)):
            return value
        value = value.item()
    if isinstance(value, (bool, str)):
        return value
    if hasattr(value, "__index__"):
        return operator.index(value)
    return float(value) if isinstance(value, numbers.Real) else value


def listed(values: Any) -> Any:
    """Return a list of Python numbers for several, and a Python number for one.

    Several are a sequence, a set, in order, or an array or tensor of one dimension or
    more. Anything else is returned as it is.
    """
    values = number(values)
    if isinstance(values, (int, float)):  # Dynamo's have no attributes to ask for
        return values
    if isinstance(values, AbstractSet):
        several = [number(value) for value in values]
        try:
            return sorted(several)
        except TypeError:  # not all of them are numbers
            return several
    if getattr(values, "ndim", 0) > 0 and not getattr(values, "is_meta", False):
        return values.tolist()
    if isinstance(values, Sequence) and not isinstance(values, (str, bytes)):
        return [number(value) for value in values]
    return values


def holds(dtype: torch.dtype, value: int) -> bool:
    """Whether labels of this dtype can be ``value``, which would wrap if not."""
    if dtype == torch.bool:
        return value in (0, 1)
    limits = torch.iinfo(dtype)
    return limits.min <= value <= limits.max
