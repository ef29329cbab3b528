"""Arrays of other libraries are read without a copy, or refused in words."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from test_subclasses import CALLS, MASK, MATRIX, SCORES, TARGET, same
from torch import Tensor

import torchtally as tt
from torchtally.ops._arguments import plain

LABELS = TARGET.numpy()


class Exporter:
    """An array that has nothing but DLPack, as CuPy's and JAX's have."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __dlpack__(self, **options: Any) -> Any:
        return self.tensor.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.tensor.__dlpack_device__()


def read_only(tensor: Tensor) -> Any:
    array = tensor.numpy().copy()
    array.flags.writeable = False
    return array


def backwards(tensor: Tensor) -> Any:
    """Make an array with a negative stride, which no tensor has."""
    return tensor.flip(-1).numpy()[..., ::-1]


def swapped(tensor: Tensor) -> Any:
    """Make an array of the other byte order."""
    array = tensor.numpy()
    return array.astype(array.dtype.newbyteorder())


KINDS: dict[str, Callable[[Tensor], Any]] = {
    "NumPy": lambda tensor: tensor.numpy(),
    "Fortran": lambda tensor: np.asfortranarray(tensor.numpy()),
    "read-only": read_only,
    "DLPack": Exporter,
    "backwards": backwards,
    "byte order": swapped,
}


@pytest.fixture(autouse=True)
def _no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("default", "DiceScore.compute")
        yield


def called(call: str, *batch: Any) -> Any:
    """Return what a call makes of a batch whose logits, of losses, are a tensor."""
    if call.endswith("Loss"):
        return CALLS[call](SCORES, *batch[1:])
    if call == "one label":  # compares tensors before it calls
        preds, target, _ = batch
        return tt.f1_score(preds, target, 3, average="none")
    if call == "overlap":
        return tt.overlap_sums(batch[0], batch[1], mask=batch[2])
    return CALLS[call](*batch)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_arrays_count_as_tensors_do(call: str, kind: str) -> None:
    batch = [KINDS[kind](tensor) for tensor in (SCORES, TARGET, MASK)]
    same(called(call, *batch), called(call, SCORES, TARGET, MASK))


@pytest.mark.parametrize(
    "dtype", ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]
)
def test_labels_of_every_dtype(dtype: str) -> None:
    labels = LABELS.clip(max=1).astype(dtype)
    found = tt.confusion_matrix(labels, TARGET.clamp(max=1), 2)
    assert torch.equal(found, torch.diag(torch.bincount(TARGET.clamp(max=1).ravel())))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_scores_of_every_dtype(dtype: str) -> None:
    scores = SCORES.numpy().astype(dtype)
    found = tt.confusion_matrix(scores, LABELS, 3)
    assert torch.equal(found, tt.confusion_matrix(torch.tensor(scores), TARGET, 3))


def test_counts_and_weights() -> None:
    f, weights = tt.functional, np.array([1.0, 2.0, 3.0], dtype=np.float32)
    same(f.dice_from_counts(MATRIX.numpy()), f.dice_from_counts(MATRIX))
    same(
        f.normalize_confusion_matrix(read_only(MATRIX), "true"),
        f.normalize_confusion_matrix(MATRIX, "true"),
    )
    counts = tt.class_counts(SCORES, TARGET, 3)
    arrays = counts._make(tensor.numpy() for tensor in counts)
    same(f.iou_from_counts(arrays), f.iou_from_counts(counts))
    found, wanted = (
        tt.bootstrap_ci(matrix, f.dice_from_counts, resamples=20)
        for matrix in (MATRIX.numpy(), MATRIX)
    )
    same(found[:3], wanted[:3])
    sums = tt.overlap_sums(SCORES, TARGET)
    dice = f.losses.dice_loss_from_sums
    same(dice(sums._make(tensor.numpy() for tensor in sums)), dice(sums))
    for options in ({"class_weights": weights}, {"ce_weight": weights}):
        lists = {name: value.tolist() for name, value in options.items()}
        loss = tt.losses.DiceCELoss(**options)  # type: ignore[arg-type]
        plain_loss = tt.losses.DiceCELoss(**lists)  # type: ignore[arg-type]
        same(loss(SCORES, LABELS), plain_loss(SCORES, TARGET))
        assert repr(loss) == repr(plain_loss)
    metric = tt.metrics.DiceScore(3, class_weights=weights)
    metric.update(SCORES, LABELS)
    same(
        metric.compute(),
        tt.dice_score(SCORES, TARGET, 3, class_weights=weights.tolist()),
    )
    assert repr(metric) == "DiceScore(num_classes=3, class_weights=[1.0, 2.0, 3.0])"


def test_what_is_drawn() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    matrix = tt.metrics.ConfusionMatrix(3)
    axes = matrix.plot(np.diag([1, 2, 3]), normalize=None)
    assert sorted(text.get_text() for text in axes.texts) == list("000000123")
    scores = tt.metrics.DiceScore(3, average="none")
    bars = scores.plot(np.array([0.25, 0.5, 1.0])).patches
    assert [bar.get_height() for bar in bars] == [0.25, 0.5, 1.0]
    bars = tt.metrics.DiceScore(3).plot(np.float32(0.25)).patches
    assert [bar.get_height() for bar in bars] == [0.25]


def test_logits_and_resolutions() -> None:
    loss = tt.losses.DiceLoss()
    same(loss(SCORES.numpy(), LABELS, MASK.numpy()), loss(SCORES, TARGET, MASK))
    deep = tt.losses.DeepSupervision(loss, weights=np.array([0.5, 0.25]))
    outputs = [SCORES, SCORES[..., ::2, ::2]]
    same(deep(outputs, LABELS, MASK.numpy()), deep(outputs, TARGET, MASK))


def test_what_numpy_makes_an_array_of() -> None:
    image, frame = (pytest.importorskip(name) for name in ("PIL.Image", "pandas"))
    preds, target = LABELS[0].astype(np.uint8), LABELS[1].astype(np.uint8)
    wanted = tt.confusion_matrix(torch.tensor(preds), torch.tensor(target), 3)
    pictures = map(image.fromarray, (preds, target))
    assert torch.equal(tt.confusion_matrix(*pictures, 3), wanted)
    series = (frame.Series(labels.ravel()) for labels in (preds, target))
    assert torch.equal(tt.confusion_matrix(*series, 3), wanted)
    assert tt.confusion_matrix(np.int64(1), np.array(0), 2).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize("kind", ["NumPy", "Fortran", "read-only"])
def test_memory_is_shared(kind: str) -> None:
    array = KINDS[kind](SCORES)
    assert plain(array).data_ptr() == array.ctypes.data
    assert plain(array).stride() == tuple(s // 4 for s in array.strides)
    part = array[1:, ::2]
    assert plain(part).data_ptr() == part.ctypes.data


def test_memory_of_others_is_shared() -> None:
    assert plain(Exporter(SCORES)).data_ptr() == SCORES.data_ptr()


def test_results_are_on_the_cpu_where_arrays_are() -> None:
    torch.set_default_device("meta")
    try:
        assert tt.dice_score(LABELS, LABELS, 3).device.type == "cpu"
    finally:
        torch.set_default_device(None)


class Broken:
    """What says that it is an array, and is not."""

    dtype = "odd"

    def __dlpack__(self, **_options: Any) -> Any:
        raise BufferError("not today")

    def __dlpack_device__(self) -> Any:
        return 1, 0


class Backwards(Exporter):
    """Memory that torch would abort on, of a library that can copy it."""

    strides = (-8,)

    def copy(self) -> Exporter:
        return Exporter(self.tensor.flip(0))


def test_a_negative_stride_of_another_library_is_copied() -> None:
    labels = torch.tensor([0, 1, 1])
    assert plain(Backwards(labels)).tolist() == [1, 1, 0]


REFUSED: list[tuple[Any, str]] = [
    (LABELS.astype(object), "got ndarray of object"),
    (LABELS.astype(str), "got ndarray of <U21"),
    (LABELS.astype("M8[s]"), "got ndarray of datetime64"),
    (LABELS.astype(np.longdouble), "got ndarray of float128"),
    (
        np.ma.masked_equal(LABELS, 1),
        r"got MaskedArray; pass NAME.data, and mask=~numpy.ma.getmaskarray\(NAME\)",
    ),
    (Broken(), r"got Broken of odd \(not today\)"),
    (LABELS.tolist(), r"got list; pass torch.as_tensor\(NAME\)"),
    (list(TARGET), r"got list; pass torch.stack\(NAME\)"),
    (1, "got int$"),
    ("labels", "got str$"),
    (b"labels", "got bytes$"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=lambda x: type(x).__name__)
def test_what_is_no_array(given: Any, words: str) -> None:
    metric = tt.metrics.DiceScore(3)
    loss = tt.losses.DiceLoss()
    calls: list[tuple[str, str, Callable[[], Any]]] = [
        ("dice_score", "preds", lambda: tt.dice_score(given, TARGET, 3)),
        ("dice_score", "target", lambda: tt.dice_score(SCORES, given, 3)),
        ("dice_score", "mask", lambda: tt.dice_score(SCORES, TARGET, 3, mask=given)),
        ("DiceScore", "target", lambda: metric.update(TARGET, given)),
        ("DiceScore", "preds", lambda: metric(given, TARGET)),
        ("DiceLoss", "target", lambda: loss(SCORES, given)),
        ("DiceLoss", "mask", lambda: loss(SCORES, TARGET, given)),
        ("overlap_sums", "target", lambda: tt.overlap_sums(SCORES, given)),
    ]
    for op, name, call in calls:
        message = f"^{op}: {name} must be a tensor or an array, "
        with pytest.raises(TypeError, match=message + words.replace("NAME", name)):
            call()
    for name, counts in (
        ("dice_from_counts", tt.functional.dice_from_counts),
        ("bootstrap_ci", lambda x: tt.bootstrap_ci(x, tt.functional.dice_from_counts)),
    ):
        with pytest.raises(TypeError, match=rf"^{name}: .* or an array or ClassCounts"):
            counts(given)


def test_arrays_in_compiled_programs() -> None:
    score = torch.compile(
        lambda preds, target: tt.dice_score(preds, target, 3),
        backend="aot_eager",
        fullgraph=True,
    )
    same(score(SCORES.numpy(), LABELS), tt.dice_score(SCORES, TARGET, 3))
    metric = tt.metrics.DiceScore(3)
    update = torch.compile(metric.update, backend="aot_eager", fullgraph=True)
    update(SCORES.numpy(), LABELS)
    same(metric.compute(), tt.dice_score(SCORES, TARGET, 3))
