"""Metric objects: integer state around the pure functions of ``functional``."""

from .confusion_matrix import ConfusionMatrix
from .scores import DiceScore, F1Score, IoUScore

__all__ = ["ConfusionMatrix", "DiceScore", "F1Score", "IoUScore"]
