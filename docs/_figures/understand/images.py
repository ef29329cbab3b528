"""The two images: labels, predictions, and where they differ."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import pair


def draw() -> plt.Figure:
    """Return the figure."""
    figure, grid = plt.subplots(2, 2, figsize=(4.6, 5.2), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.07, 1, 0.93))
    for image, name in enumerate("AB"):
        target, preds = pair.TARGET[image], pair.PREDS[image]
        left, right = grid[image]
        pair.draw_labels(left, target)
        pair.draw_labels(right, preds, preds != target)
        left.set_title(f"{name}, labels", fontsize=11)
        right.set_title(f"{name}, prediction", fontsize=11)
    for number, name in enumerate(pair.NAMES):
        back = {"facecolor": pair.FILLS[number], "edgecolor": "none", "pad": 3}
        place = (0.03 + 0.25 * number, 0.02)
        look = {"fontsize": 10, "color": pair.ON_FILL, "bbox": back}
        figure.text(*place, f"{number} {name}", **look)
    return figure
