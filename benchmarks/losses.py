"""Forward and backward of Dice + cross-entropy, as ratios to cross-entropy alone.

Every round times ``torch.nn.functional.cross_entropy``, torchtally's ``DiceCELoss`` and
the peers, one after the other; a figure is the median over rounds of the ratio within a
round. Before each timed call another buffer is read, so that the input comes from
memory. A peer that takes 20 times as long as torchtally runs once; ``--full`` runs all
rounds of all and measures peak memory: that of one forward and backward in a process of
its own, in units of the logits, of which the gradient is 1.

Every step allocates its gradient, 80 MB in 2D, and glibc asks the system for it anew
each time: page faults then dominate, and swing. ``--allocator keep`` holds the
allocator fixed, for torchtally and the peers alike: glibc is told to keep what is
freed, and the page faults of a step, which are printed, fall to none. Run with ``make
bench`` or

    python benchmarks/losses.py [--rounds 7] [--threads 1 2] [--dtypes fp32 bf16]
        [--allocator keep] [--only REGEX] [--json FILE [--merge]] [--quick] [--full]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import torchtally as tt
from _allocator import VARIABLE, keep_memory, page_faults
from _inputs import Structure, Workload, label_maps
from _loss_peers import BASE, OURS, losses, step
from _memory import peak, status
from _peers import Contender
from _tables import Progress, heading, number, print_table, verdict
from _timing import Caches, Rounds, measure, median_ratio, ratios

Report = dict[str, Any]
SHAPES = {"2D": (2, 19, 512, 1024), "3D": (2, 4, 96, 96, 96)}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
#: At most so many times cross-entropy, on 2 threads; peak memory is due below 1.1.
TARGETS = {"2D": 0.4, "3D": 0.6}
MOST_MEMORY = 1.1
QUICK = 4  # sides are 1/4 as long


def inputs(
    shape: tuple[int, ...], dtype: torch.dtype, structure: Structure
) -> tuple[Tensor, Tensor]:
    """Return logits and labels int64, in regions or random."""
    torch.manual_seed(0)
    labels = (shape[0], *shape[2:])
    _, target = label_maps(labels, shape[1], structure, cell=max(4, shape[-1] // 8))
    return torch.randn(shape).to(dtype), target


def merged(old: Report, new: Report) -> Report:
    """Return a report with what only an earlier one of the same build measured.

    Raises:
        ValueError: if the earlier one measured something else.
    """
    for name, value in new.items():
        if name != "workloads" and old.get(name) != value:
            raise ValueError(f"losses.py: {name} was {old.get(name)}, and is {value}")
    workloads = dict(old["workloads"])
    for name, row in new["workloads"].items():
        before = workloads.get(name, {"threads": {}})
        threads = {**before["threads"], **row["threads"]}
        workloads[name] = {**before, **row, "threads": threads}
    return {**new, "workloads": workloads}


def rows(shrink: int) -> dict[str, tuple[str, tuple[int, ...], torch.dtype, Structure]]:
    """Return the workloads by name."""
    found = {}
    structures: tuple[Structure, Structure] = ("coherent", "random")
    for kind, (n, c, *sides) in SHAPES.items():
        shape = (n, c, *(side // shrink for side in sides))
        for name, dtype in DTYPES.items():
            for structure in structures:
                found[f"{kind} {name} {list(shape)}, {structure}"] = (
                    kind,
                    shape,
                    dtype,
                    structure,
                )
    return found


def measure_row(
    name: str, shrink: int, threads: list[int], rounds: Rounds, caches: Caches
) -> Report:
    """Measure one workload at each number of threads."""
    kind, shape, dtype, structure = rows(shrink)[name]
    logits, target = inputs(shape, dtype, structure)
    load = Workload(name, logits, target, shape[1])
    known = losses()
    calls = [Contender(key, step(loss, logits, target)) for key, loss in known.items()]
    report: Report = {"target": TARGETS[kind], "threads": {}}
    for count in threads:
        torch.set_num_threads(count)
        for one in calls:
            one.call()
        seconds = measure(calls, rounds, caches.before(load), repeat=False)
        own = sorted(ratios(seconds, OURS, BASE))
        report["threads"][str(count)] = {
            "times_cross_entropy": {
                key: median_ratio(seconds, key, BASE) for key in known if key != BASE
            },
            "quartiles": [own[len(own) // 4], own[3 * len(own) // 4]],
            "median_seconds": {k: statistics.median(v) for k, v in seconds.items()},
            "rounds": {name: len(values) for name, values in seconds.items()},
        }
    report["page_faults"] = {one.name: page_faults(one.call) for one in calls}
    return report


def memory(loss: str, row: str, shrink: int, threads: int) -> float | None:
    """Measure :func:`growth` in a process of its own; nothing where it fails."""
    command = [sys.executable, __file__, "--growth", loss, row, str(shrink)]
    command += ["--threads", str(threads)]
    # What an allocator keeps of earlier tensors would be handed out again unseen.
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment
    )
    if result.returncode != 0:
        print(result.stderr, file=sys.stderr)
        return None
    return float(result.stdout.splitlines()[-1])


def growth(loss: str, row: str, shrink: int) -> float:
    """Return the peak growth of one forward and backward in sizes of the logits."""
    _, shape, dtype, _ = rows(shrink)[row]
    # Regions would leave memory behind that the allocator hands out again unseen.
    logits, target = inputs(shape, dtype, "random")
    small = (slice(None), slice(None), slice(0, 8), slice(0, 8))
    chosen = losses()[loss]
    labels = target[(small[0], *small[2:])]
    step(
        chosen, logits[small].contiguous(), labels.contiguous()
    )()  # threads, libraries
    call = step(chosen, logits, target)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = status("VmRSS") or peak()
    call()
    return max(0, peak() - before) / (logits.numel() * logits.element_size())


def print_times(report: Report, threads: int) -> None:
    """Print torchtally and the peers as multiples of cross-entropy alone."""
    lines = []
    names: list[str] = []
    for name, row in report["workloads"].items():
        cells = row["threads"][str(threads)]
        times = cells["times_cross_entropy"]
        names = [key for key in times if key != OURS]
        lines.append(
            [
                name,
                number(1e3 * cells["median_seconds"][BASE]),
                number(1e3 * cells["median_seconds"][OURS]),
                verdict(times[OURS], row["target"]),
                str(row["target"]),
                *(number(times[key]) for key in names),
            ]
        )
    header = ["forward + backward", "CE\nms", "ours\nms", "ours /\nCE", "target"]
    header += [f"{heading(key)}\n/ CE" for key in names]
    print_table(f"{threads} thread{'' if threads == 1 else 's'}", header, lines)


def print_page_faults(report: Report) -> None:
    """Print how often one forward and backward asks the system for memory."""
    found = {name: row["page_faults"] for name, row in report["workloads"].items()}
    names: dict[str, int] = next(iter(found.values()), {})
    lines = [[key, *(f"{row[name]:,}" for name in names)] for key, row in found.items()]
    header = ["one forward + backward", *map(heading, names)]
    print_table(f"Page faults, allocator {report['allocator']}", header, lines)


def print_memory(report: Report) -> None:
    """Print the peak growth of one forward and backward in sizes of the logits."""
    lines = []
    names: list[str] = []
    for name, row in report["workloads"].items():
        if "memory" not in row:
            continue
        names = list(row["memory"])
        cells = []
        for key, used in row["memory"].items():
            due = MOST_MEMORY if key == OURS else None
            cells.append("-" if used is None else verdict(used, due))
        lines.append([name, *cells])
    header = ["one forward + backward", *map(heading, names)]
    print_table("Peak extra memory in sizes of the logits", header, lines)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--rounds", type=int, default=7, help="of each workload (default 7)")
    add("--full", action="store_true", help="all rounds of slow peers, and memory")
    add(
        "--allocator",
        choices=("system", "keep"),
        default="system",
        help="keep: of glibc, which then returns no memory to the system",
    )
    add("--threads", type=int, nargs="+", help="default: 1 and all of them")
    add("--dtypes", nargs="+", choices=DTYPES, default=list(DTYPES), help="of logits")
    add("--only", metavar="REGEX", default="", help="names of workloads")
    add("--json", type=Path, metavar="FILE", help="write everything measured")
    add("--merge", action="store_true", help="keep what FILE holds besides")
    add("--quick", action="store_true", help="small inputs, one round: a check")
    add("--growth", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, print the tables, and write what was asked for."""
    args = arguments()
    threads = sorted(set(args.threads or {1, torch.get_num_threads()}))
    if args.growth:
        torch.set_num_threads(threads[-1])
        loss, row, shrink = args.growth
        print(growth(loss, row, int(shrink)))
        return
    if args.allocator == "keep":
        keep_memory()
    most, shrink = (1, QUICK) if args.quick else (args.rounds, 1)
    rounds = Rounds(most, args.full, always=(OURS, BASE))
    caches = Caches(cold=True, quick=args.quick)
    info = tt.build_info()
    report: Report = {
        "date": time.strftime("%Y-%m-%d"),
        "cpu_capability": info["cpu_capability"],
        "torchtally": info["version"],
        "torch": torch.__version__,
        "allocator": args.allocator,
        "rounds": most,
        "full": args.full,
        "shrunk": args.quick,
        "workloads": {},
    }
    dtypes = [DTYPES[key] for key in args.dtypes]
    chosen = [
        name
        for name, (_, _, dtype, _) in rows(shrink).items()
        if dtype in dtypes and re.search(args.only, name)
    ]
    # Regions take no other memory than random labels.
    weighed = [name for name in chosen if name.endswith("random")]
    weighed = weighed if args.full or args.quick else []
    progress = Progress(len(chosen) + len(weighed))
    for name in chosen:
        progress.begin(name)
        found = measure_row(name, shrink, threads, rounds, caches)
        report["workloads"][name] = found
    for name in weighed:
        progress.begin(f"memory: {name}")
        report["workloads"][name]["memory"] = {
            key: memory(key, name, shrink, max(threads)) for key in losses()
        }
    for count in threads:
        print_times(report, count)
    print_page_faults(report)
    if weighed:
        print_memory(report)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        if args.merge and args.json.exists():
            report = merged(json.loads(args.json.read_text()), report)
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
