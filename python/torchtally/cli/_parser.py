"""The command line of torchtally."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Literal, NoReturn

import torchtally

from ._compare_arguments import COMPARE, add_compare
from ._formats import SUFFIXES

EVALUATE = f"""\
Compare predicted label images with the true ones and print Dice, IoU and F1.

PREDICTIONS and LABELS are two folders, searched recursively and paired by relative
path without the suffix, or two single files. Formats: {SUFFIXES}.
"""

EXIT_STATUS = """\
exit status: 0 all pairs were evaluated, 1 a pair was left out (see --allow-problems),
2 the command cannot be carried out as given
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that reports an error in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


class PrintCmakePath(argparse.Action):
    """Print where CMake finds the package TorchTally, and exit.

    The action "version" would break a long path into lines.
    """

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print nothing else, so that a shell can take the output as it is."""
        print(torchtally.cmake_prefix_path)
        parser.exit()


def build_parser() -> tuple[Parser, dict[str, Parser]]:
    """Return the parser and its commands by name."""
    parser = Parser(
        prog="torchtally",
        description="Confusion matrices and overlap scores of label images.",
    )
    parser.add_argument(
        "--version", action="version", version=f"torchtally {torchtally.__version__}"
    )
    parser.add_argument(
        "--cmake-prefix-path",
        action=PrintCmakePath,
        nargs=0,
        help="print what find_package(TorchTally) needs in CMAKE_PREFIX_PATH",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    evaluate = commands.add_parser(
        "evaluate",
        help="score predicted label images against the true ones",
        description=EVALUATE,
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_inputs(evaluate)
    _add_policy(evaluate)
    _add_outputs(evaluate)
    _add_run(evaluate)
    compare = commands.add_parser(
        "compare",
        help="test whether sets of predictions of the same cases differ",
        description=COMPARE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_compare(compare)
    info = commands.add_parser("info", help="print how torchtally was built")
    info.add_argument("--json", action="store_true", help="print JSON")
    return parser, {"evaluate": evaluate, "compare": compare, "info": info}


def _add_inputs(parser: Parser) -> None:
    parser.add_argument("predictions", type=Path, metavar="PREDICTIONS")
    parser.add_argument("labels", type=Path, metavar="LABELS")
    parser.add_argument(
        "--num-classes",
        type=_num_classes,
        required=True,
        metavar="N",
        help="labels run from 0 to N - 1",
    )
    parser.add_argument(
        "--class-names",
        type=_names,
        action="append",
        default=[],
        metavar="A,B,C",
        help="a name for each class, separated by commas; may be repeated",
    )
    parser.add_argument(
        "--ignore-geometry",
        action="store_true",
        help="compare NIfTI images voxel by voxel even if their affines differ",
    )


def _add_policy(parser: Parser) -> None:
    group = parser.add_argument_group("policy")
    group.add_argument(
        "--ignore-index",
        type=int,
        nargs="+",
        action="extend",
        default=[],
        metavar="V",
        help="leave out pixels whose true label is V, in or out of range",
    )
    group.add_argument(
        "--out-of-range",
        choices=("error", "ignore", "miss"),
        default="error",
        help="a label outside 0..N-1 leaves its pair out as a problem (error), leaves "
        "its pixel out (ignore), or counts as a miss of the other side (miss); "
        "default: error",
    )
    group.add_argument(
        "--exclude-background",
        action="store_true",
        help="leave class 0 out of the averages",
    )
    group.add_argument(
        "--zero-division",
        type=_zero_division,
        default="skip",
        metavar="skip|nan|FLOAT",
        help="averages skip undefined scores, become undefined too (nan), or take "
        "this value for them; default: skip",
    )
    group.add_argument(
        "--undefined-when",
        choices=("zero_denominator", "empty_target", "both_empty"),
        default="zero_denominator",
        help="which scores are undefined; empty_target adds those of classes that no "
        "label has; default: zero_denominator",
    )
    group.add_argument(
        "--aggregation",
        choices=("global", "samplewise"),
        default="global",
        help="score the pooled counts of all files, or average the scores of each "
        "file; default: global",
    )


def _add_outputs(parser: Parser) -> None:
    group = parser.add_argument_group("outputs")
    group.add_argument(
        "--json", type=Path, metavar="FILE", help="write everything, file by file"
    )
    group.add_argument(
        "--csv", type=Path, metavar="FILE", help="write the table, a row a class"
    )
    group.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw the confusion matrix"
    )


def _add_run(parser: Parser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument(
        "--allow-problems",
        action="store_true",
        help="exit with status 0 even if some pairs had to be left out",
    )
    group.add_argument(
        "--threads", type=_positive, metavar="N", help="CPU threads used for counting"
    )
    group.add_argument(
        "--no-progress", action="store_true", help="do not show a progress bar"
    )


def _num_classes(text: str) -> int:
    value = _integer(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"must be at least 2, got {value}")
    return value


def _positive(text: str) -> int:
    value = _integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be an integer, got {text!r}") from None


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"must not have an empty name, got {text!r}")
    return names


def _zero_division(text: str) -> Literal["skip", "nan"] | float:
    if text == "skip":
        return "skip"
    if text == "nan":
        return "nan"
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(
            f"must be skip, nan or a finite number, got {text!r}"
        )
    return value
