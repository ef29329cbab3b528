"""What a kernel's machine code says in a case, and what a simple model makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from machine_code import sass


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
    """A loop over a tile in shared memory: what its turn does, to how many elements.

    With `turns`, of a loop that is in one over classes, whose turn begins and ends what
    so many turns sum: those of the outer loop are what counts.
    """

    wanted: dict[str, int]
    elements: int
    turns: int = 0


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
    """Return the shortest turn of a loop that does what a phase does."""
    wanted = Counter(phase.wanted)
    if phase.turns:
        loops = [loop for loop in kernel.loops if kernel.inner(loop)]
        within = sass.Inner(wanted, phase.turns)
        turns = [sass.turn_of(kernel, loop, Counter(), within) for loop in loops]
    else:
        loops = [loop for loop in kernel.loops if not kernel.inner(loop)]
        turns = [sass.turn_of(kernel, loop, wanted) for loop in loops]
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
            (
                turn_of_phase(case, phase, code.kernel),
                case.classes / (phase.elements * max(1, phase.turns)),
            )
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
