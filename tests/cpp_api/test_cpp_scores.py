"""C++ gives the numbers of Python: counts, scores, metrics, and the words of errors."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from compiling import HERE, ROOT, clang, compile_program, gcc
from score_case import METRICS, SCORES, Case, function_of
from score_cases import all_cases
from score_parity import Outcome, compared, format_table, in_cpp, in_python

from shared_builds import SharedBuilds
from torchtally._options import CHOICES, COUNTED, COUNTING, POLICY
from torchtally.functional._definitions import SCORES as DEFINITIONS

CASES = all_cases()
COMPILERS = {
    "gcc, C++17": (gcc, 17),
    "gcc, C++20": (gcc, 20),
    "clang, C++20": (clang, 20),
}
FIRST, *OTHERS = COMPILERS


@pytest.fixture(
    scope="module",
    params=[FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)],
)
def program(request: pytest.FixtureRequest, shared_builds: SharedBuilds) -> Path:
    """The program that evaluates cases, by every compiler that is here."""
    find, standard = COMPILERS[request.param]
    compiler = find()
    if compiler is None:
        pytest.skip("no such compiler")
    source = HERE / "scores_program.cpp"

    def make(folder: Path) -> None:
        compile_program(compiler, source, folder / source.stem, standard)

    return shared_builds.folder(f"scores, {request.param}", make) / source.stem


@cache
def python_outcomes() -> list[Outcome]:
    """What Python gives, once for all compilers."""
    return [in_python(case) for case in CASES]


def test_every_case_is_the_same(program: Path, tmp_path: Path) -> None:
    found = compared(CASES, python_outcomes(), in_cpp(program, CASES, tmp_path))
    wrong = [each for each in found if each.verdict == "WRONG"]
    assert not wrong, format_table(wrong)


def test_what_only_cpp_has(program: Path) -> None:
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "threads merge" in done.stdout


# The cases themselves


def test_the_cases_hold_every_score_option_and_choice() -> None:
    scored = [
        case
        for case, outcome in zip(CASES, python_outcomes(), strict=True)
        if not outcome.error
    ]
    calls = {case.call for case in scored}
    for score in SCORES:
        assert {function_of(score), f"{score}_from_counts", METRICS[score]} <= calls
    assert calls >= {"confusion_matrix", "class_counts", "ConfusionMatrix"}
    assert set(SCORES) == set(DEFINITIONS)
    used: dict[str, set[str]] = {}
    for case in scored:
        for options in (case.options, *case.scores.values()):
            for name, value in options.items():
                used.setdefault(name, set()).add(str(value))
    parameters = {name for d in DEFINITIONS.values() for name in d.parameters}
    counts = {"per_sample", "normalize"}
    for name in {*POLICY, *COUNTING, *COUNTED, *parameters, *counts}:
        assert name in used, name
    tables = {**POLICY, **COUNTING}
    types = {name: option.type.split(" | ")[0] for name, option in tables.items()}
    choices_of = {n: CHOICES[kind] for n, kind in types.items() if kind in CHOICES}
    choices_of["zero_division"] = ("skip", "nan", "0.25")
    for name, choices in choices_of.items():
        assert used[name] >= set(choices), name


def test_refusals_are_refused() -> None:
    for case, outcome in zip(CASES, python_outcomes(), strict=True):
        if case.group == "what is refused" and "validate" not in case.options:
            assert outcome.error in ("TypeError", "ValueError"), case.spelling
            assert outcome.message.startswith(f"{case.call}: "), outcome.message


def test_a_wrong_number_or_word_is_seen() -> None:
    score = Case("", "dice_score", (torch.tensor([0, 1]),) * 2, 3)
    refused = replace(score, num_classes=1)
    for case in (score, refused):
        right = in_python(case)
        assert compared([case], [right], [right])[0].verdict == "="
        bent = (
            replace(right, message=right.message + "!"),
            Outcome((torch.tensor(1.0 + 1e-6),)),
            Outcome((torch.tensor(1.0, dtype=torch.float64),)),
            Outcome((torch.tensor([1.0]),)),
            Outcome((torch.tensor(float("nan")),)),
            Outcome(error="TypeError", message=right.message),
        )
        for wrong in bent[right.error == "" :]:
            (found,) = compared([case], [right], [wrong])
            assert found.verdict == "WRONG"
            assert "1 wrong" in format_table([found])
    near = Outcome((torch.tensor(1.0 + 1e-13, dtype=torch.float64),))
    exact = Outcome((torch.tensor(1.0, dtype=torch.float64),))
    assert compared([score], [exact], [near])[0].verdict == "~"


# The linker, and the documentation


def needed(program: Path) -> list[str]:
    """Return the libraries that a program asks for."""
    tool = shutil.which("readelf")
    if tool is None:
        pytest.skip("readelf is not installed")
    out = subprocess.run(
        [tool, "-d", str(program)], capture_output=True, text=True, check=True
    ).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


@pytest.mark.slow
@pytest.mark.parametrize("find", [gcc, clang], ids=["gcc", "clang"])
def test_a_program_that_calls_nothing_keeps_the_library(
    find: Callable[[], str | None], tmp_path: Path
) -> None:
    compiler = find()
    if compiler is None:
        pytest.skip("no such compiler")
    source = tmp_path / "empty.cpp"
    source.write_text("#include <torchtally/torchtally.h>\nint main() { return 0; }\n")
    flags = ["-O2", "-ffunction-sections", "-fdata-sections"]
    flags += ["-Wl,--as-needed", "-Wl,--gc-sections"]
    program = compile_program(compiler, source, tmp_path / "empty", 17, flags)
    assert "libtorchtally.so" in needed(program)
    assert subprocess.run([str(program)], check=False).returncode == 0


@pytest.mark.slow
def test_snippets_of_the_documentation(tmp_path: Path) -> None:
    compiler = gcc()
    if compiler is None:
        pytest.skip("no C++ compiler")
    page = (ROOT / "docs" / "cpp.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```cpp\n(.*?)^```$", page, re.M | re.S)
    assert len(blocks) > 5
    first, *others = blocks  # a whole program, and what follows in one
    functions = [first.replace("int main()", "static void snippet_0()")]
    functions += [
        f"static void snippet_{number}() {{\n{block}}}\n"
        for number, block in enumerate(others, 1)
    ]
    calls = "".join(f"  snippet_{number}();\n" for number in range(len(blocks)))
    source = tmp_path / "snippets.cpp"
    source.write_text("\n".join(functions) + f"\nint main() {{\n{calls}}}\n")
    program = compile_program(compiler, source, tmp_path / "snippets", 20)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0.6667" in done.stdout


@pytest.mark.parametrize("program", [FIRST], indirect=True)
def test_the_table_is_printed(program: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cpp_api", str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert f"{len(CASES)} cases" in done.stdout
    assert " 0 wrong" in done.stdout
