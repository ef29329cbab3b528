"""Reads NVIDIA machine code as nvdisasm prints it, and finds what a loop does.

``kernels_of`` makes instructions of a listing, ``Kernel.loops`` finds loops, and
``Turn`` is the way that a thread takes through a loop once: its instructions, the loads
that are under way together, and how often it waits for memory.
"""

from __future__ import annotations

import itertools
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

#: The line that begins a kernel, a place that is branched to, and an instruction.
SECTION = re.compile(r"^\.text\.(?P<kernel>\S+):$")
LABEL = re.compile(r"^(?P<label>[.$\w]+):$")
INSTRUCTION = re.compile(r"^/\*(?P<address>[0-9a-f]{4,})\*/\s+(?P<text>.+?)\s*;")
GUARD = re.compile(r"^@!?U?P[T\d]+\s+")
TARGET = re.compile(r"`?\(?(?P<label>\.L_x_\d+)\)?")
ANNOTATION = re.compile(r"\(\*.*?\*\)")
#: A register, or as many as its suffix says.
REGISTER = re.compile(r"(?<![\w.])R(?P<number>\d+)(?:\.(?P<bits>64))?")
#: Loads of global memory, what moves bytes, and what moves them to local memory.
LOADS = ("LDG",)
MOVES = ("LDG", "STG", "LDS", "STS", "LDGSTS")
LOCAL = ("LDL", "STL")
#: What writes no register: every operand is read.
WITHOUT_RESULT = ("ST", "STG", "STS", "RED", "BRA", "EXIT", "BAR", "LDGSTS", "R2UR")


@dataclass(frozen=True)
class Instruction:
    """One instruction: ``@P0 LDG.E.128 R4, desc[UR4][R2.64]``."""

    address: int
    opcode: str
    operands: tuple[str, ...]
    guarded: bool
    targets: tuple[str, ...]
    never: bool = False  # `@!PT`: takes its place, and does nothing

    @property
    def name(self) -> str:
        """The opcode without what follows its first dot."""
        return self.opcode.partition(".")[0]

    @property
    def width(self) -> int:
        """Bytes that a load or store moves for each thread."""
        modifiers = self.opcode.split(".")
        for bits, bytes_ in (("128", 16), ("64", 8), ("U16", 2), ("S16", 2)):
            if bits in modifiers:
                return bytes_
        return 1 if {"U8", "S8"} & set(modifiers) else 4

    @property
    def branches(self) -> bool:
        """Whether it goes elsewhere, as a call of a place in the kernel does."""
        return self.name in ("BRA", "BRX", "JMX") or (
            self.name == "CALL" and bool(self.targets)
        )

    @property
    def ends(self) -> bool:
        """Whether what follows it does not, unless it is guarded."""
        return self.branches or self.name in ("EXIT", "RET")

    @property
    def is_load(self) -> bool:
        """Whether it reads global or shared memory."""
        return self.name in (*LOADS, "LDS") and not self.never

    @cached_property
    def results(self) -> frozenset[int]:
        """Registers that a load writes."""
        if self.name not in LOADS or self.never:
            return frozenset()
        # A predicate may stand before the register.
        found = next((REGISTER.search(text) for text in self.operands), None)
        for text in self.operands:
            found = REGISTER.fullmatch(text.strip())
            if found is not None:
                break
        if found is None:
            return frozenset()
        first = int(found["number"])
        return frozenset(range(first, first + max(1, self.width // 4)))

    @cached_property
    def read(self) -> frozenset[int]:
        """Registers that it reads, as far as its operands tell."""
        from_ = 0 if self.name in WITHOUT_RESULT else 1
        registers: set[int] = set()
        for place, text in enumerate(self.operands):
            for found in REGISTER.finditer(text):
                if place < from_ and "[" not in text:
                    continue
                number = int(found["number"])
                count = 2 if found["bits"] else 1
                if self.name in ("STG", "STS", "ST") and "[" not in text:
                    count = max(1, self.width // 4)
                registers.update(range(number, number + count))
        return frozenset(registers)


def instruction_of(address: int, text: str) -> Instruction:
    """Take the text of an instruction apart."""
    guard = GUARD.match(text)
    rest = text[guard.end() :] if guard else text
    opcode, _, operands = rest.partition(" ")
    targets = tuple(found["label"] for found in TARGET.finditer(operands))
    parts = tuple(part.strip() for part in operands.split(",") if part.strip())
    operands = ANNOTATION.sub("", operands)
    condition = "" if guard is None else guard[0].strip()
    never = condition in ("@!PT", "@!UPT")
    guarded = condition not in ("", "@PT", "@UPT")
    return Instruction(address, opcode, parts, guarded, targets, never)


@dataclass(frozen=True)
class Block:
    """Instructions that run one after the other, and the blocks that may follow."""

    instructions: tuple[Instruction, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Loop:
    """Blocks that a branch back to ``head`` repeats."""

    head: int
    body: frozenset[int]

    def holds(self, other: Loop) -> bool:
        """Whether the other loop lies in this one."""
        return other.head != self.head and other.head in self.body


@dataclass
class Kernel:
    """The machine code of one kernel."""

    name: str
    instructions: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)

    @cached_property
    def blocks(self) -> list[Block]:
        """The control flow: blocks by their place in memory.

        A call returns to what follows it, and BSYNC goes on where it stands: nvdisasm
        puts it before the place that its BSSY names. BRA.DIV leaves for lanes that are
        apart, and is not followed.
        """
        begins = {0} | set(self.labels.values())
        for place, instruction in enumerate(self.instructions):
            if instruction.ends:
                begins.add(place + 1)
        starts = sorted(begin for begin in begins if begin < len(self.instructions))
        block_at = {start: block for block, start in enumerate(starts)}
        blocks = []
        for block, start in enumerate(starts):
            last = starts[block + 1] if block + 1 < len(starts) else None
            code = self.instructions[start:last]
            end = code[-1]
            apart = ".DIV" in end.opcode
            # BRA UP0, `(...): the condition is an operand.
            conditional = end.guarded or (end.name == "BRA" and len(end.operands) > 1)
            follows = apart or conditional or not end.ends
            after = []
            if end.branches and not apart:
                after = [
                    block_at[self.labels[label]]
                    for label in end.targets
                    if self.labels.get(label) in block_at
                ]
            if follows and last is not None:
                after.append(block + 1)
            blocks.append(Block(tuple(code), tuple(dict.fromkeys(after))))
        return blocks

    @cached_property
    def loops(self) -> list[Loop]:
        """The natural loops, the smallest first.

        A branch back is one to a block that all ways to the branch lead through; the
        loop is that block and all from which the branch is reached without it.
        """
        blocks = self.blocks
        before: list[list[int]] = [[] for _ in blocks]
        reached = [0]  # which grows; what only BRA.DIV leads to is not among them
        for block in reached:
            for after in blocks[block].after:
                before[after].append(block)
                if len(before[after]) == 1 and after != 0:
                    reached.append(after)
        everything = (1 << len(blocks)) - 1
        dominators = [everything] * len(blocks)
        dominators[0] = 1
        changed = True
        while changed:
            changed = False
            for block in reached[1:]:
                common = everything
                for other in before[block]:
                    common &= dominators[other]
                common |= 1 << block
                if common != dominators[block]:
                    dominators[block], changed = common, True
        bodies: dict[int, set[int]] = {}
        for block in reached:
            for head in blocks[block].after:
                if not dominators[block] >> head & 1:
                    continue
                body = bodies.setdefault(head, {head})
                todo = [block]
                while todo:
                    one = todo.pop()
                    if one not in body:
                        body.add(one)
                        todo += before[one]
        loops = [Loop(head, frozenset(body)) for head, body in bodies.items()]
        return sorted(loops, key=lambda loop: len(loop.body))

    def of(self, *names: str) -> list[Instruction]:
        """Return the instructions with one of these names."""
        return [one for one in self.instructions if one.name in names]

    def inner(self, loop: Loop) -> list[Loop]:
        """Return the loops that lie directly in a loop."""
        within = [other for other in self.loops if loop.holds(other)]
        return [one for one in within if not any(other.holds(one) for other in within)]


#: What a turn does, by mark: ``{"LDG.16": 4, "MUFU.EX2": 19}``.
Marks = Counter[str]


def marks_of(instructions: Iterable[Instruction], wanted: Iterable[str]) -> Marks:
    """Count what `wanted` names, and global loads.

    ``LDS.8`` is loads of 8 bytes and has all others of its name counted, too;
    ``MUFU.EX2`` is an opcode, ``ATOMS`` every opcode of that name.
    """
    wanted = set(wanted)
    moves = {mark.partition(".")[0] for mark in wanted} & set(MOVES) | set(LOADS)
    found: Marks = Counter()
    for one in instructions:
        if one.never:
            continue
        if one.name in moves:
            found[f"{one.name}.{one.width}"] += 1
        elif one.opcode in wanted or one.name in wanted:
            found[one.opcode if one.opcode in wanted else one.name] += 1
    return found


@dataclass(frozen=True)
class Inner:
    """A loop in a loop: what a turn of it does, and how many turns it takes."""

    wanted: Marks
    turns: int


@dataclass(frozen=True)
class Turn:
    """The instructions of one turn of a loop, inner turns written out."""

    instructions: tuple[Instruction, ...]

    def count(self, *names: str) -> int:
        """Return how many instructions have one of these names, or ``MUFU.EX2``."""
        return sum(
            one.name in names or one.opcode in names for one in self.instructions
        )

    @cached_property
    def batches(self) -> list[list[int]]:
        """Widths of the loads under way when a thread waits, for each time it does.

        It waits where an instruction reads a register that a load has not written yet;
        the loads before it are then as good as there. This turn is one among others:
        what the turn before has begun, to be used here, is under way as it begins.
        """
        pending: list[Instruction] = []
        waits: list[list[int]] = []
        for instruction in (*self.instructions, None, *self.instructions):
            if instruction is None:
                waits = []
                continue
            if any(instruction.read & load.results for load in pending):
                waits.append([load.width for load in pending])
                pending = []
            if instruction.name in LOADS and not instruction.never:
                pending.append(instruction)
        return waits


#: A way through a loop: its bytes, its instructions, and its last step behind others.
Way = tuple[int, int, Any]


def better(one: Way | None, other: Way, longest: bool) -> Way:
    """Return the way that loads more bytes, of equal ones the shorter or longer."""
    if one is None:
        return other
    sign = 1 if longest else -1
    return max(one, other, key=lambda way: (way[0], sign * way[1]))


def in_order(first: int, after: dict[int, set[int]]) -> list[int]:
    """Return the steps of a loop so that each comes before those that follow it."""
    done: list[int] = []
    seen = {first}
    todo = [(first, iter(after[first]))]
    while todo:
        step, rest = todo[-1]
        following = next(rest, None)
        if following is None:
            done.append(step)
            todo.pop()
        elif following not in seen:
            seen.add(following)
            todo.append((following, iter(after[following])))
    return done[::-1]


def turn_of(
    kernel: Kernel,
    loop: Loop,
    wanted: Marks | None = None,
    inner: Inner | None = None,
    *,
    longest: bool = False,
) -> Turn | None:
    """Return the shortest way through a loop that does this and no more.

    A kernel decides at run time which of its ways the data needs (dtypes, a mask,
    ignore values), so a loop has many; what they load tells them apart.

    Args:
        kernel: The kernel.
        loop: One of its loops.
        wanted: What a turn does, `inner` apart: all its global loads, and instructions
            of the other names in it. None: as many bytes loaded as on any way.
        inner: A loop in it that the way passes once; others are passed by where they
            can be, and else make one turn.
        longest: The longest such way, in which other loops have no part.

    Returns:
        The turn; None where no way does this.
    """
    blocks = kernel.blocks
    inside = {block: one for one in kernel.inner(loop) for block in one.body}
    steps: dict[int, list[tuple[tuple[Instruction, ...], Marks, int]]] = {}
    after: dict[int, set[int]] = {}
    ends: set[int] = set()
    for block in sorted(loop.body):
        step = inside[block].head if block in inside else block
        out = after.setdefault(step, set())
        for target in blocks[block].after:
            if target == loop.head:
                ends.add(step)
            elif target in loop.body:
                other = inside[target].head if target in inside else target
                out |= {other} - {step}
        if block not in inside:
            steps[block] = [
                (code, marks_of(code, wanted or ()), 0)
                for code in with_or_without(blocks[block].instructions)
            ]
    for one in {one.head: one for one in inside.values()}.values():
        passed = None
        if inner is not None:
            passed = turn_of(kernel, one, inner.wanted, longest=longest)
        if inner is not None and passed is not None:
            steps[one.head] = [(passed.instructions * inner.turns, Counter(), 1)]
        elif not longest and (other := turn_of(kernel, one, Counter())) is not None:
            marks = marks_of(other.instructions, wanted or ())
            steps[one.head] = [(other.instructions, marks, 0)]

    # The best way to each step for each set of marks on it.
    best: dict[int, dict[Any, Way]] = {loop.head: {((), 0): (0, 0, None)}}
    found: Way | None = None
    for step in in_order(loop.head, after):
        ways = itertools.product(steps.get(step, []), best.get(step, {}).items())
        for (code, marks, passes_here), ((made, passes_before), before) in ways:
            total = Counter(dict(made)) + marks
            passes = passes_before + passes_here
            more = wanted is not None and any(n > wanted[m] for m, n in total.items())
            if more or passes > (inner is not None):
                continue
            loaded = sum(
                one.width for one in code if one.name in LOADS and not one.never
            )
            way = (before[0] + loaded, before[1] + len(code), (before[2], code))
            complete = wanted is None or total == wanted
            if step in ends and complete and passes == (inner is not None):
                found = better(found, way, longest)
            key = (tuple(sorted(total.items())) if wanted is not None else (), passes)
            for following in after[step]:
                known = best.setdefault(following, {})
                known[key] = better(known.get(key), way, longest)
    if found is None:
        return None
    codes: list[tuple[Instruction, ...]] = []
    link = found[2]
    while link is not None:
        link, code = link
        codes.append(code)
    return Turn(tuple(one for code in reversed(codes) for one in code))


def with_or_without(code: tuple[Instruction, ...]) -> Iterator[tuple[Instruction, ...]]:
    """Yield instructions as they are, and with guarded loads left out.

    Global loads beside others of their width without a guard have the same purpose, and
    are always made.
    """
    loads = [one for one in code if one.is_load]
    always = {one.width for one in loads if one.name in LOADS and not one.guarded}
    kinds = {
        (one.name, one.width)
        for one in loads
        if one.guarded and not (one.name in LOADS and one.width in always)
    }
    for count in range(len(kinds) + 1):
        for left_out in itertools.combinations(sorted(kinds), count):
            yield tuple(
                replace(one, never=True)
                if one.guarded and (one.name, one.width) in left_out
                else one
                for one in code
            )


def kernels_of(listing: str, wanted: re.Pattern[str] | None = None) -> Iterator[Kernel]:
    """Yield the kernels of what ``nvdisasm -c`` prints, those with such names alone."""
    kernel: Kernel | None = None
    for line in listing.splitlines():
        text = line.strip()
        if (section := SECTION.match(text)) is not None:
            if kernel is not None:
                yield kernel
            name = section["kernel"]
            kernel = Kernel(name) if wanted is None or wanted.search(name) else None
        elif kernel is None:
            continue
        elif (found := INSTRUCTION.match(text)) is not None:
            address = int(found["address"], 16)
            kernel.instructions.append(instruction_of(address, found["text"]))
        elif (label := LABEL.match(text)) is not None:
            kernel.labels[label["label"]] = len(kernel.instructions)
    if kernel is not None:
        yield kernel


#: Attributes of `.nv.info` that are pairs of a kernel's symbol and a number.
REGISTERS, FRAME = 0x2F, 0x11


def attribute_of(cubin: bytes, wanted: int) -> dict[str, int]:
    """Return what an ELF file says of each kernel.

    Args:
        cubin: The file's bytes.
        wanted: REGISTERS of a thread, or FRAME: its bytes of local memory.
    """
    start, size, count, names = struct.unpack_from("<40xQ10xHHH", cubin)
    sections = [
        struct.unpack_from("<IIQQQQII", cubin, start + size * index)
        for index in range(count)
    ]

    def text_at(table: int, offset: int) -> str:
        at = sections[table][4] + offset
        return cubin[at : cubin.index(0, at)].decode()

    by_name = {text_at(names, one[0]): one for one in sections}
    if ".nv.info" not in by_name:
        return {}  # what linking leaves, without a kernel
    _, _, _, _, symbols_at, _, strings, _ = by_name[".symtab"]
    _, _, _, _, at, length, *_ = by_name[".nv.info"]
    end = at + length
    found = {}
    while at < end:
        form, attribute, following = struct.unpack_from("<BBH", cubin, at)
        if (form, attribute) == (4, wanted):
            symbol, value = struct.unpack_from("<II", cubin, at + 4)
            (name,) = struct.unpack_from("<I", cubin, symbols_at + 24 * symbol)
            found[text_at(strings, name)] = value
        at += 4 + (following if form == 4 else 0)  # others hold their value in the head
    return found
