"""Times on CUDA: events around interleaved calls, and where results are written.

On the CPU, for dry runs, the same by the clock; those figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Call = Callable[[], object]


def parsed_options(doc: str, files: str) -> argparse.Namespace:
    """Return the options of a benchmark that writes these files."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    add = parser.add_argument
    add("--rounds", type=int, default=15)
    add("--seconds", type=float, default=math.inf, help="begin no row after these")
    add("--only", metavar="REGEX", default="", help="names of rows")
    add("--output", type=Path, help=f"folder of {files}")
    add("--without-peers", action="store_true", help="only ours, which is quicker")
    add("--dry", action="store_true", help="tiny inputs on the CPU")
    return parser.parse_args()


def seconds_of(call: Call, repeats: int, device: str) -> float:
    """Time one call as the mean of a few in a row."""
    if device == "cpu":
        before = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - before) / repeats
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(repeats):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) * 1e-3 / repeats


def medians(calls: dict[str, Call], rounds: int, device: str) -> dict[str, float]:
    """Return the median seconds of each call; the calls take turns."""
    repeats = {}
    for name, call in calls.items():
        for _ in range(2):
            seconds = seconds_of(call, 1, device)
        repeats[name] = 1 if device == "cpu" else max(1, min(10, int(2e-3 / seconds)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds_of(call, repeats[name], device))
    return {name: statistics.median(values) for name, values in times.items()}


def graphed(call: Call, device: str) -> Call:
    """Return a replay of the call as a CUDA graph: what the device does, no host."""
    if device == "cpu":
        return call
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            call()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay


def peak_bytes(call: Call, device: str) -> int:
    """Return the peak of what torch allocates during a call, beyond what there was."""
    if device == "cpu":
        return 0
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    return torch.cuda.max_memory_allocated() - before


def device_name(device: str) -> str:
    """Return the name of the GPU, or say that there is none."""
    return "dry run" if device == "cpu" else torch.cuda.get_device_name()


def write_results(
    folder: Path, name: str, result: dict[str, Any], table: str, suffix: str = ""
) -> None:
    """Write ``<device name><suffix>.json`` and ``.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-").lower()
    file = folder / f"{stem}{suffix}.json"
    dated = {"date": time.strftime("%Y-%m-%d"), **result}
    file.write_text(json.dumps(dated, indent=2) + "\n")
    markdown = folder / f"{stem}{suffix}.md"
    markdown.write_text(table)
    print(f"written to {file} and {markdown.name}")
