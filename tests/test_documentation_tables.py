"""What the site builds its tables of, without Sphinx."""

from __future__ import annotations

import importlib
import math
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import loss_conformance
from conformance import pages
from conformance.cases import CASES
from conformance.peers import evaluate, smp_files
from conformance.rows import ROWS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENTRIES = [*pages.scores(), *pages.losses()]
KINDS = [
    (page, kind)
    for page in pages.PAGES
    for kind in ("scores", "losses")
    if pages.entries(page, kind)
]


def close(first: list[float], second: list[float], tolerance: float) -> bool:
    return len(first) == len(second) and all(
        math.isclose(a, b, rel_tol=0, abs_tol=tolerance)
        or (math.isnan(a) and math.isnan(b))
        for a, b in zip(first, second, strict=True)
    )


def test_each_row_is_on_one_page() -> None:
    shown = Counter(
        entry.name
        for page in pages.PAGES
        for kind in ("scores", "losses")
        for entry in pages.entries(page, kind)
    )
    rows = [row.peer for row in ROWS]
    rows += [f"{row.peer} {row.case}" for row in loss_conformance.ROWS]
    assert shown == Counter(rows)
    assert set(shown.values()) == {1}
    of_inputs = {entry.name for entry in ENTRIES if entry.page == "inputs"}
    assert of_inputs == {
        "Dice of each class",
        "IoU of each class",
        "torch cross_entropy",
    }


@pytest.mark.parametrize("page", pages.PAGES)
def test_each_peer_has_a_page_with_its_tables(page: str) -> None:
    text = (DOCS / "move" / f"{page}.md").read_text()
    for kind in ("scores", "losses"):
        directive = f"```{{peer-table}} {page} {kind}\n```"
        assert text.count(directive) == ((page, kind) in KINDS)
    assert text.count("{peer-table}") == sum(page == name for name, _ in KINDS)
    assert page in (DOCS / "move" / "index.md").read_text()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_numbers_agree_or_a_reason_is_given(entry: pages.Entry) -> None:
    for number in entry.numbers:
        same = close(number.theirs, number.ours, number.tolerance)
        assert same == (not number.reason), number
        if number.gradient is not None:
            theirs, ours = number.gradient
            assert abs(theirs - ours) <= max(number.tolerance, 1e-9)
    assert not entry.shown.reason or len(entry.numbers) == 1


@pytest.mark.parametrize(
    "row", loss_conformance.ROWS, ids=lambda r: f"{r.peer} {r.case}"
)
def test_recorded_losses_are_those_of_the_installed_peer(
    row: loss_conformance.Row,
) -> None:
    (entry,) = (e for e in pages.losses() if e.name == f"{row.peer} {row.case}")
    (number,) = entry.numbers
    if not number.computed:
        assert row.peer == "kornia" or row.peer in ("smp", "nnU-Net")
        pytest.skip(f"{row.peer} is not installed")
    assert close(number.theirs, [row.value], row.tolerance)
    assert number.gradient is not None
    assert number.gradient[0] == pytest.approx(row.grad, abs=max(row.tolerance, 1e-9))


def reader(page: str, kind: str) -> dict[str, Any]:
    """Run what a page shows before its table, and return the names that it makes."""
    names: dict[str, Any] = {}
    setup = pages.setup(page, kind)
    smp = "import segmentation_models_pytorch as smp"
    if smp in setup:  # which would need torchvision
        setup = setup.replace(smp, "")
        names |= smp_files() or {}
    exec(setup, names)
    return names


@pytest.mark.parametrize(("page", "kind"), KINDS)
def test_what_a_page_shows_can_be_typed_in(page: str, kind: str) -> None:
    """The code of a page, in its order, gives the numbers beside it."""
    try:
        names = reader(page, kind)
    except ImportError as error:
        pytest.skip(f"not installed: {error}")
    rows = {f"{row.peer} {row.case}": row for row in loss_conformance.ROWS}
    for entry in pages.entries(page, kind):
        shown = entry.shown
        if kind == "losses":
            names["logits"], names["target"] = rows[entry.name].inputs()
        else:
            case = CASES[shown.input]
            exec(pages.arrays(case), names)
            exec(pages.setup(page, kind).partition(" # input b\n")[2], names)
            names |= {"preds": case.preds, "target": case.target}
        for code, number in ((entry.theirs, shown.theirs), (entry.ours, shown.ours)):
            if code == entry.ours or shown.computed:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = evaluate(code, names)
                flat = _flat(found)
                assert close(flat, number, max(shown.tolerance, 1e-6)), entry.name


def _flat(value: Any) -> list[float]:
    numpy = importlib.import_module("numpy")
    value = value.detach() if hasattr(value, "detach") else value
    found: list[float] = numpy.asarray(value, dtype=float).flatten().tolist()
    return found


def test_a_wrong_row_would_be_seen() -> None:
    number = pages.Number("a", [0.5], [0.6], True, 1e-6)
    wrong = pages.Entry("wrong", "monai", "", "", [number])
    with pytest.raises(AssertionError):
        test_numbers_agree_or_a_reason_is_given(wrong)


def test_folding_keeps_the_code() -> None:
    short = "f(a, b)"
    assert pages.folded(short) == short
    long = "metric = Dice(first=[1, 2], second=f(3, 4), third='x' * 20)(preds, target)"
    folded = pages.folded(long, 40)
    assert max(map(len, folded.splitlines())) <= 40
    compare = compile(long, "", "exec").co_code, compile(folded, "", "exec").co_code
    assert compare[0] == compare[1]
