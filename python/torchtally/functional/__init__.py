"""Pure functions: counts of pixels, and scores of counts."""

from torchtally.ops import ClassCounts, class_counts, confusion_matrix

from ._policy import Scored
from .scores import (
    dice_from_counts,
    dice_score,
    f1_from_counts,
    f1_score,
    iou_from_counts,
    iou_score,
)

__all__ = [
    "ClassCounts",
    "Scored",
    "class_counts",
    "confusion_matrix",
    "dice_from_counts",
    "dice_score",
    "f1_from_counts",
    "f1_score",
    "iou_from_counts",
    "iou_score",
]
