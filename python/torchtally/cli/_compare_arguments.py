"""The arguments of `torchtally compare`; importing them needs no optional module."""

from __future__ import annotations

import argparse
from pathlib import Path

COMPARE = """\
Test whether two or more sets of predictions of the same cases differ.

Each RESULTS is a file that `torchtally evaluate --json` wrote. Cases are matched by
name. For every score and every two files: the mean difference with its interval,
Wilcoxon's signed-rank test and a permutation test of the mean difference, both
two-sided and adjusted by Holm over everything that is printed, and the rank-biserial
effect size. For every score: the ranking of the files, and how it holds on bootstrap
samples of the cases.
"""


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS.json")
    parser.add_argument(
        "--names",
        type=_names,
        metavar="A,B,...",
        help="what to call the files; default: their names",
    )
    parser.add_argument(
        "--scores",
        type=_names,
        metavar="S,S,...",
        help="which scores, or all; default: the first one of the files",
    )
    parser.add_argument(
        "--entries",
        type=_names,
        metavar="E,E,...",
        help="names of classes, regions and averages, or all; default: macro (or the "
        "first average) and the classes that enter it",
    )
    parser.add_argument(
        "--interval",
        choices=("percentile", "bca", "t"),
        default="percentile",
        help="how the interval of the mean difference is found; default: percentile",
    )
    parser.add_argument(
        "--confidence", type=float, default=0.95, metavar="C", help="default: 0.95"
    )
    parser.add_argument(
        "--resamples",
        type=int,
        default=2000,
        metavar="N",
        help="bootstrap samples; default: 2000",
    )
    parser.add_argument(
        "--permutations",
        type=int,
        default=9999,
        metavar="N",
        help="drawn permutations; all of them where there are no more; default: 9999",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of all draws; default: 0"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"must not have an empty name, got {text!r}")
    return names
