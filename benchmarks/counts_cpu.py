"""Time of a confusion matrix on CPU, as ratios measured in one interleaved run.

Every round times a streaming read of the input's bytes (the floor), torchtally, and
the peers that are installed, one after the other; a figure is the median over rounds
of the ratio within a round. Run with ``make bench`` or

    python benchmarks/counts_cpu.py [--rounds 7] [--threads 1 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import torchtally as tt

Call = Callable[[], object]


@dataclass(frozen=True)
class Workload:
    """Inputs of one row: labels or scores, and labels."""

    name: str
    preds: Tensor
    target: Tensor
    num_classes: int
    ignore_index: int | None = None


def coherent_labels(shape: tuple[int, int, int], num_classes: int) -> Tensor:
    """Labels in patches of 32 x 32, as neighbours in an image mostly agree."""
    n, h, w = shape
    patches = torch.randint(0, num_classes, (n, h // 32, w // 32))
    return patches.repeat_interleave(32, 1).repeat_interleave(32, 2)


def workloads() -> list[Workload]:
    """Return segmentation-like inputs of some 10^7 pixels."""
    torch.manual_seed(0)
    shape, classes = (8, 1024, 1024), 19
    smooth = coherent_labels(shape, classes)
    wrong = torch.rand(shape) < 0.05
    smooth_preds = torch.where(wrong, torch.randint(0, classes, shape), smooth)
    smooth[torch.rand(shape) < 0.1] = 255
    noise, noise_preds = (torch.randint(0, classes, shape) for _ in range(2))
    volume = coherent_labels((2, 192, 192 * 192), 2)
    scores = torch.randn(2, classes, 512, 1024)
    return [
        Workload("int64, C=19, coherent, ignore", smooth_preds, smooth, classes, 255),
        Workload("int64, C=19, random", noise_preds, noise, classes),
        Workload(
            "uint8, C=19, coherent, ignore",
            smooth_preds.to(torch.uint8),
            smooth.to(torch.uint8),
            classes,
            255,
        ),
        Workload("uint8 volume, C=2", volume.to(torch.uint8), volume.byte(), 2),
        Workload(
            "int64, C=150, random",
            torch.randint(0, 150, (4, 512, 512)),
            torch.randint(0, 150, (4, 512, 512)),
            150,
        ),
        Workload(
            "float32 scores, C=19",
            scores,
            torch.randint(0, classes, (2, 512, 1024)),
            classes,
        ),
    ]


def streaming_read(*tensors: Tensor) -> Call:
    """Sum the inputs' bytes as integers: one pass, next to no arithmetic."""
    words = [t.reshape(-1).view(torch.int64) for t in tensors]
    return lambda: [w.sum() for w in words]


def contenders(load: Workload) -> dict[str, Call]:
    """Return what is timed for a workload; every call counts the same pixels."""
    preds, target, c = load.preds, load.target, load.num_classes
    ignore = load.ignore_index

    def labels() -> Tensor:
        return preds.argmax(1) if preds.is_floating_point() else preds

    def with_bincount() -> Tensor:
        p, t = labels().reshape(-1), target.reshape(-1)
        if ignore is not None:
            keep = t != ignore
            p, t = p[keep], t[keep]
        return torch.bincount(t.long() * c + p.long(), minlength=c * c)

    def with_numpy() -> object:
        p, t = labels().numpy().ravel(), target.numpy().ravel()
        if ignore is not None:
            keep = t != ignore
            p, t = p[keep], t[keep]
        return np.bincount(t.astype(np.int64) * c + p, minlength=c * c)

    calls: dict[str, Call] = {
        "floor": streaming_read(preds, target),
        "torchtally": lambda: tt.confusion_matrix(
            preds, target, c, ignore_index=ignore
        ),
        "torch.bincount": with_bincount,
        "numpy.bincount": with_numpy,
    }
    try:
        from torchmetrics.functional.classification import multiclass_confusion_matrix
    except ImportError:
        return calls
    calls["torchmetrics"] = lambda: multiclass_confusion_matrix(
        preds, target, c, ignore_index=ignore, validate_args=False
    )
    return calls


def measure(load: Workload, rounds: int) -> dict[str, float]:
    """Return the median time of each contender in units of the floor."""
    calls = contenders(load)
    for call in calls.values():
        call()
    ratios: dict[str, list[float]] = {name: [] for name in calls if name != "floor"}
    for _ in range(rounds):
        seconds = {}
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name] = time.perf_counter() - start
        for name, values in ratios.items():
            values.append(seconds[name] / seconds["floor"])
    return {name: statistics.median(values) for name, values in ratios.items()}


def processor() -> str:
    """Name the processor as the operating system does."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def main() -> None:
    """Print one table for each number of threads, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, nargs="+", default=None)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    threads = args.threads or sorted({1, torch.get_num_threads()})
    report: dict[str, object] = {
        "processor": processor(),
        "torch": str(torch.__version__),
        "torchtally": tt.build_info()["version"],
        "unit": "time / time of a streaming read of the same bytes, median of rounds",
        "rounds": args.rounds,
    }
    for n in threads:
        torch.set_num_threads(n)
        print(f"\n{report['processor']}, {n} thread(s): time / streaming read")
        rows = {}
        for load in workloads():
            rows[load.name] = ratios = measure(load, args.rounds)
            cells = "  ".join(f"{name} {value:7.1f}" for name, value in ratios.items())
            print(f"{load.name:32s}{cells}", flush=True)
        report[f"threads={n}"] = rows
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
