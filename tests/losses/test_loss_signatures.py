"""Every loss shows its options, documents them, and refuses others."""

from __future__ import annotations

import copy
import doctest
import inspect
import pickle
from typing import Any

import pytest
import torch

import torchtally as tt
from torchtally import functional, losses
from torchtally._options import CHOICES
from torchtally.functional.losses._definitions import LOSSES

LOGITS = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
TARGET = torch.tensor([[0, 1, 2, 1, 0], [0, 0, 1, 1, 2]])
SUMS = tt.overlap_sums(LOGITS, TARGET)
FUNCTIONS = [
    pair
    for loss in LOSSES.values()
    for pair in (
        (getattr(functional, loss.function), (LOGITS, TARGET)),
        (getattr(functional, loss.sums_function), (SUMS,)),
    )
] + [(tt.overlap_sums, (LOGITS, TARGET))]
MODULES = [getattr(losses, loss.module) for loss in LOSSES.values()]
OF_FUNCTIONS = pytest.mark.parametrize(
    ("function", "inputs"), FUNCTIONS, ids=[f.__name__ for f, _ in FUNCTIONS]
)
OF_MODULES = pytest.mark.parametrize("kind", MODULES, ids=lambda kind: kind.__name__)
OF_LOSSES = pytest.mark.parametrize("loss", LOSSES.values(), ids=[*LOSSES])
EVERY = [*(function for function, _ in FUNCTIONS), *MODULES]
OF_EVERY = pytest.mark.parametrize("called", EVERY, ids=lambda one: one.__name__)


def options_of(called: Any) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(called).parameters.items()
        if parameter.kind == inspect.Parameter.KEYWORD_ONLY
    }


@OF_FUNCTIONS
def test_the_defaults_shown_are_the_defaults_used(
    function: Any, inputs: tuple[Any, ...]
) -> None:
    found, shown = function(*inputs), function(*inputs, **options_of(function))
    if function is tt.overlap_sums:
        assert all(map(torch.equal, shown, found))
    else:
        assert torch.equal(shown, found)
    assert vars(functional)[function.__name__] is function


@OF_LOSSES
def test_module_and_functions_have_the_same_defaults(loss: Any) -> None:
    of_logits = options_of(getattr(functional, loss.function))
    of_sums = options_of(getattr(functional, loss.sums_function))
    of_module = options_of(getattr(losses, loss.module))
    assert of_logits == {**of_module, "mask": None}
    assert "mask" not in of_module
    assert {"activation", "ignore_index", "process_group", "reduction"} <= {*of_module}
    assert list(inspect.signature(getattr(functional, loss.function)).parameters)[
        :2
    ] == ["logits", "target"]
    assert of_sums.items() - {("soft_target", False)} <= of_module.items()
    for name, default in of_logits.items():
        assert default == loss.pixels[name].default


@OF_LOSSES
def test_a_module_is_its_function(loss: Any) -> None:
    module = getattr(losses, loss.module)()
    expected = getattr(functional, loss.function)(LOGITS, TARGET)
    assert torch.equal(module(LOGITS, TARGET), expected)
    from_sums = getattr(functional, loss.sums_function)(SUMS)
    assert torch.equal(from_sums.float(), expected)


@OF_EVERY
def test_an_option_that_is_not_listed_is_refused(called: Any) -> None:
    every = {name for listed in EVERY for name in options_of(listed)}
    inputs = dict(FUNCTIONS).get(called, ())
    known = options_of(called)
    for name in sorted({*every, "colour"} - {*known}):
        with pytest.raises(TypeError) as caught:
            called(*inputs, **{name: None})
        message = f"{called.__name__}: unknown option '{name}'; "
        assert str(caught.value).startswith(message)


@OF_EVERY
def test_the_nearest_option_is_suggested(called: Any) -> None:
    inputs = dict(FUNCTIONS).get(called, ())
    for name in options_of(called):
        message = f"unknown option '{name}_'; did you mean '{name}'\\?$"
        with pytest.raises(TypeError, match=message):
            called(*inputs, **{f"{name}_": None})


@OF_EVERY
def test_every_argument_is_documented(called: Any) -> None:
    of_call = called.__init__ if called in MODULES else called
    text, of_class = inspect.getdoc(of_call), inspect.getdoc(called)
    assert text is not None
    assert of_class is not None
    for name in inspect.signature(called).parameters:
        stars = "**" if name == "unknown" else ""
        assert f"\n    {stars}{name}: " in text, name
    sections = ["Args:", "Raises:", "Example:"]
    if called is not tt.overlap_sums:
        sections.append("References:")
    for section in sections:
        assert f"\n{section}\n" in text + of_class
    assert ("\nReturns:\n" in text) == (called not in MODULES)
    assert max(map(len, [*text.splitlines(), *of_class.splitlines()])) <= 88
    assert text.count("Args:") == 1


@OF_EVERY
def test_examples_run(called: Any) -> None:
    given = {"torch": torch, **vars(losses), **vars(functional)}
    parsed = doctest.DocTestParser().get_doctest(
        called.__doc__, given, called.__name__, None, 0
    )
    assert parsed.examples
    assert doctest.DocTestRunner().run(parsed).failed == 0


@OF_LOSSES
def test_every_choice_is_documented(loss: Any) -> None:
    for name, option in (loss.pixels | loss.sums).items():
        for choice in CHOICES.get(option.type, ()):
            of_sums = option.doc.startswith("the activation of the sums")
            assert f'``"{choice}"`` ' in option.doc or of_sums, name


@OF_FUNCTIONS
def test_functions_pickle(function: Any, inputs: tuple[Any, ...]) -> None:
    assert pickle.loads(pickle.dumps(function)) is function
    assert inspect.getsource(function).count(f"def {function.__name__}(") == 1


@OF_MODULES
def test_modules_pickle_and_copy(kind: Any) -> None:
    loss = kind(smooth_nr=0.5, ignore_index=[2, 255])
    expected = loss(LOGITS, TARGET)
    for copied in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert torch.equal(copied(LOGITS, TARGET), expected)
        assert repr(copied) == repr(loss)


@OF_MODULES
def test_repr_shows_what_is_not_the_default(kind: Any) -> None:
    name = kind.__name__
    assert repr(kind()) == f"{name}()"
    assert repr(kind(smooth_nr=1e-5, batch=False)) == f"{name}()"
    shown = "activation='sigmoid', ignore_index=[0, 255], smooth_nr=1.0, batch=True"
    options = {
        "batch": True,
        "smooth_nr": 1.0,
        "ignore_index": [0, 255],
        "activation": "sigmoid",
    }
    assert repr(kind(**options)) == f"{name}({shown})"


def test_repr_of_weights_and_presets() -> None:
    loss = losses.DiceLoss(class_weights=torch.tensor([0.5, 1.0]), batch=True)
    assert repr(loss) == "DiceLoss(batch=True, class_weights=[0.5, 1.0])"
    assert repr(losses.DiceLoss.preset("nnunet")) == (
        "DiceLoss(smooth_nr=1.0, smooth_dr=1.0, eps=1e-08, conventions='nnunet', "
        "form='negative')"
    )
    assert repr(losses.FocalTverskyLoss(gamma=1.0)) == "FocalTverskyLoss(gamma=1.0)"
