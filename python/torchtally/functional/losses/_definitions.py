"""Every loss, stated once: its formula, its words, its options.

The public functions and modules, in both languages, are written from these definitions
by ``scripts/generate_api.py``; what happens at run time is in :mod:`._computing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from torchtally._options import Option

from . import _formulas
from ._options import (
    CROSS_ENTROPY,
    ENTRIES,
    FOCUS,
    GENERALIZED,
    JACCARD,
    OF_PIXELS,
    OVERLAP,
    PIXELS,
    POLICY,
    REDUCTION,
    SUMMED_CROSS_ENTROPY,
    TVERSKY,
)


@dataclass(frozen=True)
class Loss:
    """A loss.

    Attributes:
        name: the functions are called ``<name>_loss`` and ``<name>_loss_from_sums``.
        module: name of the module.
        title: what it is, in a line.
        source: where the formula is defined.
        example: for the logits [[[2, -1], [0, 3]]] and the labels [[0, 1]]: the options
            as they are written, and the result as it is printed.
        formula: ``formula(sums, policy, class_weights, **parameters)`` -> loss.
        options: what it takes beside the options of pixels.
        changed: options with another default than elsewhere.
        note: what to know before choosing it.
    """

    name: str
    module: str
    title: str
    source: str
    example: tuple[str, str]
    formula: Callable[..., Tensor]
    options: Mapping[str, Option]
    changed: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    #: Options by name: of logits, of sums, and of the module.
    pixels: dict[str, Option] = field(init=False, repr=False, compare=False)
    sums: dict[str, Option] = field(init=False, repr=False, compare=False)
    state: dict[str, Option] = field(init=False, repr=False, compare=False)
    has_cross_entropy: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        own = {
            name: option._replace(default=self.changed.get(name, option.default))
            for name, option in self.options.items()
        }
        has_cross_entropy = "lambda_ce" in own
        pixels = {**PIXELS, **own}
        summed = SUMMED_CROSS_ENTROPY if has_cross_entropy else {}
        derived = {
            "pixels": pixels,
            "sums": {n: o for n, o in own.items() if n not in OF_PIXELS} | summed,
            "state": {n: o for n, o in pixels.items() if n != "mask"},
            "has_cross_entropy": has_cross_entropy,
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def function(self) -> str:
        """The name of the function of logits."""
        return f"{self.name}_loss"

    @property
    def sums_function(self) -> str:
        """The name of the function of sums."""
        return f"{self.name}_loss_from_sums"


_DICE = {**JACCARD, **OVERLAP, **POLICY}
_TVERSKY = {**TVERSKY, **OVERLAP, **FOCUS, **POLICY}
_SMOOTHING = {name: OVERLAP[name] for name in ("smooth_nr", "smooth_dr", "eps")}
_SOFT = {"soft_label": OVERLAP["soft_label"]}

#: Every loss by its name, in the order of the documentation.
LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss(
            "dice",
            "DiceLoss",
            "Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class",
            "Milletari, Navab, Ahmadi (2016), V-Net; the defaults are those of MONAI's "
            "DiceLoss with softmax.",
            ("", "tensor(0.0688)"),
            _formulas.dice,
            _DICE,
            note="Its gradient is weak while nothing overlaps yet: consider "
            "the sum of Dice and cross-entropy.",
        ),
        Loss(
            "dice_ce",
            "DiceCELoss",
            "Soft Dice loss plus cross-entropy, from one pass over the logits",
            "Isensee et al. (2021), nnU-Net; the defaults are those of MONAI's "
            "DiceCELoss with softmax.",
            ("lambda_ce=0.5", "tensor(0.1050)"),
            _formulas.dice_ce,
            {**CROSS_ENTROPY, **_DICE},
        ),
        Loss(
            "jaccard",
            "JaccardLoss",
            "Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + "
            "dr)",
            "Rahman, Wang (2016), Optimizing intersection-over-union.",
            ("", "tensor(0.1287)"),
            _formulas.jaccard,
            {**OVERLAP, **FOCUS, **POLICY},
        ),
        Loss(
            "tversky",
            "TverskyLoss",
            "Tversky loss, 1 - (I + nr) / (I + alpha (A - I) + beta (B - I) + dr)",
            "Salehi, Erdogmus, Gholipour (2017).",
            ("alpha=0.3, beta=0.7", "tensor(0.0693)"),
            _formulas.tversky,
            _TVERSKY,
        ),
        Loss(
            "focal_tversky",
            "FocalTverskyLoss",
            "Focal Tversky loss, the Tversky loss of each entry to the power gamma",
            "Abraham, Khan (2018), whose exponent 1 / gamma with gamma = 4/3 is gamma "
            "= 0.75 here, and whose weights of false negatives and false positives, "
            "0.7 and 0.3, are beta and alpha.",
            ("", "tensor(0.1337)"),
            _formulas.tversky,
            _TVERSKY,
            changed={"alpha": 0.3, "beta": 0.7, "gamma": 0.75},
        ),
        Loss(
            "generalized_dice",
            "GeneralizedDiceLoss",
            "Generalized Dice loss: classes pooled with weights that even their sizes "
            "out",
            "Sudre et al. (2017); a class without target is weighted as MONAI does.",
            ("", "tensor(0.0686)"),
            _formulas.generalized_dice,
            {**GENERALIZED, **_SOFT, **_SMOOTHING, **ENTRIES, **REDUCTION},
        ),
        Loss(
            "log_dice",
            "LogDiceLoss",
            "Logarithm of the soft Dice, -log((2 sum pt + nr) / (sum p + sum t + dr))",
            "Wong et al. (2018), without their exponent: dice_loss with form='log'.",
            ("", "tensor(0.0713)"),
            _formulas.dice,
            _DICE,
            changed={"form": "log"},
        ),
    )
}
