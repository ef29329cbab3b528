"""`torchtally info`, `--version` and `--help`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from cli_helpers import Run

import torchtally


def test_table(run: Run) -> None:
    outcome = run("info")
    facts = dict(line.split(maxsplit=1) for line in outcome.out.splitlines()[:2])
    assert outcome.status == 0
    assert facts == {
        "torchtally": torchtally.__version__,
        "torch": str(torch.__version__),
    }


def test_json(run: Run) -> None:
    facts = json.loads(run("info", "--json").out)
    build = torchtally.build_info()
    assert facts["torchtally"] == build.pop("version")
    assert build.items() <= facts.items()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["evaluate", "--help"], ["--version"]]
)
def test_help(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.status == 0
    assert "torchtally" in outcome.out


@pytest.mark.parametrize("arguments", [[], ["evaluate"], ["count"]])
def test_no_command(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.status == 2
    assert outcome.err.startswith("torchtally")


def test_cmake_prefix_path_is_all_that_is_printed(run: Run) -> None:
    outcome = run("--cmake-prefix-path")
    assert outcome.status == 0
    assert outcome.out == f"{torchtally.cmake_prefix_path}\n"
    assert (Path(torchtally.cmake_prefix_path) / "TorchTally").is_dir()
    command = [sys.executable, "-m", "torchtally", "--cmake-prefix-path"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (outcome.out, "")


def test_module_runs_and_imports_nothing_optional() -> None:
    optional = "{'nibabel', 'PIL', 'rich', 'matplotlib'}"
    code = (
        "import runpy, sys; sys.argv = ['torchtally', 'info']\n"
        "try: runpy.run_module('torchtally', run_name='__main__')\n"
        f"finally: print(sorted({optional} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"torchtally  {' ' * 4}{torchtally.__version__}")
    assert done.stderr == "[]\n"
