"""The compiled ops: what PyTorch must know about each, and their Python wrappers."""

from ._sharding import register_sharding
from .class_counts import ClassCounts, class_counts
from .overlap_sums import OverlapSums, overlap_sums

__all__ = [
    "ClassCounts",
    "OverlapSums",
    "class_counts",
    "overlap_sums",
    "register_sharding",
]
