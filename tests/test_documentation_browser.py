"""The documentation site in a browser: room for every page, and a search that finds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium"),
]
#: Loads one page after another in a frame, and leaves what LOOK says of each.
HARNESS = """<!DOCTYPE html><body style="margin:0">
<iframe id="frame" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="found"></pre><script>
const pages = {pages}, found = {{}};
const look = {look};
const frame = document.getElementById("frame");
async function walk() {{
  for (const page of pages) {{
    await new Promise(loaded => {{ frame.onload = loaded; frame.src = page; }});
    found[page] = await look(frame.contentDocument);
  }}
  document.getElementById("found").textContent = JSON.stringify(found);
}}
walk();
</script>"""
FITS = """async page => {{
  const root = page.documentElement;
  root.dataset.theme = root.dataset.mode = "{theme}";
  const scrolls = "pre, table, .pst-scrollable-table-container";
  const wide = [...page.querySelectorAll("article p, article li, article figure")]
    .filter(one => one.getBoundingClientRect().right > root.clientWidth + 1)
    .filter(one => !one.closest(scrolls));
  const images = [...page.querySelectorAll("article img")];
  return {{
    needed: root.scrollWidth, there: root.clientWidth,
    wide: wide.map(one => one.textContent.slice(0, 60)),
    unnamed: images.filter(one => !one.alt).length,
    unseen: images.filter(one => one.offsetWidth && !one.naturalWidth).length,
    small: [...page.querySelectorAll("article p, article td, article code")]
      .filter(one => parseFloat(getComputedStyle(one).fontSize) < 11).length,
  }};
}}"""
RESULTS = """async page => {
  for (let wait = 0; wait < 100; ++wait) {
    if (page.querySelector(".search-summary")) {
      await new Promise(done => setTimeout(done, 1000));
      return [...page.querySelectorAll("#search-results li > a")].map(one => one.href);
    }
    await new Promise(done => setTimeout(done, 100));
  }
  return [];
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("sphinx", "myst_parser", "pydata_sphinx_theme", "sphinx_design"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "docs", str(folder / "html")]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder / "html"


def looked_at(site: Path, look: str, pages: list[str], width: int) -> dict[str, Any]:
    """Return what a function of JavaScript says of each page."""
    assert BROWSER is not None
    frame = site / "frame.html"
    frame.write_text(HARNESS.format(width=width, pages=json.dumps(pages), look=look))
    found = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--disable-background-networking", "--allow-file-access-from-files"),
            *("--window-size=1400,1000", "--virtual-time-budget=900000"),
            *("--enable-logging=stderr", f"--user-data-dir={site / 'profile'}"),
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    frame.unlink()
    complaints = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    talk = ("[PST]", "invalid theme mode")  # of the theme, where nothing is stored yet
    complaints = [line for line in complaints if not any(part in line for part in talk)]
    assert complaints == []
    measured = re.search(r'<pre id="found">(.*?)</pre>', found.stdout, re.S)
    assert measured is not None
    return dict(json.loads(measured[1].replace("&amp;", "&")))


def pages_of(site: Path) -> list[str]:
    """Return every page; of the reference, whose pages are alike, every tenth."""
    pages = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    alike = [page for page in pages if page.startswith("reference/")]
    return [page for page in pages if page not in alike or page in alike[::10]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_fits(site: Path, width: int, theme: str) -> None:
    found = looked_at(site, FITS.format(theme=theme), pages_of(site), width)
    assert len(found) > 20
    wrong = {
        page: seen
        for page, seen in found.items()
        if seen["needed"] > seen["there"]
        or seen["wide"]
        or seen["unnamed"]
        or seen["unseen"]
        or seen["small"]
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("dice nan", "understand/"),
        ("ignore_index 255", "understand/"),
        ("mean iou absent class", "understand/"),
        ("dice_score", "reference/"),
        ("accelerate", "accelerate"),
    ],
)
def test_the_search_finds(site: Path, words: str, page: str) -> None:
    asked = "search.html?q=" + words.replace(" ", "+")
    (found,) = looked_at(site, RESULTS, [asked], 1280).values()
    assert any(page in address for address in found[:5]), found[:10]
