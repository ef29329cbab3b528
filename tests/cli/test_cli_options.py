"""Every option of the score functions, and the presets, against the functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from cli_helpers import Array, Evaluate, Folders, Run, random_labels, save_npy

import torchtally as tt
from torchtally._options import COUNTING, POLICY
from torchtally.cli import _score_options
from torchtally.cli._parser import build_parser
from torchtally.cli._presets import preset
from torchtally.functional._definitions import SCORES

CASES = 3
CLASSES = 4
NAMES = [f"case {number}" for number in range(CASES)]


@pytest.fixture
def pairs(folders: Folders) -> tuple[torch.Tensor, torch.Tensor]:
    """Save labels of four classes; return predictions and labels [N, H, W]."""
    both = [random_labels(seed, (12, 9), CLASSES) for seed in range(CASES)]
    both[1][1][both[1][1] == 3] = 0  # class 3 is absent in one of the cases
    both[1][0][both[1][0] == 3] = 1
    for name, pair in zip(NAMES, both, strict=True):
        save_pair(folders, name, *pair)
    preds, target = (np.stack(arrays) for arrays in zip(*both, strict=True))
    return torch.from_numpy(preds), torch.from_numpy(target)


def save_pair(folders: Folders, name: str, preds: Array, target: Array) -> None:
    for folder, values in zip(folders, (preds, target), strict=True):
        save_npy(folder / f"{name}.npy", values, values.dtype)


def listed(value: torch.Tensor) -> list[float | None]:
    values = value.double().reshape(-1).tolist()
    return [None if v != v else pytest.approx(v, abs=1e-12) for v in values]


def test_every_option_can_be_reached() -> None:
    parser, commands = build_parser()
    flags = {
        flag
        for action in commands["evaluate"]._actions
        for flag in action.option_strings
    }
    for name in {**COUNTING, **POLICY}:
        flag = _score_options.LEFT_OUT.get(name, "--" + name.replace("_", "-"))
        assert flag in flags or not flag.startswith("--"), name
    for option in _score_options.score_options().values():
        known = option.type in _score_options.READERS or option.type == "bool"
        assert known or option.type in _score_options.CHOICES
    for score in SCORES.values():
        for option in score.parameters.values():
            known = option.type in _score_options.CHOICES
            assert known or option.type in _score_options.READERS
    assert parser.prog == "torchtally"


@pytest.mark.parametrize("aggregation", ["global", "samplewise"])
def test_every_score(
    evaluate: Evaluate, pairs: tuple[torch.Tensor, torch.Tensor], aggregation: str
) -> None:
    outcome, report = evaluate(
        "--num-classes", CLASSES, "--scores", ",".join(SCORES),
        "--aggregation", aggregation,
    )  # fmt: skip
    assert outcome.status == 0
    for name, score in SCORES.items():
        function: Any = getattr(tt.functional, score.counts_function)
        matrices = tt.confusion_matrix(*pairs, CLASSES, per_sample=True)
        options = {"aggregation": aggregation, "dtype": torch.float64}
        if name == "exact_match":
            options["aggregation"] = "samplewise"
        if score.sees == "class" and not score.fixed:
            rows = [row[name] for row in report["classes"]]
            assert rows == listed(function(matrices, average="none", **options)), name
            for average in ("macro", "micro"):
                (expected,) = listed(function(matrices, average=average, **options))
                assert report["averages"][average][name] == expected, (name, average)
        else:
            (expected,) = listed(function(matrices, **options))
            assert report["averages"]["overall"][name] == expected, name
        of_files = function(
            matrices, **{**options, "aggregation": "none"},
            **({"average": "macro"} if score.sees == "class" and not score.fixed
               else {}),
        )  # fmt: skip
        row = "macro" if score.sees == "class" and not score.fixed else "overall"
        found = [file["averages"][row][name] for file in report["files"]]
        assert found == listed(of_files), name


@pytest.mark.parametrize(
    ("flags", "options"),
    [
        (["--classes", "3,1"], {"classes": [3, 1]}),
        (["--classes", "present"], {"classes": "present"}),
        (["--class-weights", "1,2,0,4"], {"class_weights": [1, 2, 0, 4]}),
        (["--ignore-index", "2"], {"ignore_index": 2}),
        (["--undefined-when", "empty_target"], {"undefined_when": "empty_target"}),
        (["--zero-division", "0.25"], {"zero_division": 0.25}),
        (["--exclude-background"], {"include_background": False}),
        (
            ["--aggregation", "samplewise", "--sample-mean", "samples_first"],
            {"aggregation": "samplewise", "sample_mean": "samples_first"},
        ),
        (
            ["--aggregation", "samplewise", "--sample-mean", "joint"],
            {"aggregation": "samplewise", "sample_mean": "joint"},
        ),
        (
            ["--regions", "whole=1+2+3,core=1+3"],
            {"regions": {"whole": [1, 2, 3], "core": [1, 3]}},
        ),
        (["--label-map", "0:0,1:2,2:1,3:"], {"label_map": {0: 0, 1: 2, 2: 1, 3: None}}),
        (["--preds-map", "0:1,1:0,2:2,3:3"], {"preds_map": {0: 1, 1: 0, 2: 2, 3: 3}}),
    ],
)
@pytest.mark.parametrize("score", ["iou", "tversky:alpha=0.3:beta=0.7"])
def test_policies(
    evaluate: Evaluate,
    pairs: tuple[torch.Tensor, torch.Tensor],
    flags: list[str],
    options: dict[str, Any],
    score: str,
) -> None:
    outcome, report = evaluate(
        "--num-classes", CLASSES, "--scores", score, "--averages",
        "macro,micro,weighted", *flags,
    )  # fmt: skip
    assert outcome.status == 0
    function, own = tt.iou_score, {}
    if score != "iou":
        function, own = tt.tversky_score, {"alpha": 0.3, "beta": 0.7}
    for average in ("macro", "micro", "weighted"):
        given = dict(options)
        if average != "macro":
            given.pop("class_weights", None)
        value = function(
            *pairs, CLASSES, average=average, dtype=torch.float64, **own, **given
        )
        assert [report["averages"][average][score]] == listed(value), average


def test_regions_have_rows(
    evaluate: Evaluate, pairs: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    regions = {"whole": [1, 2, 3], "core": [1, 3]}
    path = tmp_path / "regions.json"
    path.write_text(json.dumps(regions))
    outcome, report = evaluate("--num-classes", CLASSES, "--regions", path)
    expected = tt.dice_score(*pairs, CLASSES, average="none", regions=regions)
    assert [row["name"] for row in report["classes"]] == ["whole", "core"]
    dice = [row["dice"] for row in report["classes"]]
    assert dice == pytest.approx(expected.tolist(), abs=1e-6)
    support = [
        int((pairs[1] > 0).sum()),
        int(torch.isin(pairs[1], torch.tensor([1, 3])).sum()),
    ]
    assert [row["support"] for row in report["classes"]] == support
    assert outcome.out.split()[0] == "region"


@pytest.mark.parametrize("policy", ["error", "ignore"])
def test_mask(
    evaluate: Evaluate,
    folders: Folders,
    pairs: tuple[torch.Tensor, torch.Tensor],
    tmp_path: Path,
    policy: str,
) -> None:
    masks = np.random.default_rng(0).random((CASES, 12, 9)) < 0.5
    for name, mask in zip(NAMES[1:], masks[1:], strict=True):
        save_npy(tmp_path / "masks" / f"{name}.npy", 255 * mask)
    save_npy(tmp_path / "masks/other.npy", masks[0])
    wrong = pairs[1][1].numpy().copy()
    wrong[~masks[1]] = 99  # which is of no concern
    save_npy(folders[1] / f"{NAMES[1]}.npy", wrong)
    outcome, report = evaluate(
        "--num-classes", CLASSES, "--mask", tmp_path / "masks", "--out-of-range", policy
    )
    assert outcome.status == 1
    assert [one["kind"] for one in report["problems"]] == ["missing mask"]
    assert [one["kind"] for one in report["not_evaluated"]] == ["mask without a pair"]
    expected = tt.confusion_matrix(
        pairs[0][1:], pairs[1][1:], CLASSES, mask=torch.from_numpy(masks[1:])
    )
    assert report["matrix"] == expected.tolist()
    assert report["pixels"]["ignored"] == int((~masks[1:]).sum())
    assert report["pixels"]["skipped"] == 0

    save_npy(tmp_path / "masks" / f"{NAMES[1]}.npy", masks[1].T)
    save_npy(folders[0] / f"{NAMES[2]}.npy", [7])
    _, report = evaluate(
        "--num-classes", CLASSES, "--mask", tmp_path / "masks",
        "--on-error", "count-as-empty",
    )  # fmt: skip
    messages = {one["file"]: one["message"] for one in report["problems"]}
    assert (
        "masks/case 1.npy: mask and label must have the same shape, got"
        in (messages["case 1"])
    )
    inside = pairs[1][2][torch.from_numpy(masks[2])]
    expected = tt.confusion_matrix(torch.zeros_like(inside), inside, CLASSES)
    assert report["matrix"] == expected.tolist()


def test_mask_of_labels(evaluate: Evaluate, folders: Folders, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    preds, target = (generator.integers(0, 2, (3, 6, 7)) for _ in range(2))
    save_pair(folders, "a", preds, target)
    mask = generator.random((6, 7)) < 0.5
    save_npy(tmp_path / "masks/a.npy", mask)
    outcome, report = evaluate(
        "--num-classes", 3, "--task", "multilabel", "--mask", tmp_path / "masks"
    )
    assert outcome.status == 0
    expected = tt.dice_score(
        preds[None], target[None], 3, task="multilabel", average="none",
        mask=np.broadcast_to(mask, (1, 3, 6, 7)).copy(), dtype=torch.float64,
    )  # fmt: skip
    assert [row["dice"] for row in report["classes"]] == listed(expected)


def test_mask_of_two_files(run: Run, folders: Folders, tmp_path: Path) -> None:
    save_pair(folders, "a", np.eye(3, dtype=np.uint8), np.eye(3, dtype=np.uint8))
    save_npy(tmp_path / "mask.npy", np.eye(3))
    files = [folder / "a.npy" for folder in folders]
    options = ("--num-classes", 2, "--mask", tmp_path / "mask.npy")
    assert "3 pixels counted" in run("evaluate", *files, *options).out
    outcome = run("evaluate", *folders, *options)
    assert outcome.status == 2
    assert "--mask must be a folder, as LABELS is, got" in outcome.err


def test_scores_of_classes(evaluate: Evaluate, folders: Folders) -> None:
    generator = np.random.default_rng(0)
    scores = generator.random((CLASSES, 6, 7)).astype(np.float32)
    target = generator.integers(0, CLASSES, (6, 7)).astype(np.uint8)
    save_pair(folders, "a", scores, target)
    for flags, options in (
        (["--preds-are", "scores"], {}),
        (["--top-k", 2], {"top_k": 2}),
    ):
        outcome, report = evaluate("--num-classes", CLASSES, *flags)
        assert outcome.status == 0
        expected = tt.confusion_matrix(scores[None], target[None], CLASSES, **options)
        assert report["matrix"] == expected.tolist()
    save_npy(folders[0] / "a.npy", np.moveaxis(scores, 0, -1), np.float32)
    _, report = evaluate("--num-classes", CLASSES, "--preds-are", "scores")
    assert (
        "must have 4 classes on their class axis, got 6 of shape 6 x 7 x 4"
        in (report["problems"][0]["message"])
    )
    _, report = evaluate(
        "--num-classes", CLASSES, "--preds-are", "scores", "--class-axis", -1
    )
    assert (
        report["matrix"]
        == tt.confusion_matrix(scores[None], target[None], CLASSES).tolist()
    )
    outcome, _ = evaluate("--num-classes", CLASSES)
    assert "prediction and label must have the same shape" in outcome.err


@pytest.mark.parametrize("channel", [False, True])
def test_binary_scores(evaluate: Evaluate, folders: Folders, channel: bool) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(6, 7)).astype(np.float16)
    target = generator.random((6, 7)) < 0.5
    save_pair(folders, "a", logits[None] if channel else logits, target)
    for flags, options in (
        (["--logits"], {"logits": True}),
        (["--threshold", -0.5], {"threshold": -0.5}),
    ):
        outcome, report = evaluate("--task", "binary", *flags)
        assert outcome.status == 0
        expected = tt.dice_score(
            logits[None], target[None], task="binary", dtype=torch.float64, **options
        )
        assert report["averages"] == {
            "binary": {"dice": expected.item(), "iou": pytest.approx(
                expected.item() / (2 - expected.item())), "f1": expected.item()}
        }  # fmt: skip
        assert [row["averaged"] for row in report["classes"]] == [False, True]
    outcome, report = evaluate("--task", "binary", "--preds-are", "scores")
    assert outcome.status == 1  # logits are no probabilities
    assert "logits" in report["problems"][0]["message"]


def test_multilabel(evaluate: Evaluate, folders: Folders) -> None:
    generator = np.random.default_rng(0)
    scores = generator.random((2, 3, 6, 7)).astype(np.float32)
    target = (generator.random((2, 3, 6, 7)) < 0.4).astype(np.uint8)
    for name, pair in zip("ab", zip(scores, target, strict=True), strict=True):
        save_pair(folders, name, *pair)
    outcome, report = evaluate(
        "--num-classes", 3, "--task", "multilabel", "--threshold", "0.3,0.5,0.7",
        "--averages", "macro,samples", "--class-names", "a,b,c",
    )  # fmt: skip
    assert outcome.status == 0
    options = {"task": "multilabel", "threshold": [0.3, 0.5, 0.7]}
    rows = [row["dice"] for row in report["classes"]]
    assert rows == pytest.approx(
        tt.dice_score(scores, target, 3, average="none", **options).tolist()
    )
    for average in ("macro", "samples"):
        assert report["averages"][average]["dice"] == pytest.approx(
            tt.dice_score(scores, target, 3, average=average, **options).item()
        )
    assert report["pixels"]["total"] == target.size
    assert outcome.out.split()[0] == "label"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--scores", "dise"], "must name scores among dice, iou, f1"),
        (["--scores", "fbeta:gamma=2"], "fbeta has beta of its own, got 'gamma=2'"),
        (["--scores", "fbeta:beta=x"], "fbeta:beta must be a number, got 'x'"),
        (["--scores", "cohen_kappa:weights=x"], "weights must be one of none, linear"),
        (["--averages", "mean"], "must name averages among macro, micro"),
        (["--label-map", "0:9"], "label_map must map to classes in [0, 4) or None"),
        (["--label-map", "0"], "must be LABEL:CLASS,... or a .json or .yaml file"),
        (["--regions", "a=7"], "regions"),
        (["--class-weights", "1,2"], "class_weights must have one weight for each of"),
        (["--classes", "4"], "classes"),
        (["--top-k", 2, "--preds-are", "labels"], "--top-k is about scores"),
        (["--sample-mean", "joint"], "--sample-mean is of --aggregation samplewise"),
        (["--regions", "a=1", "--classes", "1"], "--regions stand in for the classes"),
        (["--preset", "brats", "--exclude-background"], "--regions none takes them"),
        (["--class-axis", 1], "--class-axis is about scores, or --task multilabel"),
        (["--preset", "nuclei"], "--preset must be one of cityscapes, ade20k"),
        (["--class-names", "absent.json"], "cannot read absent.json: "),
        (["--task", "multilabel", "--regions", "a=1"], "regions stand in"),
    ],
)
def test_bad_options(
    run: Run,
    folders: Folders,
    pairs: tuple[torch.Tensor, torch.Tensor],
    flags: list[Any],
    message: str,
) -> None:
    outcome = run("evaluate", *folders, "--num-classes", CLASSES, *flags)
    assert outcome.status == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "held",
    [
        ["sky", "road", "car"],
        {"0": "sky", "1": "road", "2": "car"},
        {"sky": 0, "road": 1, "car": 2},
        {"labels": {"sky": 0, "road": 1, "car": 2}},
        {"names": ["sky", "road", "car"]},
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_class_names_of_a_file(
    evaluate: Evaluate, folders: Folders, tmp_path: Path, held: Any, suffix: str
) -> None:
    save_pair(folders, "a", np.eye(3, dtype=np.uint8), np.eye(3, dtype=np.uint8))
    path = tmp_path / f"names{suffix}"
    path.write_text(json.dumps(held) if suffix == ".json" else yaml.safe_dump(held))
    outcome, report = evaluate("--class-names", path)
    assert outcome.status == 0
    assert [row["name"] for row in report["classes"]] == ["sky", "road", "car"]


# Presets


def test_cityscapes(evaluate: Evaluate, folders: Folders) -> None:
    label = np.array([[7, 8, 26, 0], [255, 33, 7, 7]], np.uint8)
    preds = np.array([[7, 8, 24, 7], [7, 33, 0, 7]], np.uint8)
    save_pair(folders, "a", preds, label)
    outcome, report = evaluate("--preset", "cityscapes")
    assert outcome.status == 0
    scores = {row["name"]: row["iou"] for row in report["classes"]}
    assert scores["road"] == 2 / 3  # a road taken for something else is a miss
    assert scores["sidewalk"] == scores["bicycle"] == 1
    assert scores["car"] == scores["person"] == 0
    assert scores["train"] is None
    assert report["pixels"]["ignored"] == 2
    assert "train ids" not in outcome.out
    save_pair(folders, "b", np.zeros((9, 9), np.uint8), np.full((9, 9), 7, np.uint8))
    assert (
        "train ids need --preds-map none" in evaluate("--preset", "cityscapes")[0].out
    )
    # What is given beside the preset wins.
    outcome, report = evaluate(
        "--preset", "cityscapes", "--preds-map", "none", "--class-names",
        ",".join("abcdefghijklmnopqrs"),
    )  # fmt: skip
    assert report["classes"][0]["name"] == "a"
    assert report["settings"]["preds_map"] is None


def test_numbers_of_data_sets() -> None:
    assert preset("ade20k")["label_map"][150] == 149
    assert preset("ade20k")["label_map"][0] is None
    coco = preset("coco-stuff")
    assert coco["num_classes"] == 171
    assert sorted(c for c in coco["label_map"].values() if c is not None) == list(
        range(171)
    )
    assert 11 not in coco["preds_map"]  # category 12 is in no picture
    assert preset("cityscapes")["num_classes"] == 19


def test_brats(evaluate: Evaluate, folders: Folders) -> None:
    label = np.array([0, 1, 2, 4, 4, 2], np.uint8)
    preds = np.array([0, 1, 2, 4, 1, 0], np.uint8)
    save_pair(folders, "a", preds, label)
    outcome, report = evaluate("--preset", "brats")
    assert outcome.status == 0
    dice = {row["name"]: row["dice"] for row in report["classes"]}
    assert dice == {
        "whole tumor": 2 * 4 / (4 + 5),
        "tumor core": 1,
        "enhancing": 2 / 3,
    }


def dataset_json(tmp_path: Path, labels: dict[str, Any], **more: Any) -> str:
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({"labels": labels, **more}))
    return f"nnunet:{path}"


def test_nnunet(
    evaluate: Evaluate, pairs: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    labels = {"background": 0, "kidney": 1, "tumor": 2, "cyst": 3}
    name = dataset_json(tmp_path, labels, file_ending=".npy")
    outcome, report = evaluate("--preset", name)
    assert outcome.status == 0
    # nnU-Net: the mean over cases of each label, then over foreground labels.
    matrices = tt.confusion_matrix(*pairs, CLASSES, per_sample=True)
    cases = tt.functional.dice_from_counts(
        matrices, average="none", aggregation="none", dtype=torch.float64
    )
    of_labels = cases.nanmean(0)
    assert [row["dice"] for row in report["classes"]] == listed(of_labels)
    (foreground,) = listed(of_labels[1:].mean())
    assert report["averages"]["macro"]["dice"] == foreground
    assert [row["name"] for row in report["classes"]] == list(labels)


def test_nnunet_regions_and_ignore(
    evaluate: Evaluate, pairs: tuple[torch.Tensor, torch.Tensor], tmp_path: Path
) -> None:
    labels = {"background": 0, "whole": [1, 2], "core": [2], "ignore": 3}
    outcome, report = evaluate(
        "--preset", dataset_json(tmp_path, labels), "--out-of-range", "ignore"
    )
    assert outcome.status == 0
    assert [row["name"] for row in report["classes"]] == ["whole", "core"]
    assert report["settings"]["num_classes"] == 3
    assert report["settings"]["ignore_index"] == [3]


def test_nnunet_version_1(tmp_path: Path) -> None:
    given = preset(dataset_json(tmp_path, {"0": "background", "1": "liver"}))
    assert given["num_classes"] == 2
    assert given["class_names"] == {0: "background", 1: "liver"}
