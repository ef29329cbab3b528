"""Time and memory of counting on CPU, as ratios measured in interleaved rounds.

Every round times a streaming read of the input's bytes (the floor), torchtally, and
the peers that are installed, one after the other; a figure is the median over rounds
of the ratio within a round. A peer that takes 20 times as long as torchtally runs
once, and peak memory is left out; ``--full`` runs all rounds of all, and takes an hour
or more. A peer's result must equal torchtally's before it is
timed. "~" marks a peer that was timed on a part of the pixels and scaled. Before each
timed call another buffer is read, so that the input comes from memory; lists and
batches, which are small, are timed on warm caches. Run with ``make bench`` or

    python benchmarks/counts_cpu.py [--rounds 21] [--threads 1 2] [--only REGEX]
        [--json FILE] [--chart FILE.png] [--warm] [--quick] [--full]
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

import torchtally as tt
from _inputs import Row, batch, rows
from _memory import DTYPES, MEASUREMENTS, memory_table
from _peers import OURS, PEERS, Contender, contenders, versions
from _tables import Progress, heading, number, print_table, verdict
from _timing import FLOOR, Caches, Rounds, measure, median_ratio, ratios, streaming_read
from _updates import METRIC, OP, TARGETS, updates

Report = dict[str, Any]
QUICK = 8  # images have 1/8 of the sides: 1/64 of the pixels


def measure_row(
    row: Row, shrink: int, threads: list[int], rounds: Rounds, caches: Caches
) -> Report:
    """Measure one workload at each number of threads."""
    torch.manual_seed(0)
    load = row.build(shrink)
    calls = [Contender(FLOOR, streaming_read(load)), *contenders(load)]
    part = {one.name: 1 / one.scale for one in calls if one.scale != 1}
    target = row.targets.get(tt.build_info()["cpu_capability"])
    report: Report = {"bytes": load.bytes, "pixels": load.target.numel()}
    report |= {"target": target, "part_of_pixels": part, "threads": {}}
    for count in threads:
        torch.set_num_threads(count)
        seconds = measure(calls, rounds, caches.before(load), load.cached)
        own = sorted(ratios(seconds, OURS, FLOOR))
        peers = [one.name for one in calls if one.name not in (FLOOR, OURS)]
        report["threads"][str(count)] = {
            "times_floor": statistics.median(own),
            "times_floor_quartiles": [own[len(own) // 4], own[3 * len(own) // 4]],
            "peers_times_ours": {p: median_ratio(seconds, p, OURS) for p in peers},
            "peers_times_floor": {p: median_ratio(seconds, p, FLOOR) for p in peers},
            "median_seconds": {k: statistics.median(v) for k, v in seconds.items()},
            "rounds": {name: len(values) for name, values in seconds.items()},
        }
    return report


def measure_updates(threads: list[int], rounds: Rounds, caches: Caches) -> Report:
    """Measure W5 at each number of threads, in microseconds."""
    torch.manual_seed(0)
    load = batch(1)
    calls = updates(load)
    rounds = replace(rounds, always=(OP, METRIC))
    report: Report = {"name": load.name, "targets": TARGETS, "threads": {}}
    for count in threads:
        torch.set_num_threads(count)
        seconds = measure(calls, rounds, caches.before(load), repeat=True)
        report["threads"][str(count)] = {
            name: 1e6 * statistics.median(values) for name, values in seconds.items()
        }
    return report


def print_workloads(report: Report, threads: int) -> None:
    """Print torchtally against the floor, and the peers against torchtally."""
    measured: Report = report["workloads"]
    found = {key: row["threads"][str(threads)] for key, row in measured.items()}
    used = {name for cells in found.values() for name in cells["peers_times_ours"]}
    peers = [peer.name for peer in PEERS if peer.name in used]
    lines = []
    for key, cells in found.items():
        row = measured[key]
        line = [
            key,
            number(1e3 * cells["median_seconds"][OURS]),
            number(row["bytes"] / 1e9 / cells["median_seconds"][FLOOR]),
            verdict(cells["times_floor"], row["target"]),
            "-" if row["target"] is None else str(row["target"]),
        ]
        for peer in peers:
            value = cells["peers_times_ours"].get(peer)
            mark = "~" if peer in row["part_of_pixels"] else ""
            line.append("-" if value is None else mark + number(value))
        lines.append(line)
    header = ["workload", "ours\nms", "floor\nGB/s", "ours /\nfloor", "target"]
    header += [heading(peer) for peer in peers]
    plural = "" if threads == 1 else "s"
    title = f"{threads} thread{plural}: ours / floor, then peers / ours"
    print_table(title, header, lines)


def print_updates(report: Report) -> None:
    """Print W5 in microseconds, and as multiples of the op."""
    found: Report = report["updates"]["threads"]
    lines = []
    for name in next(iter(found.values())):
        target = TARGETS.get(name)
        line = [name, "-" if target is None else str(target)]
        for cells in found.values():
            line += [verdict(cells[name], target), number(cells[name] / cells[OP])]
        lines.append(line)
    header = ["one call", "target us"]
    for count in found:
        header += [f"us, threads={count}", "x op"]
    print_table(f"{report['updates']['name']}: microseconds", header, lines)


def print_memory(table: dict[str, dict[str, float]]) -> None:
    """Print the peak growth of one call in input sizes."""
    lines = []
    for name, cells in table.items():
        mark = "~" if cells["part"] != 1 else ""
        values = [cells.get(dtype) for dtype in DTYPES]
        lines.append([name, *("-" if v is None else f"{mark}{v:.2f}" for v in values)])
    header = ["one call", "W1 (int64)", "W2 (uint8)"]
    print_table("Peak extra memory in sizes of the input", header, lines)


def warn_if_busy(report: Report) -> None:
    """Say so if more threads do not read faster: then judge one thread only."""
    for name, row in report["workloads"].items():
        floors = [c["median_seconds"][FLOOR] for c in row["threads"].values()]
        if name.startswith("W1 ") and len(floors) > 1 and floors[-1] > floors[0] / 1.2:
            print("\nMore threads do not read faster: is this machine idle?")
            return


def processor() -> str:
    """Name the processor as the operating system does."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--rounds", type=int, default=21, help="of each workload (default 21)")
    add("--full", action="store_true", help="all rounds of slow peers, and memory")
    add("--threads", type=int, nargs="+", help="default: 1 and all of them")
    add("--only", metavar="REGEX", default="", help="W5 and memory are names too")
    add("--json", type=Path, metavar="FILE", help="write everything measured")
    add("--chart", type=Path, metavar="FILE.png", help="draw (needs matplotlib)")
    add("--warm", action="store_true", help="read the input before each call")
    add("--quick", action="store_true", help="1/64 of the pixels, one round: a check")
    return parser.parse_args()


def main() -> None:
    """Measure, print the tables, and write what was asked for."""
    args = arguments()
    most, shrink = (1, QUICK) if args.quick else (args.rounds, 1)
    rounds = Rounds(most, args.full, always=(OURS, FLOOR))
    threads = sorted(set(args.threads or {1, torch.get_num_threads()}))
    wanted = re.compile(args.only)
    caches = Caches(cold=not args.warm, quick=args.quick)
    installed, absent = versions()
    info = tt.build_info()
    report: Report = {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": torch.get_num_threads(),
        "cpu_capability": info["cpu_capability"],
        "torchtally": info["version"],
        "peers": installed,
        "peers_not_installed": absent,
        "caches": "warm" if args.warm else "cold",
        "rounds": most,
        "full": args.full,
        "shrunk": args.quick,
        "workloads": {},
    }
    print(
        f"{report['processor']}, {report['cores']} cores used by torch, kernels "
        f"{report['cpu_capability']}; torchtally {report['torchtally']}; "
        + ", ".join(f"{name} {version}" for name, version in installed.items())
        + (f"; not installed: {', '.join(absent)}" if absent else "")
    )
    chosen = [row for row in rows() if wanted.search(row.name)]
    with_updates = wanted.search("W5") is not None
    named = args.full or args.quick or args.only != ""
    with_memory = named and wanted.search("memory") is not None
    progress = Progress(len(chosen) + with_updates + MEASUREMENTS * with_memory)
    for row in chosen:
        progress.begin(row.name)
        found = measure_row(row, shrink, threads, rounds, caches)
        report["workloads"][row.name] = found
    if with_updates:
        progress.begin("W5")
        report["updates"] = measure_updates(threads, rounds, caches)
    if with_memory:
        report["memory"] = memory_table(shrink, progress)
    for count in threads if report["workloads"] else []:
        print_workloads(report, count)
    warn_if_busy(report)
    if "updates" in report:
        print_updates(report)
    if "memory" in report:
        print_memory(report["memory"])
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    if args.chart:
        from _chart import draw

        draw(report, args.chart)


if __name__ == "__main__":
    main()
