"""The entry point: from arguments to an exit status."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import torch

from ._info import print_info
from ._pairing import Pair, Pairing, find_pairs
from ._parser import build_parser
from ._problems import Problem, UsageError, require
from ._settings import Settings
from ._targets import check_modules, check_outputs

if TYPE_CHECKING:
    from ._case import CaseResult
    from ._run import Ranks

LEFT_OUT = 1
NOT_PRINTED = 3
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments without the name of the program; sys.argv if None.

    Returns:
        The exit status: 0; 1 if a pair of files had to be left out; 3 if the report
        could not be printed.

    Raises:
        SystemExit: Status 2 for bad usage, 0 after --help and --version.
    """
    parser, commands = build_parser()
    argv = sys.argv[1:] if argv is None else list(argv)
    try:
        arguments = parser.parse_args(joined_integers(argv))
    except UsageError as error:
        parser.error(str(error))
    try:
        if arguments.command == "info":
            print_info(as_json=arguments.json)
            return 0
        if arguments.command == "bench":
            require("rich", "the table")

            from ._bench import bench

            bench(arguments.seconds, arguments.json)
            return 0
        if arguments.command == "compare":
            return compare(arguments)
        return evaluate(Settings.from_arguments(arguments))
    except UsageError as error:
        commands[arguments.command].error(str(error))
    except KeyboardInterrupt:
        what = "nothing written"
        if arguments.command == "evaluate":
            what = "no report written; a --journal has what was counted, for --resume"
        _say(f"torchtally {arguments.command}: interrupted, {what}")
        return INTERRUPTED


def joined_integers(argv: Sequence[str]) -> list[str]:
    """Join options and values that argparse would take for something else.

    Integers behind --ignore-index are joined by commas: as an option with any number of
    values it would take PREDICTIONS and LABELS too. A value that begins with a negative
    number, such as -1:0, would be an option.
    """
    joined: list[str] = []
    taking = False
    for text in argv:
        if taking and re.fullmatch(r"[+-]?\d+(,[+-]?\d+)*", text):
            joined[-1] += ("=" if joined[-1] == "--ignore-index" else ",") + text
            continue
        if joined and re.fullmatch(r"--[a-z-]+", joined[-1]) and re.match(r"-\d", text):
            joined[-1] += f"={text}"
            continue
        taking = text == "--ignore-index"
        joined.append(text)
    return joined


def compare(arguments: argparse.Namespace) -> int:
    """Compare files of results; return the exit status.

    Raises:
        UsageError: Something that was asked for cannot be done.
    """
    for module in ("numpy", "rich", "scipy"):
        require(module, "comparing results")

    from ._compare_command import run_compare

    fault = run_compare(arguments)
    if fault:
        _say(f"torchtally compare: the comparison could not be printed: {fault}")
        return NOT_PRINTED
    return 0


def evaluate(settings: Settings) -> int:
    """Pair, count, write and print; return the exit status.

    Raises:
        UsageError: Something that was asked for cannot be done.
    """
    pairing = find_pairs(settings.predictions, settings.labels, settings.rules)
    check_modules(settings, pairing)
    check_outputs(settings, pairing)
    if settings.on_error == "fail" and pairing.problems:
        return _stopped(pairing.problems[0])

    from ._run import Ranks

    ranks = Ranks.joined()
    results = ranks.gathered(_counted(pairing.pairs, settings, ranks))
    return ranks.status(0 if results is None else _reported(results, pairing, settings))


def _counted(
    pairs: Sequence[Pair], settings: Settings, ranks: Ranks
) -> Iterator[CaseResult]:
    """Yield the results of this rank, up to the first problem where that ends it."""
    from ._journal import Journal
    from ._run import run_cases

    pairs = ranks.share(pairs)
    with ExitStack() as stack:
        journal = None
        if settings.journal is not None:
            journal = Journal(settings.journal, settings, ranks.rank, ranks.number)
            ranks.wait()
            journal.open()
            stack.callback(journal.close)
        stack.enter_context(_threads(settings.threads))
        shown = settings.progress and ranks.rank == 0
        advance = stack.enter_context(_progress(len(pairs), shown))
        for result in run_cases(pairs, settings, journal):
            yield result
            advance()
            if settings.on_error == "fail" and result.problem is not None:
                return


def _reported(results: list[CaseResult], pairing: Pairing, settings: Settings) -> int:
    """Write files and print; return the exit status."""
    from ._outputs import write_outputs
    from ._scores import build_report
    from ._table import print_problems, print_report

    if settings.on_error == "fail":
        for result in results:
            if result.problem is not None:
                return _stopped(result.problem)
    report = build_report(results, pairing, settings)
    document = write_outputs(report)
    fault = ""
    if report.results:
        fault = print_report(report, document["statistics"])
    else:
        _say("torchtally evaluate: no pair could be evaluated")
    print_problems(report)
    if fault:
        _say(f"torchtally evaluate: the report could not be printed: {fault}")
        return NOT_PRINTED
    if not report.results:
        return LEFT_OUT
    incomplete = bool(report.problems) or any(
        one.problem for one in report.not_evaluated
    )
    return LEFT_OUT if incomplete and not settings.allow_problems else 0


def _stopped(problem: Problem) -> int:
    _say(
        "torchtally evaluate: stopped at the first problem (--on-error fail), nothing "
        f"written: {problem.file}  {problem.kind}: {problem.message}"
    )
    return LEFT_OUT


def _say(message: str) -> None:
    """Print a line on standard error, if there is one that takes it."""
    try:
        if sys.stderr is not None:
            encoding = sys.stderr.encoding or "utf-8"
            text = message.encode(encoding, "replace").decode(encoding)
            print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


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
def _progress(total: int, shown: bool) -> Iterator[Callable[[], None]]:
    """Show a bar, rate and time left on a terminal; yield what to call after a pair."""
    if not shown or sys.stderr is None or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("counting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    start = monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("counting", total=total, rate="")

        def advance() -> None:
            bar.advance(task)
            rate = bar.tasks[0].completed / max(monotonic() - start, 1e-9)
            bar.update(task, rate=f"{rate:.3g} a second")

        yield advance
