"""The kernels of processors that this machine has not, run by an emulator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("aarch64-linux-gnu-g++", "qemu-aarch64")
CMAKE = shutil.which("cmake", path=str(Path(sys.executable).parent)) or "cmake"


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)),
    reason="needs g++-aarch64-linux-gnu and qemu-user",
)
def test_neon(tmp_path: Path) -> None:
    build = [CMAKE, "-S", ROOT / "tests" / "cpp", "-B", tmp_path]
    build += ["-DTORCHTALLY_SANITIZERS="]
    build += [f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'cmake' / 'aarch64-linux-gnu.cmake'}"]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([CMAKE, "--build", tmp_path, "--parallel"], check=True)
    program = ["qemu-aarch64", tmp_path / "counting_test", "300", "1"]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "rows of portable",
        "rows of neon",
        "300 random problems agree",
    ]
