"""A pair that cannot be counted is named and left out; bad usage ends with 2."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, Run, save_nifti, save_npy, save_pair
from PIL import Image

GOOD = ([[0, 1], [1, 1]], [[0, 1], [0, 1]])


def only_problem(report: dict[str, Any]) -> tuple[str, str, str]:
    (problem,) = report["problems"]
    return problem["kind"], problem["file"], problem["message"]


@pytest.fixture
def good_pair(folders: Folders) -> Folders:
    """The two folders, with a pair that can be counted."""
    save_pair(folders, "good", *GOOD)
    return folders


@pytest.mark.parametrize(("side", "role"), [(0, "prediction"), (1, "label")])
def test_missing_counterpart(
    evaluate: Evaluate, good_pair: Folders, side: int, role: str
) -> None:
    present = "label" if role == "prediction" else "prediction"
    path = good_pair[1 - side] / "sub/lonely.npy"
    save_npy(path, GOOD[0])
    outcome, report = evaluate("--num-classes", 2)
    message = f"no {role} for the {present} file {path}"
    assert outcome.status == 1
    assert only_problem(report) == (f"missing {role}", "sub/lonely", message)
    assert "1 pair left out:" in outcome.err
    assert f"  sub/lonely  missing {role}: {message}\n" in outcome.err
    assert "1 pair, 4 pixels counted" in outcome.out  # the good one


def test_duplicate_stems(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "twice", *GOOD)
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(good_pair[0] / "twice.png")
    outcome, report = evaluate("--num-classes", 2)
    kind, file, message = only_problem(report)
    assert outcome.status == 1
    assert (kind, file) == ("duplicate", "twice")
    assert "2 prediction files share this name, one is allowed: " in message
    assert "twice.npy" in message
    assert "twice.png" in message


@pytest.mark.parametrize("side", [0, 1])
def test_unreadable(evaluate: Evaluate, good_pair: Folders, side: int) -> None:
    save_pair(good_pair, "bad", *GOOD)
    path = good_pair[side] / "bad.npy"
    path.write_bytes(b"nothing of the kind")
    outcome, report = evaluate("--num-classes", 2)
    kind, file, message = only_problem(report)
    assert outcome.status == 1
    assert (kind, file) == ("unreadable", "bad")
    assert message.startswith(f"{path}: cannot be read: ")


def test_colour_image(evaluate: Evaluate, good_pair: Folders) -> None:
    Image.new("RGB", (2, 2)).save(good_pair[0] / "bad.png")
    save_npy(good_pair[1] / "bad.npy", GOOD[1])
    _, report = evaluate("--num-classes", 2)
    assert only_problem(report)[2] == (
        f"{good_pair[0] / 'bad.png'}: label images have one channel, "
        "got a colour image of mode RGB: its channels are equal, save one of them"
    )


def test_shape(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "bad", np.zeros((2, 3, 4)), np.zeros((2, 3)))
    outcome, report = evaluate("--num-classes", 2)
    assert outcome.status == 1
    assert only_problem(report) == (
        "shape",
        "bad",
        "prediction and label must have the same shape, got 2 x 3 x 4 and 2 x 3",
    )


def test_geometry(evaluate: Evaluate, folders: Folders) -> None:
    volume = np.zeros((3, 4, 5), np.uint8)
    for name, shift in (("bad", 2.5), ("good", 5e-4)):
        save_nifti(folders[0] / f"{name}.nii.gz", volume, shift=shift)
        save_nifti(folders[1] / f"{name}.nii.gz", volume)
    outcome, report = evaluate("--num-classes", 2)
    kind, file, message = only_problem(report)
    assert outcome.status == 1
    assert (kind, file) == ("geometry", "bad")
    assert "same affine within 0.001, they differ by 2.5" in message
    assert "--ignore-geometry" in message

    outcome, report = evaluate("--num-classes", 2, "--ignore-geometry")
    assert outcome.status == 0
    assert report["problems"] == []
    assert report["pixels"]["counted"] == 120


def test_label_out_of_range(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "bad", [0, 1, 1, 1], [0, 255, 255, 4])
    outcome, report = evaluate("--num-classes", 2)
    assert outcome.status == 1
    assert only_problem(report) == (
        "out of range",
        "bad",
        "label must lie in 0..1, got 4, 255 at 3 of 4 pixels (--ignore-index 4,255 "
        "leaves them out, --num-classes 256 makes them classes)",
    )
    assert report["matrix"] == [[1, 1], [0, 2]]  # of the good pair alone
    assert evaluate("--num-classes", 2, "--ignore-index", 4, 255)[0].status == 0


def test_prediction_out_of_range(evaluate: Evaluate, good_pair: Folders) -> None:
    # The 8 stands where the label is ignored, so it is no problem.
    save_pair(good_pair, "bad", [0, 1, 7, 8], [0, 1, 1, 255])
    outcome, report = evaluate("--num-classes", 2, "--ignore-index", 255)
    assert outcome.status == 1
    assert only_problem(report)[2] == (
        "prediction must lie in 0..1, got 7 at 1 of 4 pixels (--ignore-index looks at "
        "labels alone; see --out-of-range, --num-classes 8 makes them classes)"
    )


def test_many_values_out_of_range(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "bad", np.zeros(100), np.arange(100))
    _, report = evaluate("--num-classes", 2)
    assert (
        "got 2, 3, 4, 5, 6 and 93 other values at 98 of 100 pixels"
        in (only_problem(report)[2])
    )


def test_many_classes_out_of_range(evaluate: Evaluate, good_pair: Folders) -> None:
    for folder, value in zip(good_pair, (0, 999), strict=True):
        save_npy(folder / "bad.npy", [value], np.uint16)
    _, report = evaluate("--num-classes", 300)
    assert "label must lie in 0..299, got 999" in only_problem(report)[2]


def test_allow_problems(evaluate: Evaluate, good_pair: Folders) -> None:
    save_npy(good_pair[0] / "lonely.npy", GOOD[0])
    outcome, report = evaluate("--num-classes", 2, "--allow-problems")
    assert outcome.status == 0
    assert "  lonely  missing label: no label" in outcome.err
    assert len(report["problems"]) == 1


def test_nothing_could_be_evaluated(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "bad", [0, 1], [0, 1, 1])
    outcome, report = evaluate("--num-classes", 2, "--allow-problems")
    assert outcome.status == 1
    assert outcome.out == ""
    assert "no pair could be evaluated" in outcome.err
    assert "prediction and label must have the same shape" in outcome.err
    assert report["averages"]["macro"]["dice"] is None
    assert len(report["problems"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--num-classes is needed: how many classes there are"),
        (["--num-classes", 1], "argument --num-classes: must be at least 2, got 1"),
        (["--num-classes", "x"], "--num-classes: must be an integer, got 'x'"),
        (
            ["--num-classes", 2, "--class-names", "a,b,c"],
            "--class-names must give one name for each of the 2 classes, got 3",
        ),
        (
            ["--num-classes", 2, "--class-names", "a,"],
            "argument --class-names: must not have an empty name, got 'a,'",
        ),
        (
            ["--num-classes", 2, "--zero-division", "inf"],
            "argument --zero-division: must be skip, nan or a finite number, got 'inf'",
        ),
        (
            ["--num-classes", 2, "--threads", 0],
            "argument --threads: must be at least 1, got 0",
        ),
        (
            ["--num-classes", 2, "--plot", "a.pdf"],
            "--plot must name a .png file, got a.pdf",
        ),
        (
            ["--num-classes", 257, "--plot", "a.png"],
            "--plot draws at most 256 classes, got 257",
        ),
    ],
)
def test_bad_arguments(
    run: Run, good_pair: Folders, arguments: list[Any], message: str
) -> None:
    outcome = run("evaluate", *good_pair, *arguments)
    assert outcome.status == 2
    assert outcome.out == ""
    assert outcome.err.startswith(f"torchtally evaluate: error: {message}") or (
        message in outcome.err
    )
    assert outcome.err.count("\n") == 1


def test_no_such_folder(run: Run, good_pair: Folders, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    outcome = run("evaluate", absent, good_pair[1], "--num-classes", 2)
    assert outcome.status == 2
    assert f"PREDICTIONS must be an existing folder or file, got {absent}" in (
        outcome.err
    )


def test_folder_and_file(run: Run, good_pair: Folders) -> None:
    file = good_pair[1] / "good.npy"
    outcome = run("evaluate", good_pair[0], file, "--num-classes", 2)
    assert outcome.status == 2
    assert "must be two folders or two files, got" in outcome.err


def test_file_of_another_format(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    outcome = run("evaluate", tmp_path / "a.jpg", tmp_path / "a.jpg", "--num-classes=2")
    assert outcome.status == 2
    assert "a label image must be one of .nii.gz, .nii, .png" in outcome.err


def test_empty_folder(run: Run, folders: Folders) -> None:
    save_npy(folders[1] / "a.npy", GOOD[0])
    outcome = run("evaluate", *folders, "--num-classes", 2)
    assert outcome.status == 2
    assert f"no prediction image in {folders[0]}: looked for .nii.gz" in outcome.err


def test_no_pairs(run: Run, folders: Folders) -> None:
    save_npy(folders[0] / "a_pred.npy", GOOD[0])
    save_npy(folders[1] / "a_gt.npy", GOOD[1])
    outcome = run("evaluate", *folders, "--num-classes", 2)
    assert outcome.status == 2
    assert "none of the 1 predictions" in outcome.err
    assert "'a_pred' and 'a_gt'" in outcome.err


@pytest.mark.parametrize("module", ["numpy", "rich", "matplotlib", "PIL", "nibabel"])
def test_missing_module(
    run: Run, folders: Folders, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for folder in folders:
        save_nifti(folder / "a.nii", np.zeros((2, 2, 2), np.uint8))
        Image.fromarray(np.zeros((2, 2), np.uint8)).save(folder / "b.png")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else find(name)
    )
    outcome = run("evaluate", *folders, "--num-classes", 2, "--plot", "a.png")
    assert outcome.status == 2
    distribution = "pillow" if module == "PIL" else module
    assert f"needs {distribution}, which is not installed: " in outcome.err
    assert "pip install 'torchtally[cli]'" in outcome.err
