"""Pieces of C++ source: enums, classes of options, comments, wrapped at 120 columns.

The files say ``clang-format off``: no formatter has to be there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from torchtally._options import CHOICES, Option

WIDTH = 120
FOLDER = "csrc/include/torchtally"
HEADER = (
    "// Written by scripts/generate_api.py from {definitions}.\n"
    "// clang-format off\n"
    "#pragma once\n"
)

#: C++ of the types of options that are no enums; of a list, of its elements.
_TYPES = {
    "bool": "bool",
    "float": "double",
    "int": "int64_t",
    "LabelMap": "LabelMap",
    "Regions": "Regions",
    "ZeroDivision": "ZeroDivision",
    "torch.dtype": "at::ScalarType",
}
_LISTS = {"IgnoreIndex": "int64_t", "ClassWeights": "double", "LossClasses": "int64_t"}
_MACROS = {
    "Array": "TENSOR_OPTION",
    "Classes": "CLASSES_OPTION",
    "LossWeights": "WEIGHTS_OPTION",
    "Threshold": "NUMBERS_OPTION",
}

#: What C++ says otherwise.
_WORDS = {
    r"float \[C\], or one number": "real [C] or a scalar tensor",
    r"float \[C\]": "real [C] or a scalar tensor",
    r", or a mapping from names to them": "",
    r"\[\[1, 2, 3\], \[1, 3\]\]": "{{1, 2, 3}, {1, 3}}",
    r"^None (is|for)\b": r"Unset \1",
    r"; None (is|for)\b": r"; unset \1",
    r"\. None means\b": r". Unset means",
    r"\bNone\b": "std::nullopt",
    r"\bTrue\b": "true",
    r"\bFalse\b": "false",
    r"\braise(s?)\b": r"throw\1",
    "²": "^2",
    r"\\\|": "|",
}


def enumerator(word: str) -> str:
    """Return the enumerator of a word: ``kBothEmpty``."""
    return "k" + "".join(part.capitalize() for part in word.split("_"))


def comment(words: str, indent: int = 0, lead: str = "///") -> list[str]:
    """Return lines of comment."""
    prefix = f"{' ' * indent}{lead} "
    return textwrap.wrap(
        words,
        width=WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix,
        break_long_words=False,
        break_on_hyphens=False,
    )


def packed(parts: Iterable[str], indent: int, end: str = "") -> list[str]:
    """Return lines of parts with commas between them."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 + len(end) <= WIDTH:
            lines[-1] += f", {part}"
        else:
            lines[-1:] = [f"{line}," for line in lines[-1:]]
            lines.append(" " * indent + part)
    lines[-1] += end
    return lines


def strings(words: Iterable[str]) -> list[str]:
    """Return the parts of a list of strings."""
    return ("{" + ", ".join(f'"{word}"' for word in words) + "}").split(", ")


def without_choices(option: Option) -> tuple[str, dict[str, str]]:
    """Split the words of an option from those of each choice."""
    words: dict[str, str] = {}
    head, *parts = re.split(r'``"(\w+)"``', option.doc)
    rest = ""
    for word, after in zip(parts[::2], parts[1::2], strict=True):
        if word in words or rest:
            rest += f'``"{word}"``{after}'
            continue
        of_choice, stop, more = after.partition(". ")
        words[word] = of_choice.strip().rstrip(";.,")
        rest = more if stop else ""
    return " ".join(
        [head.rstrip(" :,") + "."] * bool(head) + [rest] * bool(rest)
    ), words


def each_of(options: Iterable[str]) -> list[str]:
    """Return calls of ``f`` with every option."""
    return packed((f'f("{name}", options.{name}_...)' for name in options), 4, ";")


def each(options: Iterable[str], *first: str) -> list[str]:
    """Return a function that calls another with every option."""
    return [
        "  /// Calls f(name, fields...) with every option of some objects.",
        "  template <class F, class... Options>",
        "  static void each(F&& f, Options&... options) {",
        *first,
        *each_of(options),
        "  }",
    ]


class Vocabulary:
    """Options by name, and what C++ calls their types and values.

    Attributes:
        options: of which one that takes an enum has the words of its choices.
        enums: the name of the enum that an option takes, by the option's.
    """

    def __init__(self, options: Mapping[str, Option]) -> None:
        self.options = options
        self.enums = {
            name: kind
            for name, option in options.items()
            if (kind := option.type.split(" | ")[0]) in CHOICES
        }

    def literal(self, name: str, value: Any) -> str:
        """Return the value of an option as C++."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, torch.dtype):
            return {torch.float32: "at::kFloat", torch.float64: "at::kDouble"}[value]
        if isinstance(value, str):
            return f"{self.enums.get(name, 'ZeroDivision')}::{enumerator(value)}"
        return repr(value)

    def chain(self, values: Mapping[str, Any]) -> list[str]:
        """Return calls of setters."""
        return [f".{name}({self.literal(name, v)})" for name, v in values.items()]

    def said(self, words: str, capital: bool = False) -> str:
        """Return the words of an option as C++ says them."""
        choices = {word for kind in self.enums.values() for word in CHOICES[kind]}
        choices |= {"skip", "nan", "present"}

        def quoted(match: re.Match[str]) -> str:
            name, word = match[1], match[2]
            if word not in choices:
                return match[0].strip("`")
            name = f"{self.enums[name]}::" if name in self.enums else ""
            return "kNaN" if word == "nan" else f"{name}{enumerator(word)}"

        words = re.sub(r'``(?:(\w+)=)?"(\w+)"``', quoted, words)
        words = re.sub(r":func:`[\w.]*?(\w+)`", r"\1", words).replace("``", "")
        for python, cpp in _WORDS.items():
            words = re.sub(python, cpp, words)
        is_name = "_" in words.split(" ")[0]
        return words[:1].upper() + words[1:] if capital and not is_name else words

    def words(self, name: str, option: Option) -> str:
        """Return what a setter says: the words, and the default."""
        doc = without_choices(option)[0] if name in self.enums else option.doc
        doc = self.said(doc, capital=True)
        if option.default is None:
            return doc
        return f"{doc} Default: {self.literal(name, option.default)}.".strip()

    def enum(self, name: str) -> list[str]:
        """Return an enum: its enumerators with their words."""
        option = self._taking(name)
        head, words = without_choices(self.options[option])
        head = self.said(head.split(". ")[0]) if head[:1].islower() else "the choices."
        lines = [*comment(f"`{option}`: {head}"), f"enum class {name} {{"]
        for word in CHOICES[name]:
            doc = self.said(words.get(word, ""))
            line = f"  {enumerator(word)},  ///< {doc}"
            if len(line) > WIDTH:
                lines += comment(doc, 2)
            lines.append(line if doc and len(line) <= WIDTH else line.split("  //")[0])
        return [*lines, "};", ""]

    def words_of(self, name: str) -> str:
        """Return the line that says the words of an enum."""
        words = ", ".join(f'"{word}"' for word in CHOICES[name])
        return f'TORCHTALLY_DETAIL_WORDS({name}, "{self._taking(name)}", {words})'

    def setters(self, options: Mapping[str, Option]) -> list[str]:
        """Return setters with their words."""
        lines = []
        for name, option in options.items():
            lines += self.setter(name, option.type, self.words(name, option))
        return lines

    def setter(self, name: str, annotation: str, doc: str) -> list[str]:
        """Return a setter with its words."""
        kind = annotation.split(" | ")[0]
        if kind in _MACROS:
            macro = f"{_MACROS[kind]}({name})"
        elif kind in _LISTS:
            macro = f"LIST_OPTION({_LISTS[kind]}, {name})"
        else:
            macro = f"OPTION({_TYPES.get(kind, kind)}, {name})"
        return [*comment(doc, 2), f"  TORCHTALLY_DETAIL_{macro}"]

    def defaults(self, of: str, options: Mapping[str, Option]) -> list[str]:
        """Return a function of what holds where options are not set."""
        values = {n: o.default for n, o in options.items() if o.default is not None}
        calls = self.chain(values)
        calls += [f".{n}({{}})" for n, o in options.items() if o.type == "IgnoreIndex"]
        lines = textwrap.wrap(" ".join(calls), WIDTH - 8, break_long_words=False)
        lines = [f"        {line.replace(' .', '.')}" for line in lines]
        return [
            "",
            "  /// What holds where an option is not set: nothing, for those that are not here.",
            f"  static {of} defaults() {{",
            f"    return {of}()",
            *lines[:-1],
            f"{lines[-1]};",
            "  }",
            "",
        ]

    def needs(self, options: Mapping[str, Option]) -> list[str]:
        """Return a function of what options need to have an effect."""
        rows = []
        for name, option in options.items():
            for other, allowed in option.needs:
                values = ", ".join(f'"{value!r}"' for value in allowed)
                rows.append(f'{{"{name}", "{other}", {{{values}}}}}')
        return [
            "  /// Options that have an effect beside some values of others only.",
            "  static const std::vector<detail::Need>& needs() {",
            "    static const std::vector<detail::Need> all = {",
            *packed(rows, 8, "};"),
            "    return all;",
            "  }",
            "",
        ]

    def _taking(self, enum: str) -> str:
        return next(name for name, kind in self.enums.items() if kind == enum)
