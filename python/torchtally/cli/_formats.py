"""The file formats of label images, known by their suffix."""

from __future__ import annotations

from pathlib import Path

# suffix -> the optional module that reads it; longer suffixes first
MODULES = {
    ".nii.gz": "nibabel",
    ".nii": "nibabel",
    ".png": "PIL",
    ".tiff": "PIL",
    ".tif": "PIL",
    ".npy": "numpy",
}
SUFFIXES = ", ".join(MODULES)


def label_suffix(path: Path) -> str:
    """Return the suffix that names the format, or "" for no label image."""
    name = path.name.lower()
    return next((suffix for suffix in MODULES if name.endswith(suffix)), "")
