"""The way from a call to the op is short: how many functions, in how many files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import torch

import torchtally as tt

PACKAGE = str(Path(tt.__file__).parent)
LOGITS = torch.randn(2, 4, 8, 8)
LABELS = torch.randint(0, 4, (2, 8, 8))


def walked(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Return file and name of every function of ours that a call goes through."""
    call()  # what is done once is done
    way: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            way.append((code.co_filename, code.co_name))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return way


def test_a_score() -> None:
    way = walked(lambda: tt.dice_score(LOGITS, LABELS, 4))
    assert len(way) <= 25, way
    assert len({file for file, _ in way}) <= 6, way


def test_a_metric_is_made() -> None:
    way = walked(lambda: tt.metrics.DiceScore(4))
    assert len(way) <= 40, way


def test_an_update() -> None:
    metric = tt.metrics.DiceScore(4)
    way = walked(lambda: metric.update(LOGITS, LABELS))
    assert len(way) == 3, way


def test_a_step_of_a_loss() -> None:
    loss, logits = tt.losses.DiceCELoss(), LOGITS.clone().requires_grad_()
    way = walked(lambda: loss(logits, LABELS).backward())
    assert len(way) <= 20, way
