"""torch.vmap over the ops: one count for each example, in one call."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from counting_checks import BATCH, OPS, example, labels, op
from torch import Tensor


def stacked(results: list[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.stack(tensors) for tensors in zip(*results, strict=True))


VMAPPED: list[tuple[str, dict[str, Any]]] = [
    ("labels", {}),
    ("labels", {"per_sample": True}),
    ("labels", {"per_label": True}),
    ("labels", {"per_sample": True, "per_label": True, "other": True}),
    ("scores", {}),
    ("scores", {"per_sample": True, "ignore_index": [1]}),
    ("threshold", {}),
    ("threshold", {"per_label": True, "threshold": [0.3]}),
    ("threshold", {"per_label": True, "threshold": [0.1, 0.3, 0.5, 0.9]}),
    ("threshold", {"per_sample": True, "logits": True}),
]


@pytest.mark.parametrize(("kind", "options"), VMAPPED, ids=str)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", OPS)
def test_vmap(name: str, masked: bool, kind: str, options: dict[str, Any]) -> None:
    size = 4
    drawn = [example(kind, seed=2 * i) for i in range(size)]
    num_classes = drawn[0][2]
    examples = [torch.stack([d[i] for d in drawn]) for i in range(2)]  # type: ignore[misc]
    examples.append(torch.rand(size, *BATCH) < 0.7)
    used = 3 if masked else 2
    choices = [(None, *range(e.dim())) for e in examples[:used]]
    for in_dims in itertools.product(*choices):
        if all(d is None for d in in_dims):
            continue
        inputs = [
            e[0] if d is None else e.movedim(0, d)
            for e, d in zip(examples, in_dims, strict=False)
        ]

        def count(*tensors: Tensor) -> Any:
            mask = tensors[2] if masked else None
            return op(name)(tensors[0], tensors[1], num_classes, mask, **options)

        found = torch.vmap(count, in_dims=in_dims)(*inputs)
        wanted = stacked(
            [
                count(
                    *(
                        e[0] if d is None else e[i]
                        for e, d in zip(examples, in_dims, strict=False)
                    )
                )
                for i in range(size)
            ]
        )
        assert all(torch.equal(f, w) for f, w in zip(found, wanted, strict=True))


@pytest.mark.parametrize(("kind", "options"), VMAPPED, ids=str)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", OPS)
def test_vmap_in_place(
    name: str, masked: bool, kind: str, options: dict[str, Any]
) -> None:
    size = 4
    drawn = [example(kind, seed=2 * i) for i in range(size)]
    preds, target = (torch.stack([d[i] for d in drawn]) for i in range(2))  # type: ignore[misc]
    masks = torch.rand(size, *BATCH) < 0.7

    def count(i: int) -> Any:
        mask = masks[i] if masked else None
        return op(name)(preds[i], target[i], drawn[0][2], mask, **options)

    wanted = stacked([count(i) for i in range(size)])

    def add(
        counts: Tensor, invalid: Tensor, p: Tensor, t: Tensor, mask: Tensor
    ) -> None:
        if masked:
            op(f"{name}_")(counts, invalid, p, t, mask, **options)
        else:
            op(f"{name}_")(counts, invalid, p, t, **options)

    for counts_dim, invalid_dim, preds_dim in itertools.product(
        range(wanted[0].dim()), range(wanted[1].dim()), range(preds.dim())
    ):
        counts = torch.ones_like(wanted[0].movedim(0, counts_dim))
        invalid = torch.ones_like(wanted[1].movedim(0, invalid_dim))
        in_dims = (counts_dim, invalid_dim, preds_dim, 0, 0)
        torch.vmap(add, in_dims=in_dims, out_dims=None)(
            counts, invalid, preds.movedim(0, preds_dim), target, masks
        )
        assert torch.equal(counts.movedim(counts_dim, 0) - 1, wanted[0])
        assert torch.equal(invalid.movedim(invalid_dim, 0) - 1, wanted[1])


def test_vmap_of_an_empty_batch() -> None:
    empty = torch.zeros(3, 0, 4, dtype=torch.int64)
    for name in OPS:
        counts, invalid = torch.vmap(lambda p, n=name: op(n)(p, p, 2))(empty)
        assert counts.shape[0] == 3
        assert counts.sum() == invalid.sum() == 0
        counts, invalid = torch.vmap(lambda p, n=name: op(n)(p, p, 2, per_sample=True))(
            empty
        )
        assert counts.shape[:2] == (3, 0)


def test_vmap_into_one_state_is_refused() -> None:
    preds = torch.zeros(3, 4, dtype=torch.int64)
    counts, invalid = torch.zeros(2, 2, dtype=torch.int64), torch.tensor(0)
    with pytest.raises(RuntimeError, match="counts and invalid must be vmapped"):
        torch.vmap(
            lambda p: torch.ops.torchtally.confusion_matrix_(counts, invalid, p, p)
        )(preds)


def test_vmap_inside_vmap() -> None:
    preds, target = (labels((2, 3, 4, 5), 0, 3, torch.uint8, seed=s) for s in (1, 2))
    for name in OPS:

        def count(p: Tensor, t: Tensor, name: str = name) -> Any:
            return op(name)(p, t, 3)[0]

        found = torch.vmap(torch.vmap(count))(preds, target)
        for i, j in itertools.product(range(2), range(3)):
            assert torch.equal(found[i, j], count(preds[i, j], target[i, j]))
