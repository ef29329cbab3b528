"""Which prediction belongs to which label image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ._formats import SUFFIXES, label_suffix
from ._problems import Problem, UsageError


@dataclass(frozen=True)
class Pair:
    """Two files to compare; the name is their common path without the suffix."""

    name: str
    prediction: Path
    label: Path


def find_pairs(predictions: Path, labels: Path) -> tuple[list[Pair], list[Problem]]:
    """Pair two files, or the files of two folders by relative path without suffix.

    Args:
        predictions: A folder, searched recursively, or one file.
        labels: The same for the labels.

    Returns:
        The pairs in the order of their names, and a problem for each file that has
        no counterpart or shares its name with another.

    Raises:
        UsageError: A path does not exist, one is a folder and the other a file, or
            there is no pair at all.
    """
    for role, path in (("PREDICTIONS", predictions), ("LABELS", labels)):
        if not path.exists():
            raise UsageError(f"{role} must be an existing folder or file, got {path}")
    if predictions.is_dir() != labels.is_dir():
        raise UsageError(
            "PREDICTIONS and LABELS must be two folders or two files, "
            f"got {predictions} and {labels}"
        )
    if predictions.is_dir():
        return _pair_folders(predictions, labels)
    for path in (predictions, labels):
        if not label_suffix(path):
            raise UsageError(f"a label image must be one of {SUFFIXES}, got {path}")
    return [Pair(_stem(labels, labels.parent), predictions, labels)], []


def _pair_folders(predictions: Path, labels: Path) -> tuple[list[Pair], list[Problem]]:
    found = {"prediction": _by_stem(predictions), "label": _by_stem(labels)}
    for role, files in found.items():
        if not files:
            folder = predictions if role == "prediction" else labels
            raise UsageError(f"no {role} image in {folder}: looked for {SUFFIXES}")
    stems = found["prediction"].keys() | found["label"].keys()
    if not found["prediction"].keys() & found["label"].keys():
        raise UsageError(
            f"none of the {len(found['prediction'])} predictions in {predictions} has "
            f"a counterpart among the {len(found['label'])} labels in {labels}: files "
            "are paired by relative path without the suffix, here for example "
            f"{min(found['prediction'])!r} and {min(found['label'])!r}"
        )
    pairs: list[Pair] = []
    problems: list[Problem] = []
    for stem in sorted(stems):
        sides = {role: files.get(stem, []) for role, files in found.items()}
        problem = _pairing_problem(stem, sides)
        if problem is None:
            pairs.append(Pair(stem, sides["prediction"][0], sides["label"][0]))
        else:
            problems.append(problem)
    return pairs, problems


def _pairing_problem(stem: str, sides: dict[str, list[Path]]) -> Problem | None:
    for role, files in sides.items():
        if len(files) > 1:
            return Problem(
                "duplicate",
                stem,
                f"{len(files)} {role} files share this name, one is allowed: "
                + ", ".join(str(file) for file in files),
            )
    for missing, present in (("prediction", "label"), ("label", "prediction")):
        if not sides[missing]:
            return Problem(
                f"missing {missing}",
                stem,
                f"no {missing} for the {present} file {sides[present][0]}",
            )
    return None


def _by_stem(folder: Path) -> dict[str, list[Path]]:
    stems: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        hidden = path.name.startswith(".")  # resource forks, editors' leftovers
        if label_suffix(path) and not hidden and path.is_file():
            stems.setdefault(_stem(path, folder), []).append(path)
    return stems


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()[: -len(label_suffix(path))]


def input_files(pairs: Sequence[Pair]) -> list[Path]:
    """Return every file that the pairs read."""
    return [file for pair in pairs for file in (pair.prediction, pair.label)]
