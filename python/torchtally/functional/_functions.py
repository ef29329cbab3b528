"""Makes the two public functions of a score: of pixels and of counts."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import CountOptions
from torchtally.ops.class_counts import count_classes

from ._definition import ScoreDefinition, with_defaults
from ._docstrings import COUNTS, PIXELS, docstring
from ._labels import Labels
from ._options import Option
from ._policy import Scored
from ._signatures import CountsFunction, ScoreFunction


def functions_of(definition: ScoreDefinition) -> tuple[ScoreFunction, CountsFunction]:
    """Return ``<stem>_score`` and ``<stem>_from_counts``."""

    def of_pixels(
        preds: Tensor, target: Tensor, num_classes: int | None = None, **options: Any
    ) -> Tensor | Scored:
        return _score_pixels(definition, preds, target, num_classes, options)

    def from_counts(counts: Tensor | ClassCounts, **options: Any) -> Tensor | Scored:
        return _score_counts(definition, counts, options)

    _dress(of_pixels, definition.score_name, list(PIXELS), definition.pixel_options)
    _dress(from_counts, definition.counts_name, list(COUNTS), definition.counts_options)
    of_pixels.__doc__ = docstring(definition, PIXELS, definition.pixel_options)
    from_counts.__doc__ = docstring(definition, COUNTS, definition.counts_options)
    return cast(ScoreFunction, of_pixels), cast(CountsFunction, from_counts)


def _score_pixels(
    definition: ScoreDefinition,
    preds: Tensor,
    target: Tensor,
    num_classes: int | None,
    options: Mapping[str, Any],
) -> Tensor | Scored:
    op = definition.score_name
    chosen = with_defaults(op, options, definition.pixel_options)
    counting = CountOptions.checked(
        op,
        num_classes,
        chosen["task"],
        chosen["threshold"],
        chosen["ignore_index"],
        chosen["out_of_range"],
    )
    labels = Labels.checked(
        counting, chosen["label_map"], chosen["preds_map"], chosen["top_k"]
    )
    own = definition.own_options
    policy = {name: value for name, value in options.items() if name in own}
    policy["ignore_index"] = labels.ignored_classes
    policy["other"] = counting.out_of_range == "miss"
    score = definition.bound(op, counting.task, policy)

    mask, per_sample = chosen["mask"], score.policy.aggregation != "global"
    how = (mask, per_sample, chosen["validate"])
    if score.needs_matrix or labels.maps is not None:
        return score.of_matrix(labels.count_matrix(preds, target, *how))
    preds = labels.counted_preds(preds, target, mask)
    return score.of_counts(count_classes(counting, preds, target, *how))


def _score_counts(
    definition: ScoreDefinition,
    counts: Tensor | ClassCounts,
    options: Mapping[str, Any],
) -> Tensor | Scored:
    op = definition.counts_name
    rest = dict(options)
    task = rest.pop("task", "multiclass")
    score = definition.bound(op, task, rest)
    if isinstance(counts, ClassCounts):
        return score.of_counts(counts)
    if not isinstance(counts, Tensor):
        raise TypeError(
            f"{op}: counts must be a tensor or ClassCounts, got {type(counts).__name__}"
        )
    least, shape, square = 2, "[C, C] or [..., N, C, C]", counts.shape[-2:-1] * 2
    if task == "multilabel":
        least, shape = 3, "[L, 2, 2] or [..., N, L, 2, 2]"
        square = torch.Size([3, 3] if rest.get("other") else [2, 2])
    if counts.dim() < least or counts.shape[-2:] != square:
        raise ValueError(
            f"{op}: counts must be a matrix {shape}, or ClassCounts, "
            f"got a tensor of shape {list(counts.shape)}"
        )
    return score.of_matrix(counts)


def _dress(
    function: Any, name: str, inputs: list[str], options: dict[str, Option]
) -> None:
    """Give a function the name and signature that it is used by."""
    function.__name__ = function.__qualname__ = name
    kinds = inspect.Parameter
    function.__signature__ = inspect.Signature(
        [
            kinds(
                given,
                kinds.POSITIONAL_OR_KEYWORD,
                default=None if given == "num_classes" else kinds.empty,
            )
            for given in inputs
        ]
        + [
            kinds(given, kinds.KEYWORD_ONLY, default=option.default)
            for given, option in options.items()
        ]
    )
