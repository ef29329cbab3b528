"""Cases that both languages refuse, in the same words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from score_case import Case
from torch import Tensor


def refusals() -> Iterator[Case]:
    """What both languages refuse, in the same words."""
    preds, target = torch.tensor([[0, 1, 2, 2]]), torch.tensor([[0, 1, 1, 2]])
    scores = torch.rand(1, 3, 4)
    pair = (preds, target)
    matrix = torch.ones(3, 3, dtype=torch.int64)
    bits = torch.ones(2, 3, dtype=torch.bool)
    deep = torch.zeros((1,) * 17, dtype=torch.int64)
    classes = torch.arange(48).remainder(3).view(2, 3, 8)[:, 0]
    hot = torch.nn.functional.one_hot(classes, 3).movedim(-1, 1)
    pairs = torch.nn.functional.one_hot(classes % 2, 2).movedim(-1, 1)
    rows, long_scores = torch.tensor([[0, 1, 2], [2, 1, 0]]), torch.rand(2, 3, 5)
    fixed: list[tuple[str, tuple[Tensor, ...], int, dict[str, Any]]] = [
        ("confusion_matrix", pair, 2, {}),
        ("confusion_matrix", pair, 2, {"validate": False}),
        ("confusion_matrix", pair, 2, {"ignore_index": [2, 255]}),
        ("class_counts", (preds.to(torch.uint8) + 250, target), 3, {}),
        ("class_counts", (preds - 3, target.to(torch.int8) - 9), 3, {}),
        ("confusion_matrix", (preds, (target - 1).to(torch.uint64)), 3, {}),
        ("dice_score", (scores, target + 1), 3, {"ignore_index": [0]}),
        ("confusion_matrix", pair, 3, {"mask": preds}),
        ("confusion_matrix", pair, 3, {"mask": bits}),
        ("confusion_matrix", pair, 0, {}),
        ("confusion_matrix", pair, 2**31, {}),
        ("confusion_matrix", pair, 3, {"task": "binary"}),
        ("confusion_matrix", pair, 3, {"ignore_index": list(range(65))}),
        ("confusion_matrix", (preds, scores), 3, {}),
        ("confusion_matrix", (preds.to(torch.complex64), target), 3, {}),
        ("confusion_matrix", (preds[:, :2], target), 3, {}),
        ("confusion_matrix", (scores[0], target), 3, {}),
        ("confusion_matrix", (scores[:, :2], target), 3, {}),
        ("confusion_matrix", (scores[..., :2], target), 3, {}),
        ("confusion_matrix", (preds[0, 0], target[0, 0]), 3, {"per_sample": True}),
        ("confusion_matrix", (scores, bits), 3, {"task": "multilabel"}),
        ("confusion_matrix", (bits, bits), 4, {"task": "multilabel"}),
        ("confusion_matrix", (bits[0], bits[0]), 3, {"task": "multilabel"}),
        ("confusion_matrix", (scores, target), 2, {"task": "binary"}),
        ("confusion_matrix", (deep, deep), 3, {}),
        ("dice_score", (hot, hot.flip(0)), 3, {}),
        ("dice_score", (hot.to(torch.uint8), hot > 0), 3, {"ignore_index": [0]}),
        ("dice_score", (pairs, pairs), 2, {}),
        ("dice_score", (hot, classes), 3, {}),
        ("dice_score", (classes, hot), 3, {}),
        ("dice_score", (hot.float(), hot), 3, {}),
        ("dice_score", (hot.float(), hot.float()), 3, {}),
        ("dice_score", (hot, hot.float()), 3, {}),
        ("dice_score", (classes, classes.half()), 3, {}),
        ("dice_score", (classes, classes.unsqueeze(1)), 3, {}),
        ("dice_score", (classes.unsqueeze(1), classes), 3, {}),
        ("dice_score", (hot.float(), classes.unsqueeze(1)), 3, {}),
        ("dice_score", (long_scores[0], rows[0, 0].expand(5)), 3, {}),
        ("dice_score", (torch.rand(3, 2, 5), rows[:, :1].expand(2, 5)), 3, {}),
        ("dice_score", (torch.rand(2, 5, 3), rows[:, :1].expand(2, 5)), 3, {}),
        ("dice_score", pair, 3, {"mask": (target > 0).unsqueeze(1)}),
        ("dice_score", (scores, bits.unsqueeze(0)), 3, {"task": "binary"}),
        (
            "dice_score",
            (scores[:, :2], bits[:1, :2].expand(1, 2)),
            2,
            {"task": "binary"},
        ),
        ("dice_score", (scores[0], (target > 0)[:, None]), 2, {"task": "binary"}),
        ("dice_score", (scores, target), 3, {"threshold": 0.5}),
        ("dice_score", (scores, target), 3, {"logits": True}),
        ("dice_score", (bits, bits), 2, {"task": "binary", "threshold": 0.5}),
        ("dice_score", (bits, bits), 3, {"task": "multilabel", "logits": True}),
        (
            "dice_score",
            (scores[0], scores[0] > 0.5),
            4,
            {"task": "multilabel", "threshold": [0.5] * 3},
        ),
        (
            "dice_score",
            (scores[0], scores[0] > 0.5),
            2,
            {"task": "binary", "threshold": [0.5, 0.25]},
        ),
        (
            "dice_score",
            (scores[0], scores[0] > 0.5),
            2,
            {"task": "binary", "threshold": 0.5, "logits": True},
        ),
        (
            "dice_score",
            (scores[0], scores[0] > 0.5),
            2,
            {"task": "binary", "threshold": math.nan},
        ),
        ("dice_score", (scores, scores > 0.5), 4, {"task": "multilabel"}),
        ("dice_score", (scores[0], scores[0] > 0.5), 3, {"task": "multilabel"}),
        ("confusion_matrix", pair, 3, {"normalize": "all", "dtype": torch.float16}),
        ("confusion_matrix", pair, 3, {"top_k": 2}),
        ("confusion_matrix", (scores, target), 3, {"top_k": 4}),
        ("confusion_matrix", (scores, target), 3, {"top_k": 0}),
        ("confusion_matrix", (bits, bits), 3, {"task": "multilabel", "top_k": 2}),
        ("confusion_matrix", (scores, target), 3, {"top_k": 2, "label_map": {0: 0}}),
        ("confusion_matrix", pair, 3, {"label_map": {}}),
        ("confusion_matrix", pair, 3, {"label_map": {0: 3}}),
        ("confusion_matrix", pair, 3, {"preds_map": {0: -1}}),
        ("confusion_matrix", pair, 3, {"label_map": {0: 0, 1: 1}}),
        ("confusion_matrix", pair, 3, {"preds_map": {0: 0, -7: 1}}),
        (
            "confusion_matrix",
            (bits, bits),
            3,
            {"task": "multilabel", "preds_map": {0: 1}},
        ),
        ("normalize_confusion_matrix", (target,), 0, {"normalize": "true"}),
        ("normalize_confusion_matrix", (matrix,), 0, {"dtype": torch.int64}),
        ("dice_score", pair, 3, {"dtype": torch.bfloat16}),
        ("dice_score", pair, 3, {"average": "binary"}),
        ("dice_score", pair, 3, {"average": "samples"}),
        ("dice_score", pair, 3, {"average": "binary", "classes": [1]}),
        ("dice_score", pair, 3, {"classes": []}),
        ("dice_score", pair, 3, {"classes": [1, 1]}),
        ("dice_score", pair, 3, {"classes": [1, 3]}),
        ("dice_score", pair, 3, {"classes": [0], "include_background": False}),
        ("dice_score", pair, 3, {"class_weights": [1.0, 2.0]}),
        ("dice_score", pair, 3, {"class_weights": [0.0, 0.0, 0.0]}),
        ("dice_score", pair, 3, {"class_weights": [-1.0, 0.1, 1e-30]}),
        ("dice_score", pair, 3, {"class_weights": [1.0] * 3, "average": "micro"}),
        ("dice_score", pair, 3, {"regions": []}),
        ("dice_score", pair, 3, {"regions": [[1], []]}),
        ("dice_score", pair, 3, {"regions": [[1, 3]]}),
        ("dice_score", pair, 3, {"regions": [[1, 2]], "ignore_index": [2]}),
        ("dice_score", pair, 3, {"regions": [[1]], "classes": [1, 2]}),
        ("dice_score", pair, 3, {"regions": [[1]], "classes": "present"}),
        ("dice_score", pair, 3, {"regions": [[1]], "include_background": False}),
        ("dice_score", pair, 3, {"regions": [[1]], "class_weights": [1.0, 2.0]}),
        ("fbeta_score", pair, 3, {"beta": -1.0}),
        ("fbeta_score", pair, 3, {"beta": math.nan}),
        ("tversky_score", pair, 3, {"alpha": math.inf}),
        ("tversky_score", pair, 3, {"beta": -0.1}),
        ("balanced_accuracy_score", (bits, bits), 3, {"task": "multilabel"}),
        ("dice_score", pair, 3, {"beta": 1.0}),
        ("dice_score", pair, 3, {"other": True}),
        ("fbeta_score", pair, 3, {"alpha": 1.0}),
        ("balanced_accuracy_score", pair, 3, {"average": "micro"}),
        ("frequency_weighted_iou_score", pair, 3, {"class_weights": [1.0] * 3}),
        ("dice_score", pair, 3, {"sample_mean": "joint"}),
        ("dice_score", pair, 3, {"sample_mean": "joint", "aggregation": "none"}),
        ("confusion_matrix", pair, 3, {"dtype": torch.float64}),
        (
            "generalized_dice_score",
            pair,
            3,
            {"weight_type": "linear", "empty_weight": "zero"},
        ),
        ("dice_from_counts", (matrix,), 0, {"sample_mean": "samples_first"}),
        ("generalized_dice_score", pair, 3, {"average": "micro"}),
        ("generalized_dice_score", pair, 3, {"sample_mean": "joint"}),
        ("matthews_corrcoef", pair, 3, {"classes": [1]}),
        ("cohen_kappa_score", pair, 3, {"include_background": False}),
        ("cohen_kappa_score", pair, 3, {"regions": [[1]]}),
        ("normalize_confusion_matrix", (matrix > 0,), 0, {}),
        ("normalize_confusion_matrix", (-matrix,), 0, {}),
        ("dice_from_counts", (matrix > 0,), 0, {}),
        ("dice_from_counts", (matrix.to(torch.complex64),), 0, {}),
        ("dice_from_counts", (*matrix, matrix[0] > 0), 0, {}),
        ("dice_from_counts", (*matrix, matrix[0, :2]), 0, {}),
        ("dice_from_counts", (*matrix, -matrix[0]), 0, {}),
        ("dice_from_counts", (matrix,), 0, {"threshold": 0.5}),
        ("dice_from_counts", (matrix,), 0, {"mask": bits}),
        ("dice_from_counts", (matrix,), 0, {"out_of_range": "miss"}),
        ("dice_from_counts", (matrix,), 0, {"label_map": {0: 0}}),
        ("dice_from_counts", (matrix[:2],), 0, {}),
        ("dice_from_counts", (matrix[0],), 0, {}),
        ("dice_from_counts", (matrix,), 0, {"task": "multilabel"}),
        ("dice_from_counts", (matrix,), 0, {"aggregation": "samplewise"}),
        ("dice_from_counts", (matrix,), 0, {"average": "binary"}),
        ("dice_from_counts", tuple(matrix[0, 0].expand(4).unbind()), 0, {}),
        ("dice_from_counts", (*matrix, matrix[0]), 0, {"regions": [[1]]}),
        ("cohen_kappa_from_counts", (*matrix, matrix[0]), 0, {"weights": "linear"}),
    ]
    for call, tensors, classes, options in fixed:
        yield Case("what is refused", call, tensors, classes, options)


def refused_metrics() -> Iterator[Case]:
    """What metrics refuse."""
    labels = torch.tensor([[0, 1, 2, 3]])
    batches = ((labels, labels, None),)
    refused: list[tuple[str, dict[str, Any], dict[str, dict[str, Any]]]] = [
        ("DiceScore", {"beta": 1.0}, {}),
        ("DiceScore", {"mask": labels > 0}, {}),
        ("DiceScore", {"validate": False}, {}),
        ("DiceScore", {"other": True}, {}),
        ("DiceScore", {"sample_mean": "joint"}, {}),
        ("ConfusionMatrix", {"dtype": torch.float64}, {}),
        ("ScoreSuite", {"sample_mean": "joint"}, {"dice": {"score": "dice"}}),
        ("DiceScore", {"classes": [4]}, {}),
        ("DiceScore", {"class_weights": [1.0]}, {}),
        ("DiceScore", {"class_weights": [1.0], "aggregation": "samplewise"}, {}),
        ("ConfusionMatrix", {"normalize": "all", "dtype": torch.float16}, {}),
        ("ScoreSuite", {"beta": 1.0}, {"dice": {"score": "dice"}}),
        ("ScoreSuite", {}, {"dice": {"score": "dice", "beta": 1.0}}),
        ("ScoreSuite", {}, {"dice": {"score": "dice", "ignore_index": [1]}}),
        ("ScoreSuite", {"average": "none"}, {"m": {"score": "matthews_corrcoef"}}),
        ("ScoreSuite", {}, {"i": {"score": "iou", "classes": [9]}}),
    ]
    for call, options, scores in refused:
        yield Case("what is refused", call, (), 4, options, batches, scores)
