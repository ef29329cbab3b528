"""Metric objects: integer state around the pure functions of ``functional``."""

from . import scores
from ._export import state_as_buffers
from .confusion_matrix import ConfusionMatrix
from .scores import *  # noqa: F403

__all__ = ["ConfusionMatrix", "state_as_buffers"]
__all__ += scores.__all__
