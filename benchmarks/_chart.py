"""A chart of the times relative to a streaming read.

``python benchmarks/_chart.py REPORT.json CHART.png`` draws an earlier run again.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

OURS = "torchtally"
#: Titles of the panels, and the workloads that they show.
PANELS = {
    "int64 labels, 19 classes, regions": "W1 int64 C=19, coherent",
    "int64 labels, 19 classes, random": "W1 int64 C=19, random",
    "uint8 labels, 19 classes, regions": "W2 uint8 C=19, coherent",
    "uint8 volume, 2 classes": "binary uint8 volume, coherent",
    "int64 labels, 150 classes, random": "W4 int64 C=150, random",
    "float32 scores, 19 classes, argmax": "W3 fp32 scores C=19, NCHW",
}
COLOURS = {
    OURS: "#d1495b",
    "numpy.bincount": "#2e6f95",
    "torch.bincount": "#4f9dc4",
    "torchmetrics": "#7a8b99",
    "histc areas (mmseg)": "#a3b1bd",
    "MONAI one-hot": "#c9d2da",
}
WIDTH, DPI = 9.2, 100  # inches, pixels an inch


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw bars of the largest number of threads, a group for each workload."""
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    rows = report["workloads"]
    shown = {title: rows[name] for title, name in PANELS.items() if name in rows}
    if not shown:
        print("no chart: none of its workloads was measured", file=sys.stderr)
        return
    groups = {title: bars(row) for title, row in shown.items()}
    count = sum(len(group) + 1 for group in groups.values())
    height = 0.2 * count + 1.6
    figure, axes = pyplot.subplots(figsize=(WIDTH, height), dpi=DPI)
    place, ticks, named = 0.0, [], set()
    for group in groups.values():
        ticks.append(place + (len(group) - 1) / 2)
        for name, (value, partial) in group.items():
            label = None if name in named else name
            named.add(name)
            colour, ours = COLOURS[name], name == OURS
            axes.barh(place, value, 0.86, left=0, color=colour, label=label)
            text = f"{'~' if partial else ''}{short(value)}"
            axes.annotate(
                text,
                (max(value, 1.0), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=colour if ours else "#333333",
                weight="bold" if ours else "normal",
            )
            place += 1
        place += 1
    small = {"textcoords": "offset points", "fontsize": 8.5, "color": "#555555"}
    axes.set_xscale("log")
    largest = max(value for group in groups.values() for value, _ in group.values())
    axes.set_xlim(0.8, largest * 2.2)
    axes.set_ylim(place - 1, -1.6)
    axes.set_yticks(ticks, [title.replace(", ", "\n", 1) for title in groups])
    axes.axvline(1, color="#222222", linewidth=1)
    axes.annotate("streaming read", (1, -0.9), xytext=(4, 0), **small)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("time / time of a streaming read of the same bytes (log scale)")
    threads = max(int(key) for row in shown.values() for key in row["threads"])
    processor, torch = report["processor"], report["peers"].get("torch", "")
    plural = "" if threads == 1 else "s"
    figure.text(
        0.015,
        1 - 0.28 / height,
        "Counting a confusion matrix on CPU (shorter is better)",
        weight="bold",
        fontsize=12,
    )
    figure.text(
        0.015,
        1 - 0.5 / height,
        f"{processor}, {report['cpu_capability']}, {threads} thread{plural}, "
        f"torch {torch}; ~ was timed on a part and scaled",
        fontsize=8.5,
        color="#555555",
    )
    figure.legend(
        loc="upper left",
        bbox_to_anchor=(0.005, 1 - 0.55 / height),
        ncols=6,
        frameon=False,
        fontsize=8.5,
    )
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.75 / height))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, facecolor="white")
    pyplot.close(figure)


def bars(row: dict[str, Any]) -> dict[str, tuple[float, bool]]:
    """Return times in units of the floor, and whether only a part was timed."""
    cells = row["threads"][max(row["threads"], key=int)]
    times = {OURS: cells["times_floor"], **cells["peers_times_floor"]}
    return {
        name: (times[name], name in row["part_of_pixels"])
        for name in COLOURS
        if name in times
    }


def short(value: float) -> str:
    """Write a ratio with two or three digits."""
    return f"{value:.{2 if value < 3 else 1 if value < 10 else 0}f}"


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
