"""How fast this machine counts: our time over a plain read, and peers' over ours."""

from __future__ import annotations

import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.functional import interpolate

import torchtally
from torchtally import _core

CLASSES = 19
IMAGES = (2, 1024, 2048)
FLOOR, OURS = "plain read", "torchtally"
Call = Callable[[], object]


def bench(seconds: float, as_json: bool) -> None:
    """Time confusion matrices of regions and of noise; print a table, or JSON.

    Every call is made once a round, behind a read of other memory, so that each finds
    the same caches; ratios are within a round and their median is shown.

    Args:
        seconds: about how long it may take.
        as_json: print JSON.
    """
    rows = []
    contents = [
        (content, dtype)
        for content in ("regions", "random")
        for dtype in (torch.int64, torch.uint8)
    ]
    for content, dtype in contents:
        preds, target = (labels.to(dtype) for labels in _labels(content))
        calls = _calls(preds, target)
        found = _rounds(calls, seconds / len(contents))
        rows.append(
            {
                "labels": f"{str(dtype).removeprefix('torch.')}, {content}",
                "ms": 1e3 * statistics.median(found[OURS]),
                "times_floor": _ratio(found, OURS, FLOOR),
                "peers": {
                    name: _ratio(found, name, OURS)
                    for name in calls
                    if name not in (FLOOR, OURS)
                },
            }
        )
    info = torchtally.build_info()
    machine = {
        "kernels": info["cpu_capability"],
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "torchtally": torchtally.__version__,
    }
    if as_json:
        print(json.dumps({**machine, "rows": rows}))
    else:
        _print(machine, rows)


def _labels(content: str) -> tuple[Tensor, Tensor]:
    """Return predictions and labels, int64 ``[2, 1024, 2048]``."""
    generator = torch.Generator().manual_seed(0)
    if content == "random":
        preds, target = torch.randint(0, CLASSES, (2, *IMAGES), generator=generator)
        return preds, target
    coarse = torch.randn(IMAGES[0], CLASSES, 9, 17, generator=generator)
    target = interpolate(coarse, IMAGES[1:], mode="bilinear").argmax(1)
    return target.roll((2, 3), (-2, -1)), target


def _calls(preds: Tensor, target: Tensor) -> dict[str, Call]:
    def read() -> None:
        for tensor in (preds, target):
            size = tensor.numel() * tensor.element_size()
            _core.streaming_read(tensor.data_ptr(), size)

    def bincount() -> Tensor:
        cells = target.long() * CLASSES + preds
        return torch.bincount(cells.flatten(), minlength=CLASSES**2)

    calls: dict[str, Call] = {
        FLOOR: read,
        OURS: lambda: torchtally.confusion_matrix(preds, target, CLASSES),
        "torch.bincount": bincount,
    }
    if importlib.util.find_spec("torchmetrics") is not None:
        theirs = importlib.import_module("torchmetrics.functional.classification")
        calls["torchmetrics"] = lambda: theirs.multiclass_confusion_matrix(
            preds, target, CLASSES, validate_args=False
        )
    if importlib.util.find_spec("sklearn") is not None:
        sklearn = importlib.import_module("sklearn.metrics")
        calls["scikit-learn"] = lambda: sklearn.confusion_matrix(
            target.flatten().numpy(), preds.flatten().numpy()
        )
    return calls


def _rounds(calls: dict[str, Call], seconds: float) -> dict[str, list[float]]:
    other = torch.ones(64 << 20, dtype=torch.uint8)
    found: dict[str, list[float]] = {name: [] for name in calls}
    start = time.monotonic()
    while not found[OURS] or time.monotonic() - start < seconds:
        for name, call in calls.items():
            slow = found[name] and found[name][0] > seconds / 8
            if slow and len(found[name]) > 1:
                continue
            _core.streaming_read(other.data_ptr(), other.numel())
            begin = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - begin)
    return found


def _ratio(found: dict[str, list[float]], name: str, base: str) -> float:
    ratios = [a / b for a, b in zip(found[name], found[base], strict=False)]
    return statistics.median(ratios[1:] or ratios)  # the first round starts threads


def _print(machine: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    table = Table(
        title=f"One confusion matrix of {CLASSES} classes, {list(IMAGES)}; {about}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("labels", no_wrap=True)
    peers = rows[0]["peers"]
    for heading in ("ms", f"/ {FLOOR}", *(f"{name} / ours" for name in peers)):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        numbers = (row["times_floor"], *row["peers"].values())
        shown = [f"{number:.3g}" for number in numbers]
        table.add_row(row["labels"], f"{row['ms']:.3g}", *shown)
    console = Console()
    Console(width=max(console.width, 110)).print(table)
