"""What the site builds its tables of, without Sphinx."""

from __future__ import annotations

import importlib
import math
import re
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


@pytest.mark.parametrize("page", [page for page in pages.PAGES if page != "inputs"])
def test_pages_say_whether_a_number_differs(page: str) -> None:
    text = (DOCS / "move" / f"{page}.md").read_text()
    found = [e for kind in ("scores", "losses") for e in pages.entries(page, kind)]
    differs = any(number.reason for entry in found for number in entry.numbers)
    assert "## What differs on purpose" in text
    if "No number above differs." in text:
        assert not differs
    else:
        assert differs or page in ("smp", "kornia")  # in what has no row


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_numbers_agree_or_a_reason_is_given(entry: pages.Entry) -> None:
    for number in entry.numbers:
        same = close(number.theirs, number.ours, number.tolerance)
        assert same == (not number.reason), number
        if number.gradient is not None:
            theirs, ours = number.gradient
            assert abs(theirs - ours) <= max(number.tolerance, 1e-9)


@pytest.mark.parametrize(
    "row", loss_conformance.ROWS, ids=lambda r: f"{r.peer} {r.case}"
)
def test_recorded_losses_are_those_of_the_installed_peer(
    row: loss_conformance.Row,
) -> None:
    (entry,) = (e for e in pages.losses() if e.name == f"{row.peer} {row.case}")
    (number,) = entry.numbers
    if not number.computed:
        assert row.peer in ("kornia", "smp", "nnU-Net")
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
            exec(pages.derived(page), names)
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
    wrong = pages.Entry("wrong", "monai", "", "", [number], number)
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


PERFORMANCE = DOCS / "performance"
RAW = {page.name: page.read_text() for page in PERFORMANCE.glob("*.md")}
TEXTS = {name: " ".join(text.split()) for name, text in RAW.items()}
EVERYWHERE = "\n".join(RAW.values())


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS / "_extensions"))
    return importlib.import_module("benchmark_results")


def test_each_table_and_figure_is_shown_once_or_more(results: Any) -> None:
    for name, table in results.TABLES.items():
        found = table()
        assert found.rows, name
        assert {len(row) for row in found.rows} == {len(found.header)}, name
        assert EVERYWHERE.count(f"```{{measured-table}} {name}\n") == 1, name
    for name, figure in results.FIGURES.items():
        assert figure(), name
        assert f"{{measured}}`{name}`" in " ".join(EVERYWHERE.split()), name


def test_tables_hold_every_row_of_the_results(results: Any) -> None:
    load = results.load
    assert len(results.counts_floor().rows) == len(load("counts_cpu")["workloads"])
    assert len(results.counts_peers().rows) == len(load("counts_cpu")["workloads"])
    assert len(results.losses_time().rows) == len(load("losses")["workloads"])
    assert len(results.gpu_counts().rows) == len(load("nvidia-h200")["rows"])
    cases = load("integrations")["cases"]
    assert {case["framework"] for case in cases.values()} == set(results.FRAMEWORKS)
    shown = sum(len(results.integrations(name).rows) for name in results.FRAMEWORKS)
    assert shown == len(cases)


def test_a_row_of_counts(results: Any) -> None:
    row = results.load("counts_cpu")["workloads"]["W2 uint8 C=19, random"]
    shown = {line[0]: line for line in results.counts_floor().rows}
    line = shown["uint8 labels, 19 classes, random"]
    assert float(line[2]) == pytest.approx(row["threads"]["1"]["times_floor"], rel=0.05)
    peers = dict(zip(results.counts_peers().header, _row(results), strict=True))
    ratio = row["threads"]["2"]["peers_times_ours"]["torchmetrics"]
    assert float(peers["torchmetrics"]) == pytest.approx(ratio, rel=0.05)
    assert peers["scikit-learn"].startswith("~")


def _row(results: Any) -> list[str]:
    rows: list[list[str]] = results.counts_peers().rows
    return next(row for row in rows if row[0] == "uint8 labels, 19 classes, random")


def test_figures_of_a_loss(results: Any) -> None:
    rows = results.load("losses_jemalloc")["workloads"].values()
    ours = [
        row["threads"]["2"]["times_cross_entropy"]["torchtally DiceCELoss"]
        for row in rows
    ]
    assert results.FIGURES["kept ours"]() == f"{min(ours):.2f} to {max(ours):.2f}"


@pytest.mark.parametrize(
    ("value", "most", "text"),
    [
        (0.8937, 2, "0.89"),
        (1.0, 2, "1.0"),
        (11.48, 3, "11.5"),
        (94.6, 2, "95"),
        (588.0, 2, "590"),
        (4396.0, 2, "4,400"),
        (0.0054, 2, "0.0054"),
    ],
)
def test_digits(results: Any, value: float, most: int, text: str) -> None:
    assert results.digits(value, most) == text


def values(groups: Any, *names: str, without: tuple[str, ...] = ()) -> list[float]:
    """Return the bars of a chart whose title and name hold some words."""
    found = [
        value
        for title, group in groups.items()
        for name, (value, _) in group.items()
        if any(word in f"{title}: {name}" for word in names)
        and not any(word in f"{title}: {name}" for word in without)
    ]
    assert found, names
    return found


def test_words_for_the_charts_of_counts(results: Any) -> None:
    floor, span = results.floor_bars(), results.span
    with_scores = ("float32 scores", "float16 scores", "bfloat16 scores")
    images = values(floor, "int64 labels, 19", "int64 and uint8")
    said = (
        f"Int64 labels of 19 classes take {span(images)}, scores "
        f"{span(values(floor, *with_scores))}, uint8 labels of 19 classes "
        f"{span(values(floor, 'uint8 labels, 19', without=('int64',)))}, "
        f"label maps of 150 classes {span(values(floor, '150'))}, "
        f"the uint8 volume {span(values(floor, 'volume'))}, brain tissues "
        f"{span(values(floor, 'brain'))}, lists of 100,000 labels "
        f"{span(values(floor, '100,000'))}."
    )
    assert said in TEXTS["counts-cpu.md"]
    peers = results.peer_bars()
    plain = ("numpy", "torch.bincount", "torchmetrics")
    others = values(peers, *plain, without=("150",))
    many = [v for v in values(peers, *plain) if v not in others]
    said = (
        f"torchtally takes {span(values(peers, 'torchtally'))}. numpy.bincount, "
        f"torch.bincount and torchmetrics take {span(others)}, and {span(many)} for "
        f"150 classes; one-hot counting as in MONAI takes up to "
        f"{max(values(peers, 'MONAI')):,.0f}."
    )
    assert said in TEXTS["counts-cpu.md"]


def test_the_table_of_the_readme(results: Any) -> None:
    text = (ROOT / "README.md").read_text()
    floors = {line[0]: line[5] for line in results.counts_floor().rows}
    peers = {line[0]: line[1:4] for line in results.counts_peers().rows}
    rows = re.findall(r"^\| (\w+ .*?)(?:, 10% ignored)? \| (.+) \|$", text, re.M)
    shown = {name: rest.split(" | ") for name, rest in rows if name in floors}
    assert len(shown) == 6
    for name, values_shown in shown.items():
        assert values_shown == [floors[name], *peers[name]]
    losses = results.losses_time().rows
    ours, theirs = ([line[n].split()[0] for line in losses] for n in (1, 4))
    said = f"took {min(ours)} to {max(ours)} times the step of `F.cross_entropy` alone"
    assert said in text
    assert f"MONAI's took {min(theirs)} to {max(theirs)} times" in " ".join(
        text.split()
    )


@pytest.mark.parametrize("page", ["losses-cpu.md", "memory.md"])
def test_words_for_the_charts_of_losses(results: Any, page: str) -> None:
    memory = page == "memory.md"
    found = results.memory_bars() if memory else results.loss_bars()
    said = [f"torchtally takes {results.span(values(found, 'torchtally'))}"]
    if memory:
        said += [f"cross-entropy {results.span(values(found, 'F.cross_entropy'))}"]
    plain = values(found, "nnU-Net's formula", without=("compiled",))
    said += [
        f"MONAI's DiceCELoss {results.span(values(found, 'MONAI DiceCELoss'))}",
        f"nnU-Net's formula {results.span(plain)}",
        f"compiled {results.span(values(found, 'compiled'))}",
        f"smp's formula {results.span(values(found, 'smp'))}",
    ]
    assert ", ".join(said) in TEXTS[page]


def test_words_for_the_chart_of_integrations(results: Any) -> None:
    text = TEXTS["integrations.md"].partition("From the top: ")[2].partition(" --- ")[0]
    said = [part.rsplit(" ", 1) for part in text.removesuffix(".").split(", ")]
    bars = results.integration_bars()[""]
    assert [number for _, number in said] == [
        results.digits(v) for v, _ in bars.values()
    ]
    for (words, _), name in zip(said, bars, strict=True):
        assert name.startswith(words.partition(" of ")[0]), (words, name)


def test_words_for_the_charts_of_a_gpu(results: Any) -> None:
    bars = {name: f"{v:.0f}" for name, (v, _) in results.gpu_bars()[""].items()}
    wide = [v for n, v in bars.items() if n.endswith("scores")]
    last = [v for n, v in bars.items() if n.endswith("channels_last")]
    volume = bars["int64 volume, 2 classes"], bars["uint8 volume, 2 classes"]
    large = bars["int64, 150 classes"], bars["uint8, 150 classes"]
    small = bars["int64, 150 classes, small"], bars["uint8, 150 classes, small"]
    said = (
        f"Int64 labels of 19 and 2 classes reach {bars['int64, 19 classes']} and "
        f"{volume[0]}, of 150 classes {large[0]}, uint8 labels "
        f"{bars['uint8, 19 classes']}, {volume[1]} and {large[1]}; scores "
        f"{min(wide)} to {max(wide)}, channels_last {min(last)} to {max(last)}; "
        f"small label maps of 150 classes {small[0]} and {small[1]}."
    )
    assert said in TEXTS["gpu.md"]
    first, second = results.gpu_loss_bars().values()
    nnunet = "nnU-Net's formula"
    compiled = f"{nnunet}, compiled"

    def both(name: str, form: str = ".2f") -> str:
        return f"{first[name][0]:{form}} and {second[name][0]:{form}}"

    said = (
        f"torchtally takes {both('torchtally')}, compiled "
        f"{both('torchtally, compiled')}; cross-entropy alone "
        f"{both('F.cross_entropy')}; nnU-Net's formula "
        f"{both(nnunet, '.1f')}, compiled {first[compiled][0]:.2f} and "
        f"{second[compiled][0]:.1f}."
    )
    assert said in TEXTS["gpu.md"]


def test_charts_are_drawn(results: Any) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    runpy = importlib.import_module("runpy")
    scripts = sorted((DOCS / "_figures" / "performance").glob("*.py"))
    assert len(scripts) == 7
    for script in scripts:
        figure = runpy.run_path(str(script))["draw"]()
        width, _ = figure.get_size_inches()
        assert width <= 7
        assert f"```{{drawn}} performance/{script.name}\n---\nalt: " in EVERYWHERE
        sizes = {text.get_fontsize() for text in figure.axes[0].texts}
        assert min(sizes) >= 10
        figure.canvas.draw()
        right = figure.bbox.x1
        for text in figure.axes[0].texts:
            assert text.get_window_extent().x1 <= right, (script.name, text.get_text())
        pyplot.close(figure)
