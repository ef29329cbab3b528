"""The shape of the package: who may import whom, and what the libraries need."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torchtally as tt
from torchtally import _core, _library

pytestmark = pytest.mark.libraries

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "torchtally"
CSRC = ROOT / "csrc"

#: Rooms of the package, and the rooms that each may import, downward only.
MAY_IMPORT = {
    "_options": set(),
    "_library": set(),
    "_build": {"_library", "_core"},
    "ops": {"_library", "_core", "_options"},
    "distributed": set(),
    "functional": {"ops", "_options"},
    "metrics": {"functional", "ops", "distributed", "_options"},
    "losses": {"functional", "ops", "distributed", "_options"},
    "integrations": {"metrics", "losses", "functional", "ops", "distributed"},
    "cli": {
        "integrations",
        "metrics",
        "losses",
        "functional",
        "ops",
        "_build",
        "_core",  # a plain read of memory, for bench
        "_library",
        "_options",
    },
}
#: What a module may import beside the standard library and torch.
THIRD_PARTY = {
    "metrics": {"matplotlib", "typing_extensions"},
    "functional": {"typing_extensions"},
    "ops": {"numpy", "typing_extensions"},  # numpy where an array of it is given
    "losses": {"typing_extensions"},
    "cli": {
        *("matplotlib", "nibabel", "numpy", "PIL", "rich", "safetensors"),
        *("SimpleITK", "scipy", "tifffile", "yaml", "zarr"),
    },
}
#: Integrations that are called otherwise than what they import.
FRAMEWORKS = {"smp": "segmentation_models_pytorch", "nnunet": "nnunetv2"}


def room_of(path: Path) -> str:
    """Return the first name below the package: a folder or a module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Return the dotted names of everything a file imports, anywhere in it."""
    names: set[str] = set()
    package = ["torchtally", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downward(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    assert room in MAY_IMPORT, f"{room} has no place in the dependency rule"
    for name in imports_of(path):
        first, *rest = name.split(".")
        if first == "torchtally":
            if not rest or rest[0] == "__version__":  # the public names
                assert room in ("cli", "integrations"), f"{room}: {name}"
            else:
                assert rest[0] in {room} | MAY_IMPORT[room], f"{room}: {name}"
        elif first != "torch" and first not in sys.stdlib_module_names:
            allowed = THIRD_PARTY.get(room, set())
            if room == "integrations":
                stem = path.relative_to(PACKAGE).parts[1].removesuffix(".py")
                allowed = {FRAMEWORKS.get(stem, stem), "numpy"}
            assert first in allowed, f"{path.name}: {name}"


def test_the_rule_sees_relative_and_nested_imports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    source = tmp_path / "ops" / "deep" / "made_up.py"
    source.parent.mkdir(parents=True)
    source.write_text(
        "from ..._library import OPS\nfrom .x import y\nfrom . import z\n"
        "def f():\n    import torchtally.metrics\n    from torchtally import cli\n"
    )
    assert imports_of(source) == {
        "torchtally._library.OPS",
        "torchtally.ops.deep.x.y",
        "torchtally.ops.deep.z",
        "torchtally.metrics",
        "torchtally.cli",
    }


def test_metrics_and_losses_stay_apart() -> None:
    assert "losses" not in MAY_IMPORT["metrics"]
    assert "metrics" not in MAY_IMPORT["losses"]


def includes_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.M)


SOURCES = sorted(
    path
    for path in CSRC.rglob("*")
    if path.suffix in (".h", ".hpp", ".cpp", ".cu", ".cuh")
)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(CSRC)))
def test_includes(path: Path) -> None:
    place = path.relative_to(CSRC).as_posix()
    for include in includes_of(path):
        if not place.startswith("python/"):
            assert "Python.h" not in include
            assert "pybind11" not in include
            assert include not in ("torch/extension.h", "torch/python.h")
        if place.startswith("ops/cpu/"):
            assert "cuda" not in include
        if place.startswith("ops/cuda/"):
            assert "ops/cpu/" not in include
        if place.startswith("common/"):
            assert not include.startswith("ops/"), "common is below ops"
        if place.startswith(("ops/", "common/")):
            unstable = re.match(r"(ATen|c10|torch/torch\.h|torch/library\.h)", include)
            assert not unstable, f"{include} is not of the stable ABI"


def test_there_are_sources() -> None:
    assert len(SOURCES) > 10
    assert len(FILES) > 10


# The built libraries

LIBRARIES = sorted(_library.library_folder().glob("libtorchtally*.so"))


def symbols(library: Path, *flags: str) -> list[str]:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("nm is not installed")
    out = subprocess.run(
        [nm, "-D", *flags, str(library)], capture_output=True, text=True, check=True
    ).stdout
    return [line.split()[-1].split("@")[0] for line in out.splitlines() if line.strip()]


def test_the_cpu_library_is_there() -> None:
    assert "libtorchtally.so" in [path.name for path in LIBRARIES]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_libraries_need_only_the_stable_abi(library: Path) -> None:
    needed = symbols(library, "--undefined-only")
    assert any(name.startswith("aoti_torch_") for name in needed)
    for name in needed:
        assert not re.match(r"_ZNK?(2at|3c10)", name), name
        assert not re.match(r"_Z(TI|TV|TS)N(2at|3c10)", name), name
        assert not re.match(r"_?Py[A-Z_]", name), name
        assert "pybind11" not in name, name


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_libraries_export_no_torch_names(library: Path) -> None:
    for name in symbols(library, "--defined-only"):
        assert not re.match(r"_ZNK?(2at|3c10)", name), name


def test_the_auditor_agrees() -> None:
    audit = shutil.which("torch-abi-audit", path=str(Path(sys.executable).parent))
    if audit is None:
        pytest.skip("torch-abi-audit is not installed")
    for library in LIBRARIES:
        done = subprocess.run(
            [audit, "--check", "torch", "--verbose", str(library)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "unstable=0" in done.stdout


LOAD_INTO_CUDA_TORCH = """
import sys, torch
if torch.version.cuda is None:
    print("torch", torch.__version__, "is not a CUDA build")
    raise SystemExit
for path in sys.argv[1:]:
    torch.ops.load_library(path)
for op in torch.ops.torchtally.confusion_matrix, torch.ops.torchtally.class_counts_:
    name = op.default.name().split(".")[0]
    assert torch._C._dispatch_has_kernel_for_dispatch_key(name, "CUDA"), name
label = torch.tensor([0, 1, 1])
print(torch.ops.torchtally.confusion_matrix(label, label, 2)[0].tolist())
"""


def test_the_cuda_library_loads_into_a_cuda_build_of_torch() -> None:
    """TORCHTALLY_CUDA_PYTHON may name an interpreter that has one; no GPU is needed."""
    if "libtorchtally_cuda.so" not in [path.name for path in LIBRARIES]:
        pytest.skip("built without CUDA kernels")
    done = subprocess.run(
        [
            os.environ.get("TORCHTALLY_CUDA_PYTHON", sys.executable),
            "-c",
            LOAD_INTO_CUDA_TORCH,
            *map(str, LIBRARIES),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "is not a CUDA build" in done.stdout:
        pytest.skip(done.stdout.strip())
    assert done.stdout.strip() == "[[1, 0], [0, 2]]"


# The compiled module and its stub


def test_the_stub_names_what_the_module_holds() -> None:
    stub = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))
    named: dict[str, set[str]] = {}
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            named[node.name] = {name for item in node.body for name in _names(item)}
        elif isinstance(node, ast.FunctionDef):
            named[node.name] = {a.arg for a in node.args.args}
    held = {name for name in vars(_core) if not name.startswith("_")}
    assert set(named) == held
    for name, members in named.items():
        value = getattr(_core, name)
        if inspect.isclass(value):
            public = {n for n in vars(value) if not n.startswith("_")}
            assert members - {"__init__"} == public - {"name", "value"}, name
        else:
            signature = value.__doc__.split(")")[0]
            assert all(f"{argument}:" in signature for argument in members), name


def _names(item: ast.stmt) -> list[str]:
    """Return the names that a statement of a class body defines."""
    if isinstance(item, ast.FunctionDef):
        return [item.name]
    targets = item.targets if isinstance(item, ast.Assign) else []
    targets = [item.target] if isinstance(item, ast.AnnAssign) else targets
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_cpu_plans_follow_the_policy() -> None:
    policy = _core.CpuPolicy()
    assert policy.strategy == _core.Strategy.AUTO

    def plan(groups: int, pixels: int, cells: int, threads: int) -> tuple[str, int]:
        chosen = _core.cpu_plan(policy, groups, pixels, cells, threads)
        return chosen.strategy.name, chosen.segments

    assert plan(1, 100, 30, 4) == ("TABLE", 1)  # too few pixels for a second thread
    assert plan(1, 10, 30, 4) == ("DIRECT", 1)  # a table costs more than it saves
    assert plan(1, 1 << 20, 30, 4) == ("TABLE", 4)
    assert plan(3, 1 << 20, 30, 4) == ("TABLE", 2)
    assert plan(8, 1 << 20, 30, 4) == ("TABLE", 1)  # a thread has groups enough
    assert plan(1, 1 << 40, 1 << 30, 4) == ("DIRECT", 1)  # the table does not fit
    policy.pixels_per_thread = 10
    assert plan(1, 100, 30, 4) == ("TABLE", 4)
    policy.strategy = _core.Strategy.DIRECT
    assert plan(1, 1 << 20, 30, 4) == ("DIRECT", 1)


def test_a_policy_lasts_until_it_is_set_again() -> None:
    before = _core.cpu_policy()
    changed = _core.cpu_policy()
    changed.table_bytes = before.table_bytes + 1
    assert _core.cpu_policy().table_bytes == before.table_bytes  # a copy
    _core.set_cpu_policy(changed)
    try:
        assert _core.cpu_policy().table_bytes == before.table_bytes + 1
    finally:
        _core.set_cpu_policy(before)
    assert _core.cpu_policy().table_bytes == before.table_bytes


def test_build_info_names_this_build() -> None:
    info = tt.build_info()
    assert info["version"] == tt.__version__
    assert info["torch"] == torch.__version__
    assert all(isinstance(value, str) for value in info.values())
    assert info["cuda"] == "loaded" or _library.cuda_unavailable_reason


def test_every_op_is_registered_for_cpu_and_traced() -> None:
    for name in _library.OPS:
        qualified = f"torchtally::{name}"
        for key in ("CPU", "Meta", "FuncTorchBatched"):
            found = torch._C._dispatch_has_kernel_for_dispatch_key(qualified, key)
            assert found, f"{qualified}: {key}"


def test_public_names_exist() -> None:
    for module in (tt, tt.functional, tt.metrics):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert getattr(module, name) is not None


@pytest.mark.skipif(
    not _library.cuda_unavailable_reason, reason="the CUDA library is loaded"
)
def test_without_cuda_kernels_a_cuda_tensor_meets_a_message() -> None:
    label = torch.tensor([0])
    cuda = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
    with pytest.raises(
        RuntimeError, match=r"^confusion_matrix: no CUDA kernels for a CUDA tensor: "
    ):
        torch.ops.torchtally.confusion_matrix.default.redispatch(cuda, label, label, 2)
