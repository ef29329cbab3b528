"""What options are written as: numbers, lists, maps and names, or files of them."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from ._problems import UsageError, require

_FILES = (".json", ".yaml", ".yml")
NONE = "none"  # takes back what a preset chooses


class NotGiven:
    """The value of an option that takes back what a preset chooses."""

    def __repr__(self) -> str:
        return NONE


NOTHING = NotGiven()


def _wrong(rule: str, text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"must {rule}, got {text!r}")


def integer(text: str) -> int:
    """Read an integer."""
    try:
        return int(text)
    except ValueError:
        raise _wrong("be an integer", text) from None


def at_least(least: int) -> Callable[[str], int]:
    """Return a reader of integers from a least one on."""

    def read(text: str) -> int:
        value = integer(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, got {value}")
        return value

    return read


def positive(text: str) -> float:
    """Return a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text}")
    return value


def share(text: str) -> float:
    """Return a number between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1, got {text}")
    return value


def integers(text: str) -> list[int]:
    """Read integers that commas or spaces separate."""
    try:
        values = [int(part) for part in text.replace(",", " ").split()]
    except ValueError:
        values = []
    if not values:
        raise _wrong("be integers separated by commas", text)
    return values


def numbers(text: str) -> list[float]:
    """Read finite numbers that commas separate."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = [math.nan]
    if not all(math.isfinite(value) for value in values):
        raise _wrong("be finite numbers separated by commas", text)
    return values


def number_or_numbers(text: str) -> float | list[float]:
    """Read one number, or several that commas separate."""
    values = numbers(text)
    return values[0] if len(values) == 1 else values


def zero_division(text: str) -> Literal["skip", "nan"] | float:
    """Read what an undefined score is worth."""
    if text == "skip":
        return "skip"
    if text == "nan":
        return "nan"
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong("be skip, nan or a finite number", text)
    return value


def classes(text: str) -> list[int] | Literal["present"]:
    """Read class numbers, or "present"."""
    return "present" if text == "present" else integers(text)


def label_map(text: str) -> dict[int, int | None] | NotGiven:
    """Read ``0:0,255:1,7:`` (nothing for ignored), or a JSON or YAML mapping."""
    if text == NONE:
        return NOTHING
    held = _file(text)
    if held is None:
        held = dict(_entry(part, text) for part in text.split(","))
    if not isinstance(held, Mapping):
        raise _wrong("be a mapping from labels to classes", text)
    rule = "map integers to integers, or to nothing (ignored)"
    try:
        return {
            int(label): None if named in (None, "", NONE) else int(named)
            for label, named in held.items()
        }
    except (TypeError, ValueError):
        raise _wrong(rule, text) from None


def _entry(part: str, text: str) -> tuple[str, str]:
    label, colon, named = (piece.strip() for piece in part.partition(":"))
    if not colon:
        raise _wrong("be LABEL:CLASS,... or a .json or .yaml file", text)
    return label, named


def regions(text: str) -> dict[str, list[int]] | NotGiven:
    """Read ``whole=1+2+3,core=1+3``, or a JSON or YAML mapping from names to lists."""
    if text == NONE:
        return NOTHING
    rule = "be NAME=CLASS+CLASS,... or a .json or .yaml file"
    held = _file(text)
    if held is None:
        held = {}
        for part in text.split(","):
            name, equals, union = part.partition("=")
            if not equals:
                raise _wrong(rule, text)
            held[name.strip()] = union.split("+")
    try:
        return {str(name): [int(one) for one in union] for name, union in held.items()}
    except (AttributeError, TypeError, ValueError):
        raise _wrong(rule, text) from None


def names(text: str) -> list[str] | dict[int, str]:
    """Read names that commas separate, or a JSON or YAML file of names.

    A file holds a list, a mapping from numbers to names or from names to numbers, or
    either of them under "labels" or "names".
    """
    held = _file(text)
    if held is None:
        given = [name.strip() for name in text.split(",")]
        if not all(given):
            raise argparse.ArgumentTypeError(
                f"must not have an empty name, got {text!r}"
            )
        return given
    if isinstance(held, Mapping):
        held = next((held[k] for k in ("labels", "names") if k in held), held)
    if isinstance(held, list):
        return [str(name) for name in held]
    try:
        return names_by_number(held)
    except (AttributeError, TypeError, ValueError):
        raise _wrong("hold a list of names, or a mapping of numbers", text) from None


def colours(text: str) -> dict[str, str]:
    """Read a JSON or YAML file of colours: class names, or numbers, to #rrggbb."""
    held = _file(text)
    if not isinstance(held, Mapping):
        raise _wrong("be a .json or .yaml file that maps classes to colours", text)
    found = {str(name): str(colour) for name, colour in held.items()}
    for name, colour in found.items():
        if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
            raise _wrong(
                f"give {name!r} a colour such as #e69f00, got {colour!r}", text
            )
    return found


def names_by_number(held: Mapping[Any, Any]) -> dict[int, str]:
    """Return names by class, of a mapping in either direction."""
    if all(str(key).lstrip("-").isdigit() for key in held):
        return {int(key): str(name) for key, name in held.items()}
    return {int(index): str(name) for name, index in held.items()}


def axes(text: str) -> tuple[str, str] | Literal["same"]:
    """Read ``zyx:xyz``, the axes of predictions and of labels, or "same"."""
    if text == "same":
        return "same"
    predictions, colon, labels = text.lower().partition(":")
    if not colon or sorted(predictions) != sorted(labels) or len(predictions) < 2:
        raise _wrong(
            "be AXES:AXES with the same letters, such as zyx:xyz, or same", text
        )
    if len(set(predictions)) < len(predictions):
        raise _wrong("name each axis once", text)
    return predictions, labels


def _file(text: str) -> Any:
    """Return what a JSON or YAML file holds; None if the text does not name one."""
    return read_structured(Path(text)) if text.lower().endswith(_FILES) else None


def read_structured(path: Path) -> Any:
    """Return what a JSON or YAML file holds.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".json":
            return json.loads(text)
        require("yaml", f"reading {path}")
        import yaml

        return yaml.safe_load(text)
    except UsageError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"cannot read {path}: {reason}") from error
