"""The scores of single classes on plain numbers, and what peers call them: a row each.

Rows are compared with MONAI and scikit-learn in the conformance table and on random
labels, and give the reference for every policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rate:
    """A score of one class.

    Attributes:
        ratio: from tp, fp, fn, tn to numerator and denominator.
        monai: its name in ``monai.metrics.ConfusionMatrixMetric``.
        parameters: our options for this ratio.
        multilabel: the ratio of a label, where it is another.
    """

    ratio: Callable[[int, int, int, int], tuple[float, float]]
    monai: str = ""
    parameters: dict[str, float] = field(default_factory=dict)
    multilabel: Callable[[int, int, int, int], tuple[float, float]] | None = None


RATES = {
    "dice": Rate(lambda tp, fp, fn, tn: (2 * tp, 2 * tp + fp + fn)),
    "iou": Rate(lambda tp, fp, fn, tn: (tp, tp + fp + fn), "threat score"),
    "f1": Rate(lambda tp, fp, fn, tn: (2 * tp, 2 * tp + fp + fn), "f1 score"),
    "fbeta": Rate(
        lambda tp, fp, fn, tn: (5 * tp, 5 * tp + 4 * fn + fp), parameters={"beta": 2.0}
    ),
    "precision": Rate(lambda tp, fp, fn, tn: (tp, tp + fp), "precision"),
    "recall": Rate(lambda tp, fp, fn, tn: (tp, tp + fn), "sensitivity"),
    "specificity": Rate(lambda tp, fp, fn, tn: (tn, tn + fp), "specificity"),
    "negative_predictive_value": Rate(
        lambda tp, fp, fn, tn: (tn, tn + fn), "negative predictive value"
    ),
    "false_positive_rate": Rate(lambda tp, fp, fn, tn: (fp, fp + tn), "fall out"),
    "false_negative_rate": Rate(lambda tp, fp, fn, tn: (fn, fn + tp), "miss rate"),
    "false_discovery_rate": Rate(
        lambda tp, fp, fn, tn: (fp, fp + tp), "false discovery rate"
    ),
    "false_omission_rate": Rate(
        lambda tp, fp, fn, tn: (fn, fn + tn), "false omission rate"
    ),
    "informedness": Rate(
        lambda tp, fp, fn, tn: (
            tp * tn - fp * fn,
            (tp + fn) * (tn + fp),
        ),
        "informedness",
    ),
    "markedness": Rate(
        lambda tp, fp, fn, tn: (
            tp * tn - fp * fn,
            (tp + fp) * (tn + fn),
        ),
        "markedness",
    ),
    "positive_likelihood_ratio": Rate(
        lambda tp, fp, fn, tn: (tp * (fp + tn), fp * (tp + fn))
    ),
    "accuracy": Rate(
        lambda tp, fp, fn, tn: (tp, tp + fn),
        "accuracy",
        multilabel=lambda tp, fp, fn, tn: (tp + tn, tp + fp + fn + tn),
    ),
    "tversky": Rate(
        lambda tp, fp, fn, tn: (tp, tp + 0.3 * fp + 0.7 * fn),
        parameters={"alpha": 0.3, "beta": 0.7},
    ),
}
