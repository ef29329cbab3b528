"""What tests on a GPU share: when they run, and how tensors get there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from torchtally import _library

#: Of a test file.
MARKS = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available() or bool(_library.cuda_unavailable_reason),
        reason=_library.cuda_unavailable_reason or "torch finds no CUDA device",
    ),
]


def on_gpu(tensor: Tensor) -> Tensor:
    """Copy a tensor with its strides."""
    size = 1 + sum(
        (n - 1) * stride
        for n, stride in zip(tensor.shape, tensor.stride(), strict=True)
    )
    if tensor.numel() == 0 or size > 2 * tensor.numel() + 1000:
        return tensor.cuda()
    storage = tensor.as_strided((size,), (1,)).cuda()
    return storage.as_strided(tensor.shape, tensor.stride())


@contextmanager
def no_synchronization() -> Iterator[None]:
    """Fail where the host waits for the device."""
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def need_memory(size: int) -> None:
    """Skip a test where the device has no room for so many bytes."""
    if torch.cuda.mem_get_info()[0] < size + 2**30:
        pytest.skip(f"needs {size / 2**30:.0f} GiB of GPU memory")
