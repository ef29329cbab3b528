"""What a run writes beside the table: statistics, a page, formats of other tools."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, Run, random_labels, save_pair

from torchtally.cli._nnunet_format import nnunet_summary

NAMES = ("sky & sea", "<road>", "car")


@pytest.fixture
def some(folders: Folders) -> Folders:
    """Twelve pairs of three classes; the last is much worse than the others."""
    for number in range(12):
        save_pair(folders, f"case{number:02}", *random_labels(number, (30, 40), 3))
    wrong, label = random_labels(12, (30, 40), 3)
    save_pair(folders, "worst", (wrong + 1) % 3, label)
    return folders


def test_statistics_are_those_of_the_files(evaluate: Evaluate, some: Folders) -> None:
    outcome, report = evaluate("--num-classes", 3, "--interval", "t", "--worst", 2)
    assert outcome.status == 0
    found = report["statistics"]
    assert [one["name"] for one in found["worst"]] == [
        "worst",
        found["worst"][1]["name"],
    ]
    assert found["worst_by"] == {"score": "dice", "name": "macro"}
    for column in found["columns"]:
        of_files = [
            file["averages"][column["name"]][column["score"]]
            if column["average"]
            else file["classes"][int(column["name"])][column["score"]]
            for file in report["files"]
        ]
        assert column["cases"] == 13
        assert column["mean"] == pytest.approx(np.mean(of_files))
        assert column["sd"] == pytest.approx(np.std(of_files, ddof=1))
        half = 2.178812830 * column["sd"] / math.sqrt(13)  # t of 12 degrees of freedom
        assert column["high"] - column["mean"] == pytest.approx(half)
    assert "13 files" in outcome.out
    assert "Student" in outcome.out
    assert "fewer than 50 cases, here 13" in outcome.out


def test_no_interval(evaluate: Evaluate, some: Folders) -> None:
    outcome, report = evaluate("--num-classes", 3, "--interval", "none")
    assert report["statistics"]["interval"] is None
    assert report["statistics"]["columns"][0]["low"] is None
    assert "interval" not in outcome.out


def test_one_file_has_no_spread(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "only", *random_labels(0, (9, 9), 3))
    outcome, report = evaluate("--num-classes", 3)
    assert outcome.status == 0
    assert report["statistics"]["columns"][0]["sd"] is None
    assert "files" not in outcome.out


def test_page(run: Run, some: Folders, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    ours = ("--num-classes", 3, "--class-names", ",".join(NAMES), "--html", page)
    done = run("evaluate", *some, *ours)
    assert done.status == 0
    assert f"report: {page}" in done.out
    text = page.read_text(encoding="utf-8")
    assert "&lt;road&gt;" in text
    assert "<road>" not in text
    assert text.count("data:image/png") == 6
    assert text.index("worst") < text.index("Options")
    few = run("evaluate", *some, *ours, "--worst", 1, "--label-map", "0:0,1:1,2:2")
    assert few.status == 0
    assert "data:image/png" not in page.read_text(encoding="utf-8")  # raw labels


def test_colours_of_classes(run: Run, some: Folders, tmp_path: Path) -> None:
    page, colours = tmp_path / "report.html", tmp_path / "colours.json"
    colours.write_text(json.dumps({"car": "#e69f00", "0": "#56B4E9"}))
    ours = ("--num-classes", 3, "--class-names", ",".join(NAMES))
    ours += ("--class-colors", colours)
    assert run("evaluate", *some, *ours, "--html", page).status == 0
    text = page.read_text(encoding="utf-8")
    assert 'style="background:#e69f00"></span>car' in text
    assert 'style="background:#56B4E9"></span>sky &amp; sea' in text
    alone = run("evaluate", *some, *ours)
    assert alone.status == 2
    assert "--class-colors are of --html" in alone.err
    regions = run("evaluate", *some, *ours, "--html", page, "--regions", "any=1+2")
    assert regions.status == 2
    assert "--class-colors are of classes, got --regions" in regions.err
    for held, words in (
        ({"bus": "#000000"}, "must name classes, got bus"),
        ({"car": "red"}, "give 'car' a colour such as #e69f00, got 'red'"),
    ):
        colours.write_text(json.dumps(held))
        wrong = run("evaluate", *some, *ours, "--html", page)
        assert wrong.status == 2
        assert words in wrong.err


def test_nnunet_summary(run: Run, some: Folders, tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    ours = ("--num-classes", 3, "--json", summary, "--format", "nnunet")
    assert run("evaluate", *some, *ours).status == 0
    found = json.loads(summary.read_text())
    cases = []
    for path in sorted(some[1].iterdir()):
        target, preds = np.load(path), np.load(some[0] / path.name)
        matrix = np.zeros((3, 3), np.int64)
        np.add.at(matrix, (target.ravel(), preds.ravel()), 1)
        cases.append((str(path), str(some[0] / path.name), matrix))
    wanted = nnunet_summary(cases, [1, 2])
    assert found["foreground_mean"] == pytest.approx(wanted["foreground_mean"])
    assert [one["reference_file"] for one in found["metric_per_case"]] == [
        case[0] for case in cases
    ]
    regions = ("--regions", "whole=1+2,core=2")
    assert run("evaluate", *some, *ours, *regions).status == 0
    assert set(json.loads(summary.read_text())["mean"]) == {"(1, 2)", "(2,)"}


def test_cityscapes_result(run: Run, folders: Folders, tmp_path: Path) -> None:
    for number in range(2):
        save_pair(folders, f"case{number}", *random_labels(number, (20, 20), 34))
    result = tmp_path / "result.json"
    ours = ("--json", result, "--format", "cityscapes")
    assert run("evaluate", *folders, *ours, "--num-classes", 34).status == 0
    found = json.loads(result.read_text())
    assert np.sum(found["confMatrix"]) == 800
    assert len(found["perImageScores"]) == 2
    assert set(found["classScores"]) >= {"road", "bicycle"}
    wrong = run("evaluate", *folders, *ours, "--preset", "cityscapes")
    assert wrong.status == 2
    assert "over the 34 ids of labelIds.png" in wrong.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--format", "nnunet"), "--format is of --json, which is not given"),
        (
            ("--format", "nnunet", "--json", "a.json", "--out-of-range", "miss"),
            "--format nnunet needs a matrix of classes",
        ),
        (("--confidence", "1.5"), "must lie between 0 and 1, got 1.5"),
        (
            ("--interval", "none", "--confidence", "0.9"),
            "--confidence is of an interval, got --interval none",
        ),
        (
            ("--interval", "none", "--median-interval"),
            "--median-interval is of an interval, got --interval none",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    run: Run, some: Folders, options: tuple[str, ...], words: str
) -> None:
    done = run("evaluate", *some, "--num-classes", 3, *options)
    assert done.status == 2
    assert words in done.err
