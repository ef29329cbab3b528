"""Writes label files, and names what the fixtures of these tests are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import nibabel
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Outcome(NamedTuple):
    """What one run of the command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]
Evaluate = Callable[..., tuple[Outcome, dict[str, Any]]]
Folders = tuple[Path, Path]


def save_npy(path: Path, values: Any, dtype: Any = np.uint8) -> None:
    """Write an array as .npy, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.asarray(values, dtype))


def save_nifti(path: Path, values: Array, shift: float = 0.0) -> None:
    """Write a volume as NIfTI whose affine is moved by ``shift`` millimetres."""
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[0, 3] = shift
    nibabel.save(nibabel.Nifti1Image(values, affine), path)


def save_pair(folders: Folders, name: str, prediction: Any, label: Any) -> None:
    """Write a prediction and its label as .npy."""
    for folder, values in zip(folders, (prediction, label), strict=True):
        save_npy(folder / f"{name}.npy", values)


def random_labels(
    seed: int, shape: tuple[int, ...], classes: int, dtype: Any = np.uint8
) -> tuple[Array, Array]:
    """Return predictions and labels that agree in about three pixels of four."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, classes, shape)
    wrong = generator.random(shape) < 0.25
    prediction = np.where(wrong, generator.integers(0, classes, shape), label)
    return prediction.astype(dtype), label.astype(dtype)
