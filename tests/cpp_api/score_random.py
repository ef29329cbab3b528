"""Random cases of a seed: any options on any pixels."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import torch
from score_case import (
    AGGREGATIONS,
    AVERAGES,
    FLOATS,
    LABELS,
    METRICS,
    SAMPLE_MEANS,
    SCORES,
    UNDEFINED,
    Batch,
    Case,
    function_of,
    labels,
)

from torchtally.functional._definitions import SCORES as DEFINITIONS


class Dice:
    """Random choices of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def one_in(self, n: int) -> bool:
        return self._random.randrange(n) == 0

    def of(self, *values: Any) -> Any:
        return self._random.choice(values)

    def some(self, classes: int) -> list[int]:
        """Return one class or more, each once."""
        return self._random.sample(range(classes), self._random.randint(1, classes))


def random_pixels(dice: Dice, task: str) -> tuple[Batch, int]:
    """Return preds, target, mask and C."""
    classes = 2 if task == "binary" else dice.of(1, 2, 3, 4, 7)
    shape = (dice.of(1, 2, 4), *((classes,) if task == "multilabel" else ()), 6)
    top = 2 if task == "multilabel" else classes
    stray = dice.of(0, 0, 0, 1, 2)
    preds, target = labels(dice.generator, shape, top + stray)
    if dice.one_in(3):
        target = torch.where(
            torch.rand(shape, generator=dice.generator) < 0.2, 255, target
        )
        target = target if dice.one_in(2) else target.to(torch.uint8)
    if dice.one_in(4):
        target = target.to(dice.of(*LABELS))
    if dice.one_in(3):
        scored = (shape[0], classes, *shape[1:]) if task == "multiclass" else shape
        draw = torch.randn if dice.one_in(3) else torch.rand
        preds = draw(scored, generator=dice.generator).to(dice.of(*FLOATS))
    elif dice.one_in(4):
        preds = preds.to(dice.of(*LABELS))
    if dice.one_in(10):
        target = target.to(dice.of(*FLOATS))
    mask = None
    if dice.one_in(5):
        mask = torch.rand(shape, generator=dice.generator) < 0.7
    return (preds, target, mask), classes


def counting_options(dice: Dice, task: str, classes: int) -> dict[str, Any]:
    """Return options of how pixels are counted."""
    meant = range(2 if task == "multilabel" else classes)
    options: dict[str, Any] = {}
    if task != "multiclass" or dice.one_in(4):
        options["task"] = task
    if dice.one_in(3):
        options["ignore_index"] = dice.of(255, 0, [1, 255], [-1], dice.some(classes))
    if not dice.one_in(3):
        options["out_of_range"] = dice.of("error", "ignore", "miss", "ignore", "miss")
    if dice.one_in(8):
        several = [0.25] * classes if dice.one_in(2) else [0.1, 0.5, 0.75]
        options["threshold"] = dice.of(0.25, 0.5, several)
    if dice.one_in(10):
        options["logits"] = True
    if dice.one_in(12) and task == "multiclass":
        options["top_k"] = dice.of(1, 2, classes)
    if dice.one_in(6):
        values = [
            *dice.of((), (-1,)),
            0,
            1,
            2,
            3,
            4,
            255,
            *dice.of((), (300,), (2**40,)),
        ]
        options["label_map"] = {value: dice.of(*meant, None) for value in values}
    if dice.one_in(10) and task != "multilabel":
        values = [*dice.of((), (-5,)), 0, 1, 2, 3, *dice.of((), (500,))]
        options["preds_map"] = {value: dice.of(*meant) for value in values}
    return options


def policy_options(dice: Dice, score: str, task: str, classes: int) -> dict[str, Any]:
    """Return options of a score, now and then some that it does not take."""
    options: dict[str, Any] = {}
    if dice.one_in(2):
        options["zero_division"] = dice.of("skip", "nan", 0, 1.0, 0.25, math.nan)
    if dice.one_in(2):
        options["undefined_when"] = dice.of(*UNDEFINED)
    if dice.one_in(2):
        options["aggregation"] = dice.of(*AGGREGATIONS)
    if dice.one_in(2):
        options["dtype"] = torch.float64
    if dice.one_in(20):  # for a score that may not take them
        options |= dice.of({"alpha": 1.0}, {"weights": "linear"}, {"average": "none"})
        return options
    parameters: dict[str, list[dict[str, Any]]] = {
        "fbeta": [{}, {"beta": 2}, {"beta": 0.0}, {"beta": math.inf}],
        "tversky": [{}, {"alpha": 0.3, "beta": 0.7}, {"alpha": 0}],
        "generalized_dice": [
            {"weight_type": weight, "empty_weight": empty}
            for weight in ("square", "simple")
            for empty in ("largest", "zero")
        ]
        + [{"weight_type": "linear"}],
        "cohen_kappa": [{"weights": w} for w in ("none", "linear", "quadratic")],
    }
    options |= dice.of(*parameters.get(score, [{}]))
    definition = DEFINITIONS[score]
    if definition.sees == "all":
        return options
    if dice.one_in(4) and task == "multiclass":
        unions = [dice.some(classes) for _ in range(dice.of(1, 2, 3))]
        options["regions"] = unions
    elif dice.one_in(3):
        options["classes"] = dice.of("present", dice.some(classes))
    elif dice.one_in(3):
        options["include_background"] = False
    if definition.sees == "scored":
        return options
    if options.get("aggregation") == "samplewise" and dice.one_in(2):
        options["sample_mean"] = dice.of(*SAMPLE_MEANS)
    if definition.fixed:
        return options
    own = {"binary": ("binary",), "multilabel": ("samples",)}.get(task, ())
    if dice.one_in(3):
        options["class_weights"] = [dice.of(0.0, 0.5, 1, 3.0) for _ in range(classes)]
        options["average"] = "macro"
    elif not dice.one_in(3):
        options["average"] = dice.of(*AVERAGES, *own)
    return options


def random_cases(number: int) -> Iterator[Case]:
    """Any options on any pixels: both give the same score, or refuse in one voice."""
    dice = Dice(4)
    for _ in range(number):
        task = dice.of("multiclass", "multiclass", "binary", "multilabel")
        (preds, target, mask), classes = random_pixels(dice, task)
        options = counting_options(dice, task, classes)
        if mask is not None:
            options["mask"] = mask
        call = dice.of(*SCORES, "confusion_matrix", "class_counts")
        if call in SCORES:
            options |= policy_options(dice, call, task, classes)
            options["return_valid"] = dice.one_in(2)
            yield Case(
                "any score", function_of(call), (preds, target), classes, options
            )
            continue
        if call == "class_counts":
            for name in ("label_map", "preds_map", "top_k"):
                options.pop(name, None)
        options["per_sample"] = dice.one_in(2)
        yield Case("any counts", call, (preds, target), classes, options)


def random_metrics(number: int) -> Iterator[Case]:
    """Any metric with any options, over batches."""
    dice = Dice(6)
    for _ in range(number):
        task = dice.of("multiclass", "multiclass", "binary", "multilabel")
        (preds, target, mask), classes = random_pixels(dice, task)
        at = dice.of(0, 1, 2)
        batches = tuple(
            (preds[part], target[part], None if mask is None else mask[part])
            for part in (slice(0, at), slice(at, None))
        )
        options = counting_options(dice, task, classes)
        score = dice.of(*SCORES)
        kind = dice.of(METRICS[score], METRICS[score], "ScoreSuite", "ConfusionMatrix")
        scores = {}
        if kind == "ConfusionMatrix":
            options["per_sample"] = dice.one_in(2)
            if dice.one_in(3):
                options["normalize"] = dice.of("true", "pred", "all")
        elif kind == "ScoreSuite":
            for place, of in enumerate((score, dice.of(*SCORES))):
                own = policy_options(dice, of, task, classes)
                scores[f"{place} {of}"] = {"score": of, **own}
            options["zero_division"] = dice.of("skip", 0.5)
        else:
            options |= policy_options(dice, score, task, classes)
        yield Case("any metric", kind, (), classes, options, batches, scores)
