"""The pictures of the documentation: each is drawn, and each has words."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

mpl = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")
np = pytest.importorskip("numpy")

DOCS = Path(__file__).parents[1] / "docs"
FIGURES = DOCS / "_figures"
DIRECTIVE = re.compile(r"^```\{drawn\} (\S+)\n(.*?)^```$", re.M | re.S)
ON_PAGES = [
    (page, name, body)
    for page in sorted(DOCS.rglob("*.md"))
    for name, body in DIRECTIVE.findall(page.read_text())
]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the scripts, with what they import from."""
    for folder in (DOCS / "_extensions", FIGURES):
        monkeypatch.syspath_prepend(folder)
    mpl.use("agg")
    return FIGURES


@pytest.mark.parametrize("name", sorted({name for _, name, _ in ON_PAGES}))
def test_it_is_drawn(figures: Path, name: str) -> None:
    figure = runpy.run_path(str(figures / name))["draw"]()
    width, _ = figure.get_size_inches()
    figure.canvas.draw()
    plt.close(figure)
    assert width <= 7


@pytest.mark.parametrize(
    ("page", "name", "body"),
    ON_PAGES,
    ids=[f"{page.stem}-{Path(name).stem}" for page, name, _ in ON_PAGES],
)
def test_it_has_words(page: Path, name: str, body: str) -> None:
    alt = re.match(r"---\nalt: >-\n(.*?)\n---\n", body, re.S)
    assert alt is not None
    assert len(alt[1].split()) >= 10


def test_names_differ() -> None:
    names = [Path(name).stem for name in {name for _, name, _ in ON_PAGES}]
    assert len(names) == len(set(names))


def test_every_script_is_on_a_page() -> None:
    drawn = {name for _, name, _ in ON_PAGES}
    scripts = {
        str(path.relative_to(FIGURES))
        for path in FIGURES.rglob("*.py")
        if re.search(r"^def draw\(", path.read_text(), re.M)
    }
    assert scripts == drawn


@pytest.mark.parametrize("method", ["t", "percentile", "bca"])
def test_the_table_of_intervals(figures: Path, method: str) -> None:
    pytest.importorskip("scipy")
    intervals = runpy.run_path(str(figures / "understand" / "intervals.py"))
    repeats = 200
    held, width = intervals["measure"](20, method, repeats)
    (told,) = [row for row in intervals["read"]()[method] if row[0] == 20]
    _, told_held, told_width = told
    assert abs(held - told_held) < 4 * (told_held * (1 - told_held) / repeats) ** 0.5
    assert width == pytest.approx(told_width, rel=0.1)
