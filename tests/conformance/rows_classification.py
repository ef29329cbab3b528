"""Precision and the other scores, as the installed peers compute them."""

from __future__ import annotations

from typing import Any

from torchtally.functional._definitions import SCORES

from .peers import (
    ignite_metric,
    monai_metric,
    monai_rate,
    sklearn_likelihood_ratio,
    sklearn_score,
    torchmetrics_class,
    torchmetrics_segmentation,
)
from .rates import RATES
from .row import Row

EVERY = ("a", "b", "d", "e")
PRESENT: dict[str, Any] = {"classes": "present", "zero_division": 0}
NONE_EITHER = {"zero_division": 0}
BATCH = "an empty class is weighted by another sample of the same batch there"

_TORCHMETRICS = {
    "precision": ("MulticlassPrecision", {}, {}),
    "recall": ("MulticlassRecall", {}, {}),
    "specificity": ("MulticlassSpecificity", {}, {}),
    "fbeta": ("MulticlassFBetaScore", {"beta": 2.0}, {"beta": 2.0}),
    "accuracy": ("MulticlassAccuracy", {}, {}),
}
_SKLEARN = {
    "precision": ("precision_score", {}),
    "recall": ("recall_score", {}),
    "fbeta": ("fbeta_score", {"beta": 2.0}),
    "iou": ("jaccard_score", {}),
}

CLASSIFICATION = [
    *(
        Row(
            f"torchmetrics {peer}, {average}",
            f"{name}_score",
            {"average": average, **spelling, **own},
            live=torchmetrics_class(peer, average=average, **options),
            also=EVERY,
        )
        for name, (peer, options, own) in _TORCHMETRICS.items()
        for average, spelling in (
            ("macro", PRESENT),
            ("micro", {}),
            ("weighted", NONE_EITHER),
            ("none", NONE_EITHER),
        )
    ),
    *(
        Row(
            f"scikit-learn {peer}, macro, {which}",
            f"{name}_score",
            {**spelling, **options},
            live=sklearn_score(
                peer, average="macro", zero_division=0.0, **labels, **options
            ),
            also=EVERY,
        )
        for name, (peer, options) in _SKLEARN.items()
        for which, labels, spelling in (
            ("labels in either", {}, PRESENT),
            ("labels=0..2", {"labels": [0, 1, 2]}, NONE_EITHER),
        )
    ),
    Row(
        "scikit-learn accuracy_score",
        "accuracy_score",
        {},
        live=sklearn_score("accuracy_score"),
        also=EVERY,
    ),
    Row(
        "scikit-learn balanced_accuracy_score",
        "balanced_accuracy_score",
        {},
        live=sklearn_score("balanced_accuracy_score"),
        also=EVERY,
    ),
    Row(
        "scikit-learn matthews_corrcoef",
        "matthews_corrcoef",
        {"zero_division": 0},
        live=sklearn_score("matthews_corrcoef"),
        also=EVERY,
    ),
    *(
        Row(
            f"scikit-learn class_likelihood_ratios, LR+ of class {label}",
            "positive_likelihood_ratio",
            {"classes": [label]},
            live=sklearn_likelihood_ratio(label),
            also=EVERY,
        )
        for label in range(3)
    ),
    Row(
        "torchmetrics MulticlassExactMatch",
        "exact_match_score",
        {"zero_division": 1},
        live=torchmetrics_class("MulticlassExactMatch"),
        also=(*EVERY, "c", "f"),
    ),
    Row(
        "torchmetrics MulticlassMatthewsCorrCoef",
        "matthews_corrcoef",
        {"zero_division": 0},
        live=torchmetrics_class("MulticlassMatthewsCorrCoef"),
        also=(*EVERY, "c", "f"),
    ),
    *(
        Row(
            f"scikit-learn cohen_kappa_score, weights={weights}",
            "cohen_kappa_score",
            {"weights": weights or "none"},
            live=sklearn_score("cohen_kappa_score", weights=weights, labels=[0, 1, 2]),
            also=EVERY,
        )
        for weights in (None, "linear", "quadratic")
    ),
    *(
        Row(
            f"torchmetrics MulticlassCohenKappa, weights={weights}",
            "cohen_kappa_score",
            {"weights": weights},
            live=torchmetrics_class("MulticlassCohenKappa", weights=weights),
            also=(*EVERY, "c", "f"),
        )
        for weights in ("none", "linear", "quadratic")
    ),
    Row(
        "torchmetrics MulticlassJaccardIndex, weighted",
        "frequency_weighted_iou_score",
        {},
        live=torchmetrics_class("MulticlassJaccardIndex", average="weighted"),
        also=EVERY,
    ),
    *(
        Row(
            f"MONAI GeneralizedDiceScore, {weight_type}",
            "generalized_dice_score",
            {
                "weight_type": weight_type.replace("uniform", "linear"),
                "aggregation": "samplewise",
                "zero_division": 1,
            },
            live=monai_metric(
                "GeneralizedDiceScore",
                weight_type=weight_type,
                reduction="mean",
            ),
            also=EVERY,
        )
        for weight_type in ("square", "simple", "uniform")
    ),
    *(
        Row(
            f"torchmetrics GeneralizedDiceScore, {weight_type}, a batch",
            "generalized_dice_score",
            {
                "weight_type": weight_type,
                **({} if weight_type == "linear" else {"empty_weight": "zero"}),
                "aggregation": "samplewise",
                "zero_division": 0,
            },
            live=torchmetrics_segmentation(
                "GeneralizedDiceScore", weight_type=weight_type
            ),
            also=EVERY,
            differs={} if weight_type == "linear" else {"b": BATCH},
        )
        for weight_type in ("square", "simple", "linear")
    ),
    Row(
        "ignite cmAccuracy",
        "accuracy_score",
        {},
        live=ignite_metric("cmAccuracy"),
        also=EVERY,
    ),
    Row(
        "ignite cmPrecision",
        "precision_score",
        {"zero_division": 0},
        live=ignite_metric("cmPrecision"),
        also=EVERY,
    ),
    Row(
        "ignite cmRecall",
        "recall_score",
        {"zero_division": 0},
        live=ignite_metric("cmRecall"),
        also=EVERY,
    ),
    Row(
        "ignite DiceCoefficient",
        "dice_score",
        {"average": "none", "zero_division": 0},
        live=ignite_metric("DiceCoefficient"),
        also=EVERY,
    ),
    Row(
        "ignite DiceCoefficient, ignore_index=0",
        "dice_score",
        {"average": "none", "zero_division": 0, "include_background": False},
        live=ignite_metric("DiceCoefficient", ignore_index=0),
        also=EVERY,
    ),
    Row(
        "ignite IoU",
        "iou_score",
        {"average": "none", "zero_division": 0},
        live=ignite_metric("IoU"),
        also=EVERY,
    ),
    *(
        Row(
            f"MONAI confusion matrix metric, {rate.monai}",
            SCORES[name].function,
            # A class of MONAI has the pixels of all classes; NaN is undefined.
            {"average": "none", "aggregation": "none", **rate.parameters},
            live=monai_rate(rate.monai),
            also=EVERY,
        )
        for name, rate in RATES.items()
        if rate.monai and rate.multilabel is None
    ),
]
