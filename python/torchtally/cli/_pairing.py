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
from typing import Literal, TypeAlias

from ._formats import FORMATS, SUFFIXES, label_suffix
from ._problems import Problem, UsageError

Role: TypeAlias = Literal["prediction", "label"]
ROLES: tuple[Role, Role] = ("prediction", "label")
SHOWN_FILES = 5

#: What lies beside images and is none of them.
OTHER_FILES = {
    *("", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".txt", ".md", ".rst", ".csv"),
    *(".tsv", ".xlsx", ".log", ".xml", ".html", ".pdf", ".pkl", ".py", ".sh", ".ini"),
}


@dataclass(frozen=True)
class Pair:
    """Two files to compare; the name is their common path without the suffix.

    prediction is None where there is none, to be counted as an empty one.
    """

    name: str
    prediction: Path | None
    label: Path


@dataclass(frozen=True)
class NotEvaluated:
    """Files of one kind below one of the two folders that no pair has."""

    role: Role
    kind: str
    number: int
    examples: tuple[str, ...]
    problem: bool  # whether images may be missing from the scores because of them


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
    """

    strip: tuple[str, ...] = ()
    patterns: tuple[str, str] | None = None
    manifest: Path | None = None
    suffix: str = ""
    follow_links: bool = False
    empty: bool = False


@dataclass(frozen=True)
class Pairing:
    """What was found: pairs in the order of their names, and everything else."""

    pairs: list[Pair]
    problems: list[Problem] = field(default_factory=list)
    not_evaluated: list[NotEvaluated] = field(default_factory=list)

    def input_files(self) -> list[Path]:
        """Return every file that the pairs read."""
        files = [file for pair in self.pairs for file in (pair.prediction, pair.label)]
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
    for argument, path in (("PREDICTIONS", predictions), ("LABELS", labels)):
        if not path.exists():
            raise UsageError(
                f"{argument} must be an existing folder or file, got {path}"
            )
    folders = [_is_folder(path) for path in (predictions, labels)]
    if folders[0] != folders[1]:
        raise UsageError(
            "PREDICTIONS and LABELS must be two folders or two files, "
            f"got {predictions} and {labels}"
        )
    if folders[0]:
        return _pair_folders(predictions, labels, rules)
    for path in (predictions, labels):
        if not label_suffix(path):
            raise UsageError(f"a label image must be one of {SUFFIXES}, got {path}")
    name = labels.name[: -len(label_suffix(labels))]
    return Pairing([Pair(name, predictions, labels)])


def _is_folder(path: Path) -> bool:
    """Whether a path is a folder of images, and not an image that is a folder."""
    suffix = label_suffix(path)
    return path.is_dir() and not (suffix and FORMATS[suffix].is_folder)


@dataclass
class _Folder:
    """What lies below one of the two folders."""

    role: Role
    path: Path
    images: list[str] = field(default_factory=list)  # relative, with /
    others: dict[tuple[str, bool], list[str]] = field(default_factory=dict)

    def leave_out(self, kind: str, name: str, problem: bool = False) -> None:
        self.others.setdefault((kind, problem), []).append(name)

    def not_evaluated(self) -> list[NotEvaluated]:
        return [
            NotEvaluated(
                self.role, kind, len(names), tuple(sorted(names)[:SHOWN_FILES]), problem
            )
            for (kind, problem), names in sorted(self.others.items())
        ]


def _search(folder: _Folder, rules: PairingRules) -> None:
    """List images, and what else there is by kind."""

    def unreadable(error: OSError) -> None:
        folder.leave_out("folder that cannot be read", str(error.filename), True)

    # A folder is followed once, or links that go in a circle would have no end.
    seen = {folder.path.resolve()}
    walk = os.walk(folder.path, onerror=unreadable, followlinks=rules.follow_links)
    for root, folders, files in walk:
        below = Path(root)
        for name in sorted(folders):
            path = below / name
            if not _enter(folder, path, rules, seen):
                folders.remove(name)
        folders.sort()
        for name in files:
            _look_at(folder, below / name, rules)
    folder.images.sort()


def _relative(folder: _Folder, path: Path) -> str:
    return path.relative_to(folder.path).as_posix()


def _enter(folder: _Folder, path: Path, rules: PairingRules, seen: set[Path]) -> bool:
    """Whether to search a folder; one that is not searched is noted."""
    name = _relative(folder, path)
    if path.name.startswith("."):
        folder.leave_out("hidden folder", name)
        return False
    if not _is_folder(path):  # an image that is a folder
        _look_at(folder, path, rules)
        return False
    if path.is_symlink() and not rules.follow_links:
        folder.leave_out("linked folder (see --follow-links)", name, True)
        return False
    if rules.follow_links:
        target = path.resolve()
        if target in seen:
            folder.leave_out("folder that was searched before", name)
            return False
        seen.add(target)
    return True


def _look_at(folder: _Folder, path: Path, rules: PairingRules) -> None:
    try:
        _sort_in(folder, path, rules)
    except OSError:  # in a folder that may be listed and not entered
        folder.leave_out("file without access", _relative(folder, path), True)


def _sort_in(folder: _Folder, path: Path, rules: PairingRules) -> None:
    name, suffix = _relative(folder, path), label_suffix(path)
    if path.name.startswith("."):  # resource forks, editors' leftovers
        folder.leave_out("hidden file", name)
    elif path.is_symlink() and not path.exists():
        folder.leave_out("broken link", name, True)
    elif not path.is_file() and not (suffix and path.is_dir()):
        folder.leave_out("neither a file nor a folder", name)
    elif rules.suffix and not path.name.lower().endswith(rules.suffix.lower()):
        folder.leave_out(f"file without the suffix {rules.suffix} (--suffix)", name)
    elif suffix:
        folder.images.append(name)
    elif not _is_companion(path):
        folder.leave_out(f"{_kind(path)} file", name)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if suffix else "suffixless"


def _is_companion(path: Path) -> bool:
    """Whether a file holds the data of a header beside it."""
    for suffix, entry in FORMATS.items():
        for ending in entry.companions:
            if path.name.lower().endswith(ending):
                stem = path.name[: -len(ending)]
                if path.with_name(stem + suffix).exists():
                    return True
    return False


def _pair_folders(predictions: Path, labels: Path, rules: PairingRules) -> Pairing:
    sides = (_Folder("prediction", predictions), _Folder("label", labels))
    for side in sides:
        _search(side, rules)
    if rules.manifest is not None:
        pairs, problems = _pair_by_manifest(sides, rules.manifest)
    else:
        pairs, problems = _pair_by_key(sides, rules)
    if not rules.empty:
        problems = [
            *problems,
            *(_no_prediction(pair) for pair in pairs if pair.prediction is None),
        ]
        pairs = [pair for pair in pairs if pair.prediction is not None]
    not_evaluated = [entry for side in sides for entry in side.not_evaluated()]
    return Pairing(pairs, problems, not_evaluated)


def _no_prediction(pair: Pair) -> Problem:
    message = f"no prediction for the label file {pair.label}"
    return Problem("missing prediction", pair.name, message)


def _pair_by_key(
    sides: tuple[_Folder, _Folder], rules: PairingRules
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
    _find_unknown_images(sides)

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


def _check_images(side: _Folder) -> None:
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
    stem = unicodedata.normalize("NFC", name[: -len(label_suffix(Path(name)))])
    for ending in rules.strip:
        ending = unicodedata.normalize("NFC", ending)
        if stem.endswith(ending) and not stem.endswith("/" + ending):
            return stem[: -len(ending)] or stem
    return stem


def _raise_no_pair(
    sides: Sequence[_Folder], found: Sequence[dict[str, list[str]]], rules: PairingRules
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
    key: str, names: Sequence[list[str]], sides: Sequence[_Folder]
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


def _find_unknown_images(sides: tuple[_Folder, _Folder]) -> None:
    """Make a problem of files on both sides that look like images we cannot read."""
    stems: list[dict[str, set[str]]] = []
    for side in sides:
        kinds: dict[str, set[str]] = {}
        for (kind, _), names in side.others.items():
            suffix = kind.removesuffix(" file")
            if suffix.startswith(".") and suffix not in OTHER_FILES:
                kinds[kind] = {str(Path(name).with_suffix("")) for name in names}
        stems.append(kinds)
    of_either = [set[str]().union(*kinds.values()) for kinds in stems]
    common = of_either[0] & of_either[1]
    for side, kinds in zip(sides, stems, strict=True):
        for kind, found in kinds.items():
            if found & common:
                side.others[f"{kind}, a format that is not read", True] = (
                    side.others.pop((kind, False))
                )


def _pair_by_manifest(
    sides: tuple[_Folder, _Folder], manifest: Path
) -> tuple[list[Pair], list[Problem]]:
    pairs: list[Pair] = []
    problems: list[Problem] = []
    used: list[set[str]] = [set(), set()]
    for number, row in enumerate(_rows(manifest), 2):
        files: list[Path | None] = []
        for number_of_side, role in enumerate(ROLES):
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
