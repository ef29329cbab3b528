"""Compiles the CUDA kernels, reads their machine code and says what bounds them.

``python scripts/cuda_machine_code.py [FILE]`` writes the tables of
``benchmarks/results/cuda_machine_code.md``. It needs nvcc, nvdisasm (the package
``nvidia-cuda-nvdisasm``) and torch's headers, no GPU; what has been compiled is kept in
``build/machine_code`` as long as its sources stay. It fails where nvcc warns; what has
anything in local memory is listed at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from machine_code import sass
from machine_code.cases import CASES, OLD_CASES
from machine_code.code import (
    CACHE,
    ROOT,
    attributes,
    code_of,
    codes_of,
    compiled,
    name_of,
    nvcc_version,
)
from machine_code.model import (
    A100,
    EXPONENTIALS,
    H100,
    H200,
    ISSUED,
    LATENCY,
    Case,
    Code,
    Prediction,
    predicted,
    read,
)

RESULTS = ROOT / "benchmarks" / "results"
ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
#: The kernels as they were before they were tuned on a GPU.
BEFORE = "81e679f"


def sources_of(commit: str) -> Path | None:
    """Return a folder with csrc as it was; None where git does not have it."""
    folder = CACHE / commit
    if not folder.exists():
        command = ["git", "-C", str(ROOT), "archive", commit, "csrc"]
        archive = subprocess.run(command, capture_output=True, check=False)
        if archive.returncode != 0:
            return None
        folder.mkdir(parents=True)
        subprocess.run(
            ["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True
        )
    return folder


def measured_share(case: Case) -> float | None:
    """Return the percentage of a copy's bandwidth that an H200 reached in this case."""
    if not case.measured:
        return None
    file, *cells, column = case.measured
    if file.endswith(".json"):
        rows = json.loads((RESULTS / file).read_text(encoding="utf-8"))["rows"]
        wanted = (cells[0], column)
        shares = (
            float(one["percent_of_copy"])
            for one in rows
            if (one["workload"], one["content"]) == wanted
        )
        return next(shares, None)
    heads: list[str] = []
    for line in (RESULTS / file).read_text(encoding="utf-8").splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if column in row:
            heads = row
        elif heads and row[: len(cells)] == cells:
            number = float(row[heads.index(column)])
            # A floor is what must be moved over the bandwidth of a copy.
            return 100 / number if "floor" in column else number
    return None


def table(heads: list[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Return the lines of a table."""
    lines = [
        heads,
        ["---"] * len(heads),
        *([str(cell) for cell in row] for row in rows),
    ]
    return [f"| {' | '.join(line)} |" for line in lines]


def loads_text(loads: tuple[int, ...]) -> str:
    """Return loads as ``4 x 16, 2 x 8``."""
    counted = sorted(Counter(loads).items(), reverse=True)
    return ", ".join(f"{count} x {width}" for width, count in counted)


def range_text(prediction: Prediction) -> str:
    """Return the range of a prediction."""
    low, high = round(prediction.added), round(prediction.overlapped)
    return f"{low} to {high}" if low != high else f"{low}"


def code_rows(cases: Iterable[Case], codes: dict[str, Code]) -> list[list[object]]:
    """Return the rows of what the machine code says on an H100."""
    rows: list[list[object]] = []
    for case in cases:
        reading = read(case, code_of(case, codes), H100)
        counts = (
            reading.shared_atomics,
            reading.atomics,
            reading.shuffles,
            reading.exponentials,
        )
        rows.append(
            [
                case.title,
                reading.registers,
                f"{reading.blocks} x {reading.threads // reading.blocks}",
                loads_text(reading.loads),
                reading.waits,
                f"{reading.in_flight / 1024:.0f}",
                f"{reading.instructions:.1f}",
                *(f"{count:g}" for count in counts),
            ]
        )
    return rows


CODE_HEADS = [
    "case",
    "registers",
    "blocks x threads",
    "loads before the first use, bytes",
    "waits a turn",
    "KB in flight",
    "instructions",
    "shared atomics",
    "atomics",
    "shuffles",
    "MUFU",
]


def report(architectures: list[int]) -> str:
    """Compile and read everything; return the tables."""
    cubins = {arch: compiled(ROOT, arch) for arch in architectures}
    codes = {arch: codes_of(cubins[arch], CASES) for arch in (H100.arch, A100.arch)}
    registers = {arch: attributes(cubins[arch], sass.REGISTERS) for arch in cubins}
    frames = {arch: attributes(cubins[arch], sass.FRAME) for arch in cubins}
    local: dict[str, list[str]] = {}
    for arch, found in frames.items():
        for name in sorted(name for name, size in found.items() if size):
            local.setdefault(name_of(name), []).append(f"{found[name]} of sm_{arch}")
    before = sources_of(BEFORE)
    old_codes = (
        {} if before is None else codes_of(compiled(before, H100.arch), OLD_CASES)
    )

    lines = [HEAD.format(nvcc=nvcc_version())]
    lines += table(CODE_HEADS, code_rows(CASES, codes[H100.arch]))
    if old_codes:
        lines += [
            "",
            f"The same work before the kernels were tuned on a GPU ({BEFORE}):",
        ]
        lines += ["", *table(CODE_HEADS, code_rows(OLD_CASES, old_codes))]
    lines += ["", "## What it predicts", "", textwrap.fill(MODEL, 88), ""]
    lines += table(PREDICTION_HEADS, prediction_rows(CASES, codes))
    lines += ["", errors(codes[H200.arch])]
    if old_codes:
        rows = prediction_rows(OLD_CASES, {H100.arch: old_codes})
        lines += ["", f"Before ({BEFORE}):", "", *table(PREDICTION_HEADS, rows)]
    heads = ["kernel", *(f"sm_{arch}" for arch in architectures)]
    rows = (
        [name_of(name), *(registers[arch][name] for arch in architectures)]
        for name in sorted(registers[H100.arch], key=name_of)
    )
    lines += [REGISTERS, *table(heads, rows), ""]
    if local:
        lines += ["Bytes of a thread that are in local memory:", ""]
        lines += [f"* {name}: {', '.join(archs)}" for name, archs in local.items()]
    else:
        lines += ["No kernel spills, or has anything else in local memory."]
    return "\n".join(lines) + "\n"


HEAD = """\
# Machine code of the CUDA kernels

What nvcc {nvcc} makes of them, written by `python scripts/cuda_machine_code.py FILE`,
which needs no GPU, and what a simple model predicts of it. Measured figures are of an
H200: `nvidia-h200.json`, `nvidia-h200-losses-own.md`, `nvidia-h200-first-runs.md`.

## What a turn does

On an H100 (sm_90), of the loop over pixels on the way that the case takes: contiguous
tensors, no mask, ignore values, class weights or smoothing. Instructions, atomics,
shuffles and what the unit of exponentials and reciprocals does (MUFU) are of a pixel;
of the registers forward without their fold, of the tiles the loops over elements, with
what a warp does before and behind the pixels of a class. A thread waits where an
instruction reads what a load has not brought yet. Bytes in flight are those of an SM
with the blocks that it holds, shared out over the waits of a turn; tiles have a tile in
flight.
"""
MODEL = f"""\
Percent of the bandwidth of a copy: {H100.copy:g} TB/s of an H100, {A100.copy:g} of an
A100, {H200.copy:g} of an H200, at {H100.gigahertz:g}, {A100.gigahertz:g} and
{H200.gigahertz:g} GHz. The higher number is where all overlaps, and the least of four
rates is reached: of memory, of {ISSUED} instructions and of {EXPONENTIALS} MUFU a clock
and SM, and of the loads in flight, {LATENCY} clocks each. The lower one is where memory
and issue take turns. Launches, conflicts of shared memory, folds, barriers and the last
wave of blocks are not in the model. Measured is what the whole op took; off is by how
many points it is out of the range.
"""
REGISTERS = """
## Registers

Of a thread. Kernels of the pairs and shared tiers may take 64, of the bits tier 80, of
the global tier 96: counting_policy.h. Of overlap_sums tiles may take 64, with softmax
80, float64 128, registers 80 to 255: overlap_policy.h.
"""
PREDICTION_HEADS = ["case", "H100", "bound", "A100", "bound", "H200", "measured", "off"]


def prediction_rows(
    cases: Iterable[Case], codes: dict[int, dict[str, Code]]
) -> list[list[object]]:
    """Return the rows of what the model says on each device."""
    rows: list[list[object]] = []
    for case in cases:
        row: list[object] = [case.title]
        for device in (H100, A100):
            if device.arch not in codes:
                row += ["", ""]
                continue
            code = code_of(case, codes[device.arch])
            found = predicted(case, read(case, code, device), device)
            row += [range_text(found), found.bound]
        code = code_of(case, codes[H200.arch])
        found = predicted(case, read(case, code, H200), H200)
        share = measured_share(case)
        row += [range_text(found), "" if share is None else f"{share:.0f}"]
        rows.append([*row, "" if share is None else off_text(found, share)])
    return rows


def off_text(prediction: Prediction, share: float) -> str:
    """Return how far a measured share is out of the predicted range, in points."""
    if share < prediction.added:
        return f"{share - prediction.added:+.0f}"
    if share > prediction.overlapped:
        return f"{share - prediction.overlapped:+.0f}"
    return "in"


def errors(codes: dict[str, Code]) -> str:
    """Return a sentence on how far off the model is where there is a measurement."""
    high, low, outside = [], [], 0
    for case in CASES:
        share = measured_share(case)
        if share is None:
            continue
        found = predicted(case, read(case, code_of(case, codes), H200), H200)
        high.append(abs(found.overlapped - share))
        low.append(abs(found.added - share))
        outside += off_text(found, share) != "in"
    return (
        f"Of {len(high)} measured cases {outside} are out of the range. On average the "
        f"higher number is\n{sum(high) / len(high):.0f} points off, the lower one "
        f"{sum(low) / len(low):.0f}."
    )


def main() -> None:
    """Write the tables to a file, or print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument(
        "--architectures", nargs="+", type=int, default=list(ARCHITECTURES)
    )
    given = parser.parse_args()
    text = report(sorted({*given.architectures, H100.arch, A100.arch}))
    if given.file is None:
        print(text)
    else:
        given.file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
