"""CMake projects built by tests, and what the programs they make need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

TORCH = Path(torch.__file__).parent


def tool(name: str) -> str:
    """Return a program beside this Python or on the path, or skip the test."""
    folder = Path(sys.executable).parent
    found = shutil.which(name, path=f"{folder}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path) -> str:
    """Run a command that must succeed; return what it wrote on standard output."""
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configure(
    source: Path, build: Path, *options: str, prefixes: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Configure a project; what was found nowhere else than in prefixes counts."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not re.match(r"(CMAKE_PREFIX_PATH|Torch|TORCH|PYTHON|VIRTUAL_ENV)", name)
    }
    command = [tool("cmake"), "-S", str(source), "-B", str(build), "-G", "Ninja"]
    command += [f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}", "-DCMAKE_BUILD_TYPE=Release"]
    command += [f"-DCMAKE_PREFIX_PATH={';'.join(prefixes)}", *options]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment
    )


def build(
    source: Path, folder: Path, *options: str, prefixes: tuple[str, ...] = ()
) -> str:
    """Configure and build with the installed torch; return what configuring printed."""
    if shutil.which("c++") is None:
        pytest.skip("no C++ compiler")
    if torch.version.cuda is None:
        prefixes = (*prefixes, torch.utils.cmake_prefix_path)
    else:
        options = (*options, f"-DCMAKE_PROJECT_INCLUDE={torch_by_hand(folder)}")
    done = configure(source, folder, *options, prefixes=prefixes)
    assert done.returncode == 0, done.stdout + done.stderr
    run(tool("cmake"), "--build", folder)
    return done.stdout


def torch_by_hand(folder: Path) -> Path:
    """Name the libraries of a CUDA build; its package wants a whole CUDA toolkit."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("torch", "torch_cpu", "torch_cuda", "c10")
    libraries = " ".join(f"{TORCH}/lib/lib{name}.so" for name in names)
    include = TORCH / "include"
    path = folder / "torch_by_hand.cmake"
    path.write_text(
        f"set(Torch_VERSION {torch.__version__.split('+')[0]})\n"
        f"set(TORCH_INCLUDE_DIRS {include} {include}/torch/csrc/api/include)\n"
        f"set(TORCH_LIBRARIES -Wl,--no-as-needed {libraries} -Wl,--as-needed)\n"
    )
    return path


def needed(binary: Path) -> list[str]:
    """Return the libraries that a binary names itself."""
    found = re.findall(
        r"\(NEEDED\).*\[(.+)\]", run(tool("readelf"), "--dynamic", binary)
    )
    assert found
    return found


def loaded(program: Path) -> dict[str, str]:
    """Return name and place of every library that a program loads, by its own path."""
    text = subprocess.run(
        [tool("ldd"), str(program)], capture_output=True, text=True, check=True, env={}
    ).stdout
    return dict(re.findall(r"(\S+) => (\S+)", text))


def run_alone(program: Path, *arguments: str | Path) -> str:
    """Run a program by its own paths, and see that no Python gets into the process."""
    done = subprocess.run(
        [str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={"LD_DEBUG": "files"},  # also names what is loaded later, as AOTInductor's
        cwd="/",
    )
    files = re.findall(r"calling init: (\S+)", done.stderr)
    said = "\n".join(re.findall(r"^(?!\s+\d+:).*$", done.stderr, re.M))
    assert done.returncode == 0, done.stdout + said
    assert any(Path(file).name == "libtorchtally.so" for file in files)
    assert not [file for file in files if "python" in Path(file).name]
    return done.stdout
