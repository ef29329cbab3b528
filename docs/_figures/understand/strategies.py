"""One pair of images, and the mean Dice under every rule for undefined entries."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import pair

ROWS = [
    ("0 / 0 is skipped", {}),
    ("0 / 0 is 0", {"zero_division": 0.0}),
    ("0 / 0 is 1", {"zero_division": 1.0}),
    ("0 / 0 is NaN", {"zero_division": "nan"}),
    ("no label: skipped", {"undefined_when": "empty_target"}),
    ("images added up first", None),
]


def draw() -> plt.Figure:
    """Return the figure."""
    rows = []
    for name, options in ROWS:
        spelling = 'aggregation="global"'
        if options is not None:
            spelling = ", ".join(f"{key}={value!r}" for key, value in options.items())
            spelling = spelling.replace("'", '"') or "the default"
            options = {"aggregation": "samplewise", **options}
        rows.append((name, spelling, float(pair.dice(**(options or {})))))
    figure, axes = plt.subplots(figsize=(4.7, 4.4))
    pair.draw_numbers(axes, rows, 0.6, 1.0)
    axes.set_xticks([0.6, 0.7, 0.8, 0.9, 1.0])
    axes.set_xlabel("mean Dice of the two images", loc="right")
    return figure
