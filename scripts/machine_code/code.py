"""Kernels as machine code: compiled, or taken out of a library, and disassembled."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import torch

from machine_code import sass
from machine_code.model import Case, Code

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "machine_code"
FLAGS = ("-std=c++20", "-O3", "-cubin", "-Werror", "all-warnings", "-DUSE_CUDA")
FLAGS += ("-DTORCH_TARGET_VERSION=0x020a000000000000ull",)
JOBS = 2


def tool(name: str) -> Path | None:
    """Return where nvdisasm or cuobjdump is: in its package, or on PATH."""
    try:
        files = importlib.metadata.files(f"nvidia-cuda-{name}") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name:
            return Path(str(file.locate()))
    found = shutil.which(name)
    return None if found is None else Path(found)


def compiled(root: Path, arch: int) -> list[Path]:
    """Compile the kernels below a folder for an architecture, or find them compiled."""
    sources = sorted((root / "csrc").rglob("*.[hc]*"))
    digest = hashlib.sha256(repr((FLAGS, nvcc_version(), torch.__version__)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    folder = CACHE / digest.hexdigest()[:16] / f"sm_{arch}"
    folder.mkdir(parents=True, exist_ok=True)

    def compile_one(source: Path) -> Path:
        cubin = folder / f"{source.stem}.cubin"
        if not cubin.exists():
            start = time.monotonic()
            command = ["nvcc", *FLAGS, f"-arch=sm_{arch}", f"-I{root / 'csrc'}"]
            command += ["-isystem", str(Path(torch.__file__).parent / "include")]
            command += [str(source), "-o", str(cubin.with_suffix(".part"))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(done.stderr)
            cubin.with_suffix(".part").rename(cubin)
            took = time.monotonic() - start
            print(f"sm_{arch}: {source.name} in {took:.0f} s", file=sys.stderr)
        return cubin

    kernels = [one for one in sources if one.suffix == ".cu" and one.stem != "device"]
    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(compile_one, kernels))


@cache
def nvcc_version() -> str:
    """Return the version of nvcc."""
    if shutil.which("nvcc") is None:
        raise SystemExit("nvcc is not on PATH")
    said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True)
    found = re.search(r"release [\d.]+, V([\d.]+)", said.stdout)
    return found[1] if found else said.stdout


def listing_of(cubin: Path) -> str:
    """Disassemble a file; the listing is kept beside it."""
    kept = cubin.with_suffix(".sass")
    if not kept.exists():
        nvdisasm = tool("nvdisasm")
        if nvdisasm is None:
            raise SystemExit("nvdisasm is missing: pip install nvidia-cuda-nvdisasm")
        command = [str(nvdisasm), "-c", str(cubin)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        kept.write_text(done.stdout, encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def codes_of(cubins: Iterable[Path], cases: Iterable[Case]) -> dict[str, Code]:
    """Return the machine code of the kernels of these cases by their mangled names."""
    wanted = re.compile("|".join(case.kernel for case in cases))
    codes = {}
    for cubin in cubins:
        registers = sass.attribute_of(cubin.read_bytes(), sass.REGISTERS)
        for kernel in sass.kernels_of(listing_of(cubin), wanted):
            codes[kernel.name] = Code(kernel, registers[kernel.name])
    return codes


def code_of(case: Case, codes: dict[str, Code]) -> Code:
    """Return the machine code of the one kernel that a case runs."""
    found = [code for name, code in codes.items() if re.search(case.kernel, name)]
    if len(found) != 1:
        raise LookupError(f"{case.title}: {len(found)} kernels are {case.kernel}")
    return found[0]


def taken_out(library: Path, arch: int, folder: Path) -> list[Path]:
    """Take the kernels of an architecture out of a library into a folder."""
    command = [str(tool("cuobjdump")), "-xelf", f"sm_{arch}", str(library.resolve())]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return sorted(folder.glob(f"*.sm_{arch}.cubin"))


def attributes(cubins: Iterable[Path], wanted: int) -> dict[str, int]:
    """Return what files say of their kernels; see sass.attribute_of.

    Functions that a kernel calls, for a division, have the numbers of the kernel.
    """
    found: dict[str, int] = {}
    for cubin in cubins:
        found.update(sass.attribute_of(cubin.read_bytes(), wanted))
    return {name: value for name, value in found.items() if not name.startswith("$")}


SOURCES = {
    "LabelsILi1E": "labels of 1 byte",
    "LabelsILi2E": "labels of 2 bytes",
    "LabelsILi4E": "labels of 4 bytes",
    "LabelsILi8E": "labels of 8 bytes",
    "ScoresIN3c104Half": "float16 scores",
    "ScoresIN3c108BFloat16": "bfloat16 scores",
    "ScoresIf": "float32 scores",
    "ScoresId": "float64 scores",
}
TIERS = {
    "BitsTier": "bits",
    "PairsTier": "pairs",
    "SharedTier": "shared",
    "GlobalTier": "global",
}
#: A kernel of overlap_sums, the numbers it reads, and what else it is compiled for.
OVERLAP = re.compile(
    r"overlap_(?P<kernel>(?:registers|tiles)_(?:forward|backward)|terms|fold)"
    r"(?:_kernel)?I(?:N3c10\d+)?(?P<number>Half|BFloat16|f|d|)E?"
    r"(?:Li(?P<classes>\d+)E(?:LNS0_13OverlapAccessE(?P<access>\d)E)?|LNS_10ActivationE(?P<activation>\d)E)?"
)
NUMBERS = {"Half": "float16", "BFloat16": "bfloat16", "f": "float32", "d": "float64"}
ACTIVATIONS = ("softmax", "sigmoid", "none")
ACCESSES = ("elements", "packs", "rows")


def name_of(mangled: str) -> str:
    """Return the source and the tier of a kernel, or what overlap_sums calls it."""
    if (found := OVERLAP.search(mangled)) is not None:
        pieces = [found["kernel"].replace("_", ", ")]
        if found["activation"]:
            pieces.append(ACTIVATIONS[int(found["activation"])])
        if found["number"]:
            pieces.append(NUMBERS[found["number"]])
            if found["classes"]:
                pieces.append(f"{found['classes']:>2} classes")
            if found["access"]:
                pieces.append(ACCESSES[int(found["access"])])
        return ", ".join(pieces)
    op = "class_counts" if "class_counts" in mangled else "confusion_matrix"
    source = next((name for piece, name in SOURCES.items() if piece in mangled), "")
    tier = next((name for piece, name in TIERS.items() if piece in mangled), "")
    return f"{op}, {source}, {tier}" if source else mangled
