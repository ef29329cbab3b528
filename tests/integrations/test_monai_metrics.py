"""MONAI's metrics beside those of the integration, on random inputs."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import Any

import monai.metrics
import pytest
import torch
from monai.data import MetaTensor
from monai_inputs import DTYPES, assert_same, grid, labels_at_random, one_hot
from torch import Tensor

from torchtally.integrations import monai as ours
from torchtally.integrations.monai import _counting as ours_counting
from torchtally.integrations.monai import metrics as ours_metrics

REDUCTIONS = (
    "none", "mean", "sum", "mean_batch", "sum_batch", "mean_channel", "sum_channel",
)  # fmt: skip
FUNCTIONS = (
    "compute_dice", "compute_iou", "compute_generalized_dice", "get_confusion_matrix",
)  # fmt: skip
CLASSES = (
    "DiceMetric", "MeanIoU", "GeneralizedDiceScore", "ConfusionMatrixMetric",
    "FBetaScore",
)  # fmt: skip
NAMES = (
    "sensitivity", "specificity", "precision", "negative predictive value",
    "miss rate", "fall out", "false discovery rate", "false omission rate",
    "prevalence threshold", "threat score", "accuracy", "balanced accuracy",
    "f1 score", "matthews correlation coefficient", "fowlkes mallows index",
    "informedness", "markedness", "hit_rate", "tnr",
)  # fmt: skip
FUNCTION_GRID: dict[str, tuple[Any, ...]] = {
    "include_background": (True, False),
    "ignore_empty": (True, False),
    "weight_type": ("square", "simple", "uniform"),
    "sum_over_classes": (False, True),
    "ignore_index": (None, 0, 2, 255, -1),
}
CLASS_GRID: dict[str, tuple[Any, ...]] = {
    "include_background": (True, False),
    "reduction": REDUCTIONS,
    "get_not_nans": (False, True),
    "ignore_empty": (True, False),
    "weight_type": ("square", "simple"),
    "beta": (1.0, 0.5),
    "compute_sample": (False, True),
    "ignore_index": (None, 1, 255),
}
ARGUMENTS = {
    name: inspect.signature(getattr(monai.metrics, name)).parameters for name in CLASSES
}


def has(name: str, dtype: torch.dtype) -> bool:
    """Whether this MONAI computes a score of a dtype."""
    old = "ignore_index" not in ARGUMENTS["GeneralizedDiceScore"]
    return not (old and dtype == torch.float64 and "eneralized" in name)


def pair(
    seed: int, dtype: torch.dtype, shape: tuple[int, ...], classes: int = 3
) -> Any:
    """Return a one-hot pair with some pixels of no class."""
    preds, target = labels_at_random(seed, classes, shape=shape)
    target[0, 0, :2] = classes
    return one_hot(preds, classes, dtype), one_hot(target, classes, dtype)


def check_function(name: str, seed: int, dtype: torch.dtype, shape: Any) -> None:
    if not has(name, dtype):
        return
    y_pred, y = pair(seed, dtype, shape)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    for options in grid(getattr(monai.metrics, name), **FUNCTION_GRID):
        # In another dtype MONAI rounds sums, or finds no hit (bool).
        wanted = getattr(monai.metrics, name)(y_pred.to(wide), y.to(wide), **options)
        found = getattr(ours, name)(y_pred, y, **options)
        assert_same(found, wanted)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str, dtype: torch.dtype) -> None:
    check_function(name, seed=1, dtype=dtype, shape=(7, 9))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5,), (33, 17), (4, 5, 6)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_widely(name: str, dtype: torch.dtype, shape: Any) -> None:
    for seed in range(3):
        check_function(name, seed, dtype, shape)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_numbers_of_classes(name: str, classes: int) -> None:
    y_pred, y = (part[:, -classes:] for part in pair(2, torch.float32, (6, 5), 5))
    for options in grid(getattr(monai.metrics, name), **FUNCTION_GRID):
        wanted = getattr(monai.metrics, name)(y_pred, y, **options)
        assert_same(getattr(ours, name)(y_pred, y, **options), wanted)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_dtype_for_each_side(name: str) -> None:
    y_pred, y = pair(3, torch.float32, (6, 5))
    wanted = getattr(monai.metrics, name)(y_pred, y)
    for dtype in filter(lambda dtype: has(name, dtype), DTYPES):
        for other in (torch.float32, torch.uint8, torch.bool):
            found = getattr(ours, name)(y_pred.to(dtype), y.to(other))
            assert_same(found.float(), wanted, rtol=1e-6)


def test_strides() -> None:
    y_pred, y = pair(4, torch.float32, (6, 5))
    layouts = [
        lambda t: t.to(memory_format=torch.channels_last),
        lambda t: t.transpose(2, 3).contiguous().transpose(2, 3),
        lambda t: torch.stack([t, t], -1)[..., 0],
        lambda t: t.flip(2).flip(2),
    ]
    for name in FUNCTIONS:
        wanted = getattr(monai.metrics, name)(y_pred, y)
        for layout in layouts:
            found = getattr(ours, name)(layout(y_pred), y)
            assert_same(found, wanted)


# Objects


def check_object(name: str, options: dict[str, Any], seed: int) -> None:
    wanted = getattr(monai.metrics, name)(**options)
    found = getattr(ours, name)(**options)
    assert isinstance(found, type(wanted))
    for again in range(2):  # the second time after a reset
        for call in range(3):
            dtype = (torch.float32, torch.uint8, torch.float64)[call]
            dtype = dtype if has(name, dtype) else torch.float32
            shape = (7, 9) if seed % 2 else (3, 4, 5)
            batch: Any = pair(seed + 10 * call + again, dtype, shape)
            if call == 1:  # decollated
                batch = [list(part) for part in batch]
            if call == 2:
                batch = [[MetaTensor(one) for one in part.float()] for part in batch]
            assert_same(found(*batch), wanted(*batch))
        assert len(found) == len(wanted) == 9
        assert_same(found.get_buffer(), wanted.get_buffer())
        assert_same(found.aggregate(), wanted.aggregate())
        found = pickle.loads(pickle.dumps(found))
        assert_same(found.aggregate(), wanted.aggregate())
        found.reset()
        wanted.reset()


def options_of(name: str) -> list[dict[str, Any]]:
    """Return the argument grid of a class; what MONAI refuses is left out."""
    every = list(grid(getattr(monai.metrics, name), **CLASS_GRID))
    for number, options in enumerate(every):
        if "metric_name" in ARGUMENTS[name]:
            options["metric_name"] = (NAMES[number % len(NAMES)], "f1 score")
    return every


@pytest.mark.parametrize("name", CLASSES)
def test_objects(name: str) -> None:
    every = options_of(name)
    for number, options in enumerate(every[:: max(1, len(every) // 24)]):
        check_object(name, options, seed=number)


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_objects_widely(name: str) -> None:
    for number, options in enumerate(options_of(name)):
        check_object(name, options, seed=number)


@pytest.mark.parametrize("compute_sample", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_name_of_a_confusion_matrix(reduction: str, compute_sample: bool) -> None:
    options: dict[str, Any] = {"metric_name": NAMES, "reduction": reduction}
    options["compute_sample"] = compute_sample
    wanted = monai.metrics.ConfusionMatrixMetric(**options)
    found = ours.ConfusionMatrixMetric(**options)
    for seed in range(2):
        batch = pair(seed, torch.float32, (8, 8))
        assert_same(found(*batch), wanted(*batch))
    assert_same(found.aggregate(), wanted.aggregate())
    assert_same(
        found.aggregate(compute_sample=True, reduction="mean_batch"),
        wanted.aggregate(compute_sample=True, reduction="mean_batch"),
    )


@pytest.mark.parametrize("background", [True, False])
@pytest.mark.parametrize("labels", [True, ["road", "car", "sky"]], ids=str)
def test_results_with_labels(background: bool, labels: Any) -> None:
    options: dict[str, Any] = {"reduction": "mean_batch", "return_with_label": labels}
    options["include_background"] = background
    wanted, found = monai.metrics.DiceMetric(**options), ours.DiceMetric(**options)
    batch = pair(5, torch.float32, (8, 8))
    wanted(*batch)
    found(*batch)
    assert_same(found.aggregate(), wanted.aggregate())


def test_signatures() -> None:
    for name in (*CLASSES, "DiceHelper"):
        wanted = inspect.signature(getattr(monai.metrics, name))
        assert inspect.signature(getattr(ours, name)) == wanted
    for name in FUNCTIONS:
        wanted_names = list(inspect.signature(getattr(monai.metrics, name)).parameters)
        found = list(inspect.signature(getattr(ours, name)).parameters)
        assert found[: len(wanted_names)] == wanted_names
        if "ignore_index" in ARGUMENTS["MeanIoU"]:  # 1.6
            assert found == wanted_names


# Labels, and what DiceHelper makes of scores


def label_pairs(seed: int, dtype: torch.dtype) -> list[tuple[Tensor, Tensor]]:
    """Return every way to give 3 classes; a label beyond them stands for no class."""
    preds, target = labels_at_random(seed)
    target[0, 0, 0] = 255
    hot = one_hot(preds, 3, dtype), one_hot(target, 3, dtype)
    given = preds.to(dtype), target.to(dtype)
    return [(p, t) for p in (given[0], hot[0]) for t in (given[1], hot[1])]


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8, torch.int64], ids=str)
def test_labels(dtype: torch.dtype) -> None:
    for number, (y_pred, y) in enumerate(label_pairs(6, dtype)):
        for options in list(grid(monai.metrics.DiceMetric, **CLASS_GRID))[number::9]:
            wanted = monai.metrics.DiceMetric(num_classes=3, **options)
            found = ours.DiceMetric(num_classes=3, **options)
            assert_same(found(y_pred, y), wanted(y_pred, y))
            assert_same(found(list(y_pred), list(y)), wanted(list(y_pred), list(y)))
            assert_same(found.aggregate(), wanted.aggregate())


def test_one_channel_without_num_classes() -> None:
    preds, target = labels_at_random(7, classes=2)
    for dtype in DTYPES:
        wanted = monai.metrics.compute_dice(preds.float(), target.float())
        found = ours.compute_dice(preds.to(dtype), target.to(dtype))
        assert_same(found.float(), wanted)
    three, _ = labels_at_random(7, classes=3)  # a 2 is not the class 1
    wanted = monai.metrics.compute_dice(three.float(), target.float())
    assert_same(ours.compute_dice(three.float(), target.float()), wanted)
    assert_same(ours.compute_dice(three, target), wanted)


HELPER_GRID: dict[str, tuple[Any, ...]] = {
    "include_background": (None, True, False),
    "threshold": (False, True),
    "apply_argmax": (None, True, False),
    "activate": (False, True),
    "get_not_nans": (True, False),
    "reduction": ("mean_batch", "none", "mean"),
    "ignore_empty": (True, False),
    "num_classes": (None, 3),
    "ignore_index": (None, 255),
}


def check_helper(every: int) -> None:
    scores = torch.randn(3, 3, 7, 9, generator=torch.Generator().manual_seed(8))
    _, target = labels_at_random(8)
    target[0, 0, 0] = 255
    one = scores[:, :1]
    binary = (target > 0).float()
    pairs = [(scores, target.float()), (scores, one_hot(target, 3)), (one, binary)]
    pairs += [(scores.softmax(1), target), (scores.sigmoid(), one_hot(target, 3))]
    for number, options in enumerate(grid(monai.metrics.DiceHelper, **HELPER_GRID)):
        if number % every:
            continue
        wanted, found = monai.metrics.DiceHelper(**options), ours.DiceHelper(**options)
        for y_pred, y in pairs:
            try:
                expected = wanted(y_pred, y)
            except IndexError as error:  # fewer channels than num_classes
                with pytest.raises(IndexError, match=str(error)):
                    found(y_pred, y)
                continue
            assert_same(found(y_pred, y), expected)


def test_helper() -> None:
    check_helper(every=17)


@pytest.mark.slow
def test_helper_widely() -> None:
    check_helper(every=3)


@pytest.mark.skipif(
    "per_component" not in ARGUMENTS["DiceMetric"], reason="MONAI has it since 1.6"
)
def test_components() -> None:
    preds, target = labels_at_random(9, classes=2)
    batch = one_hot(preds, 2), one_hot(target, 2)
    wanted = monai.metrics.DiceMetric(per_component=True)
    found = ours.DiceMetric(per_component=True)
    assert_same(found(*batch), wanted(*batch))
    assert_same(ours.compute_dice(*batch, per_component=True), wanted(*batch))


# What is no pair of zeros and ones


def tolerance(name: str) -> float:
    """Return that of sums of soft values, which torchtally adds up for these."""
    return 1e-6 if "eneralized" in name else 0.0


def soft_pairs() -> list[tuple[Tensor, Tensor]]:
    y_pred, y = pair(10, torch.float32, (7, 9))
    soft = torch.rand(y.shape, generator=torch.Generator().manual_seed(10))
    tiny, twos, negative_zero = y_pred.clone(), y.clone(), y_pred.clone()
    tiny[0, 0, 0, 0] = 1e-30
    twos[-1, -1, -1, -1] = 2.0
    negative_zero[negative_zero == 0] = -0.0
    nan = y_pred.clone()
    nan[1, 1] = torch.nan
    pairs = [(soft, y), (y_pred, soft), (soft, soft.flip(0)), (tiny, y)]
    pairs += [(y_pred, twos), (negative_zero, y), (nan, y)]
    pairs += [(2 * y_pred.int(), y.int()), (y_pred.half(), soft.half())]
    return pairs


@pytest.mark.parametrize("name", [*FUNCTIONS])
def test_soft_values_are_computed_by_monai(name: str) -> None:
    for y_pred, y in soft_pairs():
        for options in grid(getattr(monai.metrics, name), **FUNCTION_GRID):
            if y_pred.isnan().any() and options.get("ignore_index") is not None:
                continue  # MONAI's ignored NaN is one still
            wanted = getattr(monai.metrics, name)(y_pred, y, **options)
            # Not a soft value of a pixel or class that is left out.
            found = getattr(ours, name)(y_pred, y, **options)
            assert_same(found, wanted, tolerance(name))


def test_large_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """IoU of large inputs is computed here, soft values too, in parts."""
    monkeypatch.setattr(ours_metrics, "_SMALL", 0)
    monkeypatch.setattr(ours_counting, "_EXACT", 10)
    for y_pred, y in [pair(13, torch.float32, (7, 9)), *soft_pairs()]:
        for options in grid(monai.metrics.compute_iou, **FUNCTION_GRID):
            if y_pred.isnan().any() and options.get("ignore_index") is not None:
                continue
            wanted = monai.metrics.compute_iou(y_pred, y, **options)
            assert_same(ours.compute_iou(y_pred, y, **options), wanted, rtol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_soft_values_of_objects(name: str) -> None:
    for y_pred, y in soft_pairs():
        wanted, found = getattr(monai.metrics, name)(), getattr(ours, name)()
        rtol = tolerance(name)
        assert_same(found(y_pred, y), wanted(y_pred, y), rtol)
        assert_same(found.aggregate(), wanted.aggregate(), rtol)


def test_gradients_are_those_of_monai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours_metrics, "_SMALL", 0)
    y_pred, y = pair(11, torch.float32, (7, 9))
    for tensor in (y_pred, y_pred.sigmoid()):
        gradients = []
        for module in (monai.metrics, ours):
            leaf = tensor.clone().requires_grad_()
            module.compute_iou(leaf, y).nansum().backward()
            gradients.append(leaf.grad)
        assert_same(*gradients)


# What MONAI gets wrong


def test_counts_beyond_the_integers_of_float32() -> None:
    y = torch.ones(1, 1, 20_000_001, dtype=torch.uint8)
    y_pred = y.clone()
    y[..., :3] = 0  # false positives
    found = ours.get_confusion_matrix(y_pred, y)
    assert found.tolist() == [[[float(torch.tensor(19_999_998.0)), 3.0, 0.0, 0.0]]]
    lost = monai.metrics.get_confusion_matrix(y_pred, y)
    assert lost[0, 0, 1] != 3  # or this test, and a sentence in docs, can go
    dice = ours.compute_dice(y_pred.double(), y.double())
    assert dice.item() == 2 * 19_999_998 / (19_999_998 + 20_000_001)


def test_bool_masks_have_hits() -> None:
    y_pred, y = pair(12, torch.bool, (7, 9))
    wanted = monai.metrics.get_confusion_matrix(y_pred.float(), y.float())
    assert wanted[..., 0].sum() > 0
    assert_same(ours.get_confusion_matrix(y_pred, y), wanted)
    assert monai.metrics.get_confusion_matrix(y_pred, y)[..., 0].sum() == 0


def test_half_precision_does_not_overflow() -> None:
    y = torch.ones(1, 1, 300, 300, dtype=torch.float16)
    for name in FUNCTIONS:
        wanted = getattr(monai.metrics, name)(y.float(), y.float())
        assert_same(getattr(ours, name)(y, y), wanted)


# Errors and warnings


def message(function: Any, *args: Any, **options: Any) -> tuple[type, str] | None:
    try:
        function(*args, **options)
    except Exception as error:
        return type(error), str(error)
    return None


def test_errors_are_those_of_monai() -> None:
    y = torch.ones(2, 3, 4, 4)
    bad: list[tuple[Any, ...]] = [
        (y, y[:, :2]), (y, y[..., :3]), (y[0, 0], y[0, 0]), (y, y[:1]),
        (y.flatten(1), y.flatten(1)[:, :3]), (y.flatten(1), y.flatten(1)),
    ]  # fmt: skip
    for batch in bad:
        for name in FUNCTIONS:
            wanted = message(getattr(monai.metrics, name), *batch)
            assert message(getattr(ours, name), *batch) == wanted
        for name in CLASSES:
            wanted = message(getattr(monai.metrics, name)(), *batch)
            assert message(getattr(ours, name)(), *batch) == wanted
    for name in CLASSES:
        for batch in [("labels", y), ([], []), (y.numpy(), y.numpy()), (y[:0], y[:0])]:
            wanted = message(getattr(monai.metrics, name)(), *batch)
            assert message(getattr(ours, name)(), *batch) == wanted
        wanted = message(getattr(monai.metrics, name)().aggregate)
        assert message(getattr(ours, name)().aggregate) == wanted
    wrong = {"metric_name": "no such metric"}
    wanted_metric = monai.metrics.ConfusionMatrixMetric(**wrong)
    metric = ours.ConfusionMatrixMetric(**wrong)
    metric(y, y)
    wanted_metric(y, y)
    assert message(metric.aggregate) == message(wanted_metric.aggregate)
    wanted = message(monai.metrics.GeneralizedDiceScore, reduction="no such")
    assert message(ours.GeneralizedDiceScore, reduction="no such") == wanted


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 1)])
def test_classification(shape: tuple[int, ...]) -> None:
    y_pred, y = torch.randint(0, 2, (2, *shape)).float()
    wanted = monai.metrics.ConfusionMatrixMetric(compute_sample=True)
    found = ours.ConfusionMatrixMetric(compute_sample=True)
    for metric in (wanted, found):
        with pytest.warns(UserWarning, match="compute_sample should be False"):
            metric(y_pred, y)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            metric(y_pred, y)  # the option was reset
    assert_same(found.get_buffer(), wanted.get_buffer())
    assert_same(found.aggregate(), wanted.aggregate())
    assert_same(ours.FBetaScore()(y_pred, y), monai.metrics.FBetaScore()(y_pred, y))
