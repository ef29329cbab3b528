"""Scores as pure functions: of pixels (``dice_score``) or of counts already taken.

Each score is a formula of class counts, written once, with the two public functions
made of it. All policy is in :mod:`torchtally.functional._policy`.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypedDict, cast, overload

import torch
from torch import Tensor
from typing_extensions import Unpack

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import CountOptions, IgnoreIndex, OutOfRange, Task
from torchtally.ops.class_counts import count_classes

from ._policy import (
    Aggregation,
    Average,
    Formula,
    SampleMean,
    Scored,
    ScorePolicy,
    UndefinedWhen,
    ZeroDivision,
)


class PolicyOptions(TypedDict, total=False):
    """How entries become a score; the same for every score."""

    average: Average
    zero_division: ZeroDivision
    undefined_when: UndefinedWhen
    aggregation: Aggregation
    sample_mean: SampleMean
    classes: Sequence[int] | None
    include_background: bool
    class_weights: Sequence[float] | Tensor | None
    ignore_index: IgnoreIndex
    dtype: torch.dtype


class ScoreOptions(PolicyOptions, total=False):
    """How pixels are counted, and how the counts become a score."""

    task: Task
    threshold: float
    mask: Tensor | None
    out_of_range: OutOfRange
    validate: bool


class CountsOptions(PolicyOptions, total=False):
    """How counts become a score."""

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


_POLICY_DEFAULTS: dict[str, Any] = {
    "average": "macro",
    "zero_division": "skip",
    "undefined_when": "zero_denominator",
    "aggregation": "global",
    "sample_mean": "classes_first",
    "classes": None,
    "include_background": True,
    "class_weights": None,
    "return_valid": False,
    "dtype": torch.float32,
}
_DEFAULTS: dict[str, Any] = {
    "task": "multiclass",
    "threshold": 0.5,
    "ignore_index": None,
    "mask": None,
    "out_of_range": "error",
    "validate": True,
    **_POLICY_DEFAULTS,
}
_COUNTS_DEFAULTS = {"ignore_index": None, "other": False, **_POLICY_DEFAULTS}


def _with_defaults(
    name: str, options: dict[str, Any], defaults: dict[str, Any]
) -> dict[str, Any]:
    for option in options:
        if option not in defaults:
            raise TypeError(f"{name}: unknown option {option!r}")
    return {**defaults, **options}


#: The options that follow the counting, in the words of every docstring.
POLICY_ARGS = """\
average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all classes;
    ``"weighted"`` mean weighted by support; ``"none"`` a score for each class;
    ``"binary"`` class 1 alone (the default for ``task="binary"``); ``"samples"``
    mean over samples of labels pooled (multilabel).
zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN with
    ``average="none"``, and where nothing is left), ``"nan"`` lets NaN propagate,
    a number stands in for it.
undefined_when: a zero denominator is always undefined; ``"empty_target"`` adds
    entries without a target pixel, ``"both_empty"`` those without a target or
    predicted pixel.
aggregation: ``"global"`` adds up the counts of all samples first; ``"samplewise"``
    averages the scores of samples; ``"none"`` returns a score for each sample.
sample_mean: for ``"samplewise"``: ``"classes_first"`` means over classes, then
    samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over both.
classes: the classes to score, in this order; None for all.
include_background: False leaves class 0 out.
class_weights: a weight for each of the C classes; ``average="macro"`` only. The
    result is divided by the weights that entered it.
return_valid: return ``(score, valid)``, where valid is int64: the number of entries
    that entered the last average.
dtype: float32 or float64. Ratios are computed in float64 either way."""

_COUNTS_ARGS = """\
counts: confusion matrix ``[C, C]`` or ``[N, C, C]``, rows target; or
    :class:`ClassCounts` of shape ``[C]`` or ``[N, C]``. Never changed.
ignore_index: classes that were ignored in counting and are not scored.
other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
    ``"micro"`` only, and not where ``classes`` names what to score."""

_RESULT = """\
Returns:
    A scalar; ``[C]`` with ``average="none"``, and a leading ``[N]`` with
    ``aggregation="none"``. NaN where every entry was left out.

Raises:
    TypeError: for an argument of the wrong kind.
    ValueError: for a wrong shape or value, or a label out of range.
"""


def _from_counts(name: str, formula: Formula, title: str) -> CountsFunction:
    def function(counts: Tensor | ClassCounts, **options: Any) -> Tensor | Scored:
        if isinstance(counts, Tensor):
            if counts.dim() not in (2, 3) or counts.shape[-1] != counts.shape[-2]:
                raise ValueError(
                    f"{name}: counts must be a matrix [C, C] or [N, C, C], or "
                    f"ClassCounts, got a tensor of shape {list(counts.shape)}"
                )
            counts = ClassCounts.from_matrix(counts)
        elif not isinstance(counts, ClassCounts):
            raise TypeError(
                f"{name}: counts must be a tensor or ClassCounts, "
                f"got {type(counts).__name__}"
            )
        chosen = _with_defaults(name, options, _COUNTS_DEFAULTS)
        return ScorePolicy.checked(name, "multiclass", **chosen).score(formula, counts)

    doc = f"{title}, of counts already taken.\n\nArgs:\n"
    doc += textwrap.indent(f"{_COUNTS_ARGS}\n{POLICY_ARGS}", "    ")
    _dress(function, name, f"{doc}\n\n{_RESULT}", ["counts"], _COUNTS_DEFAULTS)
    return cast(CountsFunction, function)


def _from_pixels(name: str, formula: Formula, title: str) -> ScoreFunction:
    def function(
        preds: Tensor, target: Tensor, num_classes: int | None = None, **options: Any
    ) -> Tensor | Scored:
        chosen = _with_defaults(name, options, _DEFAULTS)
        task, out_of_range = chosen.pop("task"), chosen.pop("out_of_range")
        counting = CountOptions.checked(
            name,
            num_classes,
            task,
            chosen.pop("threshold"),
            chosen["ignore_index"],
            out_of_range,
        )
        mask, validate = chosen.pop("mask"), chosen.pop("validate")
        if task == "binary":
            chosen["average"] = options.get("average", "binary")
        chosen["other"] = out_of_range == "miss"
        policy = ScorePolicy.checked(name, task, **chosen)
        per_sample = policy.aggregation != "global"
        counts = count_classes(counting, preds, target, mask, per_sample, validate)
        return policy.score(formula, counts)

    doc = f"{title}.\n\nCounting arguments are those of :func:`confusion_matrix`.\n\n"
    doc += "Args:\n    preds: labels of target's shape, or scores.\n"
    doc += "    target: integer or bool labels.\n    num_classes: C.\n"
    doc += textwrap.indent(POLICY_ARGS, "    ")
    parameters = ["preds", "target", "num_classes"]
    _dress(function, name, f"{doc}\n\n{_RESULT}", parameters, _DEFAULTS)
    return cast(ScoreFunction, function)


def _dress(
    function: Any, name: str, doc: str, positional: list[str], options: dict[str, Any]
) -> None:
    """Give a function the name, docstring and signature that it is used by."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    kinds = inspect.Parameter
    function.__signature__ = inspect.Signature(
        [
            kinds(
                p,
                kinds.POSITIONAL_OR_KEYWORD,
                default=None if p == "num_classes" else kinds.empty,
            )
            for p in positional
        ]
        + [kinds(k, kinds.KEYWORD_ONLY, default=v) for k, v in options.items()]
    )


def dice(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Dice coefficient 2 tp / (2 tp + fp + fn) (Dice, 1945); equal to F1.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.dice_from_counts(matrix, average="none")
        tensor([0.8571, 0.8000])
    """
    return 2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn


def iou(counts: ClassCounts) -> tuple[Tensor, Tensor]:
    """Intersection over union tp / (tp + fp + fn) (Jaccard, 1912).

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.iou_from_counts(matrix, average="none")
        tensor([0.7500, 0.6667])
    """
    return counts.tp, counts.tp + counts.fp + counts.fn


dice_score = _from_pixels(
    "dice_score", dice, "Dice coefficient, 2 tp / (2 tp + fp + fn)"
)
iou_score = _from_pixels(
    "iou_score", iou, "Intersection over union (Jaccard index), tp / (tp + fp + fn)"
)
f1_score = _from_pixels(
    "f1_score", dice, "F1, 2 tp / (2 tp + fp + fn), the mean of precision and recall"
)
dice_from_counts = _from_counts(
    "dice_from_counts", dice, "Dice coefficient, 2 tp / (2 tp + fp + fn)"
)
iou_from_counts = _from_counts(
    "iou_from_counts",
    iou,
    "Intersection over union (Jaccard index), tp / (tp + fp + fn)",
)
f1_from_counts = _from_counts(
    "f1_from_counts",
    dice,
    "F1, 2 tp / (2 tp + fp + fn), the mean of precision and recall",
)
