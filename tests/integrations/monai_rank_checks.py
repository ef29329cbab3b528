"""What every rank of a gloo group checks of the metrics of MONAI's integration."""

from __future__ import annotations

from typing import Any

import monai.metrics
import torch.distributed as dist
from monai_inputs import assert_same, labels_at_random, one_hot

from torchtally.integrations import monai as ours


def check_scores_of_all_ranks() -> None:
    """Each rank has its own samples, and one more than the rank before."""
    rank, size = dist.get_rank(), dist.get_world_size()
    for name, options in (
        ("DiceMetric", {"reduction": "mean_batch", "get_not_nans": True}),
        ("MeanIoU", {}),
        ("GeneralizedDiceScore", {}),
        ("ConfusionMatrixMetric", {"metric_name": ("f1 score", "accuracy")}),
        ("FBetaScore", {"beta": 2.0}),
    ):
        given: dict[str, Any] = options
        found = getattr(ours, name)(**given)
        wanted = getattr(monai.metrics, name)(**given)
        for seed in range(2):
            labels = labels_at_random(10 * rank + seed, samples=rank + 2)
            batch = [one_hot(part, 3) for part in labels]
            found(*batch)
            wanted(*batch)
        assert len(found) == 2 * sum(other + 2 for other in range(size))
        assert_same(found.aggregate(), wanted.aggregate())


CHECKS_OF_MONAI = [check_scores_of_all_ranks]
