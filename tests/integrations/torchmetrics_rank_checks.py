"""What every rank of a group checks; run by test_torchmetrics_objects."""

from __future__ import annotations

import torch
import torch.distributed as dist
import torchmetrics_cases as cases
from torchmetrics import MetricCollection

from torchtally.integrations import torchmetrics as ours

CLASSES = 4
OPTIONS: dict[str, dict[str, object]] = {
    "MulticlassF1Score": {"num_classes": CLASSES, "ignore_index": 255},
    "MulticlassAccuracy": {
        "num_classes": CLASSES,
        "multidim_average": "samplewise",
        "ignore_index": 255,
    },
    "MulticlassConfusionMatrix": {
        "num_classes": CLASSES,
        "normalize": "true",
        "ignore_index": 255,
    },
    "DiceScore": {"num_classes": CLASSES, "input_format": "index"},
    "MeanIoU": {"num_classes": CLASSES, "input_format": "index"},
}


def batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return what all ranks share; the second and third are the second rank's."""
    torch.manual_seed(0)
    scores = torch.randn(3, 2, CLASSES, 6, 5)
    return list(zip(scores, torch.randint(0, CLASSES, (3, 2, 6, 5)), strict=True))


def compute_is_that_of_one_process() -> None:
    mine = batches()[:1] if dist.get_rank() == 0 else batches()[1:]
    for name, options in OPTIONS.items():
        whole = cases.theirs_of(name)(**options, sync_on_compute=False)
        metric = getattr(ours, name)(**options)
        for scores, target in batches():
            whole.update(scores.argmax(1), target)
        for scores, target in mine:
            metric.update(scores.argmax(1), target)
        before = dict(metric.metric_state)
        assert cases.same(metric.compute(), whole.compute()), name
        assert cases.same(dict(metric.metric_state), before), name


def a_collection_syncs() -> None:
    mine = batches()[:1] if dist.get_rank() == 0 else batches()[1:]
    names = ("MulticlassF1Score", "MulticlassConfusionMatrix")
    metrics = ours.accelerate(
        MetricCollection([cases.theirs_of(name)(**OPTIONS[name]) for name in names])
    )
    whole = MetricCollection(
        [
            cases.theirs_of(name)(**OPTIONS[name], sync_on_compute=False)
            for name in names
        ]
    )
    for pair in batches():
        whole.update(*pair)
    for pair in mine:
        metrics.update(*pair)
    assert cases.same(metrics.compute(), whole.compute())


CHECKS = [compute_is_that_of_one_process, a_collection_syncs]
