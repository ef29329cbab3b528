"""How the mean of cases and the Dice of all pixels part as lesions shrink."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import lesions, pair

MEDIANS = [3, 4, 5, 6, 8, 10, 13, 16, 20]


def draw() -> plt.Figure:
    """Return the figure."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(5, 6.4))
    area, each, samplewise, pooled = lesions.study(5)
    upper.plot(area, each, "o", ms=4, alpha=0.5, color=pair.muted(), mew=0)
    place = float(area.max())
    lines = [(pooled, "C1", "--", "global"), (samplewise, "C0", "-", "samplewise")]
    for value, color, style, name in lines:
        upper.axhline(value, color=color, ls=style, lw=2)
        high = name == "global"
        at = {"ha": "left", "va": "bottom" if high else "top"}
        text = f" {name} {value:.2f}"
        upper.text(3, value + (0.01 if high else -0.015), text, **at)
    upper.set_title("200 cases, each a dot; median radius 5", size=11, loc="left")
    upper.set(xscale="log", xlabel="pixels of the lesion", ylabel="Dice")
    upper.set(ylim=(-0.03, 1), xlim=(3, place * 1.1))

    results = [lesions.study(float(median)) for median in MEDIANS]
    global_ = [result[3] for result in results]
    mean = [result[2] for result in results]
    lower.fill_between(MEDIANS, mean, global_, color=pair.muted(), alpha=0.2, lw=0)
    lower.plot(MEDIANS, global_, "s--", color="C1", lw=2)
    lower.plot(MEDIANS, mean, "o-", color="C0", lw=2)
    lower.text(10, global_[5] + 0.025, "global", ha="center", va="bottom")
    lower.text(13, mean[6] - 0.03, "samplewise", ha="center", va="top")
    for value in (global_[0], mean[0]):
        lower.text(2.7, value, f"{value:.2f}", ha="left", va="center")
    lower.set(xlabel="median radius of the lesions, pixels", ylabel="Dice")
    lower.set(xlim=(20.5, 2.5), ylim=(0.4, 1), xticks=[20, 15, 10, 5, 3])
    lower.set_title("the same with larger and smaller lesions", size=11, loc="left")
    return figure
