"""find_package(TorchTally): from the installed package, moved, and without Python."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch

import torchtally
from cmake_builds import TORCH, build, configure, loaded, needed, run, run_alone, tool

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = Path(torchtally.cmake_prefix_path).parents[1]
TORCH_PREFIX = torch.utils.cmake_prefix_path
CUDA_LIBRARY = PACKAGE / "lib" / "libtorchtally_cuda.so"
CPU_TORCH = torch.version.cuda is None
#: torch's own headers need C++20 from 2.14 on.
STANDARDS = (
    (17, 20) if torch.__version__ < torch.torch_version.TorchVersion("2.14") else (20,)
)
FIRST, *OTHERS = STANDARDS
COUNTED = "1 1 0; 0 1 0; 0 0 1; C++ {}; ops version 1\n"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks into ELF files, with GNU flags"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consumer, outside of the checkout."""
    folder = tmp_path_factory.mktemp("consumer")
    for name in ("CMakeLists.txt", "main.cpp"):
        shutil.copy(HERE / name, folder)
    return folder


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What C++ needs of the installed package, in a folder of another name."""
    folder = tmp_path_factory.mktemp("moved") / "tally"
    for part in ("include", "lib", "share"):
        shutil.copytree(PACKAGE / part, folder / part)
    return folder


def check_program(program: Path, standard: int, library_folder: Path) -> None:
    assert run_alone(program) == COUNTED.format(standard)
    assert "libtorchtally.so" in needed(program)
    found = Path(loaded(program)["libtorchtally.so"]).resolve()
    assert found == (library_folder / "libtorchtally.so").resolve()


@pytest.mark.parametrize(
    "standard",
    [FIRST, *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS)],
)
def test_the_installed_package(standard: int, source: Path, tmp_path: Path) -> None:
    prefixes = (torchtally.cmake_prefix_path,)
    said = build(source, tmp_path, f"-DSTANDARDS={standard}", prefixes=prefixes)
    assert f"TorchTally {torchtally.__version__}, CUDA kernels" in said
    program = tmp_path / f"consumer{standard}"
    check_program(program, standard, PACKAGE / "lib")
    with_cuda = CUDA_LIBRARY.is_file() and not CPU_TORCH
    assert (CUDA_LIBRARY.name in needed(program)) == with_cuda


@pytest.mark.slow
def test_a_moved_package(source: Path, moved: Path, tmp_path: Path) -> None:
    prefixes = (str(moved),)
    build(source, tmp_path, "-DSTANDARDS=20", prefixes=prefixes)
    check_program(tmp_path / "consumer20", 20, moved / "lib")


@pytest.mark.slow
def test_an_install_without_python(source: Path, tmp_path: Path) -> None:
    if not (ROOT / "CMakeLists.txt").is_file():
        pytest.skip("the sources are not here")
    build(
        ROOT,
        tmp_path / "build",
        "--preset=release",
        f"-DTORCHTALLY_TORCH_ROOT={TORCH}",
        "-DTORCHTALLY_CUDA=OFF",
        f"-DCMAKE_INSTALL_PREFIX={tmp_path / 'prefix'}",
    )
    assert "Python_EXECUTABLE" not in (tmp_path / "build/CMakeCache.txt").read_text()
    run(tool("cmake"), "--install", tmp_path / "build")
    prefix = (tmp_path / "prefix").rename(tmp_path / "elsewhere")
    assert (prefix / "lib/cmake/TorchTally").is_dir()
    check_no_place(prefix, str(tmp_path))

    prefixes = (str(prefix),)
    build(source, tmp_path / "consumer", "-DSTANDARDS=20", prefixes=prefixes)
    check_program(tmp_path / "consumer" / "consumer20", 20, prefix / "lib")


def check_no_place(prefix: Path, *more: str) -> None:
    """No file may name a folder of the machine that built it."""
    places = (str(ROOT), sys.prefix, sys.base_prefix, str(TORCH), *more)
    files = [path for path in prefix.rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:
        content = path.read_bytes()
        for place in places:
            assert place.encode() not in content, f"{path} names {place}"


# The caller's LibTorch


def write_torch(prefix: Path, version: str, text: str = "") -> str:
    """Write a package Torch that defines nothing but its version and text."""
    folder = prefix / "Torch"
    folder.mkdir(parents=True)
    (folder / "TorchConfig.cmake").write_text(f"set(TORCH_LIBRARIES torch)\n{text}\n")
    (folder / "TorchConfigVersion.cmake").write_text(
        f"set(PACKAGE_VERSION {version})\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n"
    )
    return str(prefix)


def refusal(project: str, tmp_path: Path, *prefixes: str) -> str:
    """Return why find_package fails, as one line."""
    source = tmp_path / "source"
    source.mkdir()
    kinds = ("SYSTEM_ENVIRONMENT_PATH", "CMAKE_SYSTEM_PATH", "PACKAGE_REGISTRY")
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(p LANGUAGES CXX)\n"
        + "".join(f"set(CMAKE_FIND_USE_{kind} OFF)\n" for kind in kinds)
        + f"{project}\n"
    )
    ours = torchtally.cmake_prefix_path
    done = configure(source, tmp_path / "b", prefixes=(ours, *prefixes))
    assert done.returncode != 0, done.stdout
    return " ".join(done.stderr.split())


def test_without_libtorch(tmp_path: Path) -> None:
    message = refusal("find_package(TorchTally REQUIRED)", tmp_path)
    assert "TorchTally needs LibTorch >= 2.10, and find_package(Torch) found" in message
    assert "torch.utils.cmake_prefix_path" in message


def test_an_older_libtorch(tmp_path: Path) -> None:
    older = write_torch(tmp_path / "older", "2.9.1")
    message = refusal("find_package(TorchTally REQUIRED)", tmp_path, older)
    assert "TorchTally needs LibTorch >= 2.10, found 2.9.1 in" in message


def test_a_libtorch_found_before_is_taken(tmp_path: Path) -> None:
    other = write_torch(tmp_path / "other", "2.9.1")
    project = (
        'set(TORCH_LIBRARIES mine)\nset(TORCH_INCLUDE_DIRS "/mine")\n'
        "find_package(TorchTally REQUIRED)\nfind_package(TorchTally REQUIRED)\n"
        "get_target_property(libraries TorchTally::libtorch INTERFACE_LINK_LIBRARIES)\n"
        'message(FATAL_ERROR "taken: ${libraries};${Torch_DIR}.")'
    )
    assert "taken: mine;." in refusal(project, tmp_path, other)


@pytest.mark.skipif(not CPU_TORCH, reason="needs a whole CUDA toolkit")
@pytest.mark.parametrize("version", ["0.0.1", "0.9", "1.0"])
def test_another_version(version: str, tmp_path: Path) -> None:
    project = f"find_package(TorchTally {version} REQUIRED)"
    message = refusal(project, tmp_path, TORCH_PREFIX)
    assert f'compatible with requested version "{version}"' in message


@pytest.mark.libraries
@pytest.mark.skipif(not CPU_TORCH, reason="torch is a CUDA build")
def test_cuda_kernels_need_a_cuda_build_of_torch(tmp_path: Path) -> None:
    project = "find_package(TorchTally REQUIRED COMPONENTS cuda)"
    message = refusal(project, tmp_path, TORCH_PREFIX)
    built = CUDA_LIBRARY.is_file()
    why = "with a CUDA build of LibTorch only" if built else "without CUDA kernels"
    assert why in message


@pytest.mark.slow
@pytest.mark.skipif(not CPU_TORCH, reason="torch is a CUDA build, seen above")
def test_cuda_kernels_stay_linked(source: Path, moved: Path, tmp_path: Path) -> None:
    """With a CUDA build of LibTorch; both are played here, and only the linker runs."""
    prefix = tmp_path / "with_cuda"
    shutil.copytree(moved, prefix)
    library = prefix / "lib" / CUDA_LIBRARY.name
    library.unlink(missing_ok=True)
    code = tmp_path / "abi.cpp"
    code.write_text('extern "C" int torchtally_cuda_abi_version() { return 1; }\n')
    c_plus_plus = shutil.which("c++")
    if c_plus_plus is None:
        pytest.skip("no C++ compiler")
    soname = f"-Wl,-soname,{library.name}"
    run(c_plus_plus, "-shared", "-fPIC", soname, code, "-o", library)
    targets = prefix / "share" / "cmake" / "TorchTally" / "TorchTallyTargets.cmake"
    if "TorchTally::torchtally_cuda" not in targets.read_text():
        with targets.open("a") as file:
            file.write(
                "add_library(TorchTally::torchtally_cuda SHARED IMPORTED)\n"
                "set_target_properties(TorchTally::torchtally_cuda PROPERTIES\n"
                f'  IMPORTED_LOCATION "{library}" IMPORTED_SONAME {library.name})\n'
            )
    played = tmp_path / "torch_cuda.cmake"
    played.write_text("add_library(torch_cuda INTERFACE IMPORTED)\n")
    said = build(
        source,
        tmp_path / "build",
        "-DSTANDARDS=20",
        f"-DCMAKE_PROJECT_INCLUDE={played}",
        prefixes=(str(prefix),),
    )
    assert "CUDA kernels TRUE" in said
    program = tmp_path / "build" / "consumer20"
    assert library.name in needed(program)
    check_program(program, 20, prefix / "lib")
