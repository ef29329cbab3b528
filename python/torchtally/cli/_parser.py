"""The command line of torchtally."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torchtally

from . import _values
from ._compare_arguments import COMPARE, add_compare
from ._formats import SUFFIXES
from ._presets import NAMES
from ._score_options import add_score_options, averages, score_columns
from ._settings import DEFAULT_SCORES

EVALUATE = f"""\
Compare predicted label images with the true ones and print scores of each class.

PREDICTIONS and LABELS are two folders, searched recursively and paired by relative
path without the suffix, or two single files. Formats:
{textwrap.fill(SUFFIXES, 80)}.
"""

EXIT_STATUS = """\
exit status: 0 everything was evaluated; 1 a pair was left out or counted as empty, or
images were not evaluated (see --allow-problems), or nothing could be evaluated;
2 the command cannot be carried out as given, or an output cannot be written; 3 the
report could not be printed, the files of --json, --csv and --plot are complete;
130 interrupted
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


class ExtendNames(argparse.Action):
    """Collect names over several options; a file of numbered names stands alone."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        _option: str | None = None,
    ) -> None:
        """Add names to those that are there."""
        before = getattr(namespace, self.dest)
        if isinstance(before, list) and isinstance(values, list):
            values = [*before, *values]
        elif before is not None:
            raise argparse.ArgumentError(
                self, "must be given once where it maps numbers"
            )
        setattr(namespace, self.dest, values)


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
    _add_pairing(evaluate)
    _add_reading(evaluate)
    add_score_options(evaluate)
    _add_reporting(evaluate)
    _add_run(evaluate)
    compare = commands.add_parser(
        "compare",
        help="test whether sets of predictions of the same cases differ",
        description=COMPARE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_compare(compare)
    bench = commands.add_parser(
        "bench",
        help="time counting on this machine, beside a plain read and installed peers",
    )
    bench.add_argument(
        "--seconds",
        type=_values.positive,
        default=40.0,
        metavar="S",
        help="about how long it may take; default: 40",
    )
    bench.add_argument("--json", action="store_true", help="print JSON")
    info = commands.add_parser("info", help="print how torchtally was built")
    info.add_argument("--json", action="store_true", help="print JSON")
    return parser, {
        "evaluate": evaluate,
        "compare": compare,
        "bench": bench,
        "info": info,
    }


def _add_inputs(parser: Parser) -> None:
    parser.add_argument("predictions", type=Path, metavar="PREDICTIONS")
    parser.add_argument("labels", type=Path, metavar="LABELS")
    parser.add_argument(
        "--num-classes",
        type=_values.at_least(2),
        metavar="N",
        help="labels run from 0 to N - 1; of a multilabel task, how many labels; may "
        "be left out where --preset or --class-names says it",
    )
    parser.add_argument(
        "--class-names",
        type=_values.names,
        action=ExtendNames,
        metavar="A,B,C|FILE",
        help="a name for each class, separated by commas (may be repeated), or a .json "
        "or .yaml file: a list, or a mapping of numbers and names",
    )
    parser.add_argument(
        "--class-colors",
        type=_values.colours,
        metavar="FILE",
        help="a .json or .yaml file that maps names or numbers of classes to colours "
        "such as #e69f00, for --html",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        help=f"options of a data set, {', '.join(NAMES)}; what is given beside it wins",
    )


def _add_pairing(parser: Parser) -> None:
    group = parser.add_argument_group("pairing")
    group.add_argument(
        "--strip-suffix",
        action="append",
        default=[],
        metavar="END",
        help="take this off the end of names before they are paired, such as _pred; "
        "may be repeated",
    )
    group.add_argument(
        "--pattern",
        nargs=2,
        metavar=("PREDICTION", "LABEL"),
        help="pair what {} stands for in both, such as '{}_leftImg8bit.png' "
        "'{}_gtFine_labelIds.png'; * stands for anything",
    )
    group.add_argument(
        "--pairs",
        type=Path,
        metavar="FILE.csv",
        help="pair what a row names in its columns prediction and label, below the two "
        "folders; a column name may name the pair",
    )
    group.add_argument(
        "--suffix", metavar=".S", help="look at files with this suffix only"
    )
    group.add_argument(
        "--follow-links", action="store_true", help="search linked folders too"
    )


def _add_reading(parser: Parser) -> None:
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--mask",
        type=Path,
        metavar="MASKS",
        help="count where the mask of a pair is not 0: a folder of images named as the "
        "pairs are, or one file for one pair",
    )
    group.add_argument(
        "--preds-are",
        choices=("labels", "scores"),
        help="whether predictions are labels, or scores; of classes [C, ...], of which "
        "the highest counts. Default: labels, or scores where an option is about them.",
    )
    group.add_argument(
        "--class-axis",
        type=_values.integer,
        metavar="N",
        help="where the classes of scores, or labels of a multilabel task, are; "
        "default: the last axis of files with x, y, z, else the first",
    )
    group.add_argument(
        "--key", metavar="NAME", help="which array of an archive to read"
    )
    group.add_argument("--preds-key", metavar="NAME", help="the same, of predictions")
    group.add_argument("--labels-key", metavar="NAME", help="the same, of labels")
    group.add_argument(
        "--round",
        action="store_true",
        help="take the nearest whole number of floating point labels",
    )
    group.add_argument(
        "--axes",
        type=_values.axes,
        metavar="P:L|same",
        help="the axes of predictions and labels, such as zyx:xyz; same compares "
        "whatever the formats say",
    )
    group.add_argument(
        "--reorient",
        action="store_true",
        help="flip and transpose predictions to the orientation of their label",
    )
    group.add_argument(
        "--ignore-geometry",
        action="store_true",
        help="compare images voxel by voxel even if their affines differ",
    )


def _add_reporting(parser: Parser) -> None:
    group = parser.add_argument_group("report")
    group.add_argument(
        "--scores",
        type=score_columns,
        metavar="S,S,...",
        help="what to report, by the names of the functions; own options behind a "
        f"colon, fbeta:beta=2; default: {DEFAULT_SCORES}",
    )
    group.add_argument(
        "--averages",
        type=averages,
        metavar="A,A,...",
        help="macro, micro, weighted, binary or samples; default: macro,micro, of a "
        "binary task binary",
    )
    group.add_argument(
        "--json", type=Path, metavar="FILE", help="write everything, file by file"
    )
    group.add_argument(
        "--csv", type=Path, metavar="FILE", help="write the table, a row a class"
    )
    group.add_argument(
        "--cases",
        type=Path,
        metavar="FILE",
        help="write the scores of each file, a row a file and class: .csv or .parquet",
    )
    group.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw the confusion matrix"
    )
    group.add_argument(
        "--html",
        type=Path,
        metavar="FILE.html",
        help="write a report with pictures, in one file",
    )
    group.add_argument(
        "--format",
        choices=("torchtally", "nnunet", "cityscapes"),
        default="torchtally",
        help="of --json: our own, nnU-Net's summary.json, or that of cityscapesScripts "
        "(of the 34 ids); default: torchtally",
    )
    group.add_argument(
        "--interval",
        choices=("percentile", "bca", "t", "none"),
        default="percentile",
        help="how the interval of a mean over files is found: by bootstrap samples of "
        "files (percentile, bca) or Student's t; default: percentile",
    )
    group.add_argument(
        "--confidence",
        type=_values.share,
        metavar="C",
        help="of the interval; default: 0.95",
    )
    group.add_argument(
        "--median-interval",
        action="store_true",
        help="an interval of the median too, in --json",
    )
    group.add_argument(
        "--worst",
        type=_values.at_least(0),
        default=6,
        metavar="K",
        help="how many of the worst files are named; default: 6",
    )


def _add_run(parser: Parser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument(
        "--on-error",
        choices=("fail", "skip", "count-as-empty"),
        default="skip",
        help="a pair that cannot be counted ends the run before anything is written "
        "(fail), is left out and named (skip), or counts as if nothing but class 0 had "
        "been predicted, if its label can be read (count-as-empty); default: skip",
    )
    group.add_argument(
        "--journal",
        type=Path,
        metavar="FILE.jsonl",
        help="write down what is counted, pair by pair",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="take what the journal has from there, where its files have not changed",
    )
    group.add_argument(
        "--allow-problems",
        action="store_true",
        help="exit with status 0 even if something had to be left out",
    )
    group.add_argument(
        "--workers",
        type=_values.at_least(0),
        metavar="N",
        help="processes that read and count; 0 for this one alone. Default: as many as "
        "there are cores, up to 8, once a run turns out to take a while",
    )
    group.add_argument(
        "--threads",
        type=_values.at_least(1),
        metavar="N",
        help="CPU threads used for counting, in each process",
    )
    group.add_argument(
        "--no-progress", action="store_true", help="do not show a progress bar"
    )
