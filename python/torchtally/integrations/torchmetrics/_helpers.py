"""What torchmetrics calls between the inputs of a metric and its states, counting here.

Each of its classes and functions does the same three things: a helper validates the
tensors, another formats them as labels, a third counts these. The functions here have
the names and arguments of those helpers. Formatting is put off, so that counting sees
the tensors as they came; and validation, which sorts every label, is left to
torchmetrics' own helper where the count has found a label out of range. Where an input
or option is not ours to count, the three helpers of torchmetrics run, in their order.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import FunctionType
from typing import Any, TypeVar

import torch
from torch import Tensor

from torchtally.ops._arguments import holds

from ._counting import count_binary, count_classes, count_one_hot

# Their packages have functions of the same names.
_FUNCTIONAL = "torchmetrics.functional"
stat_scores = import_module(f"{_FUNCTIONAL}.classification.stat_scores")
confusion_matrix = import_module(f"{_FUNCTIONAL}.classification.confusion_matrix")
exact_match = import_module(f"{_FUNCTIONAL}.classification.exact_match")
dice = import_module(f"{_FUNCTIONAL}.segmentation.dice")
generalized_dice = import_module(f"{_FUNCTIONAL}.segmentation.generalized_dice")
mean_iou = import_module(f"{_FUNCTIONAL}.segmentation.mean_iou")
segmentation = import_module(f"{_FUNCTIONAL}.segmentation.utils")

_Count = TypeVar("_Count", bound=Callable[..., Any])

#: From a helper of torchmetrics to the one that is called in its place.
REPLACED: dict[FunctionType, Callable[..., Any]] = {}

#: tp, fp, tn and fn, in the order of torchmetrics.
StatScores = tuple[Tensor, Tensor, Tensor, Tensor]


def _nothing() -> None:
    """Validate nothing."""


class _Asked(threading.local):
    """The validation that was asked for last: of the pair that is formatted next."""

    pair: tuple[Tensor, Tensor] | None = None
    validate: Callable[[], None] = _nothing
    num_classes: int | None = None


_asked = _Asked()


class Inputs:
    """A pair as it came, and what torchmetrics would do before it counts.

    Attributes:
        preds: as given.
        target: as given.
        options: positional arguments of the helper that formats, after the pair.
        validate: whether validation was asked for.
        num_classes: what validation was told of them; None where it was not asked for.
    """

    def __init__(
        self,
        format_: FunctionType,
        preds: Tensor,
        target: Tensor,
        options: tuple[Any, ...],
    ) -> None:
        self.preds, self.target, self.options = preds, target, options
        self._format = format_
        self._validate: Callable[[], None] = _nothing
        self.num_classes: int | None = None
        pair, _asked.pair = _asked.pair, None
        self.validate = pair is not None
        if pair is not None:
            self._validate, self.num_classes = _asked.validate, _asked.num_classes
            _asked.validate = _nothing
            if pair[0] is not preds or pair[1] is not target:
                self._validate()

    def formatted(self, *, valid: bool = False) -> tuple[Tensor, Tensor]:
        """Return what torchmetrics makes of the pair, after validation.

        Args:
            valid: whether the pair is known to be.

        Raises:
            Exception: what validation raises.
        """
        if not valid:
            self._validate()
        return self._format(self.preds, self.target, *self.options)  # type: ignore[no-any-return]


def _validation(original: FunctionType) -> None:
    """Put validation off until the pair is counted."""

    def validate(preds: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> None:
        _asked.pair = preds, target
        _asked.validate = partial(original, preds, target, *args, **kwargs)
        _asked.num_classes = args[0] if args else None

    REPLACED[original] = validate


def _formatting(original: FunctionType) -> None:
    """Put formatting off until the pair is counted."""

    def format_(preds: Tensor, target: Tensor, *options: Any) -> tuple[Inputs, Tensor]:
        return Inputs(original, preds, target, options), target

    REPLACED[original] = format_


def _counting(original: FunctionType) -> Callable[[_Count], _Count]:
    """Count with the function below, or with torchmetrics where that returns None."""

    def replacing(count: _Count) -> _Count:
        def update(preds: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(preds, Inputs):
                return original(preds, target, *args, **kwargs)
            counts = count(preds, *args, **kwargs)
            if counts is None:
                return original(*preds.formatted(), *args, **kwargs)
            return counts

        REPLACED[original] = update
        return count

    return replacing


for _original in (
    stat_scores._binary_stat_scores_tensor_validation,
    stat_scores._multiclass_stat_scores_tensor_validation,
    stat_scores._multilabel_stat_scores_tensor_validation,
    confusion_matrix._binary_confusion_matrix_tensor_validation,
    confusion_matrix._multiclass_confusion_matrix_tensor_validation,
    confusion_matrix._multilabel_confusion_matrix_tensor_validation,
):
    _validation(_original)
for _original in (
    stat_scores._binary_stat_scores_format,
    stat_scores._multiclass_stat_scores_format,
    stat_scores._multilabel_stat_scores_format,
    confusion_matrix._binary_confusion_matrix_format,
    confusion_matrix._multiclass_confusion_matrix_format,
    confusion_matrix._multilabel_confusion_matrix_format,
):
    _formatting(_original)


@_counting(confusion_matrix._binary_confusion_matrix_update)
def _binary_confusion_matrix(inputs: Inputs) -> Tensor | None:
    """Count a matrix ``[2, 2]``."""
    threshold, ignore_index = inputs.options
    return count_binary(
        True, inputs.preds, inputs.target, threshold, ignore_index,
        validate=inputs.validate, ignored_are_seen=False,
    )  # fmt: skip


@_counting(confusion_matrix._multiclass_confusion_matrix_update)
def _multiclass_confusion_matrix(inputs: Inputs, num_classes: int) -> Tensor | None:
    """Count a matrix ``[C, C]``."""
    (ignore_index,) = inputs.options
    return count_classes(
        True, inputs.preds, inputs.target, num_classes, ignore_index,
        validate=inputs.validate,
    )  # fmt: skip


@_counting(confusion_matrix._multilabel_confusion_matrix_update)
def _multilabel_confusion_matrix(inputs: Inputs, num_labels: int) -> Tensor | None:
    """Count matrices ``[L, 2, 2]``."""
    _, threshold, ignore_index = inputs.options
    return count_binary(
        True, inputs.preds, inputs.target, threshold, ignore_index,
        validate=inputs.validate, num_labels=num_labels,
    )  # fmt: skip


def _of_set_labels(rows: Tensor) -> StatScores:
    """Return the counts of class 1, from rows ``[..., 3, 2]`` of both classes."""
    set_, unset = rows[..., 1], rows[..., 0]
    counts = (set_[..., 0], set_[..., 1], unset[..., 0], set_[..., 2])
    tp, fp, tn, fn = (count.squeeze() for count in counts)  # as torchmetrics does
    return tp, fp, tn, fn


@_counting(stat_scores._binary_stat_scores_update)
def _binary_stat_scores(
    inputs: Inputs, multidim_average: str = "global"
) -> StatScores | None:
    """Count class 1: scalars, or ``[N]`` per sample."""
    threshold, ignore_index = inputs.options
    rows = count_binary(
        False, inputs.preds, inputs.target, threshold, ignore_index,
        validate=inputs.validate, per_sample=multidim_average != "global",
    )  # fmt: skip
    return None if rows is None else _of_set_labels(rows)


@_counting(stat_scores._multilabel_stat_scores_update)
def _multilabel_stat_scores(
    inputs: Inputs, multidim_average: str = "global"
) -> StatScores | None:
    """Count set labels: ``[L]``, or ``[N, L]`` per sample."""
    num_labels, threshold, ignore_index = inputs.options
    rows = count_binary(
        False, inputs.preds, inputs.target, threshold, ignore_index,
        validate=inputs.validate, num_labels=num_labels,
        per_sample=multidim_average != "global",
    )  # fmt: skip
    return None if rows is None else _of_set_labels(rows)


@_counting(stat_scores._multiclass_stat_scores_update)
def _multiclass_stat_scores(
    inputs: Inputs,
    num_classes: int,
    top_k: int = 1,
    average: str | None = "macro",
    multidim_average: str = "global",
    ignore_index: int | None = None,
) -> StatScores | None:
    """Count classes: ``[C]``, ``[N, C]`` per sample, scalars for micro averages."""
    if top_k != 1:
        return None
    per_sample = multidim_average == "samplewise"
    rows = count_classes(
        False, inputs.preds, inputs.target, num_classes, ignore_index,
        validate=inputs.validate, per_sample=per_sample,
    )  # fmt: skip
    if rows is None:
        return None
    if average == "micro" and not per_sample:
        tp, fp, fn = rows.sum(-1).unbind()
        return tp, fp, num_classes * (tp + fn) - (tp + fp + fn), fn
    tp, fp, fn = rows.unbind(-2)
    total = (tp + fn).sum(-1, keepdim=True)  # every pair has one target class
    return tp, fp, total - (tp + fp + fn), fn


@_counting(exact_match._multiclass_exact_match_update)
def _multiclass_exact_match(
    inputs: Inputs, multidim_average: str = "global", ignore_index: int | None = None
) -> tuple[Tensor, Tensor] | None:
    """Count samples without a wrong label: a scalar, or one 0 or 1 for each."""
    preds, target = inputs.preds, inputs.target
    if not isinstance(preds, Tensor) or not isinstance(target, Tensor):
        return None
    of_scores = preds.dim() > 1 and preds.is_floating_point()
    num_classes = preds.shape[1] if of_scores else inputs.num_classes
    # A predicted label that its dtype cannot hold is another one to torchmetrics.
    fits = ignore_index is None or (
        isinstance(ignore_index, int)
        and (of_scores or holds(preds.dtype, int(ignore_index)))
    )
    pixels = target[:1].numel() if target.dim() else 0
    if num_classes is None or num_classes > pixels or not fits:
        return None
    rows = count_classes(
        False, preds, target, num_classes, ignore_index,
        validate=inputs.validate, per_sample=True,
    )  # fmt: skip
    if rows is None:
        return None
    correct = ~rows[:, 1].any(-1)
    samplewise = multidim_average == "samplewise"
    total = torch.tensor(1 if samplewise else target.shape[0], device=target.device)
    return correct if samplewise else correct.sum(), total


def _valid_multilabel_exact_match(
    original: FunctionType,
) -> Callable[..., tuple[Tensor, Tensor]]:
    """Look for invalid labels with a count, and let torchmetrics count.

    A pixel matches where all of its labels do, which no count of each label says.
    """

    def update(
        preds: Any,
        target: Any,
        num_labels: int,
        multidim_average: str = "global",
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        options = (num_labels, multidim_average, *args)
        if not isinstance(preds, Inputs):
            return original(preds, target, *options, **kwargs)
        _, threshold, ignore_index = preds.options
        valid = False
        if preds.validate:
            rows = count_binary(
                False, preds.preds, preds.target, threshold, ignore_index,
                validate=True, num_labels=num_labels,
                per_sample=multidim_average != "global",
            )  # fmt: skip
            valid = rows is not None
        return original(*preds.formatted(valid=valid), *options, **kwargs)

    return update


_original = exact_match._multilabel_exact_match_update
REPLACED[_original] = _valid_multilabel_exact_match(_original)


# One-hot pixels are summed up in three ways: of both tensors, of preds, of target. The
# helpers of segmentation are handed three pixels a sample and class that have the same
# sums, as one-hot tensors are, and go on from there.


def _sums(
    preds: Tensor, target: Tensor, num_classes: int | None, input_format: str
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Count the pixels of each sample and class: of both, of preds, of target.

    Returns:
        int64 ``[N, C]`` each; None where torchmetrics is to count.
    """
    rows: Tensor | None = None
    if input_format == "index":
        # torch.nn.functional.one_hot takes no other labels.
        if preds.dtype == target.dtype == torch.int64 and target.dim() > 1:
            rows = _count_samples(preds, target, num_classes)
    elif input_format == "mixed" and preds.dim() == target.dim() + 1:
        if target.dtype == torch.int64 and target.dim() > 1 and preds.dim() > 1:
            num_classes = num_classes or preds.shape[1]
            if preds.is_floating_point():
                rows = _count_samples(preds, target, num_classes)
    elif input_format == "one-hot" and preds.dim() > 2:
        rows = count_one_hot(preds, target, num_classes or preds.shape[1])
    if rows is None:
        return None
    tp, fp, fn = rows.unbind(1)
    return tp, tp + fp, tp + fn


def _count_samples(
    preds: Tensor, target: Tensor, num_classes: int | None
) -> Tensor | None:
    return count_classes(
        False, preds, target, num_classes, None, validate=True, per_sample=True
    )


def _of_products(both: Tensor, preds: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return pixels ``[N, C, 3]`` whose products have the sum ``both``."""
    one, none = torch.ones_like(both), torch.zeros_like(both)
    return (
        torch.stack([both, preds - both, none], -1),
        torch.stack([one, none, target - one], -1),
    )


def _of_bits(both: Tensor, preds: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return pixels ``[N, C, 3]`` whose bitwise conjunctions have the sum ``both``."""
    none = torch.zeros_like(both)
    return (
        torch.stack([both, preds - both, none], -1),
        torch.stack([both, none, target - both], -1),
    )


def _segmenting(
    original: FunctionType, pixels: Callable[..., tuple[Tensor, Tensor]]
) -> None:
    """Sum pixels up with a count."""
    signature = inspect.signature(original)

    def update(preds: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Any:
        call = signature.bind(preds, target, *args, **kwargs)
        call.apply_defaults()
        options = call.arguments
        sums = None
        if isinstance(preds, Tensor) and isinstance(target, Tensor):
            given = preds, target
            if pixels is _of_bits:
                given = mean_iou._mean_iou_reshape_args(
                    preds, target, options["input_format"]
                )
            sums = _sums(*given, options["num_classes"], options["input_format"])
        if sums is not None:
            options["preds"], options["target"] = pixels(*sums)
            options["num_classes"] = sums[0].shape[1]
            options["input_format"] = "one-hot"
        return original(*call.args, **call.kwargs)

    REPLACED[original] = update


# Before torchmetrics 1.8.2 scores were not cut, but summed up.
if hasattr(segmentation, "_format_logits"):
    _segmenting(dice._dice_score_update, _of_products)
    _segmenting(generalized_dice._generalized_dice_update, _of_products)
    _segmenting(mean_iou._mean_iou_update, _of_bits)
