"""What docs/performance shows of benchmarks/results: tables, figures, bars of charts.

Plain Python, so that it is tested without Sphinx; ``measured`` has the directives.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
OURS = "torchtally"
LOSS = "torchtally DiceCELoss"
Groups = dict[str, dict[str, tuple[float, bool]]]


class Table(NamedTuple):
    """A table of text; ``left`` columns are words, the others numbers."""

    header: list[str]
    rows: list[list[str]]
    left: int = 1


@cache
def load(name: str) -> dict[str, Any]:
    """Return a file of results."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


def digits(value: float, most: int = 2) -> str:
    """Write a number with so many digits that matter."""
    text = f"{value:#.{most}g}"
    return f"{float(text):,.0f}" if "e" in text else text.rstrip(".")


#: What the pages call the inputs of counts_cpu.json.
INPUTS = {
    "W1 int64 C=19, coherent": "int64 labels, 19 classes, regions",
    "W1 int64 C=19, random": "int64 labels, 19 classes, random",
    "W1b int64/uint8 C=19, coherent": "int64 and uint8 labels, 19 classes, regions",
    "W1b int64/uint8 C=19, random": "int64 and uint8 labels, 19 classes, random",
    "W2 uint8 C=19, coherent": "uint8 labels, 19 classes, regions",
    "W2 uint8 C=19, random": "uint8 labels, 19 classes, random",
    "W3 fp32 scores C=19, NCHW": "float32 scores, 19 classes",
    "W3 fp32 scores C=19, channels_last": "float32 scores, 19 classes, channels_last",
    "W3 fp16 scores C=19, NCHW": "float16 scores, 19 classes",
    "W3 bf16 scores C=19, NCHW": "bfloat16 scores, 19 classes",
    "W4 int64 C=150, coherent": "int64 labels, 150 classes, regions",
    "W4 int64 C=150, random": "int64 labels, 150 classes, random",
    "W4 uint8 C=150, coherent": "uint8 labels, 150 classes, regions",
    "W4 uint8 C=150, random": "uint8 labels, 150 classes, random",
    "binary uint8 volume, coherent": "uint8 volume, 2 classes",
    "brain tissues int64 C=3": "int64 brain tissues, 3 classes",
    "brain tissues uint8 C=3": "uint8 brain tissues, 3 classes",
    "W6 int64 list C=1000, matrix": "100,000 labels, 1,000 classes",
    "W6 int64 list C=1000, counts": "100,000 labels, 1,000 classes, class counts",
    "W6 int64 list C=32000, counts": "100,000 labels, 32,000 classes, class counts",
}


def _counts(name: str, threads: str) -> dict[str, Any]:
    found: dict[str, Any] = load("counts_cpu")["workloads"][name]["threads"][threads]
    return found


def counts_floor() -> Table:
    """Return torchtally against the streaming read, on one thread and on two."""
    rows = []
    for name, said in INPUTS.items():
        row = load("counts_cpu")["workloads"][name]
        line = [said, digits(row["bytes"] / 1e6)]
        for threads in ("1", "2"):
            cells = _counts(name, threads)
            line += [
                digits(cells["times_floor"]),
                digits(1e3 * cells["median_seconds"][OURS], 3),
                digits(row["bytes"] / 1e9 / cells["median_seconds"]["floor"]),
            ]
        rows.append(line)
    each = ["times the floor", "ms", "floor, GB/s"]
    header = [
        "input",
        "MB",
        *(f"{name}, {t}" for t in ("1 thread", "2 threads") for name in each),
    ]
    return Table(header, rows)


def counts_peers() -> Table:
    """Return the peers' times in multiples of ours, on two threads."""
    found = {said: _counts(name, "2") for name, said in INPUTS.items()}
    peers = list(
        dict.fromkeys(p for c in found.values() for p in c["peers_times_ours"])
    )
    parts = load("counts_cpu")["workloads"]
    rows = []
    for name, said in INPUTS.items():
        line = [said]
        for peer in peers:
            value = found[said]["peers_times_ours"].get(peer)
            mark = "~" if peer in parts[name]["part_of_pixels"] else ""
            line.append("" if value is None else mark + digits(value))
        rows.append(line)
    return Table(["input", *peers], rows)


def updates() -> Table:
    """Return one update with a small batch, in microseconds."""
    found = load("counts_cpu")["updates"]["threads"]
    rows = [[name, *(digits(found[t][name]) for t in found)] for name in found["1"]]
    return Table(["call", *(f"us, threads: {t}" for t in found)], rows)


def versions() -> Table:
    """Return what was measured beside what."""
    return Table(
        ["library", "version"],
        [list(p) for p in load("counts_cpu")["peers"].items()],
        2,
    )


STRUCTURES = {"coherent": "regions", "random": "random labels"}
DTYPES = {"fp32": "float32", "bf16": "bfloat16"}
PEERS = {
    "MONAI DiceLoss": "MONAI DiceLoss",
    "MONAI DiceCELoss": "MONAI DiceCELoss",
    "nnU-Net's formula": "nnU-Net's formula",
    "nnU-Net's formula, compiled": "the same, compiled",
    "smp's formula": "smp's formula",
}


def loss_input(name: str) -> str:
    """Return what the pages call an input of losses.json."""
    shape, structure = name.rsplit(", ", 1)
    _, dtype, size = shape.split(" ", 2)
    return f"{DTYPES[dtype]} {size}, {STRUCTURES[structure]}"


def losses_time() -> Table:
    """Return ours and the peers' in multiples of cross-entropy."""
    rows = []
    for name, row in load("losses")["workloads"].items():
        line = [loss_input(name)]
        for threads in ("2", "1"):
            cells = row["threads"][threads]
            middle, low = cells["times_cross_entropy"][LOSS], cells["quartiles"][0]
            line.append(f"{middle:.2f} ({low:.2f})")
        two = row["threads"]["2"]["times_cross_entropy"]
        rows.append(line + [digits(two[peer]) for peer in PEERS])
    return Table(["input", "ours, 2 threads", "ours, 1 thread", *PEERS.values()], rows)


def losses_kept() -> Table:
    """Return the same under an allocator that keeps memory."""
    rows = []
    for name, row in load("losses_jemalloc")["workloads"].items():
        cells = row["threads"]["2"]["times_cross_entropy"]
        rows.append(
            [
                loss_input(name),
                f"{cells[LOSS]:.2f}",
                *(digits(cells[peer]) for peer in PEERS),
            ]
        )
    return Table(["input", "ours", *PEERS.values()], rows)


def losses_memory() -> Table:
    """Return peak memory of a step in sizes of the logits."""
    rows = []
    for name, row in load("losses")["workloads"].items():
        if "memory" in row:
            cells = row["memory"]
            names = [LOSS, "F.cross_entropy", *PEERS]
            rows.append(
                [
                    loss_input(name).rsplit(", ", 1)[0],
                    *(f"{cells[n]:.1f}" for n in names),
                ]
            )
    return Table(["input", "ours", "cross-entropy", *PEERS.values()], rows)


FRAMEWORKS = ["torchmetrics", "transformers", "MONAI", "ignite", "smp", "nnunet"]


def integrations(framework: str) -> Table:
    """Return the calls of a framework beside those of its integration."""
    rows = []
    for case in load("integrations")["cases"].values():
        if case["framework"] == framework:
            seconds = case["median_seconds"]
            rows.append(
                [
                    case["name"],
                    case["load"],
                    *(digits(1e3 * seconds[n]) for n in ("original", OURS)),
                    digits(1 / case["ours_over_original"]),
                ]
            )
    return Table(
        ["call", "input", "original, ms", "torchtally, ms", "times as fast"], rows, 2
    )


#: What the pages call the inputs of nvidia-h200.json.
GPU_INPUTS = {
    "W1/W2 C=19, int64": "int64 [8, 1024, 2048], 19 classes",
    "W1/W2 C=19, uint8": "uint8 [8, 1024, 2048], 19 classes",
    "W4 C=150, int64": "int64 [4, 512, 512], 150 classes",
    "W4 C=150, uint8": "uint8 [4, 512, 512], 150 classes",
    "C=150, large, int64": "int64 [16, 1024, 1024], 150 classes",
    "C=150, large, uint8": "uint8 [16, 1024, 1024], 150 classes",
    "binary volume, int64": "int64 [2, 192, 192, 192], 2 classes",
    "binary volume, uint8": "uint8 [2, 192, 192, 192], 2 classes",
    "W3 float32 scores C=19": "float32 scores [2, 19, 512, 1024]",
    "W3 float32 scores C=19, NHWC": "the same, channels_last",
    "W3 float16 scores C=19": "float16 scores [2, 19, 512, 1024]",
    "W3 float16 scores C=19, NHWC": "the same, channels_last",
    "W3 bfloat16 scores C=19": "bfloat16 scores [2, 19, 512, 1024]",
    "W3 bfloat16 scores C=19, NHWC": "the same, channels_last",
    "W5 scores [256, 10]": "float32 scores [256, 10]",
    "W6 100k labels C=1000": "100,000 labels, 1,000 classes",
    "W6 100k labels C=32000": "100,000 labels, 32,000 classes",
}


#: The same in a chart, whose labels are short.
GPU_BARS = {
    "W1/W2 C=19, int64": "int64, 19 classes",
    "W1/W2 C=19, uint8": "uint8, 19 classes",
    "W4 C=150, int64": "int64, 150 classes, small",
    "W4 C=150, uint8": "uint8, 150 classes, small",
    "C=150, large, int64": "int64, 150 classes",
    "C=150, large, uint8": "uint8, 150 classes",
    "binary volume, int64": "int64 volume, 2 classes",
    "binary volume, uint8": "uint8 volume, 2 classes",
    "W3 float32 scores C=19": "float32 scores",
    "W3 float32 scores C=19, NHWC": "float32 scores, channels_last",
    "W3 float16 scores C=19": "float16 scores",
    "W3 float16 scores C=19, NHWC": "float16 scores, channels_last",
    "W3 bfloat16 scores C=19": "bfloat16 scores",
    "W3 bfloat16 scores C=19, NHWC": "bfloat16 scores, channels_last",
}


def gpu_counts() -> Table:
    """Return updates on the H200, in percent of a copy, and the peers'."""
    rows = []
    for row in load("nvidia-h200")["rows"]:
        peers = row["times_as_long"]
        rows.append(
            [
                GPU_INPUTS[row["workload"]],
                row["content"],
                f"{row['milliseconds']['matrix_']:.4f}"
                if "matrix_" in row["milliseconds"]
                else f"{row['milliseconds']['counts_']:.4f}",
                f"{row['percent_of_copy']:.0f}",
                *(
                    digits(peers[p]) if p in peers else ""
                    for p in ("bincount", "torchmetrics", "cub")
                ),
            ]
        )
    header = [
        "input",
        "labels",
        "ms",
        "% of a copy",
        "torch.bincount",
        "torchmetrics",
        "CUB",
    ]
    return Table(header, rows, 2)


def gpu_losses() -> Table:
    """Return a step on the H200, as CUDA graphs and as called, in milliseconds."""
    rows = []
    for row in load("nvidia-h200-losses")["rows"]:
        names = dict.fromkeys([*row["graph_milliseconds"], *row["milliseconds"]])
        for name in names:
            if name in ("copy", "forward", "backward"):
                continue
            graph = row["graph_milliseconds"].get(name)
            rows.append(
                [
                    row["row"],
                    name,
                    "" if graph is None else f"{graph:.3f}",
                    f"{row['milliseconds'][name]:.2f}",
                    f"{row['memory'][name]:.1f}",
                ]
            )
    header = ["input", "loss", "ms, CUDA graph", "ms, as called", "peak / logits"]
    return Table(header, rows, 2)


def gpu_floor() -> Table:
    """Return our losses on the H200 against the floor of a copy."""
    rows = []
    for row in load("nvidia-h200-losses")["rows"]:
        keys = ("floor_milliseconds", "tail_milliseconds")
        floor, tail = (f"{row[key]:.3f}" for key in keys)
        ratios = (
            "times_floor",
            "times_floor_compiled",
            "forward_times_floor",
            "backward_times_floor",
        )
        rows.append([row["row"], floor, *(f"{row[r]:.2f}" for r in ratios), tail])
    header = [
        "input",
        "floor, ms",
        "step / floor",
        "compiled",
        "forward",
        "backward",
        "tail, ms",
    ]
    return Table(header, rows)


TABLES: dict[str, Callable[[], Table]] = {
    "counts-floor": counts_floor,
    "counts-peers": counts_peers,
    "updates": updates,
    "versions": versions,
    "losses-time": losses_time,
    "losses-kept": losses_kept,
    "losses-memory": losses_memory,
    "gpu-counts": gpu_counts,
    "gpu-losses": gpu_losses,
    "gpu-floor": gpu_floor,
    **{
        f"integrations-{name}": lambda name=name: integrations(name)  # type: ignore[misc]
        for name in FRAMEWORKS
    },
}


def span(values: list[float]) -> str:
    """Write the least and the greatest of some numbers."""
    least, most = digits(min(values)), digits(max(values))
    return least if least == most else f"{least} to {most}"


def _kept(peer: str) -> str:
    rows = load("losses_jemalloc")["workloads"].values()
    cells = [r["threads"]["2"]["times_cross_entropy"][peer] for r in rows]
    return span(cells)


def _memory(*peers: str) -> str:
    rows = [r["memory"] for r in load("losses")["workloads"].values() if "memory" in r]
    return span([row[peer] for row in rows for peer in peers])


def _floors(name: str, threads: str) -> str:
    return digits(_counts(name, threads)["times_floor"])


def _update(name: str) -> str:
    return digits(load("counts_cpu")["updates"]["threads"]["1"][name])


def _gpu_loss(row: int, ours: str, peer: str, kind: str = "graph_milliseconds") -> str:
    cells = load("nvidia-h200-losses")["rows"][row][kind]
    return f"{cells[ours] / cells[peer]:.2f}"


_OP = "torch.ops.torchtally.confusion_matrix_"
_COMPILED = f"{LOSS}, compiled"
#: Figures in the text, by the name that the role ``measured`` gives.
FIGURES: dict[str, Callable[[], str]] = {
    "processor": lambda: str(load("counts_cpu")["processor"]),
    "cores": lambda: str(load("counts_cpu")["cores"]),
    "cpu kernels": lambda: {"avx512": "AVX-512"}[load("counts_cpu")["cpu_capability"]],
    "counts torch": lambda: str(load("counts_cpu")["peers"]["torch"]),
    "counts rounds": lambda: str(load("counts_cpu")["rounds"]),
    "counts date": lambda: str(load("counts_cpu")["date"]),
    "losses date": lambda: str(load("losses")["date"]),
    "losses torch": lambda: str(load("losses")["torch"]),
    "losses rounds": lambda: str(load("losses")["rounds"]),
    "integrations date": lambda: str(load("integrations")["date"]),
    "integrations torch": lambda: str(load("integrations")["torch"]),
    "gpu": lambda: str(load("nvidia-h200")["device"]),
    "gpu torch": lambda: str(load("nvidia-h200")["torch"]),
    "gpu date": lambda: str(load("nvidia-h200")["date"]),
    "read, 1 thread": lambda: digits(
        load("counts_cpu")["workloads"]["W1 int64 C=19, random"]["bytes"]
        / 1e9
        / _counts("W1 int64 C=19, random", "1")["median_seconds"]["floor"]
    ),
    "update op": lambda: _update(_OP),
    "update metric": lambda: _update("torchtally ConfusionMatrix.update"),
    "update torchmetrics": lambda: _update("torchmetrics update"),
    "many classes": lambda: span(
        [
            _counts(name, t)["peers_times_ours"]["numpy.bincount"]
            for name in (
                "W6 int64 list C=1000, matrix",
                "W6 int64 list C=32000, counts",
            )
            for t in "12"
        ]
    ),
    "kept ours": lambda: _kept(LOSS),
    "kept MONAI": lambda: _kept("MONAI DiceCELoss"),
    "memory ours": lambda: _memory(LOSS),
    "memory cross-entropy": lambda: _memory("F.cross_entropy"),
    "memory MONAI": lambda: _memory("MONAI DiceCELoss"),
    "memory nnU-Net": lambda: _memory("nnU-Net's formula"),
    "memory nnU-Net compiled": lambda: _memory("nnU-Net's formula, compiled"),
    "memory smp": lambda: _memory("smp's formula"),
    "gpu fp32 / cross-entropy": lambda: _gpu_loss(0, LOSS, "F.cross_entropy"),
    "gpu bf16 / cross-entropy": lambda: _gpu_loss(1, LOSS, "F.cross_entropy"),
    "gpu fp32 / nnU-Net": lambda: _gpu_loss(0, LOSS, "nnU-Net's formula"),
    "gpu bf16 / nnU-Net": lambda: _gpu_loss(1, LOSS, "nnU-Net's formula"),
    "gpu fp32 compiled": lambda: _gpu_loss(0, _COMPILED, "F.cross_entropy, compiled"),
    "gpu bf16 compiled": lambda: _gpu_loss(1, _COMPILED, "F.cross_entropy, compiled"),
    "gpu called": lambda: span(
        [r["milliseconds"][LOSS] for r in load("nvidia-h200-losses")["rows"]]
    ),
    "gpu called / cross-entropy": lambda: span(
        [
            r["milliseconds"][LOSS] / r["milliseconds"]["F.cross_entropy"]
            for r in load("nvidia-h200-losses")["rows"]
        ]
    ),
    "gpu called compiled": lambda: span(
        [r["milliseconds"][_COMPILED] for r in load("nvidia-h200-losses")["rows"]]
    ),
}


def chart(groups: Groups, axis: str, **options: Any) -> Any:
    """Return the figure that ``benchmarks/_chart.py`` draws of the bars."""
    return _chart().bars_of(groups, axis, **options)


def _chart() -> Any:
    benchmarks = str(RESULTS.parent)
    if benchmarks not in sys.path:
        sys.path.append(benchmarks)
    return importlib.import_module("_chart")


def peer_bars() -> Groups:
    """Return the bars of README's chart: times in units of the streaming read."""
    found: Groups = _chart().panels(load("counts_cpu"))
    return found


def floor_bars() -> Groups:
    """Return the bars of torchtally against the streaming read, on one thread."""
    found = {s: (_counts(n, "1")["times_floor"], False) for n, s in INPUTS.items()}
    return {"": found}


def loss_bars() -> Groups:
    """Return the bars of losses against cross-entropy, random labels, two threads."""
    found: Groups = {}
    for name, row in load("losses")["workloads"].items():
        if name.endswith("random"):
            cells = row["threads"]["2"]["times_cross_entropy"]
            shown = {OURS: (cells[LOSS], False)}
            shown |= {p: (cells[p], False) for p in PEERS if p != "MONAI DiceLoss"}
            found[loss_input(name).rsplit(", ", 1)[0]] = shown
    return found


def memory_bars() -> Groups:
    """Return the bars of peak memory, in sizes of the logits."""
    found: Groups = {}
    for name, row in load("losses")["workloads"].items():
        if "memory" in row:
            cells = row["memory"]
            names = {OURS: LOSS, "F.cross_entropy": "F.cross_entropy"}
            names |= {p: p for p in PEERS if p != "MONAI DiceLoss"}
            found[loss_input(name).rsplit(", ", 1)[0]] = {
                label: (cells[key], False) for label, key in names.items()
            }
    return found


_LABELS = "int64 [8, 256, 512], 19 classes, regions"
#: Calls of integrations.json that the chart shows, and what it calls them.
CALLS = {
    f"torchmetrics: DiceScore update: {_LABELS}": "torchmetrics DiceScore, labels",
    f"torchmetrics: MulticlassF1Score update: {_LABELS}": (
        "torchmetrics MulticlassF1Score, labels"
    ),
    "torchmetrics: MulticlassF1Score update: float32 [256, 10]": (
        "torchmetrics MulticlassF1Score, scores [256, 10]"
    ),
    "transformers: mean_iou: labels int64 [8, 512, 512], 150 classes": (
        "evaluate mean_iou, labels"
    ),
    "MONAI: DiceMetric: call: int64 [2, 1, 96, 96, 96], 14 classes": (
        "MONAI DiceMetric, labels"
    ),
    "MONAI: MeanIoU: call: one-hot float32 [8, 3, 256, 256]": "MONAI MeanIoU, one-hot",
    "MONAI: DiceCELoss: step: float32 [2, 4, 96, 96, 96]": "MONAI DiceCELoss, a step",
    "ignite: ConfusionMatrix.update: scores float32 [2, 19, 512, 1024]": (
        "ignite ConfusionMatrix, scores"
    ),
    "smp: get_stats, multiclass: labels int64 [8, 512, 512], 19 classes": (
        "smp get_stats, labels"
    ),
    "smp: DiceLoss, forward and backward: logits float32 [2, 19, 512, 512]": (
        "smp DiceLoss, a step"
    ),
    "nnunet: DC_and_CE_loss, forward and backward: logits float32 [2, 4, 96, 96, 96]": (
        "nnU-Net DC_and_CE_loss, a step"
    ),
}


def integration_bars() -> Groups:
    """Return how many times as fast a call is with its integration."""
    cases = load("integrations")["cases"]
    found = {
        said: (1 / cases[key]["ours_over_original"], False)
        for key, said in CALLS.items()
    }
    return {"": dict(sorted(found.items(), key=lambda item: -item[1][0]))}


def gpu_bars() -> Groups:
    """Return percent of the bandwidth of a copy, labels that form regions."""
    found = {}
    for row in load("nvidia-h200")["rows"]:
        if row["content"] == "regions":
            found[GPU_BARS[row["workload"]]] = (row["percent_of_copy"], False)
    return {"": found}


def gpu_loss_bars() -> Groups:
    """Return a step of each loss as a CUDA graph, in milliseconds."""
    found: Groups = {}
    for row in load("nvidia-h200-losses")["rows"]:
        cells = row["graph_milliseconds"]
        shown = {
            n.replace(LOSS, OURS): (cells[n], False)
            for n in cells
            if n not in ("copy", "forward", "backward")
        }
        found[row["row"]] = shown
    return found
