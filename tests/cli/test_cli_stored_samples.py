"""TIFF, NIfTI and archives as they are stored, or a refusal that says why."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import tifffile
import torch
from cli_helpers import Array, Evaluate, Folders, save_nifti, save_npy
from PIL import Image as Pillow

from torchtally.cli._formats import read_image
from torchtally.cli._image import as_labels
from torchtally.cli._problems import LabelFileError

VOLUME = np.random.default_rng(0).integers(0, 4, (5, 6, 7), np.uint8)


def stored(path: Path, key: str | None = None) -> Array:
    return as_labels(read_image(path, key), False)[0]


def test_imagej_stack_of_one_directory_is_scored_whole(
    evaluate: Evaluate, folders: Folders
) -> None:
    for folder in folders:
        path = folder / "a.tif"
        tifffile.imwrite(path, VOLUME, imagej=True, metadata={"axes": "ZYX"})
        # ImageJ writes stacks beyond 4 GB with one directory, tifffile here too.
        with tifffile.TiffFile(path, mode="r+b") as tiff:
            first = tiff.pages.first
            after = first.offset + 2 + 12 * len(first.tags)
            tiff.filehandle.seek(after)
            tiff.filehandle.write(b"\0\0\0\0")
    with Pillow.open(folders[0] / "a.tif") as image:
        assert getattr(image, "n_frames", 1) == 1  # what Pillow sees
    outcome, report = evaluate("--num-classes", 4)
    assert outcome.status == 0
    assert report["pixels"]["counted"] == VOLUME.size == 210


@pytest.mark.parametrize("truncate", [False, True])
def test_a_shape_in_the_description(tmp_path: Path, truncate: bool) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", VOLUME, photometric="minisblack", truncate=truncate
    )
    np.testing.assert_array_equal(stored(tmp_path / "a.tif"), VOLUME)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("i1", [-1, 0, 1]),
        ("u4", [0, 1, 4294967295]),
        ("i4", [-5, 0, 2**30]),
        ("i8", [-(2**40), 0, 2**40]),
        ("u8", [0, 1, 2**40]),
        ("f2", [0, 1, 3]),
        ("f4", [0, 1, 3]),
        ("f8", [0, 1, -3]),
    ],
)
def test_tiff_dtypes(tmp_path: Path, dtype: str, values: list[int]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.array([values, values], dtype))
    assert stored(tmp_path / "a.tif").tolist() == [values, values]


def test_white_is_zero_is_not_inverted(tmp_path: Path) -> None:
    bits = VOLUME[0] > 1
    tifffile.imwrite(tmp_path / "a.tif", bits, photometric="miniswhite")
    np.testing.assert_array_equal(stored(tmp_path / "a.tif"), bits)
    tifffile.imwrite(tmp_path / "b.tif", VOLUME[0], photometric="miniswhite")
    np.testing.assert_array_equal(stored(tmp_path / "b.tif"), VOLUME[0])


@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("name", ["tiff_lzw", "group4", "tiff_adobe_deflate"])
def test_compressed_tiff(tmp_path: Path, name: str, white_is_zero: bool) -> None:
    shown = VOLUME[0] > 1 if name == "group4" else VOLUME[0]
    path = tmp_path / "a.tif"
    tags = {262: 0} if white_is_zero else {}
    Pillow.fromarray(shown).save(path, compression=name, tiffinfo=tags)
    with tifffile.TiffFile(path) as tiff:
        inverted = tiff.pages.first.photometric == 0
    highest = 1 if name == "group4" else 255
    # Pillow writes the samples that show what it was given.
    expected = highest - shown.astype(np.uint8) if inverted else shown
    np.testing.assert_array_equal(stored(path), expected)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "?"])
def test_lzw_volumes(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "a.tif"
    labels = (VOLUME > 1 if dtype == "?" else VOLUME).astype(dtype)
    first, *others = [Pillow.fromarray(page) for page in labels]
    first.save(path, save_all=True, append_images=others, compression="tiff_lzw")
    np.testing.assert_array_equal(stored(path), labels)


def test_jpeg_is_refused(tmp_path: Path) -> None:
    Pillow.fromarray(VOLUME[0]).save(tmp_path / "a.tif", compression="jpeg")
    with pytest.raises(LabelFileError, match="compressed by JPEG, which changes"):
        stored(tmp_path / "a.tif")


def test_several_images_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as tiff:
        tiff.write(VOLUME[0], metadata={"axes": "YX"})
        tiff.write(VOLUME[0][:3], metadata={"axes": "YX"})
    with pytest.raises(LabelFileError, match="one image, got 2: 6 x 7, 3 x 7"):
        stored(tmp_path / "a.ome.tif")


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_predictor(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "a.tif"
    labels = VOLUME[0].astype(dtype)
    tifffile.imwrite(path, labels, compression="zlib", predictor=True)
    np.testing.assert_array_equal(stored(path), labels)


def write_overview_and_mask(path: Path, labels: Array) -> None:
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(labels, metadata=None)
        tiff.write(labels[::2, ::2], subfiletype=1, metadata=None)
        tiff.write(labels > 0, subfiletype=4, metadata=None)


def test_overviews_and_masks_are_no_slices(
    evaluate: Evaluate, folders: Folders
) -> None:
    for folder in folders:
        write_overview_and_mask(folder / "a.tif", VOLUME[0])
    outcome, report = evaluate("--num-classes", 4)
    assert outcome.status == 0
    assert report["pixels"]["counted"] == 42
    messages = [note["message"] for note in report["files"][0]["notes"]]
    assert "1 overview of a TIFF not counted" in messages
    assert "1 mask of a TIFF not counted" in messages
    assert "pages left out: 1 overview of a TIFF not counted" in outcome.out


def test_overviews_alone_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", VOLUME[0], subfiletype=1)
    with pytest.raises(LabelFileError, match="got 1 overviews and masks alone"):
        stored(tmp_path / "a.tif")


@pytest.mark.parametrize("where", ["middle", "checksum", "trailing", "second"])
def test_damaged_gzip_stream(tmp_path: Path, where: str) -> None:
    path = tmp_path / "a.nii.gz"
    labels = np.random.default_rng(1).integers(0, 200, (40, 40, 4)).astype(np.uint8)
    save_nifti(tmp_path / "a.nii", labels)
    whole = (tmp_path / "a.nii").read_bytes()
    packed = bytearray(gzip.compress(whole, 0))  # stored: any byte may change
    if where == "middle":
        packed[len(packed) // 2] ^= 1
    elif where == "checksum":
        packed[-6] ^= 1
    elif where == "trailing":
        packed += b"rubbish"
    else:
        packed += gzip.compress(b"another file")
    path.write_bytes(packed)
    with pytest.raises(LabelFileError, match="cannot be read: "):
        stored(path)


def test_padding_with_zeros_is_allowed(tmp_path: Path) -> None:
    save_nifti(tmp_path / "a.nii", VOLUME)
    whole = (tmp_path / "a.nii").read_bytes()
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(whole + b"\0" * 99) + b"\0" * 9)
    np.testing.assert_array_equal(stored(tmp_path / "a.nii.gz"), VOLUME)
    (tmp_path / "a.nii").write_bytes(whole + b"more")
    with pytest.raises(LabelFileError, match="4 bytes follow the last voxel"):
        stored(tmp_path / "a.nii")


def test_the_slope_is_named(evaluate: Evaluate, folders: Folders) -> None:
    labels = np.array([[[0, 10, 20]]], np.int16)
    for folder in folders:
        image = nibabel.Nifti1Image(labels, np.eye(4))
        image.header.set_slope_inter(0.1, 0)
        nibabel.save(image, folder / "a.nii")
    outcome, report = evaluate("--num-classes", 3)
    message = report["problems"][0]["message"]
    assert "must be whole numbers, got 1.0000000149011612: " in message
    assert "slope 0.10000000149011612 and intercept 0.0 (--round" in message
    outcome, report = evaluate("--num-classes", 3, "--round")
    assert outcome.status == 0
    assert [row["support"] for row in report["classes"]] == [1, 1, 1]
    assert "rounded: 2 values were rounded, by 2.98e-08 at most (1 pair, first a)" in (
        outcome.out
    )


def test_colours_of_nifti_are_refused(tmp_path: Path) -> None:
    colours = np.zeros((2, 2, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(colours, np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(LabelFileError, match="one number a voxel, got colours"):
        stored(tmp_path / "a.nii")


def test_nifti2(tmp_path: Path) -> None:
    image = nibabel.Nifti2Image(VOLUME, np.eye(4))
    nibabel.save(image, tmp_path / "a.nii")
    np.testing.assert_array_equal(stored(tmp_path / "a.nii"), VOLUME)


def test_npz(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", seg=VOLUME)
    np.testing.assert_array_equal(stored(tmp_path / "a.npz"), VOLUME)
    np.savez(tmp_path / "b.npz", seg=VOLUME, other=VOLUME + 1)
    np.testing.assert_array_equal(stored(tmp_path / "b.npz", "other"), VOLUME + 1)
    with pytest.raises(LabelFileError, match="got seg, other: --key names the one"):
        stored(tmp_path / "b.npz")
    with pytest.raises(LabelFileError, match=r"'x' \(--key\), got seg, other"):
        stored(tmp_path / "b.npz", "x")
    data = bytearray((tmp_path / "b.npz").read_bytes())
    data[data.index(VOLUME.tobytes()) + 100] ^= 1
    (tmp_path / "b.npz").write_bytes(data)
    with pytest.raises(LabelFileError, match="cannot be read: Bad CRC-32"):
        stored(tmp_path / "b.npz", "seg")


def test_npy_with_more_behind_it(tmp_path: Path) -> None:
    save_npy(tmp_path / "a.npy", VOLUME)
    with (tmp_path / "a.npy").open("ab") as file:
        file.write(b"x")
    with pytest.raises(LabelFileError, match="there is more behind the array"):
        stored(tmp_path / "a.npy")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bfloat16])
def test_tensors(tmp_path: Path, dtype: torch.dtype) -> None:
    from safetensors.torch import save_file

    tensor = torch.from_numpy(VOLUME).to(dtype)
    torch.save(tensor, tmp_path / "a.pt")
    torch.save({"x": tensor, "y": tensor[:1]}, tmp_path / "b.pth")
    save_file({"x": tensor}, str(tmp_path / "c.safetensors"))
    for name, key in (("a.pt", None), ("b.pth", "x"), ("c.safetensors", None)):
        np.testing.assert_array_equal(stored(tmp_path / name, key), VOLUME)


def changed(path: Path, place: float) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "name", ["a.png", "a.tif", "a.npz", "a.pt", "a.mha", "a.mhd", "a.nrrd", "a.nii.gz"]
)
def test_changed_bytes_are_noticed(tmp_path: Path, name: str) -> None:
    labels = np.random.default_rng(1).integers(0, 200, (4, 40, 40)).astype(np.uint8)
    path = tmp_path / name
    if name in ("a.mha", "a.mhd", "a.nrrd"):
        sitk = pytest.importorskip("SimpleITK")
        sitk.WriteImage(sitk.GetImageFromArray(labels), str(path), useCompression=True)
    elif name == "a.png":
        labels = labels[0]
        Pillow.fromarray(labels).save(path, compress_level=0)
    elif name == "a.tif":
        tifffile.imwrite(path, labels, compression="zlib", photometric="minisblack")
    elif name == "a.npz":
        np.savez(path, labels)
    elif name == "a.pt":
        torch.save(torch.from_numpy(labels), path)
    else:
        save_nifti(path, labels)
    assert stored(path).size == labels.size
    changed(tmp_path / "a.zraw" if name == "a.mhd" else path, 0.6)
    with pytest.raises(LabelFileError, match="cannot be read: "):
        stored(path)


@pytest.mark.skipif(
    importlib.util.find_spec("SimpleITK") is None, reason="SimpleITK is not installed"
)
@pytest.mark.parametrize("compressed", [False, True])
def test_more_behind_a_metaimage(tmp_path: Path, compressed: bool) -> None:
    import SimpleITK as sitk  # noqa: N813

    path = tmp_path / "a.mha"
    sitk.WriteImage(
        sitk.GetImageFromArray(VOLUME), str(path), useCompression=compressed
    )
    np.testing.assert_array_equal(stored(path).T, VOLUME)
    with path.open("ab") as file:
        file.write(b"rubbish")
    with pytest.raises(LabelFileError, match="7 bytes too many"):
        stored(path)


class Code:
    """An object whose pickle names a function."""

    def __reduce__(self) -> Any:
        return print, ("run",)


def test_tensors_do_not_run_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(Code(), tmp_path / "a.pt")
    with pytest.raises(LabelFileError, match="cannot be read: "):
        stored(tmp_path / "a.pt")
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(
    importlib.util.find_spec("zarr") is None, reason="zarr is not installed"
)
def test_zarr(evaluate: Evaluate, folders: Folders) -> None:
    import zarr

    for folder in folders:
        group = zarr.open_group(str(folder / "a.zarr"), mode="w")
        group.create_array("labels", data=VOLUME)
    np.testing.assert_array_equal(stored(folders[0] / "a.zarr"), VOLUME)
    outcome, report = evaluate("--num-classes", 4)
    assert outcome.status == 0
    assert report["pixels"]["counted"] == 210
    assert report["not_evaluated"] == []


@pytest.mark.skipif(
    importlib.util.find_spec("SimpleITK") is None, reason="SimpleITK is not installed"
)
@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr", ".mha", ".mhd"])
def test_itk_and_nifti_have_one_geometry(
    evaluate: Evaluate, folders: Folders, suffix: str
) -> None:
    import SimpleITK as sitk  # noqa: N813

    image = sitk.GetImageFromArray(VOLUME)
    image.SetSpacing((0.5, 0.75, 2.0))
    image.SetOrigin((-10.0, 20.0, 30.0))
    image.SetDirection((0, 1, 0, -1, 0, 0, 0, 0, 1))
    sitk.WriteImage(image, str(folders[0] / f"a{suffix}"))
    sitk.WriteImage(image, str(folders[1] / "a.nii.gz"))
    outcome, report = evaluate("--num-classes", 4)
    assert outcome.status == 0
    assert report["averages"]["micro"]["dice"] == 1
    assert report["files"][0]["notes"] == []
    assert report["not_evaluated"] == []  # a header's data is no other file
    image.SetSpacing((0.5, 0.75, 2.5))
    sitk.WriteImage(image, str(folders[0] / f"a{suffix}"))
    _, report = evaluate("--num-classes", 4)
    assert (
        "same spacing within 0.001, got 0.5 x 0.75 x 2.5 and 0.5 x 0.75 x 2: "
        in (report["problems"][0]["message"])
    )
