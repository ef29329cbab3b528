"""Random options and inputs of torchmetrics, and what it makes of them."""

from __future__ import annotations

import importlib
import inspect
import random
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from torchtally.integrations import torchmetrics as ours

original = importlib.import_module("torchmetrics.classification")
segmentation = importlib.import_module("torchmetrics.segmentation")
original_functions = importlib.import_module("torchmetrics.functional.classification")
segmentation_functions = importlib.import_module("torchmetrics.functional.segmentation")

#: Older versions count segmentations themselves.
COUNTS_SEGMENTATIONS = hasattr(
    importlib.import_module("torchmetrics.functional.segmentation.utils"),
    "_format_logits",
)
TASKS = ("Binary", "Multiclass", "Multilabel")
SEGMENTATION = ("DiceScore", "GeneralizedDiceScore", "MeanIoU")
CLASSES = [
    name
    for name in ours.__all__
    if isinstance(getattr(ours, name), type)
    and (name.startswith(TASKS) or name in SEGMENTATION)
]
WRAPPERS = [
    name
    for name in ours.__all__
    if isinstance(getattr(ours, name), type) and name not in CLASSES
]
FUNCTIONS = [
    name
    for name, value in vars(ours.functional).items()
    if inspect.isfunction(value) and value.__module__ == ours.functional.__name__
]

#: What an argument may be, by its name.
VALUES: dict[str, list[Any]] = {
    "task": ["binary"],
    "num_classes": [2, 3, 5],
    "num_labels": [2, 3],
    "threshold": [0.5, 0.3, 0.75, 0.0, 1.0],
    "average": ["micro", "macro", "weighted", "none", None],
    "multidim_average": ["global", "samplewise"],
    "ignore_index": [None, None, 0, 1, 255, -1, -100],
    "top_k": [1, 1, 1, 2],
    "validate_args": [True, False],
    "normalize": [None, "none", "true", "pred", "all"],
    "zero_division": [0, 1],
    "beta": [0.5, 2.0],
    "weights": [None, "linear", "quadratic"],
    "include_background": [True, False],
    "per_class": [True, False],
    "input_format": ["one-hot", "index", "mixed"][: 2 + COUNTS_SEGMENTATIONS],
    "aggregation_level": ["samplewise", "global"],
    "weight_type": ["square", "simple", "linear"],
}
SIGNED = (torch.int8, torch.int32, torch.int64)
LABELS = (torch.uint8, *SIGNED)
SCORES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def theirs_of(name: str) -> Any:
    """Return the class of torchmetrics."""
    return getattr(segmentation if name in SEGMENTATION else original, name)


def function_of(name: str) -> Any:
    """Return the function of torchmetrics."""
    of_segmentation = hasattr(segmentation_functions, name)
    return getattr(
        segmentation_functions if of_segmentation else original_functions, name
    )


def counted_here(name: str) -> bool:
    """Whether torchtally counts for a class or function of this version."""
    of_segmentation = name in SEGMENTATION or hasattr(segmentation_functions, name)
    return COUNTS_SEGMENTATIONS or not of_segmentation


def options_of(rng: random.Random, call: Callable[..., Any]) -> dict[str, Any]:
    """Draw the options that a class or function has."""
    names = inspect.signature(call).parameters
    return {
        name: rng.choice(values) for name, values in VALUES.items() if name in names
    }


def labels(
    rng: random.Random, shape: tuple[int, ...], classes: int, dtype: torch.dtype
) -> Tensor:
    """Draw labels; not all classes are there."""
    most = rng.choice([classes, classes, max(1, classes - 1)])
    return torch.randint(0, most, shape).to(dtype)


def scores(rng: random.Random, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Draw logits, probabilities, or probabilities on a coarse grid, with ties."""
    kind = rng.choice(["logits", "probabilities", "coarse"])
    if kind == "logits":
        return (torch.randn(shape) * 2).to(dtype)
    if kind == "coarse":
        return (torch.randint(0, 21, shape) / 20).to(dtype)
    return torch.rand(shape).to(dtype)


def spoilt(
    rng: random.Random, tensor: Tensor, values: list[int], share: float
) -> Tensor:
    """Put values into a few places."""
    tensor = tensor.clone()
    limits = torch.iinfo(tensor.dtype)
    values = [value for value in values if limits.min <= value <= limits.max]
    if values and tensor.numel():
        places = torch.rand(tensor.shape) < share
        tensor[places] = rng.choice(values)
    return tensor


def inputs_of(
    rng: random.Random, name: str, options: dict[str, Any], *, faults: bool = True
) -> tuple[Tensor, Tensor]:
    """Draw predictions and target that fit a metric's name and options, mostly."""
    torch.manual_seed(rng.randrange(1 << 30))
    task = name.lower()
    if "input_format" in options:
        return segmentation_inputs(rng, options)
    shape = (rng.choice([1, 2, 4]), *rng.choice([(), (7,), (3, 5), (8, 8)]))
    classes = options.get("num_classes", 2)
    if task.startswith("multilabel"):
        shape = (shape[0], options["num_labels"], *shape[1:])
        classes = 2
    elif task.startswith("binary"):
        classes = 2
    ignored = options.get("ignore_index")
    # The matrices of a multilabel task miscount unsigned labels where some are ignored.
    signed = ignored is not None and (ignored < 0 or "multilabel" in task)
    dtypes = SIGNED if signed else LABELS
    target = labels(rng, shape, classes, rng.choice(dtypes))
    if task.startswith("multiclass") and rng.random() < 0.5 and shape:
        preds = scores(rng, (shape[0], classes, *shape[1:]), rng.choice(SCORES))
    elif not task.startswith("multiclass") and rng.random() < 0.7:
        preds = scores(rng, shape, rng.choice(SCORES))
    else:
        preds = labels(rng, shape, classes, rng.choice(dtypes))
        if rng.random() < 0.5:  # right in most places
            preds = torch.where(torch.rand(shape) < 0.8, target.to(preds.dtype), preds)
    if ignored is not None and rng.random() < 0.8:
        target = spoilt(rng, target, [ignored], rng.choice([0.2, 0.2, 1.0]))
    if faults and rng.random() < 0.15:
        target = spoilt(rng, target, [classes, classes + 3, -1, 77], 0.1)
    if faults and rng.random() < 0.15 and not preds.is_floating_point():
        preds = spoilt(rng, preds, [classes, classes + 3, -1, 77], 0.1)
    if faults and rng.random() < 0.05 and preds.is_floating_point():
        preds = torch.where(torch.rand(preds.shape) < 0.1, torch.nan, preds)
    if rng.random() < 0.2 and len(shape) > 2 + task.startswith("multilabel"):
        preds, target = preds.transpose(-1, -2), target.transpose(-1, -2)
    return preds, target


def one_hot(rng: random.Random, shape: tuple[int, ...], classes: int) -> Tensor:
    """Draw a one-hot tensor: whole numbers, bool, or scores."""
    kind = rng.choice(["int", "bool", "uint8", "scores", "many"])
    if kind == "scores":
        return scores(rng, (shape[0], classes, *shape[1:]), rng.choice(SCORES))
    if kind == "many":
        return torch.randint(0, 2, (shape[0], classes, *shape[1:]))
    hot = torch.nn.functional.one_hot(labels(rng, shape, classes, torch.int64), classes)
    dtypes = {"int": torch.int64, "bool": torch.bool, "uint8": torch.uint8}
    return hot.movedim(-1, 1).to(dtypes[kind])


def segmentation_inputs(
    rng: random.Random, options: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """Draw inputs of a metric of segmentation."""
    shape = (rng.choice([1, 2, 4]), *rng.choice([(7,), (3, 5), (8, 8), (2, 3, 4)]))
    if rng.random() < 0.05:
        shape = shape[:1]
    classes = options["num_classes"]
    index = labels(rng, shape, classes, rng.choice([torch.int64] * 4 + [torch.uint8]))
    other = labels(rng, shape, classes, torch.int64)
    if rng.random() < 0.15:
        index = spoilt(rng, index, [classes, classes + 3, -1, 255], 0.1)
    if options["input_format"] == "index":
        return other, index
    if options["input_format"] == "one-hot":
        return one_hot(rng, shape, classes), one_hot(rng, shape, classes)
    pair = (one_hot(rng, shape, classes), index)
    return pair if rng.random() < 0.8 else (pair[1], pair[0])


Outcome = tuple[Any, list[str]]


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Outcome:
    """Return what a call returns, or its error, and its warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            value = call(*args, **kwargs)
        except Exception as error:  # which the other call must raise too
            value = (type(error), str(error))
    return value, [f"{entry.category.__name__}: {entry.message}" for entry in told]


def same(one: Any, other: Any) -> bool:
    """Whether results are equal to the bit, NaN being equal to NaN."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        return bool(((one == other) | ((one != one) & (other != other))).all())
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def history(metric: Metric, pairs: list[tuple[Tensor, Tensor]]) -> list[Outcome]:
    """Return what updates, forward, compute and the states of a metric come to."""
    found = [outcome(metric.update, *pair) for pair in pairs[:-1]]
    found.append((dict(metric.metric_state), []))
    found.append(outcome(metric.compute))
    found.append(outcome(metric, *pairs[-1]))
    found.append((dict(metric.metric_state), []))
    found.append(outcome(metric.compute))
    metric.reset()
    found.append((dict(metric.metric_state), []))
    return found
