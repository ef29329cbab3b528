"""What is written: JSON, CSV and the picture, whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, Run, random_labels, save_pair
from PIL import Image

import torchtally
from torchtally.cli import _outputs


@pytest.fixture
def pairs(folders: Folders) -> Folders:
    """Two pairs of three classes, of which class 2 is absent."""
    for seed, name in enumerate(("a", "b")):
        save_pair(folders, name, *random_labels(seed, (20, 30), 2))
    return folders


def test_json(evaluate: Evaluate, pairs: Folders) -> None:
    names = ["sky", "Straße", "a, b"]
    _, report = evaluate(
        "--num-classes", 3, "--class-names", "sky,Straße", "--class-names", "x",
        "--zero-division", 0.5, "--ignore-index", 7,
    )  # fmt: skip
    assert report["torchtally"] == torchtally.__version__
    assert report["settings"] == {
        "predictions": str(pairs[0]),
        "labels": str(pairs[1]),
        "preset": None,
        "num_classes": 3,
        "class_names": [*names[:2], "x"],
        "scores": ["dice", "iou", "f1"],
        "averages": ["macro", "micro"],
        "task": "multiclass",
        "threshold": None,
        "logits": False,
        "top_k": 1,
        "ignore_index": [7],
        "label_map": None,
        "preds_map": None,
        "out_of_range": "error",
        "zero_division": 0.5,
        "undefined_when": "zero_denominator",
        "aggregation": "global",
        "sample_mean": "classes_first",
        "classes": None,
        "class_weights": None,
        "regions": None,
        "include_background": True,
        "preds_are": "labels",
        "class_axis": None,
        "preds_key": None,
        "labels_key": None,
        "round": False,
        "axes": None,
        "reorient": False,
        "ignore_geometry": False,
        "strip_suffix": [],
        "pattern": None,
        "pairs": None,
        "suffix": None,
        "follow_links": False,
        "mask": None,
        "on_error": "skip",
    }
    assert [row["name"] for row in report["classes"]] == [*names[:2], "x"]
    assert [file["prediction"] for file in report["files"]] == [
        str(pairs[0] / "a.npy"),
        str(pairs[0] / "b.npy"),
    ]
    assert np.sum(report["matrix"]) == 1200
    assert all(isinstance(n, int) for row in report["matrix"] for n in row)
    totals = [file["pixels"]["counted"] for file in report["files"]]
    assert totals == [600, 600]


def test_csv_agrees_with_json(
    evaluate: Evaluate, pairs: Folders, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    outcome, report = evaluate(
        "--num-classes", 3, "--csv", table, "--class-names", 'x;1,y"2,z z'
    )
    assert outcome.status == 0
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["0", "1", "2", "macro", "micro"]
    assert [row["name"] for row in rows] == ["x;1", 'y"2', "z z", "", ""]
    scores = [*report["classes"], *report["averages"].values()]
    for row, expected in zip(rows, scores, strict=True):
        for key in ("dice", "iou", "f1"):
            assert (float(row[key]) if row[key] else None) == expected[key]
    assert rows[2]["dice"] == ""


@pytest.mark.parametrize("classes", [3, 30])
@pytest.mark.parametrize("policy", ["error", "miss"])
def test_plot(
    evaluate: Evaluate, pairs: Folders, tmp_path: Path, classes: int, policy: str
) -> None:
    path = tmp_path / "matrix.png"
    outcome, _ = evaluate(
        "--num-classes", classes, "--plot", path, "--out-of-range", policy
    )
    assert outcome.status == 0
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        assert all(400 < side < 3000 for side in image.size)
        assert len(set(image.convert("L").get_flattened_data())) > 10


def test_existing_outputs_survive_a_failure(
    run: Run, pairs: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "report.json").write_text("before")

    def fail(report: object) -> Iterator[bytes]:
        yield b"{"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_outputs, "json_lines", fail)
    outcome = run(
        "evaluate", *pairs, "--num-classes", 3, "--json", output / "report.json"
    )
    assert outcome.status == 2
    assert "No space left on device" in outcome.err
    assert [path.name for path in output.iterdir()] == ["report.json"]
    assert (output / "report.json").read_text() == "before"


def test_outputs_are_replaced_and_nothing_is_left(
    run: Run, pairs: Folders, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "a.json").write_text("before")
    options = [f"--{kind}={output / 'a'}.{kind}" for kind in ("json", "csv")]
    outcome = run(
        "evaluate", *pairs, "--num-classes", 3, *options, "--plot", output / "a.png"
    )
    assert outcome.status == 0
    assert sorted(path.name for path in output.iterdir()) == [
        "a.csv",
        "a.json",
        "a.png",
    ]
    assert json.loads((output / "a.json").read_text(encoding="utf-8"))["problems"] == []


@pytest.mark.parametrize("case", ["no folder", "a folder", "an input", "twice"])
def test_outputs_are_checked_before_counting(
    run: Run,
    pairs: Folders,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    twin = tmp_path / "same.txt"
    arguments, message = {
        "no folder": (
            ["--csv", tmp_path / "absent/a.csv"],
            "--csv must name a file in an existing folder, got",
        ),
        "a folder": (["--json", tmp_path], "--json must name a regular file, got"),
        "an input": (
            ["--json", pairs[0] / "a.npy"],
            "--json must not overwrite an input, got",
        ),
        "twice": (
            ["--json", twin, "--csv", twin],
            f"--csv and --json must differ, both are {twin}",
        ),
    }[case]
    monkeypatch.setattr("torchtally.cli._run.run_cases", None)
    outcome = run("evaluate", *pairs, "--num-classes", 3, *arguments)
    assert outcome.status == 2
    assert message in outcome.err
    assert not twin.exists()
