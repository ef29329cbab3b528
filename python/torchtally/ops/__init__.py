"""The compiled ops: what PyTorch must know about each, and their Python wrappers."""

from ._sharding import register_sharding
from .class_counts import ClassCounts, class_counts
from .confusion_matrix import confusion_matrix

__all__ = ["ClassCounts", "class_counts", "confusion_matrix", "register_sharding"]
