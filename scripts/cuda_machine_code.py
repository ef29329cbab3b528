"""Compiles the CUDA kernels, reads their machine code and says what bounds them.

``python scripts/cuda_machine_code.py [FILE]`` writes the tables of
``benchmarks/results/cuda_machine_code.md``. It needs nvcc, nvdisasm (the package
``nvidia-cuda-nvdisasm``) and torch's headers, no GPU; what has been compiled is kept in
``build/machine_code`` as long as its sources stay. It fails where a kernel has anything
in local memory, or nvcc warns.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sass
import torch

from torchtally import _core

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
CACHE = ROOT / "build" / "machine_code"
FLAGS = ("-std=c++20", "-O3", "-cubin", "-Werror", "all-warnings", "-DUSE_CUDA")
FLAGS += ("-DTORCH_TARGET_VERSION=0x020a000000000000ull",)
ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
#: The kernels as they were before they were tuned on a GPU.
BEFORE = "81e679f"
JOBS = 2

# The model


@dataclass(frozen=True)
class Device:
    """A GPU as far as the model goes."""

    name: str
    arch: int
    sms: int
    gigahertz: float  # sustained
    copy: float  # TB/s that a copy of memory reads and writes
    shared_per_sm: int
    shared_per_block: int
    threads_per_sm: int = 2048
    blocks_per_sm: int = 32
    registers: int = 65536

    @property
    def bytes_per_clock(self) -> float:
        """Of an SM, as a copy of memory moves them."""
        return self.copy * 1e3 / (self.sms * self.gigahertz)


H100 = Device("H100", 90, 132, 1.7, 3.0, 233472, 232448)
H200 = Device("H200", 90, 132, 1.7, 4.15, 233472, 232448)
A100 = Device("A100", 80, 108, 1.41, 1.75, 167936, 166912)
#: Clocks from a load to its use where the data lies in DRAM.
LATENCY = 650
#: Lanes of an SM that get an instruction, or an exponential, in a clock.
ISSUED, EXPONENTIALS = 4 * 32, 16
RESERVED = 1024  # bytes of shared memory that a block takes beside its own
ENOUGH = 40 << 10  # bytes in flight that keep the memory of any of these busy


@dataclass(frozen=True)
class Launch:
    """How a plan launches a kernel."""

    threads: int
    shared: int  # bytes of a block
    blocks: int  # of the whole grid
    staged: int = 0  # bytes that a block has on their way to shared memory at once


@dataclass(frozen=True)
class Phase:
    """A loop over a tile in shared memory: what its turn does, to how many elements."""

    wanted: dict[str, int]
    elements: int


@dataclass(frozen=True)
class Case:
    """A kernel at work: which way it takes, on what, and what it moves."""

    title: str
    kernel: str  # in its mangled name
    launch: Callable[[Device], Launch]
    read: float  # bytes of a pixel
    written: float = 0.0
    pixels: int = 1  # of a thread's turn
    wanted: dict[str, int] | None = None  # all that a turn loads; see sass.turn_of
    inner: tuple[dict[str, int], int] | None = None  # of the loop in it, and its turns
    again: int = 0  # of the loads, the last: of lines that are in L1
    phases: tuple[Phase, ...] = ()  # tiles: the loops over the elements of a pixel
    classes: int = 1
    longest: bool = False
    measured: tuple[str, ...] = ()  # where benchmarks/results has it

    @property
    def moved(self) -> float:
        """Bytes of a pixel that memory moves."""
        return self.read + self.written


@dataclass(frozen=True)
class Code:
    """The machine code of a kernel, and the registers of a thread."""

    kernel: sass.Kernel
    registers: int


@dataclass(frozen=True)
class Reading:
    """What the machine code of a case says."""

    registers: int
    blocks: int  # of an SM
    threads: int  # of an SM
    loads: tuple[int, ...]  # bytes each, of those before the first use of any
    waits: int  # for DRAM in a turn
    in_flight: float  # bytes of an SM, the mean over the waits
    instructions: float  # of a pixel, and so on
    shared_atomics: float
    atomics: float
    shuffles: float
    exponentials: float


def resident(device: Device, registers: int, launch: Launch) -> int:
    """Return the blocks that an SM holds, by registers, threads and shared memory."""
    of_warp = -(-registers * 32 // 256) * 256
    # A quarter of the registers belongs to each scheduler, and a warp to one of them.
    warps = 4 * (device.registers // 4 // of_warp)
    return min(
        warps // -(-launch.threads // 32),
        device.threads_per_sm // launch.threads,
        device.shared_per_sm // (launch.shared + RESERVED),
        device.blocks_per_sm,
        -(-launch.blocks // device.sms),
    )


def turn_of(case: Case, kernel: sass.Kernel) -> sass.Turn:
    """Return the turn that this case takes of the kernel's loop over pixels.

    That is the smallest loop that loads from global memory what the case loads, itself
    or in the loop in it that the case names.
    """
    inner = case.inner and sass.Inner(Counter(case.inner[0]), case.inner[1])
    for loop in kernel.loops:
        found = sass.turn_of(
            kernel, loop, Counter(case.wanted), inner, longest=case.longest
        )
        if found is not None:
            return found
    raise LookupError(f"{case.title}: no loop of {kernel.name} does {case.wanted}")


def turn_of_phase(case: Case, phase: Phase, kernel: sass.Kernel) -> sass.Turn:
    """Return the shortest turn of an innermost loop that does what a phase does."""
    innermost = [loop for loop in kernel.loops if not kernel.inner(loop)]
    turns = (sass.turn_of(kernel, loop, Counter(phase.wanted)) for loop in innermost)
    found = [turn for turn in turns if turn is not None]
    if not found:
        raise LookupError(f"{case.title}: no loop of {kernel.name} does {phase.wanted}")
    return min(found, key=lambda turn: len(turn.instructions))


def read(case: Case, code: Code, device: Device) -> Reading:
    """Read the machine code of a case."""
    launch = case.launch(device)
    blocks = resident(device, code.registers, launch)
    threads = blocks * launch.threads
    if case.phases:
        turns = [
            (turn_of_phase(case, phase, code.kernel), case.classes / phase.elements)
            for phase in case.phases
        ]
        loads = (16,) * (launch.staged // 16 // launch.threads)
        waits, in_flight = 1, float(blocks * launch.staged)
    else:
        turn = turn_of(case, code.kernel)
        turns = [(turn, 1 / case.pixels)]
        loads = tuple(turn.batches[0])
        widths = [width for batch in turn.batches for width in batch]
        from_memory = widths[: len(widths) - case.again]
        begins = [sum(map(len, turn.batches[:i])) for i in range(len(turn.batches))]
        waits = sum(begin < len(from_memory) for begin in begins)
        in_flight = threads * sum(from_memory) / waits

    def of_pixel(*names: str) -> float:
        return sum(turn.count(*names) * share for turn, share in turns)

    return Reading(
        code.registers,
        blocks,
        threads,
        loads,
        waits,
        in_flight,
        sum(len(turn.instructions) * share for turn, share in turns),
        of_pixel("ATOMS"),
        of_pixel("ATOM", "ATOMG", "RED", "REDG"),
        of_pixel("SHFL"),
        of_pixel("MUFU"),
    )


@dataclass(frozen=True)
class Prediction:
    """Shares of a copy's bandwidth in percent, and what bounds the first."""

    overlapped: float
    added: float
    bound: str


def predicted(case: Case, reading: Reading, device: Device) -> Prediction:
    """Apply the model to what the machine code of a case says.

    Four rates, in pixels a clock of an SM: what memory moves, what is issued, what the
    loads in flight bring in LATENCY clocks, and what the unit of exponentials and
    reciprocals does. Either all of it overlaps, and the least rate is reached; or
    memory and issue take turns, and their times add up.
    """
    memory = device.bytes_per_clock / case.moved
    issue = ISSUED / reading.instructions
    rates = {
        "memory": memory,
        "issue": issue,
        "latency": reading.in_flight / LATENCY / case.read,
    }
    if reading.exponentials:
        rates["MUFU"] = EXPONENTIALS / reading.exponentials
    bound = min(rates, key=lambda name: rates[name])
    added = min(*rates.values(), 1 / (1 / memory + 1 / issue))
    return Prediction(100 * rates[bound] / memory, 100 * added / memory, bound)


# Cases


def counting(
    pixels: int, classes: int, width: int, **given: object
) -> Callable[[Device], Launch]:
    """Return the launch of a count of so many pixels, by device."""

    def launch(device: Device) -> Launch:
        facts = _core.CudaDevice(
            device.sms,
            device.threads_per_sm,
            device.blocks_per_sm,
            device.shared_per_sm,
            device.shared_per_block,
        )
        few = given.get("pairs", True)
        plan = _core.cuda_plan(
            _core.cuda_policy(),
            facts,
            1,
            pixels,
            given.get("bins", classes**2 + 1),
            width,
            given.get("bits", False),
            (classes + 1) ** 2 + 1 if few else 0,
        )
        return Launch(plan.threads, plan.shared_bytes, plan.grid)

    return launch


def summing(
    samples: int,
    classes: int,
    pixels: int,
    size: int,
    *,
    softmax: bool = True,
    target: int = 0,
    channels_last: bool = False,
    backward: bool = False,
) -> Callable[[Device], Launch]:
    """Return the launch of overlap_sums, the same on every device.

    `size` and `target` are bytes of an element; targets of 0 bytes are labels.
    """

    def launch(_: Device) -> Launch:
        plan = _core.overlap_plan(
            _core.overlap_policy(),
            samples,
            classes,
            pixels,
            size,
            softmax,
            target == 0,
            channels_last,
            backward,
        )
        staged = plan.tile.pixels * plan.tile.classes * (size + target)
        return Launch(plan.threads, plan.shared_bytes, plan.grid, staged)

    return launch


def counts_of(*row: str) -> tuple[str, ...]:
    """Name a row of the counts that were measured."""
    return ("nvidia-h200.json", *row)


def losses_of(row: str, way: str) -> tuple[str, ...]:
    """Name a number of a row of the losses that were measured."""
    return ("nvidia-h200-losses-own.md", row, f"{way} / floor")


def first_of(*row: str) -> tuple[str, ...]:
    """Name a row of what was measured before the kernels were tuned."""
    column = "% of copy, before" if len(row) > 1 else "forward / floor, before"
    return ("nvidia-h200-first-runs.md", *row, column)


LABELS = {1: 16, 4: 4, 8: 4}  # pixels of a vector
MANY = 16 << 20  # pixels
CITYSCAPES = (8, 19, 512 * 1024)
VOLUMES = (8, 4, 128**3)


def label_case(
    title: str, size: int, tier: str, launch: object, **more: object
) -> Case:
    """Return a case of two maps of labels of the same width, read as vectors."""
    vectors = 1 if size == 8 else 2
    return Case(
        title,
        f"{more.pop('op', 'confusion_matrix')}_kernel.*LabelsILi{size}E.*{tier}Tier",
        launch,
        read=2 * size,
        pixels=LABELS[size] * vectors,
        wanted={"LDG.16": 4},
        # Bytes are counted a vector after the other, in a loop.
        inner=({}, vectors) if size == 1 else None,
        **more,
    )


def score_case(name: str, mangled: str, size: int, content: str = "random") -> Case:
    """Return a case of the argmax of 19 planes of scores, beside labels of 8 bytes."""
    width = 16 // size
    return Case(
        f"argmax of {name} C=19",
        f"confusion_matrix_kernel.*ScoresI{mangled}E.*PairsTier",
        counting(1 << 20, 19, width),
        read=8 + 19 * size,
        pixels=width,
        wanted={"LDG.16": width // 2 + 1, "ATOMS": width},
        inner=({"LDG.16": 4}, 5),
        measured=counts_of(f"W3 {name} scores C=19", content),
    )


def register_case(
    title: str,
    way: str,
    number: str,
    kernel: int,
    shape: tuple[int, int, int],
    wanted: dict[str, int],
    pixels: int,
    again: int,
    measured: str = "",
    **more: object,
) -> Case:
    """Return a case of softmax and labels; `number` is f or BFloat16 or Half."""
    size = 4 if number == "f" else 2
    label = more.pop("label", 8)
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    access = 2 if more.get("channels_last") else 0 if pixels == 1 else 1
    logits = shape[1] * size
    return Case(
        f"{way}, {title}",
        f"overlap_registers_{way}I{mangled}Li{kernel}E.*AccessE{access}E",
        summing(*shape, size, backward=way == "backward", **more),
        read=logits + label,
        written=logits if way == "backward" else 0,
        pixels=pixels,
        wanted={**wanted, "MUFU.EX2": (kernel + 1) * pixels},
        again=again,
        measured=losses_of(measured, way) if measured else (),
    )


def both_ways(*given: object, **more: object) -> list[Case]:
    """Return a case of the registers forward and backward."""
    title, *others = given
    return [
        register_case(title, way, *others, **more) for way in ("forward", "backward")
    ]


def tile_case(
    title: str,
    number: str,
    shape: tuple[int, int, int],
    activation: int,
    target: int,
    phases: list[tuple[dict[str, int], int]],
    measured: str,
) -> Case:
    """Return a case of the forward tiles; targets of 0 bytes are labels of 8."""
    size = 4 if number == "f" else 2
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    return Case(
        f"forward, {title}",
        f"overlap_tiles_forwardI{mangled}LNS_10ActivationE{activation}E",
        summing(*shape, size, softmax=activation == 0, target=target),
        read=shape[1] * (size + target) + 8 * (target == 0),
        phases=tuple(Phase(*phase) for phase in phases),
        classes=shape[1],
        measured=losses_of(measured, "forward"),
    )


CASES = [
    label_case(
        "int64 C=19",
        8,
        "Pairs",
        counting(MANY, 19, 4),
        measured=counts_of("W1/W2 C=19, int64", "random"),
    ),
    label_case("int32 C=19", 4, "Pairs", counting(MANY, 19, 4)),
    label_case(
        "uint8 C=19",
        1,
        "Pairs",
        counting(MANY, 19, 16),
        measured=counts_of("W1/W2 C=19, uint8", "random"),
    ),
    label_case(
        "uint8 C=150",
        1,
        "Pairs",
        counting(MANY, 150, 16),
        measured=counts_of("C=150, large, uint8", "random"),
    ),
    label_case(
        "int64 C=150",
        8,
        "Pairs",
        counting(MANY, 150, 4),
        measured=counts_of("C=150, large, int64", "random"),
    ),
    label_case(
        "uint8 C=2",
        1,
        "Bits",
        counting(2 * 192**3, 2, 16, bits=True),
        measured=counts_of("binary volume, uint8", "random"),
    ),
    label_case(
        "int64 C=2",
        8,
        "Pairs",
        counting(2 * 192**3, 2, 4),
        measured=counts_of("binary volume, int64", "random"),
    ),
    label_case("int64 C=1000, runs", 8, "Global", counting(MANY, 1000, 4)),
    label_case(
        "int64 C=1000, no run", 8, "Global", counting(MANY, 1000, 4), longest=True
    ),
    label_case(
        "uint8 C=150 class counts, runs",
        1,
        "Shared",
        counting(MANY, 150, 16, bins=451, pairs=False),
        op="class_counts",
    ),
    score_case("float32", "f", 4),
    score_case("float16", "N3c104HalfE", 2),
    score_case("bfloat16", "N3c108BFloat16E", 2),
    *both_ways(
        "bf16 C=19",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.16": 1, "LDG.4": 19, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 19, 512, 1024]",
    ),
    *both_ways(
        "bf16 C=19, uint8 labels",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.1": 2, "LDG.4": 19, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 19, 512, 1024], uint8 target",
        label=1,
    ),
    *both_ways(
        "fp32 C=19",
        "f",
        19,
        CITYSCAPES,
        {"LDG.8": 1, "LDG.4": 20},
        1,
        1,
        "2D fp32 [8, 19, 512, 1024]",
    ),
    *both_ways(
        "bf16 C=32",
        "BFloat16",
        32,
        (8, 32, 512 * 512),
        {"LDG.16": 1, "LDG.4": 32, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 32, 512, 512]",
    ),
    *both_ways(
        "fp32 C=4",
        "f",
        4,
        (4, 4, 1024 * 1024),
        {"LDG.16": 6, "LDG.4": 4},
        4,
        4,
        "2D fp32 [4, 4, 1024, 1024]",
    ),
    *both_ways(
        "fp16 C=4",
        "Half",
        4,
        VOLUMES,
        {"LDG.16": 2, "LDG.8": 4, "LDG.2": 4},
        4,
        4,
        "3D fp16 [8, 4, 128, 128, 128]",
    ),
    *both_ways(
        "bf16 C=2",
        "BFloat16",
        2,
        (8, 2, 1024 * 1024),
        {"LDG.16": 2, "LDG.8": 2, "LDG.2": 4},
        4,
        4,
        "2D bf16 [8, 2, 1024, 1024]",
    ),
    *both_ways(
        "fp32 C=2",
        "f",
        2,
        (8, 2, 128**3),
        {"LDG.16": 4, "LDG.4": 4},
        4,
        4,
        "3D fp32 [8, 2, 128, 128, 128]",
    ),
    *both_ways(
        "bf16 C=19 channels_last",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.8": 2, "LDG.16": 5},
        2,
        0,
        "2D bf16 [8, 19, 512, 1024], channels_last",
        channels_last=True,
    ),
    *both_ways(
        "fp32 C=4 channels_last",
        "f",
        4,
        VOLUMES,
        {"LDG.8": 4, "LDG.16": 4},
        4,
        0,
        "3D fp32 [8, 4, 128, 128, 128], channels_last",
        channels_last=True,
    ),
    *both_ways(
        "fp32 C=32 channels_last",
        "f",
        32,
        (8, 32, 512 * 512),
        {"LDG.8": 1, "LDG.16": 8},
        1,
        0,
        "2D fp32 [8, 32, 512, 512], channels_last",
        channels_last=True,
    ),
    tile_case(
        "sigmoid fp32 C=1, uint8 target",
        "f",
        (8, 1, 1024 * 1024),
        1,
        1,
        [
            ({"LDGSTS.16": 1}, 4),
            ({"LDGSTS.16": 1}, 16),
            ({"LDS.8": 1, "LDS.2": 1, "MUFU.EX2": 2}, 2),
        ],
        "2D fp32 [8, 1, 1024, 1024], sigmoid, uint8 target",
    ),
    tile_case(
        "sigmoid bf16 C=1, uint8 target",
        "BFloat16",
        (8, 1, 1024 * 1024),
        1,
        1,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDGSTS.16": 1}, 16),
            ({"LDS.8": 1, "LDS.4": 1, "MUFU.EX2": 4}, 4),
        ],
        "2D bf16 [8, 1, 1024, 1024], sigmoid, uint8 target",
    ),
    tile_case(
        "softmax bf16 C=19, soft target",
        "BFloat16",
        (4, 19, 512 * 1024),
        0,
        2,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDGSTS.16": 1}, 8),
            ({"LDS.8": 4}, 16),
            ({"LDS.8": 2, "MUFU.EX2": 8}, 8),
            ({"LDS.8": 2, "LDS.16": 4, "MUFU.EX2": 4}, 4),
        ],
        "2D bf16 [4, 19, 512, 1024], soft target",
    ),
    tile_case(
        "softmax bf16 C=150",
        "BFloat16",
        (4, 150, 512 * 512),
        0,
        0,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDS.8": 4}, 16),
            ({"LDS.8": 2, "MUFU.EX2": 8}, 8),
            ({"LDS.8": 4, "LDS.16": 3, "MUFU.EX2": 16}, 16),
        ],
        "2D bf16 [4, 150, 512, 512]",
    ),
    tile_case(
        "softmax fp32 C=150",
        "f",
        (4, 150, 512 * 512),
        0,
        0,
        [
            ({"LDGSTS.16": 1}, 4),
            ({"LDS.8": 4}, 8),
            ({"LDS.8": 2, "MUFU.EX2": 4}, 4),
            ({"LDS.8": 7, "MUFU.EX2": 8}, 8),
        ],
        "2D fp32 [4, 150, 512, 512]",
    ),
]


def fixed(threads: int, shared: int, blocks: int) -> Callable[[Device], Launch]:
    """Return a launch of kernels whose plan can no longer be asked."""
    return lambda _: Launch(threads, shared, blocks)


def old_register_case(
    title: str, number: str, kernel: int, classes: int, pixels: int, measured: str
) -> Case:
    """Return a case of the registers as they were: a load an element."""
    size = 4 if number == "f" else 2
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    loads = {"LDG.8": pixels, f"LDG.{size}": (classes + 1) * pixels}
    return Case(
        f"forward, {title}",
        f"overlap_registers_forwardI{mangled}Li{kernel}E",
        fixed(128, 1024 * classes + 3072, 4096),
        read=classes * size + 8,
        pixels=pixels,
        wanted={**loads, "MUFU.EX2": (classes + 1) * pixels},
        again=pixels,
        measured=first_of(measured),
    )


#: The same work in the kernels of BEFORE.
OLD_CASES = [
    label_case(
        "int64 C=19",
        8,
        "Shared",
        fixed(512, 46336, 264),
        longest=True,
        measured=first_of("W1/W2 C=19, int64", "random"),
    ),
    label_case(
        "uint8 C=19",
        1,
        "Shared",
        fixed(512, 46336, 264),
        longest=True,
        measured=first_of("W1/W2 C=19, uint8", "random"),
    ),
    label_case(
        "uint8 C=2",
        1,
        "Bits",
        fixed(256, 160, 396),
        measured=first_of("binary volume, uint8", "random"),
    ),
    old_register_case("bf16 C=19", "BFloat16", 32, 19, 1, "2D bf16 [8, 19, 512, 1024]"),
    old_register_case("fp32 C=19", "f", 32, 19, 1, "2D fp32 [8, 19, 512, 1024]"),
    old_register_case("fp32 C=4", "f", 4, 4, 4, "2D fp32 [4, 4, 1024, 1024]"),
]


# From sources to machine code


def tool(name: str) -> Path | None:
    """Return where nvdisasm or cuobjdump is: in its package, or on PATH."""
    try:
        files = importlib.metadata.files(f"nvidia-cuda-{name}") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name:
            return Path(str(file.locate()))
    found = shutil.which(name)
    return None if found is None else Path(found)


def compiled(root: Path, arch: int) -> list[Path]:
    """Compile the kernels below a folder for an architecture, or find them compiled."""
    sources = sorted((root / "csrc").rglob("*.[hc]*"))
    digest = hashlib.sha256(repr((FLAGS, nvcc_version(), torch.__version__)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    folder = CACHE / digest.hexdigest()[:16] / f"sm_{arch}"
    folder.mkdir(parents=True, exist_ok=True)

    def compile_one(source: Path) -> Path:
        cubin = folder / f"{source.stem}.cubin"
        if not cubin.exists():
            start = time.monotonic()
            command = ["nvcc", *FLAGS, f"-arch=sm_{arch}", f"-I{root / 'csrc'}"]
            command += ["-isystem", str(Path(torch.__file__).parent / "include")]
            command += [str(source), "-o", str(cubin.with_suffix(".part"))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            cubin.with_suffix(".part").rename(cubin)
            took = time.monotonic() - start
            print(f"sm_{arch}: {source.name} in {took:.0f} s", file=sys.stderr)
        return cubin

    kernels = [one for one in sources if one.suffix == ".cu" and one.stem != "device"]
    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(compile_one, kernels))


@cache
def nvcc_version() -> str:
    """Return the version of nvcc."""
    if shutil.which("nvcc") is None:
        raise SystemExit("nvcc is not on PATH")
    said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True)
    found = re.search(r"release [\d.]+, V([\d.]+)", said.stdout)
    return found[1] if found else said.stdout


def codes_of(cubins: Iterable[Path]) -> dict[str, Code]:
    """Disassemble files; return the machine code of each kernel by its mangled name."""
    nvdisasm = tool("nvdisasm")
    if nvdisasm is None:
        raise SystemExit("nvdisasm is missing: pip install nvidia-cuda-nvdisasm")
    codes = {}
    for cubin in cubins:
        command = [str(nvdisasm), "-c", str(cubin)]
        listing = subprocess.run(command, capture_output=True, text=True, check=True)
        registers = sass.attribute_of(cubin.read_bytes(), sass.REGISTERS)
        for kernel in sass.kernels_of(listing.stdout):
            codes[kernel.name] = Code(kernel, registers[kernel.name])
    return codes


def code_of(case: Case, codes: dict[str, Code]) -> Code:
    """Return the machine code of the one kernel that a case runs."""
    found = [code for name, code in codes.items() if re.search(case.kernel, name)]
    if len(found) != 1:
        raise LookupError(f"{case.title}: {len(found)} kernels are {case.kernel}")
    return found[0]


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


# Names

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
    op = "class_counts" if "class_counts" in mangled else "confusion_matrix"
    source = next((name for piece, name in SOURCES.items() if piece in mangled), "")
    tier = next((name for piece, name in TIERS.items() if piece in mangled), "")
    return f"{op}, {source}, {tier}" if source else mangled


# Tables


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
        counts = (reading.shared_atomics, reading.atomics, reading.exponentials)
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
    "MUFU",
]


def attributes(cubins: Iterable[Path], wanted: int) -> dict[str, int]:
    """Return what files say of their kernels; see sass.attribute_of."""
    found = {}
    for cubin in cubins:
        found.update(sass.attribute_of(cubin.read_bytes(), wanted))
    return found


def report(architectures: list[int]) -> tuple[str, list[str]]:
    """Compile and read everything; return the tables and what is in local memory."""
    cubins = {arch: compiled(ROOT, arch) for arch in architectures}
    codes = {arch: codes_of(cubins[arch]) for arch in (H100.arch, A100.arch)}
    registers = {arch: attributes(cubins[arch], sass.REGISTERS) for arch in cubins}
    frames = {arch: attributes(cubins[arch], sass.FRAME) for arch in cubins}
    local: dict[str, list[str]] = {}
    for arch, found in frames.items():
        for name in (name for name, size in found.items() if size):
            local.setdefault(name_of(name), []).append(f"sm_{arch} {found[name]}")
    before = sources_of(BEFORE)
    old_codes = {} if before is None else codes_of(compiled(before, H100.arch))

    lines = [HEAD.format(nvcc=nvcc_version())]
    lines += table(CODE_HEADS, code_rows(CASES, codes[H100.arch]))
    if old_codes:
        lines += [
            "",
            f"The same work before the kernels were tuned on a GPU ({BEFORE}):",
        ]
        lines += ["", *table(CODE_HEADS, code_rows(OLD_CASES, old_codes))]
    lines += [MODEL, *table(PREDICTION_HEADS, prediction_rows(CASES, codes))]
    lines += ["", errors(codes[H200.arch])]
    if old_codes:
        rows = prediction_rows(OLD_CASES, {H100.arch: old_codes})
        lines += ["", f"Before ({BEFORE}):", "", *table(PREDICTION_HEADS, rows)]
    heads = ["kernel", *(f"sm_{arch}" for arch in architectures)]
    rows = (
        [name_of(name), *(registers[arch][name] for arch in architectures)]
        for name in sorted(codes[H100.arch], key=name_of)
    )
    lines += [REGISTERS, *table(heads, rows), ""]
    if local:
        lines += ["Bytes of a thread that are in local memory:", ""]
        lines += [f"* {name}: {', '.join(archs)}" for name, archs in local.items()]
    else:
        lines += ["No kernel spills, or has anything else in local memory."]
    return "\n".join(lines) + "\n", list(local)


HEAD = """\
# Machine code of the CUDA kernels

What nvcc {nvcc} makes of them, written by `python scripts/cuda_machine_code.py FILE`,
which needs no GPU, and what a simple model predicts of it. Measured figures are of an H200
(`nvidia-h200.md`, `nvidia-h200-losses-own.md`, `nvidia-h200-first-runs.md`).

## What a turn does

On an H100 (sm_90), of the loop over pixels on the way that the case takes: contiguous
tensors, no mask, ignore values, class weights or smoothing. Instructions, atomics and what
the unit of exponentials and reciprocals does (MUFU) are of a pixel; of the registers
forward without their fold, of the tiles the loops over elements alone. A thread waits where
an instruction reads what a load has not brought yet. Bytes in flight are those of an SM with
the blocks that it holds, shared out over the waits of a turn; tiles have a tile in flight.
"""
MODEL = f"""
## What it predicts

Percent of the bandwidth of a copy: {H100.copy:g} TB/s of an H100, {A100.copy:g} of an A100,
{H200.copy:g} of an H200, at {H100.gigahertz:g}, {A100.gigahertz:g} and {H200.gigahertz:g} \
GHz. The higher number is where all overlaps, and the
least of four rates is reached: of memory, of {ISSUED} instructions and of {EXPONENTIALS} \
MUFU a clock and SM, and of
the loads in flight, {LATENCY} clocks each. The lower one is where memory and issue take turns.
Launches, conflicts of shared memory, folds and the last wave of blocks are not in the model.
Measured is what the whole op took; off is by how many points it is out of the range.
"""
REGISTERS = """
## Registers

Of a thread. Kernels of the pairs and shared tiers may take 64, of the bits tier 80, of the
global tier 96: counting_policy.h. Of overlap_sums tiles may take 64, with softmax 80, float64
128, registers 80 to 255: overlap_policy.h.
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
    text, local = report(sorted({*given.architectures, H100.arch, A100.arch}))
    if given.file is None:
        print(text)
    else:
        given.file.write_text(text, encoding="utf-8")
    if local:
        raise SystemExit("in local memory: " + "; ".join(local))


if __name__ == "__main__":
    main()
