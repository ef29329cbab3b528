"""Tables and figures of docs/performance, read from benchmarks/results.

``{measured-table} counts-floor`` is a table of ``benchmark_results``, and the role
``{measured}`` one of its figures, so that no text can differ from what was measured.
"""

from __future__ import annotations

import benchmark_results as results
from docutils import nodes
from peer_tables import cell, line, table, words
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole


class MeasuredTable(SphinxDirective):
    """``{measured-table} name``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        name = self.arguments[0]
        if name not in results.TABLES:
            raise self.error(f"measured-table: no table {name}")
        for file in (*results.RESULTS.glob("*.json"), results.__file__):
            self.env.note_dependency(str(file))
        found = results.TABLES[name]()
        rows = [line(*(cell(words(text)) for text in row)) for row in found.rows]
        kind = f"measured left-{found.left}"
        return [table(found.header, rows, kind, [10] * len(found.header))]


class Measured(SphinxRole):
    """A figure, by its name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the figure as text."""
        if self.text not in results.FIGURES:
            message = f"measured: no figure {self.text}"
            error = self.inliner.reporter.error(message, line=self.lineno)
            return [], [error]
        self.env.note_dependency(results.__file__)
        return [nodes.Text(results.FIGURES[self.text]())], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the role."""
    app.setup_extension("peer_tables")
    app.add_directive("measured-table", MeasuredTable)
    app.add_role("measured", Measured())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
