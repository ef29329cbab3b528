"""Losses of overlap as pure functions of logits, or of sums already taken.

Each loss is a formula of :class:`torchtally.OverlapSums`, written once in
``_formulas``; all policy is in ``_policy``. ``<name>_loss`` takes logits and a target,
``<name>_loss_from_sums`` what :func:`torchtally.overlap_sums` returned.
"""

from __future__ import annotations

from torchtally.functional._options import Option

from . import _formulas
from ._functions import LossDefinition, functions_of
from ._options import (
    CROSS_ENTROPY,
    ENTRIES,
    FOCUS,
    OVERLAP,
    PIXELS,
    POLICY,
    REDUCTION,
    with_default,
)

_JACCARD = Option(
    False, "the Jaccard index: ``(2 I + nr) / (2 (A + B - I) + dr)``, as MONAI."
)
_DICE = {"jaccard": _JACCARD, **OVERLAP, **POLICY}
_TVERSKY = {
    "alpha": Option(0.5, "weight of what was predicted wrongly, not negative."),
    "beta": Option(0.5, "weight of what was missed, not negative."),
    **OVERLAP,
    **FOCUS,
    **POLICY,
}
_GENERALIZED = {
    "weight_type": Option(
        "square",
        'the weight of a class is 1 / T^2 (``"square"``), 1 / T (``"simple"``) or 1 '
        '(``"uniform"``), T being the size of its target.',
    ),
    **{n: OVERLAP[n] for n in ("smooth_nr", "smooth_dr", "eps")},
    **ENTRIES,
    **REDUCTION,
}

DICE = LossDefinition(
    "dice",
    "Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class",
    "Milletari, Navab, Ahmadi (2016), V-Net; the defaults are those of MONAI's "
    "DiceLoss with softmax.",
    _formulas.dice,
    {**PIXELS, **_DICE},
)
DICE_CE = LossDefinition(
    "dice_ce",
    "Soft Dice loss plus cross-entropy, from one pass over the logits",
    "Isensee et al. (2021), nnU-Net; the defaults are those of MONAI's DiceCELoss "
    "with softmax.",
    _formulas.dice_ce,
    {**PIXELS, **CROSS_ENTROPY, **_DICE},
)
JACCARD = LossDefinition(
    "jaccard",
    "Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + dr)",
    "Rahman, Wang (2016), Optimizing intersection-over-union.",
    _formulas.jaccard,
    {**PIXELS, **OVERLAP, **FOCUS, **POLICY},
)
TVERSKY = LossDefinition(
    "tversky",
    "Tversky loss, 1 - (I + nr) / (I + alpha (A - I) + beta (B - I) + dr)",
    "Salehi, Erdogmus, Gholipour (2017).",
    _formulas.tversky,
    {**PIXELS, **_TVERSKY},
)
FOCAL_TVERSKY = LossDefinition(
    "focal_tversky",
    "Focal Tversky loss, the Tversky loss of each entry to the power gamma",
    "Abraham, Khan (2018), whose exponent 1 / gamma with gamma = 4/3 is gamma = 0.75 "
    "here, and whose weights of false negatives and false positives, 0.7 and 0.3, are "
    "beta and alpha.",
    _formulas.tversky,
    with_default({**PIXELS, **_TVERSKY}, alpha=0.3, beta=0.7, gamma=0.75),
)
GENERALIZED_DICE = LossDefinition(
    "generalized_dice",
    "Generalized Dice loss: classes pooled with weights that even their sizes out",
    "Sudre et al. (2017); a class without target is weighted as MONAI does.",
    _formulas.generalized_dice,
    {**PIXELS, **_GENERALIZED},
)
LOG_DICE = LossDefinition(
    "log_dice",
    "Logarithm of the soft Dice, -log((2 sum pt + nr) / (sum p + sum t + dr))",
    "Wong et al. (2018), without their exponent: dice_loss with form='log'.",
    _formulas.dice,
    with_default({**PIXELS, **_DICE}, form="log"),
)

dice_loss, dice_loss_from_sums = functions_of(DICE)
dice_ce_loss, dice_ce_loss_from_sums = functions_of(DICE_CE)
jaccard_loss, jaccard_loss_from_sums = functions_of(JACCARD)
tversky_loss, tversky_loss_from_sums = functions_of(TVERSKY)
focal_tversky_loss, focal_tversky_loss_from_sums = functions_of(FOCAL_TVERSKY)
generalized_dice_loss, generalized_dice_loss_from_sums = functions_of(GENERALIZED_DICE)
log_dice_loss, log_dice_loss_from_sums = functions_of(LOG_DICE)

__all__ = [
    "dice_ce_loss",
    "dice_ce_loss_from_sums",
    "dice_loss",
    "dice_loss_from_sums",
    "focal_tversky_loss",
    "focal_tversky_loss_from_sums",
    "generalized_dice_loss",
    "generalized_dice_loss_from_sums",
    "jaccard_loss",
    "jaccard_loss_from_sums",
    "log_dice_loss",
    "log_dice_loss_from_sums",
    "tversky_loss",
    "tversky_loss_from_sums",
]
