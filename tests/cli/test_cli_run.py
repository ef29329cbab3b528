"""Runs that are cut short, spread over processes, or over ranks: the same report."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Folders, Run, random_labels, save_pair

from torchtally.cli import _run
from torchtally.cli._case import CaseResult, evaluate_case
from torchtally.cli._pairing import Pair

COMMAND = [sys.executable, "-m", "torchtally", "evaluate"]


@pytest.fixture
def many(folders: Folders) -> Folders:
    """Three hundred pairs, one of which cannot be compared."""
    for number in range(300):
        save_pair(folders, f"case{number:03}", *random_labels(number, (20, 20), 4))
    (folders[0] / "case007.npy").write_bytes(b"no array")
    return folders


def options(tmp_path: Path, name: str = "report") -> list[str]:
    return ["--num-classes", "4", "--json", str(tmp_path / f"{name}.json")]


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


@pytest.fixture
def whole(run: Run, many: Folders, tmp_path: Path) -> bytes:
    """What an uninterrupted run in one process writes."""
    assert run("evaluate", *many, *options(tmp_path, "whole")).status == 1
    return (tmp_path / "whole.json").read_bytes()


def test_a_killed_run_goes_on(
    run: Run, many: Folders, tmp_path: Path, whole: bytes
) -> None:
    journal = tmp_path / "run.jsonl"
    ours = [*map(str, many), *options(tmp_path), "--journal", str(journal)]
    with subprocess.Popen(
        [*COMMAND, *ours], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            if journal.exists() and journal.read_bytes().count(b"\n") > 20:
                process.kill()
            time.sleep(0.001)
    assert process.returncode == -signal.SIGKILL
    before = journal.read_bytes()
    journal.write_bytes(before[: before.rfind(b"\n") - 5])  # a line that was torn
    counted = journal.read_bytes().count(b"\n") - 1
    assert 10 < counted < 299
    assert not (tmp_path / "report.json").exists()

    assert run("evaluate", *ours, "--resume").status == 1
    assert (tmp_path / "report.json").read_bytes() == whole
    names = [entry["name"] for entry in lines(journal)[1:]]
    assert len(names) == len(set(names)) == 300


def test_what_is_in_the_journal_is_not_read_again(
    run: Run,
    many: Folders,
    tmp_path: Path,
    whole: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal = tmp_path / "run.jsonl"
    ours = [*map(str, many), *options(tmp_path), "--journal", str(journal)]
    run("evaluate", *ours)
    read: list[str] = []

    def spy(pair: Pair, settings: Any) -> CaseResult:
        read.append(pair.name)
        return evaluate_case(pair, settings)

    monkeypatch.setattr(_run, "evaluate_case", spy)
    assert run("evaluate", *ours, "--resume").status == 1
    assert read == []
    assert (tmp_path / "report.json").read_bytes() == whole
    save_pair(many, "case005", *random_labels(1000, (20, 20), 4))  # changed since
    assert run("evaluate", *ours, "--resume").status == 1
    assert read == ["case005"]
    changed = (tmp_path / "report.json").read_bytes()
    assert changed != whole
    run("evaluate", *many, *options(tmp_path, "again"))
    assert changed == (tmp_path / "again.json").read_bytes()


def test_a_journal_is_not_overwritten_and_not_mixed(
    run: Run, many: Folders, tmp_path: Path
) -> None:
    journal = tmp_path / "run.jsonl"
    ours = [*many, "--journal", journal, "--num-classes", "4"]
    run("evaluate", *ours)
    before = journal.read_bytes()
    again = run("evaluate", *ours)
    assert again.status == 2
    assert "pass --resume to go on with it, or remove it" in again.err
    other = run("evaluate", *ours, "--resume", "--ignore-index", "0")
    assert other.status == 2
    assert "written by a run with other options (ignore_index)" in other.err
    assert journal.read_bytes() == before
    alone = run("evaluate", *many, "--num-classes", "4", "--resume")
    assert alone.status == 2
    assert "--resume goes on with a --journal" in alone.err
    below = run("evaluate", *many, "--num-classes", "4", "--journal", many[0] / "j")
    assert below.status == 2
    assert "must not lie below PREDICTIONS" in below.err


def test_worker_processes_change_nothing(
    run: Run, many: Folders, tmp_path: Path, whole: bytes
) -> None:
    done = run("evaluate", *many, *options(tmp_path), "--workers", "2")
    assert done.status == 1
    assert (tmp_path / "report.json").read_bytes() == whole


def _dies(pair: Pair) -> CaseResult:
    if pair.name in ("case003", "case004"):
        os.kill(os.getpid(), signal.SIGKILL)
    return evaluate_case(pair, _run._settings)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that know what is patched here."""

    def pool(settings: Any, workers: int) -> ProcessPoolExecutor:
        context = get_context("fork")
        arguments = (settings, 1)
        return ProcessPoolExecutor(workers, context, _run._begin, arguments)

    monkeypatch.setattr(_run, "_pool", pool)
    monkeypatch.setattr(_run, "_evaluate", _dies)


@pytest.mark.usefixtures("forked")
def test_a_file_that_kills_its_process_is_left_out(
    run: Run, many: Folders, tmp_path: Path
) -> None:
    done = run("evaluate", *many, *options(tmp_path), "--workers", "2")
    assert done.status == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert [problem["file"] for problem in report["problems"]] == [
        "case003",
        "case004",
        "case007",
    ]
    assert "the process that read it died" in report["problems"][0]["message"]
    assert len(report["files"]) == 297


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_change_nothing(
    many: Folders, tmp_path: Path, whole: bytes, ranks: int
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = [*map(str, many), *options(tmp_path), "--journal", str(tmp_path / "j.jsonl")]
    for more in ([], ["--resume"]):
        started = [
            subprocess.Popen(
                [*COMMAND, *ours, *more],
                env={
                    **os.environ,
                    "RANK": str(rank),
                    "WORLD_SIZE": str(ranks),
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                },
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(ranks)
        ]
        printed = [process.communicate(timeout=300)[0] for process in started]
        assert [process.returncode for process in started] == [1] * ranks
        assert "macro" in printed[0]
        assert not any(printed[1:])
        assert (tmp_path / "report.json").read_bytes() == whole
        (tmp_path / "report.json").unlink()
    counted = [len(lines(path)) - 1 for path in tmp_path.glob("j.rank*.jsonl")]
    assert sum(counted) == 300
    assert len(counted) == ranks


def test_the_first_problem_ends_a_run_that_is_to_fail(
    run: Run, many: Folders, tmp_path: Path
) -> None:
    for workers in ("0", "2"):
        ours = ("--on-error", "fail", "--workers", workers)
        done = run("evaluate", *many, *options(tmp_path), *ours)
        assert done.status == 1
        assert "stopped at the first problem" in done.err
        assert "case007" in done.err
        assert not (tmp_path / "report.json").exists()
