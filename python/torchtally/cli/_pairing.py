"""Which prediction belongs to which label image, and what belongs to none.

Nothing is opened here. Everything under the two folders is a member of a pair, a
problem, or counted among what was not evaluated.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ._folders import Folder, NotEvaluated, find_unknown_images, is_folder, search
from ._formats import SUFFIXES, label_suffix
from ._problems import Problem, UsageError


@dataclass(frozen=True)
class Pair:
    """Two files to compare.

    Attributes:
        name: their common path without the suffix.
        prediction: None where there is none, to be counted as an empty one.
        label: what is true.
        mask: where to count; None for everywhere.
    """

    name: str
    prediction: Path | None
    label: Path
    mask: Path | None = None


@dataclass(frozen=True)
class PairingRules:
    """How files find each other.

    Attributes:
        strip: endings that are taken off the names of either side.
        patterns: of predictions and of labels, with {} for the common part, * for
            anything; None to pair by relative path without the suffix.
        manifest: a CSV file that names the pairs.
        suffix: only files with this suffix are looked at.
        follow_links: whether linked folders are searched.
        empty: whether a label without a prediction is a pair.
        masks: where masks are, by the names of pairs; None where there are none.
    """

    strip: tuple[str, ...] = ()
    patterns: tuple[str, str] | None = None
    manifest: Path | None = None
    suffix: str = ""
    follow_links: bool = False
    empty: bool = False
    masks: Path | None = None


@dataclass(frozen=True)
class Pairing:
    """What was found: pairs in the order of their names, and everything else."""

    pairs: list[Pair]
    problems: list[Problem] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)

    def input_files(self) -> list[Path]:
        """Return every file that the pairs read."""
        files = [
            file
            for pair in self.pairs
            for file in (pair.prediction, pair.label, pair.mask)
        ]
        return [file for file in files if file is not None]


def find_pairs(predictions: Path, labels: Path, rules: PairingRules) -> Pairing:
    """Pair two files, or the files of two folders.

    Args:
        predictions: A folder, searched recursively, or one file.
        labels: The same for the labels.
        rules: What makes a pair.

    Raises:
        UsageError: A path does not exist, one is a folder and the other a file, or
            there is no pair at all.
    """
    given = {"PREDICTIONS": predictions, "LABELS": labels, "--mask": rules.masks}
    paths = {name: path for name, path in given.items() if path is not None}
    for argument, path in paths.items():
        if not path.exists():
            raise UsageError(
                f"{argument} must be an existing folder or file, got {path}"
            )
    folders = [is_folder(path) for path in paths.values()]
    if folders[0] != folders[1]:
        raise UsageError(
            "PREDICTIONS and LABELS must be two folders or two files, "
            f"got {predictions} and {labels}"
        )
    if folders[-1] != folders[0]:
        kind = "a folder" if folders[0] else "a file"
        raise UsageError(f"--mask must be {kind}, as LABELS is, got {rules.masks}")
    if folders[0]:
        return _pair_folders(predictions, labels, rules)
    for path in paths.values():
        if not label_suffix(path):
            raise UsageError(f"a label image must be one of {SUFFIXES}, got {path}")
    name = labels.name[: -len(label_suffix(labels))]
    return Pairing([Pair(name, predictions, labels, rules.masks)])


def _pair_folders(predictions: Path, labels: Path, rules: PairingRules) -> Pairing:
    found = rules.suffix, rules.follow_links
    sides = (Folder("prediction", predictions, *found), Folder("label", labels, *found))
    for side in sides:
        search(side)
    if rules.manifest is not None:
        pairs, problems = _pair_by_manifest(sides, rules.manifest)
    else:
        pairs, problems = _pair_by_key(sides, rules)
    if not rules.empty:
        problems += [_no_prediction(one) for one in pairs if one.prediction is None]
        pairs = [pair for pair in pairs if pair.prediction is not None]
    not_evaluated = [entry for side in sides for entry in side.not_evaluated()]
    if rules.masks is not None:
        masks = Folder("mask", rules.masks, *found)
        search(masks)
        pairs = _with_masks(pairs, masks, problems, rules)
        not_evaluated += masks.not_evaluated()
    return Pairing(pairs, problems, not_evaluated)


def _with_masks(
    pairs: list[Pair], masks: Folder, problems: list[Problem], rules: PairingRules
) -> list[Pair]:
    """Return the pairs that have a mask; the others become problems."""
    named = {_stem(name, rules): masks.path / name for name in masks.images}
    names = {pair.name for pair in pairs}
    for name in masks.images:
        if _stem(name, rules) not in names:
            masks.leave_out("mask without a pair", name)
    for pair in pairs:
        if pair.name not in named:
            message = f"no mask {pair.name} in {masks.path}"
            problems.append(Problem("missing mask", pair.name, message))
    return [replace(one, mask=named[one.name]) for one in pairs if one.name in named]


def _no_prediction(pair: Pair) -> Problem:
    message = f"no prediction for the label file {pair.label}"
    return Problem("missing prediction", pair.name, message)


def _pair_by_key(
    sides: tuple[Folder, Folder], rules: PairingRules
) -> tuple[list[Pair], list[Problem]]:
    found: list[dict[str, list[str]]] = []
    for number, side in enumerate(sides):
        _check_images(side)
        keys: dict[str, list[str]] = {}
        for name in side.images:
            key = _key(name, number, rules)
            if key is None:
                folder_kind = "image that does not fit the pattern (--pattern)"
                side.leave_out(folder_kind, name)
            else:
                keys.setdefault(key, []).append(name)
        found.append(keys)
    if not found[0].keys() & found[1].keys():
        _raise_no_pair(sides, found, rules)
    find_unknown_images(sides)

    pairs: list[Pair] = []
    problems: list[Problem] = []
    for key in sorted(found[0].keys() | found[1].keys()):
        names = [side.get(key, []) for side in found]
        duplicate = _duplicate(key, names, sides)
        if duplicate is not None:
            problems.append(duplicate)
        elif not names[1]:
            path = sides[0].path / names[0][0]
            message = f"no label for the prediction file {path}"
            problems.append(Problem("missing label", key, message))
        else:
            prediction = sides[0].path / names[0][0] if names[0] else None
            pairs.append(Pair(key, prediction, sides[1].path / names[1][0]))
    return pairs, problems


def _check_images(side: Folder) -> None:
    if not side.images:
        others = ""
        if side.others:
            kinds = ", ".join(
                f"{len(names)} x {kind}" for (kind, _), names in side.others.items()
            )
            others = f"; there are {kinds}"
        raise UsageError(
            f"no {side.role} image in {side.path}: looked for {SUFFIXES}{others}"
        )


def _key(name: str, side: int, rules: PairingRules) -> str | None:
    """Return what an image is paired by; None if it does not fit the pattern.

    Accents may be one character or two, depending on where a name was written.
    """
    if rules.patterns is not None:
        pattern = unicodedata.normalize("NFC", rules.patterns[side])
        parts = (
            {"{}": "(.+)", "*": ".*?"}.get(part) or re.escape(part)
            for part in re.split(r"(\{\}|\*)", pattern)
        )
        match = re.fullmatch("".join(parts), unicodedata.normalize("NFC", name))
        return None if match is None else match[1]
    return _stem(name, rules)


def _stem(name: str, rules: PairingRules) -> str:
    stem = unicodedata.normalize("NFC", name[: -len(label_suffix(Path(name)))])
    for ending in rules.strip:
        ending = unicodedata.normalize("NFC", ending)
        if stem.endswith(ending) and not stem.endswith("/" + ending):
            return stem[: -len(ending)] or stem
    return stem


def _raise_no_pair(
    sides: Sequence[Folder], found: Sequence[dict[str, list[str]]], rules: PairingRules
) -> None:
    how = "by relative path without the suffix"
    if rules.patterns is not None:
        how = f"by the patterns {rules.patterns[0]!r} and {rules.patterns[1]!r}"
    shown = [
        repr(min(keys)) if keys else f"none ({side.images[0]!r} does not fit)"
        for side, keys in zip(sides, found, strict=True)
    ]
    raise UsageError(
        f"none of the {len(sides[0].images)} predictions in {sides[0].path} has a "
        f"counterpart among the {len(sides[1].images)} labels in {sides[1].path}: "
        f"files are paired {how}, here for example {shown[0]} and {shown[1]} (see "
        "--strip-suffix, --pattern, --pairs)"
    )


def _duplicate(
    key: str, names: Sequence[list[str]], sides: Sequence[Folder]
) -> Problem | None:
    for side, files in zip(sides, names, strict=True):
        if len(files) > 1:
            shown = ", ".join(str(side.path / file) for file in files)
            return Problem(
                "duplicate",
                key,
                f"{len(files)} {side.role} files share this name, one is allowed: "
                f"{shown} (--suffix chooses a format)",
            )
    return None


def _pair_by_manifest(
    sides: tuple[Folder, Folder], manifest: Path
) -> tuple[list[Pair], list[Problem]]:
    pairs: list[Pair] = []
    problems: list[Problem] = []
    used: list[set[str]] = [set(), set()]
    for number, row in enumerate(_rows(manifest), 2):
        files: list[Path | None] = []
        for number_of_side, role in enumerate(("prediction", "label")):
            given = row[role]
            path = sides[number_of_side].path / given
            if given and not label_suffix(path):
                raise UsageError(
                    f"--pairs: {manifest}, line {number}: a {role} must be one of "
                    f"{SUFFIXES}, got {given}"
                )
            files.append(path if given and path.exists() else None)
            if given:
                used[number_of_side].add(os.path.normpath(given))
        prediction, label = files
        name = row.get("name") or Path(row["label"]).as_posix()
        if not row.get("name"):
            name = name[: -len(label_suffix(Path(name)))] or str(number)
        if label is None:
            message = f"line {number} of {manifest}: no such label file {row['label']}"
            problems.append(Problem("missing label", name, message))
            continue
        pairs.append(Pair(name, prediction, label))
    often = Counter(pair.name for pair in pairs)
    pairs = [
        replace(pair, name=f"{pair.name} ({pair.prediction})")
        if often[pair.name] > 1
        else pair
        for pair in pairs
    ]
    for side, seen in zip(sides, used, strict=True):
        for name in side.images:
            if os.path.normpath(name) not in seen:
                side.leave_out("image that the manifest does not name", name)
    if not pairs:
        raise UsageError(f"--pairs: {manifest} names no pair whose label exists")
    return sorted(pairs, key=lambda pair: pair.name), problems


def _rows(manifest: Path) -> Iterable[dict[str, str]]:
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = [name.strip().lower() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--pairs: cannot read {manifest}: {error}") from error
    if not {"prediction", "label"} <= set(columns):
        raise UsageError(
            f"--pairs: {manifest} must have the columns prediction and label (and may "
            f"have name), got {', '.join(columns) or 'none'}"
        )
    return [
        {key: (value or "").strip() for key, value in row.items() if key}
        for row in rows
    ]
