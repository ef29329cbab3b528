"""Every format gives back the labels that were stored, in their dtype."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from cli_helpers import Array, random_labels, save_nifti
from PIL import Image

from torchtally.cli._formats import read_image
from torchtally.cli._image import as_labels
from torchtally.cli._problems import LabelFileError


def save_png(path: Path, values: Array, bits: int, palette: bool = False) -> None:
    """Write a PNG of 1, 2 or 4 bits, which Pillow does not write."""
    rows = b""
    for row in values:
        digits = "".join(format(int(value), f"0{bits}b") for value in row)
        digits += "0" * (-len(digits) % 8)
        rows += b"\0" + bytes(
            int(digits[start : start + 8], 2) for start in range(0, len(digits), 8)
        )

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    height, width = values.shape
    head = struct.pack(">IIBBBBB", width, height, bits, 3 if palette else 0, 0, 0, 0)
    colours = chunk(b"PLTE", bytes(range(3 * 2**bits))) if palette else b""
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + colours
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def labels(classes: int, dtype: Any, shape: tuple[int, ...] = (5, 7)) -> Array:
    return random_labels(0, shape, classes, dtype)[1]


def read_labels(path: Path) -> Array:
    return as_labels(read_image(path), False)[0]


def check(path: Path, expected: Array) -> None:
    pixels = read_labels(path)
    assert pixels.dtype == expected.dtype.newbyteorder("=")
    assert pixels.dtype.isnative
    np.testing.assert_array_equal(pixels, expected)
    if pixels.dtype == np.bool_:  # True must be stored as 1
        assert set(pixels.view(np.uint8).ravel()) <= {0, 1}


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8"])
def test_nifti(tmp_path: Path, suffix: str, dtype: str) -> None:
    expected = labels(100, np.dtype(dtype), (4, 5, 6))
    header = nibabel.Nifti1Header(endianness=">" if dtype[0] == ">" else "<")
    image = nibabel.Nifti1Image(expected, np.eye(4), header, dtype=np.dtype(dtype))
    path = tmp_path / f"a{suffix}"
    nibabel.save(image, path)
    check(path, expected)


def test_nifti_float_label_map(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    expected = labels(200, np.uint8, (4, 5, 6))
    save_nifti(path, expected.astype(np.float32))
    check(path, expected)
    save_nifti(path, expected.astype(np.float64) - 1)
    check(path, expected.astype(np.int16) - 1)


def test_nifti_scaled_integers(tmp_path: Path) -> None:
    stored = labels(5, np.int16, (4, 5, 6))
    image = nibabel.Nifti1Image(stored, np.eye(4))
    image.header.set_slope_inter(2, 1)
    nibabel.save(image, tmp_path / "a.nii")
    read = nibabel.load(tmp_path / "a.nii")
    pixels = read_labels(tmp_path / "a.nii")
    np.testing.assert_array_equal(pixels, np.asarray(read.dataobj))


def test_nifti_affine_and_trailing_axis(tmp_path: Path) -> None:
    expected = labels(3, np.uint8, (4, 5, 6))
    save_nifti(tmp_path / "a.nii", expected[..., None], shift=3)
    image = read_image(tmp_path / "a.nii")
    assert image.shape == (4, 5, 6)
    assert image.affine is not None
    assert image.affine[0, 3] == 3


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16])
def test_grey_picture(tmp_path: Path, suffix: str, dtype: Any) -> None:
    expected = labels(2 if dtype == np.bool_ else 250, dtype)
    if dtype == np.uint16:
        expected *= 200
    Image.fromarray(expected).save(tmp_path / f"a{suffix}")
    check(tmp_path / f"a{suffix}", expected)


@pytest.mark.parametrize("dtype", ["<i4", ">u2"])
def test_wide_tiff(tmp_path: Path, dtype: str) -> None:
    expected = labels(60_000, np.dtype(dtype))
    mode = {"<i4": "I", ">u2": "I;16B"}[dtype]
    image = Image.frombytes(mode, expected.shape[::-1], expected.tobytes())
    image.save(tmp_path / "a.tiff")
    check(tmp_path / "a.tiff", expected)


def test_palette_gives_indices(tmp_path: Path) -> None:
    expected = labels(4, np.uint8)
    image = Image.fromarray(expected)
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 9, 9, 9])
    assert image.mode == "P"
    image.save(tmp_path / "a.png")
    check(tmp_path / "a.png", expected)


@pytest.mark.parametrize("palette", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_packed_png_is_not_stretched(tmp_path: Path, bits: int, palette: bool) -> None:
    expected = labels(2**bits, np.uint8)
    save_png(tmp_path / "a.png", expected, bits, palette)
    if bits == 1 and not palette:
        expected = expected.astype(np.bool_)
    check(tmp_path / "a.png", expected)


def test_tiff_pages_are_a_volume(tmp_path: Path) -> None:
    expected = labels(900, np.uint16, (3, 5, 7))
    first, *others = [Image.fromarray(page) for page in expected]
    first.save(tmp_path / "a.tif", save_all=True, append_images=others)
    check(tmp_path / "a.tif", expected)


def test_tiff_pages_must_agree(tmp_path: Path) -> None:
    other = Image.fromarray(labels(3, np.uint8, (5, 8)))
    Image.fromarray(labels(3, np.uint8)).save(
        tmp_path / "a.tif", save_all=True, append_images=[other]
    )
    with pytest.raises(LabelFileError, match=r"\(5, 7\) uint8 on page 1 .* page 2"):
        read_labels(tmp_path / "a.tif")


def test_pictures_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    expected = labels(3, np.uint8)
    Image.fromarray(expected).save(tmp_path / "a.png")
    check(tmp_path / "a.png", expected)
    assert Image.MAX_IMAGE_PIXELS == 4


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "<i2", ">i2", ">u2", "<i4", ">u4", "<i8", ">u8"]
)
def test_npy(tmp_path: Path, dtype: str) -> None:
    expected = labels(2, np.dtype(dtype), (3, 4, 5))
    np.save(tmp_path / "a.npy", np.asfortranarray(expected))
    check(tmp_path / "a.npy", expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, 1.5], r"must be whole numbers, got 1\.5 \(is this a probability map"),
        ([0.0, np.nan], "finite whole numbers, got values from nan to nan"),
        ([0.0, np.inf], r"finite whole numbers, got values from 0\.0 to inf"),
        ([1e30], "finite whole numbers"),
        ([1j], "must hold integer labels, got complex128"),
        (np.uint8(3), "must hold an image, got a single number"),
    ],
)
def test_npy_without_labels(tmp_path: Path, values: Any, message: str) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(LabelFileError, match=message):
        read_labels(tmp_path / "a.npy")


def test_npy_does_not_unpickle(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(LabelFileError, match="cannot be read: Object arrays"):
        read_labels(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("RGB", r"got 3 samples a pixel \(RGB\)"),
        ("RGBA", r"got 4 samples a pixel \(RGB, with an alpha channel\)"),
        ("LA", r"got 2 samples a pixel \(MINISBLACK, with an alpha channel\)"),
        ("CMYK", r"got 4 samples a pixel \(SEPARATED\)"),
    ],
)
def test_tiff_of_several_channels_is_refused(
    tmp_path: Path, mode: str, words: str
) -> None:
    Image.new(mode, (4, 4)).save(tmp_path / "a.tif")
    with pytest.raises(LabelFileError, match=f"one channel, {words}"):
        read_labels(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("RGB", "got a colour image of mode RGB$"),
        ("RGBA", "got a colour image of mode RGBA, with alpha$"),
        (
            "LA",
            r"got an image with an alpha channel \(mode LA\): save it without alpha",
        ),
    ],
)
def test_png_of_several_channels_is_refused(
    tmp_path: Path, mode: str, words: str
) -> None:
    image = Image.new(mode, (4, 4), (1, 2, 3, 4)[: len(mode)])
    image.save(tmp_path / "a.png")
    with pytest.raises(LabelFileError, match=f"one channel, {words}"):
        read_labels(tmp_path / "a.png")


def damaged(name: str, whole: bytes) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(gzip.decompress(whole)[:400])
    return whole[: len(whole) // 2]


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.png", "a.tif", "a.npy"])
@pytest.mark.parametrize("content", ["empty", "text", "cut"])
def test_damaged_file(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    if ".nii" in name:
        save_nifti(path, pixels)
    elif name == "a.npy":
        np.save(path, pixels)
    else:
        Image.fromarray(pixels).save(path)
    read_labels(path)
    whole = path.read_bytes()
    damage = {"empty": b"", "text": b"no image", "cut": damaged(name, whole)}
    path.write_bytes(damage[content])
    with pytest.raises(LabelFileError, match=r"cannot be read: \S"):
        read_labels(path)


def test_packed_tiff_pages_are_not_stretched(tmp_path: Path) -> None:
    """Two pages of 2 x 2 pixels with 4 bits each: 1 2 / 3 4 and 5 6 / 7 8."""
    content = b"II*\0" + struct.pack("<I", 8)
    for number, data in enumerate((b"\x12\x34", b"\x56\x78")):
        start = len(content)
        size = 2 + 8 * 12 + 4  # of a directory of eight tags
        tags = {
            256: 2,  # width
            257: 2,  # height
            258: 4,  # bits of a pixel
            259: 1,  # uncompressed
            262: 1,  # black is zero
            273: start + size,  # where the pixels are
            278: 2,  # rows in the strip
            279: 2,  # bytes in the strip
        }
        content += struct.pack("<H", len(tags))
        for tag, value in tags.items():
            content += struct.pack("<HHII", tag, 4, 1, value)
        following = start + size + len(data) if number == 0 else 0
        content += struct.pack("<I", following) + data
    (tmp_path / "a.tif").write_bytes(content)
    check(tmp_path / "a.tif", np.arange(1, 9, dtype=np.uint8).reshape(2, 2, 2))
