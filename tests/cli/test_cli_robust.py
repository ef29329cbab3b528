"""One bad file does not stop a run, hints lead on, and results outlive the terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_helpers import (
    Evaluate,
    Folders,
    Run,
    random_labels,
    save_nifti,
    save_npy,
    save_pair,
)
from PIL import Image

from torchtally.cli import _case, main

GOOD = ([[0, 1], [1, 1]], [[0, 1], [0, 1]])
PAIR = ("--num-classes", 2)


@pytest.fixture
def good_pair(folders: Folders) -> Folders:
    """The two folders, with a pair that can be counted."""
    save_pair(folders, "good", *GOOD)
    return folders


@pytest.fixture
def bad_pairs(good_pair: Folders) -> Folders:
    """A good pair and one of each kind of bad prediction."""
    for name in ("broken", "shape", "range", "absent"):
        save_npy(good_pair[1] / f"{name}.npy", GOOD[1])
    (good_pair[0] / "broken.npy").write_bytes(b"rubbish")
    save_npy(good_pair[0] / "shape.npy", [0, 1])
    save_npy(good_pair[0] / "range.npy", [[0, 1], [0, 9]])
    return good_pair


def test_skip(evaluate: Evaluate, bad_pairs: Folders) -> None:
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert report["pixels"]["counted"] == 4
    assert [one["kind"] for one in report["problems"]] == [
        "missing prediction", "unreadable", "out of range", "shape",
    ]  # fmt: skip


def test_count_as_empty(evaluate: Evaluate, bad_pairs: Folders) -> None:
    outcome, report = evaluate(*PAIR, "--on-error", "count-as-empty")
    assert outcome.status == 1
    assert "4 pairs counted as empty predictions:" in outcome.err
    assert "left out" not in outcome.err
    assert all(one["counted"] for one in report["problems"])
    # Class 1 of each of the four labels is missed: two pixels.
    assert report["matrix"] == [[1 + 4 * 2, 1], [4 * 2, 2]]
    absent = report["files"][0]
    assert absent["name"] == "absent"
    assert absent["prediction"] is None
    assert absent["classes"][1]["dice"] == 0


def test_a_bad_label_is_never_counted(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "bad", [0, 1], [0, 7])
    (good_pair[1] / "worse.npy").write_bytes(b"rubbish")
    save_npy(good_pair[0] / "worse.npy", GOOD[0])
    _, report = evaluate(*PAIR, "--on-error", "count-as-empty")
    assert report["pixels"]["counted"] == 4
    assert [one["counted"] for one in report["problems"]] == [False, False]


def test_count_as_empty_beside_a_map_of_predictions(
    evaluate: Evaluate, folders: Folders
) -> None:
    save_npy(folders[0] / "a.npy", [7, 8])
    for name in ("a", "b"):
        save_npy(folders[1] / f"{name}.npy", [70, 80])
    save_npy(folders[0] / "b.npy", [7, 8, 9])
    _, report = evaluate(
        *PAIR, "--on-error", "count-as-empty",
        "--label-map", "70:0,80:1", "--preds-map", "7:0,8:1",
    )  # fmt: skip
    assert report["matrix"] == [[2, 0], [1, 1]]


def test_fail(run: Run, bad_pairs: Folders, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = (*PAIR, "--json", report, "--on-error", "fail")
    outcome = run("evaluate", *bad_pairs, *options)
    assert (outcome.status, outcome.out) == (1, "")
    assert "stopped at the first problem (--on-error fail), nothing written: " in (
        outcome.err
    )
    (bad_pairs[1] / "absent.npy").unlink()
    outcome = run("evaluate", *bad_pairs, *options)
    assert "broken  unreadable: " in outcome.err
    assert not report.exists()


def test_what_no_one_thought_of(
    evaluate: Evaluate, good_pair: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_pair(good_pair, "other", *GOOD)
    count = _case._count

    def fail_once(*_: Any) -> Any:
        monkeypatch.setattr(_case, "_count", count)
        raise MemoryError("no room")

    monkeypatch.setattr(_case, "_count", fail_once)
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert len(report["files"]) == 1
    assert report["problems"][0]["message"] == "MemoryError: no room"


def test_results_of_a_case_can_be_sent(good_pair: Folders) -> None:
    import pickle

    from torchtally.cli._pairing import PairingRules, find_pairs
    from torchtally.cli._parser import build_parser
    from torchtally.cli._settings import Settings

    parser, _ = build_parser()
    text = [str(folder) for folder in good_pair]
    settings = Settings.from_arguments(
        parser.parse_args(["evaluate", *text, "--num-classes", "2"])
    )
    (pair,) = find_pairs(*good_pair, PairingRules()).pairs
    result = _case.evaluate_case(pair, settings)
    again = _case.evaluate_case(*pickle.loads(pickle.dumps((pair, settings))))
    assert result == again == pickle.loads(pickle.dumps(result))


# Hints


@pytest.mark.parametrize("classes", [2, 3])
def test_a_mask_of_0_and_255(
    evaluate: Evaluate, folders: Folders, classes: int
) -> None:
    save_pair(folders, "a", [0, 1, 1], [0, 255, 255])
    _, report = evaluate("--num-classes", classes)
    message = report["problems"][0]["message"]
    assert "if they are classes, --label-map 0:0,255:1 says so" in message
    assert "--ignore-index" not in message
    outcome, report = evaluate("--num-classes", classes, "--label-map", "0:0,255:1")
    assert outcome.status == 0
    assert report["averages"]["micro"]["dice"] == 1


def test_both_sides_0_and_255(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 255], [0, 255])
    _, report = evaluate(*PAIR)
    assert "--label-map 0:0,255:1" in report["problems"][0]["message"]
    assert "--preds-map 0:0,255:1" in report["problems"][0]["message"]


def test_void_beside_classes(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 1, 1], [0, 1, 255])
    _, report = evaluate(*PAIR)
    assert "--ignore-index 255 leaves them out" in report["problems"][0]["message"]


def test_a_label_that_no_map_names(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 1, 1], [7, 8, 9])
    _, report = evaluate(*PAIR, "--label-map", "7:0,8:1")
    assert report["problems"][0]["message"] == (
        "label must be named by --label-map, got 9 at 1 of 3 pixels (--label-map may "
        "name it, with nothing behind the colon to ignore it)"
    )
    assert evaluate(*PAIR, "--label-map", "7:0,8:1,9:")[0].status == 0


@pytest.mark.parametrize("option", ["--json", "--csv", "--plot"])
@pytest.mark.parametrize("side", [0, 1])
def test_outputs_do_not_become_inputs(
    run: Run, good_pair: Folders, option: str, side: int
) -> None:
    path = good_pair[side] / "sub" / ".." / "matrix.png"
    (good_pair[side] / "sub").mkdir()
    outcome = run("evaluate", *good_pair, *PAIR, option, path)
    assert outcome.status == 2
    name = ("PREDICTIONS", "LABELS")[side]
    assert f"{option} must not lie below {name}, where the next run" in outcome.err


def test_micro_beside_an_empty_macro(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 0], [0, 0])
    outcome, report = evaluate("--num-classes", 3, "--zero-division", "nan")
    assert report["averages"]["macro"]["dice"] is None
    assert report["averages"]["micro"]["dice"] == 1
    words = "micro pools all pixels and says nothing about the undefined classes\n"
    assert words in outcome.out
    save_pair(folders, "a", [9, 9], [9, 9])
    outcome, report = evaluate("--num-classes", 3, "--out-of-range", "miss")
    assert report["averages"] == {
        "macro": dict.fromkeys(("dice", "iou", "f1")),
        "micro": dict.fromkeys(("dice", "iou", "f1"), 1.0),
    }
    assert "micro counts the 2 pixels out of range as one more class, which" in (
        outcome.out
    )


def test_no_column_repeats_another(run: Run, good_pair: Folders) -> None:
    outcome = run("evaluate", *good_pair, *PAIR)
    header = outcome.out.splitlines()[0].split()
    assert header == ["class", "support", "Dice", "IoU", "Precision", "Recall"]


def test_many_classes_take_seconds(evaluate: Evaluate, folders: Folders) -> None:
    classes = 40_000
    prediction, label = random_labels(0, (300, 300), classes, np.int32)
    for folder, values in zip(folders, (prediction, label), strict=True):
        save_npy(folder / "a.npy", values, np.int32)
    start = time.perf_counter()
    outcome, report = evaluate("--num-classes", classes)
    assert time.perf_counter() - start < 10
    assert len(report["classes"]) == classes
    assert len(outcome.out.splitlines()) < 300
    assert "39,744 more classes are in --json and --csv" in outcome.out


# What is printed, and what is written


class Terminal(io.TextIOWrapper):
    """A stream whose encoding or device is not up to it."""

    def __init__(self, encoding: str, fault: OSError | None = None) -> None:
        raw = io.BytesIO()
        if fault is not None:
            raw = Full(fault)  # type: ignore[assignment]
        super().__init__(raw, encoding=encoding, write_through=True)


class Full(io.BytesIO):
    """A device that takes nothing."""

    def __init__(self, fault: OSError) -> None:
        super().__init__()
        self.fault = fault

    def write(self, _: Any) -> int:
        raise self.fault


@pytest.fixture
def files(good_pair: Folders, tmp_path: Path) -> list[str]:
    """Arguments with every output that can be written, and a name in Greek."""
    outputs = [f"--{kind}={tmp_path / 'out'}.{kind}" for kind in ("json", "csv")]
    names = ["--class-names", "νεφρός,Leber", "--num-classes", "3", "--class-names=x"]
    return ["evaluate", *map(str, good_pair), *outputs, *names]


def check_files(tmp_path: Path) -> None:
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["classes"][0]["name"] == "νεφρός"
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["class"] for row in csv.DictReader(file)][-1] == "micro"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_terminals_without_the_letters(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    out, err = Terminal(encoding), Terminal(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(files) == 0
    text = out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert "0     | ?????? |       2 | 0.6667" in text
    assert "2     | x      |       0 |      -" in text  # undefined
    check_files(tmp_path)


@pytest.mark.parametrize(
    ("fault", "status"),
    [(OSError(28, "No space left on device"), 3), (BrokenPipeError(32, "pipe"), 0)],
)
def test_terminals_that_fail(
    files: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: OSError,
    status: int,
) -> None:
    err = Terminal("utf-8")
    monkeypatch.setattr(sys, "stdout", Terminal("utf-8", fault))
    monkeypatch.setattr(sys, "stderr", err)
    assert main(files) == status
    text = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert ("could not be printed: [Errno 28] No space left" in text) == (status == 3)
    check_files(tmp_path)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_streams_that_are_closed(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    save_npy(tmp_path / "predictions/lonely.npy", GOOD[0])  # has something to say
    monkeypatch.setattr(sys, stream, None)
    assert main(files) == (3 if stream == "stdout" else 1)
    check_files(tmp_path)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(">&-", marks=pytest.mark.slow),
        "> /dev/full",
        "| true",
        pytest.param("2>&- | head -1", marks=pytest.mark.slow),
    ],
)
def test_a_process(files: list[str], tmp_path: Path, ending: str) -> None:
    program = f'set -o pipefail; "$@" {ending}'
    command = [sys.executable, "-m", "torchtally", *files]
    done = subprocess.run(
        ["bash", "-c", program, "bash", *command], capture_output=True, check=False
    )
    assert done.returncode == (3 if ">" in ending and "|" not in ending else 0)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    check_files(tmp_path)


def test_a_name_that_is_not_utf8(evaluate: Evaluate, folders: Folders) -> None:
    name = os.fsdecode(b"caf\xe9")
    save_pair(folders, name, *GOOD)
    save_npy(folders[0] / f"{name}2.npy", GOOD[0])
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert os.fsencode(report["files"][0]["name"]) == b"caf\xe9"
    assert "caf?2  missing label: no label" in outcome.err


def test_a_picture_named_as_a_volume(evaluate: Evaluate, good_pair: Folders) -> None:
    for folder in good_pair:
        Image.fromarray(np.eye(3, dtype=np.uint8)).save(folder / "a.png")
        (folder / "a.png").rename(folder / "a.nii")
    save_nifti(good_pair[0] / "b.nii", np.zeros((2, 2, 2), np.uint8))
    (good_pair[1] / "b.nii").write_bytes(b"")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert [one["file"] for one in report["problems"]] == ["a", "b"]
    assert "does not begin with a NIfTI header" in report["problems"][0]["message"]
