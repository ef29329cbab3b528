"""Inputs, layouts and the comparison of the emulated kernels with references."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from cuda_emulation import counting
from cuda_emulation.counting import SMALL, DeviceFacts, Emulation, Tier
from references import class_counts_reference, confusion_matrix_reference

OPS = ["confusion_matrix", "class_counts"]
TIERS = [Tier.SHARED, Tier.GLOBAL, Tier.PAIRS]
LABELS = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.uint16,
    torch.int32,
    torch.uint32,
    torch.int64,
    torch.uint64,
]
SCORES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def labels(
    shape: tuple[int, ...], num_classes: int, dtype: torch.dtype, seed: int
) -> Tensor:
    """Noise, half of it with long runs; some labels out of range, some negative."""
    random = generator(seed)
    values = torch.randint(0, num_classes, shape, generator=random)
    flat = values.view(-1)
    flat[: flat.numel() // 2] = flat[: flat.numel() // 2] // 3
    kind = torch.randint(0, 12, shape, generator=random)
    values = torch.where(kind == 0, num_classes, values)
    values = torch.where(kind == 1, 255, values)
    values = torch.where(kind == 2, -1, values)
    return values.to(torch.bool) if dtype == torch.bool else values.to(dtype)


def sparse(elements: int, dtype: torch.dtype) -> Tensor:
    """Zeros that take address space but no memory, until they are written."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
    try:
        memory = mmap.mmap(-1, elements * dtype.itemsize, flags=flags)
    except OSError as error:
        pytest.skip(f"no address space: {error}")
    return torch.frombuffer(memory, dtype=dtype)


def check(
    emulation: Emulation,
    op: str,
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    *,
    policy: dict[str, int] | None = None,
    device: DeviceFacts = SMALL,
    order: int = 0,
    merge: bool = True,
    **options: Any,
) -> None:
    """Compare a call with its reference; counts already there must be kept."""
    reference = (
        confusion_matrix_reference
        if op == "confusion_matrix"
        else class_counts_reference
    )
    counts, invalid = reference(preds, target, num_classes, **options)
    problem = counting.make_problem(preds, target, num_classes, merge=merge, **options)
    actual = torch.full_like(counts, 7).contiguous()
    actual_invalid = torch.full_like(invalid, 5).contiguous()
    emulation.run(
        op == "confusion_matrix",
        problem,
        actual,
        actual_invalid,
        policy=emulation.policy(**(policy or {})),
        device=device,
        order=order,
    )
    torch.testing.assert_close(actual - 7, counts, rtol=0, atol=0)
    torch.testing.assert_close(actual_invalid - 5, invalid, rtol=0, atol=0)


def contiguous(tensor: Tensor) -> Tensor:
    return tensor.contiguous()


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.to(memory_format=torch.channels_last)


def transposed(tensor: Tensor) -> Tensor:
    return tensor.transpose(-1, -2).contiguous().transpose(-1, -2)


def strided(tensor: Tensor) -> Tensor:
    """Every other element of every dimension of a larger tensor."""
    large = torch.ones([2 * size for size in tensor.shape], dtype=tensor.dtype)
    view = large[tuple(slice(0, None, 2) for _ in tensor.shape)]
    return view.copy_(tensor)


def cropped(tensor: Tensor) -> Tensor:
    """Rows of a wider tensor: unit stride, but a gap and an odd start."""
    large = torch.ones([*tensor.shape[:-1], tensor.shape[-1] + 3], dtype=tensor.dtype)
    return large[..., 1:-2].copy_(tensor)


def aligned_crop(tensor: Tensor) -> Tensor:
    """Rows of a wider tensor that start at multiples of 16 elements."""
    width = (tensor.shape[-1] // 16 + 1) * 16
    large = torch.ones([*tensor.shape[:-1], width], dtype=tensor.dtype)
    return large[..., : tensor.shape[-1]].copy_(tensor)


Layout = Callable[[Tensor], Tensor]
LAYOUTS: list[Layout] = [contiguous, transposed, strided, cropped, aligned_crop]
