"""W5: what one update with the scores of a small batch costs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

import torchtally as tt
from _inputs import Workload
from _peers import Contender, Run, numpy_bincount, ours, torch_bincount, torchmetrics
from _tables import progress

OP = "torch.ops.torchtally.confusion_matrix_"
METRIC = "torchtally ConfusionMatrix.update"
FUNCTION = "tt.confusion_matrix"
#: Microseconds that a call may take.
TARGETS = {OP: 3.5, METRIC: 6.0}


def op_in_place(load: Workload) -> Run:
    """Call the op that adds to an existing matrix."""
    matrix = torch.zeros((load.num_classes,) * 2, dtype=torch.int64)
    invalid = torch.zeros((), dtype=torch.int64)
    op = torch.ops.torchtally.confusion_matrix_.default
    call = partial(op, matrix, invalid, load.preds, load.target)
    return call, "matrix", lambda _: matrix.clone()


def metric_update(load: Workload) -> Run:
    """Update a metric object."""
    metric = tt.metrics.ConfusionMatrix(load.num_classes)
    call = partial(metric.update, load.preds, load.target)
    return call, "matrix", lambda _: metric.compute()


def torchmetrics_object(load: Workload, method: str) -> Run:
    """Update, or update and return the batch value of, torchmetrics' metric object."""
    module = importlib.import_module("torchmetrics.classification")
    metric: Any = module.MulticlassConfusionMatrix(
        load.num_classes, validate_args=False
    )
    call = partial(getattr(metric, method), load.preds, load.target)

    def read(_: Any) -> Tensor:
        matrix: Tensor = metric.confmat
        return matrix.clone()

    return call, "matrix", read


BUILDERS: dict[str, Callable[[Workload], Run]] = {
    OP: op_in_place,
    METRIC: metric_update,
    FUNCTION: ours,
    "numpy: argmax, bincount": numpy_bincount,
    "torch: argmax, bincount": torch_bincount,
    "torchmetrics functional": partial(torchmetrics, validate=False),
    "torchmetrics functional, validated": partial(torchmetrics, validate=True),
    "torchmetrics update": partial(torchmetrics_object, method="update"),
    "torchmetrics forward": partial(torchmetrics_object, method="forward"),
}


def updates(load: Workload) -> list[Contender]:
    """Build every call, after one call each whose matrix is right."""
    read_ours = ours(load)
    expected = read_ours[2](read_ours[0]())
    found = []
    for name, build in BUILDERS.items():
        try:
            call, _, read = build(load)
        except ImportError:
            continue
        if torch.equal(read(call()), expected):
            found.append(Contender(name, call))
        else:
            progress(f"WARNING: {load.name}: {name} counts otherwise")
    return found
