"""What the build decides by itself, and what it says where something is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cmake_builds import TORCH, configure

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "pip install torch cmake ninja pybind11 scikit-build-core",
    "pip install --no-build-isolation .",
)


def configured(build: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Configure the libraries alone."""
    return configure(ROOT, build, "-DTORCHTALLY_PYTHON=OFF", *options)


def libtorch(folder: Path, cuda: bool) -> Path:
    """Return a LibTorch that is a CUDA build by the names of its libraries."""
    (folder / "lib").mkdir(parents=True)
    (folder / "include").symlink_to(TORCH / "include")
    for name in ("torch", "torch_cpu", *["torch_cuda"] * cuda):
        (folder / "lib" / f"lib{name}.so").touch()
    return folder


@pytest.mark.parametrize(
    ("choice", "cuda", "builds"),
    [("AUTO", False, False), ("AUTO", True, True), ("ON", False, True)],
)
def test_cuda_kernels_are_for_a_cuda_build_of_torch(
    tmp_path: Path, choice: str, cuda: bool, builds: bool
) -> None:
    done = configured(
        tmp_path / "build",
        f"-DTORCHTALLY_TORCH_ROOT={libtorch(tmp_path / 'torch', cuda)}",
        f"-DTORCHTALLY_CUDA={choice}",
    )
    said = re.findall(r"CUDA kernels (\w+) \((.*)\)", done.stdout)
    if not builds:
        assert said == [
            (
                "OFF",
                "this torch is not a CUDA build; TORCHTALLY_CUDA=ON builds them "
                "all the same",
            )
        ]
    elif shutil.which("nvcc"):
        assert said[0][0] == "ON"
        assert re.fullmatch(r"nvcc [0-9.]+", said[0][1])
    elif choice == "ON":
        assert "no nvcc was found" in done.stderr
        return
    else:
        assert said[0][1].startswith("no nvcc found")
    assert done.returncode == 0, done.stderr
    commands = json.loads((tmp_path / "build/compile_commands.json").read_text())
    assert not [one for one in commands if "-Werror" in one["command"]]


def test_warnings_are_errors_where_asked_for(tmp_path: Path) -> None:
    options = ("-DTORCHTALLY_CUDA=OFF", "-DTORCHTALLY_WERROR=ON")
    done = configured(tmp_path, f"-DTORCHTALLY_TORCH_ROOT={TORCH}", *options)
    assert "CUDA kernels OFF (TORCHTALLY_CUDA=OFF)" in done.stdout
    commands = json.loads((tmp_path / "compile_commands.json").read_text())
    assert all("-Werror" in one["command"] for one in commands)


def test_a_missing_compiler_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "/nowhere/c++")
    done = configured(tmp_path)
    assert done.returncode != 0
    assert "apt install g++" in done.stderr


def test_a_missing_torch_is_named(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True
    )
    python = tmp_path / "venv" / "bin" / "python"
    done = configured(tmp_path / "build", f"-DPython_EXECUTABLE={python}")
    assert done.returncode != 0
    assert all(command in done.stderr for command in COMMANDS)


@pytest.mark.parametrize("missing", ["scikit_build_core", "cmake"])
def test_a_missing_build_tool_is_named(tmp_path: Path, missing: str) -> None:
    flags = []
    if missing == "cmake":
        pytest.importorskip("scikit_build_core")
    else:
        flags = ["-I", "-S"]  # without installed packages
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'cmake')!r}); "
        "import build_backend; build_backend.build_wheel('.')"
    )
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "CMAKE_EXECUTABLE": "/nowhere/cmake"},
    )
    assert done.returncode == 1
    assert all(command in done.stderr for command in COMMANDS)
    assert "Traceback" not in done.stderr


def test_readme_names_the_same_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "\n".join(COMMANDS) in readme
