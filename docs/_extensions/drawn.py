"""The directive ``drawn``: a picture that code draws while the site is built.

``{drawn} understand/strategies.py`` calls ``draw()`` of that script in
``docs/_figures`` twice, for a light and a dark page. ``draw`` returns a matplotlib
figure with a transparent background, made of the colours of the style that is in force.
Scripts import what they share from their folder: ``from understand import pair``.
The option ``alt``, words for those who do not see it, is required; the rest is the
caption.
"""

from __future__ import annotations

import html
import runpy
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FIGURES = Path(__file__).parents[1] / "_figures"
#: Okabe and Ito's colours, which people who are colour-blind tell apart; on a dark page
#: the two blues change places, and the darkest are lighter.
CYCLES = {
    "light": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"],
    "dark": ["#56B4E9", "#E69F00", "#00B584", "#CC79A7", "#3E8FD6", "#E8702A"],
}
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.frameon": False,
    "font.size": 11,
    "svg.hashsalt": "torchtally",
}
INK = {"light": "#222832", "dark": "#ced6dd"}


def style_of(theme: str) -> dict[str, Any]:
    """Return the settings of matplotlib for a light or a dark page."""
    ink = INK[theme]
    names = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color")
    inked = dict.fromkeys((*names, "ytick.color", "axes.titlecolor"), ink)
    cycle = {"axes.prop_cycle": mpl.cycler(color=CYCLES[theme])}
    return STYLE | inked | cycle | {"savefig.facecolor": "none"}


class Drawn(SphinxDirective):
    """A figure of ``docs/_figures``, light and dark, and the words for it."""

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Draw the figure and return its nodes."""
        name = self.arguments[0]
        if "alt" not in self.options:
            raise self.error(f"drawn {name}: alt is missing")
        script = FIGURES / name
        for beside in script.parent.glob("*"):  # what the script may import or read
            self.env.note_dependency(str(beside))
        folder = Path(self.env.app.outdir) / "_drawn"
        folder.mkdir(parents=True, exist_ok=True)
        root = "../" * self.env.docname.count("/")
        alt = html.escape(" ".join(self.options["alt"].split()))
        pictures = ""
        for theme in INK:
            stem = f"{script.stem}-{theme}.svg"
            with mpl.rc_context(style_of(theme)):
                drawn = runpy.run_path(str(script))["draw"]()
                drawn.savefig(folder / stem, metadata={"Date": None})
                plt.close(drawn)
            source = f"{root}_drawn/{stem}"
            pictures += f'<img class="only-{theme} drawn" src="{source}" alt="{alt}">'
        # The theme hides every caption that is a sibling of the image that it hides.
        images = nodes.raw("", f"<div>{pictures}</div>", format="html")
        figure = nodes.figure("", images)
        if self.content:
            parsed = nodes.Element()
            self.state.nested_parse(self.content, self.content_offset, parsed)
            figure += nodes.caption("", "", *parsed.children[0].children)
        return [figure]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    mpl.use("agg")
    sys.path.insert(0, str(FIGURES))
    app.add_directive("drawn", Drawn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
