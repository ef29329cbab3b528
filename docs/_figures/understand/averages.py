"""One pair of images, counted together, and its Dice under every average."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import pair

ROWS = [
    ("mean over classes", {"average": "macro"}),
    ("without background", {"include_background": False}),
    ("one class alone", {"classes": [3]}),
    ("weighted by labels", {"average": "weighted"}),
    ("one pool of pixels", {"average": "micro"}),
    ("the same, no background", {"average": "micro", "include_background": False}),
]


def draw() -> plt.Figure:
    """Return the figure."""
    rows = []
    for name, options in ROWS:
        first, *more = (f"{key}={value!r}" for key, value in options.items())
        spelling = ("+ " + more[0] if more else first).replace("'", '"')
        rows.append((name, spelling, float(pair.dice(**options))))
    figure, axes = plt.subplots(figsize=(4.7, 4.4))
    pair.draw_numbers(axes, rows, 0.6, 1.0)
    axes.set_xticks([0.6, 0.7, 0.8, 0.9, 1.0])
    axes.set_xlabel("Dice of the two images, counted together", loc="right")
    return figure
