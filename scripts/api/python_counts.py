"""Counts in Python: the functions, and the confusion matrix as a metric object."""

from __future__ import annotations

from collections.abc import Mapping

from torchtally._options import COUNTING, MATRIX, METRIC, Option

from .source import (
    NUM_CLASSES,
    OF_BATCH,
    OTHERS,
    PIXELS,
    RAISES_OF_PIXELS,
    call,
    docstring,
    init,
    module,
    parameter,
    passed,
    signature,
    types_of,
    words,
)

_FUNCTION_IMPORTS = """\
import torch
from torch import Tensor
from typing_extensions import Never

{types}
from torchtally.ops._counting import ClassCounts

from ._matrix import class_counts_of, confusion_matrix_of
"""
_METRIC_IMPORTS = """\
import torch
from typing_extensions import Never

{types}

from ._matrix import MatrixMetric
"""
#: Of a metric, which takes the others with each batch.
_COUNTING = {n: o for n, o in COUNTING.items() if n not in OF_BATCH}
_OF_MEANING = ("label_map", "preds_map", "top_k")  # what class_counts does not take


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    types = types_of(COUNTING, MATRIX)
    return {
        "python/torchtally/functional/counts.py": module(
            "Counts of pixels: confusion matrices, and counts of each class.",
            _FUNCTION_IMPORTS.format(types=types),
            ["class_counts", "confusion_matrix"],
            [_confusion_matrix(), _class_counts()],
        ),
        "python/torchtally/metrics/confusion_matrix.py": module(
            "The confusion matrix accumulated over batches.",
            _METRIC_IMPORTS.format(types=types_of(_COUNTING, MATRIX, METRIC)),
            ["ConfusionMatrix"],
            [_metric()],
        ),
    }


_READ = (
    "The inputs are read as they are: any integer dtype or bool, any strides, no copy. "
    "Of class scores (float16, bfloat16, float32 or float64) the first maximum wins "
    "and a NaN is a maximum, as in ``torch.argmax``."
)
_MATRIX = (
    "int64 ``[C, C]``, or ``[N, C, C]`` per sample; ``[L, 2, 2]`` or ``[N, L, 2, 2]`` "
    'for multilabel; one more row and column, "other", with ``out_of_range="miss"``. '
    "Shares of that shape with ``normalize``."
)
_CLASSES = (
    "``ClassCounts(tp, fp, fn, tn)``, int64 ``[C]`` each, or ``[N, C]`` per sample; "
    'with ``out_of_range="miss"`` also of the class "other".'
)


def _confusion_matrix() -> list[str]:
    title = (
        "Count how often each class was predicted for each class of the target.\n\n"
        "Entry ``[i, j]`` is the number of pixels with target ``i`` and prediction "
        f"``j``, as in scikit-learn's ``confusion_matrix``. {_READ}"
    )
    example = [
        ">>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)",
        "tensor([[1, 1],",
        "        [0, 1]])",
        ">>> raw = torch.tensor([7, 26, -1])  # road, car, licence plate",
        ">>> to_class = {7: 0, 26: 1, -1: None}",
        ">>> confusion_matrix(torch.tensor([0, 0, 1]), raw, 2, label_map=to_class)",
        "tensor([[1, 0],",
        "        [1, 0]])",
    ]
    options = {**COUNTING, **MATRIX}
    return _function("confusion_matrix", "Tensor", options, title, _MATRIX, example)


def _class_counts() -> list[str]:
    title = (
        "Count true and false positives and negatives of each class.\n\n"
        "Needs O(C) memory, so that C may be large where a confusion matrix would not "
        f"fit. {_READ}"
    )
    example = [
        ">>> class_counts(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2).tp",
        "tensor([1, 1])",
    ]
    options = {n: o for n, o in COUNTING.items() if n not in _OF_MEANING}
    options["per_sample"] = MATRIX["per_sample"]
    return _function("class_counts", "ClassCounts", options, title, _CLASSES, example)


def _function(
    name: str,
    result: str,
    options: Mapping[str, Option],
    title: str,
    returns: str,
    example: list[str],
) -> list[str]:
    inputs = ["preds: Array", "target: Array", NUM_CLASSES, "*"]
    parameters = [parameter(option, given) for option, given in options.items()]
    sections = {
        "Args": {**PIXELS, **words(options), **OTHERS},
        "Returns": [returns],
        "Raises": RAISES_OF_PIXELS,
        "Example": example,
    }
    arguments = ["preds", "target", "num_classes", "unknown", *passed(options)]
    return [
        *signature(name, [*inputs, *parameters, "**unknown: Never"], result),
        *docstring(title, sections),
        *call(f"return {name}_of", arguments, 4),
    ]


def _metric() -> list[str]:
    options = {**_COUNTING, **MATRIX, **METRIC}
    title = "Accumulate a confusion matrix over batches."
    returned = (
        f"Rows are targets, columns predictions. ``compute`` returns {_MATRIX} Samples "
        "are in the order of updates."
    )
    example = [
        ">>> metric = ConfusionMatrix(num_classes=2)",
        ">>> metric.update(torch.tensor([0, 1]), torch.tensor([0, 1]))",
        ">>> metric.update(torch.tensor([1]), torch.tensor([0]))",
        ">>> metric.compute()",
        "tensor([[1, 1],",
        "        [0, 1]])",
        '>>> metric = ConfusionMatrix(2, label_map={7: 0, 26: 1}, normalize="true")',
        ">>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([7, 7, 26, 26]))",
        "tensor([[0.5000, 0.5000],",
        "        [0.0000, 1.0000]])",
    ]
    base = ["num_classes", "unknown", *passed(options)]
    classes = {"num_classes": PIXELS["num_classes"]}
    return [
        "class ConfusionMatrix(MatrixMetric):",
        *docstring(f"{title}\n\n{returned}", {"Example": example}),
        "",
        *init([NUM_CLASSES], options, title, classes, base),
    ]
