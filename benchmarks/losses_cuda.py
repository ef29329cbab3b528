"""Forward and backward of Dice + cross-entropy on CUDA, against floor and peers.

L is the size of the logits, Y of the target. Forward must read L + Y; backward reads
them again and writes L. The floor is 3 L + 2 Y over the bandwidth of a copy of L bytes
measured in the same rounds. Every round times each contender once; a figure is the
median over rounds. Each is timed as it is called, and where it can be captured as a
CUDA graph too, which is the time of the device without the host's. Peak memory is what
torch allocates in one forward and backward, in sizes of the logits: the gradient is 1.
Our sums and gradients are found right before anything is timed. Run with
``make gpu-check`` or

    python benchmarks/losses_cuda.py [--rounds 15] [--seconds S] [--output FOLDER]
        [--only REGEX] [--without-peers] [--dry]

Rows are in the order of their importance; none is begun after ``--seconds``. With
``--without-peers`` only ours is timed, eager; so it is for rows that the peers do not
have, and compiled. The tail is what a step takes beside the two ops.
``--dry`` runs every path on tiny inputs on the CPU; its figures mean nothing.
"""

from __future__ import annotations

import gc
import math
import re
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import torchtally as tt
from _cuda_timing import (
    Call,
    device_name,
    graphed,
    medians,
    parsed_options,
    peak_bytes,
    write_results,
)
from _loss_peers import BASE, OURS, SMP, Loss, compiled, plain_losses, step
from _tables import number, progress

OPS = torch.ops.torchtally
FORWARD, BACKWARD, COPY = "forward", "backward", "copy"
COMPILED = ", compiled"
#: Eager peers that wait for the device, or may: they cannot be captured.
WAITING = (SMP, "MONAI DiceLoss", "MONAI DiceCELoss")
#: At most so many times the floor, and so many times the logits.
MOST_FLOORS, MOST_MEMORY = 1.3, 1.1
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Row:
    """A size and layout of logits, and a kind of target.

    ``target`` is the dtype of labels, or "soft" for probabilities of the logits' shape
    and dtype.
    """

    shape: tuple[int, ...]
    dtype: str
    channels_last: bool = False
    activation: str = "softmax"
    target: str = "int64"

    @property
    def name(self) -> str:
        """What the tables call it."""
        kind = f"{len(self.shape) - 2}D"
        more = ", channels_last" if self.channels_last else ""
        more += "" if self.activation == "softmax" else f", {self.activation}"
        more += "" if self.target == "int64" else f", {self.target} target"
        return f"{kind} {self.dtype} {list(self.shape)}{more}"

    @property
    def usual(self) -> bool:
        """Whether the peers have it too."""
        return self.activation == "softmax" and self.target == "int64"

    def inputs(self, device: str, dry: bool) -> tuple[Tensor, Tensor]:
        """Return logits and target."""
        n, c, *sides = self.shape
        if dry:
            n, sides = 1, [max(4, side // 64) for side in sides]
        logits = torch.randn((n, c, *sides), device=device).to(DTYPES[self.dtype])
        if self.channels_last:
            last = torch.channels_last if len(sides) == 2 else torch.channels_last_3d
            logits = logits.to(memory_format=last)
        if self.target == "soft":
            return logits, torch.rand_like(logits)
        if self.activation == "sigmoid":  # a mask of each class, as trainers give it
            hot = torch.randint(2, logits.shape, device=device, dtype=torch.uint8)
            return logits, hot
        dtype = getattr(torch, self.target)
        return logits, torch.randint(c, (n, *sides), device=device, dtype=dtype)


ROWS = (
    Row((2, 19, 512, 1024), "fp32"),
    Row((8, 19, 512, 1024), "bf16"),
    Row((2, 4, 96, 96, 96), "fp32"),
    Row((8, 4, 128, 128, 128), "fp16"),
    Row((8, 19, 512, 1024), "bf16", channels_last=True),
    Row((4, 150, 512, 512), "bf16"),
    Row((4, 150, 512, 512), "fp32"),
    Row((8, 2, 1024, 1024), "bf16"),
    Row((8, 19, 512, 1024), "fp32"),
    Row((8, 4, 128, 128, 128), "fp32", channels_last=True),
    Row((8, 32, 512, 512), "bf16"),
    Row((8, 2, 128, 128, 128), "fp32"),
    Row((4, 150, 512, 512), "bf16", channels_last=True),
    Row((8, 19, 512, 1024), "fp16"),
    Row((8, 32, 512, 512), "fp32", channels_last=True),
    Row((4, 4, 1024, 1024), "fp32"),
    Row((8, 1, 1024, 1024), "fp32", activation="sigmoid", target="uint8"),
    Row((8, 1, 1024, 1024), "bf16", activation="sigmoid", target="uint8"),
    Row((8, 3, 128, 128, 128), "bf16", activation="sigmoid", target="uint8"),
    Row((8, 19, 512, 1024), "bf16", target="uint8"),
    Row((4, 19, 512, 1024), "bf16", target="soft"),
)


def halves(row: Row, logits: Tensor, target: Tensor) -> dict[str, Call]:
    """Return calls of the ops alone, forward and backward."""
    n, c = logits.shape[:2]
    sums = torch.randn(n, 6, c, device=logits.device, dtype=torch.float64)
    entropy = torch.ones(n, device=logits.device, dtype=torch.float64)
    options = {"activation": row.activation}
    return {
        FORWARD: lambda: OPS.overlap_sums(logits, target, **options),
        BACKWARD: lambda: OPS.overlap_sums_backward(
            sums, entropy, logits, target, **options
        ),
    }


def check(row: Row, logits: Tensor, target: Tensor) -> None:
    """Compare sums and a gradient with torch's own, in float32."""
    given = logits.float().requires_grad_()
    if row.activation == "sigmoid":
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(
            given, target.float(), reduction="sum"
        )
        hits = (given.detach().sigmoid() * target).sum()
    elif row.target == "soft":
        entropy = -(given.log_softmax(1) * target.float()).sum()
        hits = (given.detach().softmax(1) * target.float()).sum()
    else:
        labels = target.long()
        entropy = torch.nn.functional.cross_entropy(given, labels, reduction="sum")
        hits = given.detach().softmax(1).gather(1, labels.unsqueeze(1)).sum()
    (wanted,) = torch.autograd.grad(entropy, given)
    options = {"activation": row.activation}
    sums, found, *_ = OPS.overlap_sums(logits, target, **options)
    n, c = logits.shape[:2]
    nothing = torch.zeros(n, 6, c, device=logits.device, dtype=torch.float64)
    one = torch.ones(n, device=logits.device, dtype=torch.float64)
    gradient = OPS.overlap_sums_backward(nothing, one, logits, target, **options)
    close = torch.testing.assert_close
    close(found.sum().float(), entropy.detach(), rtol=1e-3, atol=0)
    close(sums[:, 0].sum().float(), hits, rtol=1e-3, atol=0)
    close(gradient.float(), wanted, rtol=2e-2, atol=1e-2)


def contenders(row: Row, peers: bool, dry: bool) -> dict[str, Loss]:
    """Return every loss, eager and compiled; without peers ours, eager."""
    ours = {OURS: tt.losses.DiceCELoss(activation=row.activation)}
    if not peers:
        return ours
    eager = plain_losses() if row.usual else ours
    # A dry run traces the peers; Inductor's compiler takes half a minute on a CPU.
    backend = "aot_eager" if dry else "inductor"
    return {
        **eager,
        **{name + COMPILED: compiled(one, backend) for name, one in eager.items()},
    }


def measure(
    row: Row, rounds: int, device: str, peers: bool, dry: bool
) -> dict[str, Any]:
    """Return one row: milliseconds as called and as graphs, floors, memory."""
    torch._dynamo.reset()
    logits, target = row.inputs(device, dry)
    check(row, logits, target)
    size = logits.numel() * logits.element_size()
    labels = target.numel() * target.element_size()
    source = torch.empty(size, dtype=torch.uint8, device=device)
    copied = torch.empty_like(source)
    calls: dict[str, Call] = {}
    memory = {}
    for name, loss in contenders(row, peers, dry).items():
        once = step(loss, logits, target)
        try:
            once()  # compiles
            memory[name] = peak_bytes(once, device) / size
        except Exception as error:  # a peer's failure must not end the run
            if name.startswith(OURS):
                raise
            progress(f"WARNING: {row.name}: {name} left out, {type(error).__name__}")
            continue
        calls[name] = once
    others = [name for name in calls if not name.startswith(OURS)]
    calls |= halves(row, logits, target)
    graphs: dict[str, Call] = {}
    for name, call in calls.items():
        if name not in WAITING:
            try:
                graphs[name] = graphed(call, device)
            except RuntimeError as error:
                if name not in others:
                    raise
                progress(f"WARNING: {row.name}: {name} is not captured: {error}")
    calls[COPY] = graphs[COPY] = lambda: copied.copy_(source)
    as_called = medians(calls, rounds, device)
    as_graph = medians(graphs, rounds, device)
    byte = as_graph[COPY] / (2 * size)  # a copy reads and writes
    floor = (3 * size + 2 * labels) * byte
    tail = as_graph[OURS] - as_graph[FORWARD] - as_graph[BACKWARD]
    return {
        "row": row.name,
        "logits_bytes": size,
        "labels_bytes": labels,
        "copy_gb_per_s": 1e-9 / byte,
        "floor_milliseconds": floor * 1e3,
        "times_floor": as_graph[OURS] / floor,
        "times_floor_compiled": as_graph.get(OURS + COMPILED, math.nan) / floor,
        "tail_milliseconds": tail * 1e3,
        "forward_times_floor": as_graph[FORWARD] / ((size + labels) * byte),
        "backward_times_floor": as_graph[BACKWARD] / ((2 * size + labels) * byte),
        "milliseconds": {name: value * 1e3 for name, value in as_called.items()},
        "graph_milliseconds": {name: value * 1e3 for name, value in as_graph.items()},
        "memory": memory,
    }


def verdict(value: float, most: float) -> str:
    """Write a figure, and mark one beyond its target."""
    if math.isnan(value):
        return "-"
    return number(value) + ("" if value <= most else " over")


def table(header: list[str], lines: list[list[str]]) -> list[str]:
    """Format lines of Markdown."""
    rows = [header, ["---"] * len(header), *lines]
    return ["| " + " | ".join(row) + " |" for row in rows]


def ratio(times: dict[str, float], name: str, base: str) -> str:
    """Write the ratio of two contenders, or that there is none."""
    known = name in times and base in times
    return number(times[name] / times[base]) if known else "-"


def markdown(device: str, rows: list[dict[str, Any]]) -> str:
    """Format the rows: ours beside the floor, the peers in multiples of ours."""
    known = list(dict.fromkeys(name for row in rows for name in row["memory"]))
    others = [name for name in known if not name.startswith(OURS)]
    lines: list[list[str]] = []
    graphs: list[list[str]] = []
    called: list[list[str]] = []
    memory: list[list[str]] = []
    for row in rows:
        graph, times = row["graph_milliseconds"], row["milliseconds"]
        lines.append(
            [
                row["row"],
                f"{row['floor_milliseconds']:.4f}",
                f"{graph[OURS]:.4f}",
                verdict(row["times_floor"], MOST_FLOORS),
                verdict(row["times_floor_compiled"], MOST_FLOORS),
                number(row["forward_times_floor"]),
                number(row["backward_times_floor"]),
                f"{row['tail_milliseconds']:.4f}",
                ratio(graph, OURS, BASE),
                ratio(graph, OURS + COMPILED, BASE + COMPILED),
                verdict(row["memory"][OURS], MOST_MEMORY),
            ]
        )
        graphs.append([row["row"], *(ratio(graph, n, OURS) for n in others)])
        called.append(
            [
                row["row"],
                f"{times[OURS]:.4f}",
                f"{times[OURS + COMPILED]:.4f}" if OURS + COMPILED in times else "-",
                *(ratio(times, n, OURS + COMPILED * (COMPILED in n)) for n in others),
            ]
        )
        memory.append(
            [
                row["row"],
                *(
                    number(row["memory"][n]) if n in row["memory"] else "-"
                    for n in known
                ),
            ]
        )
    header = ["forward + backward", "floor ms", "ours ms", "ours / floor"]
    header += ["compiled / floor", "forward / floor", "backward / floor"]
    header += ["tail ms", f"ours / {BASE}", "the same, compiled", "peak / logits"]
    called_header = ["forward + backward", "ours ms", "ours compiled ms", *others]
    text = [
        f"Dice + cross-entropy on {device}, torch {torch.__version__}: one forward and "
        "backward.",
        "The floor is 3 L + 2 Y over the bandwidth of a copy of L bytes. CUDA graphs:",
        "",
        *table(header, lines),
        *(
            [
                "",
                "Peers in multiples of ours, CUDA graphs:",
                "",
                *table(["forward + backward", *others], graphs),
            ]
            if others
            else []
        ),
        "",
        "As called, the host's time included; peers in multiples of ours, compiled "
        "ones of ours compiled:",
        "",
        *table(called_header, called),
        "",
        "Peak memory in sizes of the logits:",
        "",
        *table(["forward + backward", *known], memory),
    ]
    return "\n".join(text) + "\n"


def main() -> None:
    """Print the tables and write them as JSON and Markdown."""
    options = parsed_options(__doc__ or "", "<gpu name>-losses.json, .md")
    torch.manual_seed(0)
    device = "cpu" if options.dry else "cuda"
    start = time.monotonic()
    rows: list[dict[str, Any]] = []
    for row in ROWS:
        if not re.search(options.only, row.name):
            continue
        if rows and time.monotonic() - start > options.seconds:
            progress(f"{row.name}: left out, {options.seconds:.0f} s are over")
            continue
        progress(row.name)
        peers = not options.without_peers
        rows.append(measure(row, options.rounds, device, peers, options.dry))
        gc.collect()
    if not rows:
        raise SystemExit(f"no row matches {options.only!r}")
    name = device_name(device)
    text = markdown(name, rows)
    print(f"\n{text}")
    if options.output is not None:
        result = {"device": name, "torch": torch.__version__, "rows": rows}
        write_results(options.output, name, result, text, "-losses")


if __name__ == "__main__":
    main()
