"""Faults planted in the emulated CUDA kernels are caught, and sound kernels are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from cuda_emulation import build, faults, planting
from cuda_emulation.faults import FAULTS, FLAGS, Fault
from shared_builds import SharedBuilds

ProgramOf = Callable[[Fault], Path]


@cache
def missing(means: str) -> str:
    """Return why nothing can be compiled with a means, or nothing."""
    if build.compiler() is None:
        return "no C++ compiler"
    with TemporaryDirectory() as folder:
        source = Path(folder) / "empty.cpp"
        source.write_text("int main() {}\n")
        try:
            build.compile_cpp([source], Path(folder) / "empty", FLAGS[means])
        except RuntimeError as error:
            return f"{means} is not installed: {error}"
    return ""


@pytest.fixture
def program_of(shared_builds: SharedBuilds) -> ProgramOf:
    """The program that holds the copy of a fault, and others."""

    def of(fault: Fault) -> Path:
        if why := missing(fault.means):
            pytest.skip(why)
        # The problems and the loops over pixels: no fault is in them.
        cases = shared_builds.folder(
            "cases", lambda folder: build.compile_cases(folder, ["-O2"])
        )
        copies = planting.copies_of(fault.means, fault.program)
        folder = shared_builds.folder(
            f"{fault.program}-{list(FLAGS).index(fault.means)}",
            lambda folder: planting.compile_copies(
                copies, folder, sorted(cases.glob("*.o"))
            ),
        )
        return folder / "copies"

    return of


def each(copies: Iterable[Fault]) -> list[Any]:
    """Return parameters of a test: what needs a sanitizer is slow."""
    return [
        pytest.param(
            copy,
            id=copy.name,
            marks=[pytest.mark.slow] if copy.means != faults.NONE else [],
        )
        for copy in copies
    ]


@pytest.mark.parametrize("fault", each(FAULTS))
def test_a_fault_is_caught(
    program_of: ProgramOf,
    fault: Fault,
    record_property: Callable[[str, object], None],
) -> None:
    report = planting.report_of(fault, program_of(fault))
    assert report, f"not caught by {fault.means}"
    record_property("cuda_fault", f"{fault.name}: {fault.means} ({report})")


@pytest.mark.parametrize("kernels", each(planting.SOUND))
def test_nothing_is_reported_of_sound_kernels(
    program_of: ProgramOf, kernels: Fault
) -> None:
    """Of the kernels that the faults are planted in; make sanitize runs them all."""
    copy = planting.copies_of(kernels.means, kernels.program).index(kernels)
    done = planting.run(program_of(kernels), copy, 60)
    assert done.returncode == 0, done.stderr
    assert "60 random problems agree" in done.stdout


def test_a_fault_that_no_longer_fits_is_an_error() -> None:
    fault = Fault("gone", faults._BINS, "no such code", "", faults.NONE, "")
    with pytest.raises(ValueError, match="occurs 0 times"):
        planting.plant(fault)
    fault = Fault("twice", faults._BINS, "__syncthreads();", "", faults.NONE, "")
    with pytest.raises(ValueError, match=r"occurs \d+ times"):
        planting.plant(fault)
