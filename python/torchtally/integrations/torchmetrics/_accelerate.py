"""Convert what exists: metrics, or torchmetrics as a whole."""

from __future__ import annotations

import sys
import warnings
from types import FunctionType, ModuleType
from typing import TypeVar, overload

from torch.nn import Module
from torchmetrics import Metric

from ._helpers import REPLACED
from ._redirected import CLASSES
from ._tally_metric import TallyMetric

_Module = TypeVar("_Module", bound=Module)

#: Modules of torchmetrics whose metrics and functions count as ``_helpers`` does.
_MODULES = (
    *(
        f"torchmetrics.functional.classification.{name}"
        for name in (
            "accuracy",
            "cohen_kappa",
            "confusion_matrix",
            "exact_match",
            "f_beta",
            "hamming",
            "jaccard",
            "matthews_corrcoef",
            "negative_predictive_value",
            "precision_recall",
            "specificity",
            "stat_scores",
        )
    ),
    "torchmetrics.classification.confusion_matrix",
    "torchmetrics.classification.exact_match",
    "torchmetrics.classification.stat_scores",
    *(
        f"torchmetrics.{package}segmentation.{name}"
        for package in ("", "functional.")
        for name in ("dice", "generalized_dice", "mean_iou")
    ),
)

#: What was put in place: module, name, what it was, what it is.
_replaced: list[tuple[ModuleType, str, object, object]] = []


@overload
def accelerate(metrics: None = None) -> None: ...
@overload
def accelerate(metrics: _Module) -> _Module: ...
def accelerate(metrics: _Module | None = None) -> _Module | None:
    """Count with torchtally: in these metrics, or wherever torchmetrics counts.

    Without an argument, the helpers that torchmetrics' modules count with are replaced.
    That reaches every metric and function, whether it was imported, made or subclassed
    before or after; no class changes, so what is pickled is torchmetrics'. To call it
    again changes nothing; :func:`restore` undoes it.

    Args:
        metrics: a metric, a ``MetricCollection``, a wrapper of metrics, or a module
            that has some, such as a ``LightningModule``. Each metric inside becomes one
            of the class of its name here, in place, and keeps its state. Those that
            have no such class stay what they are, and a warning names them.

    Returns:
        ``metrics``.

    Raises:
        TypeError: if ``metrics`` is no module.

    Example:
        >>> from torchmetrics.classification import MulticlassF1Score
        >>> metric = accelerate(MulticlassF1Score(num_classes=3))
        >>> type(metric).__module__
        'torchtally.integrations.torchmetrics.classification'
    """
    if metrics is None:
        _replace_helpers()
        return None
    left = _convert("accelerate", metrics, CLASSES)
    if left:
        warnings.warn(
            f"accelerate: {', '.join(sorted(left))} left as it is: nothing that "
            "torchtally counts, or a class of your own",
            stacklevel=2,
        )
    return metrics


@overload
def restore(metrics: None = None) -> None: ...
@overload
def restore(metrics: _Module) -> _Module: ...
def restore(metrics: _Module | None = None) -> _Module | None:
    """Undo :func:`accelerate`, of these metrics, or of torchmetrics as a whole.

    Args:
        metrics: what was passed to :func:`accelerate`; states are kept.

    Returns:
        ``metrics``.

    Raises:
        TypeError: if ``metrics`` is no module.

    Example:
        >>> from torchmetrics.classification import MulticlassF1Score
        >>> metric = restore(accelerate(MulticlassF1Score(num_classes=3)))
        >>> type(metric) is MulticlassF1Score
        True
    """
    if metrics is not None:
        _convert("restore", metrics, {ours: theirs for theirs, ours in CLASSES.items()})
        return metrics
    while _replaced:
        module, name, original, replacement = _replaced.pop()
        if getattr(module, name) is replacement:  # nobody else has replaced it since
            setattr(module, name, original)
    return None


def _replace_helpers() -> None:
    for module in map(sys.modules.__getitem__, _MODULES):
        for name, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and value in REPLACED:
                replacement = REPLACED[value]
                _replaced.append((module, name, value, replacement))
                setattr(module, name, replacement)


def _convert(name: str, metrics: Module, classes: dict[type, type]) -> set[str]:
    """Change the classes of metrics; return the names of those that are not known."""
    if not isinstance(metrics, Module):
        raise TypeError(
            f"{name}: metrics must be a metric, or a module that has metrics, got "
            f"{type(metrics).__name__}"
        )
    left = set()
    for metric in metrics.modules():
        if not isinstance(metric, Metric):
            continue
        kind = type(metric)
        if kind in classes:
            state = metric.__getstate__()
            for method in ("update", "compute"):  # bound to the class, and wrapped
                del metric.__dict__[method]
            metric.__class__ = classes[kind]
            metric.__setstate__(state)
        elif kind not in (TallyMetric, *classes.values()) and not _wraps(metric):
            left.add(kind.__name__)
    return left


def _wraps(metric: Metric) -> bool:
    return any(isinstance(part, Metric) for part in list(metric.modules())[1:])
