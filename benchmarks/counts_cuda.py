"""Time of a confusion matrix on CUDA, against a copy of memory and the peers.

Every round times each contender once; a figure is the median over rounds. Bandwidth
counts the input's bytes once and is given in percent of a copy measured in the same
run. Run with ``make gpu-check`` or

    python benchmarks/counts_cuda.py [--rounds 15] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import torchtally  # noqa: F401  (registers the ops)

Call = Callable[[], object]
OPS = torch.ops.torchtally
IGNORE = 255


@dataclass(frozen=True)
class Workload:
    """Inputs of one row: labels or scores, and labels."""

    name: str
    content: str
    preds: Tensor
    target: Tensor
    num_classes: int

    @property
    def bytes(self) -> int:
        """Size of the input."""
        return sum(t.numel() * t.element_size() for t in (self.preds, self.target))


def label_maps(content: str, shape: tuple[int, ...], c: int) -> tuple[Tensor, Tensor]:
    """Return predicted and target labels, int64; a tenth of the target is ignored."""
    n, h, w = shape
    if content == "one class":
        preds = torch.zeros(shape, dtype=torch.int64, device="cuda")
        return preds, preds.clone()
    if content == "smooth":
        patches = torch.randint(0, c, (n, h // 32, w // 32), device="cuda")
        target = patches.repeat_interleave(32, 1).repeat_interleave(32, 2)
        preds = target.roll(3, dims=2)
        target[:, : h // 10] = IGNORE
        return preds.contiguous(), target
    target = torch.randint(0, c, shape, device="cuda")
    target[torch.rand(shape, device="cuda") < 0.1] = IGNORE
    return torch.randint(0, c, shape, device="cuda"), target


def workloads() -> Iterator[Workload]:
    """Make one workload at a time: together they do not fit small devices."""
    shape = (16, 1024, 1024)
    for c in (2, 19, 150):
        for content in ("random", "smooth", "one class"):
            preds, target = label_maps(content, shape, c)
            yield Workload(f"int64, C={c}", content, preds, target, c)
            yield Workload(f"uint8, C={c}", content, preds.byte(), target.byte(), c)
    preds, target = label_maps("random", shape, 1000)
    yield Workload("int32, C=1000", "random", preds.int(), target.int(), 1000)
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        for content in ("random", "smooth"):
            preds, target = label_maps(content, (8, 1024, 1024), 19)
            scores = torch.randn(8, 19, 1024, 1024, device="cuda", dtype=dtype)
            scores.scatter_(1, preds[:, None], 9.0)
            name = f"{str(dtype).removeprefix('torch.')} scores, C=19"
            yield Workload(name, content, scores, target.byte(), 19)
            if content == "smooth":
                scores = scores.to(memory_format=torch.channels_last)
                yield Workload(f"{name}, NHWC", content, scores, target.byte(), 19)


def with_bincount(load: Workload) -> Tensor:
    """Count as is usual with torch alone."""
    preds, target, c = load.preds, load.target, load.num_classes
    labels = preds.argmax(1) if preds.is_floating_point() else preds
    keep = target != IGNORE
    pairs = target[keep].long() * c + labels[keep].long()
    return torch.bincount(pairs, minlength=c * c)


def contenders(load: Workload) -> dict[str, Call]:
    """Return what is timed for a workload; every call counts the same pixels."""
    preds, target, c = load.preds, load.target, load.num_classes
    options = {"ignore_index": [IGNORE]}
    matrix = torch.zeros(c, c, dtype=torch.int64, device="cuda")
    counts = torch.zeros(3, c, dtype=torch.int64, device="cuda")
    invalid = torch.zeros((), dtype=torch.int64, device="cuda")

    calls: dict[str, Call] = {
        "matrix": lambda: OPS.confusion_matrix(preds, target, c, **options),
        "matrix_": lambda: OPS.confusion_matrix_(
            matrix, invalid, preds, target, **options
        ),
        "counts_": lambda: OPS.class_counts_(counts, invalid, preds, target, **options),
        "bincount": lambda: with_bincount(load),
    }
    try:
        from torchmetrics.functional.classification import multiclass_confusion_matrix
    except ImportError:
        return calls

    def with_torchmetrics() -> object:
        return multiclass_confusion_matrix(
            preds, target.long(), c, ignore_index=IGNORE, validate_args=False
        )

    def deterministic() -> object:
        torch.use_deterministic_algorithms(True)
        try:
            return with_torchmetrics()
        finally:
            torch.use_deterministic_algorithms(False)

    calls["torchmetrics"] = with_torchmetrics
    # Its deterministic path compares every pixel with every cell, in memory.
    if c * c <= 1024 and target.numel() * c * c * 8 < torch.cuda.mem_get_info()[0] // 2:
        calls["deterministic"] = deterministic
    return calls


def seconds_of(call: Call, repeats: int) -> float:
    """Time one call as the mean of a few in a row."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(repeats):
        call()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) * 1e-3 / repeats


def medians(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    """Return the median seconds of each call; the calls take turns."""
    repeats = {}
    for name, call in calls.items():
        for _ in range(2):
            seconds = seconds_of(call, 1)
        repeats[name] = max(1, min(10, int(2e-3 / seconds)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds_of(call, repeats[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def check(load: Workload) -> None:
    """Stop where the matrix is not that of torch.bincount."""
    matrix, _ = OPS.confusion_matrix(
        load.preds, load.target, load.num_classes, ignore_index=[IGNORE]
    )
    if not torch.equal(matrix.flatten(), with_bincount(load)):
        raise SystemExit(f"{load.name}, {load.content}: wrong counts")


def measure(load: Workload, rounds: int) -> dict[str, object]:
    """Return one row: milliseconds of each contender, and percent of a copy."""
    check(load)
    source = torch.empty(load.bytes, dtype=torch.uint8, device="cuda")
    copy = torch.empty_like(source)
    calls = {"copy": lambda: copy.copy_(source), **contenders(load)}
    seconds = medians(calls, rounds)
    bandwidth = 2 * load.bytes / seconds["copy"]  # a copy reads and writes
    percent = {
        name: 100 * load.bytes / seconds[name] / bandwidth
        for name in ("matrix", "matrix_", "counts_")
    }
    return {
        "workload": load.name,
        "content": load.content,
        "pixels": load.target.numel(),
        "bytes": load.bytes,
        "copy_gb_per_s": bandwidth * 1e-9,
        "gpixel_per_s": load.target.numel() / seconds["matrix_"] * 1e-9,
        "percent_of_copy": percent,
        "milliseconds": {name: value * 1e3 for name, value in seconds.items()},
    }


def line(row: dict[str, object]) -> str:
    """Format a row of the table."""
    milliseconds: dict[str, float] = row["milliseconds"]  # type: ignore[assignment]
    percent: dict[str, float] = row["percent_of_copy"]  # type: ignore[assignment]
    ours = milliseconds["matrix"]
    cells = [f"{row['workload']:28s} {row['content']:9s}"]
    cells += [f"{row['gpixel_per_s']:8.1f}"]
    cells += [f"{percent[name]:7.0f}%" for name in percent]
    cells += [f"{ours:9.3f}"]
    for peer in ("bincount", "torchmetrics", "deterministic"):
        ratio = milliseconds[peer] / ours if peer in milliseconds else None
        cells.append(f"{ratio:12.1f}x" if ratio is not None else f"{'-':>13s}")
    return " ".join(cells)


def main() -> None:
    """Print the table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", type=Path, help="folder of <gpu name>.json")
    options = parser.parse_args()
    torch.manual_seed(0)
    device = torch.cuda.get_device_name()
    print(f"{device}, torch {torch.__version__}; percent: of copy bandwidth")
    print(
        f"{'input':28s} {'content':9s} {'Gpix/s':>8s} {'matrix':>8s} {'matrix_':>8s} "
        f"{'counts_':>8s} {'ms':>9s} {'bincount':>13s} {'torchmetrics':>13s} "
        f"{'deterministic':>13s}"
    )
    rows = []
    for load in workloads():
        rows.append(measure(load, options.rounds))
        print(line(rows[-1]), flush=True)
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", device).strip("-").lower()
        result = {"device": device, "torch": torch.__version__, "rows": rows}
        file = options.output / f"{name}.json"
        file.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written to {file}")


if __name__ == "__main__":
    main()
