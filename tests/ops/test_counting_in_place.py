"""The in-place ops: what they add to, and the states they refuse."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from counting_checks import OPS, labels, op
from torch import Tensor

pytestmark = pytest.mark.usefixtures("level")

INNER = {"confusion_matrix": (3, 3), "class_counts": (3, 3)}


def state(name: str, *groups: int, **options: Any) -> tuple[Tensor, Tensor]:
    options.setdefault("dtype", torch.int64)
    return torch.zeros(*groups, *INNER[name], **options), torch.zeros(groups, **options)


@pytest.mark.parametrize("name", OPS)
def test_batches_add_up(name: str, strategy: str) -> None:
    preds = labels((4, 3000), 0, 4, torch.uint8, seed=1)
    target = labels((4, 3000), 0, 4, torch.uint8, seed=2)
    counts, invalid = state(name)
    for sample in range(4):
        op(f"{name}_")(counts, invalid, preds[sample], target[sample])
    whole = op(name)(preds, target, 3)
    assert torch.equal(counts, whole[0])
    assert torch.equal(invalid, whole[1])


@pytest.mark.parametrize("name", OPS)
def test_counts_near_two_to_the_62_stay_exact(name: str, strategy: str) -> None:
    preds = labels((5000,), 0, 4, torch.uint8, seed=3)
    target = labels((5000,), 0, 4, torch.uint8, seed=4)
    counts, invalid = state(name)
    counts += 2**62 + 1
    invalid += 2**62 + 1
    op(f"{name}_")(counts, invalid, preds, target)
    added = op(name)(preds, target, 3)
    assert [v - 2**62 - 1 for v in counts.flatten().tolist()] == (
        added[0].flatten().tolist()
    )
    assert invalid.item() - 2**62 - 1 == added[1].item()


@pytest.mark.parametrize("name", OPS)
def test_a_state_may_begin_inside_its_storage(name: str) -> None:
    preds, target = torch.tensor([0, 1, 2]), torch.tensor([0, 2, 5])
    storage = torch.zeros(20, dtype=torch.int64)
    counts, invalid = storage[5:14].view(3, 3), storage[19]
    op(f"{name}_")(counts, invalid, preds, target)
    assert torch.equal(counts, op(name)(preds, target, 3)[0])
    assert storage[:5].tolist() == [0] * 5
    assert storage[14:].tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", [torch.int32, torch.float32, torch.uint64], ids=str)
def test_a_state_of_another_dtype_is_refused(name: str, dtype: torch.dtype) -> None:
    labels_ = torch.tensor([[0, 1]])
    counts, invalid = state(name)
    what = "matrix" if name == "confusion_matrix" else "counts"
    with pytest.raises(RuntimeError, match=f"{name}_: {what} must be an int64 tensor"):
        op(f"{name}_")(counts.to(dtype), invalid, labels_, labels_)
    with pytest.raises(RuntimeError, match=f"{name}_: invalid must be an int64 tensor"):
        op(f"{name}_")(counts, invalid.to(dtype), labels_, labels_)
    assert counts.sum() == 0


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        (
            "confusion_matrix",
            (2, 3),
            r"matrix must have shape \[3, 3\] .* got \[2, 3\]",
        ),
        ("confusion_matrix", (3,), "matrix must have at least 2 dimensions, got 1"),
        ("confusion_matrix", (2, 3, 3), r"shape \[3, 3\] .* got \[2, 3, 3\]"),
        ("class_counts", (4, 3), r"counts must have shape \[3, 3\] .* got \[4, 3\]"),
        ("class_counts", (3, 0), "num_classes must lie in"),
    ],
)
def test_a_state_of_another_shape_is_refused(
    name: str, shape: tuple[int, ...], message: str
) -> None:
    labels_ = torch.tensor([[0, 1]])
    counts = torch.zeros(shape, dtype=torch.int64)
    with pytest.raises(RuntimeError, match=message):
        op(f"{name}_")(counts, torch.tensor(0), labels_, labels_)


@pytest.mark.parametrize("name", OPS)
def test_groups_must_match_the_state(name: str) -> None:
    labels_ = torch.zeros(2, 4, dtype=torch.int64)
    counts, invalid = state(name, 2)
    op(f"{name}_")(counts, invalid, labels_, labels_, per_sample=True)
    assert counts.sum((1, 2)).tolist() == [4, 4]
    with pytest.raises(RuntimeError, match=r"must have shape \[3, 3, 3\]"):
        op(f"{name}_")(
            counts,
            invalid,
            labels_[[0, 0, 1]],
            labels_[[0, 0, 1]],
            None,
            per_sample=True,
        )
    with pytest.raises(RuntimeError, match=r"invalid must have shape \[2\]"):
        op(f"{name}_")(counts, torch.tensor(0), labels_, labels_, per_sample=True)
    with pytest.raises(RuntimeError, match=r"must have shape \[2, 4, 3, 3\]"):
        op(f"{name}_")(
            counts, invalid, labels_, labels_, None, per_sample=True, per_label=True
        )


@pytest.mark.parametrize("name", OPS)
def test_a_state_with_gaps_is_refused(name: str) -> None:
    labels_ = torch.tensor([[0, 1]])
    counts, invalid = state(name)
    with pytest.raises(RuntimeError, match="must be contiguous"):
        op(f"{name}_")(counts.T, invalid, labels_, labels_)
    with pytest.raises(RuntimeError, match="must be contiguous"):
        op(f"{name}_")(counts[:1, :1].expand(3, 3), invalid, labels_, labels_)


@pytest.mark.parametrize("name", OPS)
def test_other_takes_the_last_class_of_the_state(name: str) -> None:
    preds, target = torch.tensor([0, 1, 9]), torch.tensor([0, 9, 9])
    counts, invalid = state(name)
    op(f"{name}_")(counts, invalid, preds, target, other=True)
    assert torch.equal(counts, op(name)(preds, target, 2, other=True)[0])
    assert invalid == 2
