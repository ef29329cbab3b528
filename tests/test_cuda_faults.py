"""Faults planted in the emulated CUDA kernels are caught, and sound kernels are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from cuda_emulation import build, faults
from cuda_emulation.faults import FAULTS, FLAGS, Fault

Cases = Callable[[str], list[Path]]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """The random problems, compiled once for each means."""
    if build.compiler() is None:
        pytest.skip("no C++ compiler")
    compiled: dict[str, list[Path]] = {}

    def of(means: str) -> list[Path]:
        if means not in compiled:
            folder = tmp_path_factory.mktemp("cases")
            compiled[means] = build.compile_cases(folder, FLAGS[means])
            sound = folder / "sound.cpp"
            sound.write_text("int main() {}\n")
            try:
                build.compile_cpp([sound], folder / "sound", FLAGS[means])
            except RuntimeError as error:
                pytest.skip(f"{means} is not installed: {error}")
        return compiled[means]

    return of


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_caught(
    cases: Cases,
    fault: Fault,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    report = faults.report_of(fault, tmp_path, cases(fault.means))
    assert report, f"not caught by {fault.means}"
    record_property("cuda_fault", f"{fault.name}: {fault.means} ({report})")


@pytest.mark.parametrize("means", FLAGS)
def test_nothing_is_reported_of_sound_kernels(
    cases: Cases, means: str, tmp_path: Path
) -> None:
    """Of the kernels that the faults are planted in; make sanitize runs them all."""
    some = {(f.program, f.tier): f for f in FAULTS if f.source == "Labels<1>"}
    for fault in some.values():
        same = dataclasses.replace(fault, means=means)
        sources = build.ROOT / "csrc"
        program = faults.compile_kernels(same, tmp_path, cases(means), sources)
        done = faults.run(program, 60)
        assert done.returncode == 0, done.stderr
        assert "60 random problems agree" in done.stdout


def test_a_fault_that_no_longer_fits_is_an_error(tmp_path: Path) -> None:
    fault = Fault("gone", faults._BINS, "no such code", "", faults.NONE, "")
    with pytest.raises(ValueError, match="occurs 0 times"):
        faults.plant(fault, tmp_path / "csrc")
