"""Bars of what was measured: the chart of README, and those of the documentation.

``python benchmarks/_chart.py REPORT.json CHART.png`` draws an earlier run again: the
times relative to a streaming read.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
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
CONTENDERS = (
    OURS,
    "numpy.bincount",
    "torch.bincount",
    "torchmetrics",
    "histc areas (mmseg)",
    "MONAI one-hot",
)
AXIS = "time / time of a streaming read of the same bytes (log scale)"
ACCENT, OTHER = "#D55E00", "#56B4E9"  # which all eyes tell apart
WIDTH, DPI = 9.2, 100  # inches, pixels an inch
LINE = 0.27  # inches a bar or title takes at 11 points

Groups = Mapping[str, Mapping[str, tuple[float, bool]]]


def draw(report: dict[str, Any], path: Path) -> None:
    """Draw bars of the largest number of threads, a group for each workload."""
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    groups = panels(report)
    if not groups:
        print("no chart: none of its workloads was measured", file=sys.stderr)
        return
    threads = max(
        int(key) for row in report["workloads"].values() for key in row["threads"]
    )
    plural = "" if threads == 1 else "s"
    torch = report["peers"].get("torch", "")
    figure = bars_of(groups, AXIS, log=True, floor="the read", width=WIDTH, size=9)
    figure.suptitle(
        "Counting a confusion matrix on CPU (shorter is better)\n"
        f"{report['processor']}, {report['cpu_capability']}, {threads} thread{plural}, "
        f"torch {torch}; ~ was timed on a part and scaled",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, facecolor="white", dpi=DPI)
    pyplot.close(figure)


def panels(report: dict[str, Any]) -> dict[str, dict[str, tuple[float, bool]]]:
    """Return the bars of the chart: times in units of the floor, by panel."""
    rows = report["workloads"]
    return {title: bars(rows[name]) for title, name in PANELS.items() if name in rows}


def bars(row: dict[str, Any]) -> dict[str, tuple[float, bool]]:
    """Return times in units of the floor, and whether only a part was timed."""
    cells = row["threads"][max(row["threads"], key=int)]
    times = {OURS: cells["times_floor"], **cells["peers_times_floor"]}
    return {
        name: (times[name], name in row["part_of_pixels"])
        for name in CONTENDERS
        if name in times
    }


def bars_of(
    groups: Groups,
    axis: str,
    *,
    log: bool = False,
    floor: str = "",
    limit: float | None = None,
    width: float = 5.5,
    size: float = 11.0,
    ours: tuple[str, ...] = (OURS,),
    unit: str = "",
    first: float = 0.8,
) -> Any:
    """Return a figure of horizontal bars, each with its name and its number.

    Args:
        groups: for each title the bars: a value, and whether it was scaled up.
        axis: what the values are.
        log: a logarithmic axis.
        floor: what 1 is; a line is drawn there.
        limit: the end of the axis, room for words included.
        width: of the figure, in inches.
        size: of the letters, in points.
        ours: beginnings of the names whose bars stand out.
        unit: what follows a number.
        first: where a logarithmic axis begins.
    """
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    lines = sum(len(group) + bool(title) for title, group in groups.items())
    height = (lines + 0.5 * len(groups)) * LINE * size / 11 + 1.0
    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    ink = pyplot.rcParams["text.color"]
    place = 0.0
    start = first if log else 0.0
    lone = max(map(len, groups.values())) if ours == ("",) else 0
    for title, group in groups.items():
        if title:
            axes.annotate(
                title,
                (start, place),
                xytext=(0, 0),
                textcoords="offset points",
                va="center",
                fontsize=size,
                weight="bold",
            )
            place += 1
        if floor:
            axes.vlines(1, place - 0.5, place + len(group) - 0.5, ink, linewidth=1)
        for name, (value, partial) in group.items():
            mine = name.startswith(ours)
            axes.barh(
                place,
                value - start,
                0.78,
                left=start,
                color=ACCENT if mine else OTHER,
                hatch="" if mine else "//",
                edgecolor=ink,
                linewidth=0.4,
            )
            said = axes.annotate(
                f"{'~' if partial else ''}{short(value)}{unit}  {name}",
                (max(value, 1.0 if floor else start), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=size,
                weight="bold" if mine and len(group) > lone else "normal",
            )
            said.set_in_layout(False)  # there is room for it behind the bars
            place += 1
        place += 0.5
    largest = max(value for group in groups.values() for value, _ in group.values())
    if log:
        axes.set_xscale("log")
        axes.set_xlim(start, limit or largest * 60)
        ticks = [10**power for power in range(7) if 10**power < 10 * largest]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.minorticks_off()
    else:
        axes.set_xlim(0, limit or largest * 1.8)
        axes.set_xticks([tick for tick in axes.get_xticks() if tick <= 1.1 * largest])
    axes.set_ylim(place - 0.4, -0.9)
    axes.set_yticks([])
    if floor:
        axis = f"{axis}; the line at 1 is {floor}"
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=size)
    axes.set_xlabel(axis, fontsize=size, wrap=True)
    return figure


def short(value: float) -> str:
    """Write a ratio with two or three digits."""
    return f"{value:,.{2 if value < 3 else 1 if value < 10 else 0}f}"


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
