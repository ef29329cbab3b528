"""The text of the reference pages, in reStructuredText, from what the code says."""

from __future__ import annotations

import argparse
import ast
import functools
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import peers
from public_names import (
    Doc,
    Method,
    Name,
    annotation,
    complete,
    default,
    methods,
    public_modules,
    public_names,
    written,
)

from torchtally import _options, losses, metrics
from torchtally.cli._parser import build_parser
from torchtally.functional._definitions import SCORES
from torchtally.functional.losses import _options as loss_options
from torchtally.functional.losses._definitions import LOSSES

ROOT = Path(__file__).parents[2]
#: What metric objects share is explained once, on a page of this name.
SHARED = "metric-methods"
BASE = "torchtally.metrics._base.CountingMetric"


@dataclass
class Group:
    """A page that lists names."""

    slug: str
    title: str
    about: str


GROUPS = [
    Group("counts", "Counts of pixels", "What scores are made of."),
    Group(
        "scores",
        "Scores of pixels",
        "Predictions and targets in, a number out. :doc:`options` explains what they "
        "have in common.",
    ),
    Group(
        "from-counts",
        "Scores of counts",
        "The same scores of a confusion matrix, or of counts of each class, that was "
        "taken before.",
    ),
    Group(
        "metrics",
        "Metric objects",
        "Counts that are kept over batches. All have the methods of "
        f":doc:`every metric object <{SHARED}>`.",
    ),
    Group(
        "losses",
        "Losses as modules",
        "Options are checked once, when a module is made. All have the methods of "
        ":class:`torchtally.losses.OverlapLoss`.",
    ),
    Group("loss-functions", "Losses as functions", "Logits and labels in, a loss out."),
    Group(
        "loss-sums",
        "Losses of sums",
        "The sums that the losses are made of, and the losses of sums that were taken "
        "before.",
    ),
    Group("statistics", "Statistics", "How sure a score is."),
    Group("build", "Build and runtime", "What is installed, and how it was built."),
    Group(
        "torchmetrics",
        "torchmetrics: classes",
        "Classes with the names, arguments and results of torchmetrics, which count "
        "with torchtally; and what converts metrics that exist.",
    ),
    Group(
        "torchmetrics-functions",
        "torchmetrics: functions",
        "Functions with the names, arguments and results of torchmetrics.",
    ),
    Group("transformers", "transformers", "For Hugging Face's Trainer."),
    Group(
        "monai",
        "MONAI",
        "Metrics, losses and handlers with the names and arguments of MONAI.",
    ),
    Group("ignite", "ignite", "For engines of PyTorch-Ignite."),
    Group(
        "smp",
        "segmentation_models_pytorch",
        "Metrics and losses with the names and arguments of smp.",
    ),
    Group("nnunet", "nnU-Net", "Losses with the names and arguments of nnU-Net 2."),
]
#: Pages that are no list of names: options, types, modules, the command line, C++.
OTHERS = ("options", "types", "modules", "command-line", "cpp")
#: Pages that are about what a group has, where they have another name.
GUIDES = {
    "scores": "policies",
    "loss-functions": "losses",
    "torchmetrics-functions": "torchmetrics",
}
_OF_NAMES = {
    "counts": ("ClassCounts", "class_counts", "confusion_matrix"),
    "loss-sums": ("OverlapSums", "overlap_sums"),
    "statistics": ("bootstrap_ci", "ConfidenceInterval"),
    "build": ("__version__", "build_info", "cmake_prefix_path", "register_sharding"),
    "from-counts": ("Scored",),
}


def group_of(name: Name) -> str:
    """Return the slug of the page that lists a name."""
    framework = peers.framework(name.module)
    if framework == peers.TORCHMETRICS and name.module.endswith("functional"):
        return "torchmetrics-functions"
    if framework:
        return framework.rpartition(".")[2]
    for slug, names in _OF_NAMES.items():
        if name.name in names:
            return slug
    last = name.module.rpartition(".")[2]
    if last in ("metrics", "losses"):
        return last
    for ending, slug in (
        ("_from_counts", "from-counts"),
        ("_loss_from_sums", "loss-sums"),
        ("_loss", "loss-functions"),
        ("confusion_matrix", "counts"),
    ):
        if name.name.endswith(ending):
            return slug
    return "scores"


def pages() -> dict[str, str]:
    """Return the text of every page, by its name."""
    names = public_names()
    related = _related()
    found = {name.path: _page(name, related.get(name.path, "")) for name in names}
    for group in GROUPS:
        listed = [name for name in names if group_of(name) == group.slug]
        found[group.slug] = _index(group, listed)
    found[SHARED] = _shared()
    found["options"] = _options_page(names)
    found["types"] = _types_page(names)
    found["modules"] = _modules_page(public_modules())
    found["command-line"] = _command_line()
    found["cpp"] = _cpp_page()
    return found


def _titled(title: str, *parts: Iterable[str]) -> str:
    width = max(len(title), 3)
    lines = [title, "=" * width]
    for part in parts:
        lines += ["", *part]
    return "\n".join(lines) + "\n"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"   {line}" if line else "" for line in lines]


# A name


def title_of(name: Name) -> str:
    """Return the title of the page of a name."""
    of = peers.TITLES.get(peers.framework(name.module), "")
    return f"{name.name} ({of})" if of else name.name


def _page(name: Name, related: str) -> str:
    doc = name.doc
    content = doc.text.splitlines()
    if name.replaces:
        content += ["", _replaces(name)]
    if related:
        content += ["", related]
    if name.aliases:
        also = ", ".join(f"``{alias}``" for alias in name.aliases)
        content += ["", f"Also as {also}."]
    content += _example(doc, name.module)
    if name.kind == "data":
        directive = ["py:data", name.name]
    elif name.kind == "function":
        call = f"{name.name}({written(name.parameters())})"
        directive = ["py:function", f"{call} -> {name.result()}"]
        content += _fields(name.parameters(), doc)
    else:
        directive = ["py:class", f"{name.name}({written(name.parameters())})"]
        content += _fields(name.parameters(), doc)
    content += _source(doc)
    if name.kind == "class":
        content += _methods(name)
    return _titled(
        title_of(name),
        [".. meta::", f"   :description: {_plain(doc.summary)}"],
        [f".. py:currentmodule:: {name.module}"],
        [f".. {directive[0]}:: {directive[1]}", "", *_indented(content)],
    )


def _plain(text: str) -> str:
    return re.sub(r":\w+:`([^`]*)`|``", r"\1", text)


def _unlinked(text: str) -> str:
    return re.sub(r":\w+:(`[^`]*`)", r"`\1`", text)


def _replaces(name: Name) -> str:
    what = f"``{name.replaces}``"
    if peers.is_own(name.value):
        text = f"Replaces {what}, with the same arguments and the same formula."
    else:
        text = f"The same object as {what}."
    of = peers.twin(name)
    if of.endswith("_loss"):
        text += f" torchtally's own is :func:`~torchtally.functional.{of}`."
    elif of:
        text += f" torchtally's own is :func:`~torchtally.{SCORES[of].function}`."
    return text


def _example(doc: Doc, module: str) -> list[str]:
    if not doc.example:
        return []
    code = ["", *_indented(complete(doc.example, module).splitlines())]
    return ["", ".. rubric:: Example", "", ".. code-block:: pycon", *code]


def _source(doc: Doc) -> list[str]:
    if not doc.references:
        return []
    return ["", ".. rubric:: Source of the formula", "", *doc.references.splitlines()]


def _fields(parameters: Iterable[inspect.Parameter], doc: Doc) -> list[str]:
    lines = [""]
    words = {**doc.attributes, **doc.args}
    for p in parameters:
        stars = {p.VAR_POSITIONAL: r"\*", p.VAR_KEYWORD: r"\*\*"}.get(p.kind, "")
        text = words.pop(p.name, "")
        if p.default is not p.empty:
            text += f" Default: ``{default(p.default)}``."
        lines.append(f":param {stars}{p.name}: {text}")
        kind = annotation(p.annotation)
        if kind and "[[" not in kind:  # a Callable's arguments read badly as links
            lines.append(f":type {stars}{p.name}: {kind}")
    lines += [f":ivar {n}: {w}" for n, w in words.items() if n in doc.attributes]
    if doc.returns:
        lines.append(f":returns: {' '.join(doc.returns.split())}")
    lines += [f":raises {error}: {when}" for error, when in doc.raises.items()]
    if doc.warns:
        lines += ["", ".. rubric:: Warnings", ""]
        lines += [f"* ``{kind}``: {when}" for kind, when in doc.warns.items()]
    return lines


def _method(method: Method, module: str = "torchtally.metrics") -> list[str]:
    call = inspect.signature(method.value)
    given = list(call.parameters.values())[1:]  # without self
    result = annotation(call.return_annotation) or "None"
    doc = method.doc
    head = f".. py:method:: {method.name}({written(given)}) -> {result}"
    options = ["   :classmethod:"] if method.prefix else []
    documented = [p for p in given if p.name in doc.args]
    content = [
        *doc.text.splitlines(),
        *_example(doc, module),
        *_fields(documented, doc),
    ]
    return ["", head, *options, "", *_indented(content)]


def _methods(name: Name) -> list[str]:
    own: list[str] = []
    rows: list[tuple[str, str]] = []
    for method in sorted(methods(name.value), key=_is_named):
        shared = issubclass(method.owner, metrics._base.CountingMetric) and (
            method.owner.__name__ in ("CountingMetric", "NamedScores")
        )
        of_losses = (
            method.owner is losses.OverlapLoss and name.value is not method.owner
        )
        if shared or of_losses:
            home = BASE if shared else "torchtally.losses.OverlapLoss"
            link = f":py:meth:`{method.name} <{home}.{method.name}>`"
            rows.append((link, method.doc.summary))
        elif method.name != "from_op":
            own += _method(method, name.module)
    lines = ["", ".. rubric:: Methods", "", *_table(rows)] if rows else []
    return [*lines, *own]


def _is_named(method: Method) -> bool:
    return method.name in ("named", "plot")  # after what they are about


def _table(rows: Iterable[tuple[str, ...]], head: tuple[str, ...] = ()) -> list[str]:
    kind = "reference-table" if not head else "reference-columns"
    lines = [".. list-table::", "   :widths: auto", f"   :class: {kind}"]
    if head:
        lines.append("   :header-rows: 1")
    lines.append("")
    for row in [head, *rows] if head else rows:
        first, *more = row
        lines += [f"   * - {first}", *(f"     - {cell}".rstrip() for cell in more)]
    return lines


def _index(group: Group, names: list[Name]) -> str:
    role = {"class": "class", "function": "func", "data": "data"}
    rows = [
        (f":py:{role[n.kind]}:`{n.name} <{n.path}>`", _unlinked(n.doc.summary))
        for n in names
    ]
    tree = [".. toctree::", "   :hidden:", ""]
    tree += [f"   {name.name} <{name.path}>" for name in names]
    if group.slug == "metrics":
        tree.append(f"   {SHARED}")
    guides = _guides(GUIDES.get(group.slug, group.slug))
    return _titled(group.title, [f"{group.about}{guides}"], _table(rows), tree)


def _guides(stem: str) -> str:
    """Return a sentence with the pages of a name that are no reference."""
    folder = ROOT / "docs"
    found = sorted(folder.rglob(f"{stem}.md"))
    pages = [path.relative_to(folder).with_suffix("").as_posix() for path in found]
    return f" See {', '.join(f':doc:`/{page}`' for page in pages)}." if pages else ""


def _related() -> dict[str, str]:
    """Return, by the path of a name, the other forms of the same score or loss."""
    forms = [
        [
            ("of pixels", f":func:`~torchtally.{score.function}`"),
            ("of counts", f":func:`~torchtally.functional.{score.counts_function}`"),
            ("over batches", f":class:`~torchtally.metrics.{score.metric}`"),
        ]
        for score in SCORES.values()
    ]
    forms += [
        [
            ("of logits", f":func:`~torchtally.functional.{loss.function}`"),
            ("of sums", f":func:`~torchtally.functional.{loss.sums_function}`"),
            ("as a module", f":class:`~torchtally.losses.{loss.module}`"),
        ]
        for loss in LOSSES.values()
    ]
    found = {}
    for group in forms:
        for _, link in group:
            path = link.split("`")[1][1:]
            others = [f"{what} {to}" for what, to in group if to != link]
            found[path] = f"The same {', '.join(others)}."
    return found


def _shared() -> str:
    lines = [
        "What every class of :mod:`torchtally.metrics` has. ``named`` and ``plot`` are "
        "those of scores; :class:`torchtally.metrics.ConfusionMatrix` has its own.",
    ]
    base = metrics._base.CountingMetric
    doc = base.__doc__ or ""
    content = Name("torchtally.metrics._base", "CountingMetric", base).doc
    body = [*content.text.splitlines(), *_fields([], content)]
    for method in sorted(methods(metrics.DiceScore), key=_is_named):
        body += _method(method)
    assert doc
    head = [".. py:currentmodule:: torchtally.metrics._base", ""]
    head += [".. py:class:: CountingMetric", "", *_indented(body)]
    return _titled("Methods of metric objects", lines, head)


# Options


def _tables() -> dict[str, _options.Option]:
    """Return the options that have an effect beside some values of others only."""
    tables = [*vars(_options).values(), *vars(loss_options).values()]
    options = [o for table in tables if isinstance(table, dict) for o in table.items()]
    return {n: o for n, o in options if isinstance(o, _options.Option) and o.needs}


@dataclass
class Variant:
    """An option in the words of those that take it."""

    doc: str
    kind: str
    defaults: dict[str, list[Name]]


def _takes(names: list[Name]) -> dict[str, list[Variant]]:
    found: dict[str, list[Variant]] = {}
    for name in names:
        if peers.framework(name.module) or name.kind == "data":
            continue
        words = name.doc.args
        for p in name.parameters():
            if p.kind is not p.KEYWORD_ONLY or p.name == "seed":
                continue
            variants = found.setdefault(p.name, [])
            doc = words[p.name]
            variant = next((v for v in variants if v.doc == doc), None)
            if variant is None:
                variant = Variant(doc, annotation(p.annotation), {})
                variants.append(variant)
            variant.defaults.setdefault(default(p.default), []).append(name)
    return found


def option_label(name: str) -> str:
    """Return the label of an option's section."""
    return f"option-{name.replace('_', '-')}"


def _options_page(names: list[Name]) -> str:
    needs = _tables()
    sizes = {
        group.slug: [n for n in names if group_of(n) == group.slug] for group in GROUPS
    }
    parts: list[str] = []
    for name, variants in sorted(_takes(names).items()):
        parts += ["", f".. _{option_label(name)}:", "", name, "-" * len(name), ""]
        variants.sort(key=lambda v: -sum(map(len, v.defaults.values())))
        for variant in variants:
            takers = [n for group in variant.defaults.values() for n in group]
            if len(variants) > 1 and [n.name for n in takers] == ["ScoreSuite"]:
                continue  # the same, in the words of each score
            text = [f"{variant.doc[0].upper()}{variant.doc[1:]}", ""]
            text += [f":type: {_linked(variant.kind)}"]
            chosen = list(variant.defaults)
            main = max(chosen, key=lambda value: len(variant.defaults[value]))
            also = [
                f"``{value}`` of {_listed(variant.defaults[value], {})}"
                for value in chosen
                if value != main
                and [n.name for n in variant.defaults[value]] != ["ScoreSuite"]
            ]  # None of ScoreSuite is the default of each score
            text.append(f":default: {', '.join([f'``{main}``', *also])}")
            if name in needs and needs[name].doc == variant.doc:
                beside = (
                    f"``{other}={' or '.join(map(repr, values))}``"
                    for other, values in needs[name].needs
                )
                text.append(f":has an effect: with {' and '.join(beside)}")
            text.append(f":taken by: {_listed(takers, sizes)}")
            parts += [*text, ""]
    about = (
        "Every option of counts, scores, metric objects and losses: what it does, its "
        "type and default, and what takes it. An option that several have is one "
        "section; where its words differ, each is there."
    )
    return _titled("Options", [about], parts)


def _listed(names: list[Name], sizes: dict[str, list[Name]]) -> str:
    """Return names as links, a group by its title where it is there as a whole."""
    parts = []
    for slug in dict.fromkeys(group_of(n) for n in names):
        here = [n for n in names if group_of(n) == slug]
        everyone = [n for n in sizes.get(slug, []) if _has_options(n)]
        missing = [n for n in everyone if n not in here]
        title = next(g.title for g in GROUPS if g.slug == slug)
        if len(everyone) > 2 and len(missing) < len(here):
            part = f":doc:`{title} <{slug}>`"
            if missing:
                part += f" but for {', '.join(map(_link, missing))}"
            parts.append(part)
        else:
            parts += map(_link, here)
    return "; ".join(parts)


def _has_options(name: Name) -> bool:
    return name.kind != "data" and any(
        p.kind is p.KEYWORD_ONLY for p in name.parameters()
    )


def _link(name: Name) -> str:
    role = "class" if name.kind == "class" else "func"
    return f":py:{role}:`{name.name} <{name.path}>`"


def _linked(kind: str) -> str:
    """Return a type, the names that the page of types explains as links."""
    return re.sub(
        r"\w+(?:\.\w+)*",
        lambda m: f":py:class:`{m[0]}`" if m[0] in aliases() else f"``{m[0]}``",
        kind.replace("[", " of ").replace("]", ""),
    )


@functools.cache
def aliases() -> dict[str, str]:
    """Return the types that signatures name, each with what it stands for."""
    tree = ast.parse(inspect.getsource(_options))
    found = {}
    for node in tree.body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and ast.unparse(node.annotation) == "TypeAlias"
            and node.value is not None
        ):
            found[node.target.id] = ast.unparse(node.value)
    return found


def _types_page(names: list[Name]) -> str:
    used = {
        option: {word for v in variants for word in re.findall(r"\w+", v.kind)}
        for option, variants in _takes(names).items()
    }
    about = [
        "Signatures name the types of options; what is passed are plain strings, "
        "numbers, tensors and collections. The names themselves are not exported.",
    ]
    parts: list[str] = []
    for name, value in sorted(aliases().items()):
        parts += ["", f".. py:type:: {name}", f"   :canonical: {value}", ""]
        of = [o for o, kinds in used.items() if name in kinds]
        if of:
            links = (f":ref:`{o} <{option_label(o)}>`" for o in sorted(of))
            parts.append(f"   Of the option {', '.join(links)}.")
    for protocol in ("ArrayInterface", "DLPackArray", "NumPyArray"):
        doc = (getattr(_options, protocol).__doc__ or "").splitlines()[0]
        parts += ["", f".. py:type:: {protocol}", "", f"   {doc}"]
    return _titled("Types of options", about, parts)


def _modules_page(modules: dict[str, ModuleType]) -> str:
    parts: list[str] = []
    for name, module in modules.items():
        parts += ["", name, "-" * len(name), "", f".. py:module:: {name}", ""]
        text = inspect.cleandoc(module.__doc__ or "").split("\nExample:")[0]
        parts += [f".. py:currentmodule:: {name}", "", *text.splitlines()]
    about = "What is public, and where. A name has its page under its shortest path."
    return _titled("Modules", [about], parts)


# The command line


def _command_line() -> str:
    parser, commands = build_parser()
    parts = _command("torchtally", parser)
    for name, command in commands.items():
        title = f"torchtally {name}"
        parts += ["", title, "-" * len(title), *_command(title, command)]
    about = "What ``torchtally COMMAND --help`` prints, with every option of each."
    about += _guides("evaluate") + _guides("comparing")
    return _titled("Command line", [about], parts)


def _command(title: str, parser: argparse.ArgumentParser) -> list[str]:
    lines = [""]
    if parser.description:
        paragraphs = parser.description.strip().split("\n\n")
        lines += [line for p in paragraphs for line in (_escaped(p), "")]
    positional = [
        a for a in parser._actions if not a.option_strings and a.dest != "command"
    ]
    words = " ".join([*(str(a.metavar) for a in positional), "[options]"])
    words = words if positional or title != "torchtally" else "[options] COMMAND ..."
    lines += [".. code-block:: text", "", f"   {title} {words}", ""]
    lines += [f".. program:: {title}", ""]
    for group in parser._action_groups:
        shown = [
            action
            for action in group._group_actions
            if action.option_strings and action.dest != "help"
        ]
        if not shown:
            continue
        if group.title not in ("options", "positional arguments"):
            lines += ["", f".. rubric:: {str(group.title).capitalize()}", ""]
        for action in shown:
            lines += _action(parser, action)
    if parser.epilog:
        lines += ["", _escaped(parser.epilog)]
    return lines


def _action(parser: argparse.ArgumentParser, action: argparse.Action) -> list[str]:
    value = ""
    if action.nargs != 0:
        value = parser._get_formatter()._format_args(action, action.dest.upper())
        if action.choices:
            value = "{" + ",".join(map(str, action.choices)) + "}"
    heads = ", ".join(f"{o} {value}".strip() for o in action.option_strings)
    words = ""
    if action.help:
        words = parser._get_formatter()._expand_help(action)
    return ["", f".. option:: {heads}", "", f"   {_escaped(words)}"]


def _escaped(text: str) -> str:
    """Return text as it is, options in it as literals."""
    text = re.sub(r"([\\*`|]|_\b)", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![\w-])(--[a-z][\w-]*)", r"``\1``", text)


# C++


def _cpp_page() -> str:
    folder = ROOT / "csrc" / "include" / "torchtally"
    rows: list[tuple[str, str, str]] = []
    about = [
        "The functions and classes of the headers, and what of Python each is the twin "
        f"of: arguments, defaults and results are the same.{_guides('cpp')}",
    ]
    parts: list[str] = []
    for header in sorted(folder.glob("*.h")):
        rows = list(_declared(header))
        if rows:
            title = f"torchtally/{header.name}"
            parts += ["", title, "-" * len(title), ""]
            parts += _table(rows, ("C++", "what it is", "Python"))
    return _titled("C++", about, parts)


_DECLARED = re.compile(
    r"(?P<doc>(?:^///.*\n)+)(?:template .*\n)?"
    r"(?:^TORCHTALLY_DETAIL_\w+\((?P<names>[^)]*)\)"
    r"|^(?:enum )?(?:class|struct) (?P<type>\w+)"
    r"|^inline [\w:]+(?:<[^>]*>)? (?P<function>\w+)\()",
    re.M,
)


def _declared(header: Path) -> Iterator[tuple[str, str, str]]:
    text = header.read_text(encoding="utf-8")
    twins = _twins()
    if header.name == "metrics.h":
        scores = [(s.metric, f"{s.title}.") for s in SCORES.values()]
        for name, title in scores:
            yield f"``metrics::{name}``", title, twins[name]
    if header.name == "loss_modules.h":
        for loss in LOSSES.values():
            yield f"``{loss.module}``", f"{loss.title}.", twins[loss.module]
    for found in _DECLARED.finditer(text):
        if "\\file" in found["doc"]:
            continue
        doc = " ".join(re.sub(r"^/// ?", "", found["doc"], flags=re.M).split())
        doc = re.split(r" \\\w|(?<=[a-z)\]])[.] (?=[A-Z])|: (?=`)", doc)[0].strip(".")
        doc = _escaped(doc).replace("\\`", "``")
        names = (found["names"] or found["type"] or found["function"]).split(",")
        for name in (n.strip() for n in names):
            if name.startswith("k") and name[1:2].isupper():
                continue
            space = {"metrics.h": "metrics::", "loss_presets.h": "presets::"}
            yield (
                f"``{space.get(header.name, '')}{name}``",
                f"{doc}.",
                twins.get(name, ""),
            )


@functools.cache
def _twins() -> dict[str, str]:
    """Return links to Python by the names that C++ has."""
    found = {}
    for name in public_names():
        if not peers.framework(name.module) and name.kind != "data":
            found[name.name] = _link(name)
    for alias in aliases():
        found.setdefault(alias, f":py:class:`{alias}`")
    found["CountingMetric"] = f":py:class:`CountingMetric <{BASE}>`"
    found.update(Score=":doc:`scores`", ScoreOptions=":doc:`options`")
    found.update(CountOptions=":doc:`options`", LossOptions=":doc:`options`")
    found.update(CountingOptions=":doc:`options`", OverlapOptions=found["overlap_sums"])
    preset = ":py:meth:`preset <torchtally.losses.OverlapLoss.preset>`"
    for peer in ("monai", "smp", "nnunet", "kornia"):
        for name in ("dice", "dice_ce", "jaccard", "tversky", "generalized_dice"):
            found[f"{peer}_{name}"] = preset
    return found
