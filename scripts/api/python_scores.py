"""The scores in Python: functions of pixels, functions of counts, metric classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torchtally import _options
from torchtally._options import COUNTING, MATRIX, METRIC, POLICY, Option
from torchtally.functional._definitions import SCORES, Score

from .source import (
    HEADER,
    call,
    default,
    docstring,
    listed,
    parameter,
    passed,
    signature,
)
from .symbols import text

_HEADER = HEADER.format(definitions="_options.py and functional/_definitions.py")
_PIXELS = {
    "preds": "labels of target's shape, or class scores ``[N, C, ...]``.",
    "target": "integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel.",
    "num_classes": "C, or L for multilabel; may be left out for binary.",
}
_COUNTS = {
    "counts": "confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or "
    "int64 :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Never changed.",
}
_SCALAR = "float32, or ``dtype``: a scalar"
_SHAPES = {
    "class": f'{_SCALAR}; ``[C]`` with ``average="none"``, and a leading ``[N]`` with '
    '``aggregation="none"``. NaN where every entry was left out.',
    "all": f'{_SCALAR}, or ``[N]`` with ``aggregation="none"``. NaN where undefined.',
}
_SHAPES["scored"] = _SHAPES["all"]
_MEANING = ("label_map", "preds_map", "top_k")  # of these, what labels mean
_RAISES = {
    "TypeError": "for an argument of the wrong kind, or an option that is not listed.",
    "ValueError": "for a wrong shape or value",
}


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    return {
        "python/torchtally/functional/scores.py": _file(
            "Scores of pixels: predictions and targets in, a number out.",
            "from __future__ import annotations\n\n"
            "from typing import Any, Literal, overload\n\n"
            "import torch\nfrom torch import Tensor\n"
            f"\n{_imports('pixels')}"
            "\nfrom ._definitions import SCORES\nfrom ._policy import Scored\n"
            "from ._scoring import score_of_pixels\n",
            [score.function for score in SCORES.values()],
            map(_of_pixels, SCORES.values()),
        ),
        "python/torchtally/functional/counts.py": _file(
            "Counts of pixels: confusion matrices, and counts of each class.",
            "from __future__ import annotations\n\n"
            "import torch\nfrom torch import Tensor\nfrom typing_extensions import Never\n\n"
            "from torchtally._options import IgnoreIndex, LabelMap, Normalize, OutOfRange, Task\n"
            "from torchtally.ops._counting import ClassCounts\n"
            "\nfrom ._matrix import class_counts_of, confusion_matrix_of\n",
            ["class_counts", "confusion_matrix"],
            [_confusion_matrix(), _class_counts()],
        ),
        "python/torchtally/functional/from_counts.py": _file(
            "Scores of counts already taken: confusion matrices, or counts of classes.",
            "from __future__ import annotations\n\n"
            "from typing import Any, Literal, overload\n\n"
            "import torch\nfrom torch import Tensor\n"
            f"\n{_imports('counts')}from torchtally.ops._counting import ClassCounts\n"
            "\nfrom ._definitions import SCORES\nfrom ._policy import Scored\n"
            "from ._scoring import score_of_counts\n",
            [score.counts_function for score in SCORES.values()],
            map(_of_counts, SCORES.values()),
        ),
        "python/torchtally/metrics/scores.py": _file(
            "Counts and scores accumulated over batches: a class for each, and any set of them.",
            "from __future__ import annotations\n\n"
            "from collections.abc import Mapping, Sequence\n"
            "from typing import Any\n\n"
            "import torch\nfrom typing_extensions import Never\n"
            f"\n{_imports('state')}"
            "from torchtally.functional._definitions import SCORES\n"
            "\nfrom ._matrix import MatrixMetric\nfrom ._scored import ScoreMetric, SuiteMetric\n",
            ["ConfusionMatrix", "ScoreSuite", *(s.metric for s in SCORES.values())],
            [_matrix_metric(), *map(_metric, SCORES.values()), _suite()],
        ),
    }


def _file(
    title: str, imports: str, names: list[str], parts: Iterable[list[str]]
) -> str:
    lines = [f'"""{title}"""', _HEADER, imports]
    lines += ["__all__ = [", *(f'    "{name}",' for name in sorted(names)), "]", ""]
    for part in parts:
        lines += ["", *part, ""]
    return "\n".join(lines)


def _imports(kind: str) -> str:
    """Return the import of the types of every option."""
    tables = [getattr(score, kind) for score in SCORES.values()]
    tables += [MATRIX] if kind == "state" else []
    used = " ".join(option.type for table in tables for option in table.values())
    names = [
        name for name in vars(_options) if name[0].isupper() and name in used.split()
    ]
    names = sorted({n for n in names if not n.isupper()} - {"Tensor"})
    lines = ["from torchtally._options import (", *listed(names, 4), ")", ""]
    return "\n".join(lines)


def _title(score: Score) -> str:
    formula = f", {text(score)}" if score.ratio and not score.fixed else ""
    return f"{score.title}{formula}."


def _words(options: Mapping[str, Option]) -> dict[str, str]:
    return {name: option.doc for name, option in options.items()}


def _function(
    name: str, inputs: list[str], options: Mapping[str, Option], of_score: str
) -> list[str]:
    """Return the heads of a function, one for each type of its result."""
    lines = []
    for valid, result in (
        ("Literal[False] = False", "Tensor"),
        ("Literal[True]", "Scored"),
    ):
        parameters = [
            f"return_valid: {valid}"
            if option == "return_valid"
            else parameter(option, given)
            for option, given in options.items()
        ]
        head = signature(name, [*inputs, "*", *parameters], result)
        lines += ["@overload", *head[:-1], f"{head[-1]} ...", ""]
    parameters = [parameter(option, given) for option, given in options.items()]
    parameters = [*inputs, "*", *parameters, "**unknown: Any"]
    head = signature(name, parameters, "Tensor | Scored")
    assert head[-2].endswith("**unknown: Any,")
    return [*lines, *head[:-2], head[-2], head[-1]]


def _parameters(score: Score) -> str:
    return "{" + ", ".join(f'"{name}": {name}' for name in score.parameters) + "}"


def _others(score: Score, options: Mapping[str, Option]) -> list[str]:
    return [name for name in options if name not in score.parameters]


def _of_pixels(score: Score) -> list[str]:
    inputs = ["preds: Tensor", "target: Tensor", "num_classes: int | None = None"]
    given, result = score.example
    sections = {
        "Args": {**_PIXELS, **_words(score.pixels)},
        "Returns": [_SHAPES[score.sees]],
        "Raises": _RAISES
        | {"ValueError": f"{_RAISES['ValueError']}, or a label out of range."},
        "References": [score.source],
        "Example": [
            ">>> import torchtally as tt",
            ">>> preds = torch.tensor([[0, 0, 0, 1, 1, 1]])",
            ">>> target = torch.tensor([[0, 0, 0, 0, 1, 1]])",
            f">>> tt.{score.function}(preds, target, 2{_also(given)})",
            result,
        ],
    }
    arguments = [f'SCORES["{score.name}"]', "preds", "target", "num_classes", "unknown"]
    arguments += [_parameters(score), *passed(_others(score, score.pixels))]
    return [
        *_function(score.function, inputs, score.pixels, score.name),
        *docstring(_title(score), sections),
        *call("return score_of_pixels", arguments, 4),
    ]


def _of_counts(score: Score) -> list[str]:
    given, result = score.example
    of_pixels = f"Of counts already taken; :func:`{score.function}` counts."
    leading = f"{_SHAPES[score.sees]} Dimensions of counts before N stay in front."
    sections = {
        "Args": {**_COUNTS, **_words(score.counts)},
        "Returns": [leading],
        "Raises": _RAISES | {"ValueError": f"{_RAISES['ValueError']}."},
        "References": [score.source],
        "Example": [
            ">>> import torchtally as tt",
            ">>> matrix = torch.tensor([[3, 1], [0, 2]])",
            f">>> tt.functional.{score.counts_function}(matrix{_also(given)})",
            result,
        ],
    }
    arguments = [f'SCORES["{score.name}"]', "counts", "unknown", _parameters(score)]
    arguments += passed(_others(score, score.counts))
    name = score.counts_function
    return [
        *_function(name, ["counts: Tensor | ClassCounts"], score.counts, score.name),
        *docstring(f"{_title(score)}\n\n{of_pixels}", sections),
        *call("return score_of_counts", arguments, 4),
    ]


def _also(options: str) -> str:
    return f", {options}" if options else ""


def _metric(score: Score) -> list[str]:
    given, result = score.example
    kept = (
        f"Accumulated over batches: :func:`torchtally.{score.function}` of everything "
        "that ``update`` counted. See :class:`ScoreMetric` for its methods."
    )
    sections = {
        "Args": {"num_classes": _PIXELS["num_classes"], **_words(score.state)},
        "Raises": _RAISES | {"ValueError": "for a wrong value."},
        "References": [score.source],
        "Example": [
            f">>> metric = {score.metric}(num_classes=2{_also(given)})",
            ">>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))",
            ">>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))",
            ">>> metric.compute()",
            result,
        ],
    }
    arguments = ["num_classes", "unknown", _parameters(score)]
    arguments += passed(_others(score, score.state))
    return [
        f"class {score.metric}(ScoreMetric):",
        *docstring(f"{_title(score)}\n\n{kept}", sections),
        "",
        f'    _score = SCORES["{score.name}"]',
        "",
        *_init(["num_classes: int | None = None"], score.state),
        *call("super().__init__", arguments, 8),
    ]


def _init(inputs: list[str], options: Mapping[str, Option]) -> list[str]:
    parameters = [parameter(name, option) for name, option in options.items()]
    parameters = ["self", *inputs, "*", *parameters, "**unknown: Never"]
    return signature("__init__", parameters, "None", indent=4)


_READ = """\
The inputs are read as they are: any integer dtype or bool, any strides, no copy. Of
class scores (float16, bfloat16, float32 or float64) the first maximum wins and a NaN is
a maximum, as in ``torch.argmax``."""
_OF_MATRIX = """\
int64 ``[C, C]``, or ``[N, C, C]`` per sample; ``[L, 2, 2]`` or ``[N, L, 2, 2]`` for
multilabel; one more row and column, "other", with ``out_of_range="miss"``. Shares of that
shape with ``normalize``."""


def _confusion_matrix() -> list[str]:
    options = {**COUNTING, **MATRIX}
    title = (
        "Count how often each class was predicted for each class of the target.\n\n"
        "Entry ``[i, j]`` is the number of pixels with target ``i`` and prediction ``j``, "
        f"as in scikit-learn's ``confusion_matrix``. {_READ}"
    )
    sections = {
        "Args": {**_PIXELS, **_words(options)},
        "Returns": [_OF_MATRIX],
        "Raises": _RAISES
        | {"ValueError": f"{_RAISES['ValueError']}, or a label out of range."},
        "Example": [
            ">>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)",
            "tensor([[1, 1],",
            "        [0, 1]])",
            ">>> raw = torch.tensor([7, 26, -1])  # road, car, licence plate",
            ">>> to_class = {7: 0, 26: 1, -1: None}",
            ">>> confusion_matrix(torch.tensor([0, 0, 1]), raw, 2, label_map=to_class)",
            "tensor([[1, 0],",
            "        [1, 0]])",
        ],
    }
    return _counted("confusion_matrix", "Tensor", options, title, sections)


def _class_counts() -> list[str]:
    options = {n: o for n, o in COUNTING.items() if n not in _MEANING}
    options["per_sample"] = MATRIX["per_sample"]
    title = (
        "Count true and false positives and negatives of each class.\n\n"
        "Needs O(C) memory, so that C may be large where a confusion matrix would not "
        f"fit. {_READ}"
    )
    sections = {
        "Args": {**_PIXELS, **_words(options)},
        "Returns": [
            "``ClassCounts(tp, fp, fn, tn)``, int64 ``[C]`` each, or ``[N, C]`` per "
            'sample; with ``out_of_range="miss"`` also of the class "other".'
        ],
        "Raises": _RAISES
        | {"ValueError": f"{_RAISES['ValueError']}, or a label out of range."},
        "Example": [
            ">>> class_counts(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2).tp",
            "tensor([1, 1])",
        ],
    }
    return _counted("class_counts", "ClassCounts", options, title, sections)


def _counted(
    name: str,
    result: str,
    options: Mapping[str, Option],
    title: str,
    sections: Mapping[str, Any],
) -> list[str]:
    inputs = ["preds: Tensor", "target: Tensor", "num_classes: int | None = None", "*"]
    parameters = [parameter(option, given) for option, given in options.items()]
    arguments = ["preds", "target", "num_classes", "unknown", *passed(options)]
    return [
        *signature(name, [*inputs, *parameters, "**unknown: Never"], result),
        *docstring(title, sections),
        *call(f"return {name}_of", arguments, 4),
    ]


def _matrix_metric() -> list[str]:
    counting = {n: o for n, o in COUNTING.items() if n not in ("mask", "validate")}
    options = {**counting, **MATRIX, **METRIC}
    title = (
        "Accumulate a confusion matrix over batches.\n\n"
        f"Rows are targets, columns predictions. ``compute`` returns {_OF_MATRIX} Samples "
        "are in the order of updates. See :class:`MatrixMetric` for its methods."
    )
    sections = {
        "Args": {"num_classes": _PIXELS["num_classes"], **_words(options)},
        "Raises": _RAISES | {"ValueError": "for a wrong value."},
        "Example": [
            ">>> metric = ConfusionMatrix(num_classes=2)",
            ">>> metric.update(torch.tensor([0, 1]), torch.tensor([0, 1]))",
            ">>> metric.update(torch.tensor([1]), torch.tensor([0]))",
            ">>> metric.compute()",
            "tensor([[1, 1],",
            "        [0, 1]])",
            '>>> metric = ConfusionMatrix(2, label_map={7: 0, 26: 1}, normalize="true")',
            ">>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([7, 7, 26, 26]))",
            "tensor([[0.5000, 0.5000],",
            "        [0.0000, 1.0000]])",
        ],
    }
    return [
        "class ConfusionMatrix(MatrixMetric):",
        *docstring(title, sections),
        "",
        *_init(["num_classes: int | None = None"], options),
        *call("super().__init__", ["num_classes", "unknown", *passed(options)], 8),
    ]


def _suite() -> list[str]:
    counting = {n: o for n, o in COUNTING.items() if n not in ("mask", "validate")}
    policy = {n: o for n, o in POLICY.items() if n != "return_valid"}
    own: dict[str, Option] = {}
    for score in SCORES.values():
        for name, option in score.parameters.items():
            words = f"of {score.name}: {option.doc}"
            words = f"{own[name].doc} {words}" if name in own else words
            own[name] = option._replace(doc=words)
    of_scores = {
        name: option._replace(
            type=option.type if option.default is None else f"{option.type} | None",
            default=None,
        )
        for name, option in {**own, **policy}.items()
    }
    options = {**counting, **of_scores, **METRIC}
    scores = (
        "scores: Sequence[str] | Mapping[str, Mapping[str, Any]] = "
        '("dice", "iou", "f1")'
    )
    sections = {
        "Args": {
            "num_classes": _PIXELS["num_classes"],
            "scores": "names of scores; or from the name of a result to its own "
            "options, where ``score`` says which score it is if the name does not.",
            **_words(options),
        },
        "Raises": {
            "TypeError": "for an argument of the wrong kind, or an option that no score "
            "takes.",
            "ValueError": "for a score that does not exist, or a wrong value.",
        },
        "Example": [
            ">>> suite = ScoreSuite(",
            "...     num_classes=2,",
            '...     scores={"dice": {}, "each": {"score": "iou", "average": "none"}},',
            "... )",
            ">>> suite.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))",
            ">>> suite.compute()",
            "{'dice': tensor(0.6667), 'each': tensor([0.5000, 0.5000])}",
        ],
    }
    title = (
        "Any set of scores from one accumulation: each batch is counted once.\n\n"
        "``compute`` and ``forward`` return a dict. Options hold for every score that "
        "takes them, where None is each score's own default; those that a score is given "
        f"by name hold for it alone. The scores: {', '.join(SCORES)}."
    )
    return [
        "class ScoreSuite(SuiteMetric):",
        *docstring(title, sections),
        "",
        *_init(["num_classes: int | None = None", scores], options),
        "        super().__init__(",
        "            num_classes, scores, unknown,",
        "            {",
        *listed((f'"{n}": {n}' for n in of_scores), 16),
        "            },",
        *listed(passed([*counting, *METRIC]), 12),
        "        )",
    ]
