"""What is read from machine code, on listings made by hand; no compiler is needed."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
sass = importlib.import_module("machine_code.sass")
model = importlib.import_module("machine_code.model")


def listing(*lines: str, name: str = "kernel") -> str:
    """Return what nvdisasm prints of instructions and of labels, ``.L_x_1:``."""
    text, address = [f"//----- .text.{name} -----", f".text.{name}:"], 0
    for line in lines:
        if line.endswith(":"):
            text.append(line)
        else:
            text.append(f"        /*{address:04x}*/                   {line} ;")
            address += 16
    return "\n".join(text)


def kernel_of(*lines: str) -> sass.Kernel:
    (kernel,) = sass.kernels_of(listing(*lines))
    return kernel


#: Reads 32 or 4 bytes by what P1 says, and adds one of each word to a counter.
TWO_WAYS = (
    "S2R R0, SR_TID.X",
    "@P0 EXIT",
    ".L_x_1:",
    "BSSY B0, `(.L_x_3)",
    "@P1 BRA `(.L_x_2)",
    "LDG.E.128 R4, desc[UR4][R2.64]",
    "LDG.E.128 R8, desc[UR4][R2.64+0x10]",
    "BRA `(.L_x_4)",
    ".L_x_2:",
    "LDG.E R4, desc[UR4][R2.64]",
    ".L_x_4:",
    "BSYNC B0",
    ".L_x_3:",
    "IADD3 R2, R2, 0x20, RZ",
    "ATOMS.POPC.INC.32 RZ, [R5]",
    "@!P2 BRA `(.L_x_1)",
    "EXIT",
)


def turn(*lines: str, **given: object) -> sass.Turn | None:
    kernel = kernel_of(*lines)
    wanted = given.pop("wanted", None)
    found = (
        sass.turn_of(kernel, loop, None if wanted is None else Counter(wanted), **given)
        for loop in kernel.loops
    )
    return next((one for one in found if one is not None), None)


def opcodes(found: sass.Turn | None) -> list[str]:
    assert found is not None
    return [one.opcode for one in found.instructions]


def test_a_loop_has_a_way_for_each_set_of_loads() -> None:
    kernel = kernel_of(*TWO_WAYS)
    assert [len(loop.body) for loop in kernel.loops] == [5]
    assert opcodes(turn(*TWO_WAYS, wanted={"LDG.16": 2})) == [
        *("BSSY", "BRA", "LDG.E.128", "LDG.E.128", "BRA", "BSYNC", "IADD3"),
        *("ATOMS.POPC.INC.32", "BRA"),
    ]
    narrow = turn(*TWO_WAYS, wanted={"LDG.4": 1})
    assert opcodes(narrow).count("LDG.E") == 1
    assert "LDG.E.128" not in opcodes(narrow)
    assert turn(*TWO_WAYS, wanted={"LDG.8": 1}) is None
    assert turn(*TWO_WAYS, wanted={"LDG.16": 1}) is None
    assert opcodes(turn(*TWO_WAYS)) == opcodes(turn(*TWO_WAYS, wanted={"LDG.16": 2}))


def test_marks_are_widths_opcodes_or_names() -> None:
    for marks in ({"ATOMS": 1}, {"ATOMS.POPC.INC.32": 1}):
        assert turn(*TWO_WAYS, wanted={"LDG.16": 2, **marks}) is not None
    assert turn(*TWO_WAYS, wanted={"LDG.16": 2, "ATOMS": 2}) is None
    found = turn(*TWO_WAYS)
    assert (found.count("ATOMS"), found.count("LDG"), found.count("MUFU")) == (1, 2, 0)


def test_a_use_right_behind_each_load_is_a_wait_for_each() -> None:
    together = (
        ".L_x_1:",
        "LDG.E.128 R4, desc[UR4][R2.64]",
        "LDG.E.64 R8, desc[UR4][R2.64]",
        "LDG.E.U16 R10, desc[UR4][R2.64]",
        "IADD3 R7, R7, R9, R10",
        "@P0 BRA `(.L_x_1)",
    )
    assert turn(*together).batches == [[16, 8, 2]]
    apart = (
        *together[:2],
        "MOV R20, R7",
        together[2],
        "MOV R21, R9",
        *together[3:],
    )
    assert turn(*apart).batches == [[16], [8], [2]]


def test_what_a_turn_loads_for_the_next_is_under_way_as_that_begins() -> None:
    ahead = (
        "LDG.E.128 R4, desc[UR4][R2.64]",
        ".L_x_1:",
        "MOV R8, R4",
        "LDG.E.128 R4, desc[UR4][R2.64]",
        "@P0 BRA `(.L_x_1)",
    )
    assert turn(*ahead).batches == [[16]]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("IMAD.WIDE.U32 R4, R2, 0x4, R6", {2, 6}),
        ("STG.E.128 desc[UR4][R2.64], R8", {2, 3, 8, 9, 10, 11}),
        ("STS.64 [R20+0x8], R6", {20, 6, 7}),
        ("LDG.E R3, desc[UR4][R2.64+-0x8]", {2, 3}),
        ("LDS.64 R4, [R9.X4+UR4]", {9}),
        ("ISETP.GE.AND P1, PT, R13.reuse, UR7, PT", {13}),
        ("IMAD.U32 R1, RZ, RZ, UR8", set()),
        ("@P3 BRA `(.L_x_7)", set()),
        ("ATOMS.ADD RZ, [R3], R5", {3, 5}),
    ],
)
def test_registers_that_an_instruction_reads(text: str, read: set[int]) -> None:
    assert sass.instruction_of(0, text).read == read


def test_widths_and_results_of_loads() -> None:
    found = [
        sass.instruction_of(0, f"LDG.E{kind} R8, desc[UR4][R2.64]")
        for kind in (".128", ".64", "", ".U16.CONSTANT", ".S8")
    ]
    assert [one.width for one in found] == [16, 8, 4, 2, 1]
    assert [len(one.results) for one in found] == [4, 2, 1, 1, 1]


#: A loop of 16-byte loads with another in it, which can be passed by.
NESTED = (
    ".L_x_1:",
    "LDG.E.128 R4, desc[UR4][R2.64]",
    "@P1 BRA `(.L_x_3)",
    ".L_x_2:",
    "LDG.E R9, desc[UR4][R2.64]",
    "FADD R10, R10, R9",
    "@P2 BRA `(.L_x_2)",
    ".L_x_3:",
    "FADD R11, R11, R4",
    "@P0 BRA `(.L_x_1)",
    "EXIT",
)


def test_a_loop_in_a_loop_is_written_out() -> None:
    assert [len(loop.body) for loop in kernel_of(*NESTED).loops] == [1, 3]
    inner = sass.Inner(Counter({"LDG.4": 1}), 3)
    found = turn(*NESTED, wanted={"LDG.16": 1}, inner=inner)
    assert len(found.instructions) == 2 + 3 * 3 + 2
    assert found.batches == [[16, 4], [4], [4]]
    # Without it the way leads past it.
    assert opcodes(turn(*NESTED, wanted={"LDG.16": 1})) == [
        *("LDG.E.128", "BRA", "FADD", "BRA")
    ]


def test_the_shortest_way_and_the_longest() -> None:
    lines = (
        ".L_x_1:",
        "LDG.E R4, desc[UR4][R2.64]",
        "@P1 BRA `(.L_x_2)",
        "FADD R5, R5, R4",
        "FADD R6, R6, R4",
        ".L_x_2:",
        "@P0 BRA `(.L_x_1)",
    )
    assert len(turn(*lines, wanted={"LDG.4": 1}).instructions) == 3
    longest = turn(*lines, wanted={"LDG.4": 1}, longest=True)
    assert len(longest.instructions) == 5


def test_guarded_loads_are_made_or_not_as_a_way_needs() -> None:
    lines = (
        ".L_x_1:",
        "@P1 LDG.E.64 R4, desc[UR4][R2.64]",
        "LDG.E R6, desc[UR4][R2.64]",
        "@P2 LDG.E R7, desc[UR4][R2.64]",
        "@P0 BRA `(.L_x_1)",
    )
    assert turn(*lines, wanted={"LDG.8": 1, "LDG.4": 2}) is not None
    assert turn(*lines, wanted={"LDG.4": 2}) is not None
    assert turn(*lines, wanted={"LDG.4": 1}) is None  # it stands beside one without
    never = (".L_x_1:", "@!PT LDG.E R4, desc[UR4][R2.64]", "@P0 BRA `(.L_x_1)")
    assert turn(*never, wanted={}).batches == []


def test_branches_that_are_not_called_so() -> None:
    lines = (
        ".L_x_1:",
        "BRA.DIV UR4, `(.L_x_9)",  # lanes that are apart: not followed
        ".L_x_8:",
        "LDG.E R4, desc[UR4][R2.64]",
        "CALL.REL.NOINC `($__internal_0_$__cuda_sm20_div_u64)",  # returns
        "@P0 CALL.REL.NOINC `(.L_x_2)",  # does not
        "BRA UP0, `(.L_x_3)",  # the condition is an operand
        ".L_x_2:",
        'BRX R6 -0x40 (*"BRANCH_TARGETS .L_x_1,.L_x_3"*)',
        ".L_x_3:",
        "EXIT",
        ".L_x_9:",
        "WARPSYNC.COLLECTIVE R5, `(.L_x_8)",
        "BRA `(.L_x_8)",
    )
    kernel = kernel_of(*lines)
    (loop,) = kernel.loops
    assert kernel.blocks[loop.head].instructions[0].opcode == "BRA.DIV"
    ways = opcodes(sass.turn_of(kernel, loop, Counter({"LDG.4": 1})))
    assert ways == ["BRA.DIV", "LDG.E", "CALL.REL.NOINC", "CALL.REL.NOINC", "BRX"]


def test_kernels_are_told_apart() -> None:
    text = listing("EXIT", name="_Z5firstv") + "\n" + listing("RET", name="_Z6secondv")
    assert [one.name for one in sass.kernels_of(text)] == ["_Z5firstv", "_Z6secondv"]
    wanted = sass.re.compile("second")
    assert [one.name for one in sass.kernels_of(text, wanted)] == ["_Z6secondv"]


# The model


@pytest.mark.parametrize(
    ("registers", "threads", "shared", "grid", "blocks"),
    [
        (64, 512, 0, 10_000, 2),  # registers
        (65, 512, 0, 10_000, 1),  # which are given out by 8
        (32, 256, 0, 10_000, 8),  # threads
        (32, 64, 0, 10_000, 32),  # blocks
        (32, 256, 100 << 10, 10_000, 2),  # shared memory
        (32, 256, 0, 132, 1),  # no more are launched
        (168, 128, 0, 10_000, 3),
    ],
)
def test_blocks_of_an_sm(
    registers: int, threads: int, shared: int, grid: int, blocks: int
) -> None:
    launch = model.Launch(threads, shared, grid)
    assert model.resident(model.H100, registers, launch) == blocks


def test_the_least_rate_bounds() -> None:
    def predicted(in_flight: float, instructions: float, mufu: float) -> tuple:
        case = model.Case("", "", lambda _: model.Launch(256, 0, 1000), read=16)
        reading = model.Reading(
            64, 2, 512, (16,), 1, in_flight, instructions, 0, 0, 0, mufu
        )
        found = model.predicted(case, reading, model.H100)
        return found.bound, round(found.overlapped), round(found.added)

    memory = model.H100.bytes_per_clock / 16  # pixels a clock
    assert predicted(1e9, 1.0, 0.0)[:2] == ("memory", 100)
    assert predicted(1e9, 127 / memory, 0.0) == ("memory", 100, 50)
    assert predicted(1e9, 2 * 128 / memory, 0.0) == ("issue", 50, 33)
    assert predicted(650 * memory * 16 / 4, 1.0, 0.0) == ("latency", 25, 25)
    assert predicted(1e9, 1.0, 2 * 16 / memory)[:2] == ("MUFU", 50)


def test_a_case_is_read_off_its_loop() -> None:
    case = model.Case(
        "case",
        "kernel",
        lambda _: model.Launch(256, 0, 10_000),
        read=8,
        pixels=4,
        wanted={"LDG.16": 2},
    )
    code = model.Code(kernel_of(*TWO_WAYS), 32)
    reading = model.read(case, code, model.H100)
    assert reading.threads == 2048
    assert (reading.instructions, reading.shared_atomics) == (9 / 4, 1 / 4)
    # The counter's address is what the first of the loads brings.
    assert (reading.loads, reading.waits) == ((16, 16), 1)
    assert reading.in_flight == 2048 * 32
