"""The JSON of Cityscapes, beside cityscapesScripts' own evaluation."""

from __future__ import annotations

import copy
import json
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import torchtally
from torchtally.cli._cityscapes_format import (
    LABELS,
    MEAN_SIZES,
    InstanceSums,
    cityscapes_json,
    cityscapes_result,
)

Array = np.ndarray[Any, Any]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The evaluation script; it needs a name of 3D boxes, and NumPy of its time."""
    pytest.importorskip("cityscapesscripts")
    quaternion = ModuleType("pyquaternion")
    quaternion.Quaternion = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyquaternion", quaternion)
    monkeypatch.setattr(np, "in1d", np.isin, raising=False)
    from cityscapesscripts.evaluation import evalPixelLevelSemanticLabeling

    def write(document: Any, path: str) -> None:
        text = json.dumps(document, default=int, sort_keys=True, indent=4)
        Path(path).write_text(text)

    monkeypatch.setattr(evalPixelLevelSemanticLabeling, "writeDict2JSON", write)
    return evalPixelLevelSemanticLabeling


@pytest.fixture
def images(tmp_path: Path) -> list[tuple[str, Array, Array, Array]]:
    """Three images as files: name of the prediction, labels, predictions, instances."""
    generator = np.random.default_rng(1)
    written = []
    for number in range(3):
        blocks = generator.choice([0, 4, 7, 8, 11, 23, 24, 25, 26, 29, 33], (6, 8))
        label = np.kron(blocks, np.ones((8, 8), int)).astype(np.uint8)
        wrong = generator.random(label.shape) < 0.3
        other = generator.choice([7, 12, 23, 24, 26, 29, 33], label.shape)
        prediction = np.where(wrong, other, label).astype(np.uint8)
        of_block = np.kron(np.arange(48).reshape(6, 8), np.ones((8, 8), int))
        objects = np.isin(label, [24, 25, 26, 29, 33])
        instances = np.where(objects, 1000 * label.astype(int) + of_block, label)
        stem = f"city_00000{number}_000019"
        prediction_file = tmp_path / f"{stem}_pred.png"
        Image.fromarray(prediction).save(prediction_file)
        Image.fromarray(label).save(tmp_path / f"{stem}_gtFine_labelIds.png")
        Image.fromarray(instances.astype(np.uint16)).save(
            tmp_path / f"{stem}_gtFine_instanceIds.png"
        )
        written.append((str(prediction_file), label, prediction, instances))
    return written


def counted(label: Array, prediction: Array) -> Array:
    """Return the matrix [34, 34]."""
    return torchtally.confusion_matrix(prediction, label, 34).numpy()


def theirs(
    script: ModuleType, images: Any, tmp_path: Path, *, instances: bool
) -> tuple[dict[str, Any], bytes]:
    """Return what the script returns and writes."""
    args = copy.copy(script.args)
    args.evalInstLevelScore = instances
    args.evalPixelAccuracy = True
    args.quiet = True
    args.exportFile = str(tmp_path / "result.json")
    predictions = [name for name, *_ in images]
    labels = [name.replace("_pred", "_gtFine_labelIds") for name in predictions]
    result = script.evaluateImgLists(predictions, labels, args)
    return result, (tmp_path / "result.json").read_bytes()


def test_result_is_theirs_byte_for_byte(
    script: ModuleType, images: Any, tmp_path: Path
) -> None:
    _, written = theirs(script, images, tmp_path, instances=True)
    each = [(name, counted(label, seen)) for name, label, seen, _ in images]
    sums = InstanceSums()
    for _, _, prediction, instances in images:
        sums.add(prediction, instances)
    result = cityscapes_result(
        sum(matrix for _, matrix in each), instances=sums, per_image=each
    )
    assert cityscapes_json(result) == written
    assert 0 < result["classInstScores"]["car"] < 1
    assert 0 < result["categoryInstScores"]["vehicle"] < 1
    assert math.isnan(result["classScores"]["train"])


def test_without_instances(script: ModuleType, images: Any, tmp_path: Path) -> None:
    expected, _ = theirs(script, images, tmp_path, instances=False)
    each = [(name, counted(label, seen)) for name, label, seen, _ in images]
    result = cityscapes_result(sum(matrix for _, matrix in each), per_image=each)
    assert list(result) == list(expected)
    for key in expected:
        if "Inst" not in key:
            ours = json.dumps(result[key])
            assert ours == json.dumps(expected[key], default=int), key
    assert {str(v) for v in result["classInstScores"].values()} == {"nan"}
    assert math.isnan(result["averageScoreInstCategories"])


def test_labels_are_theirs(script: ModuleType) -> None:
    from cityscapesscripts.helpers.labels import labels

    expected = [
        (label.name, label.category, label.ignoreInEval, label.hasInstances)
        for label in labels
        if label.id >= 0
    ]
    assert [tuple(label) for label in LABELS] == expected
    assert script.args.avgClassSize == MEAN_SIZES


def test_by_hand() -> None:
    matrix = np.zeros((34, 34), np.int64)
    matrix[7, 7], matrix[7, 8] = 6, 2  # of 8 pixels of road 2 are taken for sidewalk
    matrix[0, 7] = 9  # unlabeled: no false positives of road
    result = cityscapes_result(matrix)
    assert result["classScores"]["road"] == 6 / 8
    assert result["classScores"]["sidewalk"] == 0
    assert math.isnan(result["classScores"]["unlabeled"])
    assert result["categoryScores"]["flat"] == 1
    assert result["averageScoreClasses"] == 0.375
    assert result["priors"]["road"] == 8 / 17
    assert result["labels"]["bicycle"] == 33
    assert "perImageScores" not in result
    with pytest.raises(ValueError, match=r"must be \[34, 34\].*got shape \[19, 19\]"):
        cityscapes_result(matrix[:19, :19])
    with pytest.raises(ValueError, match="must have pixels"):
        cityscapes_result(0 * matrix)
