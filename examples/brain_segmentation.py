"""Segment the tissues of a real brain and write label images to evaluate.

The data is the ICBM 2009a average brain that the nilearn package ships: a T1 image at
1 mm and the probability of grey and white matter in each voxel. The true label of a
voxel is its most probable tissue; voxels outside the brain are labelled 255, to be
ignored. The prediction knows only the T1 image: multi-Otsu thresholds of its
intensity. Each hemisphere is cut into slabs, one file each, so that there is a folder
to evaluate:

    python examples/brain_segmentation.py build/demo/brain
    torchtally evaluate build/demo/brain/predictions build/demo/brain/labels \
        --num-classes 3 --ignore-index 255 --class-names other,grey,white
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nilearn import datasets
from skimage.filters import threshold_multiotsu

OTHER, GREY, WHITE, OUTSIDE = 0, 1, 2, 255
SLABS = 4

Volume = npt.NDArray[Any]


def load_brain() -> tuple[Volume, Volume, Volume, Volume, Volume]:
    """Return T1, grey and white matter probability, brain mask and affine."""
    t1 = datasets.load_mni152_template(resolution=1)
    grey = datasets.load_mni152_gm_template(resolution=1)
    white = datasets.load_mni152_wm_template(resolution=1)
    brain = datasets.load_mni152_brain_mask(resolution=1)
    return (
        t1.get_fdata(dtype=np.float32),
        grey.get_fdata(dtype=np.float32),
        white.get_fdata(dtype=np.float32),
        np.asarray(brain.dataobj) > 0,
        t1.affine,
    )


def true_tissue(grey: Volume, white: Volume, brain: Volume) -> Volume:
    """Return the most probable tissue of each voxel, 255 outside the brain."""
    tissue = np.stack([1 - grey - white, grey, white]).argmax(axis=0)
    return np.where(brain, tissue, OUTSIDE).astype(np.uint8)


def segment(t1: Volume, brain: Volume) -> Volume:
    """Return the tissue that the T1 intensity suggests: dark, medium or bright."""
    thresholds = threshold_multiotsu(t1[brain], classes=3)
    return (np.digitize(t1, thresholds) * brain).astype(np.uint8)


def cases(brain: Volume, affine: Volume) -> Iterator[tuple[str, tuple[slice, ...]]]:
    """Yield a name and a region for each slab of each hemisphere."""
    middle = round(-affine[0, 3] / affine[0, 0])  # x = 0 separates the hemispheres
    height = np.flatnonzero(brain.any(axis=(0, 1)))
    cuts = np.linspace(height[0], height[-1] + 1, SLABS + 1).astype(int)
    hemispheres = {"left": slice(0, middle), "right": slice(middle, None)}
    for hemisphere, side in hemispheres.items():
        for number in range(SLABS):
            slab = slice(cuts[number], cuts[number + 1])
            yield f"{hemisphere}/slab-{number + 1}", (side, slice(None), slab)


def save(path: Path, volume: Volume, affine: Volume, region: tuple[slice, ...]) -> None:
    """Write one region as NIfTI; its affine keeps the place in the whole volume."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(volume, affine).slicer[region], path)


def main() -> None:
    """Write the folders labels and predictions."""
    parser = argparse.ArgumentParser(description="Write label images of a real brain.")
    parser.add_argument(
        "output", type=Path, nargs="?", default=Path("build/demo/brain")
    )
    output: Path = parser.parse_args().output

    t1, grey, white, brain, affine = load_brain()
    labels = true_tissue(grey, white, brain)
    predictions = segment(t1, brain)
    regions = list(cases(brain, affine))
    for name, region in regions:
        save(output / "labels" / f"{name}.nii.gz", labels, affine, region)
        save(output / "predictions" / f"{name}.nii.gz", predictions, affine, region)
    print(
        f"{len(regions)} pairs in {output}: {int(brain.sum()):,} voxels of brain "
        f"in a volume of {' x '.join(str(size) for size in brain.shape)}"
    )


if __name__ == "__main__":
    main()
