"""How the benchmarks choose rounds and hold the allocator fixed; nothing is timed."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def timing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, with a clock that believes what a call returns."""
    pytest.importorskip("numpy")
    monkeypatch.syspath_prepend(BENCHMARKS)
    module = importlib.import_module("_timing")
    monkeypatch.setattr(module, "timed", lambda call, _: call())
    return module


def measured(timing: ModuleType, full: bool) -> dict[str, list[float]]:
    """Measure 9 rounds of calls that take these seconds."""
    contender = importlib.import_module("_peers").Contender
    swinging = iter([0.02, 0.02, *[0.09, 0.02] * 4])  # after a call that is not timed
    calls = [
        contender("floor", lambda: 0.01),
        contender("ours", lambda: next(swinging)),
        contender("quick", lambda: 0.1),
        contender("a part", lambda: 0.1, 4.0),  # of the pixels: 0.4 s for all
        contender("long", lambda: 0.39),
        contender("slow", lambda: 0.41),
    ]
    rounds = timing.Rounds(9, full, always=("ours", "floor"))
    seconds: dict[str, list[float]] = timing.measure(
        calls, rounds, before=lambda: None, repeat=False
    )
    return seconds


def test_slow_peers_run_once(timing: ModuleType) -> None:
    seconds = measured(timing, full=False)
    assert {name: len(found) for name, found in seconds.items()} == {
        "floor": 9,
        "ours": 9,
        "quick": 9,
        "a part": 9,
        "long": 3,
        "slow": 1,
    }
    assert timing.median_ratio(seconds, "ours", "floor") == pytest.approx(2.0)
    assert timing.median_ratio(seconds, "slow", "ours") == pytest.approx(20.5)
    assert set(seconds["a part"]) == {0.4}


def test_full_runs_all_rounds(timing: ModuleType) -> None:
    assert {len(found) for found in measured(timing, full=True).values()} == {9}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator")
def test_a_kept_allocator_asks_for_no_pages() -> None:
    code = (
        "import os, _allocator; _allocator.keep_memory(); size = 80 << 20; b'x' * size;"
        "print(_allocator.page_faults(lambda: b'x' * size), os.environ['GIVEN'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=BENCHMARKS,
        env={**os.environ, "GIVEN": "kept"},
    )
    faults, given = done.stdout.split()
    assert int(faults) < 200  # 80 MB are 20,000 pages
    assert given == "kept"


def test_integrations_beside_their_frameworks(
    timing: ModuleType,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    integrations = importlib.import_module("integrations")
    monkeypatch.setattr(integrations, "timed", timing.timed)
    case = importlib.import_module("_integrations").Case(
        "a framework", "update", "an input", lambda: lambda: 0.4, lambda: lambda: 0.1
    )
    row = integrations.measure_case(case, seconds=2.5, quick=False)
    assert row["ours_over_original"] == pytest.approx(0.25)
    assert row["rounds"] == integrations.FEWEST  # 0.5 s a round
    integrations.print_report({"threads": 1, "cases": {"a case": row}})
    assert "0.25 to 0.25" in capsys.readouterr().out
    assert not integrations.cases_of("_integrations_of_nothing")
    assert "of_nothing is left out" in capsys.readouterr().err
