"""Metric objects: integer state around the pure functions of ``functional``."""

from ._ddp import exclude_from_ddp
from .confusion_matrix import ConfusionMatrix
from .scores import DiceScore, F1Score, IoUScore, ScoreSuite

__all__ = [
    "ConfusionMatrix",
    "DiceScore",
    "F1Score",
    "IoUScore",
    "ScoreSuite",
    "exclude_from_ddp",
]
