"""Programs of copies of the kernels, a fault planted in each.

All faults of one means and one test are one program, so that headers are read and
linked once. Each copy, of the kernels and of the test that runs them, lives in a
namespace of its own; the program's first argument chooses one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cuda_emulation import build
from cuda_emulation.faults import FAULTS, FLAGS, Fault

CSRC = build.ROOT / "csrc"
KERNELS = "ops/cuda"

#: The kernels that faults are planted in, as they are; a piece replaced by itself.
SOUND = [
    replace(
        fault,
        name=f"{fault.program}, {fault.tier}, {means}",
        new=fault.old,
        means=means,
    )
    for means in FLAGS
    for fault in {
        (f.program, f.tier): f for f in FAULTS if f.source == "Labels<1>"
    }.values()
]


def copies_of(means: str, program: str) -> list[Fault]:
    """Return the copies that one program holds, in their order."""
    return [
        fault
        for fault in (*FAULTS, *SOUND)
        if (fault.means, fault.program) == (means, program)
    ]


def plant(fault: Fault) -> dict[str, str]:
    """Return the sources that a fault may touch, its piece replaced, by their names."""
    paths = [*sorted((CSRC / KERNELS).glob("*.*")), CSRC / fault.file]
    texts = {
        str(path.relative_to(CSRC)): path.read_text(encoding="utf-8") for path in paths
    }
    times = texts[fault.file].count(fault.old)
    if times != 1:
        raise ValueError(
            f"{fault.name}: the piece to replace occurs {times} times in {fault.file}, "
            "not once"
        )
    texts[fault.file] = texts[fault.file].replace(fault.old, fault.new)
    return texts


def _set_apart(fault: Fault, number: int) -> Iterator[tuple[str, str]]:
    """Yield names and texts of a copy that no other copy of the program meets."""
    texts = plant(fault)
    for name in (f"{fault.program}.cpp", "kernel_names.h"):
        texts[name] = (build.HERE / name).read_text(encoding="utf-8")
    own = f"copy{number}"
    for name, text in texts.items():
        text = re.sub(
            r'#include "([^"]+)"',
            lambda found: (
                f'#include "{own}/{found[1]}"' if found[1] in texts else found[0]
            ),
            text,
        )
        text = re.sub(r"\btorchtally::(cuda|test)\b", rf"torchtally::\1::{own}", text)
        if not name.startswith(KERNELS):  # device code that csrc shares with the CPU
            text = text.replace(
                "namespace torchtally {", f"namespace torchtally::cuda::{own} {{"
            )
        yield f"{own}/{name}", text.replace("int main(", f"int {own}_main(")


def _part(fault: Fault, number: int) -> str:
    """Return what the program's source says of a copy."""
    own = f"copy{number}"
    return f"""// {fault.name}
namespace torchtally::cuda::{own} {{}}
namespace torchtally::test::{own} {{
namespace cuda = torchtally::cuda::{own};
using namespace torchtally::cuda;
}}
#define TORCHTALLY_SOURCE {fault.source}
#define TORCHTALLY_TIER {fault.tier}
#include "{own}/{fault.program}.cpp"
#include "{own}/{build.PROGRAMS[fault.program]}"
#undef TORCHTALLY_SOURCE
#undef TORCHTALLY_TIER
"""


def compile_copies(
    copies: Sequence[Fault], folder: Path, cases: Sequence[Path]
) -> Path:
    """Compile one program of copies that have means and test in common."""
    for number, fault in enumerate(copies):
        for name, text in _set_apart(fault, number):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    mains = ", ".join(f"copy{number}_main" for number in range(len(copies)))
    source = folder / "copies.cpp"
    source.write_text(
        '#include "common/cuda_launch.h"\n\n'
        + "\n".join(_part(fault, number) for number, fault in enumerate(copies))
        + f"\nint main(int argc, char** argv) {{\n"
        f"  int (*const mains[])(int, char**) = {{{mains}}};\n"
        "  return mains[std::atoi(argv[1])](argc - 1, argv + 1);\n}\n",
        encoding="utf-8",
    )
    flags = [*FLAGS[copies[0].means], "-O0", "-w"]
    program = folder / "copies"
    return build.compile_cpp([source, *cases], program, flags, sources=folder)


def run(program: Path, copy: int, problems: int) -> subprocess.CompletedProcess[str]:
    """Run the random problems of a copy, stopping at the first report."""
    settings = {
        "TSAN_OPTIONS": "halt_on_error=1:history_size=4:atexit_sleep_ms=0",
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    return subprocess.run(
        [str(program), str(copy), str(problems)],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def report_of(fault: Fault, program: Path) -> str:
    """Return what the means of a fault says of its copy, or nothing."""
    copy = copies_of(fault.means, fault.program).index(fault)
    done = run(program, copy, 200)
    found = re.search(fault.says, done.stderr)
    return "" if done.returncode == 0 or found is None else found[0]
