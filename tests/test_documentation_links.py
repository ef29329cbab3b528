"""The site does not build with a broken link; needs Sphinx (requirements/docs.txt)."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
BROKEN = {
    "[a page](nothere.md)": "nothere.md",
    "[an anchor](other.md#no-such-anchor)": "no-such-anchor",
    "[an anchor of this page](#nowhere)": "nowhere",
    "[a file of the repository](../examples/nothere.py)": "nothere.py",
    "[a built page](other.html)": "other.html",
    "![a picture](nothere.png)": "nothere.png",
    '<a href="raw.html">raw HTML</a>': "raw.html",
    '<a href="other.html#raw-anchor">raw HTML</a>': "raw-anchor",
}


def test_broken_links_fail_the_build(tmp_path: Path) -> None:
    for package in (
        "sphinx",
        "myst_parser",
        "sphinx_copybutton",
        "pydata_sphinx_theme",
    ):
        pytest.importorskip(package)
    source, built = tmp_path / "docs", tmp_path / "built"
    source.mkdir()
    (tmp_path / "here.py").touch()
    (source / "other.md").write_text("# Other\n\n## Words\n")
    good = "[page](other.md#words), [file](../here.py)"
    toctree = "```{toctree}\nother\n```"
    text = "\n\n".join(["# Index", good, *BROKEN, toctree])
    (source / "index.md").write_text(text + "\n")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-c", str(DOCS)]
    command += ["-D", "extensions=myst_parser,sphinx_copybutton,local_links"]
    command += ["--fail-on-warning", "--keep-going", "--quiet", str(source), str(built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    warnings = done.stderr.splitlines()
    for link, part in BROKEN.items():
        assert any(part in line for line in warnings), (link, done.stderr)
    assert "here.py" not in done.stderr.replace("nothere.py", "")
    assert "#words" not in done.stderr


def test_links_of_built_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(DOCS / "_extensions"))
    links = importlib.import_module("local_links")
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here">1</a><a href="b.html#there">2</a>'
        '<a href="https://example.org/#x">3</a><a href="search.html">4</a>'
        '<img src="x.png"><a href="old.html">5</a><a href="#gone">6</a>'
    )
    (tmp_path / "b.html").write_text('<p id="there">')
    for name in ("search.html", "old.html"):  # old: of a page that is no more
        (tmp_path / name).touch()
    assert links.broken(tmp_path, ["a.html", "b.html"]) == [
        "a.html: #gone: there is no such id",
        "a.html: old.html: there is no such file",
        "a.html: x.png: there is no such file",
    ]
