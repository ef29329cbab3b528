"""Every option of the score functions: its default, and its words in docstrings."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch


class Option(NamedTuple):
    """A keyword argument."""

    default: Any
    doc: str


#: How counts become a score.
POLICY: dict[str, Option] = {
    "average": Option(
        "macro",
        '``"macro"`` mean over classes; ``"micro"`` pools the counts of all classes; '
        '``"weighted"`` mean weighted by support; ``"none"`` a score for each class; '
        '``"binary"`` class 1 alone (the default for ``task="binary"``); '
        '``"samples"`` mean over samples of labels pooled (multilabel).',
    ),
    "zero_division": Option(
        "skip",
        'what an undefined entry is worth: ``"skip"`` leaves it out (NaN with '
        '``average="none"``, and where nothing is left), ``"nan"`` lets NaN '
        "propagate, a number stands in for it.",
    ),
    "undefined_when": Option(
        "zero_denominator",
        'a zero denominator is always undefined; ``"empty_target"`` adds entries '
        'without a target pixel, ``"both_empty"`` those without a target or '
        "predicted pixel.",
    ),
    "aggregation": Option(
        "global",
        '``"global"`` adds up the counts of all samples first; ``"samplewise"`` '
        'averages the scores of samples; ``"none"`` returns a score for each sample.',
    ),
    "sample_mean": Option(
        "classes_first",
        'for ``"samplewise"``: ``"classes_first"`` means over classes, then samples; '
        '``"samples_first"`` the other way round; ``"joint"`` one mean over both.',
    ),
    "classes": Option(
        None,
        'the classes to score, in this order; None for all; ``"present"`` for those '
        "with a target or predicted pixel (another is NaN and enters no average).",
    ),
    "include_background": Option(True, "False leaves class 0 out."),
    "class_weights": Option(
        None,
        'a weight for each of the C classes, or regions; ``average="macro"`` only. '
        "The result is divided by the weights that entered it.",
    ),
    "regions": Option(
        None,
        "unions of classes that are scored instead of classes, such as ``[[1, 2, 3], "
        "[1, 3]]``, or a mapping from names to them; they may overlap.",
    ),
    "return_valid": Option(
        False,
        "return ``(score, valid)``, where valid is int64: the number of entries that "
        "entered the last average.",
    ),
    "dtype": Option(
        torch.float32,
        "float32 or float64. Ratios are computed in float64 either way.",
    ),
}

#: How pixels are counted.
COUNTING: dict[str, Option] = {
    "task": Option("multiclass", '``"multiclass"``, ``"binary"`` or ``"multilabel"``.'),
    "threshold": Option(
        0.5, "a score above it is class 1 (binary and multilabel scores)."
    ),
    "top_k": Option(
        1,
        "a pixel whose target is among its k highest class scores counts as "
        "predicted right, another as its highest score says (``[N, C, ...]`` scores).",
    ),
    "ignore_index": Option(
        None, "a target value, or several, whose pixels count nowhere."
    ),
    "label_map": Option(
        None,
        "a mapping from the values of target to classes, all at once; a value mapped "
        "to None is ignored, one that is not named is out of range.",
    ),
    "preds_map": Option(None, "the same for preds."),
    "mask": Option(
        None, "bool tensor of target's shape; pixels where it is False count nowhere."
    ),
    "out_of_range": Option(
        "error",
        'what a label outside ``[0, C)`` that is not ignored does: ``"error"`` '
        'raises, ``"ignore"`` leaves its pair out, ``"miss"`` counts it as a class '
        'of its own, "other", that enters ``"micro"`` only.',
    ),
    "validate": Option(
        True,
        'with False, ``out_of_range="error"`` does not raise, which spares CUDA '
        "tensors the read back from the device; the pair is left out.",
    ),
}

#: What counts that were taken before no longer say.
COUNTED: dict[str, Option] = {
    "task": Option(
        "multiclass",
        'the task counted: for ``"multilabel"`` the counts are those of L labels, '
        "matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.",
    ),
    "ignore_index": Option(
        None, "classes that were ignored in counting and are not scored."
    ),
    "other": Option(
        False,
        'the last class is "other", as ``out_of_range="miss"`` counts: it enters '
        '``"micro"`` only, and not where ``classes`` names what to score.',
    ),
}
