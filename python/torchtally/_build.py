"""What this build of torchtally is, and what it runs on."""

from __future__ import annotations

import torch

from torchtally import _core, _library

#: Where CMake finds the package TorchTally: for CMAKE_PREFIX_PATH, beside that of torch
#: (``torch.utils.cmake_prefix_path``).
cmake_prefix_path: str = str(_library.library_folder().parent / "share" / "cmake")


def build_info() -> dict[str, str]:
    """Describe the compiled libraries and the torch that they run in.

    Returns:
        ``version``, ``compiler``, ``torch_headers`` and ``torch_abi`` (built against,
        and the oldest torch that loads it), ``cpu_capability`` (instruction set of
        the kernels in use), ``cuda_compiler`` and ``cuda_archs`` (empty without CUDA
        kernels), ``torch`` (running now), ``cuda`` (``"loaded"``, or why not).

    Example:
        >>> build_info()["torch_abi"]
        '2.10'
    """
    info: dict[str, str] = _core.build_info()
    info["torch"] = str(torch.__version__)
    info["cuda"] = _library.cuda_unavailable_reason or "loaded"
    return info
