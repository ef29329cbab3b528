"""The report as one HTML file that needs nothing else.

No script, no font, no picture from elsewhere: the page forbids them to itself. It reads
on paper, in the dark, on a telephone, and aloud.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import numpy.typing as npt

from . import _report_plots as plots
from ._overlay import COLOURS, MEANINGS, Picture
from ._report_style import STYLE
from ._statistics import Floats, Interval, Summary, few_cases

#: Beyond this many scores, cases are not listed one by one; the --json file has them.
LISTED_SCORES = 12_000
TABLE_COLUMNS = 8  # beyond which the scores of a case stand below its name
LISTED_PROBLEMS = 200
SHOWN_STRIPS = 60
UNDEFINED = "–"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Entry:
    """A class, region or average, and one score of it.

    Attributes:
        name: of the class, region or average.
        values: float64 ``[cases]``, NaN where undefined.
        summary: statistics of the values.
        pooled: the score of all files as the table of the command has it; NaN if
            undefined.
        average: whether it is an average.
        scored: whether it enters averages; always true of an average.
    """

    name: str
    values: Floats
    summary: Summary
    pooled: float = math.nan
    average: bool = False
    scored: bool = True


@dataclass(frozen=True)
class ScoreTable:
    """One score of everything that has it.

    Attributes:
        name: such as "Dice".
        entries: averages first.
        key: such as "dice" or "fbeta:beta=2".
    """

    name: str
    entries: Sequence[Entry]
    key: str = ""


@dataclass(frozen=True)
class WorstCase:
    """A case to look at.

    Attributes:
        name: of the case.
        scores: what to say about it, by the name of the class or average.
        picture: of the prediction on the label; None without one.
    """

    name: str
    scores: Mapping[str, float]
    picture: Picture | None = None


@dataclass(frozen=True)
class LeftOut:
    """Something that is not in the scores as it should be.

    Attributes:
        name: of the case, or of files.
        kind: what is wrong, in a few words.
        message: and in more.
    """

    name: str
    kind: str
    message: str


@dataclass(frozen=True)
class HtmlReport:
    """Everything that the page shows, as plain data.

    Attributes:
        title: of the page.
        cases: names of the cases, in the order of the values.
        scores: the first is the one that is seen without opening anything.
        pooled: what the column of the command's own table is called.
        interval: how intervals were estimated; None without intervals.
        matrix: int64 ``[C, C]``, rows are labels; None without one.
        classes: names of its C rows and columns.
        worst_by: what the worst cases are worst by, such as "macro Dice".
        worst: the worst first.
        left_out: pairs, and files that no pair has.
        notes: what was odd about cases that were counted, and warnings.
        options: of the command, by name.
        versions: of programs, by name.
        colours: of classes by name, such as "#e69f00"; "" for none.
    """

    title: str
    cases: Sequence[str]
    scores: Sequence[ScoreTable]
    pooled: str = "pooled"
    interval: Interval | None = None
    matrix: npt.NDArray[np.int64] | None = None
    classes: Sequence[str] = ()
    worst_by: str = ""
    worst: Sequence[WorstCase] = ()
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)


def html_report(report: HtmlReport) -> bytes:
    """Return the page, UTF-8; the same bytes for the same report."""
    sections = {
        "Scores": _scores,
        "Confusion": _confusion,
        "Worst cases": _worst,
        "Left out": _left_out,
        "Options": _options,
    }
    drawn = {name: section(report) for name, section in sections.items()}
    drawn = {name: text for name, text in drawn.items() if text}
    links = "".join(f'<li><a href="#{_anchor(name)}">{name}</a></li>' for name in drawn)
    body = "".join(
        f'<section id="{_anchor(name)}"><h2>{name}</h2>{text}</section>\n'
        for name, text in drawn.items()
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{_text(report.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n<header><h1>{_text(report.title)}</h1>{_headline(report)}"
        f'<nav aria-label="sections"><ul>{links}</ul></nav></header>\n'
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    )
    return page.encode("utf-8", "backslashreplace")


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _headline(report: HtmlReport) -> str:
    tiles = {"cases": f"{len(report.cases):,}"}
    if report.left_out:
        tiles["left out"] = f"{len(report.left_out):,}"
    for table in report.scores[:1]:
        for entry in [one for one in table.entries if one.average][:1]:
            tiles[f"{table.name}, {entry.name}, mean over cases"] = _mean(entry.summary)
    shown = "".join(
        f"<div><dt>{_text(name)}</dt><dd>{value}</dd></div>"
        for name, value in tiles.items()
    )
    notes = "".join(f'<p class="warn">{_text(note)}</p>' for note in report.notes)
    return f'<dl class="tiles">{shown}</dl>{notes}'


# Scores


def _scores(report: HtmlReport) -> str:
    if not report.scores or not report.cases:
        return "<p>No case could be evaluated.</p>"
    first, *others = report.scores
    parts = [_how_to_read(report), _score(report, first)]
    parts += [
        f"<details><summary>{_text(table.name)}</summary>{_score(report, table)}"
        "</details>"
        for table in others
    ]
    return "".join(parts)


def _how_to_read(report: HtmlReport) -> str:
    words = (
        "Mean, SD (n − 1), median and range are over cases in which the score is "
        f"defined; {UNDEFINED} is undefined."
    )
    if report.pooled == "pooled":
        words = "Pooled: of all pixels of all cases together. " + words
    if report.interval is not None:
        words += f" In brackets: {report.interval.described}."
        if report.interval.of_median:
            words += " The interval of the median is by the order of the scores."
    return f'<p class="quiet">{_text(words)}</p>'


def _score(report: HtmlReport, table: ScoreTable) -> str:
    parts = []
    entries = table.entries
    warning = None
    if report.interval is not None:
        warning = few_cases(
            [entry.name for entry in entries], [entry.summary for entry in entries]
        )
    if warning:
        parts.append(f'<p class="warn">{_text(warning)}</p>')
    parts.append(_summary_table(report, table))
    parts.append(_strips(report, table))
    parts.append(_case_table(report, table))
    return "".join(parts)


def _summary_table(report: HtmlReport, table: ScoreTable) -> str:
    headings = [report.pooled, "cases", "mean", "SD", "median", "range"]
    rows = []
    for entry in table.entries:
        summary = entry.summary
        median = _number(summary.median)
        if not math.isnan(summary.median_low):
            median = _bounded(summary.median, summary.median_low, summary.median_high)
        cells = [
            _number(entry.pooled),
            f"{summary.cases:,}",
            _mean(summary),
            _number(summary.sd),
            median,
            f"{_number(summary.minimum)} to {_number(summary.maximum)}"
            if summary.cases
            else UNDEFINED,
        ]
        kind = "average" if entry.average else "" if entry.scored else "unscored"
        rows.append((entry.name, cells, kind))
    caption = f"{table.name} over cases"
    return _table(caption, table.name, headings, rows, report.colours)


def _case_table(report: HtmlReport, table: ScoreTable) -> str:
    if not report.cases:
        return ""
    if len(report.cases) * len(table.entries) > LISTED_SCORES:
        return (
            f'<p class="quiet">{len(report.cases):,} cases are not listed here; the '
            "files of --json and --csv have them.</p>"
        )
    rows = [
        (case, [_number(entry.values[number]) for entry in table.entries], "")
        for number, case in enumerate(report.cases)
    ]
    names = [entry.name for entry in table.entries]
    if len(names) <= TABLE_COLUMNS:
        shown = _table(f"{table.name} of each case", "case", names, rows)
    else:
        shown = "".join(_case(case, names, cells) for case, cells, _ in rows)
    return (
        f"<details><summary>{_text(table.name)} of each case</summary>{shown}</details>"
    )


def _case(name: str, names: Sequence[str], cells: Sequence[str]) -> str:
    scores = "".join(
        f"<li><span>{_text(one)}</span><span>{cell}</span></li>"
        for one, cell in zip(names, cells, strict=True)
    )
    return f'<h4>{_text(name)}</h4><ul class="columns">{scores}</ul>'


def _table(
    caption: str,
    first: str,
    headings: Sequence[str],
    rows: Iterable[tuple[str, Sequence[str], str]],
    colours: Mapping[str, str] | None = None,
) -> str:
    """Return a table whose rows become cards where there is no room for columns."""
    head = "".join(f'<th scope="col">{_text(one)}</th>' for one in (first, *headings))
    body = []
    for name, cells, kind in rows:
        shown = "".join(
            f'<td{_wide(cell)} data-of="{_text(heading)}"><span>{cell}</span></td>'
            for heading, cell in zip(headings, cells, strict=True)
        )
        row = f' class="{kind}"' if kind else ""
        key = ""
        if colours and kind != "average" and colours.get(name):
            key = f'<span class="key" style="background:{colours[name]}"></span>'
        body.append(f'<tr{row}><th scope="row">{key}{_text(name)}</th>{shown}</tr>')
    return (
        f'<table class="stacked"><caption>{_text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def _wide(cell: str) -> str:
    return ' class="wide"' if len(cell) > 8 else ""


def _strips(report: HtmlReport, table: ScoreTable) -> str:
    entries = [entry for entry in table.entries if entry.summary.cases]
    if not entries:
        return ""
    words = "Box: quartiles and median; whiskers: as far as 1.5 box lengths. "
    if len(report.cases) <= plots.ALL_POINTS:
        words += "Points: cases. "
    else:
        words += "Points: cases beyond the whiskers. "
    words += "Below, the mean"
    words += " and its interval." if report.interval is not None else "."
    if len(entries) > SHOWN_STRIPS:
        words += f" The {SHOWN_STRIPS} lowest means of {len(entries)}."
        entries = sorted(entries, key=lambda entry: entry.summary.mean)[:SHOWN_STRIPS]
    scale = plots.Scale.of([entry.values for entry in entries])
    drawn = "".join(
        f'<div class="strip"><div>{_text(entry.name)}</div><div class="plot">'
        f"{plots.strip(entry.name, report.cases, entry.values, entry.summary, scale)}"
        "</div></div>"
        for entry in entries
    )
    axis = (
        '<div class="strip axis" aria-hidden="true"><div></div><div class="plot">'
        f"{plots.axis(scale)}</div></div>"
    )
    return (
        f"<h3>{_text(table.name)}: distribution over cases</h3>"
        f'<p class="quiet">{words}</p><div class="strips">{drawn}{axis}</div>'
    )


# Other sections


def _confusion(report: HtmlReport) -> str:
    if report.matrix is None or not report.matrix.any():
        return ""
    words = "Share of each label's pixels (row) that each class was predicted (column)."
    drawn = plots.heat_map(report.matrix, report.classes)
    return f'<p class="quiet">{words}</p>{drawn}'


def _worst(report: HtmlReport) -> str:
    if not report.worst:
        return ""
    cards = []
    for case in report.worst:
        scores = "".join(
            f"<li><span>{_text(name)}</span><span>{_number(value)}</span></li>"
            for name, value in case.scores.items()
        )
        picture = ""
        if case.picture is not None:
            words = _text(f"{case.name}, {case.picture.words}")
            picture = (
                f'<img src="{case.picture.source}" width="{case.picture.width}" '
                f'height="{case.picture.height}" alt="{words}">'
            )
            if case.picture.place:
                picture += f'<p class="quiet">{_text(case.picture.place)}</p>'
        cards.append(
            f"<figure><figcaption><strong>{_text(case.name)}</strong></figcaption>"
            f"{picture}<ul>{scores}</ul></figure>"
        )
    legend = ""
    pictures = [case.picture for case in report.worst if case.picture is not None]
    if pictures:
        seen = [kind for kind in MEANINGS if any(one.pixels[kind] for one in pictures)]
        legend = "".join(
            f'<li><span class="key" style="background:{COLOURS[kind]}"></span>'
            f"{_text(MEANINGS[kind])}</li>"
            for kind in seen
        )
        legend = f'<ul class="keys quiet">{legend}</ul>'
    by = f"The worst {_text(report.worst_by)} first." if report.worst_by else ""
    return f'<p class="quiet">{by}</p>{legend}<div class="cards">{"".join(cards)}</div>'


def _left_out(report: HtmlReport) -> str:
    if not report.left_out:
        return "<p>Nothing: everything that was found was evaluated.</p>"
    rows = "".join(
        f'<tr><th scope="row">{_text(one.name)}</th>'
        f'<td class="text" data-of="what">{_text(one.kind)}</td>'
        f'<td class="text" data-of="why">{_text(one.message)}</td></tr>'
        for one in report.left_out[:LISTED_PROBLEMS]
    )
    more = len(report.left_out) - LISTED_PROBLEMS
    note = f'<p class="quiet">And {more:,} more.</p>' if more > 0 else ""
    return (
        '<table class="stacked left"><thead><tr><th scope="col">case</th>'
        '<th scope="col" class="text">what</th><th scope="col" class="text">why</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>{note}"
    )


def _options(report: HtmlReport) -> str:
    parts = []
    for heading, pairs in (("", report.options), ("Versions", report.versions)):
        if pairs:
            parts.append(f"<h3>{heading}</h3>" if heading else "")
            shown = "".join(
                f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>"
                for name, value in pairs.items()
            )
            parts.append(f'<dl class="pairs">{shown}</dl>')
    return "".join(parts)


def _text(value: str) -> str:
    return escape(value, quote=True)


def _mean(summary: Summary) -> str:
    if math.isnan(summary.low):
        return _number(summary.mean)
    return _bounded(summary.mean, summary.low, summary.high)


def _bounded(value: float, low: float, high: float) -> str:
    return f"{_number(value)} [{_number(low)}, {_number(high)}]"


def _number(value: float) -> str:
    """Return three decimals, which say 1 only of what is 1."""
    if math.isnan(value):
        return UNDEFINED
    text = f"{value:.3f}"
    return "0.999" if text == "1.000" and value < 1 else text
