"""The scores in Python: functions of pixels, functions of counts, metric classes."""

from __future__ import annotations

from collections.abc import Mapping

from torchtally._options import COUNTING, METRIC, POLICY, Option
from torchtally.functional._definitions import SCORES, Score

from .source import (
    NUM_CLASSES,
    OF_BATCH,
    OTHERS,
    PIXELS,
    RAISES,
    RAISES_OF_PIXELS,
    WIDTH,
    call,
    docstring,
    example,
    init,
    module,
    parameter,
    passed,
    signature,
    types_of,
    words,
)
from .symbols import text

_COUNTS = {
    "counts": "confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or "
    ":class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or floating "
    "numbers where pixels are weighted. Never changed.",
}
_SCALAR = "float32, or ``dtype``: a scalar"
_SHAPES = {
    "class": f'{_SCALAR}; ``[C]`` with ``average="none"``, and a leading ``[N]`` with '
    '``aggregation="none"``. NaN where every entry was left out.',
    "all": f'{_SCALAR}, or ``[N]`` with ``aggregation="none"``. NaN where undefined.',
}
_SHAPES["scored"] = _SHAPES["all"]
_BATCH = [
    ">>> preds = torch.tensor([0, 0, 0, 1, 1, 1])",
    ">>> target = torch.tensor([0, 0, 0, 0, 1, 1])",
]
_SCORED_IMPORTS = """\
from typing import Any, Literal, overload

import torch
from torch import Tensor

{types}

from ._definitions import SCORES
from ._policy import Scored
from ._scoring import {function}
"""
_METRIC_IMPORTS = """\
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from typing_extensions import Never

{types}
from torchtally.functional._definitions import SCORES

from ._scored import ScoreMetric, SuiteMetric
"""


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    scores = SCORES.values()
    of_pixels = types_of(*(score.pixels for score in scores))
    of_counts = types_of(*(score.counts for score in scores), also=["Array"])
    of_counts += "\nfrom torchtally.ops._counting import ClassCounts"
    of_metrics = types_of(*(score.state for score in scores))
    return {
        "python/torchtally/functional/scores.py": module(
            "Scores of pixels: predictions and targets in, a number out.",
            _SCORED_IMPORTS.format(types=of_pixels, function="score_of_pixels"),
            [score.function for score in scores],
            map(_of_pixels, scores),
        ),
        "python/torchtally/functional/from_counts.py": module(
            "Scores of counts already taken: confusion matrices, or counts of classes.",
            _SCORED_IMPORTS.format(types=of_counts, function="score_of_counts"),
            [score.counts_function for score in scores],
            map(_of_counts, scores),
        ),
        "python/torchtally/metrics/scores.py": module(
            "Scores accumulated over batches: a class for each, and any set of them.",
            _METRIC_IMPORTS.format(types=of_metrics),
            ["ScoreSuite", *(score.metric for score in scores)],
            [*map(_metric, scores), _suite()],
        ),
    }


def _title(score: Score) -> str:
    """Return what a score is, with its formula, in one line or two paragraphs."""
    if score.ratio is None or score.fixed:
        return f"{score.title}."
    title = f"{score.title}, {text(score)}."
    return title if len(title) < WIDTH - 12 else f"{score.title}.\n\n``{text(score)}``"


def _heads(name: str, inputs: list[str], options: Mapping[str, Option]) -> list[str]:
    """Return the heads of a function: one for each type of its result, and its own."""
    lines = []
    for valid, result in (
        ("Literal[False] = False", "Tensor"),
        ("Literal[True]", "Scored"),
    ):
        given = {n: parameter(n, option) for n, option in options.items()}
        given["return_valid"] = f"return_valid: {valid}"
        head = signature(name, [*inputs, "*", *given.values()], result)
        lines += ["@overload", *head[:-1], f"{head[-1]} ...", ""]
    given = {n: parameter(n, option) for n, option in options.items()}
    parameters = [*inputs, "*", *given.values(), "**unknown: Any"]
    return [*lines, *signature(name, parameters, "Tensor | Scored")]


def _parameters(score: Score) -> str:
    return "{" + ", ".join(f'"{name}": {name}' for name in score.parameters) + "}"


def _others(score: Score, options: Mapping[str, Option]) -> list[str]:
    return [name for name in options if name not in score.parameters]


def _of_pixels(score: Score) -> list[str]:
    inputs = ["preds: Array", "target: Array", "num_classes: int | None = None"]
    given, result = score.example
    sections = {
        "Args": {**PIXELS, **words(score.pixels), **OTHERS},
        "Returns": [_SHAPES[score.sees]],
        "Raises": RAISES_OF_PIXELS,
        "References": [score.source],
        "Example": [
            ">>> import torchtally as tt",
            *_BATCH,
            *example(f"tt.{score.function}", f"preds, target, 2{_also(given)}"),
            result,
        ],
    }
    arguments = [f'SCORES["{score.name}"]', "preds", "target", "num_classes", "unknown"]
    arguments += [_parameters(score), *passed(_others(score, score.pixels))]
    return [
        *_heads(score.function, inputs, score.pixels),
        *docstring(_title(score), sections),
        *call("return score_of_pixels", arguments, 4),
    ]


def _of_counts(score: Score) -> list[str]:
    given, result = score.example
    of_pixels = f"Of counts already taken; :func:`{score.function}` counts."
    sections = {
        "Args": {**_COUNTS, **words(score.counts), **OTHERS},
        "Returns": [
            f"{_SHAPES[score.sees]} Dimensions of counts before N stay in front."
        ],
        "Raises": RAISES
        | {
            "ValueError": "for a wrong shape or value; on CPU, for a count that is "
            "negative or not finite."
        },
        "References": [score.source],
        "Example": [
            ">>> import torchtally as tt",
            *_matrix_of(score),
            *example(f"tt.functional.{score.counts_function}", f"matrix{_also(given)}"),
            result,
        ],
    }
    arguments = [f'SCORES["{score.name}"]', "counts", "unknown", _parameters(score)]
    arguments += passed(_others(score, score.counts))
    inputs = ["counts: Array | ClassCounts"]
    return [
        *_heads(score.counts_function, inputs, score.counts),
        *docstring(f"{_title(score)}\n\n{of_pixels}", sections),
        *call("return score_of_counts", arguments, 4),
    ]


def _matrix_of(score: Score) -> list[str]:
    if score.pixels["aggregation"].default == "global":
        return [">>> matrix = torch.tensor([[3, 1], [0, 2]])"]
    matrix = ">>> matrix = tt.confusion_matrix(preds, target, 2, per_sample=True)"
    return [*_BATCH, matrix]


def _also(options: str) -> str:
    return f", {options}" if options else ""


def _metric(score: Score) -> list[str]:
    given, result = score.example
    kept = (
        f"Accumulated over batches: :func:`torchtally.{score.function}` of everything "
        f"that ``update`` counted. ``compute`` returns {_SHAPES[score.sees]}"
    )
    sections = {
        "References": [score.source],
        "Example": [
            f">>> metric = {score.metric}(num_classes=2{_also(given)})",
            ">>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))",
            ">>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))",
            ">>> metric.compute()",
            result,
        ],
    }
    base = ["num_classes", "unknown", _parameters(score)]
    base += passed(_others(score, score.state))
    classes = {"num_classes": PIXELS["num_classes"]}
    return [
        f"class {score.metric}(ScoreMetric):",
        *docstring(f"{_title(score)}\n\n{kept}", sections),
        "",
        f'    _score = SCORES["{score.name}"]',
        "",
        *init([NUM_CLASSES], score.state, _title(score), classes, base),
    ]


def _suite() -> list[str]:
    counting = {n: o for n, o in COUNTING.items() if n not in OF_BATCH}
    of_scores = {**_every_parameter(), **POLICY}
    del of_scores["return_valid"]
    for name, option in of_scores.items():
        if option.default is not None:
            kind = f"{option.type} | None"
            of_scores[name] = option._replace(type=kind, default=None)
    options = {**counting, **of_scores, **METRIC}
    title = "Any set of scores from one accumulation: each batch is counted once."
    inputs = [
        NUM_CLASSES,
        "scores: Sequence[str] | Mapping[str, Mapping[str, Any]] = "
        '("dice", "iou", "f1")',
    ]
    arguments = {
        "num_classes": PIXELS["num_classes"],
        "scores": "names of scores; or from the name of a result to its own options, "
        "where ``score`` says which score it is if the name does not. There are "
        f"{', '.join(SCORES)}.",
    }
    shown = [
        ">>> suite = ScoreSuite(",
        "...     num_classes=2,",
        '...     scores={"dice": {}, "each": {"score": "iou", "average": "none"}},',
        "... )",
        ">>> suite.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))",
        ">>> suite.compute()",
        "{'dice': tensor(0.6667), 'each': tensor([0.5000, 0.5000])}",
    ]
    first, *others = (f'"{name}": {name}' for name in of_scores)
    base = ["num_classes", "scores", "unknown", f"{{{first}", *others[:-1]]
    base += [f"{others[-1]}}}", *passed([*counting, *METRIC])]
    about = (
        "``compute`` and ``forward`` return a dict. Options hold for every score that "
        "takes them, and None is each score's own default; those that a score is given "
        "by name hold for it alone."
    )
    return [
        "class ScoreSuite(SuiteMetric):",
        *docstring(f"{title}\n\n{about}", {"Example": shown}),
        "",
        *init(inputs, options, title, arguments, base),
    ]


def _every_parameter() -> dict[str, Option]:
    """Return the own options of all scores, each in the words of those that have it."""
    every: dict[str, Option] = {}
    for score in SCORES.values():
        for name, option in score.parameters.items():
            doc = f"of {score.name}: {option.doc}"
            if name in every:
                doc = f"{every[name].doc} {doc[0].upper()}{doc[1:]}"
            every[name] = option._replace(doc=doc)
    return every
