"""The HTML report in a browser: nothing to complain about, and room for everything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from torchtally.cli._overlay import draw_overlay
from torchtally.cli._report import Entry, HtmlReport, LeftOut, ScoreTable, WorstCase
from torchtally.cli._report import html_report as page_of
from torchtally.cli._statistics import Interval, summarize

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
MEASURE = """<!DOCTYPE html><body style="margin:0">
<iframe src="report.html" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="found"></pre><script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const found = [];
  for (const open of [false, true]) {{
    page.querySelectorAll("details").forEach(one => one.open = open);
    const root = page.documentElement;
    found.push([root.scrollWidth, root.clientWidth, root.scrollHeight]);
  }}
  document.getElementById("found").textContent = JSON.stringify(found);
}};
</script>"""


def report(classes: int) -> bytes:
    """Return a page with every section, long names, and many classes."""
    generator = np.random.default_rng(0)
    cases = [f"city_{'0' * 40}{number}/" + "name" * 20 for number in range(30)]
    names = [f"class{'x' * 40} {number}" for number in range(classes)]
    entries = []
    for name in ["macro", *names]:
        values = generator.beta(8, 2, 30)
        (summary,) = summarize(values[:, None], Interval("t"))
        entries.append(Entry(name, values, summary, 0.5, name == "macro"))
    label = generator.integers(0, 3, (40, 700))
    picture = draw_overlay(label[:, ::-1], label)
    return page_of(
        HtmlReport(
            "Report " + "title" * 30,
            cases,
            [ScoreTable("Dice", entries), ScoreTable("IoU", entries)],
            interval=Interval("t"),
            matrix=generator.integers(0, 9, (classes, classes)),
            classes=names,
            worst=[WorstCase(cases[0], {names[0]: 0.5}, picture)],
            left_out=[LeftOut(cases[1], "out of range", "label" * 60)],
            options={"predictions": "/data/" + "x" * 200},
        )
    )


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium")
@pytest.mark.parametrize("classes", [3, 10, 19, 60])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_nothing_is_complained_about(
    tmp_path: Path, classes: int, width: int
) -> None:
    assert BROWSER is not None
    (tmp_path / "report.html").write_bytes(report(classes))
    frame = tmp_path / "frame.html"
    frame.write_text(MEASURE.format(width=width))
    found = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--disable-background-networking", "--allow-file-access-from-files"),
            *("--enable-logging=stderr", "--window-size=1400,1000"),
            f"--user-data-dir={tmp_path / 'profile'}",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    complaints = [line for line in found.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    measured = re.search(r'<pre id="found">(.*?)</pre>', found.stdout)
    assert measured is not None
    shut, opened = json.loads(measured[1])
    for needed, there, _ in (shut, opened):
        assert needed <= there
    assert opened[2] > shut[2] > 900
