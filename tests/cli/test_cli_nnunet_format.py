"""summary.json of nnU-Net, beside nnU-Net's own evaluator."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cli_helpers import random_labels

import torchtally
from torchtally.cli._nnunet_format import (
    nnunet_json,
    nnunet_summary,
    region_counts,
)

_spec = importlib.util.find_spec("nnunetv2")


@pytest.fixture
def evaluator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """nnU-Net's file, without what reads images and starts processes."""
    if _spec is None or _spec.origin is None:
        pytest.skip("nnunetv2, of requirements/sources.txt")

    def listed(folder: str, suffix: str, join: bool) -> list[str]:
        assert not join
        return sorted(p.name for p in Path(folder).iterdir() if p.name.endswith(suffix))

    def save(document: Any, path: str, indent: int = 4, sort_keys: bool = True) -> None:
        Path(path).write_text(json.dumps(document, indent=indent, sort_keys=sort_keys))

    files = {
        "subfiles": listed,
        "join": lambda *parts: str(Path(*parts)),
        "save_json": save,
        "load_json": lambda path: json.loads(Path(path).read_text()),
        "isfile": lambda path: Path(path).is_file(),
    }
    registry = "determine_reader_writer_from"
    absent: dict[str, dict[str, Any]] = {
        "batchgenerators": {},
        "batchgenerators.utilities": {},
        "batchgenerators.utilities.file_and_folder_operations": files,
        "nnunetv2.configuration": {"default_num_processes": 1},
        "nnunetv2.imageio": {},
        "nnunetv2.imageio.base_reader_writer": {"BaseReaderWriter": object},
        "nnunetv2.imageio.reader_writer_registry": {
            f"{registry}_dataset_json": None,
            f"{registry}_file_ending": None,
        },
        "nnunetv2.imageio.simpleitk_reader_writer": {"SimpleITKIO": object},
        "nnunetv2.utilities.plans_handling": {},
        "nnunetv2.utilities.plans_handling.plans_handler": {"PlansManager": object},
    }
    for name, content in absent.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    path = Path(_spec.origin).parent / "evaluation/evaluate_predictions.py"
    spec = importlib.util.spec_from_file_location("evaluate_predictions_of_file", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Pool:
        def __init__(self, processes: int) -> None: ...

        def __enter__(self) -> Pool:
            return self

        def __exit__(self, *_: object) -> None: ...

        def starmap(self, function: Any, arguments: Any) -> list[Any]:
            return [function(*each) for each in arguments]

    context = SimpleNamespace(Pool=Pool)
    monkeypatch.setattr(
        module, "multiprocessing", SimpleNamespace(get_context=lambda _: context)
    )
    return module


class Reader:
    """Reads .npy as nnU-Net's readers read volumes."""

    def read_seg(self, path: str) -> tuple[Any, dict[str, Any]]:
        return np.load(path)[None], {}


@pytest.mark.parametrize("ignore_label", [None, 4])
@pytest.mark.parametrize("regions", [[1, 2, 3], [(1, 2, 3), (2, 3), 3, (1,)], [0, 1]])
def test_summary_is_nnunets_byte_for_byte(
    evaluator: ModuleType, tmp_path: Path, regions: Any, ignore_label: int | None
) -> None:
    folders = tmp_path / "labelsTr", tmp_path / "predictions"
    cases = []
    for folder in folders:
        folder.mkdir()
    for seed in range(5):
        prediction, label = random_labels(seed, (5, 9, 7), 4)
        if seed in (1, 3):  # a class that is in neither
            prediction[prediction == 3] = 2
            label[label == 3] = 1
        if ignore_label is not None:
            label[:2] = ignore_label
        paths = [folder / f"case_{seed}.npy" for folder in folders]
        for path, values in zip(paths, (label, prediction), strict=True):
            np.save(path, values)
        matrix = torchtally.confusion_matrix(
            prediction, label, 4, ignore_index=ignore_label
        )
        cases.append((str(paths[0]), str(paths[1]), matrix.numpy()))
    output = tmp_path / "summary.json"
    evaluator.compute_metrics_on_folder(
        *map(str, folders), str(output), Reader(), ".npy", regions, ignore_label, 1
    )
    found = nnunet_json(nnunet_summary(cases, regions))
    assert found == output.read_bytes()
    assert (b"NaN" in found) == (3 in regions)


def test_a_class_that_is_nowhere(evaluator: ModuleType, tmp_path: Path) -> None:
    label = np.array([[0, 1], [1, 0]])
    for folder in ("labels", "predictions"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "a.npy", label)
    paths = [str(tmp_path / folder / "a.npy") for folder in ("labels", "predictions")]
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        evaluator.compute_metrics_on_folder(
            str(tmp_path / "labels"),
            str(tmp_path / "predictions"),
            str(tmp_path / "summary.json"),
            Reader(),
            ".npy",
            [1, 2],
        )
    matrix = torchtally.confusion_matrix(label, label, 3).numpy()
    summary = nnunet_summary([(paths[0], paths[1], matrix)], [1, 2])
    assert nnunet_json(summary) == (tmp_path / "summary.json").read_bytes()
    assert np.isnan(summary["foreground_mean"]["Dice"])


def test_by_hand() -> None:
    matrix = np.array([[5, 1, 0], [2, 3, 1], [0, 1, 4]])
    assert region_counts(matrix, 1) == {"FP": 2, "TP": 3, "FN": 3, "TN": 9}
    assert region_counts(matrix, (2, 1, 1)) == {"FP": 1, "TP": 9, "FN": 2, "TN": 5}
    summary = nnunet_summary([("r", "p", matrix)], [1, (1, 2)])
    assert summary["mean"][(1, 2)]["Dice"] == 18 / 21
    assert list(json.loads(nnunet_json(summary))["mean"]) == ["(1, 2)", "1"]
    with pytest.raises(ValueError, match=r"must name labels in 0..2, got \(1, 3\)"):
        region_counts(matrix, (1, 3))
    with pytest.raises(ValueError, match="at least one case"):
        nnunet_summary([], [1])
