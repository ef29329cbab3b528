"""The classes of torchmetrics.segmentation that count, with another ``update``."""

from __future__ import annotations

import torchmetrics.segmentation as original

from ._redirected import redirected, replaces_its_base


@replaces_its_base
class DiceScore(original.DiceScore):
    """Dice of a segmentation, counted by torchtally."""

    update = redirected(original.DiceScore.update)


@replaces_its_base
class MeanIoU(original.MeanIoU):
    """Mean intersection over union of a segmentation, counted by torchtally."""

    update = redirected(original.MeanIoU.update)


@replaces_its_base
class GeneralizedDiceScore(original.GeneralizedDiceScore):
    """Generalized Dice of a segmentation, counted by torchtally."""

    update = redirected(original.GeneralizedDiceScore.update)
