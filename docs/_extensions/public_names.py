"""The public names of torchtally, each with what its docstring says.

What the reference pages are written from, and what their test looks at; sphinx is not
needed here.
"""

from __future__ import annotations

import ast
import builtins
import enum
import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import peers

#: Where names are public, the shortest paths first: a name has its page there.
MODULES = (
    "torchtally",
    "torchtally.functional",
    "torchtally.metrics",
    "torchtally.losses",
    "torchtally.ops",
    "torchtally.integrations.torchmetrics",
    "torchtally.integrations.torchmetrics.functional",
    "torchtally.integrations.transformers",
    "torchtally.integrations.monai",
    "torchtally.integrations.ignite",
    "torchtally.integrations.smp",
    "torchtally.integrations.smp.losses",
    "torchtally.integrations.smp.metrics",
    "torchtally.integrations.nnunet",
)
#: Names that hold a value and have no docstring: what it is.
DATA = {
    "torchtally.__version__": "The version that is installed, as ``pip`` has it.",
    "torchtally.cmake_prefix_path": "The folder in which CMake finds the package "
    "TorchTally: for ``CMAKE_PREFIX_PATH``, beside that of torch "
    "(``torch.utils.cmake_prefix_path``).",
}
#: Options that are refused, with a hint, and are no options.
REFUSED = "unknown"


@dataclass
class Doc:
    """A docstring of Google's style, taken apart."""

    text: str = ""
    args: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    raises: dict[str, str] = field(default_factory=dict)
    warns: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    references: str = ""
    example: str = ""

    @property
    def summary(self) -> str:
        """The first paragraph, in a line."""
        return " ".join(self.text.split("\n\n")[0].split())


@dataclass
class Name:
    """A public name."""

    module: str
    name: str
    value: Any
    aliases: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The name with its module."""
        return f"{self.module}.{self.name}"

    @property
    def kind(self) -> str:
        """What it is: class, function or data."""
        if inspect.isclass(self.value):
            return "class"
        return "function" if callable(self.value) else "data"

    @property
    def replaces(self) -> str:
        """What of another library has its arguments and results; "" for what is own."""
        return peers.replaced(self.module, self.name, self.value)

    @property
    def doc(self) -> Doc:
        """What its docstring says; of a class also that of its constructor."""
        if self.kind == "data":
            shown = [">>> import torchtally", f">>> {self.path}", repr(self.value)]
            if self.name == "cmake_prefix_path":  # differs between machines
                shown[1:] = [f">>> {self.path}.rpartition('/')[2]", "'cmake'"]
            return Doc(text=DATA[self.path], example="\n".join(shown))
        found = parsed(self.value.__doc__)
        if self.kind == "class":
            made = parsed(vars(self.value).get("__init__", found).__doc__)
            found.args = found.args or made.args
            found.raises = found.raises or made.raises
        found.args.pop(REFUSED, None)
        if self.replaces:
            found = peers.completed(self, found)
        return found

    def parameters(self) -> list[inspect.Parameter]:
        """Return what it is called with, without what is refused."""
        given = peers.signature(self.value) if self.replaces else None
        given = given or inspect.signature(self.value)
        return [p for p in given.parameters.values() if p.name != REFUSED]

    def result(self) -> str:
        """Return the type of what a function returns."""
        return annotation(inspect.signature(self.value).return_annotation)


@functools.cache
def public_names(*, installed: bool = False) -> list[Name]:
    """Return every public name once, in the order of modules.

    Args:
        installed: leave out the integrations whose library is not installed.
    """
    found: dict[int, Name] = {}
    for module in MODULES:
        try:
            package = importlib.import_module(module)
        except ImportError:
            if not installed or not peers.framework(module):
                raise
            continue
        for name in exported(package):
            value = getattr(package, name)
            if isinstance(value, ModuleType):
                continue
            known = found.setdefault(id(value), Name(module, name, value))
            if known.path != f"{module}.{name}":
                known.aliases.append(f"{module}.{name}")
    return list(found.values())


def public_modules() -> dict[str, ModuleType]:
    """Return every module that is public, by its name."""
    found: dict[str, ModuleType] = {}
    for name in MODULES:
        package = importlib.import_module(name)
        found[name] = package
        for value in (getattr(package, name) for name in exported(package)):
            if isinstance(value, ModuleType):
                found[value.__name__] = value
    return dict(sorted(found.items()))


def exported(module: ModuleType) -> list[str]:
    """Return the names that a module exports."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]


_SECTIONS = {
    "Args": "args",
    "Attributes": "attributes",
    "Raises": "raises",
    "Warns": "warns",
    "Returns": "returns",
    "Yields": "returns",
    "References": "references",
    "Example": "example",
}
_HEAD = re.compile(rf"^({'|'.join(_SECTIONS)}):\n((?:    .*\n|\n)*)", re.M)
_ENTRY = re.compile(r"^(\*{0,2}\w+): (.*(?:\n +.*)*)", re.M)


def parsed(docstring: str | None) -> Doc:
    """Take a docstring apart."""
    text = inspect.cleandoc(docstring or "") + "\n"
    doc = Doc(text=_HEAD.sub("", text).strip())
    for head, body in _HEAD.findall(text):
        name, body = _SECTIONS[head], textwrap.dedent(body).strip()
        entries = {n.lstrip("*"): " ".join(w.split()) for n, w in _ENTRY.findall(body)}
        of_text = isinstance(getattr(doc, name), str)
        setattr(doc, name, body if of_text else entries)
    return doc


def complete(example: str, module: str) -> str:
    """Return an example with the imports that its docstring can do without.

    Args:
        example: as a doctest.
        module: that exports what it names.
    """
    lines = [line[4:] for line in example.splitlines() if line[:3] in (">>>", "...")]
    nodes = list(ast.walk(ast.parse("\n".join(lines))))
    loaded, bound = set(), set(vars(builtins))
    for node in nodes:
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    missing = sorted(loaded - bound)
    heads = [">>> import torch"] if "torch" in missing else []
    names = [name for name in missing if name != "torch"]
    if names:
        heads.append(f">>> from {module} import {', '.join(names)}")
    return "\n".join([*heads, example])


@dataclass
class Method:
    """A method of a class, and the class that defines it."""

    name: str
    owner: type
    value: Callable[..., Any]
    prefix: str

    @property
    def doc(self) -> Doc:
        """What its docstring says."""
        return parsed(self.value.__doc__)


def methods(cls: type) -> Iterator[Method]:
    """Yield the methods of a class that torchtally defines and documents."""
    seen: set[str] = set()
    for owner in cls.__mro__:
        if not owner.__module__.startswith("torchtally"):
            continue
        for name, value in vars(owner).items():
            public = not name.startswith("_") or name == "__call__"
            if name in seen or not public or name == "extra_repr":
                continue
            seen.add(name)
            prefix = "classmethod" if isinstance(value, classmethod) else ""
            value = getattr(value, "__func__", value)
            own = inspect.isfunction(value) and value.__module__ == owner.__module__
            if own and value.__doc__:
                yield Method(name, owner, value, prefix)


# Signatures


#: Types that say nothing to a reader, in other words.
_WRITTEN = {
    r"CountingMetric\[\w+\]": "CountingMetric",
    r"\bValue\b": "Tensor | dict[str, Tensor]",
    r"\bGroup\b": "Any",
    r"\b_Module\b": "Module",
    r"\b(MetricReduction|LossReduction|Weight) \| str\b": "str",
}


def annotation(value: object) -> str:
    """Return a type as it is written, without the modules of its names."""
    if value is inspect.Parameter.empty:
        return ""
    value = getattr(value, "__forward_arg__", value)
    text = value if isinstance(value, str) else inspect.formatannotation(value)
    for pattern, words in _WRITTEN.items():
        text = re.sub(pattern, words, text)
    text = re.sub(r"Optional\[((?:[^\[\]]|\[[^\]]*\])*)\]", r"\1 | None", text)
    return re.sub(r"\b(?!torch\.(?:dtype|device)\b)(?:\w+\.)+(\w+)", r"\1", text)


def default(value: object) -> str:
    """Return a default as it is written."""
    if isinstance(value, enum.Enum):
        return repr(value.value)
    if inspect.isfunction(value) or inspect.isclass(value):
        return value.__name__ if value.__name__.isidentifier() else "..."
    text = repr(value)
    return text if re.fullmatch(r"[\w.'\"(),{}\[\] <>+-]*", text) else "..."


def written(parameters: list[inspect.Parameter]) -> str:
    """Return parameters as a signature has them."""
    parts: list[str] = []
    starred = False
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            starred = True
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        kind = annotation(p.annotation)
        text = f"{stars}{p.name}" + (f": {kind}" if kind else "")
        if p.default is not p.empty:
            text += f" = {default(p.default)}"
        parts.append(text)
    return ", ".join(parts)
