"""Runs the command line in this process, on two folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from torchtally.cli import main

if TYPE_CHECKING:
    from cli_helpers import Evaluate, Folders, Outcome, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; SystemExit becomes its status."""

    def call(*arguments: object) -> Outcome:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as error:
            status = int(error.code or 0)
        # Here, because it needs packages without which the tests are skipped.
        from cli_helpers import Outcome

        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Two empty folders, for predictions and labels."""
    predictions, labels = tmp_path / "predictions", tmp_path / "labels"
    predictions.mkdir()
    labels.mkdir()
    return predictions, labels


@pytest.fixture
def evaluate(run: Run, folders: Folders, tmp_path: Path) -> Evaluate:
    """Evaluate the two folders; return the outcome and the JSON, {} without one."""

    def call(*arguments: object) -> tuple[Outcome, dict[str, Any]]:
        report = tmp_path / "report.json"
        options = ("--json", report, "--scores", "dice,iou,f1", *arguments)
        outcome = run("evaluate", *folders, *options)
        text = report.read_text(encoding="utf-8") if report.exists() else "{}"
        return outcome, json.loads(text)

    return call
