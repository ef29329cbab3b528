"""`torchtally evaluate`: its numbers, against scikit-learn and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli_helpers import (
    Evaluate,
    Folders,
    Run,
    random_labels,
    save_nifti,
    save_npy,
    save_pair,
)
from PIL import Image
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

CLASSES = 4
# By hand: class 0 has tp 2, fp 1, fn 1; class 1 tp 2, fp 1, fn 1; class 2 is absent.
BY_HAND = ([[0, 0, 1], [1, 1, 0]], [[0, 0, 0], [1, 1, 1]])


def test_by_hand(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", *BY_HAND)
    outcome, report = evaluate("--num-classes", 3)
    assert outcome.status == 0
    assert outcome.err == ""
    assert report["matrix"] == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert [row["support"] for row in report["classes"]] == [3, 3, 0]
    assert [row["dice"] for row in report["classes"]] == [2 / 3, 2 / 3, None]
    assert [row["iou"] for row in report["classes"]] == [0.5, 0.5, None]
    assert report["averages"]["macro"] == {"dice": 2 / 3, "iou": 0.5, "f1": 2 / 3}
    assert report["averages"]["micro"] == {"dice": 2 / 3, "iou": 0.5, "f1": 2 / 3}


def test_table(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", *BY_HAND)
    outcome, _ = evaluate("--num-classes", 3, "--class-names", "sky, [bold]road,cat")
    rows = [line.split() for line in outcome.out.splitlines()]
    assert ["class", "name", "support", "Dice", "IoU", "F1"] in rows
    assert ["1", "[bold]road", "3", "0.6667", "0.5000", "0.6667"] in rows
    assert ["2", "cat", "0", "–", "–", "–"] in rows
    assert ["macro", "0.6667", "0.5000", "0.6667"] in rows
    assert ["micro", "0.6667", "0.5000", "0.6667"] in rows
    assert "1 pair, 6 pixels counted\n" in outcome.out
    assert "aggregation global, zero division skip" in outcome.out
    assert "– undefined, neither labelled nor predicted: cat\n" in outcome.out


def test_table_does_not_round_up_to_one(evaluate: Evaluate, folders: Folders) -> None:
    label = np.zeros(200_000, np.uint8)
    prediction = label.copy()
    prediction[0] = 1
    save_pair(folders, "a", prediction, label)
    outcome, _ = evaluate("--num-classes", 2)
    assert "0.9999" in outcome.out
    assert "1.0000" not in outcome.out


def write_every_format(folders: Folders) -> tuple[Any, Any]:
    """Write a pair in each format; return all predictions and labels, flat."""
    flat: tuple[list[Any], list[Any]] = ([], [])
    for seed, name in enumerate(
        ["v/a.nii", "v/b.nii.gz", "c.png", "p.png", "d.tif", "e.tiff", "f.npy"]
    ):
        shape = (5, 6, 7) if "v/" in name or name == "e.tiff" else (30, 20)
        pair = random_labels(seed, shape, CLASSES)
        for folder, values, collected in zip(folders, pair, flat, strict=True):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            collected.append(values.ravel())
            if "v/" in name:
                save_nifti(path, values.astype(np.int16))
            elif name == "f.npy":
                save_npy(path, values, ">i8")
            elif name == "e.tiff":
                pages = [Image.fromarray(page) for page in values]
                pages[0].save(path, save_all=True, append_images=pages[1:])
            elif name == "p.png":
                image = Image.fromarray(values)
                image.putpalette(list(range(60, 60 + 3 * CLASSES)))
                image.save(path)
            else:
                dtype = np.uint16 if name == "d.tif" else np.uint8
                Image.fromarray(values.astype(dtype)).save(path)
    return np.concatenate(flat[0]), np.concatenate(flat[1])


def test_every_format_against_sklearn(evaluate: Evaluate, folders: Folders) -> None:
    prediction, label = write_every_format(folders)
    outcome, report = evaluate("--num-classes", CLASSES)
    assert outcome.status == 0
    assert report["pixels"]["counted"] == report["pixels"]["total"] == label.size
    np.testing.assert_array_equal(report["matrix"], confusion_matrix(label, prediction))
    for key, score in (("f1", f1_score), ("dice", f1_score), ("iou", jaccard_score)):
        scores = [row[key] for row in report["classes"]]
        np.testing.assert_allclose(
            scores, score(label, prediction, average=None), rtol=1e-12
        )
        for average in ("macro", "micro"):
            expected = score(label, prediction, average=average)
            assert report["averages"][average][key] == pytest.approx(expected, 1e-12)


def test_formats_may_differ_within_a_pair(evaluate: Evaluate, folders: Folders) -> None:
    save_npy(folders[0] / "x/a.npy", [[0, 1], [1, 1]], np.int32)
    (folders[1] / "x").mkdir()
    Image.fromarray(np.eye(2, dtype=bool)).save(folders[1] / "x/a.PNG")
    outcome, report = evaluate("--num-classes", 2)
    assert outcome.status == 0
    assert report["matrix"] == [[0, 2], [1, 1]]


def test_ignore_index_against_sklearn(evaluate: Evaluate, folders: Folders) -> None:
    prediction, label = random_labels(5, (40, 50), CLASSES, np.int16)
    label[:3], label[3:5] = 255, -1
    save_npy(folders[0] / "a.npy", prediction, np.int16)
    save_npy(folders[1] / "a.npy", label, np.int16)
    outcome, report = evaluate("--num-classes", CLASSES, "--ignore-index", 255, -1)
    kept = (label != 255) & (label != -1)
    expected = f1_score(label[kept], prediction[kept], average=None)
    assert outcome.status == 0
    np.testing.assert_allclose([row["f1"] for row in report["classes"]], expected)
    assert report["pixels"]["ignored"] == 250
    assert "1,750 pixels counted, 250 ignored (label 255, -1)\n" in outcome.out


def test_ignored_class_in_range(evaluate: Evaluate, folders: Folders) -> None:
    prediction, label = random_labels(6, (40, 50), CLASSES)
    save_pair(folders, "a", prediction, label)
    outcome, report = evaluate("--num-classes", CLASSES, "--ignore-index", 2)
    kept = label != 2
    expected = f1_score(
        label[kept], prediction[kept], labels=[0, 1, 3], average="macro"
    )
    assert report["averages"]["macro"]["f1"] == pytest.approx(expected, 1e-12)
    assert report["classes"][2]["f1"] is None
    assert report["classes"][2]["ignored"]
    assert not report["classes"][2]["averaged"]
    assert "– not scored, its label is ignored: 2\n" in outcome.out


def test_exclude_background(evaluate: Evaluate, folders: Folders) -> None:
    prediction, label = random_labels(7, (40, 50), CLASSES)
    save_pair(folders, "a", prediction, label)
    outcome, report = evaluate("--num-classes", CLASSES, "--exclude-background")
    for average in ("macro", "micro"):
        expected = f1_score(label.ravel(), prediction.ravel(), labels=[1, 2, 3],
                            average=average)  # fmt: skip
        assert report["averages"][average]["f1"] == pytest.approx(expected, 1e-12)
    assert [row["averaged"] for row in report["classes"]] == [False, True, True, True]
    assert report["classes"][0]["f1"] is not None
    assert "macro and micro leave out the background, 0\n" in outcome.out


@pytest.mark.parametrize(
    ("value", "dice", "macro"),
    [("skip", None, 2 / 3), ("nan", None, None), ("1", 1.0, (2 / 3 + 2 / 3 + 1) / 3)],
)
def test_zero_division(
    evaluate: Evaluate,
    folders: Folders,
    value: str,
    dice: float | None,
    macro: float | None,
) -> None:
    save_pair(folders, "a", *BY_HAND)
    outcome, report = evaluate("--num-classes", 3, "--zero-division", value)
    assert report["classes"][2]["dice"] == dice
    assert report["averages"]["macro"]["dice"] == pytest.approx(macro)
    note = {
        "skip": "– undefined, neither labelled nor predicted: 2",
        "nan": "– undefined average, --zero-division nan passes an undefined score on",
        "1": "1.0, neither labelled nor predicted: 2",
    }
    assert note[value] in outcome.out.splitlines()


def test_undefined_when_empty_target(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 0, 1], [0, 0, 0])
    assert evaluate("--num-classes", 2)[1]["classes"][1]["dice"] == 0
    outcome, report = evaluate(
        "--num-classes", 2, "--undefined-when", "empty_target", "--zero-division", "nan"
    )
    assert report["classes"][1]["dice"] is None
    assert "– undefined, in no label: 1\n" in outcome.out


def test_samplewise(evaluate: Evaluate, folders: Folders) -> None:
    pairs = [random_labels(seed, (seed + 3, 9), CLASSES) for seed in range(4)]
    pairs[2][0][:], pairs[2][1][:] = 1, 1  # the other classes are undefined here
    for number, pair in enumerate(pairs):
        save_pair(folders, str(number), *pair)
    outcome, report = evaluate("--num-classes", CLASSES, "--aggregation", "samplewise")
    by_file = np.array(
        [
            f1_score(
                label.ravel(),
                prediction.ravel(),
                labels=range(CLASSES),
                average=None,
                zero_division=np.nan,
            )
            for prediction, label in pairs
        ]
    )
    classes = [row["f1"] for row in report["classes"]]
    np.testing.assert_allclose(classes, np.nanmean(by_file, axis=0))
    macro = np.nanmean(by_file, axis=1)
    assert report["averages"]["macro"]["f1"] == pytest.approx(macro.mean())
    for number, file in enumerate(report["files"]):
        assert file["name"] == str(number)
        assert file["averages"]["macro"]["f1"] == pytest.approx(macro[number])
    assert [row["f1"] for row in report["files"][2]["classes"]] == [None, 1, None, None]
    assert "aggregation samplewise" in outcome.out


def test_out_of_range_ignored(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [0, 1, 7, 1, 1], [0, 1, 1, 255, 9])
    outcome, report = evaluate(
        "--num-classes", 2, "--ignore-index", 255, "--out-of-range", "ignore"
    )
    assert outcome.status == 0
    assert report["matrix"] == [[1, 0], [0, 1]]
    assert report["pixels"] == {
        "total": 5, "counted": 2, "ignored": 1, "skipped": 2, "missed": 0
    }  # fmt: skip
    assert "2 out of range left out" in outcome.out


def test_out_of_range_missed(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", [1, 1, 1, 2, 2, 2, 3], [1, 1, 1, 2, 2, 2, 255])
    outcome, report = evaluate("--num-classes", 6, "--out-of-range", "miss")
    assert outcome.status == 0
    assert report["averages"]["micro"]["f1"] == pytest.approx(6 / 7)
    assert np.shape(report["matrix"]) == (7, 7)
    assert report["matrix"][6][3] == 1
    assert report["pixels"]["missed"] == 1
    assert "1 of them out of range, as misses" in outcome.out


def test_many_classes_keep_no_matrix(evaluate: Evaluate, folders: Folders) -> None:
    prediction, label = random_labels(8, (60, 50), 3000, np.uint16)
    for folder, values in zip(folders, (prediction, label), strict=True):
        save_npy(folder / "a.npy", values, np.uint16)
    outcome, report = evaluate("--num-classes", 3000)
    expected = f1_score(label.ravel(), prediction.ravel(), average="macro")
    assert outcome.status == 0
    assert report["averages"]["macro"]["f1"] == pytest.approx(expected)
    assert report["matrix"] is None
    assert report["files"][0]["classes"] == []


def test_two_files(run: Run, tmp_path: Path) -> None:
    save_npy(tmp_path / "prediction.npy", BY_HAND[0])
    save_npy(tmp_path / "truth.npy", BY_HAND[1])
    outcome = run(
        "evaluate", tmp_path / "prediction.npy", tmp_path / "truth.npy",
        "--num-classes", 3,
    )  # fmt: skip
    assert outcome.status == 0
    assert "1 pair, 6 pixels counted" in outcome.out


def test_other_files_are_left_alone(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", *BY_HAND)
    (folders[0] / "dataset.json").write_text("{}")
    (folders[1] / "._a.npy").write_bytes(b"resource fork")
    outcome, report = evaluate("--num-classes", 3)
    assert outcome.status == 0
    assert len(report["files"]) == 1


def test_threads_are_restored(evaluate: Evaluate, folders: Folders) -> None:
    save_pair(folders, "a", *BY_HAND)
    before = torch.get_num_threads()
    assert evaluate("--num-classes", 3, "--threads", before + 1)[0].status == 0
    assert torch.get_num_threads() == before
