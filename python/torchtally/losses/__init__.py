"""Losses: modules that hold options, beside the functions that do the rest."""

from torchtally.functional import (
    dice_ce_loss,
    dice_loss,
    focal_tversky_loss,
    generalized_dice_loss,
    jaccard_loss,
    log_dice_loss,
    tversky_loss,
)

from .deep_supervision import DeepSupervision
from .overlap import (
    DiceCELoss,
    DiceLoss,
    FocalTverskyLoss,
    GeneralizedDiceLoss,
    JaccardLoss,
    LogDiceLoss,
    OverlapLoss,
    TverskyLoss,
)

__all__ = [
    "DeepSupervision",
    "DiceCELoss",
    "DiceLoss",
    "FocalTverskyLoss",
    "GeneralizedDiceLoss",
    "JaccardLoss",
    "LogDiceLoss",
    "OverlapLoss",
    "TverskyLoss",
    "dice_ce_loss",
    "dice_loss",
    "focal_tversky_loss",
    "generalized_dice_loss",
    "jaccard_loss",
    "log_dice_loss",
    "tversky_loss",
]
