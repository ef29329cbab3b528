"""Compiles C++ programs against these headers, and the installed libraries."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import torch

from torchtally import _library

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
TORCH = Path(torch.__file__).parent
LIBRARIES = (TORCH / "lib", _library.library_folder())


def gcc() -> str | None:
    """Return the first of $CXX, g++ and c++ that is on PATH."""
    names = (os.environ.get("CXX", ""), "g++", "c++")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def clang() -> str | None:
    """Return clang++, or None."""
    return shutil.which("clang++")


def compile_flags(standard: int) -> list[str]:
    """Return what every unit is compiled with: warnings of ours are errors."""
    flags = [f"-std=c++{standard}", "-O0", *WARNINGS]
    flags += [f"-I{ROOT / 'csrc' / 'include'}"]
    for folder in ("include", "include/torch/csrc/api/include"):
        flags += ["-isystem", str(TORCH / folder)]
    return flags


def link_flags() -> list[str]:
    """Return the flags of a program that calls torchtally.

    A linker may drop a library of torch that the program does not call. libtorchtally
    needs it, and a program's runpath is not searched for what libraries need; so these
    are kept, as torch's own CMake package keeps them.
    """
    flags = [f"-L{folder}" for folder in LIBRARIES]
    flags += ["-ltorchtally", "-Wl,--push-state,--no-as-needed"]
    flags += ["-ltorch", "-ltorch_cpu", "-lc10", "-Wl,--pop-state"]
    return flags + [f"-Wl,-rpath,{folder}" for folder in LIBRARIES]


def run_compiler(command: Sequence[str]) -> None:
    """Run a compiler; RuntimeError with its words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")


def compile_program(
    compiler: str, source: Path, program: Path, standard: int, flags: Sequence[str] = ()
) -> Path:
    """Compile and link one file."""
    command = [compiler, *compile_flags(standard), str(source), "-o", str(program)]
    run_compiler([*command, *flags, *link_flags()])
    return program
