"""How often an interval holds the mean of all cases, and how wide it is.

The numbers are in intervals.csv. ``python docs/_figures/understand/intervals.py``
draws them anew.
"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

TABLE = Path(__file__).with_suffix(".csv")
CASES = [5, 10, 20, 50, 100, 200, 400]
REPEATS = 2000
LOOKS = {"t": ("C0", "o-"), "percentile": ("C1", "s--"), "bca": ("C2", "^:")}
SHARE, GOOD, FAILED = 0.1, (14, 3), (1.2, 3)
TRUTH = (1 - SHARE) * GOOD[0] / sum(GOOD) + SHARE * FAILED[0] / sum(FAILED)


def cases(number: int, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the Dice of cases: most are good, one in ten has failed."""
    failed = generator.random(number) < SHARE
    bad = generator.beta(*FAILED, number)
    return np.where(failed, bad, generator.beta(*GOOD, number))


def measure(number: int, method: str, repeats: int) -> tuple[float, float]:
    """Return the share of 95% intervals that hold the truth, and their mean width."""
    from torchtally.cli._statistics import Interval, mean_interval

    generator = np.random.default_rng(number)
    held, width = 0, 0.0
    for repeat in range(repeats):
        how = Interval(method, resamples=1000, seed=repeat)  # type: ignore[arg-type]
        low, high = mean_interval(cases(number, generator), how)
        held += low <= TRUTH <= high
        width += high - low
    return held / repeats, width / repeats


def read() -> dict[str, list[tuple[int, float, float]]]:
    """Return cases, share and width by method."""
    found: dict[str, list[tuple[int, float, float]]] = {}
    with TABLE.open() as file:
        for row in csv.DictReader(file):
            numbers = int(row["cases"]), float(row["held"]), float(row["width"])
            found.setdefault(row["method"], []).append(numbers)
    return found


def draw() -> plt.Figure:
    """Return the figure."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(5, 6.4), sharex=True)
    for method, rows in read().items():
        color, style = LOOKS[method]
        number, held, width = zip(*rows, strict=True)
        upper.plot(number, [100 * share for share in held], style, color=color)
        name = "BCa" if method == "bca" else method
        lower.plot(number, width, style, color=color, label=name)
    upper.axhline(95, color="#8a929c", lw=1)
    upper.text(400, 96.6, "what they say: 95%", ha="right", size=10)
    upper.set(ylabel="intervals that hold\nthe true mean, %", ylim=(70, 100))
    lower.set(xscale="log", yscale="log", xlabel="cases", ylabel="mean width, Dice")
    lower.set_xticks(CASES, [str(number) for number in CASES])
    lower.set_yticks([0.02, 0.05, 0.1, 0.2, 0.4], ["0.02", "0.05", "0.1", "0.2", "0.4"])
    lower.minorticks_off()
    lower.legend(loc="upper right", fontsize=11)
    return figure


if __name__ == "__main__":
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", "cases", "held", "width"])
        for method in LOOKS:
            for number in CASES:
                held, width = measure(number, method, REPEATS)
                writer.writerow([method, number, f"{held:.4f}", f"{width:.5f}"])
