"""Top-k: a target among the k highest scores is predicted right."""

from __future__ import annotations

from typing import Any

import pytest
import sklearn.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import torchtally as tt
from torchtally.functional import _labels

SCORES = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2]])


@pytest.mark.parametrize(
    ("target", "k", "expected"),
    [
        ([0, 2, 0], 1, 1.0),
        ([1, 1, 1], 1, 0.0),
        ([1, 1, 1], 2, 1.0),
        ([2, 0, 2], 2, 0.0),
        ([2, 0, 2], 3, 1.0),
    ],
)
def test_accuracy_by_hand(target: list[int], k: int, expected: float) -> None:
    assert tt.accuracy_score(SCORES, torch.tensor(target), 3, top_k=k) == expected


def test_a_pixel_outside_the_top_k_is_its_highest_score() -> None:
    target = torch.tensor([2, 0, 1])
    found = tt.precision_score(SCORES, target, 3, top_k=2, average="none")
    # predicted 0, 2 and, being among the two highest, 1
    assert found.tolist() == [0.0, 1.0, 0.0]


@given(
    seed=st.integers(0, 2**31),
    k=st.integers(1, 5),
    dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]),
)
def test_ranks_are_those_of_a_stable_sort(
    seed: int, k: int, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, 4, (2, 5, 3, 4), generator=generator).to(dtype)
    scores[torch.rand(scores.shape, generator=generator) < 0.1] = torch.nan
    scores[torch.rand(scores.shape, generator=generator) < 0.1] = torch.inf
    target = torch.randint(0, 6, (2, 3, 4), generator=generator)  # 5 is ignored
    preds = scores.argmax(1)
    values = scores.tolist()
    for n in range(2):
        for y in range(3):
            for x in range(4):
                key = [
                    (value != value, value if value == value else 0.0)
                    for value in (values[n][c][y][x] for c in range(5))
                ]
                ranked = sorted(range(5), key=lambda c: key[c], reverse=True)
                assert ranked[0] == preds[n, y, x]  # sorted keeps ties in order
                if target[n, y, x].item() in ranked[:k]:
                    preds[n, y, x] = target[n, y, x]
    options: dict[str, Any] = {"average": "none", "ignore_index": 5}
    found = tt.f1_score(scores, target, 5, top_k=k, **options)
    wanted = tt.f1_score(preds, target, 5, **options)
    torch.testing.assert_close(found, wanted, equal_nan=True)


@given(seed=st.integers(0, 2**31), k=st.integers(1, 4))
def test_sklearn_top_k_accuracy(seed: int, k: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(30, 5, generator=generator)
    target = torch.randint(0, 5, (30,), generator=generator)
    wanted = sklearn.metrics.top_k_accuracy_score(
        target.numpy(), scores.numpy(), k=k, labels=range(5)
    )
    found = tt.accuracy_score(scores, target, 5, top_k=k)
    assert found.item() == pytest.approx(wanted)


class Largest(TorchDispatchMode):
    """Notes the most bytes of a tensor that an operation makes."""

    bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        before = {t.untyped_storage().data_ptr() for t in args if isinstance(t, Tensor)}
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (list, tuple)) else [result]:
            storage = tensor.untyped_storage() if isinstance(tensor, Tensor) else None
            if storage is not None and storage.data_ptr() not in before:
                self.bytes = max(self.bytes, storage.nbytes())
        return result


LAYOUTS: dict[str, tuple[int, ...]] = {
    "pixels": (3, 7, 11, 13),
    "one sample": (1, 7, 130, 3),
    "no pixels": (200, 7),
    "a row": (1, 7, 1, 300),
    "volume": (2, 7, 1, 5, 30),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("last", [False, True])
def test_parts_make_the_same_labels_in_little_memory(
    layout: str, last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = torch.Generator().manual_seed(0)
    shape = LAYOUTS[layout]
    scores = torch.randint(0, 4, shape, generator=generator).double()
    scores[torch.rand(shape, generator=generator) < 0.1] = torch.nan
    if last:
        scores = scores.movedim(1, -1).contiguous().movedim(-1, 1)
    target = torch.randint(0, 9, (shape[0], *shape[2:]), generator=generator)
    options: dict[str, Any] = {"top_k": 3, "out_of_range": "miss"}
    whole = tt.confusion_matrix(scores, target, 7, **options)
    monkeypatch.setattr(_labels, "_CELLS", 100)
    with Largest() as largest:
        parts = tt.confusion_matrix(scores, target, 7, **options)
    assert torch.equal(parts, whole)
    assert largest.bytes <= max(2 * target.numel(), 16 * 100)
    metric = tt.metrics.ConfusionMatrix(7, **options)
    metric.update(scores, target)
    assert torch.equal(metric.compute(), whole)


def test_a_label_out_of_range_is_in_no_top_k() -> None:
    target = torch.tensor([7, 1, 0])
    with pytest.raises(ValueError, match=r"^accuracy_score: labels must lie .*has 7"):
        tt.accuracy_score(SCORES, target, 3, top_k=3)
    found = tt.accuracy_score(SCORES, target, 3, top_k=3, out_of_range="miss")
    assert found.item() == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"top_k": 0}, ValueError, r"top_k must be 1, or lie in \[1, 3\] .*top_k=0"),
        ({"top_k": 4}, ValueError, r"got top_k=4 and task='multiclass'"),
        ({"top_k": 2.0}, TypeError, "top_k must be an int, got float"),
        ({"top_k": True}, TypeError, "top_k must be an int, got bool"),
        (
            {"top_k": 2, "label_map": {0: 1}},
            ValueError,
            "label_map and preds_map do not apply, got top_k=2",
        ),
        (
            {"top_k": 2, "task": "multilabel"},
            ValueError,
            "got top_k=2 and task='multilabel'",
        ),
    ],
    ids=str,
)
def test_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^f1_score: .*{message}"):
        tt.f1_score(SCORES, torch.tensor([0, 1, 2]), 3, **options)


def test_labels_have_no_top_k() -> None:
    labels = torch.tensor([0, 1, 2])
    message = r"^f1_score: top_k=2 needs class scores \[N, C, ...\], got preds of torch"
    with pytest.raises(TypeError, match=message):
        tt.f1_score(labels, labels, 3, top_k=2)


def test_the_matrix_of_the_top_k() -> None:
    target = torch.tensor([2, 0, 1])
    found = tt.confusion_matrix(SCORES, target, 3, top_k=2)
    assert found.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    wanted = tt.f1_score(SCORES, target, 3, top_k=2, average="none")
    scored = tt.functional.f1_from_counts(found, average="none")
    torch.testing.assert_close(scored, wanted, equal_nan=True)
    with pytest.raises(ValueError, match=r"^confusion_matrix: top_k must be 1, or lie"):
        tt.confusion_matrix(SCORES, target, 3, top_k=4)
