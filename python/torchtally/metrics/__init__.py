"""Metric objects: integer state around the pure functions of ``functional``."""

from . import scores
from ._ddp import exclude_from_ddp
from .confusion_matrix import ConfusionMatrix
from .scores import *  # noqa: F403

__all__ = ["ConfusionMatrix", "exclude_from_ddp"]
__all__ += scores.__all__
