"""Pure functions: counts of pixels and scores of them, soft sums and losses."""

from torchtally.ops._counting import ClassCounts
from torchtally.ops.overlap_sums import OverlapSums, overlap_sums

from . import counts, from_counts, losses, scores
from ._matrix import normalize_confusion_matrix
from ._policy import Scored
from .bootstrap import ConfidenceInterval, bootstrap_ci
from .counts import *  # noqa: F403
from .from_counts import *  # noqa: F403
from .losses import *  # noqa: F403
from .scores import *  # noqa: F403

__all__ = [
    "ClassCounts",
    "ConfidenceInterval",
    "OverlapSums",
    "Scored",
    "bootstrap_ci",
    "normalize_confusion_matrix",
    "overlap_sums",
]
__all__ += counts.__all__
__all__ += from_counts.__all__
__all__ += losses.__all__
__all__ += scores.__all__
