"""The training examples: their scores beside those of the peers that they name."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def loaded(name: str) -> Any:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    return example


@pytest.mark.slow
@pytest.mark.example
def test_unet_training(capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("monai", "nilearn"):
        pytest.importorskip(package)
    example = loaded("unet_training")
    results = example.main([])
    ours, theirs = results["torchtally"], results["MONAI"]
    assert (ours.dice > 0.8).all()
    assert (ours.dice - theirs.dice).abs().max() < 0.01
    assert "slices to train on" in capsys.readouterr().out


def test_lightning_training(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for package in ("lightning", "matplotlib"):
        pytest.importorskip(package)
    example = loaded("lightning_training")
    scores = example.main([str(tmp_path / "ours")])
    assert scores.keys() == {"val/dice", "val/f1", "val/iou"}
    assert min(scores.values()) > 0.5
    found = re.search(r"pixels counted .* once: (\d+)", capsys.readouterr().out)
    assert found is not None
    assert int(found[1]) == 3 * 16 * (example.SIDE - 1) * example.SIDE
    assert len(list((tmp_path / "ours").glob("matrix_*.png"))) == 3
    monkeypatch.setattr(example, "accelerate", lambda metrics: metrics)
    assert example.main([str(tmp_path / "torchmetrics")]) == scores
