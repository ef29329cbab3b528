"""Metric objects: integer state around the pure functions of ``functional``."""

from ._ddp import exclude_from_ddp
from .confusion_matrix import ConfusionMatrix
from .scores import (
    AccuracyScore,
    BalancedAccuracyScore,
    CohenKappaScore,
    DiceScore,
    F1Score,
    FBetaScore,
    FrequencyWeightedIoUScore,
    GeneralizedDiceScore,
    IoUScore,
    MatthewsCorrCoef,
    PrecisionScore,
    RecallScore,
    SpecificityScore,
    TverskyScore,
)
from .suite import ScoreSuite

__all__ = [
    "AccuracyScore",
    "BalancedAccuracyScore",
    "CohenKappaScore",
    "ConfusionMatrix",
    "DiceScore",
    "F1Score",
    "FBetaScore",
    "FrequencyWeightedIoUScore",
    "GeneralizedDiceScore",
    "IoUScore",
    "MatthewsCorrCoef",
    "PrecisionScore",
    "RecallScore",
    "ScoreSuite",
    "SpecificityScore",
    "TverskyScore",
    "exclude_from_ddp",
]
