"""The confusion matrix as a picture, drawn without a display."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from torchtally.metrics._plot import figure_side, plot_matrix

from ._scores import Report

DOTS_PER_INCH = 150


def heat_map(report: Report) -> bytes:
    """Return a PNG: the share of each label's pixels that each class was given."""
    if report.matrix is None:
        raise ValueError("heat_map: the matrix was not counted")
    names = list(report.settings.class_names)
    if report.settings.with_other:
        names.append("other")
    side = figure_side(len(names))
    figure = Figure(figsize=(side, side))
    axes = figure.add_axes((0, 0, 1, 1))
    plot_matrix(report.matrix, axes, "true", names)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight")
    return stream.getvalue()
