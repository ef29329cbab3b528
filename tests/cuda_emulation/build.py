"""Compiles the emulated kernels: libraries to call, or programs of random problems.

``python tests/cuda_emulation/build.py FOLDER [FLAGS...]`` compiles the programs into a
folder, for instance with ``-fsanitize=thread``, and prints their paths.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/cuda_emulation"
POLICY = "ops/cuda/counting_policy.cpp"
OVERLAP_POLICY = "ops/cuda/overlap_policy.cpp"
OVERLAP_ARGUMENTS = ("operands.cpp", "overlap_arguments.cpp")
#: What the programs need beside the kernels, and what never changes with them.
CASES = tuple(
    ROOT / "tests/cpp" / name
    for name in ("cases.cpp", "problems.cpp", "overlap_cases.cpp")
)
#: The programs of random problems, and what of csrc they are linked with.
PROGRAMS = {"counting_test": POLICY, "overlap_test": OVERLAP_POLICY}
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")


def compiler() -> str | None:
    """Return the first of $CXX, g++ and c++ that is on PATH."""
    names = (os.environ.get("CXX", ""), "g++", "c++")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def compile_cpp(
    inputs: Sequence[Path],
    output: Path,
    flags: Sequence[str] = (),
    *,
    sources: Path = ROOT / "csrc",
) -> Path:
    """Run the compiler; files of ``sources`` come before those of csrc."""
    found = compiler()
    if found is None:
        raise RuntimeError("no C++ compiler")
    command = [found, "-std=c++20", "-O1", "-g1", "-fno-omit-frame-pointer"]
    command += [*WARNINGS, "-Wno-unknown-pragmas"]
    for folder in (sources, ROOT / "csrc", HERE, ROOT / "tests/cpp"):
        command += ["-I", str(folder)]
    command += ["-isystem", str(Path(torch.__file__).parent / "include")]
    command += [*flags, *map(str, inputs), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}\n{done.stderr}")
    return output


def compile_library(folder: Path) -> Path:
    """Compile what ``counting.Emulation`` loads."""
    inputs = [HERE / "counting_emulation.cpp", ROOT / "csrc" / POLICY]
    flags = ["-fPIC", "-shared", "-fvisibility=hidden"]
    return compile_cpp(inputs, folder / "counting_emulation.so", flags)


def compile_overlap_library(folder: Path) -> Path:
    """Compile what ``overlap.OverlapEmulation`` loads: ops of torch, on its CPU."""
    inputs = [HERE / "overlap_emulation.cpp", ROOT / "csrc" / OVERLAP_POLICY]
    inputs += [ROOT / "csrc/ops" / name for name in OVERLAP_ARGUMENTS]
    torch_folder = Path(torch.__file__).parent
    # Visible, because the names of the kernels are read off the library.
    flags = ["-fPIC", "-shared", "-Wno-attributes"]
    flags += ["-DTORCH_TARGET_VERSION=0x020a000000000000ull"]
    flags += [f"-L{torch_folder}/lib", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu"]
    output = folder / "overlap_emulation.so"
    return compile_cpp(inputs, output, flags, sources=HERE / "stand_in")


def compile_cases(folder: Path, flags: Sequence[str] = ()) -> list[Path]:
    """Compile the random problems, which programs of the same flags share."""
    return [
        compile_cpp([path], folder / f"{path.stem}.o", [*flags, "-c"]) for path in CASES
    ]


def compile_program(
    name: str,
    folder: Path,
    flags: Sequence[str] = (),
    *,
    sources: Path = ROOT / "csrc",
    cases: Sequence[Path] = CASES,
) -> Path:
    """Compile a program that compares the kernels with a loop over pixels."""
    inputs = [HERE / f"{name}.cpp", sources / PROGRAMS[name], *cases]
    return compile_cpp(inputs, folder / name, flags, sources=sources)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        print(compile_program(program, target, sys.argv[2:]))
