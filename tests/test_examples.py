"""The training example reaches with our loss what it reaches with MONAI's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.slow
@pytest.mark.example
def test_unet_training(capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("monai", "nilearn"):
        pytest.importorskip(package)
    path = EXAMPLES / "unet_training.py"
    spec = importlib.util.spec_from_file_location("unet_training", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    results = example.main([])
    ours, theirs = results["torchtally"], results["MONAI"]
    assert (ours.dice > 0.8).all()
    assert (ours.dice - theirs.dice).abs().max() < 0.01
    assert "slices to train on" in capsys.readouterr().out
