"""Updates and computes of torchmetrics, and of the same classes that count here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torchmetrics.classification
import torchmetrics.segmentation
from torch import Tensor

import torchtally.integrations.torchmetrics as ours
from _inputs import label_maps
from _integrations import Case

Pair = tuple[Tensor, Tensor]
CLASSES = 19
LABELS = 20


@cache
def image_labels() -> Pair:
    """Return labels in regions, as of a segmentation."""
    return label_maps((8, 256, 512), CLASSES, "coherent", cell=64)


@cache
def image_scores() -> Pair:
    """Return class scores, and labels in regions."""
    torch.manual_seed(0)
    _, target = label_maps((2, 512, 512), CLASSES, "coherent", cell=64)
    return torch.randn(2, CLASSES, 512, 512), target


@cache
def batch_scores() -> Pair:
    """Return the scores of a batch of 256."""
    torch.manual_seed(0)
    return torch.randn(256, 10), torch.randint(0, 10, (256,))


@cache
def mask_logits() -> Pair:
    """Return logits of masks, and masks."""
    torch.manual_seed(0)
    return torch.randn(8, 512, 512), torch.randint(0, 2, (8, 512, 512))


@cache
def tag_probabilities() -> Pair:
    """Return probabilities of labels, and which are set."""
    torch.manual_seed(0)
    return torch.rand(16384, LABELS), torch.randint(0, 2, (16384, LABELS))


IMAGES = (image_labels, f"int64 [8, 256, 512], {CLASSES} classes, regions")
SCORES = (image_scores, f"float32 [2, {CLASSES}, 512, 512]")
BATCH = (batch_scores, "float32 [256, 10]")
MASKS = (mask_logits, "float32 logits [8, 512, 512]")
TAGS = (tag_probabilities, f"float32 [16384, {LABELS}]")

ROWS: list[tuple[str, dict[str, Any], list[tuple[Callable[[], Pair], str]]]] = [
    ("MulticlassF1Score", {"num_classes": CLASSES}, [IMAGES, SCORES]),
    ("MulticlassF1Score", {"num_classes": 10}, [BATCH]),
    ("MulticlassConfusionMatrix", {"num_classes": CLASSES}, [IMAGES]),
    ("MulticlassConfusionMatrix", {"num_classes": 10}, [BATCH]),
    ("MulticlassJaccardIndex", {"num_classes": CLASSES}, [SCORES]),
    ("BinaryF1Score", {}, [MASKS]),
    ("MultilabelF1Score", {"num_labels": LABELS}, [TAGS]),
    ("DiceScore", {"num_classes": CLASSES, "input_format": "index"}, [IMAGES]),
    ("DiceScore", {"num_classes": CLASSES, "input_format": "mixed"}, [SCORES]),
    ("MeanIoU", {"num_classes": CLASSES, "input_format": "index"}, [IMAGES]),
]


def updating(
    kind: Any, options: dict[str, Any], inputs: Callable[[], Pair]
) -> Callable[[], Callable[[], object]]:
    """Return what builds an update of a new epoch."""

    def build() -> Callable[[], object]:
        metric, pair = kind(**options), inputs()

        def update() -> None:
            metric.reset()  # lists of states would grow
            metric.update(*pair)

        return update

    return build


def computing(
    kind: Any, options: dict[str, Any], inputs: Callable[[], Pair]
) -> Callable[[], Callable[[], object]]:
    """Return what builds a compute after one update."""

    def build() -> Callable[[], object]:
        metric = kind(**options, compute_with_cache=False)
        metric.update(*inputs())
        return lambda: metric.compute()

    return build


def cases() -> list[Case]:
    """Return the rows of torchmetrics."""
    found = []
    for name, options, loads in ROWS:
        segmentation = not name.startswith(("Binary", "Multi"))
        package: Any = torchmetrics.classification
        if segmentation:
            package = torchmetrics.segmentation
        kinds = getattr(package, name), getattr(ours, name)
        for inputs, load in loads:
            for validate in (None,) if segmentation else (True, False):
                chosen = dict(options)
                words = f"{name} update"
                if validate is not None:
                    chosen["validate_args"] = validate
                    words += "" if validate else ", not validated"
                steps = [updating(kind, chosen, inputs) for kind in kinds]
                found.append(Case("torchmetrics", words, load, steps[0], steps[1]))
        steps = [computing(kind, options, loads[0][0]) for kind in kinds]
        found.append(
            Case("torchmetrics", f"{name} compute", loads[0][1], steps[0], steps[1])
        )
    return found
