"""The entry point: from arguments to an exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from ._info import print_info
from ._pairing import Pair, find_pairs
from ._parser import build_parser
from ._problems import UsageError, require
from ._settings import Settings

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments without the name of the program; sys.argv if None.

    Returns:
        The exit status: 0, or 1 if a pair of files had to be left out.

    Raises:
        SystemExit: Status 2 for bad usage, 0 after --help and --version.
    """
    parser, commands = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command == "info":
        print_info(as_json=arguments.json)
        return 0
    try:
        if arguments.command == "compare":
            return compare(arguments)
        return evaluate(Settings.from_arguments(arguments))
    except UsageError as error:
        commands[arguments.command].error(str(error))
    except KeyboardInterrupt:
        name = f"torchtally {arguments.command}"
        print(f"{name}: interrupted, nothing written", file=sys.stderr)
        return INTERRUPTED


def compare(arguments: argparse.Namespace) -> int:
    """Compare files of results; return the exit status.

    Raises:
        UsageError: Something that was asked for cannot be done.
    """
    for module in ("numpy", "rich", "scipy"):
        require(module, "comparing results")

    from ._compare_command import run_compare

    return run_compare(arguments)


def evaluate(settings: Settings) -> int:
    """Count, print and write; return the exit status.

    Raises:
        UsageError: Something that was asked for cannot be done.
    """
    pairs, pairing_problems = find_pairs(settings.predictions, settings.labels)
    settings.check_modules(pairs)
    settings.check_outputs(pairs)

    from ._evaluate import tally_pairs
    from ._outputs import write_outputs
    from ._scores import build_report
    from ._table import print_problems, print_report

    with _threads(settings.threads), _progress(pairs, settings) as followed:
        tally = tally_pairs(followed, settings)
    report = build_report(tally, pairing_problems, settings)
    if report.files:
        print_report(report)
    else:
        print("torchtally evaluate: no pair could be evaluated", file=sys.stderr)
    print_problems(report.problems)
    write_outputs(report)
    if not report.files:
        return 1
    return int(bool(report.problems) and not settings.allow_problems)


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _progress(pairs: list[Pair], settings: Settings) -> Iterator[Iterator[Pair]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("counting"), BarColumn(), MofNCompleteColumn())
    hidden = not (settings.progress and console.is_terminal)
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        yield iter(bar.track(pairs))
