"""Writes the reference pages before the site is read, and counts them afterwards.

The pages are in ``docs/reference/names``, which git ignores, one for each public name.
A public name without a page, or with two, is a warning: an error of ``make docs``.
"""

from __future__ import annotations

from pathlib import Path

import reference_pages
from public_names import methods, public_modules, public_names
from sphinx.application import Sphinx
from sphinx.domains.python import ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)
FOLDER = "reference/names"
METRICS = "torchtally.metrics"
#: Classes that signatures name from other modules than their own.
_NAMED = ("ClassCounts", "OverlapSums", "Scored", "ConfidenceInterval")
_NAMED += ("ScoreSuite", "OverlapLoss")


def write(app: Sphinx) -> None:
    """Write the pages, those that have changed."""
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    found = reference_pages.pages()
    for path in folder.glob("*.rst"):
        if path.stem not in found:
            path.unlink()
    for name, text in found.items():
        path = folder / f"{name}.rst"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def check(_app: Sphinx, env: BuildEnvironment) -> None:
    """Say which public name has no page of its own, and make the other names links."""
    domain = env.domains.python_domain
    names = public_names()
    of_pages: dict[str, list[str]] = {}
    for path, entry in domain.objects.items():
        if not entry.aliased:
            of_pages.setdefault(entry.docname, []).append(path)
    for name in names:
        entry = domain.objects.get(name.path)
        page = f"{FOLDER}/{name.path}"
        others = [n.path for n in names if n.path in of_pages.get(page, [])]
        if entry is None or entry.docname != page or others != [name.path]:
            logger.warning("%s must have one page of its own: %s", name.path, page)
            continue
        short = [name.name] if name.name in _NAMED else []
        for alias in (*name.aliases, *short):
            domain.objects[alias] = entry._replace(aliased=True)
    base = domain.objects[reference_pages.BASE]
    domain.objects["CountingMetric"] = ObjectEntry(
        base.docname, base.node_id, "class", aliased=True
    )
    for name in names:  # methods of metric objects are explained once
        of_metric = name.module == METRICS and name.kind == "class"
        for method in methods(name.value) if of_metric else ():
            shared = domain.objects.get(f"{reference_pages.BASE}.{method.name}")
            if shared is not None:
                domain.objects.setdefault(
                    f"{name.path}.{method.name}", shared._replace(aliased=True)
                )
    for module in public_modules():
        if module not in domain.modules:
            logger.warning("the module %s must be on the page of modules", module)
    logger.info("%d public names, each with a page", len(names))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both."""
    app.connect("builder-inited", write)
    app.connect("env-updated", check)
    app.add_css_file("reference.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
