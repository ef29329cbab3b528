"""The compiled ops: what PyTorch must know about each, and their Python wrappers.

A module has the name of its op, so this one exports no function of that name.
"""

from . import class_counts, confusion_matrix, overlap_sums
from ._sharding import register_sharding

__all__ = ["class_counts", "confusion_matrix", "overlap_sums", "register_sharding"]
