"""Dice, IoU and F1 as the peers reduce them.

Numbers were obtained by running torchmetrics 1.9 (1.6 where it says so), MONAI 1.6.1,
segmentation_models_pytorch 0.6.0, ignite 0.5.5 and scikit-learn 1.9.1; those of
mmsegmentation, nnU-Net and detectron2 from their formulas.
"""

from __future__ import annotations

from typing import Any

from .peers import (
    ignite_metric,
    monai_metric,
    sklearn_score,
    smp_metric,
    torchmetrics_class,
    torchmetrics_segmentation,
)
from .row import Row

NAN = float("nan")
SAMPLEWISE: dict[str, Any] = {"aggregation": "samplewise"}
EACH: dict[str, Any] = {"average": "none"}
EMPTY: dict[str, Any] = {"undefined_when": "empty_target"}
NOTHING = "where nothing is left to score the result is NaN"
ABSENT = "a class that is absent everywhere is NaN"

SEGMENTATION = [
    # Counts alone
    Row(
        "Dice of each class",
        "dice_score",
        EACH,
        {"a": [2 / 3, 0.8, NAN], "b": [0.8, 0.8571, 0.5], "d": [0.8, 0.75, 0.6667]},
    ),
    Row(
        "IoU of each class",
        "iou_score",
        EACH,
        {"a": [0.5, 2 / 3, NAN], "b": [0.6667, 0.75, 0.3333], "d": [0.6667, 0.6, 0.5]},
    ),
    Row(
        "torchmetrics MulticlassF1Score, micro",
        "dice_score",
        {"average": "micro"},
        {"a": 0.75, "b": 0.75, "d": 0.75},
        torchmetrics_class("MulticlassF1Score", average="micro"),
    ),
    Row(
        "torchmetrics MulticlassJaccardIndex, micro",
        "iou_score",
        {"average": "micro"},
        {"a": 0.6, "b": 0.6, "d": 0.6},
        torchmetrics_class("MulticlassJaccardIndex", average="micro"),
    ),
    # torchmetrics.classification
    Row(
        "torchmetrics MulticlassF1Score, macro",
        "f1_score",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389, "c": 0.0, "e": 0.5556},
        torchmetrics_class("MulticlassF1Score", average="macro"),
        differs={"c": NOTHING},
    ),
    Row(
        "torchmetrics MulticlassF1Score, macro, a class ignored and yet scored",
        "f1_from_counts",
        {},
        {"f": 0.5556},
        torchmetrics_class("MulticlassF1Score", average="macro"),
    ),
    Row(
        "torchmetrics MulticlassF1Score, macro, samplewise",
        "f1_score",
        {"aggregation": "none"},
        {"a": 0.7333, "b": [0.7778, 0.5556], "d": [0.7778, 0.7333], "c": 0.0},
        torchmetrics_class(
            "MulticlassF1Score", average="macro", multidim_average="samplewise"
        ),
        differs={"c": NOTHING},
    ),
    Row(
        "torchmetrics MulticlassJaccardIndex, macro",
        "iou_score",
        {},
        {"a": 0.5833, "b": 0.5833, "d": 0.5889, "c": NAN, "e": 0.5, "f": 0.75},
        torchmetrics_class("MulticlassJaccardIndex", average="macro"),
    ),
    Row(
        "torchmetrics MulticlassF1Score, weighted",
        "f1_score",
        {"average": "weighted"},
        {"a": 0.7333, "b": 0.7464, "d": 0.7479, "c": 0.0},
        torchmetrics_class("MulticlassF1Score", average="weighted"),
        differs={"c": NOTHING},
    ),
    Row(
        "torchmetrics 1.6 Dice, macro, global",
        "dice_score",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389},
        theirs=(
            'metric = torchmetrics.Dice(num_classes=3, average="macro", '
            'mdmc_average="global")\nmetric(preds, target)'
        ),
    ),
    Row(
        "torchmetrics 1.6 Dice, macro, samplewise, zero_division=0",
        "dice_score",
        {**SAMPLEWISE, "zero_division": 0},
        {"a": 0.4889, "b": 0.6667, "d": 0.6333},
        theirs=(
            'metric = torchmetrics.Dice(num_classes=3, average="macro", '
            'mdmc_average="samplewise", zero_division=0)\nmetric(preds, target)'
        ),
    ),
    Row(
        "torchmetrics 1.6 Dice, macro, samplewise, zero_division=1",
        "dice_score",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.8222, "b": 0.6667, "d": 0.8},
        theirs=(
            'metric = torchmetrics.Dice(num_classes=3, average="macro", '
            'mdmc_average="samplewise", zero_division=1)\nmetric(preds, target)'
        ),
    ),
    # torchmetrics.segmentation
    Row(
        "torchmetrics DiceScore, macro, samplewise",
        "dice_score",
        SAMPLEWISE,
        {"a": 0.7333, "b": 0.6667, "d": 0.7556, "c": NAN},
        torchmetrics_segmentation("DiceScore", average="macro"),
    ),
    Row(
        "torchmetrics DiceScore, macro, global",
        "dice_score",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389, "c": NAN},
        torchmetrics_segmentation(
            "DiceScore", average="macro", aggregation_level="global"
        ),
    ),
    Row(
        "torchmetrics DiceScore, none, samplewise",
        "dice_score",
        {**SAMPLEWISE, **EACH},
        {
            "a": [0.6667, 0.8, NAN],
            "b": [0.8333, 0.8333, 0.3333],
            "d": [0.8333, 0.7333, 0.6667],
        },
        torchmetrics_segmentation("DiceScore", average="none"),
    ),
    Row(
        "torchmetrics DiceScore, weighted, samplewise",
        "dice_score",
        {**SAMPLEWISE, "average": "weighted"},
        {"a": 0.7333, "b": 0.7917, "d": 0.7417},
        torchmetrics_segmentation("DiceScore", average="weighted"),
    ),
    Row(
        "torchmetrics DiceScore, weighted, global",
        "dice_score",
        {"average": "weighted"},
        {"a": 0.7333, "b": 0.7464, "d": 0.7479},
        torchmetrics_segmentation(
            "DiceScore", average="weighted", aggregation_level="global"
        ),
    ),
    Row(
        "torchmetrics MeanIoU",
        "iou_score",
        {**SAMPLEWISE, "sample_mean": "joint"},
        {"a": 0.5833, "b": 0.5833, "d": 0.6333, "c": -1},
        torchmetrics_segmentation("MeanIoU"),
        differs={"c": NOTHING},
    ),
    Row(
        "torchmetrics MeanIoU, per_class",
        "iou_score",
        {**SAMPLEWISE, **EACH},
        {"a": [0.5, 0.6667, -1], "b": [0.75, 0.75, 0.25], "d": [0.75, 0.5833, 0.5]},
        torchmetrics_segmentation("MeanIoU", per_class=True),
        differs={"a": ABSENT},
    ),
    Row(
        "torchmetrics GeneralizedDiceScore, per_class",
        "dice_score",
        {**SAMPLEWISE, **EACH, "zero_division": 0},
        {
            "a": [0.6667, 0.8, 0],
            "b": [0.8333, 0.8333, 0.3333],
            "d": [0.8333, 0.7333, 0.3333],
        },
        torchmetrics_segmentation("GeneralizedDiceScore", per_class=True),
    ),
    # MONAI
    Row(
        "MONAI DiceMetric, ignore_empty=True, mean",
        "dice_score",
        {**SAMPLEWISE, **EMPTY},
        {"a": 0.7333, "b": 0.8056, "d": 0.7556, "c": 0.0},
        monai_metric("DiceMetric", reduction="mean", ignore_empty=True),
        differs={"c": NOTHING},
    ),
    Row(
        "MONAI DiceMetric, ignore_empty=True, mean_batch",
        "dice_score",
        {**SAMPLEWISE, **EMPTY, **EACH},
        {
            "a": [0.6667, 0.8, 0],
            "b": [0.8333, 0.8333, 0.6667],
            "d": [0.8333, 0.7333, 0.6667],
        },
        monai_metric("DiceMetric", reduction="mean_batch", ignore_empty=True),
        differs={"a": ABSENT},
    ),
    Row(
        "MONAI DiceMetric, ignore_empty=False, mean",
        "dice_score",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.8222, "b": 0.6667, "d": 0.8, "c": 1.0},
        monai_metric("DiceMetric", reduction="mean", ignore_empty=False),
    ),
    Row(
        "MONAI MeanIoU, ignore_empty=True",
        "iou_score",
        {**SAMPLEWISE, **EMPTY},
        {"a": 0.5833, "b": 0.7083, "d": 0.625},
        monai_metric("MeanIoU", reduction="mean", ignore_empty=True),
    ),
    Row(
        "MONAI MeanIoU, ignore_empty=False",
        "iou_score",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.7222, "b": 0.5833, "d": 0.6944},
        monai_metric("MeanIoU", reduction="mean", ignore_empty=False),
    ),
    # segmentation_models_pytorch
    *(
        Row(
            f"smp f1_score, {reduction}, zero_division={worth}",
            "f1_score",
            {**options, "zero_division": worth},
            {**numbers, "c": worth},
            smp_metric("f1_score", reduction=reduction, zero_division=worth),
        )
        for reduction, options, worth, numbers in (
            ("macro", {}, 1, {"a": 0.8222, "b": 0.7190, "d": 0.7389}),
            ("macro", {}, 0, {"a": 0.4889, "b": 0.7190, "d": 0.7389}),
            ("macro", {}, NAN, {"a": NAN, "b": 0.7190, "d": 0.7389}),
            ("macro-imagewise", SAMPLEWISE, 1, {"a": 0.8222, "b": 0.6667, "d": 0.8}),
            ("macro-imagewise", SAMPLEWISE, 0, {"a": 0.4889, "b": 0.6667, "d": 0.6333}),
            ("macro-imagewise", SAMPLEWISE, NAN, {"a": NAN, "b": 0.6667, "d": NAN}),
        )
    ),
    # scikit-learn
    *(
        Row(
            f"scikit-learn f1_score, macro, labels=0..2, zero_division={worth}",
            "f1_score",
            {"zero_division": spelling},
            {"a": number, "b": 0.7190, "d": 0.7389, "e": 0.5556},
            sklearn_score(
                "f1_score", average="macro", labels=[0, 1, 2], zero_division=worth
            ),
        )
        for worth, spelling, number in (
            (0.0, 0, 0.4889),
            (1.0, 1, 0.8222),
            (NAN, "skip", 0.7333),
        )
    ),
    # ignite, mmsegmentation, nnU-Net, detectron2
    Row(
        "ignite mIoU",
        "iou_score",
        {"zero_division": 0},
        {"a": 0.3889, "b": 0.5833, "d": 0.5889, "c": 0.0},
        ignite_metric("mIoU"),
    ),
    Row(
        "mmsegmentation mIoU",
        "iou_score",
        {},
        {"a": 0.5833, "b": 0.5833, "c": NAN},
        theirs='# its "mIoU" / 100\nIoUMetric(iou_metrics=["mIoU"])',
    ),
    Row(
        "mmsegmentation mDice",
        "dice_score",
        {},
        {"a": 0.7333, "b": 0.7190, "c": NAN},
        theirs='# its "mDice" / 100\nIoUMetric(iou_metrics=["mDice"])',
    ),
    Row(
        "nnU-Net foreground_mean Dice",
        "dice_score",
        {
            **SAMPLEWISE,
            "sample_mean": "samples_first",
            "undefined_when": "both_empty",
            "include_background": False,
        },
        {"a": NAN, "b": 0.5833, "d": 0.7},
        differs={"a": "a class that no case has is skipped, as in the other cases"},
        theirs=(
            'found = compute_metrics_on_folder(...)\nfound["foreground_mean"]["Dice"]'
        ),
    ),
    Row(
        "detectron2 mIoU",
        "iou_score",
        EMPTY,
        {"a": 0.5833, "b": 0.5833, "d": 0.5889, "e": 0.75},
        theirs=(
            'found = SemSegEvaluator(name).evaluate()\nfound["sem_seg"]["mIoU"] / 100'
        ),
    ),
]
