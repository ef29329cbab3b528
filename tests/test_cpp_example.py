"""examples/cpp and the project of docs/cpp.md, built against the installed package."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import torchtally as tt
from cmake_builds import build, run_alone

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "cpp"
PREFIXES = (tt.cmake_prefix_path,)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks into ELF files, with GNU flags"
)


def exporter() -> ModuleType:
    spec = importlib.util.spec_from_file_location("export", EXAMPLE / "export_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.example
def test_the_example_counts_as_python_does(tmp_path: Path) -> None:
    pytest.importorskip("nilearn")
    export = exporter()
    source = tmp_path / "source"
    source.mkdir()
    for name in ("CMakeLists.txt", "evaluate.cpp", "pgm.h"):
        shutil.copy(EXAMPLE / name, source)
    build(source, tmp_path / "build", prefixes=PREFIXES)

    data = tmp_path / "data"
    package, kept = export.main([str(data)])
    model = torch._inductor.aoti_load_package(str(package))
    matrix = torch.zeros(3, 3, dtype=torch.int64)
    for images, labels in zip(kept.images.split(1), kept.labels.split(1), strict=True):
        predicted, counted, invalid = model(images, labels)
        valid = labels != export.OUTSIDE
        pairs = labels[valid].long() * 3 + predicted[valid].long()
        assert torch.equal(counted, pairs.bincount(minlength=9).reshape(3, 3))
        assert invalid == 0
        matrix += counted

    arguments = [package, data / "images", data / "labels", ",".join(export.CLASSES)]
    said = run_alone(tmp_path / "build" / "evaluate", *arguments)
    first, heading, *rows = said.splitlines()
    assert first == f"{len(kept.labels)} images, {matrix.sum()} pixels counted"
    assert heading.split() == ["class", "Dice", "IoU", "F1"]
    assert [row.split() for row in rows] == list(expected(matrix, export.CLASSES))
    assert tt.functional.dice_from_counts(matrix) > 0.8

    bad = torch.full_like(kept.labels[0], 3)
    export.write_pgm(data / "labels" / "slice-03.pgm", bad)
    done = subprocess.run(
        [str(tmp_path / "build" / "evaluate"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "slice-03.pgm: a label is neither a class nor 255" in done.stderr


def expected(matrix: torch.Tensor, classes: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the cells of each row that the program prints."""
    scores = [
        getattr(tt.functional, f"{name}_from_counts") for name in ("dice", "iou", "f1")
    ]
    options = {"dtype": torch.float64}
    each = [score(matrix, average="none", **options) for score in scores]
    for number, name in enumerate(classes):
        yield [name, *(f"{score[number]:.6f}" for score in each)]
    yield ["mean", *(f"{score(matrix, **options):.6f}" for score in scores)]


@pytest.mark.slow
def test_project_of_the_documentation(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "cpp.md").read_text(encoding="utf-8")
    for language, name in (("cmake", "CMakeLists.txt"), ("cpp", "main.cpp")):
        block = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)[0]
        (tmp_path / name).write_text(block)
    build(tmp_path, tmp_path / "build", prefixes=PREFIXES)
    assert "0.6667" in run_alone(tmp_path / "build" / "evaluate")
