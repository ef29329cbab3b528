"""Compiles the C++ of the losses' tests, as a program and as a library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from compiling import HERE, ROOT, compile_flags, gcc, link_flags, run_compiler

_UNIT = "losses_program.o"


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
    """Compile the program, as C++17."""
    command = gcc()
    assert command is not None
    made = programs_in(folder)
    unit = str(folder / _UNIT)
    compile_unit(command, HERE / "losses_program.cpp", 17, "-c", "-o", unit)
    for path, flags in ((made.program, []), (made.library, ["-shared"])):
        run_compiler([command, *flags, unit, "-o", str(path), *link_flags()])
    return made


def programs_in(folder: Path) -> Programs:
    """Return what was built in a folder."""
    return Programs(folder / "losses_program", folder / "losses_library.so")


def build_docs(programs: Programs, folder: Path) -> Path:
    """Link the program with the snippet of the docs, which is compiled as C++20."""
    command = gcc()
    assert command is not None
    docs, program = folder / "docs_losses.cpp", folder / "docs_losses"
    docs.write_text(snippet(), encoding="utf-8")
    units = [str(programs.program.with_name(_UNIT)), str(folder / "docs_losses.o")]
    compile_unit(command, docs, 20, "-Dmain=docs_main", "-c", "-o", units[1])
    run_compiler([command, *units, "-o", str(program), *link_flags()])
    return program
