"""Counts as the summary.json of nnU-Net's evaluator.

The formulas, names and order of keys are those of nnunetv2 2.8,
nnunetv2/evaluation/evaluate_predictions.py.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.int64]
LabelOrRegion: TypeAlias = int | tuple[int, ...]

NAMES = ("Dice", "IoU", "FP", "TP", "FN", "TN", "n_pred", "n_ref")


def region_counts(matrix: Matrix, region: LabelOrRegion) -> dict[str, int]:
    """Return TP, FP, FN and TN of a label, or of the union of several.

    Args:
        matrix: int64 ``[C, C]`` of one case, rows are labels; a row and column more
            for what is out of range is counted as outside every region.
        region: a label, or several.

    Raises:
        ValueError: the region names a label that the matrix has not.
    """
    labels = sorted({region} if isinstance(region, int) else set(region))
    if labels and not 0 <= labels[0] <= labels[-1] < len(matrix):
        raise ValueError(
            f"region_counts: region must name labels in 0..{len(matrix) - 1}, "
            f"got {region}"
        )
    inside = np.zeros(len(matrix), bool)
    inside[labels] = True
    of_label = matrix[inside]
    tp = int(of_label[:, inside].sum())
    fn = int(of_label.sum()) - tp
    fp = int(matrix[:, inside].sum()) - tp
    return {"FP": fp, "TP": tp, "FN": fn, "TN": int(matrix.sum()) - tp - fp - fn}


def nnunet_summary(
    cases: Iterable[tuple[str, str, Matrix]],
    labels_or_regions: Sequence[LabelOrRegion],
) -> dict[str, Any]:
    """Return what nnU-Net's compute_metrics_on_folder returns.

    Args:
        cases: reference file, prediction file and int64 matrix ``[C, C]`` of each, in
            the order of the files. Pixels of an ignored label are not in the matrix.
        labels_or_regions: labels, and tuples of labels for unions of them; nnU-Net
            takes those of the foreground from dataset.json.

    Returns:
        ``metric_per_case``, ``mean`` and ``foreground_mean``. Dice and IoU are NaN
        where TP + FP + FN = 0, and such cases do not enter ``mean``;
        ``foreground_mean`` is the mean over everything but label 0, NaN if a class is.

    Raises:
        ValueError: there are no cases, or a region names a label that is not there.
    """
    per_case: list[dict[str, Any]] = [
        {
            "reference_file": reference,
            "prediction_file": prediction,
            "metrics": {one: _metrics(matrix, one) for one in labels_or_regions},
        }
        for reference, prediction, matrix in cases
    ]
    if not per_case:
        raise ValueError("nnunet_summary: cases must hold at least one case, got none")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN
        means = {
            one: {
                name: float(
                    np.nanmean([case["metrics"][one][name] for case in per_case])
                )
                for name in NAMES
            }
            for one in labels_or_regions
        }
        foreground = {
            name: float(np.mean([means[one][name] for one in means if one != 0]))
            for name in NAMES
        }
    return {"metric_per_case": per_case, "mean": means, "foreground_mean": foreground}


def _metrics(matrix: Matrix, region: LabelOrRegion) -> dict[str, float | int]:
    counts = region_counts(matrix, region)
    tp, fp, fn = counts["TP"], counts["FP"], counts["FN"]
    defined = tp + fp + fn > 0
    return {
        "Dice": 2 * tp / (2 * tp + fp + fn) if defined else math.nan,
        "IoU": tp / (tp + fp + fn) if defined else math.nan,
        **counts,
        "n_pred": fp + tp,
        "n_ref": fn + tp,
    }


def nnunet_json(summary: dict[str, Any]) -> bytes:
    """Return a summary as nnU-Net's save_summary_json writes it.

    Labels and regions become text, ``"1"`` and ``"(1, 2, 3)"``; NaN is written as
    Python's json does, which is not JSON to the letter.
    """
    document = {
        "metric_per_case": [
            {
                **case,
                "metrics": {
                    str(one): values for one, values in case["metrics"].items()
                },
            }
            for case in summary["metric_per_case"]
        ],
        "mean": {str(one): values for one, values in summary["mean"].items()},
        "foreground_mean": summary["foreground_mean"],
    }
    return json.dumps(document, sort_keys=True, indent=4).encode()
