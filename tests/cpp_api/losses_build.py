"""Compiles the C++ of the losses' tests, as a program and as a library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from compiling import HERE, ROOT, compile_flags, gcc, link_flags, run_compiler


class Programs(NamedTuple):
    """What one compilation makes."""

    program: Path
    library: Path  #: the same, for a Python process


def snippet() -> str:
    """Return the C++ program of docs/losses.md."""
    text = (ROOT / "docs" / "losses.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
    return str(block)


def compile_unit(command: str, source: Path, standard: int, *flags: str) -> None:
    """Compile one unit."""
    run_compiler([command, *compile_flags(standard), "-fPIC", *flags, str(source)])


def build(folder: Path) -> Programs:
    """Compile the program as C++17 and the snippet of the docs as C++20, into one."""
    command = gcc()
    assert command is not None
    docs = folder / "docs_losses.cpp"
    docs.write_text(snippet(), encoding="utf-8")
    units = [str(folder / "losses_program.o"), str(folder / "docs_losses.o")]
    compile_unit(command, HERE / "losses_program.cpp", 17, "-c", "-o", units[0])
    compile_unit(command, docs, 20, "-Dmain=docs_main", "-c", "-o", units[1])
    programs = Programs(folder / "losses_program", folder / "losses_library.so")
    for path, flags in ((programs.program, []), (programs.library, ["-shared"])):
        run_compiler([command, *flags, *units, "-o", str(path), *link_flags()])
    return programs
