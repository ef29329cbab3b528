"""Loads the compiled op libraries, or says what to do about it.

Importing this module registers every ``torch.ops.torchtally`` op. The CUDA library
is loaded only where torch is a CUDA build; elsewhere, and where the package was
built without it, CUDA tensors meet a message instead of a crash.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path

import torch

COUNTING_OPS = (
    "confusion_matrix",
    "confusion_matrix_",
    "class_counts",
    "class_counts_",
)
OPS = (*COUNTING_OPS, "overlap_sums", "overlap_sums_backward")


def library_folder() -> Path:
    """Return the folder of the op libraries, beside the compiled module ``_core``."""
    spec = importlib.util.find_spec("torchtally._core")
    if spec is None or spec.origin is None:
        raise ImportError(
            "torchtally: the compiled module torchtally._core is missing. "
            "Install the package ('pip install torch cmake ninja pybind11 "
            "scikit-build-core', then 'pip install --no-build-isolation .') and "
            "import it from outside its source folder."
        )
    return Path(spec.origin).parent / "lib"


def _library_file(stem: str) -> Path | None:
    names = (f"lib{stem}.so", f"lib{stem}.dylib", f"{stem}.dll")
    return next(
        (path for name in names if (path := library_folder() / name).is_file()), None
    )


def _load(path: Path) -> None:
    try:
        torch.ops.load_library(str(path))
    except OSError as error:
        raise ImportError(
            f"torchtally: {path.name} does not load into torch {torch.__version__}, "
            f"torchtally needs torch >= 2.10 ({error})"
        ) from error


def _load_cuda() -> str:
    """Load the CUDA library; return why it is not there, or an empty string."""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is not a CUDA build"
    path = _library_file("torchtally_cuda")
    if path is None:
        return (
            "torchtally was built without CUDA kernels; rebuild it against this torch "
            "where nvcc is found: "
            "pip install --no-build-isolation . -C cmake.define.TORCHTALLY_CUDA=ON"
        )
    _load(path)
    return ""


def _register_cuda_message(reason: str) -> None:
    def refuse(op: str, *_args: object, **_kwargs: object) -> None:
        raise RuntimeError(f"{op}: no CUDA kernels for a CUDA tensor: {reason}")

    for op in OPS:
        _keep_alive.impl(op, partial(refuse, op), "CUDA")


_keep_alive = torch.library.Library("torchtally", "IMPL")
_cpu_library = _library_file("torchtally")
if _cpu_library is None:
    raise ImportError(
        f"torchtally: libtorchtally is missing in {library_folder()}; "
        "reinstall the package"
    )
_load(_cpu_library)

#: Why CUDA tensors are refused; empty where the CUDA library is loaded.
cuda_unavailable_reason: str = _load_cuda()
if cuda_unavailable_reason:
    _register_cuda_message(cuda_unavailable_reason)

# Counts are integers: no gradient flows, and no autograd node is made for one.
for _op in COUNTING_OPS:
    _keep_alive.impl(_op, torch.library.fallthrough_kernel, "Autograd")
