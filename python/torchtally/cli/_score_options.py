"""The options of the score functions as options of the command.

They are read off the tables that the functions are written from, so that an option of
the functions is an option of the command, under the same name and in the same words.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torchtally._options import CHOICES, COUNTING, POLICY, Option
from torchtally.functional._definitions import SCORES, Score

from . import _values

#: What the command has no use for, or an option of its own.
LEFT_OUT = {
    "mask": "--mask",
    "validate": "files are always checked",
    "return_valid": "the number of entries",
    "dtype": "reports are float64",
    "average": "--averages",
    "include_background": "--exclude-background",
}
#: How a value is read, by the type of the option.
READERS: dict[str, Callable[[str], Any]] = {
    "int": _values.at_least(1),
    "float": float,
    "Threshold": _values.number_or_numbers,
    "IgnoreIndex": _values.integers,
    "LabelMap": _values.label_map,
    "ZeroDivision": _values.zero_division,
    "Classes": _values.classes,
    "ClassWeights": _values.numbers,
    "Regions": _values.regions,
}
METAVARS = {
    "int": "N",
    "Threshold": "T[,T...]",
    "IgnoreIndex": "V[,V...]",
    "LabelMap": "LABEL:CLASS,...|FILE",
    "ZeroDivision": "skip|nan|FLOAT",
    "Classes": "C,C,...|present",
    "ClassWeights": "W,W,...",
    "Regions": "NAME=C+C,...|FILE",
}
#: What an option means beyond one call of a function.
OF_FILES = {"out_of_range": "An error is a problem of its pair of files."}
AVERAGES = tuple(name for name in CHOICES["Average"] if name != "none")


def score_options() -> dict[str, Option]:
    """Return the options of counting and of scores that the command takes."""
    both = {**COUNTING, **POLICY}
    return {name: option for name, option in both.items() if name not in LEFT_OUT}


def add_score_options(parser: argparse.ArgumentParser) -> None:
    """Add the options; one that is not given is None."""
    counting = parser.add_argument_group("counting")
    policy = parser.add_argument_group("policy")
    for name, option in score_options().items():
        group = counting if name in COUNTING else policy
        flag = "--" + name.replace("_", "-")
        text = _help(name, option)
        if option.type == "bool":
            group.add_argument(flag, action="store_true", default=None, help=text)
        elif option.type in CHOICES:
            # A report has a row for all files, and each file has its own.
            values = [v for v in CHOICES[option.type] if v != "none"]
            group.add_argument(flag, choices=values, help=text)
        else:
            several = option.type == "IgnoreIndex"
            group.add_argument(
                flag,
                type=READERS[option.type],
                action="extend" if several else "store",
                metavar=METAVARS[option.type],
                help=text,
            )
    policy.add_argument(
        "--exclude-background",
        action="store_true",
        default=None,
        help="leave class 0 out of the averages",
    )


def _help(name: str, option: Option) -> str:
    text = option.doc.replace("``", "").replace("%", "%%")
    text = " ".join(filter(None, (text, OF_FILES.get(name))))
    default = option.default
    return text if default in (None, False) else f"{text} Default: {default}."


@dataclass(frozen=True)
class ScoreColumn:
    """A score that is reported, with its own options.

    Attributes:
        key: as it was asked for, such as "fbeta:beta=2".
        name: of the definition.
        parameters: a value for each of its own options.
    """

    key: str
    name: str
    parameters: Mapping[str, Any]

    @property
    def definition(self) -> Score:
        """Its formula, words and options."""
        return SCORES[self.name]

    @property
    def heading(self) -> str:
        """What a table calls it."""
        heading = self.definition.metric.removesuffix("Score")
        own = self.key.partition(":")[2]
        return f"{heading} {own.replace(':', ' ')}" if own else heading

    @property
    def of_classes(self) -> bool:
        """Whether each class has a score, which may be averaged in several ways."""
        score = self.definition
        return score.sees == "class" and not score.fixed


def score_columns(text: str) -> list[ScoreColumn]:
    """Read ``dice,fbeta:beta=2``: scores by name, each with its own options."""
    return [_column(part.strip()) for part in text.split(",")]


def _column(text: str) -> ScoreColumn:
    name, *given = text.split(":")
    if name not in SCORES:
        raise argparse.ArgumentTypeError(
            f"must name scores among {', '.join(SCORES)}, got {name!r}"
        )
    options = SCORES[name].parameters
    parameters = {key: option.default for key, option in options.items()}
    for part in given:
        key, _, value = part.partition("=")
        if key not in options:
            known = ", ".join(options) or "no option"
            raise argparse.ArgumentTypeError(
                f"{name} has {known} of its own, got {part!r}"
            )
        kind = options[key].type
        try:
            parameters[key] = value if kind in CHOICES else READERS[kind](value)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{name}:{key} must be a number, got {value!r}"
            ) from None
        if kind in CHOICES and value not in CHOICES[kind]:
            raise argparse.ArgumentTypeError(
                f"{name}:{key} must be one of {', '.join(CHOICES[kind])}, got {value!r}"
            )
    return ScoreColumn(text, name, parameters)


def averages(text: str) -> list[str]:
    """Read the averages to report."""
    values = [part.strip() for part in text.split(",")]
    for value in values:
        if value not in AVERAGES:
            raise argparse.ArgumentTypeError(
                f"must name averages among {', '.join(AVERAGES)}, got {value!r}"
            )
    return values
