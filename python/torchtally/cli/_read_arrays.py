"""Arrays and tensors from files: .npy, .npz, .safetensors, .pt, .zarr."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ._image import Image
from ._problems import LabelFileError


def read_npy(path: Path, _key: str | None) -> Image:
    """Read an array whose file ends where the array does."""
    with path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise LabelFileError("must hold one array, got an archive of arrays")
        if file.read(1):
            raise LabelFileError("cannot be read: there is more behind the array")
    return Image(array)


def read_npz(path: Path, key: str | None) -> Image:
    """Read one array of an archive, whose checksum numpy compares."""
    with np.load(path, allow_pickle=False) as archive:
        if not hasattr(archive, "files"):
            raise LabelFileError("must hold an archive of arrays, got one array")
        return Image(archive[_chosen(archive.files, key, "array")])


def read_safetensors(path: Path, key: str | None) -> Image:
    """Read one tensor of a .safetensors file."""
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as archive:
        name = _chosen(list(archive.keys()), key, "tensor")
        return _of_tensor(archive.get_tensor(name))


def read_tensor(path: Path, key: str | None) -> Image:
    """Read a tensor, or one of a dict of tensors, without running code of the file."""
    if zipfile.is_zipfile(path):  # of which torch compares no checksum
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise LabelFileError(f"cannot be read: the checksum of {damaged} differs")
    held = torch.load(path, map_location="cpu", weights_only=True)
    if isinstance(held, dict):
        held = held[_chosen([str(name) for name in held], key, "tensor")]
    if not isinstance(held, torch.Tensor):
        raise LabelFileError(
            f"must hold a tensor or a dict of tensors, got {type(held).__name__}"
        )
    return _of_tensor(held)


def read_zarr(path: Path, key: str | None) -> Image:
    """Read an array, or one of a group of arrays, of Zarr 2 or 3."""
    import zarr

    held: Any = zarr.open(str(path), mode="r")
    if not hasattr(held, "shape"):
        held = held[_chosen(sorted(held.array_keys()), key, "array")]
    return Image(np.asarray(held[...]))


def _chosen(names: Collection[str], key: str | None, noun: str) -> str:
    """Return which of the names is meant."""
    shown = ", ".join(names) or "none"
    if key is not None:
        if key not in names:
            raise LabelFileError(f"must hold the {noun} {key!r} (--key), got {shown}")
        return key
    if len(names) != 1:
        raise LabelFileError(
            f"must hold one {noun}, got {shown}: --key names the one to read"
        )
    return next(iter(names))


def _of_tensor(tensor: torch.Tensor) -> Image:
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise LabelFileError(f"must hold a dense tensor, got {tensor.layout}")
    if tensor.dtype == torch.bfloat16:  # which NumPy does not have
        tensor = tensor.float()
    return Image(tensor.detach().contiguous().numpy())
