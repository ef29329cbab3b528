"""The types of the score functions, for type checkers and editors.

Every function has the exact signature of its own options at run time (``help``,
``inspect``) and refuses an option that it does not take; these types name the options
of all of them.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypedDict, overload

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import IgnoreIndex, OutOfRange, Task

from ._checks import Classes, ClassWeights, Regions, ZeroDivision
from ._formulas import EmptyWeight, KappaWeights, WeightType
from ._label_maps import LabelMap
from ._policy import Aggregation, Average, SampleMean, Scored, UndefinedWhen


class Parameters(TypedDict, total=False):
    """Options of single scores."""

    beta: float
    alpha: float
    weight_type: WeightType
    empty_weight: EmptyWeight
    weights: KappaWeights


class PolicyOptions(Parameters, total=False):
    """How counts become a score."""

    task: Task
    ignore_index: IgnoreIndex
    average: Average
    zero_division: ZeroDivision
    undefined_when: UndefinedWhen
    aggregation: Aggregation
    sample_mean: SampleMean
    classes: Classes
    include_background: bool
    class_weights: ClassWeights
    regions: Regions
    dtype: torch.dtype


class ScoreOptions(PolicyOptions, total=False):
    """How pixels are counted, and how the counts become a score."""

    threshold: float
    top_k: int
    label_map: LabelMap
    preds_map: LabelMap
    mask: Tensor | None
    out_of_range: OutOfRange
    validate: bool


class CountsOptions(PolicyOptions, total=False):
    """How counts that were taken before become a score."""

    other: bool


class ScoreFunction(Protocol):
    """A score of predictions and targets."""

    __name__: str

    @overload
    def __call__(
        self,
        preds: Tensor,
        target: Tensor,
        num_classes: int | None = None,
        *,
        return_valid: Literal[False] = False,
        **options: Unpack[ScoreOptions],
    ) -> Tensor: ...
    @overload
    def __call__(
        self,
        preds: Tensor,
        target: Tensor,
        num_classes: int | None = None,
        *,
        return_valid: Literal[True],
        **options: Unpack[ScoreOptions],
    ) -> Scored: ...


class CountsFunction(Protocol):
    """A score of counts already taken."""

    __name__: str

    @overload
    def __call__(
        self,
        counts: Tensor | ClassCounts,
        *,
        return_valid: Literal[False] = False,
        **options: Unpack[CountsOptions],
    ) -> Tensor: ...
    @overload
    def __call__(
        self,
        counts: Tensor | ClassCounts,
        *,
        return_valid: Literal[True],
        **options: Unpack[CountsOptions],
    ) -> Scored: ...
