"""A type checker sees what runs: real types, and an error for a wrong option."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import torchtally as tt

#: What a user may write. A line with an error must be reported, no other.
SCRIPT = """
import numpy as np
import torch
from torch import Tensor

import torchtally as tt
from torchtally.functional import Scored
from torchtally.losses import DiceCELoss, DiceLoss, dice_loss
from torchtally.metrics import AccuracyScore, ConfusionMatrix, DiceScore, ScoreSuite

logits = torch.zeros(2, 4, 8, 8)
labels = torch.zeros(2, 8, 8, dtype=torch.int64)

score: Tensor = tt.dice_score(logits, labels, 4, average="none", ignore_index=255)
pair: Scored = tt.iou_score(logits, labels, 4, return_valid=True)
wrong: Scored = tt.iou_score(logits, labels, 4)  # error
matrix: Tensor = tt.confusion_matrix(logits, labels, 4, normalize="true")
tt.functional.fbeta_from_counts(matrix, beta=2.0, zero_division=1.0).item()
tt.dice_score(logits, labels, 4, beta=2.0)  # error
tt.dice_score(logits, labels, 4, average="mean")  # error
tt.dice_score(logits, labels, 4, ignore_idx=255)  # error
tt.matthews_corrcoef(logits, labels, 4, average="macro")  # error
tt.fbeta_score(logits, labels, 4, beta="2")  # error
tt.confusion_matrix(logits, labels, 4, per_samples=True)  # error
tt.class_counts(logits, labels, 4, top_k=2)  # error
tt.functional.dice_from_counts(matrix, threshold=0.5)  # error

array = np.zeros((2, 8, 8), dtype=np.int64)
score = tt.dice_score(array, labels, 4, mask=array > 0, ignore_index={255})
score = tt.functional.dice_from_counts(array, class_weights=np.ones(8))
tt.dice_score([0, 1], labels, 4)  # error
tt.dice_score(array, labels, 4, ignore_index="255")  # error

metric = DiceScore(4, aggregation="samplewise", sync_on_compute=False)
value: Tensor = metric(logits, labels)
number: float = metric(logits, labels)  # error
total: Tensor = metric.compute()
suite = ScoreSuite(4, ("dice", "fbeta"), beta=2.0)
scores: dict[str, Tensor] = suite.compute()
of_batch: dict[str, Tensor] = suite(logits, labels)
log: dict[str, float] = DiceScore(4, class_names={1: "road"}).named(total)
suite.plot([scores], class_names=["a", "b", "c", "d"])
DiceScore(4, class_names=4)  # error
DiceScore(4, beta=2.0)  # error
DiceScore(4, return_valid=True)  # error
AccuracyScore(4, average=None)
ConfusionMatrix(4, norm="true")  # error
metric(logits)  # error
metric.update(array, array, array > 0)

loss = DiceCELoss(lambda_ce=0.5, ignore_index=255)
result: Tensor = loss(logits, labels)
result = dice_loss(logits, labels, include_background=False)
result = loss(logits, array, array > 0)
DiceLoss(lambda_ce=1.0)  # error
dice_loss(logits, labels, alfa=1.0)  # error
loss(logits)  # error
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script in a folder of its own, where no configuration of ours is found."""
    path = tmp_path_factory.mktemp("user") / "user.py"
    path.write_text(SCRIPT)
    return path


def reported(script: Path, checker: str, *options: str) -> set[int]:
    """Return the lines that a type checker reports."""
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed")
    folder = str(Path(tt.__file__).parents[1])  # mypy finds site-packages by itself
    elsewhere = {} if "site-packages" in folder else {"MYPYPATH": folder}
    done = subprocess.run(
        [sys.executable, "-m", checker, *options, script.name],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **elsewhere},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return {int(n) for n in re.findall(r"user\.py:(\d+)\S* ?-? error", done.stdout)}


@pytest.mark.parametrize(
    ("checker", "options"),
    [("mypy", ["--strict"]), ("pyright", ["--pythonpath", sys.executable])],
)
def test_wrong_options_are_errors(
    script: Path, checker: str, options: list[str]
) -> None:
    lines = SCRIPT.splitlines()
    wrong = {n for n, line in enumerate(lines, 1) if line.endswith("# error")}
    assert reported(script, checker, *options) == wrong
