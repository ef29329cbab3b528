"""Every option of counts and scores, stated once: its type, its default, its words.

Signatures and docstrings of the public functions and classes are written from these
tables (``scripts/generate_api.py``), in both languages; values are checked against the
types. An option that several scores have differs between them in its default at most.
The types of the options of losses are here too, their tables in
``functional/losses/_options.py``.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, get_args

import torch
from torch import Tensor

Task: TypeAlias = Literal["multiclass", "binary", "multilabel"]
OutOfRange: TypeAlias = Literal["error", "ignore", "miss"]
Normalize: TypeAlias = Literal["true", "pred", "all"]
Average: TypeAlias = Literal["macro", "micro", "weighted", "none", "binary", "samples"]
UndefinedWhen: TypeAlias = Literal["zero_denominator", "empty_target", "both_empty"]
Aggregation: TypeAlias = Literal["global", "samplewise", "none"]
OfSamples: TypeAlias = Literal["samplewise", "none"]
SampleMean: TypeAlias = Literal["classes_first", "samples_first", "joint"]
WeightType: TypeAlias = Literal["square", "simple", "linear"]
EmptyWeight: TypeAlias = Literal["largest", "zero"]
KappaWeights: TypeAlias = Literal["none", "linear", "quadratic"]

Activation: TypeAlias = Literal["softmax", "sigmoid", "none"]
LossAverage: TypeAlias = Literal["macro", "micro"]
Absent: TypeAlias = Literal["keep", "zero", "skip"]
LossForm: TypeAlias = Literal["complement", "negative", "log"]
LossReduction: TypeAlias = Literal["mean", "sum", "none"]
GammaOf: TypeAlias = Literal["entries", "mean"]
LossWeightType: TypeAlias = Literal["square", "simple", "uniform"]
Conventions: TypeAlias = Literal["own", "monai", "smp", "nnunet"]


class DLPackArray(Protocol):
    """An array that shares its memory by DLPack: NumPy's, CuPy's, JAX's."""

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a capsule."""
        ...


class NumPyArray(Protocol):
    """What NumPy makes an array of: a series of pandas, say."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        """Return an array."""
        ...


class ArrayInterface(Protocol):
    """What shows its memory to NumPy: an image of Pillow, say."""

    @property
    def __array_interface__(self) -> Any:
        """The address, shape and type."""
        ...


#: What pixels and counts may be in.
Array: TypeAlias = Tensor | DLPackArray | NumPyArray | ArrayInterface

Threshold: TypeAlias = float | Sequence[float] | Array | None
IgnoreIndex: TypeAlias = int | Collection[int] | None
LabelMap: TypeAlias = Mapping[int, int | None] | None
ZeroDivision: TypeAlias = Literal["skip", "nan"] | float
Classes: TypeAlias = Collection[int] | Literal["present"] | None
Regions: TypeAlias = Collection[Collection[int]] | Mapping[str, Collection[int]] | None
ClassWeights: TypeAlias = Sequence[float] | Array | None
ClassNames: TypeAlias = Sequence[str] | Mapping[int, str] | None
LossClasses: TypeAlias = Collection[int] | None
LossWeights: TypeAlias = float | Sequence[float] | Array | None


#: The values of each Literal, by its name.
CHOICES: dict[str, tuple[str, ...]] = {
    "Task": get_args(Task),
    "OutOfRange": get_args(OutOfRange),
    "Normalize": get_args(Normalize),
    "Average": get_args(Average),
    "UndefinedWhen": get_args(UndefinedWhen),
    "Aggregation": get_args(Aggregation),
    "OfSamples": get_args(OfSamples),
    "SampleMean": get_args(SampleMean),
    "WeightType": get_args(WeightType),
    "EmptyWeight": get_args(EmptyWeight),
    "KappaWeights": get_args(KappaWeights),
    "Activation": get_args(Activation),
    "LossAverage": get_args(LossAverage),
    "Absent": get_args(Absent),
    "LossForm": get_args(LossForm),
    "LossReduction": get_args(LossReduction),
    "GammaOf": get_args(GammaOf),
    "LossWeightType": get_args(LossWeightType),
    "Conventions": get_args(Conventions),
}


class Option(NamedTuple):
    """A keyword argument.

    Attributes:
        type: the annotation, in names of this module.
        default: what holds where it is not given.
        doc: what it means; each choice of a Literal as ``"choice"`` and its words.
        finite: of a number that is not negative, whether it must be finite too.
        needs: other options, each with its values beside which this one has an effect.
    """

    type: str
    default: Any
    doc: str
    finite: bool = True
    needs: tuple[tuple[str, tuple[Any, ...]], ...] = ()


#: How pixels are counted.
COUNTING: dict[str, Option] = {
    "task": Option(
        "Task",
        "multiclass",
        '``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1; '
        '``"multilabel"`` L labels a pixel, each set or not.',
    ),
    "threshold": Option(
        "Threshold",
        None,
        "a binary or multilabel score above it is class 1: a number, or one for each "
        "label. Scores are then taken as they are, and a NaN is above nothing. None "
        "means probabilities, cut at 0.5, and one outside [0, 1] is out of range.",
    ),
    "logits": Option(
        "bool",
        False,
        "binary and multilabel scores are logits, cut at 0; a NaN is out of range.",
    ),
    "top_k": Option(
        "int",
        1,
        "a pixel whose target is among its k highest class scores counts as "
        "predicted right, another as its highest score says (``[N, C, ...]`` scores).",
    ),
    "ignore_index": Option(
        "IgnoreIndex", None, "a target value, or several, whose pixels count nowhere."
    ),
    "label_map": Option(
        "LabelMap",
        None,
        "a mapping from the values of target to classes, all at once; a value mapped "
        "to None is ignored, one that is not named is out of range.",
    ),
    "preds_map": Option("LabelMap", None, "the same for preds."),
    "mask": Option(
        "Array | None",
        None,
        "bool tensor of target's shape; pixels where it is False count nowhere.",
    ),
    "out_of_range": Option(
        "OutOfRange",
        "error",
        "what a label outside ``[0, C)`` that is not ignored does, or a score that "
        'cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out; ``"miss"`` '
        'counts it as a class of its own, "other", that enters micro averages only.',
    ),
    "validate": Option(
        "bool",
        True,
        'with False, ``out_of_range="error"`` does not raise, which spares CUDA '
        "tensors the read back from the device; the pair is left out.",
    ),
}

#: How counts become a score.
POLICY: dict[str, Option] = {
    "average": Option(
        "Average | None",
        None,
        '``"macro"`` mean over classes; ``"micro"`` pools the counts of all classes; '
        '``"weighted"`` mean weighted by support; ``"none"`` a score for each class; '
        '``"binary"`` class 1 alone; ``"samples"`` mean over samples of labels pooled '
        '(multilabel). None is ``"binary"`` for ``task="binary"``, else ``"macro"``.',
    ),
    "zero_division": Option(
        "ZeroDivision",
        "skip",
        'what an undefined entry is worth: ``"skip"`` leaves it out (NaN with '
        '``average="none"``, and where nothing is left); ``"nan"`` lets NaN '
        "propagate; a number stands in for it.",
    ),
    "undefined_when": Option(
        "UndefinedWhen",
        "zero_denominator",
        'which entries are undefined: ``"zero_denominator"`` those alone; '
        '``"empty_target"`` also those without a target pixel; ``"both_empty"`` also '
        "those without a target or predicted pixel.",
    ),
    "aggregation": Option(
        "Aggregation",
        "global",
        '``"global"`` adds up the counts of all samples first; ``"samplewise"`` '
        'averages the scores of samples; ``"none"`` returns a score for each sample.',
    ),
    "sample_mean": Option(
        "SampleMean",
        "classes_first",
        'of samplewise scores: ``"classes_first"`` means over classes, then samples; '
        '``"samples_first"`` the other way round; ``"joint"`` one mean over both.',
        needs=(("aggregation", ("samplewise",)),),
    ),
    "classes": Option(
        "Classes",
        None,
        'the classes to score, in this order; None for all; ``"present"`` for those '
        "with a target or predicted pixel (another is NaN and enters no average).",
    ),
    "include_background": Option("bool", True, "False leaves class 0 out."),
    "class_weights": Option(
        "ClassWeights",
        None,
        "a weight for each of the C classes, or regions; of macro averages only. The "
        "result is divided by the weights that entered it.",
    ),
    "regions": Option(
        "Regions",
        None,
        "unions of classes that are scored instead of classes, such as ``[[1, 2, 3], "
        "[1, 3]]``, or a mapping from names to them; they may overlap.",
    ),
    "return_valid": Option(
        "bool",
        False,
        "return ``(score, valid)``, where valid is int64: the number of entries that "
        "entered the last average.",
    ),
    "dtype": Option(
        "torch.dtype",
        torch.float32,
        "float32 or float64. Ratios are computed in float64 either way.",
    ),
}

#: What counts that were taken before no longer say.
COUNTED: dict[str, Option] = {
    "task": COUNTING["task"]._replace(
        doc='the task counted: for ``"multilabel"`` the counts are those of L labels, '
        "matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.",
    ),
    "ignore_index": COUNTING["ignore_index"]._replace(
        doc="classes that were ignored in counting and are not scored."
    ),
    "other": Option(
        "bool",
        False,
        'the last class is "other", as ``out_of_range="miss"`` counts: it enters '
        "micro averages only, and not where ``classes`` names what to score.",
    ),
}

#: What a confusion matrix has besides.
MATRIX: dict[str, Option] = {
    "per_sample": Option(
        "bool", False, "count each index of dimension 0, each sample, on its own."
    ),
    "normalize": Option(
        "Normalize | None",
        None,
        'None for counts, or their shares: ``"true"`` of the pixels of each target '
        'class; ``"pred"`` of the pixels of each predicted class; ``"all"`` of all '
        "pixels. See :func:`torchtally.functional.normalize_confusion_matrix`.",
    ),
    "dtype": Option(
        "torch.dtype",
        torch.float32,
        "of shares; counts are int64.",
        needs=(("normalize", ("true", "pred", "all")),),
    ),
}

#: What a metric object has besides.
METRIC: dict[str, Option] = {
    "sync_on_compute": Option(
        "bool",
        True,
        "``compute`` adds up the counts of all ranks where ``torch.distributed`` is "
        "initialised.",
    ),
    "class_names": Option(
        "ClassNames",
        None,
        "what ``named`` and ``plot`` call the classes, or labels: a name for each, or "
        "a mapping from classes to names. A class without a name is its number.",
    ),
    "persistent": Option(
        "bool",
        False,
        "keep the counts in ``state_dict``, with the options that they depend on, "
        "which ``load_state_dict`` compares; without, saving and loading a model "
        "leaves them alone.",
    ),
}


def refuse_unknown(op: str, unknown: Collection[str], known: Collection[str]) -> None:
    """Raise TypeError for options that an operation does not take, naming the nearest.

    Args:
        op: name of the operation.
        unknown: the options; nothing is raised where there are none.
        known: the options that it takes.
    """
    for name in unknown:
        near = difflib.get_close_matches(str(name), known, 1)
        remedy = (
            f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
        )
        raise TypeError(f"{op}: unknown option {name!r}; {remedy}")


def refuse_idle(op: str, name: str, option: Option, values: Mapping[str, Any]) -> None:
    """Raise ValueError for an option that has no effect beside the value of another.

    Args:
        op: name of the operation.
        name: of the option, whose value is not its default.
        option: its definition.
        values: of all options that the operation has.
    """
    for other, allowed in option.needs:
        if other in values and values[other] not in allowed:
            raise ValueError(
                f"{op}: {name}={values[name]!r} has no effect with "
                f"{other}={values[other]!r}; pass {other}="
                f"{' or '.join(map(repr, allowed))}"
            )


def shown(cls: type, given: Mapping[str, object]) -> str:
    """Return the options that are not a class's defaults, as a call writes them."""
    parameters = inspect.signature(cls).parameters
    lists = {n: v.tolist() if hasattr(v, "tolist") else v for n, v in given.items()}
    return ", ".join(
        f"{name}={value!r}"
        for name, value in lists.items()
        if name not in parameters or value != parameters[name].default
    )
