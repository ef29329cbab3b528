"""Pieces of Python source: signatures, calls and docstrings, wrapped at 88 columns.

Signatures and calls put several options on a line, which the formatter would not: the
files say ``fmt: off``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from torchtally import _options
from torchtally._options import Option

WIDTH = 88
HEADER = """\
# Written by scripts/generate_api.py from {definitions}.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations
"""
#: What metrics are made with, beside options; and options that are not theirs.
NUM_CLASSES = "num_classes: int | None = None"
OF_BATCH = ("mask", "validate")
#: Words that several functions share.
PIXELS = {
    "preds": "labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or "
    "an array of NumPy, CuPy or JAX, read without a copy; so target and mask.",
    "target": "integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. "
    "For binary and multilabel also floating numbers 0 and 1.",
    "num_classes": "C, or L for multilabel; may be left out for binary.",
}
OTHERS = {"**unknown": "any other option is refused, and the nearest one is named."}
RAISES = {
    "TypeError": "for an argument of the wrong kind, or an option that is not listed.",
    "ValueError": "for a wrong shape or value, or a label out of range.",
}
RAISES_OF_PIXELS = {
    "TypeError": RAISES["TypeError"],
    "ValueError": "for a wrong shape or value, or a label or score out of range. A "
    "program of ``torch.compile`` raises for these on CPU; on CUDA, and where it is "
    "exported, traced or vmapped, the pair is left out.",
}


def module(
    title: str,
    imports: str,
    names: Iterable[str],
    parts: Iterable[Sequence[str]],
    definitions: str = "_options.py and functional/_definitions.py",
) -> str:
    """Return the text of a file: its imports, its public names, their source."""
    header = HEADER.format(definitions=definitions)
    lines = [f'"""{title}"""', header, imports]
    lines += ["__all__ = [", *(f'    "{name}",' for name in sorted(names)), "]", ""]
    for part in parts:
        lines += ["", *part, ""]
    return "\n".join(lines)


def types_of(*tables: Mapping[str, Option], also: Iterable[str] = ()) -> str:
    """Return the import of the types that options, and other arguments, have."""
    used = {word for t in tables for o in t.values() for word in o.type.split(" | ")}
    names = sorted((used | {*also}) & vars(_options).keys() - {"Any", "Tensor"})
    lines = listed(names, 4)
    return "\n".join(["from torchtally._options import (", *lines, ")"])


def words(options: Mapping[str, Option]) -> dict[str, str]:
    """Return what options mean."""
    return {name: option.doc for name, option in options.items()}


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


def init(
    inputs: Sequence[str],
    options: Mapping[str, Option],
    title: str,
    arguments: Mapping[str, str],
    base: Iterable[str],
) -> list[str]:
    """Return the constructor of a class, which hands its options on to the base.

    Its docstring is what an editor shows where the class is called; without one, that
    is the docstring of ``torch.nn.Module``.
    """
    parameters = [parameter(name, option) for name, option in options.items()]
    parameters = ["self", *inputs, "*", *parameters, "**unknown: Never"]
    raises = RAISES | {"ValueError": "for a wrong value."}
    sections = {"Args": {**arguments, **words(options), **OTHERS}, "Raises": raises}
    return [
        *signature("__init__", parameters, "None", indent=4),
        *docstring(title, sections, 8),
        *call("super().__init__", base, 8),
    ]


def call(function: str, arguments: Iterable[str], indent: int) -> list[str]:
    """Return a call."""
    space = " " * indent
    return [f"{space}{function}(", *listed(arguments, indent + 4), f"{space})"]


def example(function: str, arguments: str) -> list[str]:
    """Return a call as a doctest, in lines that fit a docstring."""
    if len(function) + len(arguments) + 2 <= WIDTH - 12:
        return [f">>> {function}({arguments})"]
    return [f">>> {function}(", f"...     {arguments}", "... )"]


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
