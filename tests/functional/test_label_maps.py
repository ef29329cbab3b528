"""Raw labels: maps are applied at once, and count what mapped labels would."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import torchtally as tt
from torchtally import functional
from torchtally.functional._label_maps import LabelMaps, MappedPixels
from torchtally.ops._counting import CountOptions

#: Ids of Cityscapes and the 19 classes that its benchmark scores.
CITYSCAPES = {
    **dict.fromkeys((-1, 0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30), None),
    **{raw: index for index, raw in enumerate((7, 8, 11, 12, 13, 17, *range(19, 29)))},
    31: 16,
    32: 17,
    33: 18,
}


def mapped(labels: Tensor, named: Any, classes: int) -> tuple[Tensor, Tensor]:
    """Return (class of each label, whether it is ignored), one label at a time."""
    out, ignored = [], []
    for value in labels.flatten().tolist():
        named_class = named.get(value, classes) if named is not None else value
        ignored.append(named_class is None)
        out.append(0 if named_class is None else named_class)
    return (
        torch.tensor(out, dtype=torch.int64).view(labels.shape),
        torch.tensor(ignored, dtype=torch.bool).view(labels.shape),
    )


@st.composite
def problems(draw: st.DrawFn) -> tuple[Tensor, Tensor, int, dict[str, Any]]:
    classes = draw(st.integers(1, 4))
    pool = draw(
        st.sampled_from(
            [range(6), range(-3, 5), [0, 5, 200, 255], [0, 300, 70_000], [-7, 2**40, 3]]
        )
    )
    value = st.sampled_from(list(pool))
    meaning = st.none() | st.integers(0, classes - 1)
    maps = {
        name: draw(st.dictionaries(value, meaning, min_size=1))
        if draw(st.booleans())
        else None
        for name in ("label_map", "preds_map")
    }
    if not any(maps.values()):
        maps["label_map"] = {draw(value): draw(meaning)}
    shape = (draw(st.integers(1, 3)), draw(st.integers(0, 6)))
    size = shape[0] * shape[1]
    preds, target = (
        torch.tensor(
            draw(st.lists(value, min_size=size, max_size=size)), dtype=torch.int64
        ).view(shape)
        for _ in range(2)
    )
    if draw(st.booleans()):
        preds = torch.rand(shape[0], classes, shape[1])
        maps["preds_map"] = None
        if maps["label_map"] is None:
            maps["label_map"] = {draw(value): draw(meaning)}
    ignored = draw(st.lists(value, max_size=2))
    return preds, target, classes, {**maps, "ignore_index": ignored}


@given(
    problem=problems(),
    out_of_range=st.sampled_from(["ignore", "miss"]),
    per_sample=st.booleans(),
)
@settings(max_examples=400)
def test_maps_count_what_mapped_labels_would(
    problem: tuple[Tensor, Tensor, int, dict[str, Any]],
    out_of_range: Any,
    per_sample: bool,
) -> None:
    preds, target, classes, options = problem
    found = tt.confusion_matrix(
        preds,
        target,
        classes,
        per_sample=per_sample,
        out_of_range=out_of_range,
        **options,
    )
    raw_preds = preds.argmax(1) if preds.is_floating_point() else preds
    plain_preds, skip_preds = mapped(raw_preds, options["preds_map"], classes)
    plain_target, skip_target = mapped(target, options["label_map"], classes)
    ignored = torch.isin(target, torch.tensor(options["ignore_index"]).long())
    wanted = tt.confusion_matrix(
        plain_preds,
        plain_target,
        classes,
        mask=~(skip_preds | skip_target | ignored),
        per_sample=per_sample,
        out_of_range=out_of_range,
    )
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.int64])
def test_cityscapes_labels_are_counted_as_they_are(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    raw = torch.randint(-1, 34, (2, 40, 50), generator=generator).to(dtype)
    classes, ignored = mapped(raw, CITYSCAPES, 19)
    logits = torch.randn(2, 19, 40, 50, generator=generator)
    for preds in (logits, logits.argmax(1).to(torch.uint8)):
        found = tt.iou_score(preds, raw, 19, label_map=CITYSCAPES, average="none")
        plain = classes.masked_fill(ignored, 255)
        wanted = tt.iou_score(preds, plain, 19, ignore_index=255, average="none")
        assert torch.equal(found, wanted)
    found = tt.iou_score(raw, raw, 19, label_map=CITYSCAPES, preds_map=CITYSCAPES)
    assert found == 1.0


def test_labels_that_fit_are_not_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchtally.functional import _label_maps

    def refuse(*_args: Any, **_options: Any) -> Tensor:
        raise AssertionError("a pass over the pixels")

    monkeypatch.setattr(_label_maps, "_rewritten", refuse)
    target = torch.tensor([[-1, 7, 33, 255]])
    preds = torch.tensor([[0, 1, 2, 3]])
    ignoring = {**CITYSCAPES, 255: None}
    found = tt.confusion_matrix(preds, target, 19, label_map=ignoring)
    assert found.sum() == 2
    assert found[0, 1] == found[18, 2] == 1
    with pytest.raises(AssertionError, match="a pass over the pixels"):
        tt.confusion_matrix(preds, target, 19, label_map={**ignoring, -1: 3})


def test_the_op_ignores_only_what_no_row_holds() -> None:
    """It compares each pixel with each value that it ignores."""
    options = CountOptions.checked(
        "op", 19, "multiclass", None, False, [4, 255], "error"
    )
    maps = LabelMaps.checked(options, CITYSCAPES, None)
    assert maps is not None
    labels = torch.tensor([[7]])
    pixels = MappedPixels.of(options, maps, True, labels, labels, None, False)
    assert pixels.ignored == (-1, 255)
    assert pixels.op_classes == 34
    assert pixels.target is labels


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("kind", ["labels", "scores"])
def test_many_classes_are_counted_without_a_matrix(kind: str, per_sample: bool) -> None:
    classes, generator = 300, torch.Generator().manual_seed(0)
    target = torch.randint(-3, 320, (2, 90), generator=generator)
    preds = torch.randint(-3, 320, (2, 90), generator=generator)
    planes = 310
    if kind == "scores":
        preds = torch.randn(2, planes, 90, generator=generator)
    mask = torch.rand(2, 90, generator=generator) < 0.7
    far: dict[int, int | None] = {7 * value: value for value in range(40)}
    far |= {-1: 5, 2**40: 6, -3: None}
    near: dict[int, int | None] = {value: value // 2 for value in range(planes)}
    near |= {11: None, 12: None}
    aggregation: Any = "none" if per_sample else "global"
    for maps in (
        {"label_map": near, "preds_map": near},
        {"label_map": far, "preds_map": near},
        {"preds_map": {**near, 13: None}},
        {"label_map": far},
    ):
        if kind == "scores" and "preds_map" not in maps:
            continue
        for out_of_range in ("ignore", "miss"):
            options: dict[str, Any] = {
                "mask": mask,
                "ignore_index": [2, 255],
                "out_of_range": out_of_range,
                **maps,
            }
            matrix = tt.confusion_matrix(
                preds, target, classes, per_sample=per_sample, **options
            )
            for average in ("none", "micro", "weighted"):
                wanted = functional.iou_from_counts(
                    matrix,
                    average=average,
                    aggregation=aggregation,
                    other=out_of_range == "miss",
                    ignore_index=ignored_classes(maps.get("label_map")),
                )
                found = tt.iou_score(
                    preds,
                    target,
                    classes,
                    average=average,
                    aggregation=aggregation,
                    **options,
                )
                assert torch.equal(found.nan_to_num(-1), wanted.nan_to_num(-1))


def ignored_classes(label_map: dict[int, int | None] | None) -> list[int]:
    """Return the classes that values 2 and 255 leave without a label."""
    if label_map is None:
        return [2, 255]
    left = {named for value, named in label_map.items() if value not in (2, 255)}
    return [n for n in {*label_map.values()} - left if n is not None]


class Largest(TorchDispatchMode):
    """Remembers how many elements the largest tensor has that an op returns."""

    elements = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for tensor in found if isinstance(found, tuple) else (found,):
            if isinstance(tensor, Tensor):
                self.elements = max(self.elements, tensor.numel())
        return found


def test_memory_of_many_classes() -> None:
    classes = 5_000
    target, preds = torch.randint(0, classes, (2, 2, 1_000))
    rotated = {value: (value + 1) % classes for value in range(classes)}
    metric = tt.metrics.DiceScore(classes, label_map=rotated)
    with Largest() as largest:
        found = tt.dice_score(preds, target, classes, label_map=rotated)
        metric.update(preds, target)
    assert largest.elements <= 4 * classes
    assert found == tt.dice_score(preds, (target + 1) % classes, classes)
    assert found == metric.compute()


def test_a_swap_swaps() -> None:
    preds, target = torch.tensor([0, 0, 1, 2]), torch.tensor([1, 1, 0, 2])
    swap = {0: 1, 1: 0, 2: 2}
    assert tt.accuracy_score(preds, target, 3, label_map=swap) == 1.0
    assert tt.accuracy_score(preds, target, 3, preds_map=swap) == 1.0
    both = tt.accuracy_score(preds, target, 3, label_map=swap, preds_map=swap)
    assert both == 0.25


def test_planes_of_scores_are_mapped() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(3, 5, 11, generator=generator)
    coarse = {0: 0, 1: 1, 2: 1, 3: None, 4: 0}
    target = torch.randint(0, 2, (3, 11), generator=generator)
    found = tt.confusion_matrix(scores, target, 2, preds_map=coarse)
    wanted = tt.confusion_matrix(scores.argmax(1), target, 2, preds_map=coarse)
    assert torch.equal(found, wanted)
    assert found.sum() == (scores.argmax(1) != 3).sum()
    # Fewer planes than classes: no kernel reads that, so the argmax is taken first.
    wide = tt.confusion_matrix(
        scores, target + 6, 8, preds_map={plane: plane + 3 for plane in range(5)}
    )
    assert wide[6, 3:].sum() + wide[7, 3:].sum() == 33


def test_binary_and_multilabel_targets_are_mapped() -> None:
    scores = torch.tensor([[0.9, 0.2], [0.7, 0.6]])
    target = torch.tensor([[4, 0], [0, 4]])
    binary = {0: 0, 4: 1}
    found = tt.dice_score(scores, target, task="binary", label_map=binary)
    assert found == tt.dice_score(scores, target == 4, task="binary")
    options: dict[str, Any] = {"task": "multilabel", "average": "none"}
    found = tt.dice_score(scores, target, 2, label_map=binary, **options)
    assert torch.equal(found, tt.dice_score(scores, target == 4, 2, **options))
    target[0, 0] = 9
    ignoring = {**binary, 9: None}
    found = tt.confusion_matrix(
        scores, target, 2, task="multilabel", label_map=ignoring
    )
    assert found.sum() == 3


def test_labels_of_64_bits_do_not_alias() -> None:
    huge = torch.tensor([2**63 - 1, 5], dtype=torch.uint64)
    all_ones = torch.iinfo(torch.uint64).max
    target = torch.stack([huge, torch.full_like(huge, all_ones)])
    preds = torch.zeros(2, 2, dtype=torch.int64)
    options: dict[str, Any] = {"label_map": {-1: 1, 5: 0}, "out_of_range": "miss"}
    found = tt.confusion_matrix(preds, target, 2, **options)
    assert found.tolist() == [[1, 0, 0], [0, 0, 0], [3, 0, 0]]
    with pytest.raises(ValueError, match=f"target has .*{all_ones}"):
        tt.confusion_matrix(preds, target, 2, label_map={-1: 1, 5: 0})


def test_a_class_of_which_every_label_is_ignored_is_not_scored() -> None:
    preds, target = torch.tensor([0, 1, 1, 0]), torch.tensor([10, 20, 30, 40])
    to_class = {10: 0, 20: 1, 30: 1, 40: 2}
    options: dict[str, Any] = {"label_map": to_class, "average": "none"}
    found = tt.iou_score(preds, target, 3, ignore_index=[20, 30], **options)
    assert found.isnan().tolist() == [False, True, False]
    found = tt.iou_score(preds, target, 3, ignore_index=20, **options)
    assert found.isnan().tolist() == [False, False, False]


def test_every_score_takes_maps() -> None:
    preds, target = torch.tensor([[0, 1, 1, 0]]), torch.tensor([[10, 20, 20, 20]])
    plain = (target == 20).long()
    for name in ("dice_score", "matthews_corrcoef", "generalized_dice_score"):
        found = getattr(tt, name)(preds, target, 2, label_map={10: 0, 20: 1})
        assert found == getattr(tt, name)(preds, plain, 2)
    found = tt.cohen_kappa_score(
        preds, target, 2, label_map={10: 0, 20: 1}, weights="linear"
    )
    torch.testing.assert_close(found, tt.cohen_kappa_score(preds, plain, 2))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"label_map": [0]}, TypeError, "label_map must be a mapping .*, got list"),
        ({"label_map": {}}, ValueError, "label_map must name at least one label"),
        (
            {"preds_map": {0: 1.5}},
            TypeError,
            "preds_map must map int to int or None, got float",
        ),
        ({"label_map": {"0": 1}}, TypeError, "label_map must map int .*, got str"),
        ({"label_map": {0: True}}, TypeError, "label_map must map int .*, got bool"),
        (
            {"label_map": {0: 3}},
            ValueError,
            r"label_map must map to classes in \[0, 3\) or None, got 3",
        ),
        ({"label_map": {2**63: 0}}, ValueError, "must name labels of int64, got 92"),
        (
            {"label_map": {0: 0}},
            ValueError,
            r"labels must be named by label_map and preds_map, but 3 pair\(s\) hold "
            r"another label \(target has 1, 2\)",
        ),
        ({"preds_map": {0: 0, 1: 1}}, ValueError, r"preds has 2\)"),
        (
            {"preds_map": {0: 0}, "task": "multilabel"},
            ValueError,
            "preds_map does not apply to task='multilabel'",
        ),
    ],
    ids=str,
)
def test_maps_that_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    preds, target = torch.tensor([0, 1, 2, 0]), torch.tensor([0, 1, 2, 1])
    for function in (tt.dice_score, tt.confusion_matrix):
        with pytest.raises(error, match=f"^{function.__name__}: .*{message}"):
            function(preds, target, 3, **options)


def test_what_is_no_tensor_is_refused() -> None:
    labels = torch.tensor([0, 1])
    for maps in ({"label_map": {0: 0}}, {"preds_map": {0: 0}}):
        with pytest.raises(
            TypeError, match=r"^dice_score: preds must be a tensor or an array, got"
        ):
            tt.dice_score([0, 1], labels, 2, **maps)  # type: ignore[call-overload]


def test_shares() -> None:
    matrix = torch.tensor([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    rows = functional.normalize_confusion_matrix(matrix, "true")
    assert rows[:2].tolist() == [[0.75, 0.25, 0.0], [0.0, 1.0, 0.0]]
    assert rows[2].isnan().all()
    columns = functional.normalize_confusion_matrix(matrix, "pred")
    torch.testing.assert_close(columns[:, 1], torch.tensor([1 / 3, 2 / 3, 0.0]))
    every = functional.normalize_confusion_matrix(matrix, "all", dtype=torch.float64)
    torch.testing.assert_close(every.sum().item(), 1.0)
    stacked = functional.normalize_confusion_matrix(matrix.expand(2, 3, 3), "true")
    torch.testing.assert_close(stacked[1], rows, equal_nan=True)
    preds, target = torch.tensor([0, 1, 1]), torch.tensor([0, 0, 1])
    found = tt.confusion_matrix(preds, target, 2, normalize="true")
    assert found.tolist() == [[0.5, 0.5], [0.0, 1.0]]
    for normalize in ("rows", None):
        with pytest.raises(
            ValueError, match=r"normalize must be one of 'true', 'pred'"
        ):
            functional.normalize_confusion_matrix(matrix, normalize)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"^confusion_matrix: normalize must be one of"
    ):
        tt.confusion_matrix(preds, target, 2, normalize="rows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"matrix must be \[..., C, C\], got shape"):
        functional.normalize_confusion_matrix(matrix[:2], "true")
    with pytest.raises(
        TypeError, match="matrix must be a tensor or an array, got list"
    ):
        functional.normalize_confusion_matrix([[1]], "true")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"dtype must be torch.float32 or"):
        functional.normalize_confusion_matrix(matrix, "true", dtype=torch.float16)
