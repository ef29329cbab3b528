"""Pieces of Python source: signatures, calls and docstrings, wrapped at 88 columns.

Signatures and calls put several options on a line, which the formatter would not: the
files say ``fmt: off``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from torchtally._options import Option

WIDTH = 88
HEADER = """\
# Written by scripts/generate_api.py from {definitions}.
# fmt: off
# ruff: noqa: I001
"""


def wrapped(text: str, indent: int, hanging: int | None = None) -> list[str]:
    """Return lines of text."""
    return textwrap.wrap(
        text,
        width=WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def listed(parts: Iterable[str], indent: int) -> list[str]:
    """Return lines of parts, each with its comma."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= WIDTH:
            lines[-1] += f" {part},"
        else:
            lines.append(f"{' ' * indent}{part},")
    return lines


def parameter(name: str, option: Option) -> str:
    """Return an option as a parameter of a function."""
    return f"{name}: {option.type} = {default(option)}"


def default(option: Option) -> str:
    """Return the default of an option as source."""
    value = option.default
    return f'"{value}"' if isinstance(value, str) else repr(value)


def signature(
    name: str, parameters: Sequence[str], result: str, indent: int = 0
) -> list[str]:
    """Return the head of a function."""
    space = " " * indent
    inner = listed(parameters, indent + 4)
    return [f"{space}def {name}(", *inner, f"{space}) -> {result}:"]


def call(function: str, arguments: Iterable[str], indent: int) -> list[str]:
    """Return a call."""
    space = " " * indent
    return [f"{space}{function}(", *listed(arguments, indent + 4), f"{space})"]


def passed(options: Iterable[str]) -> list[str]:
    """Return options as they are handed on by name."""
    return [f"{name}={name}" for name in options]


def docstring(
    title: str,
    sections: Mapping[str, Sequence[str] | Mapping[str, str]],
    indent: int = 4,
) -> list[str]:
    """Return the lines of a Google docstring.

    Args:
        title: the first line, and paragraphs after an empty line.
        sections: from names to paragraphs or lines of code, or to arguments.
        indent: of the docstring.
    """
    space = " " * indent
    first, *more = title.split("\n\n")
    lines = wrapped(f'"""{first}', indent)
    for paragraph in more:
        lines += ["", *wrapped(paragraph, indent)]
    for name, content in sections.items():
        lines += ["", f"{space}{name}:"]
        if isinstance(content, Mapping):
            for argument, words in content.items():
                lines += wrapped(f"{argument}: {words}", indent + 4, indent + 8)
        elif name == "Example":
            lines += [f"{space}    {line}".rstrip() for line in content]
        else:
            for paragraph in content:
                lines += wrapped(paragraph, indent + 4)
    return [*lines, f'{space}"""']
