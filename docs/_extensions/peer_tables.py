"""Directives of docs/move: tables of peers' calls beside ours.

``{peer-table} torchmetrics scores`` calls the peer and torchtally while the site is
built, and shows the code of both with their numbers. What it shows is
``conformance.pages``, which needs no Sphinx. ``{peer-inputs}`` shows the inputs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

TESTS = Path(__file__).parents[2] / "tests"
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from conformance import pages  # noqa: E402
from conformance.cases import CASES  # noqa: E402

DIGITS = {"scores": 4, "losses": 9}


def code(text: str) -> nodes.literal_block:
    """Return a block of Python with its colours."""
    return nodes.literal_block(text, text, language="python")


def words(text: str, *classes: str) -> nodes.paragraph:
    """Return a paragraph."""
    return nodes.paragraph(text, text, classes=list(classes))


def cell(*content: nodes.Node, **options: int) -> nodes.entry:
    """Return a cell of a table."""
    return nodes.entry("", *content, **options)


def line(*cells: nodes.entry, kind: str = "") -> nodes.row:
    """Return a row of a table."""
    return nodes.row("", *cells, classes=[kind] if kind else [])


def table(
    header: Sequence[str], rows: Sequence[nodes.row], kind: str, widths: Sequence[int]
) -> nodes.container:
    """Return a table that scrolls inside itself where it is too wide."""
    columns = [nodes.colspec(colwidth=width) for width in widths]
    head = line(*(cell(words(name)) for name in header))
    group = nodes.tgroup(
        "", *columns, nodes.thead("", head), nodes.tbody("", *rows), cols=len(header)
    )
    found = nodes.table("", group, classes=kind.split())
    return nodes.container("", found, classes=["table-scrolls"])


def beside(entry: pages.Entry, kind: str) -> list[nodes.row]:
    """Return the rows of an entry: their call, ours, and what differs."""
    shown, digits = entry.shown, DIGITS[kind]
    peer = pages.PAGES[entry.page].peer
    mark = "" if shown.computed or entry.page == "inputs" else " (recorded)"
    rows = []
    if entry.theirs:
        theirs = [cell(words(peer + mark)), cell(code(entry.theirs))]
        rows.append(
            line(
                *theirs,
                cell(words(shown.input)),
                cell(words(pages.written(shown.theirs, digits))),
                kind="theirs",
            )
        )
    rows.append(
        line(
            cell(words("torchtally")),
            cell(code(entry.ours)),
            cell(words("" if entry.theirs else shown.input)),
            cell(words(pages.written(shown.ours, digits))),
            kind="ours",
        )
    )
    for number in entry.numbers:
        if number.reason:
            theirs_number = pages.written(number.theirs, digits)
            ours_number = pages.written(number.ours, digits)
            text = (
                f"Differs on purpose on input {number.input}: {theirs_number} there, "
                f"{ours_number} here; {number.reason}."
            )
            rows.append(line(cell(words(text), morecols=3), kind="differs"))
    return rows


def every_number(found: Sequence[pages.Entry], kind: str) -> list[nodes.Node]:
    """Return the table of all inputs, closed until it is opened."""
    losses = kind == "losses"
    digits = DIGITS[kind]
    rows = []
    for entry in found:
        peer = pages.PAGES[entry.page].peer
        name = entry.name.removeprefix(peer).strip()
        for number in entry.numbers:
            pairs = [(number.theirs, number.ours)]
            if number.gradient is not None:
                pairs.append(([number.gradient[0]], [number.gradient[1]]))
            texts = [pages.written(n, digits) for pair in pairs for n in pair]
            verdict = (
                "differs"
                if number.reason
                else f"{number.tolerance:.0e}".replace("e-0", "e-")
            )
            cells = [cell(words(t)) for t in (name, number.input, *texts, verdict)]
            rows.append(line(*cells))
            name = ""
    count = sum(len(entry.numbers) for entry in found)
    summary = f"All {count} numbers, on every input"
    header = ["call", "input", "theirs", "ours", "within"]
    if losses:
        summary = f"All {count} losses, with the sum of the absolute gradient"
        header[2:4] = ["their loss", "ours", "their gradient", "ours"]
    widths = [30, *[10] * (len(header) - 1)]
    opened = f'<details class="every-number"><summary>{summary}</summary>'
    return [
        nodes.raw("", opened, format="html"),
        table(header, rows, "numbers", widths),
        nodes.raw("", "</details>", format="html"),
    ]


def depend(directive: SphinxDirective) -> None:
    """Read the page again when a file of the tables changes."""
    for file in (*(TESTS / "conformance").glob("*.py"), TESTS / "loss_conformance.py"):
        directive.env.note_dependency(str(file))
    directive.env.note_dependency(__file__)


class PeerTable(SphinxDirective):
    """``{peer-table} page scores|losses``."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """Return the code that comes first, and the tables."""
        depend(self)
        page, kind = self.arguments
        found = pages.entries(page, kind)
        if not found:
            raise self.error(f"peer-table: no {kind} of {page}")
        header = ["", "call", "input" if kind == "scores" else "target", "number"]
        rows = [row for entry in found for row in beside(entry, kind)]
        result: list[nodes.Node] = [
            code(pages.setup(page, kind)),
            table(header, rows, f"beside {kind}", [12, 60, 8, 20]),
        ]
        if page != "inputs":
            text = pages.origin(page, kind)
            if kind == "scores":
                text += " The column input names the arrays that a row is of."
            result.insert(1, words(text))
            result += every_number(found, kind)
        return result


class PeerInputs(SphinxDirective):
    """``{peer-inputs}``: the six inputs of the scores."""

    def run(self) -> list[nodes.Node]:
        """Return a table of the cases."""
        depend(self)
        rows = []
        for name, case in sorted(CASES.items()):
            value = case.ignore_index
            option = "" if value is None else f": ignore_index={value}"
            meaning = words(f"{case.meaning}{option}")
            rows.append(
                line(cell(words(name)), cell(meaning, code(pages.arrays(case))))
            )
        return [
            table(["input", "what it has, and its arrays"], rows, "inputs", [10, 90])
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("peer-table", PeerTable)
    app.add_directive("peer-inputs", PeerInputs)
    app.add_css_file("peer_tables.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
