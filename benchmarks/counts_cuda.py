"""Time of a confusion matrix on CUDA, against a copy of memory and the peers.

Every round times each contender once; a figure is the median over rounds. Bandwidth
counts the input's bytes once and is given in percent of a copy measured in the same
run. Every peer's counts are found equal before it is timed. Run with
``make gpu-check`` or

    python benchmarks/counts_cuda.py [--rounds 15] [--seconds S] [--output FOLDER]
        [--only REGEX] [--without-peers] [--dry]

``--dry`` runs every path on tiny inputs on the CPU; its figures mean nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch import Tensor

import _cuda_peers as peers
import _inputs
import torchtally  # noqa: F401  (registers the ops)
from _cuda_peers import IGNORE
from _cuda_timing import device_name, medians, parsed_options, write_results
from _inputs import Structure
from _tables import progress

Call = Callable[[], object]
OPS = torch.ops.torchtally
PEERS = ("bincount", "torchmetrics", "deterministic", "cub")
CONTENTS = ("random", "regions", "one class")


@dataclass(frozen=True)
class Workload:
    """Inputs of one row: labels or scores, and labels."""

    name: str
    content: str
    preds: Tensor
    target: Tensor
    num_classes: int
    matrix: bool = True  # False: only the O(C) counts

    @property
    def bytes(self) -> int:
        """Size of the input."""
        return sum(t.numel() * t.element_size() for t in (self.preds, self.target))


def label_maps(
    content: str, shape: tuple[int, int, int], c: int, device: str
) -> tuple[Tensor, Tensor]:
    """Return predicted and target labels, int64; a tenth of the target is ignored."""
    if content == "brain":
        preds, target = _inputs.brain_maps(shape)
        return preds.long().to(device), target.long().to(device)
    if content == "one class":
        preds = torch.zeros(shape, dtype=torch.int64, device=device)
        return preds, preds.clone()
    structure: Structure = "coherent" if content == "regions" else "random"
    with torch.device(device):
        cell = max(4, shape[-1] // 16)
        return _inputs.label_maps(shape, c, structure, ignored=0.1, cell=cell)


def scores_of(preds: Tensor, c: int, dtype: torch.dtype) -> Tensor:
    """Return random scores [N, C, H, W] whose argmax is preds."""
    n, h, w = preds.shape
    scores = torch.randn(n, c, h, w, device=preds.device, dtype=dtype)
    return scores.scatter_(1, preds[:, None], 9.0)


def workloads(device: str, dry: bool) -> Iterator[Workload]:
    """Make one workload at a time: together they do not fit small devices."""

    def sized(n: int, h: int, w: int) -> tuple[int, int, int]:
        return (1, max(10, h // 64), max(16, w // 64)) if dry else (n, h, w)

    labels = [
        ("W1/W2 C=19", sized(8, 1024, 2048), 19, CONTENTS),
        ("W4 C=150", sized(4, 512, 512), 150, CONTENTS),
        ("C=150, large", sized(16, 1024, 1024), 150, CONTENTS),
        ("binary volume", sized(2, 192, 192 * 192), 2, CONTENTS),
    ]
    if find_spec("nilearn") and find_spec("skimage"):  # which hold the demo's brain
        labels.append(("tissues C=3", sized(8, 1024, 2048), 3, ("brain",)))
    for name, shape, c, contents in labels:
        for content in contents:
            preds, target = label_maps(content, shape, c, device)
            yield Workload(f"{name}, int64", content, preds, target, c)
            yield Workload(f"{name}, uint8", content, preds.byte(), target.byte(), c)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        for content in CONTENTS[:2]:
            preds, target = label_maps(content, sized(2, 512, 1024), 19, device)
            scores = scores_of(preds, 19, dtype)
            name = f"W3 {str(dtype).removeprefix('torch.')} scores C=19"
            yield Workload(name, content, scores, target, 19)
            if content == "regions":
                scores = scores.to(memory_format=torch.channels_last)
                yield Workload(f"{name}, NHWC", content, scores, target, 19)
    preds, target = label_maps("random", (1, 16, 16), 10, device)
    scores = scores_of(preds, 10, torch.float32).flatten(2)[0].T.contiguous()
    yield Workload("W5 scores [256, 10]", "random", scores, target.flatten(), 10)
    for c in (1000, 32_000):
        preds, target = label_maps("random", sized(1, 100, 1000), c, device)
        yield Workload(f"W6 100k labels C={c}", "random", preds, target, c, c <= 1000)


def contenders(load: Workload, with_peers: bool) -> dict[str, Call]:
    """Return what is timed for a workload; every call counts the same pixels."""
    preds, target, c = load.preds, load.target, load.num_classes
    options = {"ignore_index": [IGNORE]}
    invalid = torch.zeros((), dtype=torch.int64, device=target.device)
    counts = torch.zeros(3, c, dtype=torch.int64, device=target.device)
    calls: dict[str, Call] = {
        "counts_": lambda: OPS.class_counts_(counts, invalid, preds, target, **options)
    }
    if not load.matrix:
        return calls
    matrix = torch.zeros(c, c, dtype=torch.int64, device=target.device)
    calls["matrix"] = lambda: OPS.confusion_matrix(preds, target, c, **options)
    calls["matrix_"] = lambda: OPS.confusion_matrix_(
        matrix, invalid, preds, target, **options
    )
    if not with_peers:
        return calls
    others: dict[str, peers.Call | None] = {
        "bincount": lambda: peers.bincount(preds, target, c),
        "torchmetrics": peers.torchmetrics(preds, target, c),
        "cub": peers.cub(preds, target, c),
    }
    # The deterministic path of torchmetrics compares every pixel with every cell.
    counted = others["torchmetrics"]
    if counted is not None and target.numel() * c * c * 8 < 2**34:
        others["deterministic"] = peers.deterministic(counted)
    expected = OPS.confusion_matrix(preds, target, c, **options)[0]
    for name, call in others.items():
        if call is None:
            continue
        if not torch.equal(call(), expected):
            raise SystemExit(f"{load.name}, {load.content}: {name} counts otherwise")
        calls[name] = call
    return calls


def measure(
    load: Workload, rounds: int, device: str, with_peers: bool
) -> dict[str, object]:
    """Return one row: milliseconds of each contender, and percent of a copy."""
    source = torch.empty(load.bytes, dtype=torch.uint8, device=device)
    copy = torch.empty_like(source)
    calls = {"copy": lambda: copy.copy_(source), **contenders(load, with_peers)}
    seconds = medians(calls, rounds, device)
    bandwidth = 2 * load.bytes / seconds["copy"]  # a copy reads and writes
    ours = seconds["matrix_" if load.matrix else "counts_"]
    return {
        "workload": load.name,
        "content": load.content,
        "pixels": load.target.numel(),
        "bytes": load.bytes,
        "copy_gb_per_s": bandwidth * 1e-9,
        "gpixel_per_s": load.target.numel() / ours * 1e-9,
        "percent_of_copy": 100 * load.bytes / ours / bandwidth,
        "milliseconds": {name: value * 1e3 for name, value in seconds.items()},
        "times_as_long": {
            name: seconds[name] / ours for name in PEERS if name in seconds
        },
    }


def markdown(device: str, rows: list[dict[str, object]]) -> str:
    """Format the rows as a table."""
    lines = [
        f"Confusion matrix on {device}, torch {torch.__version__}: in-place update.",
        "Percent of the bandwidth of a copy; peers in multiples of our time.",
        "",
        "| input | labels | ms | Gpixel/s | % of copy | " + " | ".join(PEERS) + " |",
        "|---" * (5 + len(PEERS)) + "|",
    ]
    for row in rows:
        ratios: dict[str, float] = row["times_as_long"]  # type: ignore[assignment]
        milliseconds: dict[str, float] = row["milliseconds"]  # type: ignore[assignment]
        ours = milliseconds.get("matrix_", milliseconds["counts_"])
        cells = [str(row["workload"]), str(row["content"]), f"{ours:.4f}"]
        cells += [f"{row['gpixel_per_s']:.1f}", f"{row['percent_of_copy']:.0f}"]
        cells += [f"{ratios[name]:.1f}" if name in ratios else "-" for name in PEERS]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table and write it as JSON and Markdown."""
    options = parsed_options(__doc__ or "", "<gpu name>.json, .md")
    torch.manual_seed(0)
    device = "cpu" if options.dry else "cuda"
    name = device_name(device)
    start = time.monotonic()
    rows = []
    for load in workloads(device, options.dry):
        if not re.search(options.only, f"{load.name}, {load.content}"):
            continue
        if rows and time.monotonic() - start > options.seconds:
            progress(f"left out from here on, {options.seconds:.0f} s are over")
            break
        progress(f"{load.name}, {load.content}")
        peers = not options.without_peers
        rows.append(measure(load, options.rounds, device, peers))
    if not rows:
        raise SystemExit(f"no row matches {options.only!r}")
    table = markdown(name, rows)
    print(f"\n{table}")
    if options.output is not None:
        result = {"device": name, "torch": torch.__version__, "rows": rows}
        write_results(options.output, name, result, table)


if __name__ == "__main__":
    main()
