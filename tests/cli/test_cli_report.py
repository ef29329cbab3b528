"""The HTML report: whole, harmless, readable without eyes, and true."""

from __future__ import annotations

import io
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, random_labels, save_npy, save_pair
from PIL import Image

from torchtally.cli import _report_plots as plots
from torchtally.cli._columns import statistics_of_document, worst_of_document
from torchtally.cli._overlay import COLOURS, Picture, draw_overlay
from torchtally.cli._report import (
    LISTED_SCORES,
    Entry,
    HtmlReport,
    LeftOut,
    ScoreTable,
    WorstCase,
    html_report,
)
from torchtally.cli._report_document import heading, report_of_document
from torchtally.cli._statistics import Interval, summarize

VOID = {"meta", "link", "img"}
NASTY = "<script>alert(\"1\")</script> & 'x'"


class Page(HTMLParser):
    """Elements with their attributes, and the text; raises where tags do not match."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page.decode("utf-8"))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: Any) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def table(name: str, classes: list[str], cases: int, seed: int = 0) -> ScoreTable:
    """Return a macro average and classes, of which the last is defined nowhere."""
    values = np.random.default_rng(seed).beta(8, 2, (cases, len(classes) + 1))
    values[:, -1] = np.nan
    entries = [
        Entry(one, column, summarize(column[:, None], Interval(resamples=50))[0], 0.5)
        for one, column in zip(["macro", *classes], values.T, strict=True)
    ]
    entries[0] = Entry(**{**vars(entries[0]), "average": True})
    return ScoreTable(name, entries)


@pytest.fixture
def report() -> HtmlReport:
    """Every section, with names that are not harmless."""
    cases = [f"{NASTY}{number}" for number in range(30)] + ["a/b é"]
    classes = ["sky", f"{NASTY} class", "nowhere"]
    picture = draw_overlay(*random_labels(0, (4, 20, 30), 3))
    return HtmlReport(
        title=f"Title {NASTY}",
        cases=cases,
        scores=[table("Dice", classes, 31), table(NASTY, classes, 31, 1)],
        interval=Interval(resamples=50),
        matrix=np.array([[9, 1, 0], [0, 5, 5], [0, 0, 0]]),
        classes=classes,
        worst_by=f"Dice {NASTY}",
        worst=[
            WorstCase(cases[0], {"macro": 0.25, NASTY: math.nan}, picture),
            WorstCase(cases[1], {"macro": 0.5}),
        ],
        left_out=[LeftOut(f"{NASTY}x", f"{NASTY}kind", f"{NASTY}message")],
        notes=[f"{NASTY}note"],
        options={f"{NASTY}option": f"{NASTY}value"},
        versions={"torchtally": "1"},
    )


def test_the_page_is_whole(report: HtmlReport) -> None:
    page = Page(html_report(report))
    text = " ".join(page.text)
    names = [*report.cases, *report.classes, report.title, report.worst_by]
    left_out, note = report.left_out[0], report.notes[0]
    names += [left_out.name, left_out.kind, left_out.message, note]
    names += [f"{NASTY}option", f"{NASTY}value"]
    for name in names:
        assert name in text, name
    ids = [attributes["id"] for attributes in page.all("section")]
    assert ids == ["scores", "confusion", "worst-cases", "left-out", "options"]
    links = [attributes["href"] for attributes in page.all("a")]
    assert links == [f"#{one}" for one in ids]
    assert html_report(report) == html_report(report)


def test_nothing_comes_from_elsewhere(report: HtmlReport) -> None:
    content = html_report(report).decode()
    page = Page(content.encode())
    assert not page.all("script")
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "data", "action", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, value)
    assert not re.search(r"https?:|url\(|@import", content)
    (policy,) = (one["content"] for one in page.all("meta") if "http-equiv" in one)
    assert policy is not None
    assert policy.startswith("default-src 'none';")


def test_it_can_be_read_without_eyes(report: HtmlReport) -> None:
    page = Page(html_report(report))
    assert page.all("html") == [{"lang": "en"}]
    for attributes in page.all("img"):
        assert attributes["alt"]
    plots_shown = [one for one in page.all("svg") if one.get("role") == "img"]
    assert len(plots_shown) == 6  # macro, two classes that are defined; two scores
    assert all("cases, mean 0." in (one["aria-label"] or "") for one in plots_shown)
    assert all(
        one.get("scope") for one in page.all("th") if one.get("class") != "corner"
    )


def test_numbers(report: HtmlReport) -> None:
    text = " ".join(Page(html_report(report)).text)
    macro = report.scores[0].entries[0].summary
    assert f"{macro.mean:.3f} [{macro.low:.3f}, {macro.high:.3f}]" in text
    assert f"{macro.minimum:.3f} to {macro.maximum:.3f}" in text
    assert "95% interval of the mean: percentile bootstrap, 50 resamples" in text
    assert "intervals from fewer than 50 cases, here 31, are rough" in text
    assert "labelled and predicted as different classes" in text


def test_strips_show_values_where_they_are() -> None:
    values = np.array([0.5, 0.75, 1.0, np.nan, 0.0])
    (summary,) = summarize(values[:, None])
    scale = plots.Scale.of([values])
    assert (scale.low, scale.high) == (0, 1)
    drawn = plots.strip("x", list("abcde"), values, summary, scale)
    page = Page(drawn.encode())
    places = [one["cx"] for one in page.all("circle")]
    assert places == ["0.00%", "50.00%", "75.00%", "100.00%", "56.25%"]
    assert "d:" not in drawn
    (box,) = page.all("rect")
    assert (box["x"], box["width"]) == ("37.50%", "43.75%")  # of quartiles
    assert "c: 1.0000" in drawn


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.93, 1.0], (0.9, 1.0)),
        ([0.9, 0.95], (0.8, 1.0)),
        ([-0.2, 0.5], (-1.0, 1.0)),
        ([3.0, 41.0], (0.0, 50.0)),
        ([1.0, 1.0], (0.9, 1.0)),
    ],
)
def test_scale(values: list[float], ends: tuple[float, float]) -> None:
    scale = plots.Scale.of([np.array(values)])
    assert (scale.low, scale.high) == pytest.approx(ends)


@pytest.mark.parametrize(
    ("low", "shown"),
    [
        (0.0, [0, 0.25, 0.5, 0.75, 1]),
        (0.7, [0.7, 0.8, 0.9, 1]),
        (0.5, [0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (0.9, [0.9, 0.92, 0.94, 0.96, 0.98, 1]),
    ],
)
def test_ticks(low: float, shown: list[float]) -> None:
    assert plots.Scale(low, 1.0).ticks == pytest.approx(shown)


def test_many_classes_stand_below_their_case() -> None:
    classes = [f"class {number}" for number in range(9)]
    page = Page(html_report(HtmlReport("t", ["x", "y"], [table("Dice", classes, 2)])))
    text = "|".join(page.text)
    assert len(page.all("h4")) == 2
    assert "x|macro|" in text
    assert len(page.all("th")) == 7 + 10  # of the summary alone


def test_many_cases_are_not_listed() -> None:
    number = LISTED_SCORES // 3 + 1
    cases = [f"case{place}" for place in range(number)]
    small = html_report(HtmlReport("t", cases, [table("Dice", ["a", "b"], number)]))
    page = Page(small)
    assert f"{number:,} cases are not listed here" in " ".join(page.text)
    assert len(page.all("circle")) < 200
    assert len(small) < 100_000


@pytest.mark.parametrize("classes", [2, 10, 19, 30, 60])
def test_heat_map(classes: int) -> None:
    matrix = np.random.default_rng(0).integers(0, 9, (classes, classes))
    matrix[0] = 0
    names = [f"class {number}" for number in range(classes)]
    page = Page(plots.heat_map(matrix, names).encode())
    text = " ".join(page.text)
    assert all(name in text for name in names)
    if classes > plots.TABLE_CLASSES:
        (picture,) = page.all("img")
        assert (picture["width"], picture["height"]) == ("60", "60")
        return
    cells = page.all("td")
    assert len(cells) == classes**2
    assert cells[0]["class"] == "none"
    share = matrix[1, 1] / matrix[1].sum()
    assert cells[classes + 1]["title"] == (
        f"class 1 predicted as class 1: {plots._share(share)}"
    )


def test_colours_are_viridis() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    shares = np.linspace(0, 1, 33)
    expected = 255 * matplotlib.colormaps["viridis"](shares)[:, :3]
    difference = np.abs(plots._viridis(shares) - expected)
    assert difference[::4].max() < 1.5
    assert difference.max() < 20
    assert plots._colour(0.0) == ("#440154", "#fff")
    assert plots._colour(1.0) == ("#fde725", "#000")


# Overlays


def colours(picture: Picture) -> np.ndarray:
    """Return the picture [H, W, 3]."""
    with Image.open(io.BytesIO(picture.png)) as image:
        return np.asarray(image.convert("RGB"))


def test_overlay_of_an_image() -> None:
    label = np.array([[0, 0, 1, 1, 2, 0]])
    prediction = np.array([[0, 1, 1, 0, 1, 2]])
    ignored = np.array([[False] * 5 + [True]])
    picture = draw_overlay(prediction, label, ignored=ignored)
    kinds = ["background", "added", "agreement", "missed", "another class", "ignored"]
    drawn = ["#{:02x}{:02x}{:02x}".format(*pixel) for pixel in colours(picture)[0]]
    assert drawn == [COLOURS[kind] for kind in kinds]
    assert picture.pixels == dict.fromkeys(kinds[1:], 1)
    assert "1 pixels labelled, predicted as background" in picture.words
    plain = draw_overlay(prediction, label, background=None)
    assert plain.pixels["another class"] == 4


def test_overlay_of_a_volume() -> None:
    label = np.zeros((5, 6, 3), np.uint8)
    label[1:3, :, 2] = 1
    prediction = label.copy()
    prediction[:, 0, 1] = 1
    picture = draw_overlay(prediction, label)
    assert (picture.width, picture.height) == (6, 5)
    assert picture.place == "slice 2 of 3"
    assert picture.pixels["added"] == 5
    assert draw_overlay(prediction, label, axis=0).place == "slice 2 of 5"
    upright = draw_overlay(prediction, label, upright=True)
    turned = colours(picture).transpose(1, 0, 2)[::-1]
    assert np.array_equal(colours(upright), turned)
    right = draw_overlay(label, label)
    assert right.place == "slice 3 of 3"
    assert draw_overlay(label[None], label[None]).place == "slice 2 of 5"


def test_overlay_on_grey_levels() -> None:
    label = np.array([[0, 1], [0, 0]])
    image = np.array([[10, 20], [30, np.nan]])
    drawn = colours(draw_overlay(label, label, image=image))
    assert drawn[1, 0].tolist() == [255, 255, 255]
    green = np.array([0, 0x9E, 0x73])
    level = 255 * 20 / 30  # NaN is 0
    assert np.abs(drawn[0, 1] - (0.55 * green + 0.45 * level)).max() <= 1


def test_overlays_are_thinned() -> None:
    label = np.zeros((1000, 500), np.int16)
    picture = draw_overlay(label, label)
    assert (picture.width, picture.height) == (167, 334)
    assert len(picture.png) < 1000
    with pytest.raises(ValueError, match=r"label must have the shape of prediction"):
        draw_overlay(label, label[1:])
    with pytest.raises(ValueError, match="must have pixels"):
        draw_overlay(label[:0], label[:0])


# From the document of --json


def test_a_run_of_the_command(evaluate: Evaluate, folders: Folders) -> None:
    for seed in range(8):
        save_pair(folders, f"c{seed}", *random_labels(seed, (10, 12), 3))
    _, label = random_labels(9, (10, 12), 3)
    save_pair(folders, "worst <one>", 2 - label, label)
    save_npy(folders[1] / "alone.npy", label)
    options = ("--num-classes", 4, "--class-names", "a,b,<c>,d", "--exclude-background")
    _, document = evaluate(*options)
    document["not_evaluated"] = [
        {"role": "label", "kind": ".txt file", "number": 7, "examples": ["x.txt"]}
    ]
    document["files"][0]["notes"] = [{"kind": "geometry", "message": "no affine"}]

    ((index, score), *others) = worst_of_document(document, 3)
    worst = document["files"][index]
    assert worst["name"] == "worst <one>"
    assert score == worst["averages"]["macro"]["dice"]
    assert len(others) == 2
    picture = draw_overlay(2 - label, label)
    report = report_of_document(
        document, Interval("t"), worst=3, pictures={worst["name"]: picture}
    )
    statistics = statistics_of_document(document, Interval("t"), 1)
    assert statistics["worst"] == [{"name": "worst <one>", "score": score}]
    assert statistics["columns"][0]["score"] == "dice"
    assert statistics["columns"][0]["mean"] == report.scores[0].entries[0].summary.mean
    assert "fewer than 50 cases" in statistics["notes"][0]
    json.dumps(statistics, allow_nan=False)
    dice = report.scores[0]
    assert [entry.name for entry in dice.entries] == [
        *("macro", "micro", "a", "b", "<c>", "d")
    ]
    expected = [file["classes"][1]["dice"] for file in document["files"]]
    assert dice.entries[3].values.tolist() == expected
    assert dice.entries[3].pooled == document["classes"][1]["dice"]
    assert not dice.entries[2].scored
    assert math.isnan(dice.entries[5].pooled)
    assert report.worst[0].picture is picture
    assert list(report.worst[0].scores) == ["macro", "b", "<c>", "d"]
    text = " ".join(Page(html_report(report)).text)
    assert "missing prediction" in text
    assert "x.txt and 6 more" in text
    assert "geometry, in 1 of 9 cases: no affine" in text
    assert "undefined when" in text


def test_a_document_without_cases() -> None:
    row = {"name": "a", "dice": None}
    document = {"classes": [row], "averages": {}, "files": [], "matrix": [[0]]}
    report = report_of_document(document, Interval())
    assert "No case could be evaluated" in " ".join(Page(html_report(report)).text)


def test_scores_of_which_less_is_better() -> None:
    document = json.loads(
        """{"classes": [{"name": "a", "false_positive_rate": 0.5}],
        "files": [{"name": "x", "classes": [{"false_positive_rate": 0.25}]},
                  {"name": "y", "classes": [{"false_positive_rate": 0.75}]}]}"""
    )
    assert worst_of_document(document, 1) == [(1, 0.75)]
    assert heading("fbeta:beta=2") == "FBeta beta=2"
    assert heading("iou") == "IoU"
