"""An index entry above a heading leads to the section that follows.

It would lead to an anchor without words, of which the search can show none: it looks
for the text around a hit, finds nothing and stops with an error.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx


def lead_to_sections(_app: Sphinx, doctree: nodes.document) -> None:
    """Replace the anchors of a page's entries by the first of their section."""
    first = {
        anchor: section["ids"][0]
        for section in doctree.findall(nodes.section)
        for anchor in section["ids"]
    }
    for node in doctree.findall(addnodes.index):
        node["entries"] = [
            (kind, value, first.get(anchor, anchor), *rest)
            for kind, value, anchor, *rest in node["entries"]
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register it."""
    app.connect("doctree-read", lead_to_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
