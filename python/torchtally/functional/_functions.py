"""Makes the two public functions of a score: of pixels and of counts."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import CountOptions
from torchtally.ops.class_counts import count_classes
from torchtally.ops.confusion_matrix import count_matrix

from ._definition import ScoreDefinition, with_defaults
from ._label_maps import LabelMaps, count_mapped
from ._options import Option
from ._policy import Scored
from ._signatures import CountsFunction, ScoreFunction
from ._top_k import check_top_k, top_k_labels


def functions_of(definition: ScoreDefinition) -> tuple[ScoreFunction, CountsFunction]:
    """Return ``<stem>_score`` and ``<stem>_from_counts``."""

    def of_pixels(
        preds: Tensor, target: Tensor, num_classes: int | None = None, **options: Any
    ) -> Tensor | Scored:
        return _score_pixels(definition, preds, target, num_classes, options)

    def from_counts(counts: Tensor | ClassCounts, **options: Any) -> Tensor | Scored:
        return _score_counts(definition, counts, options)

    inputs = ["preds", "target", "num_classes"]
    _dress(of_pixels, definition.score_name, inputs, definition.pixel_options)
    _dress(from_counts, definition.counts_name, ["counts"], definition.counts_options)
    of_pixels.__doc__ = _docstring(definition, _PIXELS, definition.pixel_options)
    from_counts.__doc__ = _docstring(definition, _COUNTS, definition.counts_options)
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
    maps = LabelMaps.checked(counting, chosen["label_map"], chosen["preds_map"])
    own = definition.own_options
    policy = {name: value for name, value in options.items() if name in own}
    policy["ignore_index"] = counting.ignore_index
    if maps is not None:
        policy["ignore_index"] = maps.ignored_classes(counting.ignore_index)
    policy["other"] = counting.out_of_range == "miss"
    score = definition.bound(op, counting.task, policy)

    if check_top_k(counting, chosen["top_k"], maps is not None):
        counting.op_inputs(preds, target, chosen["mask"], False)
        preds = top_k_labels(counting, preds, target, chosen["top_k"])
    per_sample = score.policy.aggregation != "global"
    inputs = (preds, target, chosen["mask"], per_sample, chosen["validate"])
    if maps is not None:
        return score.of_matrix(count_mapped(counting, maps, *inputs))
    if score.needs_matrix:
        return score.of_matrix(count_matrix(counting, *inputs))
    return score.of_counts(count_classes(counting, *inputs))


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


_PIXELS = {
    "preds": "labels of target's shape, or class scores ``[N, C, ...]``.",
    "target": "integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel.",
    "num_classes": "C, or L for multilabel; may be left out for binary.",
}
_COUNTS = {
    "counts": "confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or "
    "int64 :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Never changed.",
}
_RESULT = """\
Returns:
{shape}

Raises:
    TypeError: for an argument of the wrong kind, or an option that is not listed.
    ValueError: for a wrong shape or value{label}.

References:
{source}
"""
_SCALAR = "float32, or ``dtype``: a scalar"
_SHAPES = {
    "class": _SCALAR + '; ``[C]`` with ``average="none"``, and a leading ``[N]`` with '
    '``aggregation="none"``. NaN where every entry was left out.',
    "scored": _SCALAR
    + ', or ``[N]`` with ``aggregation="none"``. NaN where undefined.',
}
_SHAPES["all"] = _SHAPES["scored"]
_LEADING = " Dimensions of counts before N stay in front."


def _docstring(
    definition: ScoreDefinition, inputs: dict[str, str], options: dict[str, Option]
) -> str:
    """Write what a function does, takes, returns and raises."""
    of_counts = inputs is _COUNTS
    texts = {**inputs, **{name: option.doc for name, option in options.items()}}
    lines = [f"{definition.title}.", ""]
    if of_counts:
        lines += [
            f"Of counts already taken; :func:`{definition.score_name}` counts.",
            "",
        ]
    lines += ["Args:"]
    for name, text in texts.items():
        lines += _wrapped(f"{name}: {text}", hanging=True)
    shape = _SHAPES[definition.sees] + _LEADING * of_counts
    result = _RESULT.format(
        shape="\n".join(_wrapped(shape, hanging=False)),
        label="" if of_counts else ", or a label out of range",
        source="\n".join(_wrapped(definition.source, hanging=False)),
    )
    text = "\n".join([*lines, "", result])
    if of_counts:
        text += f"\nExample:\n{textwrap.indent(definition.example.strip(), '    ')}\n"
    return text


def _wrapped(text: str, *, hanging: bool) -> list[str]:
    return textwrap.wrap(
        text,
        width=88,
        initial_indent="    ",
        subsequent_indent="        " if hanging else "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


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
