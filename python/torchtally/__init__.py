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
    bootstrap_ci,
    overlap_sums,
)
from torchtally.functional import counts as _counts
from torchtally.functional import scores as _scores
from torchtally.functional.counts import *  # noqa: F403
from torchtally.functional.scores import *  # noqa: F403

__version__ = _version("torchtally")

__all__ = [
    "ClassCounts",
    "OverlapSums",
    "__version__",
    "bootstrap_ci",
    "build_info",
    "cmake_prefix_path",
    "functional",
    "losses",
    "metrics",
    "overlap_sums",
]
__all__ += _counts.__all__
__all__ += _scores.__all__
