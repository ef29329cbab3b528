"""Compiles the CUDA kernels and writes their registers and spills as a table.

``python scripts/cuda_registers.py [FILE]`` needs nvcc and torch's headers, no GPU. It
fails where a kernel has registers or arrays in local memory, or nvcc warns.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
#: The sources of an op's kernels, below csrc/ops/cuda.
OPS = {
    "confusion_matrix": ("confusion_matrix_kernel.cu",),
    "class_counts": ("class_counts_kernel.cu",),
    "overlap_sums": (
        "overlap_registers_backward.cu",
        "overlap_registers_forward.cu",
        "overlap_sums_kernel.cu",
        "overlap_tiles_backward.cu",
        "overlap_tiles_forward.cu",
    ),
}
ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
ENTRY = re.compile(
    r"Compiling entry function '(?P<kernel>\w+)' for 'sm_(?P<arch>\d+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, "
    r"(?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)
SOURCES = {
    "LabelsILi1E": "labels of 1 byte",
    "LabelsILi2E": "labels of 2 bytes",
    "LabelsILi4E": "labels of 4 bytes",
    "LabelsILi8E": "labels of 8 bytes",
    "ScoresIN3c104Half": "float16 scores",
    "ScoresIN3c108BFloat16": "bfloat16 scores",
    "ScoresIf": "float32 scores",
    "ScoresId": "float64 scores",
}
TIERS = {
    "BitsTier": "bits",
    "PairsTier": "pairs",
    "SharedTier": "shared",
    "GlobalTier": "global",
}
#: A kernel of overlap_sums, the numbers it reads, and what else it is compiled for.
OVERLAP = re.compile(
    r"overlap_(?P<kernel>(?:registers|tiles)_(?:forward|backward)|terms|fold)"
    r"(?:_kernel)?I(?:N3c10\d+)?(?P<number>Half|BFloat16|f|d|)E?"
    r"(?:Li(?P<classes>\d+)E(?:LNS0_13OverlapAccessE(?P<access>\d)E)?|LNS_10ActivationE(?P<activation>\d)E)?"
)
NUMBERS = {"Half": "float16", "BFloat16": "bfloat16", "f": "float32", "d": "float64"}
ACTIVATIONS = ("softmax", "sigmoid", "none")
ACCESSES = ("elements", "packs", "rows")


def report_of(source: str, folder: Path) -> str:
    """Compile kernels for every architecture; return what ptxas says."""
    command = ["nvcc", "-std=c++20", "-O3", "-c", "-Xptxas", "-v"]
    command += ["-Werror", "all-warnings", "-DUSE_CUDA", f"-I{ROOT / 'csrc'}"]
    command += ["-DTORCH_TARGET_VERSION=0x020a000000000000ull"]
    command += ["-isystem", str(Path(torch.__file__).parent / "include")]
    for arch in ARCHITECTURES:
        command += ["-gencode", f"arch=compute_{arch},code=sm_{arch}"]
    command += [str(ROOT / "csrc/ops/cuda" / source)]
    command += ["-o", str(folder / f"{source}.o")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stderr


def name_of(mangled: str) -> str:
    """Return the source and the tier of a kernel, or what overlap_sums calls it."""
    if (found := OVERLAP.search(mangled)) is not None:
        pieces = [found["kernel"].replace("_", ", ")]
        if found["activation"]:
            pieces.append(ACTIVATIONS[int(found["activation"])])
        if found["number"]:
            pieces.append(NUMBERS[found["number"]])
            if found["classes"]:
                pieces.append(f"{found['classes']:>2} classes")
            if found["access"]:
                pieces.append(ACCESSES[int(found["access"])])
        return ", ".join(pieces)
    source = next(name for piece, name in SOURCES.items() if piece in mangled)
    tier = next(name for piece, name in TIERS.items() if piece in mangled)
    return f"{source}, {tier}"


def main() -> None:
    """Write the table to a file, or print it."""
    if shutil.which("nvcc") is None:
        raise SystemExit("nvcc is not on PATH")
    version = subprocess.run(["nvcc", "--version"], capture_output=True, text=True)
    release = re.search(r"release [\d.]+, V([\d.]+)", version.stdout)
    header = " | ".join(f"sm_{arch}" for arch in ARCHITECTURES)
    lines = [
        "# Registers of the CUDA kernels",
        "",
        f"What ptxas of nvcc {release[1] if release else '?'} says, for each thread. "
        "Kernels of the shared tier may",
        "take 64, of the bits tier 80, of the global tier 96: counting_policy.h. Of",
        "overlap_sums tiles may take 80 (float64 128), registers 80 to 168: "
        "overlap_policy.h.",
        "Written by `python scripts/cuda_registers.py`, which fails where a kernel "
        "spills.",
    ]
    spills = []
    for op, sources in OPS.items():
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
            reports = pool.map(report_of, sources, [Path(folder)] * len(sources))
            found = [entry for text in reports for entry in ENTRY.finditer(text)]
        print(f"{op}: compiled in {time.monotonic() - start:.0f} s", file=sys.stderr)
        registers: dict[str, dict[int, int]] = {}
        for entry in found:
            kernel, arch = name_of(entry["kernel"]), int(entry["arch"])
            registers.setdefault(kernel, {})[arch] = int(entry["registers"])
            if any(int(entry[kind]) for kind in ("stack", "stores", "loads")):
                spills.append(f"{op}, {kernel}, sm_{arch}")
        lines += ["", f"| {op} | {header} |", "|---" * (len(ARCHITECTURES) + 1) + "|"]
        for kernel, used in sorted(registers.items()):
            cells = " | ".join(str(used[arch]) for arch in ARCHITECTURES)
            lines.append(f"| {kernel} | {cells} |")
    if spills:
        raise SystemExit("in local memory: " + "; ".join(spills))
    lines += ["", "No kernel spills, or has anything else in local memory."]
    text = "\n".join(lines) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
