"""The types of the loss functions, for type checkers and editors.

Every function has the exact signature of its own options at run time (``help``,
``inspect``) and refuses an option that it does not take; these types name the options
of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

from torch import Tensor
from typing_extensions import Unpack

from torchtally._options import IgnoreIndex
from torchtally.ops.overlap_sums import OverlapSums

Activation: TypeAlias = Literal["softmax", "sigmoid", "none"]
LossAverage: TypeAlias = Literal["macro", "micro"]
Absent: TypeAlias = Literal["keep", "zero", "skip"]
Form: TypeAlias = Literal["complement", "negative", "log"]
Reduction: TypeAlias = Literal["mean", "sum", "none"]
GammaOf: TypeAlias = Literal["entries", "mean"]
WeightType: TypeAlias = Literal["square", "simple", "uniform"]
Weights: TypeAlias = float | Sequence[float] | Tensor | None


class SumsOptions(TypedDict, total=False):
    """How sums become a loss."""

    squared_pred: bool
    jaccard: bool
    soft_label: bool
    smooth_nr: float
    smooth_dr: float
    eps: float
    alpha: float
    beta: float
    gamma: float
    gamma_of: GammaOf
    weight_type: WeightType
    classes: Sequence[int] | None
    include_background: bool
    batch: bool
    average: LossAverage
    absent: Absent
    class_weights: Weights
    normalize_weights: bool
    short_weights: bool
    form: Form
    log_eps: float
    reduction: Reduction
    lambda_dice: float
    lambda_ce: float
    ce_weight: Weights


class ModuleOptions(SumsOptions, total=False):
    """How pixels become sums, and sums a loss."""

    activation: Activation
    ignore_index: IgnoreIndex
    label_smoothing: float
    process_group: Any
    validate: bool


class LossOptions(ModuleOptions, total=False):
    """The same, with what belongs to one call."""

    mask: Tensor | None


class LossFunction(Protocol):
    """A loss of logits and targets."""

    __name__: str

    def __call__(
        self, logits: Tensor, target: Tensor, **options: Unpack[LossOptions]
    ) -> Tensor: ...


class SumsFunction(Protocol):
    """A loss of sums already taken."""

    __name__: str

    def __call__(self, sums: OverlapSums, **options: Unpack[SumsOptions]) -> Tensor: ...
