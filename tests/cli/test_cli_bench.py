"""The command that times this machine: every call counts, and every row is there."""

from __future__ import annotations

import json

import pytest
from cli_helpers import Run

from torchtally.cli import _bench


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bench, "IMAGES", (2, 32, 64))


def test_table_and_json(run: Run) -> None:
    shown = run("bench", "--seconds", "0.01")
    assert shown.status == 0
    for text in ("/ plain read", "torch.bincount / ours", "uint8, random"):
        assert text in shown.out
    found = json.loads(run("bench", "--seconds", "0.01", "--json").out)
    assert [row["labels"] for row in found["rows"]] == [
        "int64, regions",
        "uint8, regions",
        "int64, random",
        "uint8, random",
    ]
    for row in found["rows"]:
        assert row["times_floor"] > 0
        assert min(row["peers"].values()) > 0


def test_every_call_counts_the_same() -> None:
    preds, target = _bench._labels("random")
    calls = _bench._calls(preds, target)
    matrix = calls.pop(_bench.OURS)()
    assert calls.pop(_bench.FLOOR)() is None
    assert calls.pop("torch.bincount")().view_as(matrix).equal(matrix)
    for name, call in calls.items():
        assert (matrix.numpy() == call()).all(), name


def test_seconds_must_be_positive(run: Run) -> None:
    assert "must be a number above 0, got 0" in run("bench", "--seconds", "0").err
