"""Other libraries' metrics and losses, beside the same on the kernels of torchtally.

Every round times the framework's call and that of its integration, one after the other;
a figure is the median over rounds of the ratio within a round. The inputs were read
last, so the caches are as warm as they get. The peak memory that a call adds is that of
a second call in a process of its own. A framework that is not installed is left out.

    python benchmarks/integrations.py [--seconds 2] [--threads 2] [--only REGEX]
        [--memory] [--json FILE] [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
import os
import re
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch

import torchtally as tt
from _integrations import Case
from _memory import peak, status
from _peers import OURS, Contender
from _tables import Progress, number, print_table, progress
from _timing import Rounds, measure, median_ratio, ratios, timed

Report = dict[str, Any]
ORIGINAL = "original"
FEWEST, MOST = 5, 41  # rounds
FOLDER = Path(__file__).parent


def cases_of(module: str) -> list[Case]:
    """Return the cases of a framework; none where it is not installed."""
    try:
        found: list[Case] = importlib.import_module(module).cases()
    except ImportError as error:
        progress(f"{module.removeprefix('_integrations_')} is left out: {error}")
        return []
    return found


def all_cases() -> list[Case]:
    """Return the cases of every framework that is installed."""
    modules = sorted(path.stem for path in FOLDER.glob("_integrations_*.py"))
    return [case for module in modules for case in cases_of(module)]


def title(case: Case) -> str:
    """Name a case, for --only and the JSON."""
    return f"{case.framework}: {case.name}: {case.load}"


def measure_case(case: Case, seconds: float, quick: bool) -> Report:
    """Time both calls in rounds that together take about so many seconds."""
    calls = [Contender(OURS, case.ours()), Contender(ORIGINAL, case.original())]
    once = 0.0
    for one in calls:
        one.call()  # threads and tables
        once += timed(one.call, 1)
    affordable = int(seconds / max(once, 1e-6))
    most = 1 if quick else max(FEWEST, min(MOST, affordable))
    rounds = Rounds(most, full=True, always=(OURS,))
    found = measure(calls, rounds, before=lambda: None, repeat=not quick)
    spread = sorted(ratios(found, OURS, ORIGINAL))
    return {
        "framework": case.framework,
        "name": case.name,
        "load": case.load,
        "ours_over_original": median_ratio(found, OURS, ORIGINAL),
        "quartiles": [spread[most // 4], spread[3 * most // 4]],
        "median_seconds": {key: statistics.median(v) for key, v in found.items()},
        "rounds": most,
    }


def memory(case: Case, side: str, threads: int) -> int | None:
    """Measure :func:`growth` in a process of its own; nothing where it fails."""
    command = [sys.executable, __file__, "--growth", title(case), side]
    command += ["--threads", str(threads)]
    # Otherwise glibc keeps large blocks of the first call, and hands them out unseen.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(1 << 17)}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment
    )
    if result.returncode != 0:
        print(result.stderr, file=sys.stderr)
        return None
    return int(result.stdout.splitlines()[-1])


def growth(name: str, side: str) -> int:
    """Return the bytes that a second call adds at its peak."""
    case = next(case for case in all_cases() if title(case) == name)
    call = case.ours() if side == OURS else case.original()
    call()  # libraries, threads and tables
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = status("VmRSS") or peak()
    call()
    return max(0, peak() - before)


def print_report(report: Report) -> None:
    """Print a line a case, and the memory of those that were weighed."""
    lines = []
    for row in report["cases"].values():
        times = row["median_seconds"]
        cells = [f"{1e3 * times[ORIGINAL]:.3g}", f"{1e3 * times[OURS]:.3g}"]
        low, high = row["quartiles"]
        cells += [f"{row['ours_over_original']:.2g}", f"{low:.2g} to {high:.2g}"]
        if "memory" in row:
            used = (row["memory"][key] for key in (ORIGINAL, OURS))
            cells += ["-" if one is None else number(one / 1e6) for one in used]
        lines.append([f"{row['framework']}: {row['name']}", row["load"], *cells])
    header = ["call", "input", "original\nms", "ours\nms", "ours /\noriginal"]
    header.append("quartiles")
    if any("memory" in row for row in report["cases"].values()):
        header += ["original\nMB", "ours\nMB"]
    count = report["threads"]
    print_table(f"{count} thread{'' if count == 1 else 's'}", header, lines)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--seconds", type=float, default=2.0, help="of each case (default 2)")
    add("--threads", type=int, default=torch.get_num_threads(), help="default: all")
    add("--only", metavar="REGEX", default="", help="frameworks, names and inputs")
    add("--memory", action="store_true", help="also measure peak memory")
    add("--json", type=Path, metavar="FILE", help="write everything measured")
    add("--quick", action="store_true", help="one round: a check")
    add("--growth", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, and write what was asked for."""
    args = arguments()
    torch.set_num_threads(args.threads)
    warnings.simplefilter("ignore")
    if args.growth:
        print(growth(*args.growth))
        return
    chosen = [case for case in all_cases() if re.search(args.only, title(case))]
    info = tt.build_info()
    report: Report = {
        "date": time.strftime("%Y-%m-%d"),
        "cpu_capability": info["cpu_capability"],
        "torchtally": info["version"],
        "torch": torch.__version__,
        "threads": args.threads,
        "cases": {},
    }
    steps = Progress(len(chosen) * (1 + args.memory))
    for case in chosen:
        steps.begin(title(case))
        row = measure_case(case, args.seconds, args.quick)
        report["cases"][title(case)] = row
    for case in chosen if args.memory else []:
        steps.begin(f"memory: {title(case)}")
        report["cases"][title(case)]["memory"] = {
            side: memory(case, side, args.threads) for side in (OURS, ORIGINAL)
        }
    print_report(report)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
