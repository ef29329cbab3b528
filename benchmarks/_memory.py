"""Peak memory that one call adds, measured in a process of its own.

``python benchmarks/_memory.py NAME DTYPE SHRINK`` prints one measurement as JSON.
"""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import torch

from _inputs import Workload, filled
from _peers import OURS, PEERS, NotApplicableError, Peer, ours
from _tables import Progress

NAMES = (
    OURS,
    "numpy.bincount",
    "torch.bincount",
    "torchmetrics",
    "torchmetrics validated",
    "histc areas (mmseg)",
    "MONAI one-hot",
)
DTYPES = ("int64", "uint8")
MEASUREMENTS = len(NAMES) * len(DTYPES)
WARM_UP_PIXELS = 4096


def status(key: str) -> int | None:
    """Return a size of this process in bytes, as Linux reports it."""
    path = Path("/proc/self/status")
    for line in path.read_text().splitlines() if path.is_file() else []:
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) << 10
    return None


def peak() -> int:
    """Return the largest resident size since it was last reset, or ever."""
    unit = 1 if sys.platform == "darwin" else 1 << 10
    # The usage of a process starts from that of its parent on Linux, VmHWM does not.
    return status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def growth(name: str, dtype: str, shrink: int) -> tuple[float, float]:
    """Return peak growth in input sizes, and the part of the pixels counted."""
    peer = next((p for p in PEERS if p.name == name), None) or Peer(name, "", ours)
    whole = filled(getattr(torch, dtype), shrink)
    load: Workload = whole
    if peer.most_pixels:
        load = whole.sliced(peer.most_pixels(whole))
    peer.build(whole.sliced(WARM_UP_PIXELS))[0]()  # libraries, threads and tables
    call = peer.build(load)[0]
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    before = status("VmRSS") or peak()
    call()
    part = load.target.numel() / whole.target.numel()
    return max(0, peak() - before) / load.bytes, part


def memory_table(shrink: int, progress: Progress) -> dict[str, dict[str, float]]:
    """Measure every contender on W1 and W2, one process each."""
    table: dict[str, dict[str, float]] = {}
    for name in NAMES:
        for dtype in DTYPES:
            progress.begin(f"memory: {name}, {dtype}")
            command = [sys.executable, __file__, name, dtype, str(shrink)]
            result = subprocess.run(
                command, capture_output=True, text=True, check=False
            )
            if result.returncode == 0:
                times, part = json.loads(result.stdout.splitlines()[-1])
                table.setdefault(name, {})[dtype] = times
                table[name]["part"] = part
    return table


if __name__ == "__main__":
    try:
        print(json.dumps(growth(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
    except (ImportError, NotApplicableError) as error:
        sys.exit(str(error))
