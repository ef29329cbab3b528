"""Each public name says all that its reference page must, and has exactly one page."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from torchtally.functional._definitions import SCORES
from torchtally.functional.losses._definitions import LOSSES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
if not DOCS.is_dir():
    pytest.skip("the documentation is not here", allow_module_level=True)
sys.path.insert(0, str(DOCS / "_extensions"))
public: Any = importlib.import_module("public_names")
peers: Any = importlib.import_module("peers")

NAMES = public.public_names(installed=True)
PATHS = [name.path for name in NAMES]
#: What cannot raise: it takes nothing, or holds what it is given.
NEVER_RAISES = {"build_info", "register_sharding"}
#: Formulas that are somebody's, beside those of scores and losses.
FORMULAS = {"bootstrap_ci", "DeepSupervision"}
#: What counts, or hands a score on, and has no formula.
COUNTS = re.compile("(?i)confusion_?matrix|stat_?s|reduction|mean_iou|^accuracy$")
for score in SCORES.values():
    FORMULAS |= {score.function, score.counts_function, score.metric}
for loss in LOSSES.values():
    FORMULAS |= {loss.function, loss.sums_function, loss.module}


def is_tuple(name: Any) -> bool:
    return name.kind == "class" and issubclass(name.value, tuple)


def test_names_are_found() -> None:
    assert len(NAMES) > 100
    assert len({path.lower() for path in PATHS}) == len(PATHS)  # files of any system


@pytest.mark.parametrize("name", NAMES, ids=PATHS)
def test_docstring_is_complete(name: Any) -> None:
    doc = name.doc
    assert doc.summary.endswith((".", "''"))
    assert doc.example
    if name.kind == "data":
        return
    words = {**doc.args, **doc.attributes}
    parameters = [p.name for p in name.parameters()]
    assert [p for p in parameters if not words.get(p, "").endswith(".")] == []
    assert [arg for arg in doc.args if arg not in parameters] == []
    if not is_tuple(name) and name.name not in NEVER_RAISES:
        assert doc.raises
    if name.kind == "function" and name.result() != "None":
        assert doc.returns
    if name.name in FORMULAS or (name.replaces and not COUNTS.search(name.name)):
        assert doc.references


@pytest.mark.parametrize("name", NAMES, ids=PATHS)
def test_the_example_runs_as_it_is_shown(name: Any) -> None:
    torch.manual_seed(0)
    shown = public.complete(name.doc.example, name.module) + "\n"
    test = doctest.DocTestParser().get_doctest(shown, {}, name.path, None, 0)
    assert test.examples
    runner = doctest.DocTestRunner(verbose=False)
    assert runner.run(test).failed == 0


def test_what_is_replaced_is_there() -> None:
    for name in NAMES:
        module, _, last = name.replaces.rpartition(".")
        if not module or "(" in name.replaces:
            continue
        try:
            original = getattr(importlib.import_module(module), last)
        except ImportError:  # smp and nnU-Net need not be installed
            continue
        theirs = inspect.signature(original).parameters
        assert {p.name for p in name.parameters()} <= {*theirs, "kwargs"}, name.path


def test_methods_say_what_they_do() -> None:
    for name in NAMES:
        for method in public.methods(name.value) if name.kind == "class" else ():
            assert method.doc.summary.endswith("."), (name.path, method.name)


# What needs sphinx


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The reference alone, read in a folder of its own."""
    application = pytest.importorskip("sphinx.application")
    needed = (
        "myst_parser",
        "pydata_sphinx_theme",
        "sphinx_design",
        "sphinx_copybutton",
    )
    for package in (*needed, "torchmetrics", "monai", "ignite", "matplotlib"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("docs")
    source, built = folder / "docs", folder / "built"
    for part in ("_extensions", "_static", "reference"):
        shutil.copytree(
            DOCS / part, source / part, ignore=shutil.ignore_patterns("names")
        )
    shutil.copy(DOCS / "conf.py", source)
    (source / "index.md").write_text("# Index\n\n```{toctree}\nreference/index\n```\n")
    app = application.Sphinx(
        source, source, built, folder / "cache", "dummy", status=None, warning=None
    )
    app.build()
    return app


@pytest.mark.slow
def test_each_name_has_one_page(site: Any) -> None:
    objects = site.env.domains.python_domain.objects
    pages = {path: objects[path].docname for path in PATHS}
    assert len(set(pages.values())) == len(PATHS)
    for name in NAMES:
        assert pages[name.path] == f"reference/names/{name.path}"
        assert all(objects[alias].docname == pages[name.path] for alias in name.aliases)
