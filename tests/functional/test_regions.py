"""Regions: unions of classes, which may overlap, from the same matrix."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import torchtally as tt
from torchtally import functional

#: Nested tumour regions of labels 1 to 3, as brain tumour challenges score them.
REGIONS = {"whole": [1, 2, 3], "core": [1, 3], "enhancing": [3]}
SCORES = ["dice", "iou", "precision", "recall", "specificity"]


def labels(seed: int, samples: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    preds, target = torch.randint(0, 4, (2, samples, 20), generator=generator)
    return preds, target


@given(
    seed=st.integers(0, 2**31),
    name=st.sampled_from(SCORES),
    aggregation=st.sampled_from(["global", "none"]),
    wrong=st.sampled_from(["ignore", "miss"]),
)
def test_a_region_is_a_binary_mask(
    seed: int, name: str, aggregation: Any, wrong: Any
) -> None:
    preds, target = labels(seed)
    if wrong == "miss":
        preds[0, 0], target[1, 1] = 7, 9
    options: dict[str, Any] = {"average": "none", "aggregation": aggregation}
    score = getattr(tt, f"{name}_score")
    found = score(preds, target, 4, regions=REGIONS, out_of_range=wrong, **options)
    for index, region in enumerate(REGIONS.values()):
        inside = torch.tensor(region)
        wanted = score(
            torch.isin(preds, inside),
            torch.isin(target, inside),
            task="binary",
            aggregation=aggregation,
        )
        torch.testing.assert_close(found[..., index], wanted, equal_nan=True)


def test_regions_take_every_policy() -> None:
    preds, target = labels(1)
    each = tt.dice_score(preds, target, 4, regions=REGIONS, average="none")
    mean = tt.dice_score(preds, target, 4, regions=list(REGIONS.values()))
    torch.testing.assert_close(mean, each.mean())
    weighted = tt.dice_score(preds, target, 4, regions=REGIONS, class_weights=[1, 0, 3])
    torch.testing.assert_close(weighted, (each[0] + 3 * each[2]) / 4)
    support = torch.stack(
        [torch.isin(target, torch.tensor(r)).sum() for r in REGIONS.values()]
    )
    by_support = tt.dice_score(preds, target, 4, regions=REGIONS, average="weighted")
    torch.testing.assert_close(by_support, (each * support).sum() / support.sum())
    counts = tt.confusion_matrix(preds, target, 4, per_sample=True)
    again = functional.dice_from_counts(counts, regions=REGIONS, average="none")
    torch.testing.assert_close(again, each)
    draws = counts.expand(5, *counts.shape)
    many = functional.dice_from_counts(draws, regions=REGIONS, average="none")
    torch.testing.assert_close(many, each.expand(5, 3))


def test_all_classes_as_regions_are_the_classes() -> None:
    preds, target = labels(2)
    for average in ("macro", "micro", "weighted", "none"):
        for aggregation in ("global", "samplewise", "none"):
            options: dict[str, Any] = {"average": average, "aggregation": aggregation}
            plain = tt.iou_score(preds, target, 4, **options)
            regions = [[0], [1], [2], [3]]
            found = tt.iou_score(preds, target, 4, regions=regions, **options)
            torch.testing.assert_close(found, plain)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"regions": 3}, TypeError, "regions must be None, a sequence .*, got int"),
        (
            {"regions": []},
            ValueError,
            "regions must hold at least one region, got none",
        ),
        ({"regions": [[]]}, ValueError, r"name at least one class each.*got \[\]"),
        ({"regions": [[1, 1]]}, ValueError, r"each once, got \[1, 1\]"),
        ({"regions": [1, 2]}, TypeError, "regions must hold sequences of int, got int"),
        ({"regions": [[1.0]]}, TypeError, "regions must hold int, got float"),
        ({"regions": [[4]]}, ValueError, r"hold classes in \[0, 4\), got 4"),
        (
            {"regions": [[1]], "include_background": False},
            ValueError,
            "regions stand in for the classes .*, got task='multiclass', classes=None, "
            "include_background=False",
        ),
        ({"regions": [[1]], "classes": [1]}, ValueError, r"got .*classes=\[1\]"),
        (
            {"regions": [[1], [2]], "ignore_index": 2},
            ValueError,
            "regions must not hold a class that ignore_index names, got 2",
        ),
        (
            {"regions": [[1], [2]], "class_weights": [1, 1, 1, 1]},
            ValueError,
            "one weight for each of 2 regions, got 4",
        ),
    ],
    ids=str,
)
def test_regions_that_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    preds, target = labels(0)
    with pytest.raises(error, match=f"^dice_score: .*{message}"):
        tt.dice_score(preds, target, 4, **options)


def test_regions_need_a_matrix() -> None:
    counts = tt.class_counts(*labels(0), 4)
    message = "^dice_from_counts: regions need a confusion matrix, got ClassCounts"
    with pytest.raises(ValueError, match=message):
        functional.dice_from_counts(counts, regions=REGIONS)
    message = "^cohen_kappa_from_counts: these weights need a confusion matrix"
    with pytest.raises(ValueError, match=message):
        functional.cohen_kappa_from_counts(counts, weights="linear")
