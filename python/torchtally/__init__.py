"""Confusion matrices and soft overlaps, and the scores and losses derived from them.

One compiled op counts (target, prediction) pairs on CPU and GPU; Dice, IoU, F1 and
their kin are pure functions of those counts, with every averaging and every
zero-denominator policy spelled out. Its soft twin sums overlaps, and the Dice family of
losses is made of those.
"""

from importlib.metadata import version as _version

from torchtally import functional, losses, metrics
from torchtally._build import build_info, cmake_prefix_path
from torchtally.functional import (
    ClassCounts,
    OverlapSums,
    accuracy_score,
    balanced_accuracy_score,
    bootstrap_ci,
    class_counts,
    cohen_kappa_score,
    confusion_matrix,
    dice_score,
    f1_score,
    fbeta_score,
    frequency_weighted_iou_score,
    generalized_dice_score,
    iou_score,
    matthews_corrcoef,
    overlap_sums,
    precision_score,
    recall_score,
    specificity_score,
    tversky_score,
)

__version__ = _version("torchtally")

__all__ = [
    "ClassCounts",
    "OverlapSums",
    "__version__",
    "accuracy_score",
    "balanced_accuracy_score",
    "bootstrap_ci",
    "build_info",
    "class_counts",
    "cmake_prefix_path",
    "cohen_kappa_score",
    "confusion_matrix",
    "dice_score",
    "f1_score",
    "fbeta_score",
    "frequency_weighted_iou_score",
    "functional",
    "generalized_dice_score",
    "iou_score",
    "losses",
    "matthews_corrcoef",
    "metrics",
    "overlap_sums",
    "precision_score",
    "recall_score",
    "specificity_score",
    "tversky_score",
]
