"""What belongs to a pair, and what belongs to none: nothing is passed over."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from cli_helpers import Evaluate, Folders, Run, save_nifti, save_npy, save_pair
from PIL import Image

GOOD = ([[0, 1], [1, 1]], [[0, 1], [0, 1]])
PAIR = ("--num-classes", 2)


@pytest.fixture
def good_pair(folders: Folders) -> Folders:
    """The two folders, with a pair that can be counted."""
    save_pair(folders, "good", *GOOD)
    return folders


def left_out(report: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (one["role"], one["kind"]): one["number"] for one in report["not_evaluated"]
    }


def save_png(path: Path, values: Any = GOOD[1]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path)


def test_broken_and_linked(evaluate: Evaluate, good_pair: Folders) -> None:
    elsewhere = good_pair[0].parent / "elsewhere"
    save_npy(elsewhere / "a.npy", GOOD[0])
    for folder in good_pair:
        (folder / "gone.npy").symlink_to(folder / "nowhere.npy")
        (folder / "more").symlink_to(elsewhere)
        (folder / "linked.npy").symlink_to(elsewhere / "a.npy")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert len(report["files"]) == 2  # a linked file is read
    kinds = ("broken link", "linked folder (see --follow-links)")
    assert left_out(report) == {
        (role, kind): 1 for role in ("prediction", "label") for kind in kinds
    }
    assert "not evaluated:\n" in outcome.err
    assert "  1 beside the predictions, broken link: gone.npy\n" in outcome.err
    assert evaluate(*PAIR, "--allow-problems")[0].status == 0

    (elsewhere / "round").symlink_to(elsewhere)
    _, report = evaluate(*PAIR, "--follow-links")
    assert [file["name"] for file in report["files"]] == ["good", "linked", "more/a"]
    assert left_out(report)["label", "folder that was searched before"] == 1


def test_unknown_formats_on_both_sides(evaluate: Evaluate, good_pair: Folders) -> None:
    for folder in good_pair:
        for suffix in (".bmp", ".BMP", ".dcm"):
            (folder / f"a{suffix}").write_bytes(b"")
        (folder / "dataset.json").write_text("{}")
    (good_pair[0] / "lonely.mat").write_bytes(b"")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert left_out(report) == {
        ("prediction", ".bmp file, a format that is not read"): 2,
        ("label", ".bmp file, a format that is not read"): 2,
        ("prediction", ".dcm file, a format that is not read"): 1,
        ("label", ".dcm file, a format that is not read"): 1,
        ("prediction", ".mat file"): 1,
        ("prediction", ".json file"): 1,
        ("label", ".json file"): 1,
    }


def test_hidden_folders_are_left_out(evaluate: Evaluate, good_pair: Folders) -> None:
    for folder in good_pair:
        save_npy(folder / ".ipynb_checkpoints/good-checkpoint.npy", GOOD[0])
        (folder / "._good.npy").write_bytes(b"resource fork")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 0
    assert [file["name"] for file in report["files"]] == ["good"]
    assert left_out(report) == {
        (role, kind): 1
        for role in ("prediction", "label")
        for kind in ("hidden file", "hidden folder")
    }


def test_a_fifo_does_not_hang(evaluate: Evaluate, good_pair: Folders) -> None:
    os.mkfifo(good_pair[0] / "pipe.npy")
    _, report = evaluate(*PAIR)
    assert left_out(report) == {("prediction", "neither a file nor a folder"): 1}


def test_a_file_without_access(
    evaluate: Evaluate, good_pair: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_npy(good_pair[0] / "closed.npy", GOOD[0])
    is_file = Path.is_file

    def look(path: Path) -> bool:
        if path.name == "closed.npy":
            raise PermissionError(13, "Permission denied")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", look)
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert left_out(report) == {("prediction", "file without access"): 1}


def test_names_in_two_normal_forms_pair(evaluate: Evaluate, folders: Folders) -> None:
    for folder, form, values in zip(folders, ("NFC", "NFD"), GOOD, strict=True):
        save_npy(folder / (unicodedata.normalize(form, "Zoë") + ".npy"), values)
    assert evaluate(*PAIR)[0].status == 0


@pytest.mark.parametrize("suffix", [".Nii", ".NII.GZ", ".nii.Gz"])
def test_suffixes_in_any_case_are_read(
    evaluate: Evaluate, folders: Folders, suffix: str
) -> None:
    plain = ".nii.gz" if "gz" in suffix.lower() else ".nii"
    for folder in folders:
        save_nifti(folder / f"A{plain}", np.ones((2, 3, 4), np.uint8))
        (folder / f"A{plain}").rename(folder / f"A{suffix}")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 0
    assert report["pixels"]["counted"] == 24


def test_strip_suffix(evaluate: Evaluate, folders: Folders) -> None:
    save_npy(folders[0] / "sub/a_pred.npy", GOOD[0])
    save_npy(folders[1] / "sub/a_gt.npy", GOOD[1])
    outcome, report = evaluate(
        *PAIR, "--strip-suffix", "_pred", "--strip-suffix", "_gt"
    )
    assert outcome.status == 0
    assert [file["name"] for file in report["files"]] == ["sub/a"]


def test_pattern_of_cityscapes(evaluate: Evaluate, folders: Folders) -> None:
    city = "frankfurt/frankfurt_000000_000294"
    save_png(folders[0] / f"{city}_leftImg8bit.png", GOOD[0])
    save_png(folders[1] / f"{city}_gtFine_labelIds.png")
    save_png(folders[1] / f"{city}_gtFine_color.png")
    pattern = ("{}_leftImg8bit.png", "{}_gtFine_labelIds.png")
    outcome, report = evaluate(*PAIR, "--pattern", *pattern)
    assert outcome.status == 0
    assert [file["name"] for file in report["files"]] == [city]
    assert left_out(report) == {
        ("label", "image that does not fit the pattern (--pattern)"): 1
    }
    outcome, _ = evaluate(*PAIR, "--pattern", "{}_x.png", pattern[1])
    assert outcome.status == 2
    assert "paired by the patterns '{}_x.png' and" in outcome.err
    assert evaluate(*PAIR, "--pattern", "a.png", "{}.png")[0].status == 2


def test_pattern_with_anything(evaluate: Evaluate, folders: Folders) -> None:
    save_png(folders[0] / "a1.png", GOOD[0])
    save_png(folders[1] / "city/a1_labelIds.png")
    outcome, _ = evaluate(*PAIR, "--pattern", "{}.png", "*/{}_labelIds.png")
    assert outcome.status == 0


def test_manifest(evaluate: Evaluate, folders: Folders, tmp_path: Path) -> None:
    for name in ("a1", "a2", "unused"):
        save_npy(folders[0] / f"{name}.npy", GOOD[0])
    save_npy(folders[1] / "truth.npy", GOOD[1])
    manifest = tmp_path / "pairs.csv"
    manifest.write_text(
        "name, prediction,label\n"
        "first,a1.npy,truth.npy\n"
        ",a2.npy,truth.npy\n"
        "gone,absent.npy,truth.npy\n"
        "no label,a1.npy,absent.npy\n",
        encoding="utf-8-sig",
    )
    outcome, report = evaluate(*PAIR, "--pairs", manifest)
    assert outcome.status == 1
    assert [file["name"] for file in report["files"]] == ["first", "truth"]
    assert [(one["kind"], one["file"]) for one in report["problems"]] == [
        ("missing prediction", "gone"),
        ("missing label", "no label"),
    ]
    assert left_out(report) == {
        ("prediction", "image that the manifest does not name"): 1
    }
    manifest.write_text("pred,label\n")
    outcome, _ = evaluate(*PAIR, "--pairs", manifest)
    assert outcome.status == 2
    assert "must have the columns prediction and label (and may have name), got" in (
        outcome.err
    )


def test_suffix_chooses_a_format(evaluate: Evaluate, good_pair: Folders) -> None:
    save_png(good_pair[0] / "good.png")
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    assert "(--suffix chooses a format)" in report["problems"][0]["message"]
    outcome, report = evaluate(*PAIR, "--suffix", ".npy")
    assert outcome.status == 0
    assert left_out(report) == {
        ("prediction", "file without the suffix .npy (--suffix)"): 1
    }


def test_what_there_is_instead_of_images(run: Run, folders: Folders) -> None:
    (folders[0] / "a.bmp").write_bytes(b"")
    outcome = run("evaluate", *folders, *PAIR)
    assert outcome.status == 2
    assert "there are 1 x .bmp file" in outcome.err


def test_ignore_index_does_not_take_the_folders(run: Run, good_pair: Folders) -> None:
    for option in (["--ignore-index", 255, -1], ["--ignore-index=255,-1"]):
        outcome = run("evaluate", *option, *good_pair, *PAIR)
        assert (outcome.status, outcome.err) == (0, "")
    assert run("evaluate", "--ignore-index", "x", *good_pair, *PAIR).status == 2


def test_values_that_begin_with_a_negative_number(
    evaluate: Evaluate, folders: Folders
) -> None:
    save_npy(folders[0] / "a.npy", [0, 1])
    save_npy(folders[1] / "a.npy", [-1, 5], np.int8)
    outcome, report = evaluate(*PAIR, "--label-map", "-1:0,5:1")
    assert outcome.status == 0
    assert report["matrix"] == [[1, 0], [0, 1]]


def save_turned(path: Path, values: Any, turn: Any) -> None:
    nibabel.save(nibabel.Nifti1Image(values, np.asarray(turn, float)), path)


CUBE = np.random.default_rng(3).integers(0, 2, (4, 4, 4)).astype(np.uint8)


def test_axes_of_a_cube_are_asked_for(evaluate: Evaluate, folders: Folders) -> None:
    save_npy(folders[0] / "a.npy", CUBE.T)
    save_nifti(folders[1] / "a.nii.gz", CUBE)
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 1
    (problem,) = report["problems"]
    assert problem["kind"] == "axes"
    assert "does not name its axes" in problem["message"]
    assert "has x, y, z: pass --axes zyx:xyz, or --axes same" in problem["message"]
    outcome, report = evaluate(*PAIR, "--axes", "zyx:xyz")
    assert outcome.status == 0
    assert report["averages"]["macro"]["dice"] == 1
    assert evaluate(*PAIR, "--axes", "same")[1]["averages"]["macro"]["dice"] < 1


def test_axes_that_lengths_tell(evaluate: Evaluate, folders: Folders) -> None:
    volume = np.random.default_rng(3).integers(0, 2, (3, 4, 5)).astype(np.uint8)
    save_npy(folders[0] / "a.npy", volume)
    save_nifti(folders[1] / "a.nii.gz", volume)
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 0
    assert report["files"][0]["notes"][0]["kind"] == "axes"
    assert "axes: a file that does not name its axes was compared as stored" in (
        outcome.out
    )
    save_npy(folders[0] / "a.npy", volume.T)
    _, report = evaluate(*PAIR)
    assert "--axes zyx:xyz" in report["problems"][0]["message"]


def test_rows_and_columns_of_an_array_are_noted(
    evaluate: Evaluate, folders: Folders
) -> None:
    save_npy(folders[0] / "a.npy", CUBE[0])
    save_png(folders[1] / "a.png", CUBE[0])
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 0
    assert report["files"][0]["notes"] == [
        {
            "kind": "axes",
            "message": "a file that does not name its axes was compared as stored "
            "with a picture, row by row",
        }
    ]
    assert evaluate(*PAIR, "--axes", "same")[1]["files"][0]["notes"] == []


def test_axes_of_a_slice_and_a_picture(evaluate: Evaluate, folders: Folders) -> None:
    save_png(folders[0] / "a.png", CUBE[0].T)
    save_nifti(folders[1] / "a.nii", CUBE[0])
    _, report = evaluate(*PAIR)
    assert "has y, x, " in report["problems"][0]["message"]
    assert "--axes yx:xy" in report["problems"][0]["message"]
    _, report = evaluate(*PAIR, "--axes", "yx:xy")
    assert report["averages"]["macro"]["dice"] == 1
    (folders[0] / "a.png").rename(folders[1] / "a.png")
    (folders[1] / "a.nii").rename(folders[0] / "a.nii")
    _, report = evaluate(*PAIR)
    assert "--axes xy:yx" in report["problems"][0]["message"]


@pytest.mark.parametrize("value", ["zyx", "zyx:xy", "xx:xx", "a:a", "zyx:xyzt"])
def test_bad_axes(evaluate: Evaluate, good_pair: Folders, value: str) -> None:
    assert evaluate(*PAIR, "--axes", value)[0].status == 2


def test_orientation(evaluate: Evaluate, folders: Folders) -> None:
    volume = np.random.default_rng(3).integers(0, 2, (3, 4, 5)).astype(np.uint8)
    affine = np.diag([1.0, 1.5, 2.0, 1.0])
    affine[:3, 3] = -10, 5, 7
    image = nibabel.Nifti1Image(volume, affine)
    nibabel.save(image, folders[1] / "a.nii.gz")
    turn = nibabel.orientations.axcodes2ornt(("P", "L", "S"))
    nibabel.save(image.as_reoriented(turn), folders[0] / "a.nii.gz")
    _, report = evaluate(*PAIR)
    assert report["problems"][0]["kind"] == "shape"

    outcome, report = evaluate(*PAIR, "--reorient")
    assert outcome.status == 0
    assert report["averages"]["macro"]["dice"] == 1

    turn = nibabel.orientations.axcodes2ornt(("L", "P", "S"))
    nibabel.save(image.as_reoriented(turn), folders[0] / "a.nii.gz")
    _, report = evaluate(*PAIR)
    assert (
        "same orientation, got LPS and RAS: --reorient turns the prediction"
        in (report["problems"][0]["message"])
    )
    assert evaluate(*PAIR, "--reorient")[1]["averages"]["macro"]["dice"] == 1


def test_spacing(evaluate: Evaluate, folders: Folders) -> None:
    for folder, length in zip(folders, (1.0, 1.25), strict=True):
        save_turned(folder / "a.nii", CUBE, np.diag([1, 1, length, 1]))
    _, report = evaluate(*PAIR)
    assert (
        "same spacing within 0.001, got 1 x 1 x 1 and 1 x 1 x 1.25: resample"
        in (report["problems"][0]["message"])
    )
    assert evaluate(*PAIR, "--ignore-geometry")[0].status == 0


def test_a_header_without_a_position(evaluate: Evaluate, folders: Folders) -> None:
    for folder, code in zip(folders, (0, 1), strict=True):
        save_turned(folder / "a.nii", CUBE, np.eye(4))
        data = bytearray((folder / "a.nii").read_bytes())
        data[252:256] = bytes([code, 0, code, 0])  # qform_code and sform_code
        (folder / "a.nii").write_bytes(data)
    outcome, report = evaluate(*PAIR)
    assert outcome.status == 0
    assert [note["kind"] for note in report["files"][0]["notes"]] == ["no position"]


def test_dtypes_that_differ_are_named(evaluate: Evaluate, good_pair: Folders) -> None:
    save_pair(good_pair, "other", *GOOD)
    save_npy(good_pair[1] / "other.npy", GOOD[1], np.float32)
    outcome, report = evaluate(*PAIR)
    assert report["files"][1]["dtypes"] == ["uint8", "float32"]
    assert "labels are not all stored alike: 1 of uint8, 1 of float32" in outcome.out
    assert "predictions are not" not in outcome.out
