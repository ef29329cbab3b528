"""The options of `torchtally evaluate`, checked before anything is counted."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch

from torchtally._options import COUNTING, POLICY
from torchtally.functional._labels import Labels
from torchtally.functional._scoring import BoundScore
from torchtally.metrics._names import checked_names
from torchtally.ops._counting import CountOptions

from ._case_table import SUFFIXES as CASE_SUFFIXES
from ._pairing import PairingRules
from ._presets import preset
from ._problems import UsageError
from ._score_options import ScoreColumn, score_columns, score_options
from ._values import NOTHING

# Up to here the C x C matrix is counted; beyond, the O(C) counts of each class.
MATRIX_CLASSES = 256
DEFAULT_SCORES = "dice,iou,precision,recall"

Format: TypeAlias = Literal["torchtally", "nnunet", "cityscapes"]
OnError: TypeAlias = Literal["fail", "skip", "count-as-empty"]


@dataclass(frozen=True)
class Reading:
    """How files are read and compared.

    Attributes:
        scores: whether predictions are scores; of classes [C, ...] for multiclass.
        class_axis: where classes are; None for the last axis of x, y, z files, else 0.
        preds_key: which array of an archive of predictions; None where there is one.
        labels_key: the same for labels.
        rounded: whether labels go to the nearest whole number.
        axes: letters of the axes of predictions and of labels; "same" to compare
            whatever the formats say; None to go by the formats.
        reorient: whether predictions are flipped and transposed to the labels' axes.
        ignore_geometry: whether affines are not compared.
    """

    scores: bool = False
    class_axis: int | None = None
    preds_key: str | None = None
    labels_key: str | None = None
    rounded: bool = False
    axes: tuple[str, str] | Literal["same"] | None = None
    reorient: bool = False
    ignore_geometry: bool = False


@dataclass(frozen=True)
class Settings:
    """What to evaluate, how to score it and where to write it.

    It holds plain values, so that it can be sent to another process.

    Attributes:
        counting: a value for each option of counting that the command takes.
        policy: a value for each option of scores; regions by name.
    """

    predictions: Path
    labels: Path
    rules: PairingRules
    reading: Reading
    preset: str | None
    num_classes: int
    class_names: tuple[str, ...]
    class_colors: Mapping[str, str]
    counting: Mapping[str, Any]
    policy: Mapping[str, Any]
    scores: tuple[ScoreColumn, ...]
    averages: tuple[str, ...]
    on_error: OnError
    json: Path | None
    csv: Path | None
    cases: Path | None
    plot: Path | None
    html: Path | None
    format: Format
    interval: str
    confidence: float
    of_median: bool
    worst: int
    journal: Path | None
    resume: bool
    allow_problems: bool
    workers: int | None
    threads: int | None
    progress: bool

    @cached_property
    def counter(self) -> Labels:
        """What counts pixels.

        Raises:
            UsageError: an option of counting does not fit.
        """
        options = dict(self.counting)
        maps = [options.pop(name) for name in ("label_map", "preds_map", "top_k")]
        try:
            checked = CountOptions.checked("evaluate", self.num_classes, **options)
            return Labels.checked(checked, *maps)
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None

    def bound(self, column: ScoreColumn, **chosen: Any) -> BoundScore:
        """Return a score with every option chosen.

        Args:
            column: which score.
            chosen: what replaces options of the policy, such as ``average``.

        Raises:
            UsageError: an option does not fit.
        """
        score = column.definition
        policy = {"average": None, "dtype": torch.float64, **self.policy, **chosen}
        if policy["average"] != "macro":
            policy["class_weights"] = None
        of_samples = score.kept["aggregation"].type == "OfSamples"
        if of_samples and policy["aggregation"] == "global":
            policy["aggregation"] = "samplewise"  # a file is a sample
        if policy["aggregation"] != "samplewise":
            policy["sample_mean"] = POLICY["sample_mean"].default
        known = {name: policy[name] for name in score.kept}
        try:
            bound = BoundScore.checked(
                score,
                f"--scores {column.key}",
                self.task,
                column.parameters,
                known,
                self.counter.ignored_classes,
                self.with_other,
            )
            if column.of_classes:
                bound.policy.check_classes(self.num_classes)
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from None
        return bound

    @property
    def task(self) -> Any:
        """How predictions and labels are read."""
        return self.counting["task"]

    @property
    def with_matrix(self) -> bool:
        """Whether the C x C matrix is counted; of a multilabel task, L of 2 x 2."""
        return self.num_classes <= MATRIX_CLASSES or self.needs_matrix

    @cached_property
    def needs_matrix(self) -> bool:
        """Whether a score does not follow from the counts of each class."""
        return self.task == "multilabel" or any(
            self.bound(column).needs_matrix for column in self.scores
        )

    @property
    def with_other(self) -> bool:
        """Whether labels out of range have a row and column of their own."""
        return bool(self.counting["out_of_range"] == "miss")

    @property
    def counts_shape(self) -> tuple[int, ...]:
        """The shape of the counts of a case: of a matrix, or of rows [3, C]."""
        size = self.counter.options.output_classes
        if self.task == "multilabel":
            return self.num_classes, size, size
        return (size, size) if self.with_matrix else (3, size)

    @cached_property
    def entry_names(self) -> tuple[str, ...]:
        """What has a score of its own: classes, labels or regions."""
        regions = self.policy["regions"]
        if regions is None:
            return self.class_names
        return tuple(map(str, regions))

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Settings:
        """Check what the parser cannot, and fill in presets and defaults.

        Raises:
            UsageError: The options contradict each other.
        """
        given = dict(vars(arguments))
        given["include_background"] = None
        if given.pop("exclude_background"):
            given["include_background"] = False
        if given["preset"] is not None:
            for name, value in preset(given["preset"]).items():
                if given.get(name) is None:
                    given[name] = value
        options = score_options()
        for name, option in {**options, **_BACKGROUND}.items():
            if given[name] is None or given[name] is NOTHING:
                given[name] = option.default
        if given["ignore_index"] is not None:
            given["ignore_index"] = list(dict.fromkeys(given["ignore_index"]))

        if given["interval"] == "none":
            for name in ("confidence", "median_interval"):
                if given[name]:
                    flag = f"--{name.replace('_', '-')}"
                    raise UsageError(f"{flag} is of an interval, got --interval none")
        num_classes = _number_of_classes(given)
        settings = cls(
            predictions=given["predictions"],
            labels=given["labels"],
            rules=PairingRules(
                strip=tuple(given["strip_suffix"]),
                patterns=_patterns(given["pattern"]),
                manifest=given["pairs"],
                suffix=given["suffix"] or "",
                follow_links=given["follow_links"],
                empty=given["on_error"] == "count-as-empty",
                masks=given["mask"],
            ),
            reading=Reading(
                scores=_of_scores(given),
                class_axis=given["class_axis"],
                preds_key=given["preds_key"] or given["key"],
                labels_key=given["labels_key"] or given["key"],
                rounded=given["round"],
                axes=given["axes"],
                reorient=given["reorient"],
                ignore_geometry=given["ignore_geometry"],
            ),
            preset=given["preset"],
            num_classes=num_classes,
            class_names=_names(given["class_names"], num_classes),
            class_colors=given["class_colors"] or {},
            counting={name: given[name] for name in options if name in COUNTING},
            policy={
                name: given[name]
                for name in (*options, "include_background")
                if name in POLICY
            },
            scores=tuple(
                {
                    column.key: column
                    for column in given["scores"] or score_columns(DEFAULT_SCORES)
                }.values()
            ),
            averages=tuple(dict.fromkeys(given["averages"] or _averages(given))),
            on_error=given["on_error"],
            json=given["json"],
            csv=given["csv"],
            cases=given["cases"],
            plot=given["plot"],
            html=given["html"],
            format=given["format"],
            interval=given["interval"],
            confidence=given["confidence"] or 0.95,
            of_median=given["median_interval"],
            worst=given["worst"],
            journal=given["journal"],
            resume=given["resume"],
            allow_problems=given["allow_problems"],
            workers=given["workers"],
            threads=given["threads"],
            progress=not given["no_progress"],
        )
        settings._check()
        return settings

    def _check(self) -> None:
        _ = self.counter
        if self.class_colors and self.html is None:
            raise UsageError("--class-colors are of --html, which is not given")
        if self.class_colors and self.policy["regions"] is not None:
            raise UsageError("--class-colors are of classes, got --regions")
        numbers = [str(number) for number in range(self.num_classes)]
        unknown = self.class_colors.keys() - {*self.class_names, *numbers}
        if unknown:
            raise UsageError(
                f"--class-colors must name classes, got {', '.join(sorted(unknown))}"
            )
        if self.cases and self.cases.suffix not in CASE_SUFFIXES:
            raise UsageError(
                f"--cases must name a {' or '.join(CASE_SUFFIXES)} file, "
                f"got {self.cases}"
            )
        if self.plot and self.plot.suffix.lower() != ".png":
            raise UsageError(f"--plot must name a .png file, got {self.plot}")
        if self.plot and self.num_classes > MATRIX_CLASSES:
            raise UsageError(
                f"--plot draws at most {MATRIX_CLASSES} classes, got {self.num_classes}"
            )
        if self.plot and self.task == "multilabel":
            raise UsageError("--plot draws one matrix, a multilabel task has many")
        if self.format == "cityscapes" and self.num_classes != 34:
            raise UsageError(
                "--format cityscapes is over the 34 ids of labelIds.png: --num-classes "
                f"34 without a preset or map, got {self.num_classes}"
            )
        if self.format != "torchtally":
            if self.json is None:
                raise UsageError("--format is of --json, which is not given")
            if self.task != "multiclass" or self.with_other or not self.with_matrix:
                raise UsageError(
                    f"--format {self.format} needs a matrix of classes: --task "
                    f"multiclass, at most {MATRIX_CLASSES} of them, and another "
                    "--out-of-range than miss"
                )
        if self.resume and self.journal is None:
            raise UsageError("--resume goes on with a --journal, which is not given")
        policy = self.policy
        chosen = policy["classes"] is not None or not policy["include_background"]
        if policy["regions"] is not None and chosen:
            raise UsageError(
                "--regions stand in for the classes, so --classes and "
                "--exclude-background do not apply (--regions none takes them back)"
            )
        several = self.reading.scores or self.task == "multilabel"
        if self.reading.class_axis is not None and not several:
            raise UsageError("--class-axis is about scores, or --task multilabel")
        if sum(bool(way) for way in (self.rules.patterns, self.rules.manifest)) > 1:
            raise UsageError("--pattern and --pairs are two ways to pair, give one")
        for column in self.scores:
            if self.task not in column.definition.tasks:
                raise UsageError(
                    f"--scores: {column.name} does not apply to --task {self.task}"
                )
            if not column.of_classes:
                self.bound(column)
                continue
            self.bound(column, average="none", classes=None, include_background=True)
            for average in self.averages:
                self.bound(column, average=average)
        if (
            self.policy["sample_mean"] != POLICY["sample_mean"].default
            and self.policy["aggregation"] != "samplewise"
        ):
            raise UsageError("--sample-mean is of --aggregation samplewise")
        if self.policy["class_weights"] is not None and "macro" not in self.averages:
            raise UsageError("--class-weights weigh the classes of the macro average")

    def described(self) -> dict[str, Any]:
        """Return what decides about numbers, as JSON can hold it."""
        reading, rules = self.reading, self.rules
        return {
            "predictions": str(self.predictions),
            "labels": str(self.labels),
            "preset": self.preset,
            "num_classes": self.num_classes,
            "class_names": list(self.class_names),
            "scores": [column.key for column in self.scores],
            "averages": list(self.averages),
            **{name: _plain(value) for name, value in self.counting.items()},
            **{name: _plain(value) for name, value in self.policy.items()},
            "preds_are": "scores" if reading.scores else "labels",
            "class_axis": reading.class_axis,
            "preds_key": reading.preds_key,
            "labels_key": reading.labels_key,
            "round": reading.rounded,
            "axes": ":".join(reading.axes)
            if isinstance(reading.axes, tuple)
            else reading.axes,
            "reorient": reading.reorient,
            "ignore_geometry": reading.ignore_geometry,
            "strip_suffix": list(rules.strip),
            "pattern": list(rules.patterns) if rules.patterns else None,
            "pairs": str(rules.manifest) if rules.manifest else None,
            "suffix": rules.suffix or None,
            "follow_links": rules.follow_links,
            "mask": str(rules.masks) if rules.masks else None,
            "on_error": self.on_error,
        }


_BACKGROUND = {"include_background": POLICY["include_background"]}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _number_of_classes(given: Mapping[str, Any]) -> int:
    """Return C, which names or maps of classes may say as well."""
    if given["num_classes"] is not None:
        return int(given["num_classes"])
    if given["task"] == "binary":
        return 2
    names = given["class_names"]
    if names:
        return len(names) if isinstance(names, list) else max(names) + 1
    raise UsageError(
        "--num-classes is needed: how many classes there are, 0 to N - 1 (a --preset "
        "or --class-names says so too)"
    )


def _names(given: list[str] | dict[int, str] | None, number: int) -> tuple[str, ...]:
    if not given:
        return tuple(map(str, range(number)))
    if not isinstance(given, Mapping) and len(given) != number:
        raise UsageError(
            f"--class-names must give one name for each of the {number} classes, "
            f"got {len(given)}"
        )
    try:
        return checked_names("--class-names", given, number)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from None


def _averages(given: Mapping[str, Any]) -> tuple[str, ...]:
    return ("binary",) if given["task"] == "binary" else ("macro", "micro")


def _patterns(given: list[str] | None) -> tuple[str, str] | None:
    if given is None:
        return None
    for pattern in given:
        if pattern.count("{}") != 1:
            raise UsageError(
                "--pattern must have {} once, where the common part of the names is, "
                f"got {pattern!r}"
            )
    return given[0], given[1]


def _of_scores(given: Mapping[str, Any]) -> bool:
    """Whether predictions are scores, which some options imply."""
    needed = [
        flag
        for flag, chosen in (
            ("--threshold", given["threshold"] is not None),
            ("--logits", given["logits"]),
            ("--top-k", given["top_k"] != 1),
        )
        if chosen
    ]
    if needed and given["preds_are"] == "labels":
        raise UsageError(f"{needed[0]} is about scores, got --preds-are labels")
    return bool(needed) or given["preds_are"] == "scores"
