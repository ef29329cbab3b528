"""Every score function shows its options, documents them, and refuses others."""

from __future__ import annotations

import doctest
import inspect
import pickle
import re
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional
from torchtally.functional._definitions import SCORES as DEFINITIONS
from torchtally.functional._definitions import Score

PREDS = torch.tensor([[0, 1, 1, 0], [0, 1, 0, 0], [0, 2, 0, 1]])
TARGET = torch.tensor([[0, 1, 0, 0], [0, 0, 0, 0], [0, 2, 2, 1]])


def counts_for(score: Score) -> Tensor:
    """Return counts that a score takes by default."""
    per_sample = score.counts["aggregation"].default != "global"
    return tt.confusion_matrix(PREDS, TARGET, 3, per_sample=per_sample)


FUNCTIONS = [
    pair
    for definition in DEFINITIONS.values()
    for pair in (
        (getattr(tt, definition.function), (PREDS, TARGET, 3)),
        (
            getattr(functional, definition.counts_function),
            (counts_for(definition),),
        ),
    )
]
EVERY = pytest.mark.parametrize(
    ("function", "inputs"), FUNCTIONS, ids=[f.__name__ for f, _ in FUNCTIONS]
)


def options_of(function: Any) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind == inspect.Parameter.KEYWORD_ONLY
    }


@EVERY
def test_the_defaults_shown_are_the_defaults_used(
    function: Any, inputs: tuple[Any, ...]
) -> None:
    shown = options_of(function)
    assert {"zero_division", "undefined_when", "return_valid"} <= set(shown)
    assert function(*inputs, **shown) == function(*inputs)
    assert function.__name__ in vars(functional)


@EVERY
def test_an_option_that_is_not_listed_is_refused(
    function: Any, inputs: tuple[Any, ...]
) -> None:
    every = {name for listed, _ in FUNCTIONS for name in options_of(listed)}
    for name in sorted({*every, "colour"} - {*options_of(function)}):
        message = f"^{function.__name__}: unknown option '{name}'; (did you|it takes)"
        with pytest.raises(TypeError, match=message):
            function(*inputs, **{name: None})


@EVERY
def test_every_argument_is_documented(function: Any, inputs: tuple[Any, ...]) -> None:
    text = inspect.getdoc(function)
    assert text is not None
    for name in inspect.signature(function).parameters:
        stars = "**" if name == "unknown" else ""
        assert f"\n    {stars}{name}: " in text, name
    for section in ("Args:", "Returns:", "Raises:", "References:"):
        assert f"\n{section}\n" in text
    assert max(map(len, text.splitlines())) <= 88


@EVERY
def test_functions_pickle(function: Any, inputs: tuple[Any, ...]) -> None:
    assert pickle.loads(pickle.dumps(function)) is function
    assert inspect.getsource(function).count(f"def {function.__name__}(") == 1


def test_an_option_that_is_misspelt_is_told_the_nearest() -> None:
    message = "unknown option 'ignore_idx'; did you mean 'ignore_index'?"
    for call in (
        lambda **options: tt.dice_score(PREDS, TARGET, 3, **options),
        lambda **options: tt.confusion_matrix(PREDS, TARGET, 3, **options),
        lambda **options: tt.class_counts(PREDS, TARGET, 3, **options),
        lambda **options: functional.dice_from_counts(torch.eye(3), **options),
        lambda **options: tt.metrics.DiceScore(3, **options),
        lambda **options: tt.metrics.ConfusionMatrix(3, **options),
        lambda **options: tt.metrics.ScoreSuite(3, **options),
    ):
        with pytest.raises(TypeError, match=rf": {re.escape(message)}$"):
            call(ignore_idx=255)
    with pytest.raises(TypeError, match="ScoreSuite: unknown option 'averag'; did you"):
        tt.metrics.ScoreSuite(3, {"dice": {"averag": "none"}})


@EVERY
def test_examples_run(function: Any, inputs: tuple[Any, ...]) -> None:
    parsed = doctest.DocTestParser().get_doctest(
        function.__doc__, {"torch": torch}, function.__name__, None, 0
    )
    assert parsed.examples
    assert doctest.DocTestRunner().run(parsed).failed == 0


def test_scores_of_all_classes_refuse_what_is_of_single_ones() -> None:
    for name in ("matthews_corrcoef", "cohen_kappa_score"):
        refused = {"average", "classes", "include_background", "class_weights"}
        assert not refused & set(options_of(getattr(tt, name)))


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("fbeta", {"beta": -1}, ValueError, "beta must be not negative, got -1.0"),
        ("fbeta", {"beta": "2"}, TypeError, "beta must be a number, got str"),
        ("fbeta", {"beta": True}, TypeError, "beta must be a number, got bool"),
        (
            "fbeta",
            {"beta": torch.nan},
            ValueError,
            "beta must be not negative, got nan",
        ),
        (
            "tversky",
            {"alpha": torch.inf},
            ValueError,
            "alpha must be finite and not negative, got inf",
        ),
        ("tversky", {"beta": None}, TypeError, "beta must be a number, got NoneType"),
        (
            "generalized_dice",
            {"weight_type": "uniform"},
            ValueError,
            "weight_type must be one of 'square', 'simple', 'linear', got 'uniform'",
        ),
        (
            "generalized_dice",
            {"empty_weight": 0},
            ValueError,
            "empty_weight must be one of 'largest', 'zero', got 0",
        ),
        (
            "cohen_kappa",
            {"weights": None},
            ValueError,
            "weights must be one of 'none', 'linear', 'quadratic', got None",
        ),
        (
            "balanced_accuracy",
            {"task": "multilabel"},
            ValueError,
            "task must be one of 'multiclass', 'binary', got 'multilabel'",
        ),
    ],
    ids=str,
)
def test_parameters_that_are_refused(
    name: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=rf"^{name}_score: {message}"):
        getattr(tt, f"{name}_score")(PREDS, TARGET, 3, **options)
    with pytest.raises(error, match=rf"^{name}_from_counts: {message}"):
        getattr(functional, f"{name}_from_counts")(
            tt.confusion_matrix(PREDS, TARGET, 3), **options
        )
