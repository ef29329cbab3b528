"""The docstrings of the score functions, written from their definitions."""

from __future__ import annotations

import textwrap

from ._definition import ScoreDefinition
from ._options import Option

PIXELS = {
    "preds": "labels of target's shape, or class scores ``[N, C, ...]``.",
    "target": "integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel.",
    "num_classes": "C, or L for multilabel; may be left out for binary.",
}
COUNTS = {
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


def docstring(
    definition: ScoreDefinition, inputs: dict[str, str], options: dict[str, Option]
) -> str:
    """Write what a function does, takes, returns and raises."""
    of_counts = inputs is COUNTS
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
