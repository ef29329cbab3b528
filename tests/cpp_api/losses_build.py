"""Compiles the C++ of these tests against the installed torch and torchtally."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import torch
from torch.utils import cpp_extension

from torchtally import _library

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


class Programs(NamedTuple):
    """What one compilation makes."""

    program: Path
    library: Path  #: the same, for a Python process


def compiler() -> str | None:
    """Return the C++ compiler to use, or None."""
    return shutil.which(os.environ.get("CXX", "c++")) or shutil.which("g++")


def snippet() -> str:
    """Return the C++ program of docs/losses.md."""
    text = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
    return str(block)


def compile_unit(command: str, source: Path, standard: int, *flags: str) -> None:
    """Compile one unit with every warning an error."""
    torch_includes = [f"-isystem{path}" for path in cpp_extension.include_paths()]
    abi = int(torch.compiled_with_cxx11_abi())
    _run(
        [
            command,
            f"-std=c++{standard}",
            "-O0",
            "-fPIC",
            *WARNINGS,
            f"-D_GLIBCXX_USE_CXX11_ABI={abi}",
            f"-I{ROOT / 'csrc' / 'include'}",
            *torch_includes,
            *flags,
            str(source),
        ]
    )


def build(folder: Path) -> Programs:
    """Compile the program as C++17 and the snippet of the docs as C++20, into one.

    Raises:
        RuntimeError: with the compiler's words, if it fails.
    """
    command = compiler()
    assert command is not None
    docs = folder / "docs_losses.cpp"
    docs.write_text(snippet(), encoding="utf-8")
    units = [folder / "losses_program.o", folder / "docs_losses.o"]
    source = HERE / "losses_program.cpp"
    compile_unit(command, source, 17, "-c", "-o", str(units[0]))
    compile_unit(command, docs, 20, "-Dmain=docs_main", "-c", "-o", str(units[1]))
    programs = Programs(folder / "losses_program", folder / "losses_library.so")
    folders = [*cpp_extension.library_paths(), str(_library.library_folder())]
    libraries = ["-ltorchtally", "-ltorch", "-ltorch_cpu", "-lc10"]
    for path, flags in ((programs.program, []), (programs.library, ["-shared"])):
        _run(
            [
                command,
                *flags,
                *map(str, units),
                "-o",
                str(path),
                "-Wl,--no-as-needed",
                *(f"-L{name}" for name in folders),
                *libraries,
                *(f"-Wl,-rpath,{name}" for name in folders),
            ]
        )
    return programs


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
