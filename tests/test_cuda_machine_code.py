"""The machine code of the CUDA kernels for sm_90: what tuning must not lose.

Of the library where this installation has the CUDA kernels, else of the sources as
``scripts/cuda_machine_code.py`` compiles them, which takes minutes the first time. The
tables of ``benchmarks/results/cuda_machine_code.md`` say what the cases are.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from shared_builds import SharedBuilds
from torchtally import _library

sys.path.append(str(Path(__file__).parents[1] / "scripts"))
code = importlib.import_module("machine_code.code")
model = importlib.import_module("machine_code.model")
cases = importlib.import_module("machine_code.cases")

LIBRARY = _library._library_file("torchtally_cuda")
DEVICE = model.H100

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(code.tool("nvdisasm") is None, reason="nvdisasm is missing"),
    pytest.mark.skipif(shutil.which("nvcc") is None, reason="nvcc is missing"),
    pytest.mark.skipif(
        LIBRARY is not None and code.tool("cuobjdump") is None,
        reason="cuobjdump is missing",
    ),
]

#: Of each case: loads before the first use by width, at least; waits of a turn and
#: instructions of a pixel, at most: 3 percent more than nvcc 13.0 makes of it now.
BOUNDS = {
    "int64 C=19": ({16: 2}, 2, 36.4),
    "int32 C=19": ({16: 1}, 4, 29.9),
    "uint8 C=19": ({16: 4}, 1, 16.5),
    "uint8 C=150": ({16: 4}, 1, 16.5),
    "int64 C=150": ({16: 2}, 2, 36.4),
    "uint8 C=2": ({16: 4}, 1, 8.3),
    "int64 C=2": ({16: 2}, 2, 36.4),
    "int64 C=1000, runs": ({16: 2}, 2, 27.1),
    "int64 C=1000, no run": ({16: 2}, 2, 105),
    "uint8 C=150 class counts, runs": ({16: 4}, 1, 6.2),
    "argmax of float32 C=19": ({16: 2}, 6, 179),
    "argmax of float16 C=19": ({16: 4}, 7, 170),
    "argmax of bfloat16 C=19": ({16: 4}, 7, 180),
    "forward, bf16 C=19": ({16: 1, 4: 19}, 1, 284),
    "backward, bf16 C=19": ({16: 1, 4: 19}, 1, 448),
    "forward, bf16 C=19, uint8 labels": ({4: 19, 1: 2}, 1, 296),
    "backward, bf16 C=19, uint8 labels": ({4: 19, 1: 2}, 1, 463),
    "forward, fp32 C=19": ({8: 1, 4: 19}, 1, 359),
    "backward, fp32 C=19": ({8: 1, 4: 19}, 1, 479),
    "forward, bf16 C=32": ({16: 1, 4: 32}, 1, 437),
    "backward, bf16 C=32": ({16: 1, 4: 32}, 1, 716),
    "forward, fp32 C=4": ({16: 6}, 1, 126),
    "backward, fp32 C=4": ({16: 6}, 1, 115),
    "forward, fp16 C=4": ({16: 2, 8: 4}, 1, 106),
    "backward, fp16 C=4": ({16: 2, 8: 4}, 1, 125),
    "forward, bf16 C=2": ({16: 2, 8: 2}, 1, 89),
    "backward, bf16 C=2": ({16: 2, 8: 2}, 1, 88),
    "forward, fp32 C=2": ({16: 4}, 1, 111),
    "backward, fp32 C=2": ({16: 4}, 1, 85),
    "forward, bf16 C=19 channels_last": ({16: 5, 8: 2}, 1, 309),
    "backward, bf16 C=19 channels_last": ({16: 5, 8: 2}, 1, 541),
    "forward, fp32 C=4 channels_last": ({16: 4, 8: 4}, 1, 156),
    "backward, fp32 C=4 channels_last": ({16: 4, 8: 4}, 1, 172),
    "forward, fp32 C=32 channels_last": ({16: 8, 8: 1}, 1, 542),
    "backward, fp32 C=32 channels_last": ({16: 8, 8: 1}, 1, 990),
    "forward, sigmoid fp32 C=1, uint8 target": ({16: 2}, 1, 68),
    "forward, sigmoid bf16 C=1, uint8 target": ({16: 3}, 1, 55),
    "forward, softmax bf16 C=19, soft target": ({16: 4}, 1, 1496),
    "forward, softmax bf16 C=150": ({16: 9}, 1, 4693),
    "forward, softmax fp32 C=150": ({16: 9}, 1, 6180),
}
NVCC = "13.0."

#: Cases with less than 40 KB in flight per SM, and why.
FEW_IN_FLIGHT = {
    **dict.fromkeys(
        ["int64 C=19", "int64 C=150", "int64 C=2"],
        "the target's vectors are copied to other registers, for the switch of dtypes "
        "joins there, before those of the predictions are asked for: 32 KB",
    ),
    "int32 C=19": "the same for each of four vectors: 16 KB",
    **dict.fromkeys(
        ["int64 C=1000, runs", "int64 C=1000, no run"],
        "as int64 C=19, and 640 threads: 20 KB",
    ),
    **dict.fromkeys(
        [f"argmax of {dtype} C=19" for dtype in ("float32", "float16", "bfloat16")],
        "the plan has 128 blocks of 512 threads for 2 x 512 x 1024 pixels, fewer than "
        "SMs; and labels, the first plane and four planes at a time wait apart",
    ),
    **dict.fromkeys(
        [f"{way}, bf16 C=19, uint8 labels" for way in ("forward", "backward")],
        "512 threads of 78 bytes: 39 KB",
    ),
    **dict.fromkeys(
        [f"{way}, bf16 C=32" for way in ("forward", "backward")],
        "203 and 232 registers leave 256 threads: 36 KB",
    ),
}
#: Kernels that spill a few registers, for each tile or each class of it, and not in the
#: loops over elements.
SPILLING = {
    "tiles, backward, softmax, bfloat16",
    "tiles, backward, softmax, float16",
    "tiles, forward, sigmoid, bfloat16",
    "tiles, forward, sigmoid, float16",
    "tiles, forward, softmax, float64",
}


@pytest.fixture(scope="module")
def cubins(shared_builds: SharedBuilds) -> list[Path]:
    def make(folder: Path) -> None:
        if LIBRARY is not None:
            found = code.taken_out(LIBRARY, DEVICE.arch, folder)
        else:
            compiled = code.compiled(code.ROOT, DEVICE.arch)
            found = [Path(shutil.copy(cubin, folder)) for cubin in compiled]
        for cubin in found:
            code.listing_of(cubin)

    found = sorted(shared_builds.folder("machine_code", make).glob("*.cubin"))
    if not found:
        pytest.skip(f"{LIBRARY} has no kernels for sm_{DEVICE.arch}")
    return found


@pytest.fixture(scope="module")
def codes(cubins: list[Path]) -> dict[str, object]:
    return code.codes_of(cubins, cases.CASES)


@pytest.fixture(params=cases.CASES, ids=lambda case: case.title)
def reading(request: pytest.FixtureRequest, codes: dict[str, object]) -> tuple:
    case = request.param
    return case, model.read(case, code.code_of(case, codes), DEVICE)


def test_every_case_has_its_bounds() -> None:
    titles = {case.title for case in cases.CASES}
    assert set(BOUNDS) == titles
    assert set(FEW_IN_FLIGHT) <= titles


def test_nothing_lies_in_local_memory(cubins: list[Path]) -> None:
    frames = code.attributes(cubins, code.sass.FRAME)
    assert {code.name_of(name) for name, size in frames.items() if size} == SPILLING


def test_nothing_is_spilled_in_loops_over_elements(codes: dict[str, object]) -> None:
    for case in cases.CASES:
        kernel = code.code_of(case, codes).kernel
        turns = (
            [
                model.turn_of_phase(case, replace(phase, turns=0), kernel)
                for phase in case.phases
            ]
            if case.phases
            else [model.turn_of(case, kernel)]
        )
        for turn in turns:
            assert turn.count(*code.sass.LOCAL) == 0, case.title


def test_loads_are_under_way_before_the_first_use(reading: tuple) -> None:
    case, found = reading
    loads, waits, _ = BOUNDS[case.title]
    assert Counter(found.loads) >= Counter(loads), found.loads
    assert found.waits <= waits


def test_bytes_in_flight_are_enough(reading: tuple) -> None:
    case, found = reading
    enough = found.in_flight >= model.ENOUGH
    assert enough == (case.title not in FEW_IN_FLIGHT), found.in_flight / 1024


def test_instructions_of_a_pixel(reading: tuple) -> None:
    said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True).stdout
    version = re.search(r"V([\d.]+)", said)
    if version is None or not version[1].startswith(NVCC):
        pytest.skip(f"the bounds are of nvcc {NVCC}")
    case, found = reading
    assert found.instructions <= BOUNDS[case.title][2]
