"""Every row of the loss conformance table agrees, in value and in gradient."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from loss_conformance import ROWS, Row, format_table, labels, logits
from torchtally import losses

ROOT = Path(__file__).parents[2]


def test_the_input_is_the_recorded_one() -> None:
    assert logits().sum().item() == pytest.approx(2.5468904245, abs=1e-10)
    assert labels("labels").sum() == 76
    assert (labels("ignored") == 255).sum() == 6


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.peer}, {row.case}")
def test_row(row: Row) -> None:
    value, grad = row.ours()
    assert value == pytest.approx(row.value, abs=row.tolerance, rel=0)
    assert grad == pytest.approx(row.grad, abs=max(row.tolerance, 1e-9), rel=0)


def test_a_wrong_number_is_seen() -> None:
    wrong = ROWS[0]._replace(grad=ROWS[0].grad + 1e-6)
    assert "WRONG" in format_table([wrong])
    assert "1 losses: 0 agree, 1 wrong" in format_table([wrong])


def test_the_table_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.loss_conformance"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ROWS)} losses: {len(ROWS)} agree, 0 wrong" in done.stdout


PREDICTED = [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
TRUE = [[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0]]


def test_the_plain_dice_of_tutorials() -> None:
    """Sums over dimension 0 keep classes apart; sums over everything pool them."""
    predicted = torch.tensor(PREDICTED, dtype=torch.float64)
    true = torch.tensor(TRUE, dtype=torch.float64)
    plain = {"activation": "none", "smooth_nr": 0.0, "smooth_dr": 0.0, "batch": True}
    per_class = losses.DiceLoss(**plain, reduction="none")(predicted, true)
    assert per_class.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert losses.DiceLoss(**plain)(predicted, true) == 0.625
    assert losses.DiceLoss(**plain, average="micro")(predicted, true) == 0.5


def test_the_flat_dice_of_tutorials() -> None:
    predicted = torch.tensor([[0.9, 0.1, 0.8, 0.1]], dtype=torch.float64)
    true = torch.tensor([[1, 0, 1, 0]])
    flat = losses.DiceLoss(activation="none", average="micro")
    assert flat(predicted, true).item() == pytest.approx(0.1282, abs=5e-5)
    smooth = 1e-5
    expected = 1 - (3.4 + smooth) / (3.9 + smooth)
    assert flat(predicted, true).item() == pytest.approx(expected, abs=1e-12)
