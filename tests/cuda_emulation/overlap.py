"""The emulated CUDA ops of overlap_sums, with gradients, on tensors of the CPU."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cuda_emulation.counting import covered
from torchtally.ops.overlap_sums import OverlapSums

_I32, _I64 = ctypes.c_int32, ctypes.c_int64


class Route(IntEnum):
    """How the pixels of a part are summed."""

    AUTO = 0
    REGISTERS = 1
    TILES = 2


class Policy(ctypes.Structure):
    """``OverlapPolicy`` of csrc/ops/cuda/overlap_policy.h."""

    _fields_ = (
        ("path", _I32),
        ("threads", _I64),
        ("least_pixels", _I64),
        ("register_pixels", _I64),
        ("register_parts", _I64),
        ("fewest_parts", _I64),
        ("fewest_pixels", _I64),
        ("most_parts", _I64),
        ("partial_bytes", _I64),
        ("partial_share", _I64),
        ("tile_bytes", _I64),
        ("least_tile", _I64),
        ("most_tile", _I64),
        ("least_lanes", _I64),
        ("least_staged", _I64),
        ("fold_pixels", _I64),
        ("max_grid", _I64),
    )


_DTYPES = {"c10::Half": "float16", "c10::BFloat16": "bfloat16"}
_DTYPES |= {"float": "float32", "double": "float64"}
_ENUMS = {
    "Activation": ("softmax", "sigmoid", "none"),
    "cuda::OverlapAccess": ("elements", "packs", "rows"),
}


def kernel_name(demangled: str) -> str:
    """Return ``overlap_registers_forward, float32, 32, packs`` for the name in C++."""
    found = re.search(r"(overlap_\w+)<([^<>]*)>", demangled)
    if found is None:
        raise ValueError(f"not a kernel of overlap_sums: {demangled}")
    pieces = [found[1]]
    for argument in found[2].split(", "):
        value = re.fullmatch(r"\(torchtally::([\w:]+)\)(\d)", argument)
        chosen = _ENUMS[value[1]][int(value[2])] if value else argument
        pieces.append(_DTYPES.get(chosen, chosen))
    return ", ".join(pieces)


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Any:
        *tensors, options = given
        ctx.save_for_backward(*tensors)
        ctx.options = options
        output = torch.ops.torchtally_emulated.overlap_sums(*tensors, **options)
        ctx.mark_non_differentiable(*output[2:])
        return output

    @staticmethod
    def backward(ctx: Any, grad_sums: Tensor, grad_loss: Tensor, *_: Any) -> Any:
        gradient = torch.ops.torchtally_emulated.overlap_sums_backward(
            grad_sums, grad_loss, *ctx.saved_tensors, **ctx.options
        )
        return gradient, None, None, None, None


class OverlapEmulation:
    """The emulated ops of one build."""

    def __init__(self, library: Path) -> None:
        torch.ops.load_library(str(library))
        self._library = ctypes.CDLL(str(library))
        self._library.overlap_launches.restype = ctypes.c_char_p
        self._library.overlap_policy_size.restype = _I64
        if self._library.overlap_policy_size() != ctypes.sizeof(Policy):
            raise RuntimeError("OverlapPolicy differs between Python and C++")

    @contextmanager
    def policy(self, *, order: int = 0, **fields: int) -> Iterator[None]:
        """Launch with other tuning numbers, with shuffled threads."""
        usual, changed = Policy(), Policy()
        for policy in (usual, changed):
            self._library.default_overlap_policy(ctypes.byref(policy))
        for name, value in fields.items():
            setattr(changed, name, value)
        self._library.set_overlap(ctypes.byref(changed), ctypes.c_uint32(order))
        try:
            yield
        finally:
            self._library.set_overlap(ctypes.byref(usual), ctypes.c_uint32(0))

    def launched(self) -> list[str]:
        """Return the names of the kernels launched since the last call, and note them.

        The summary of a test run lists all that were noted.
        """
        names = []
        for line in self._library.overlap_launches().decode().splitlines():
            times, name = line.split(" ", 1)
            names.append(kernel_name(name))
            covered[names[-1]] += int(times)
        return sorted(names)

    def sums(
        self,
        values: Tensor,
        target: Tensor,
        *,
        activation: str = "softmax",
        ignore_index: int | list[int] | None = None,
        mask: Tensor | None = None,
        class_weight: Tensor | None = None,
        label_smoothing: float = 0.0,
    ) -> OverlapSums:
        """Return what ``torchtally.overlap_sums`` would on a GPU, with gradients."""
        one = [ignore_index] if isinstance(ignore_index, int) else ignore_index
        options = {
            "activation": activation,
            "ignore_index": one or [],
            "label_smoothing": label_smoothing,
        }
        sums, *rest = _Sums.apply(values, target, mask, class_weight, options)
        return OverlapSums(*sums.unbind(1), *rest)
