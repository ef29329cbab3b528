"""The peers that are installed, called on a case; their versions are the dev pins."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import ignite.metrics
import monai.metrics
import numpy as np
import sklearn.metrics
import torch
import torchmetrics.classification
import torchmetrics.segmentation
from torch import Tensor

from .cases import Case

Live = Callable[[Case], Any]
CLASSES = 3


def one_hot(labels: Tensor, classes: int = CLASSES) -> Tensor:
    """Return ``[N, C, pixels, 1]``, as MONAI takes it."""
    hot = torch.nn.functional.one_hot(labels.long(), classes).movedim(-1, 1)
    return hot.unsqueeze(-1)


def torchmetrics_class(name: str, **options: Any) -> Live:
    """Call a class of ``torchmetrics.classification``."""
    metric = getattr(torchmetrics.classification, name)

    def live(case: Case) -> Tensor:
        found: Tensor = metric(
            num_classes=CLASSES, ignore_index=case.ignore_index, **options
        )(case.preds, case.target)
        return found

    return live


def torchmetrics_segmentation(name: str, **options: Any) -> Live:
    """Call a class of ``torchmetrics.segmentation``, which knows no ignored value."""
    metric = getattr(torchmetrics.segmentation, name)

    def live(case: Case) -> Tensor | None:
        if case.ignore_index is not None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Tensor = metric(
                num_classes=CLASSES, input_format="index", **options
            )(case.preds.unsqueeze(1), case.target.unsqueeze(1))
        return found

    return live


def monai_metric(name: str, **options: Any) -> Live:
    """Call a cumulative metric of MONAI, one-hot."""
    metric = getattr(monai.metrics, name)

    def live(case: Case) -> Any:
        if case.ignore_index is not None:
            return None
        peer = metric(include_background=True, **options)
        peer(one_hot(case.preds), one_hot(case.target))
        return peer.aggregate()

    return live


def monai_rate(name: str) -> Live:
    """Call ``compute_confusion_matrix_metric`` on each sample and class."""

    def live(case: Case) -> Tensor | None:
        if case.ignore_index is not None:
            return None
        counts = monai.metrics.get_confusion_matrix(
            one_hot(case.preds), one_hot(case.target)
        )
        return monai.metrics.compute_confusion_matrix_metric(name, counts)

    return live


def sklearn_score(name: str, *, positional: bool = True, **options: Any) -> Live:
    """Call a function of ``sklearn.metrics`` on all pixels."""
    score = getattr(sklearn.metrics, name)

    def live(case: Case) -> Any:
        if case.ignore_index is not None:
            return None
        target, preds = case.target.flatten().numpy(), case.preds.flatten().numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(score(target, preds, **options))

    return live


def sklearn_likelihood_ratio(label: int) -> Live:
    """Call ``class_likelihood_ratios`` on one class against the others."""

    def live(case: Case) -> Any:
        if case.ignore_index is not None:
            return None
        target, preds = (
            t.flatten().eq(label).numpy() for t in (case.target, case.preds)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ratios = sklearn.metrics.class_likelihood_ratios(
                target, preds, labels=[False, True]
            )
        return np.asarray(ratios[0])

    return live


def ignite_metric(name: str, **options: Any) -> Live:
    """Call a function of ignite's confusion matrix."""
    metric = getattr(ignite.metrics.confusion_matrix, name)

    def live(case: Case) -> Any:
        matrix = ignite.metrics.ConfusionMatrix(CLASSES)
        peer = metric(matrix, **options)
        scores = torch.nn.functional.one_hot(case.preds, CLASSES).movedim(-1, 1)
        matrix.update((scores.float(), case.target))
        return peer.compute()

    return live
