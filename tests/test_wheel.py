"""The installed package as scripts/wheel_check.py looks at a wheel."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import torchtally

PACKAGE = Path(torchtally.cmake_prefix_path).parents[1]

pytestmark = [
    pytest.mark.libraries,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("readelf") is None,
        reason="needs ELF files and readelf",
    ),
]


@pytest.fixture(scope="module")
def wheel_check() -> ModuleType:
    path = Path(__file__).parents[1] / "scripts" / "wheel_check.py"
    spec = importlib.util.spec_from_file_location("wheel_check", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_installed_package_has_no_problem(wheel_check: ModuleType) -> None:
    assert list(wheel_check.problems_of(PACKAGE)) == []


def test_the_smoke_test_passes(wheel_check: ModuleType, tmp_path: Path) -> None:
    command = [sys.executable, "-c", wheel_check.SMOKE, str(PACKAGE.parent)]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)


def test_problems_are_seen(wheel_check: ModuleType, tmp_path: Path) -> None:
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler")
    flags = ["-shared", "-fPIC", "-Wl,-rpath,/some/folder", "-Wl,--no-as-needed"]
    needs: list[str] = []
    for name, code in (
        ("other", "int other() { return 0; }"),
        ("bad", 'const char* where() { return "/some/build/x.cpp"; }'),
    ):
        source = tmp_path / f"{name}.cpp"
        source.write_text(f'extern "C" {code}\n')
        library = tmp_path / f"lib{name}.so"
        command = [compiler, *flags, str(source), *needs, "-o", str(library)]
        subprocess.run([*command, f"-Wl,-soname,{library.name}"], check=True)
        needs = [str(library)]
    (tmp_path / "libother.so").unlink()
    (tmp_path / "Config.cmake").write_text('set(x "/some/where/else")\n')
    assert sorted(wheel_check.problems_of(tmp_path)) == [
        "Config.cmake names /some/where/else",
        "libbad.so looks for libraries in '/some/folder'",
        "libbad.so names /some/build/x.cpp",
        "libbad.so names /some/folder",
        "libbad.so needs libother.so",
        "libtorchtally.so is missing",
    ]
