"""A Trainer's scores are those of NumPy on all logits, however it evaluates."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from evaluate_formulas import evaluate_mean_iou
from torch import Tensor
from transformers import EvalPrediction

from torchtally.integrations.transformers import TrainerMetrics, mean_iou

NAMES = {0: "road", 1: "car", 2: "tree", 3: "sky"}


# The Trainer


class Images(torch.utils.data.Dataset):  # type: ignore[type-arg]
    """Seven images of 4 classes, the last of which is on none, and ignored pixels."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(index)
        labels = torch.randint(0, 3, (32, 32), generator=generator)
        labels[:5, :3] = 255
        image = torch.randn(3, 32, 32, generator=generator)
        return {"pixel_values": image + labels.clamp(max=3), "labels": labels}


def segformer() -> Any:
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 16],
        patch_sizes=[7, 3],
        strides=[4, 2],
        num_attention_heads=[1, 2],
        mlp_ratios=[2, 2],
        decoder_hidden_size=16,
        id2label=NAMES,
        label2id={name: index for index, name in NAMES.items()},
    )
    return transformers.SegformerForSemanticSegmentation(config)


def trainer(model: Any, folder: Path, metrics: Any, reduce: Any, **options: Any) -> Any:
    arguments = transformers.TrainingArguments(
        str(folder),
        per_device_eval_batch_size=3,
        per_device_train_batch_size=4,
        max_steps=2,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        save_strategy="no",
        **options,
    )
    return transformers.Trainer(
        model=model,
        args=arguments,
        train_dataset=Images(),
        eval_dataset=Images(),
        compute_metrics=metrics,
        preprocess_logits_for_metrics=reduce,
    )


def original(eval_pred: EvalPrediction) -> dict[str, float]:
    """Compute what the guides of transformers do: all logits, upsampled, in NumPy."""
    logits, labels = eval_pred
    size = labels.shape[-2:]
    up = torch.nn.functional.interpolate(
        torch.from_numpy(logits), size=size, mode="bilinear", align_corners=False
    )
    found = evaluate_mean_iou(up.argmax(1).numpy(), labels, 4, 255)
    named = {f"iou_{NAMES[c]}": v for c, v in enumerate(found["per_category_iou"])}
    return {
        "mean_iou": found["mean_iou"],
        "mean_recall": found["mean_accuracy"],
        **named,
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, float]]:
    """Train, and evaluate in the way of the guides."""
    folder, model = tmp_path_factory.mktemp("original"), segformer()
    run = trainer(model, folder, original, None)
    run.train()
    return model, run.evaluate()


def ours(**options: Any) -> TrainerMetrics:
    return TrainerMetrics(
        id2label=NAMES,
        scores=("iou", "recall"),
        ignore_index=255,
        resize="bilinear",
        **options,
    )


@pytest.mark.parametrize("reduced", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_eval_metrics": True},
        {"eval_do_concat_batches": False},
        {"eval_accumulation_steps": 1},
        {"eval_do_concat_batches": False, "eval_accumulation_steps": 2},
    ],
    ids=str,
)
def test_a_trainer_finds_the_same(
    trained: tuple[Any, dict[str, float]],
    options: dict[str, Any],
    reduced: bool,
    tmp_path: Path,
) -> None:
    model, expected = trained
    metrics = ours()
    reduce = metrics.preprocess_logits_for_metrics if reduced else None
    run = trainer(model, tmp_path, metrics, reduce, **options)
    for _ in range(2):  # nothing is left of the first
        found = run.evaluate()
        for name, value in expected.items():
            if name.startswith(("eval_iou", "eval_mean")):
                assert type(found[name]) is float
                np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=0)
    assert 0 < expected["eval_mean_iou"] < 1
    assert np.isnan(expected["eval_iou_sky"]) == np.isnan(found["eval_iou_sky"])


def test_batches_are_forgotten(
    trained: tuple[Any, dict[str, float]], tmp_path: Path
) -> None:
    """What compute_metrics sees with batch_eval_metrics is one batch of labels."""
    model, _ = trained
    metrics, seen = ours(), []

    def compute(eval_pred: Any, compute_result: bool) -> dict[str, float]:
        seen.append((eval_pred.predictions.shape, eval_pred.predictions.dtype))
        return metrics(eval_pred, compute_result)

    run = trainer(
        model,
        tmp_path,
        compute,
        metrics.preprocess_logits_for_metrics,
        batch_eval_metrics=True,
    )
    run.evaluate()
    assert seen == [((n, 32, 32), torch.int8) for n in (3, 3, 1)]
    run.predict(Images())


# The object


def test_outputs_arrays_and_batches() -> None:
    logits, labels = torch.randn(5, 3, 8, 8), torch.randint(0, 3, (5, 8, 8))
    metrics = TrainerMetrics(3)
    expected = metrics((logits, labels))
    arrays = (logits.numpy(), labels.numpy())
    assert metrics(EvalPrediction(*arrays)) == expected
    hidden = torch.randn(5, 7, 2, 2)
    assert metrics(EvalPrediction((logits, hidden), labels)) == expected
    other = TrainerMetrics(3, logits_index=1)
    assert other(EvalPrediction((hidden, logits), labels)) == expected
    assert other.preprocess_logits_for_metrics((hidden, logits), labels).shape == (
        labels.shape
    )
    halves = ([logits[:2], logits[2:]], [labels[:2], labels[2:]])
    assert metrics(EvalPrediction(*halves)) == expected
    halves = ([(logits[:2], hidden), (logits[2:], hidden)], halves[1])
    assert metrics(EvalPrediction(*halves)) == expected
    reduced = metrics.preprocess_logits_for_metrics(logits, labels)
    assert metrics((reduced, labels)) == expected
    assert metrics.preprocess_logits_for_metrics(reduced, labels) is reduced
    assert metrics.preprocess_logits_for_metrics(logits, None).equal(reduced)


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [(128, torch.int8), (129, torch.int16), (40000, torch.int32)],
)
def test_labels_are_small_and_hold_the_padding(
    classes: int, dtype: torch.dtype
) -> None:
    logits = torch.zeros(1, classes, 1, 1)
    logits[0, -1] = 1
    metrics = TrainerMetrics(classes)
    reduced = metrics.preprocess_logits_for_metrics(logits, torch.zeros(1, 1, 1))
    assert reduced.dtype == dtype
    assert reduced.item() == classes - 1
    assert torch.tensor(-100, dtype=dtype) == -100


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_resize(mode: str, dtype: torch.dtype) -> None:
    logits = torch.randn(3, 4, 5, 6).to(dtype)
    labels = torch.randint(0, 4, (3, 17, 23))
    up = torch.nn.functional.interpolate(logits, size=(17, 23), mode=mode)
    expected = TrainerMetrics(4)((up.argmax(1), labels))
    metrics = TrainerMetrics(4, resize=mode)
    assert metrics((logits, labels)) == expected
    assert metrics.preprocess_logits_for_metrics(logits, labels).equal(
        up.argmax(1).to(torch.int8)
    )


def test_classification_of_images_and_tokens() -> None:
    logits, labels = torch.randn(50, 3), torch.randint(0, 3, (50,))
    metrics = TrainerMetrics(3, ("accuracy", "f1", "matthews_corrcoef"))
    found = metrics((logits.numpy(), labels.numpy()))
    right = (logits.argmax(1) == labels).double().mean()
    assert found["accuracy"] == pytest.approx(right.item())
    assert {"mean_f1", "f1_0", "matthews_corrcoef"} < set(found)
    tokens = torch.randn(4, 11, 3)  # [N, T, C], padded
    of_tokens = torch.randint(0, 3, (4, 11))
    of_tokens[:, 8:] = -100
    flat = (tokens[:, :8].flatten(0, 1), of_tokens[:, :8].flatten())
    assert metrics((tokens, of_tokens)) == metrics(flat)
    reduced = metrics.preprocess_logits_for_metrics(tokens, of_tokens)
    assert reduced.equal(tokens.argmax(-1).to(torch.int8))


def test_multilabel() -> None:
    logits, labels = torch.randn(30, 4), torch.randint(0, 2, (30, 4)).float()
    metrics = TrainerMetrics(4, ("f1",), task="multilabel", logits=True)
    reduced = metrics.preprocess_logits_for_metrics(logits, labels)
    found = metrics((reduced.numpy(), labels.numpy()))
    cut, true = logits > 0, labels > 0
    f1 = 2 * (cut & true).sum(0) / (cut.sum(0) + true.sum(0))
    assert found["mean_f1"] == pytest.approx(f1.mean().item())
    assert found["f1_2"] == pytest.approx(f1[2].item())


def test_what_the_trainer_pads_never_counts() -> None:
    preds, labels = torch.randint(0, 3, (4, 9)), torch.randint(0, 3, (4, 9))
    metrics = TrainerMetrics(3, ignore_index=[255])
    expected = metrics((preds[:, :6], labels[:, :6]))
    preds[:, 6:] = labels[:, 6:] = -100
    assert metrics((preds.to(torch.int8), labels)) == expected
    labels[:, 7] = 255
    assert metrics((preds.to(torch.int8), labels)) == expected


def test_labels_of_several_names() -> None:
    logits, labels = torch.randn(5, 3), torch.randint(0, 3, (5,))
    metrics = TrainerMetrics(3, logits_index=1)
    outputs, of_names = (torch.zeros(5, 2), logits), (labels, torch.zeros(5))
    assert metrics((outputs, of_names)) == TrainerMetrics(3)((logits, labels))


def test_what_the_trainer_gathered_is_not_added_up_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An all_reduce would raise here, where there is no process group."""
    monkeypatch.setattr("torchtally.distributed.is_distributed", lambda: True)
    metrics = TrainerMetrics(3)
    assert metrics((torch.tensor([0, 1, 2]), torch.tensor([0, 1, 2])))["mean_iou"] == 1
    found = mean_iou([[[0, 1]]], [[[0, 1]]], 2, 255)
    assert found["mean_iou"] == 1


def test_results_of_a_mapping_keep_their_names() -> None:
    metrics = TrainerMetrics(
        2, {"micro": {"score": "iou", "average": "micro"}, "accuracy": {}}
    )
    assert set(metrics((torch.tensor([0, 1]), torch.tensor([0, 0])))) == {
        "micro",
        "accuracy",
    }


def test_binary_scores_have_one_value() -> None:
    metrics = TrainerMetrics(scores=("f1",), task="binary", threshold=0.5)
    scores, labels = torch.rand(9), torch.randint(0, 2, (9,))
    assert list(metrics((scores, labels))) == ["f1"]


def test_the_state_is_reset_and_travels() -> None:
    logits, labels = torch.randn(6, 3), torch.randint(0, 3, (6,))
    metrics = TrainerMetrics(3)
    expected = metrics((logits, labels))
    assert metrics((logits[:4], labels[:4]), compute_result=False) == {}
    for other in (pickle.loads(pickle.dumps(metrics)), copy.deepcopy(metrics)):
        assert other((logits[4:], labels[4:])) == expected
    metrics.reset()
    assert metrics((logits, labels)) == expected
    with pytest.raises(ValueError, match="labels must lie in"):
        metrics((logits, labels + 1))
    assert metrics((logits, labels)) == expected


def test_errors() -> None:
    logits, labels = torch.randn(2, 3, 4, 4), torch.zeros(2, 8, 8).long()
    metrics = TrainerMetrics(3)
    message = r"^TrainerMetrics: logits \[2, 3, 4, 4\] must have the size of labels"
    with pytest.raises(ValueError, match=message):
        metrics((logits, labels))
    with pytest.raises(ValueError, match=message):
        metrics.preprocess_logits_for_metrics(logits, labels)
    with pytest.raises(ValueError, match="resize must be one of 'nearest'"):
        TrainerMetrics(3, resize="cubic")
    with pytest.raises(TypeError, match="average is macro beside names"):
        TrainerMetrics(3, average="micro")
    with pytest.raises(TypeError, match="unknown option 'ignored'"):
        TrainerMetrics(3, ignored=1)
    with pytest.raises(TypeError, match="num_classes must be an int, got NoneType"):
        TrainerMetrics()


# evaluate's mean_iou


def images(
    seed: int, classes: int, dtype: Any, ignore_index: int
) -> tuple[list[Any], list[Any]]:
    generator = np.random.default_rng(seed)
    preds, labels = [], []
    for _ in range(4):
        shape = tuple(generator.integers(1, 20, 2))
        label = generator.integers(0, classes - 1, shape).astype(dtype)  # one is absent
        label[generator.random(shape) < 0.2] = ignore_index
        preds.append(generator.integers(0, classes, shape).astype(dtype))
        labels.append(label)
    return preds, labels


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("classes", "dtype", "ignore_index"),
    [(2, np.uint8, 255), (19, np.int64, -1), (150, np.int32, 255), (7, np.int16, -100)],
)
def test_mean_iou(seed: int, classes: int, dtype: Any, ignore_index: int) -> None:
    preds, labels = images(seed, classes, dtype, ignore_index)
    expected = evaluate_mean_iou(preds, labels, classes, ignore_index)
    found = mean_iou(preds, labels, classes, ignore_index)
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-14)
    assert type(found["mean_iou"]) is float
    filled = mean_iou(preds, labels, classes, ignore_index, nan_to_num=0)
    for name, value in expected.items():
        np.testing.assert_allclose(filled[name], np.nan_to_num(value), rtol=1e-14)


def test_the_example_of_evaluate() -> None:
    """The numbers that its documentation prints."""
    preds = [
        [[1, 2], [3, 4], [5, 255]],
        [[2, 7], [9, 2], [3, 6]],
        [[2, 2, 3], [8, 2, 4], [3, 255, 2]],
    ]
    labels = [
        [[0, 3], [5, 4], [6, 255]],
        [[1, 7], [9, 2], [3, 6]],
        [[1, 2, 2], [8, 2, 1], [3, 255, 1]],
    ]
    found = mean_iou(preds, labels, num_labels=10, ignore_index=255)
    assert found["mean_iou"] == pytest.approx(0.4775, abs=1e-15)
    assert found["mean_accuracy"] == pytest.approx(0.5916666666666666, abs=1e-15)
    assert found["overall_accuracy"] == pytest.approx(0.5263157894736842, abs=1e-15)
    iou = [0, 0, 0.375, 0.4, 0.5, 0, 0.5, 1, 1, 1]
    np.testing.assert_allclose(found["per_category_iou"], iou, atol=1e-15)
    recall = [0, 0, 0.75, 2 / 3, 1, 0, 0.5, 1, 1, 1]
    np.testing.assert_allclose(found["per_category_accuracy"], recall, atol=1e-15)


def test_mean_iou_reduces_and_maps_labels() -> None:
    preds, labels = images(0, 6, np.int64, 255)
    raw = [np.where(label == 255, 0, label + 1) for label in labels]
    expected = mean_iou(preds, labels, 6, 255)
    np.testing.assert_equal(mean_iou(preds, raw, 6, 255, reduce_labels=True), expected)
    np.testing.assert_equal(mean_iou(preds, raw, 6, 9, reduce_labels=True), expected)
    swapped = [
        np.choose(label.clip(max=6), [1, 0, 2, 3, 4, 5, 255]) for label in labels
    ]
    before = copy.deepcopy(swapped)
    np.testing.assert_equal(
        mean_iou(preds, swapped, 6, 255, label_map={0: 1, 1: 0}), expected
    )
    np.testing.assert_equal(swapped, before)
    both = mean_iou(
        preds, [label + 1 for label in swapped], 6, 255, None, {1: 2, 2: 1}, True
    )
    # 256 became 255 before, which is ignored as it is after.
    np.testing.assert_equal(both, expected)


def test_mean_iou_of_an_ignored_class() -> None:
    """The class is NaN, where evaluate has 0; the other numbers are the same."""
    preds, labels = images(1, 4, np.uint8, 0)
    expected = evaluate_mean_iou(preds, labels, 4, 0)
    found = mean_iou(preds, labels, 4, 0)
    assert expected["per_category_iou"][0] == 0
    assert np.isnan(found["per_category_iou"][0])
    for name in ("per_category_iou", "per_category_accuracy"):
        np.testing.assert_allclose(found[name][1:], expected[name][1:], rtol=1e-14)
    assert found["overall_accuracy"] == expected["overall_accuracy"]
    mapped = mean_iou(preds, labels, 4, 0, label_map={9: 1})
    np.testing.assert_equal(mapped, found)


def test_mean_iou_of_what_evaluate_takes() -> None:
    preds, labels = images(2, 5, np.uint8, 255)
    expected = mean_iou(preds, labels, 5, 255)
    lists = ([p.tolist() for p in preds], [t.tolist() for t in labels])
    np.testing.assert_equal(mean_iou(*lists, 5, 255), expected)
    tensors = ([*map(torch.from_numpy, preds)], [*map(torch.from_numpy, labels)])
    np.testing.assert_equal(mean_iou(*tensors, 5, 255), expected)
    image = pytest.importorskip("PIL.Image")
    drawn = ([*map(image.fromarray, preds)], [*map(image.fromarray, labels)])
    np.testing.assert_equal(mean_iou(*drawn, 5, 255), expected)


def test_mean_iou_refuses() -> None:
    zeros = [np.zeros((2, 2), int)]
    with pytest.raises(ValueError, match="must be as many, got 2 and 1"):
        mean_iou(zeros * 2, zeros, 2, 255)
    with pytest.raises(ValueError, match="labels must lie in"):
        mean_iou(zeros, [zeros[0] + 2], 2, 255)
    with pytest.raises(ValueError, match="labels must lie in"):
        mean_iou(zeros, [zeros[0] + 3], 2, 255, reduce_labels=True)
    with pytest.raises(TypeError, match="integer"):
        mean_iou(zeros, [zeros[0] / 1.0], 2, 255)
