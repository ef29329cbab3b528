"""Check wheels before they are released: what is in them, and that they run.

    python scripts/wheel_check.py dist/*.whl --python python3.11 /path/of/another/python

Looks into each wheel: metadata, run paths, needed libraries, names of folders of the
machine that built it, the stable ABI of torch, the oldest glibc. The op libraries of
all wheels must be the same files, byte for byte. Then each interpreter, which must have
torch, gets the wheel that fits it in a scratch folder and runs a smoke test, and with
pytest the tests. Nothing is downloaded. Needs readelf; uses torch-abi-audit and
auditwheel where they are installed beside this Python.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ("ops", "functional", "metrics", "losses", "test_library.py", "test_abi.py")

#: What a library may need: torch, ours, and what every Linux has.
MAY_NEED = re.compile(
    r"lib(torch|torch_cpu|torchtally|stdc\+\+|gcc_s|c|m|dl|rt|pthread)\.so(\.\d+)?"
    r"|ld-linux.*"
)
#: Absolute paths that mean the same on every machine.
ANYWHERE = (b"/proc/", b"/sys/", b"/dev/", b"/etc/", b"/lib64/ld-linux")

SMOKE = """
import sys, torch, torchtally as tt
assert tt.__file__.startswith(sys.argv[1]), tt.__file__
logits = (8 * torch.eye(3)).reshape(1, 3, 3, 1).expand(2, 3, 3, 4).clone()
logits.requires_grad_()
label = torch.tensor([0, 1, 2]).reshape(1, 3, 1).expand(2, 3, 4)
assert tt.confusion_matrix(logits, label, 3).equal(torch.eye(3).long() * 8)
assert tt.dice_score(logits, label.to(torch.uint8), 3) == 1
metric = tt.metrics.IoUScore(3, ignore_index=0)
metric.update(logits, label)
assert metric.compute() == 1
tt.losses.DiceCELoss()(logits, label).backward()
assert logits.grad.isfinite().all() and logits.grad.any()
info = tt.build_info()
print("python", sys.version.split()[0], "torch", info["torch"], "cuda:", info["cuda"])
"""


def run(*command: str | Path) -> str:
    """Run a command that must succeed and return its output."""
    done = subprocess.run(
        list(map(str, command)),
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def beside_python(name: str) -> str | None:
    """Return a program of this Python's environment."""
    return shutil.which(name, path=str(Path(sys.executable).parent))


def shared_objects(folder: Path) -> list[Path]:
    """Return every library and extension module below a folder."""
    return sorted(path for path in folder.rglob("*.so*") if path.is_file())


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every library by its name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in shared_objects(folder)
    }


def problems_of(folder: Path) -> Iterator[str]:
    """Yield what is wrong with an unpacked wheel, or an installed package."""
    libraries = shared_objects(folder)
    if "libtorchtally.so" not in [path.name for path in libraries]:
        yield "libtorchtally.so is missing"
    for path in libraries:
        dynamic = run("readelf", "--dynamic", path)
        for entry in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic):
            for part in entry.split(":"):
                if not part.startswith("$ORIGIN"):
                    yield f"{path.name} looks for libraries in {part!r}"
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
            if not MAY_NEED.fullmatch(name):
                yield f"{path.name} needs {name}"
    for path in folder.rglob("*"):
        if path.suffix in (".cmake", ".h") or path in libraries:
            for place in places_in(path):
                yield f"{path.name} names {place}"


def places_in(path: Path) -> set[str]:
    """Return the absolute paths that a file names, but those that hold anywhere."""
    content = path.read_bytes()
    before = rb"[\x00\"'\s;:=]" if path.suffix in (".cmake", ".h") else rb"\x00"
    # A folder begins with a letter and has two characters or more: device code is
    # packed, and holds every short text by chance.
    found = re.findall(before + rb"(/[A-Za-z][\w.+-]+/[\w./+-]+)", content)
    places = {place.decode() for place in found if not place.startswith(ANYWHERE)}
    here = {str(ROOT), sys.prefix, sys.base_prefix, str(Path.home())}
    places |= {place for place in here if place.encode() in content}
    return places - {"/"}


def check_abi(folder: Path) -> str:
    """Run torch-abi-audit over the op libraries; return what it says of torch."""
    audit = beside_python("torch-abi-audit")
    if audit is None:
        return "torch-abi-audit is not installed, not run"
    said = []
    for path in sorted(folder.rglob("libtorchtally*.so")):
        text = run(audit, "--check", "torch", "--verbose", path)
        if "unstable=0" not in text:
            raise SystemExit(text)
        said.append(f"{path.name}: stable")
    return ", ".join(said)


def check_wheel(wheel: Path, folder: Path) -> dict[str, str]:
    """Look into a wheel; print and return the checksums of its libraries."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    metadata = next(folder.glob("*.dist-info")) / "METADATA"
    requires = re.findall(r"^Requires-Dist: (torch\b.*)$", metadata.read_text(), re.M)
    if requires != ["torch>=2.10"]:
        raise SystemExit(f"{wheel.name} requires {requires}, not torch>=2.10")
    problems = list(problems_of(folder))
    if problems:
        raise SystemExit("\n".join([f"{wheel.name}:", *problems]))
    print(f"\n{wheel.name}: {wheel.stat().st_size / 2**20:.1f} MiB")
    print("torch-abi-audit:", check_abi(folder))
    auditwheel = beside_python("auditwheel")
    if auditwheel is not None:
        said = run(auditwheel, "show", wheel)
        oldest = re.search(r'constrains the platform tag to\s+"(\w+)"', said)
        print("auditwheel: would be tagged", oldest[1] if oldest else said)
    found = checksums(folder)
    for name, digest in found.items():
        print(f"{digest}  {name}")
    return found


def check_interpreter(
    python: str, wheels: list[Path], folder: Path, tests: list[str]
) -> None:
    """Install the wheel that fits an interpreter, and run it there."""
    tag = run(
        python, "-c", "import sys; print('cp%d%d' % sys.version_info[:2])"
    ).strip()
    fitting = [wheel for wheel in wheels if f"-{tag}-" in wheel.name]
    if not fitting:
        raise SystemExit(f"no wheel for {python} ({tag})")
    install = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    run(*install, "--disable-pip-version-check", "--target", folder, fitting[0])
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    # In an empty folder, so that nothing is imported from here.
    command = [python, "-c", SMOKE, str(folder)]
    subprocess.run(command, check=True, env=environment, cwd=folder.parent)
    for name, digest in checksums(folder).items():
        print(f"{digest}  {name}")
    if not tests:
        return
    has_pytest = [python, "-c", "import pytest"]
    if subprocess.run(has_pytest, check=False, capture_output=True).returncode:
        print("pytest is not installed, no test was run")
        return
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    subprocess.run(command, check=True, env=environment, cwd=ROOT)


def main() -> None:
    """Check every wheel, then run them in every interpreter."""
    parser = argparse.ArgumentParser(description="Check wheels of torchtally.")
    parser.add_argument("wheels", type=Path, nargs="+", metavar="WHEEL")
    parser.add_argument("--python", nargs="+", default=[], metavar="PYTHON")
    parser.add_argument(
        "--tests",
        nargs="*",
        default=[f"tests/{name}" for name in TESTS],
        help="arguments of pytest; none: only the smoke test",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        libraries: dict[str, str] = {}
        for number, wheel in enumerate(arguments.wheels):
            for name, digest in check_wheel(wheel, Path(scratch, f"{number}")).items():
                same = libraries.setdefault(name, digest) == digest
                if name.startswith("libtorchtally") and not same:
                    raise SystemExit(f"{name} differs between the wheels")
        for number, python in enumerate(arguments.python):
            print(f"\n{python}", flush=True)
            folder = Path(scratch, f"site-{number}")
            wheels = [wheel.resolve() for wheel in arguments.wheels]
            found = shutil.which(python)
            if found is None:
                raise SystemExit(f"no program {python}")
            check_interpreter(
                str(Path(found).absolute()), wheels, folder, arguments.tests
            )
    print("\nevery check passed")


if __name__ == "__main__":
    main()
