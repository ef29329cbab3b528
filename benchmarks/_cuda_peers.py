"""What the CUDA benchmark compares with: torch.bincount, torchmetrics and CUB."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

IGNORE = 255
Call = Callable[[], Tensor]


def labels_of(preds: Tensor) -> Tensor:
    """Return predicted labels, by an argmax where preds holds scores."""
    return preds.argmax(1) if preds.is_floating_point() else preds


def bincount(preds: Tensor, target: Tensor, c: int) -> Tensor:
    """Count as is usual with torch alone."""
    keep = target != IGNORE
    pairs = target[keep].long() * c + labels_of(preds)[keep].long()
    return torch.bincount(pairs, minlength=c * c).view(c, c)


def torchmetrics(preds: Tensor, target: Tensor, c: int) -> Call | None:
    """Return a call of torchmetrics without its validation, where it is installed."""
    try:
        from torchmetrics.functional.classification import multiclass_confusion_matrix
    except ImportError:
        return None
    return lambda: multiclass_confusion_matrix(
        preds, target.long(), c, ignore_index=IGNORE, validate_args=False
    )


def deterministic(call: Call) -> Call:
    """Return the call with deterministic algorithms only."""

    def run() -> Tensor:
        torch.use_deterministic_algorithms(True)
        try:
            return call()
        finally:
            torch.use_deterministic_algorithms(False)

    return run


@cache
def compiled_cub() -> ctypes.CDLL | None:
    """Compile cub_histogram.cu for this device, or say why not."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        print("no nvcc: CUB is left out")
        return None
    capability = torch.cuda.get_device_capability() if torch.cuda.is_available() else 0
    arch = f"sm_{capability[0]}{capability[1]}" if capability else "sm_90"
    source = Path(__file__).with_name("cub_histogram.cu")
    library = Path(tempfile.mkdtemp(prefix="torchtally-cub-")) / "cub_histogram.so"
    command = [nvcc, "-std=c++17", "-O3", f"-arch={arch}", "-shared", "-Xcompiler"]
    command += ["-fPIC", str(source), "-o", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"CUB is left out: {done.stderr[-2000:]}")
        return None
    loaded = ctypes.CDLL(str(library))
    shutil.rmtree(library.parent)
    return loaded


def cub(preds: Tensor, target: Tensor, c: int) -> Call | None:
    """Return a call of DeviceHistogram, for labels of int64 or uint8."""
    same = preds.dtype == target.dtype and preds.dtype in (torch.int64, torch.uint8)
    library = compiled_cub() if same else None
    if library is None:
        return None
    if not preds.is_cuda:  # a dry run: compiled and loaded, and bincount stands in
        return lambda: bincount(preds, target, c)
    matrix = torch.empty(c, c, dtype=torch.int64, device=preds.device)
    needed = ctypes.c_size_t(0)

    def call(scratch: int | None) -> None:
        error = library.cub_confusion_matrix(
            ctypes.c_int(preds.element_size()),
            ctypes.c_void_p(scratch),
            ctypes.byref(needed),
            ctypes.c_void_p(preds.data_ptr()),
            ctypes.c_void_p(target.data_ptr()),
            ctypes.c_int64(preds.numel()),
            ctypes.c_int32(c),
            ctypes.c_int64(IGNORE),
            ctypes.c_void_p(matrix.data_ptr()),
            ctypes.c_void_p(torch.cuda.current_stream().cuda_stream),
        )
        if error:
            raise RuntimeError(f"CUB failed with CUDA error {error}")

    call(None)
    scratch = torch.empty(needed.value, dtype=torch.uint8, device=preds.device)

    def run() -> Tensor:
        call(scratch.data_ptr())
        return matrix

    return run
