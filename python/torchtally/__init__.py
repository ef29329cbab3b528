"""Confusion matrices at memory speed, and the scores derived from them.

One compiled op counts (target, prediction) pairs on CPU and GPU; Dice, IoU, F1 and
their kin are pure functions of those counts, with every averaging and every
zero-denominator policy spelled out.
"""

from importlib.metadata import version as _version

from torchtally import functional, metrics
from torchtally._build import build_info
from torchtally.functional import (
    ClassCounts,
    class_counts,
    confusion_matrix,
    dice_score,
    f1_score,
    iou_score,
)
from torchtally.ops import OverlapSums, overlap_sums

__version__ = _version("torchtally")

__all__ = [
    "ClassCounts",
    "OverlapSums",
    "__version__",
    "build_info",
    "class_counts",
    "confusion_matrix",
    "dice_score",
    "f1_score",
    "functional",
    "iou_score",
    "metrics",
    "overlap_sums",
]
