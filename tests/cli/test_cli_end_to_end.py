"""Whole runs on images that people have: digits, coins, brain tissue; and on many."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from cli_helpers import Evaluate, Folders, Run, save_nifti, save_npy
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score


def test_digits_as_images(evaluate: Evaluate, folders: Folders, tmp_path: Path) -> None:
    """Shades of handwritten digits in four steps, against the same with noise."""
    images = load_digits().images[:60]
    noise = np.random.default_rng(0).normal(0, 2, images.shape)
    labels, preds = (
        np.clip(shades // 4, 0, 3).astype(np.uint8)
        for shades in (images, images + noise)
    )
    for number, pair in enumerate(zip(preds, labels, strict=True)):
        for folder, values in zip(folders, pair, strict=True):
            Image.fromarray(values).save(folder / f"digit{number:02}.png")
    table = tmp_path / "cases.csv"
    outcome, report = evaluate("--num-classes", 4, "--cases", table)
    assert outcome.status == 0
    wanted = f1_score(labels.ravel(), preds.ravel(), average=None)
    found = [row["dice"] for row in report["classes"]]
    assert found == pytest.approx(wanted)
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60 * (2 + 4)
    for row in rows[:12]:
        if row["average"] == "False" and row["dice"]:
            number, entry = int(row["case"][5:]), int(row["entry"])
            both = [values[number] == entry for values in (labels, preds)]
            dice = 2 * (both[0] & both[1]).sum() / (both[0].sum() + both[1].sum())
            assert float(row["dice"]) == pytest.approx(dice)


def test_cases_as_parquet(evaluate: Evaluate, folders: Folders, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    save_npy(folders[0] / "a.npy", [[0, 1], [1, 1]])
    save_npy(folders[1] / "a.npy", [[0, 0], [1, 1]])
    table = tmp_path / "cases.parquet"
    outcome, report = evaluate("--num-classes", 3, "--cases", table)
    assert outcome.status == 0
    rows = parquet.read_table(table).to_pylist()
    assert [row["entry"] for row in rows] == ["macro", "micro", "0", "1", "2"]
    assert rows[-1]["dice"] is None
    assert [row["dice"] for row in rows[2:4]] == [
        row["dice"] for row in report["files"][0]["classes"][:2]
    ]
    wrong, _ = evaluate("--num-classes", 3, "--cases", tmp_path / "cases.txt")
    assert wrong.status == 2
    assert "--cases must name a .csv or .parquet file" in wrong.err


def test_coins_as_tiff(evaluate: Evaluate, folders: Folders) -> None:
    data = pytest.importorskip("skimage.data")
    coins = data.coins()
    for folder, level in zip(folders, (110, 100), strict=True):
        tifffile.imwrite(folder / "coins.tif", (coins > level).astype(np.uint8))
    outcome, report = evaluate("--num-classes", 2)
    assert outcome.status == 0
    both = [coins > level for level in (110, 100)]
    dice = 2 * (both[0] & both[1]).sum() / (both[0].sum() + both[1].sum())
    assert report["classes"][1]["dice"] == pytest.approx(dice)


def test_brain_tissue_as_nifti(evaluate: Evaluate, folders: Folders) -> None:
    datasets = pytest.importorskip("nilearn.datasets")
    grey = datasets.load_mni152_gm_template(resolution=4).get_fdata()
    white = datasets.load_mni152_wm_template(resolution=4).get_fdata()
    label = np.where(white > grey, 2, 1).astype(np.uint8)
    label[(grey < 0.2) & (white < 0.2)] = 0
    preds = np.where((grey < 0.3) & (white < 0.3), 0, label).astype(np.uint8)
    for folder, values in zip(folders, (preds, label), strict=True):
        save_nifti(folder / "brain.nii.gz", values)
    outcome, report = evaluate("--num-classes", 3)
    assert outcome.status == 0
    wanted = f1_score(label.ravel(), preds.ravel(), average=None)
    assert [row["dice"] for row in report["classes"]] == pytest.approx(wanted)


@pytest.mark.slow
def test_ten_thousand_cases_in_bounded_memory(tmp_path: Path) -> None:
    """Ten times the cases take what their results take, some kilobytes each."""
    peaks: dict[int, int] = {}
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 4, (100, 64, 64)).astype(np.uint8)
    for number in (1_000, 10_000):
        folders = [tmp_path / str(number) / name for name in ("predictions", "labels")]
        for folder in folders:
            folder.mkdir(parents=True)
            for case in range(number):
                np.save(folder / f"case{case:05}.npy", labels[case % 100])
        report = tmp_path / f"{number}.json"
        command = [sys.executable, "-m", "torchtally", "evaluate", *map(str, folders)]
        command += ["--num-classes", "4", "--workers", "0", "--json", str(report)]
        command += ["--interval", "none"]
        peaks[number] = _peak(command)
        found: dict[str, Any] = json.loads(report.read_text())
        assert found["pixels"]["counted"] == number * 64 * 64
    assert peaks[10_000] - peaks[1_000] < 9_000 * 20 * 1024


def _peak(command: list[str]) -> int:
    """Run a command in a process of its own; return its largest resident size."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(before, after) * 1024


def test_a_run_names_what_it_wrote(run: Run, folders: Folders, tmp_path: Path) -> None:
    for folder in folders:
        save_npy(folder / "a.npy", [[0, 1]])
    page = tmp_path / "page.html"
    done = run("evaluate", *folders, "--num-classes", 2, "--html", page)
    assert done.out.endswith(f"report: {page}\n")
