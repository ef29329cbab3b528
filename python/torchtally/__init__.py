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
    precision_score,
    recall_score,
    specificity_score,
    tversky_score,
)

__version__ = _version("torchtally")

__all__ = [
    "ClassCounts",
    "__version__",
    "accuracy_score",
    "balanced_accuracy_score",
    "bootstrap_ci",
    "build_info",
    "class_counts",
    "cohen_kappa_score",
    "confusion_matrix",
    "dice_score",
    "f1_score",
    "fbeta_score",
    "frequency_weighted_iou_score",
    "functional",
    "generalized_dice_score",
    "iou_score",
    "matthews_corrcoef",
    "metrics",
    "precision_score",
    "recall_score",
    "specificity_score",
    "tversky_score",
]
