"""What ``evaluate``'s mean_iou computes, which its package does not hold.

Its script is loaded from a hub. The counts are NumPy's histograms, as there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def areas(
    preds: Iterable[Any], labels: Iterable[Any], classes: int, ignore_index: int
) -> Any:
    """Return what predictions and labels share, and the pixels of each, ``[3, C]``."""
    total = np.zeros((3, classes))
    for pred, label in zip(preds, labels, strict=True):
        valid = label != ignore_index
        kept, true = pred[valid], label[valid]
        for row, values in enumerate((kept[kept == true], kept, true)):
            total[row] += np.histogram(values, classes, range=(0, classes - 1))[0]
    return total


def evaluate_mean_iou(
    preds: Iterable[Any], labels: Iterable[Any], classes: int, ignore_index: int
) -> dict[str, Any]:
    """Return the keys of the metric: IoU and recall, and the share of right pixels."""
    shared, predicted, true = areas(preds, labels, classes, ignore_index)
    with np.errstate(invalid="ignore"):
        iou, recall = shared / (predicted + true - shared), shared / true
    return {
        "mean_iou": np.nanmean(iou),
        "mean_accuracy": np.nanmean(recall),
        "overall_accuracy": shared.sum() / true.sum(),
        "per_category_iou": iou,
        "per_category_accuracy": recall,
    }
