"""Five pixels of a binary model: what each reading makes of its scores."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from understand import pair

LOGITS = torch.tensor([-3.0, -0.4, 0.3, 1.5, 4.0])


def draw() -> plt.Figure:
    """Return the figure."""
    probabilities = LOGITS.sigmoid()
    impossible = (LOGITS < 0) | (LOGITS > 1)
    rows = [
        ("logits", [f"{value:.1f}" for value in LOGITS], None),
        ("logits=True", (LOGITS > 0).int().tolist(), None),
        ("probabilities", [f"{value:.2f}" for value in probabilities], None),
        ("the default", (probabilities > 0.5).int().tolist(), None),
        ("logits,\nthe default", (LOGITS > 0.5).int().tolist(), impossible),
    ]
    figure, axes = plt.subplots(figsize=(4.7, 3.6))
    for place, (name, cells, refused) in enumerate(rows):
        y = place + (0.25 if place >= 2 else 0) + (0.25 if place >= 4 else 0)
        family = "monospace" if "=" in name else "sans-serif"
        axes.text(-0.15, y + 0.5, name, ha="right", va="center", family=family, size=10)
        for x, text in enumerate(cells):
            bad = refused is not None and bool(refused[x])
            fill = "none"
            if isinstance(text, int) and not bad:
                fill = pair.FILLS[3] if text else pair.FILLS[0]
            cell = plt.Rectangle((x, y), 1, 0.92, facecolor=fill)
            cell.set(edgecolor=pair.WRONG if bad else pair.muted())
            if bad:
                cell.set(hatch="xx", linewidth=1)
            axes.add_patch(cell)
            color = pair.ink() if fill == "none" else pair.ON_FILL
            shown = "" if bad else str(text)
            middle = (x + 0.5, y + 0.48)
            axes.text(*middle, shown, ha="center", va="center", color=color)
    axes.set(xlim=(-2, 5.05), ylim=(5.5, -0.05))
    axes.axis("off")
    return figure
