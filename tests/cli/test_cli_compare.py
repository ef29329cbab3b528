"""`torchtally compare`: tests, rankings, and what is said about the files."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, Run, random_labels, save_pair
from scipy import stats

from torchtally.cli import _compare
from torchtally.cli._statistics import Interval

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of results from scores [cases, classes]."""

    def call(name: str, scores: Any, cases: Any = None, **changes: Any) -> Path:
        scores = np.asarray(scores, float)
        cases = cases or [f"case {number}" for number in range(len(scores))]
        classes = ["sky", "[red]road"][: scores.shape[1]]
        document = {
            "settings": {"num_classes": 2, "undefined_when": "zero_denominator"},
            "classes": [
                {"name": one, "averaged": True, "dice": None} for one in classes
            ],
            "averages": {"macro": {"dice": 0.5}},
            "files": [
                {
                    "name": case,
                    "pixels": {"counted": 100},
                    "averages": {"macro": {"dice": plain(np.nanmean(row))}},
                    "classes": [{"dice": plain(value)} for value in row],
                }
                for case, row in zip(cases, scores, strict=True)
            ],
            "problems": [],
            "of a newer version": {},
        }
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({**document, **changes}))
        return path

    def plain(value: float) -> float | None:
        return None if math.isnan(value) else float(value)

    return call


@pytest.fixture
def scores() -> np.ndarray:
    """Of two models [2, 40]; the first is better by about half a deviation."""
    values = np.random.default_rng(2).beta(8, 2, (2, 40))
    return np.stack([np.minimum(1, values[1] + 0.05 * values[0]), values[1]])


# The tests, beside scipy and by hand


def test_tests_are_scipys(scores: np.ndarray) -> None:
    a, b = scores
    a = np.where(np.arange(40) % 8 == 0, b, a)  # cases without a difference
    b = np.where(np.arange(40) % 9 == 0, np.nan, b)
    kept = ~np.isnan(b)
    (test,) = _compare.compare_pairs(
        ["a", "b"], {("dice", "macro"): np.stack([a, b])}, Interval(seed=3), 500
    )
    expected = stats.wilcoxon(a[kept], b[kept])
    assert test.wilcoxon == pytest.approx(expected.pvalue, rel=1e-12)
    assert test.wilcoxon_holm == test.wilcoxon
    assert test.undefined == 5
    difference = (a - b)[kept]
    assert test.difference.mean == pytest.approx(difference.mean(), rel=1e-12)
    assert test.higher == (difference > 0).sum()
    assert test.lower == (difference < 0).sum()
    assert test.difference.low < difference.mean() < test.difference.high


def test_permutation_of_every_exchange() -> None:
    generator = np.random.default_rng(4)
    a, b = generator.random((2, 9))
    means = [
        np.mean(np.array(signs) * (a - b))
        for signs in itertools.product((1, -1), repeat=9)
    ]
    expected = np.mean(np.abs(means) >= abs(np.mean(a - b)) - 1e-12)
    assert _compare.permutation_p(a, b, 512, 0) == pytest.approx(expected)
    drawn = _compare.permutation_p(a, b, 511, 0)
    assert drawn != expected
    assert drawn == pytest.approx(expected, abs=0.1)


def test_nothing_differs() -> None:
    same = np.full(5, 0.5)
    assert _compare.wilcoxon_p(same - same) == 1.0
    assert _compare.permutation_p(same, same, 99, 0) == 1.0
    assert _compare.rank_biserial(same - same) == 0.0
    none = np.zeros(0)
    assert math.isnan(_compare.wilcoxon_p(none))
    assert math.isnan(_compare.permutation_p(none, none, 99, 0))
    assert math.isnan(_compare.rank_biserial(none))


def test_rank_biserial_by_hand() -> None:
    # Ranks of 1, 2, 2, 4 are 1, 2.5, 2.5, 4; 0 is left out.
    difference = np.array([-1.0, 2.0, -2.0, 0.0, 4.0])
    assert _compare.rank_biserial(difference) == pytest.approx((6.5 - 3.5) / 10)
    assert _compare.rank_biserial(np.abs(difference)) == 1.0


def test_holm_by_hand() -> None:
    found = _compare.holm([0.01, 0.04, math.nan, 0.03, 0.005])
    assert found == pytest.approx([0.03, 0.06, math.nan, 0.06, 0.02], nan_ok=True)
    assert _compare.holm([0.6, 0.5]) == [1.0, 1.0]


# Rankings


def test_a_ranking_that_holds() -> None:
    base = np.random.default_rng(5).random(30)
    scores = np.stack([base, base + 0.2, base + 0.1])
    ranking = _compare.rank("dice", "macro", scores, 200)
    assert ranking.ranks == (3.0, 1.0, 2.0)
    assert ranking.shares == ((0, 0, 1), (1, 0, 0), (0, 1, 0))
    assert (ranking.tau, ranking.tau_low, ranking.tau_high) == (1, 1, 1)
    worse = _compare.rank("false_positive_rate", "macro", scores, 200)
    assert worse.ranks == (1.0, 3.0, 2.0)


def test_a_ranking_by_chance() -> None:
    scores = np.random.default_rng(6).random((3, 30))
    scores[0, 0] = np.nan  # leaves the case out for all
    ranking = _compare.rank("dice", "macro", scores, 500, seed=1)
    assert ranking.cases == 29
    assert ranking.means == pytest.approx(scores[:, 1:].mean(1))
    draws = np.random.default_rng(1).integers(0, 29, (500, 29))
    ranks = stats.rankdata(-scores[:, 1:][:, draws].mean(-1).T, axis=1)
    shares = [[(row == place).mean() for place in (1, 2, 3)] for row in ranks.T]
    assert np.array(ranking.shares) == pytest.approx(np.array(shares))
    taus = [stats.kendalltau(ranking.ranks, row).statistic for row in ranks]
    assert ranking.tau == pytest.approx(np.mean(taus))
    assert ranking.tau_low == pytest.approx(np.quantile(taus, 0.025))


def test_ties_share_their_ranks() -> None:
    base = np.random.default_rng(7).random(10)
    ranking = _compare.rank("dice", "macro", np.stack([base, base, base - 1]), 50)
    assert ranking.ranks == (1.5, 1.5, 3.0)
    assert ranking.shares == ((0.5, 0.5, 0), (0.5, 0.5, 0), (0, 0, 1))
    alike = _compare.rank("dice", "macro", np.stack([base, base]), 50)
    assert math.isnan(alike.tau)
    nothing = _compare.rank("dice", "macro", np.full((2, 3), np.nan), 50)
    assert nothing.cases == 0


# The command


def test_files_of_evaluate(
    run: Run, evaluate: Evaluate, folders: Folders, tmp_path: Path
) -> None:
    paths = []
    for model in range(3):
        for case in range(6):
            prediction, label = random_labels(case, (12, 12), 3)
            if model:
                prediction[:model] = 0
            save_pair(folders, f"é{case}", prediction, label)
        _, report = evaluate("--num-classes", 3, "--class-names", "a,b,c")
        paths.append(tmp_path / f"model{model}.json")
        paths[-1].write_text(json.dumps(report), encoding="utf-8")
    output = tmp_path / "out.json"
    outcome = run("compare", *paths, "--json", output, "--scores", "dice,iou")
    assert outcome.status == 0
    assert "6 cases in all files, 24 tests of each kind" in outcome.out
    assert "fewer than 50 cases, here 6" in outcome.out
    document = json.loads(output.read_text(encoding="utf-8"))
    assert [test["entry"] for test in document["tests"][::3]] == [
        *("macro", "a", "b", "c"),
        *("macro", "a", "b", "c"),
    ]
    first = document["tests"][0]
    names = [file["name"] for file in report["files"]]
    assert len(names) == 6
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in paths[:2]]
    by_hand = [
        np.mean([file["averages"]["macro"]["dice"] for file in one["files"]])
        for one in reports
    ]
    assert first["difference"]["mean"] == pytest.approx(by_hand[0] - by_hand[1])
    assert len(document["rankings"]) == 8
    assert len(document["kendall"]) == 28
    assert document["kendall"][0]["tau"] is not None
    again = tmp_path / "again.json"
    run("compare", *paths, "--json", again, "--scores", "dice,iou")
    assert again.read_bytes() == output.read_bytes()


def test_what_does_not_match_is_said(
    run: Run, write: Write, scores: np.ndarray, tmp_path: Path
) -> None:
    columns = scores[:, :, None].repeat(2, 2)
    cases = [f"case {number}" for number in range(40)]
    first = write("first", columns[0])
    second = write(
        "second",
        columns[1, :37, :1],
        [*cases[1:37], "other"],
        settings={"num_classes": 2, "undefined_when": "both_empty"},
        problems=[{"kind": "unreadable", "file": "x", "message": "y"}],
    )
    output = tmp_path / "out.json"
    outcome = run("compare", first, second, "--json", output)
    assert outcome.status == 0
    for text in (
        "36 cases in all files, 2 tests of each kind",
        "first has no scores of 1 of 41 cases, which are left out: other",
        "second has no scores of 4 of 41 cases, which are left out: case 0, case 37",
        "second had 1 pairs that could not be evaluated",
        "with another undefined_when: zero_denominator and both_empty",
        "not in all files, left out: [red]road",
    ):
        assert text in outcome.out, text
    assert json.loads(output.read_text())["cases"] == 36


def test_the_order_of_cases_changes_nothing(
    run: Run, write: Write, scores: np.ndarray, tmp_path: Path
) -> None:
    cases = [f"case {number}" for number in range(40)]
    texts = []
    for order in (np.arange(40), np.random.default_rng(0).permutation(40)):
        named = [cases[number] for number in order]
        paths = [
            write(name, column[order, None], named)
            for name, column in zip("ab", scores, strict=True)
        ]
        run("compare", *paths, "--json", tmp_path / "out.json")
        texts.append((tmp_path / "out.json").read_text())
    assert texts[0] == texts[1]


def test_names_and_undefined_scores(
    run: Run, write: Write, scores: np.ndarray, tmp_path: Path
) -> None:
    columns = scores[:, :, None].repeat(2, 2)
    columns[0, ::2, 1] = np.nan
    columns[1, :, 1] = np.nan
    first = write("same", columns[0])
    (tmp_path / "folder").mkdir()
    second = first.rename(tmp_path / "folder/same.json")
    first = write("same", columns[1])
    outcome = run("compare", first, second, "--names", "x,[b]y", "--entries", "all")
    assert outcome.status == 0
    assert "x - [b]y" in outcome.out
    assert "[red]road" in outcome.out
    assert "leave a case out of a test, up to 40 (dice [red]road" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a"], "needs two files or more, got 1"),
        (["a", "a"], "the files must differ"),
        (["a", "b", "--names", "x"], "one name for each of 2 files, got 1"),
        (["a", "b", "--scores", "nsd"], "--scores must name what all files have, dice"),
        (
            ["a", "b", "--entries", "z"],
            "--entries must name what all files have, macro",
        ),
        (["a", "b", "--confidence", "1"], "--confidence must lie in (0, 1), got 1.0"),
        (["a", "b", "--permutations", "0"], "--permutations must be at least 1, got 0"),
        (["a", "nothing"], "cannot read"),
        (["a", "list"], "must be a file that torchtally evaluate --json wrote"),
        (
            ["a", "others"],
            "must have cases in common, matched by name, got for example",
        ),
        (["a", "twice"], "a case must have a name of its own, got 'x' twice"),
        (["a", "b", "--json", "absent/x.json"], "cannot write"),
        (["a", "b", "--json", "a"], "--json must not overwrite an input, got"),
    ],
)
def test_usage(
    run: Run,
    write: Write,
    scores: np.ndarray,
    tmp_path: Path,
    arguments: list[str],
    message: str,
) -> None:
    write("a", scores[0, :, None])
    write("b", scores[1, :, None])
    write("others", scores[1, :2, None], ["x", "y"])
    write("twice", scores[1, :2, None], ["x", "x"])
    (tmp_path / "list.json").write_text("[]")
    files = {"a", "b", "nothing", "list", "others", "twice"}
    given = [tmp_path / f"{one}.json" if one in files else one for one in arguments]
    outcome = run("compare", *given)
    assert outcome.status == 2
    assert message in outcome.err
    assert outcome.err.startswith("torchtally compare: error: ")
