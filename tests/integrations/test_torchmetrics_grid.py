"""Metrics and functions beside those of torchmetrics: random options and inputs."""

from __future__ import annotations

import random

import pytest
import torchmetrics_cases as cases

from torchtally.integrations import torchmetrics as ours

TASKS = ("binary", "multiclass", "multilabel")
#: Of functions that have not all of them.
TASKS_OF = {"cohen_kappa": TASKS[:2], "exact_match": TASKS[1:]}


def compare_classes(name: str, seeds: range) -> None:
    for seed in seeds:
        rng = random.Random(f"{name} {seed}")
        options = cases.options_of(rng, cases.theirs_of(name).__init__)
        pairs = [cases.inputs_of(rng, name, options) for _ in range(3)]
        theirs = cases.theirs_of(name)(**options)
        mine = getattr(ours, name)(**options)
        expected = cases.history(theirs, pairs)
        found = cases.history(mine, pairs)
        shapes = [[(*t.shape, t.dtype) for t in pair] for pair in pairs]
        for step, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert cases.same(one, other), (
                f"seed {seed}, {options}, {shapes}, step {step}: {one} is not {other}"
            )


def compare_functions(name: str, seeds: range) -> None:
    theirs, mine = cases.function_of(name), getattr(ours.functional, name)
    for seed in seeds:
        rng = random.Random(f"{name} {seed}")
        options = cases.options_of(rng, theirs)
        if "task" in options:
            options["task"] = rng.choice(TASKS_OF.get(name, TASKS))
        preds, target = cases.inputs_of(rng, options.get("task", name), options)
        expected = cases.outcome(theirs, preds, target, **options)
        found = cases.outcome(mine, preds, target, **options)
        assert cases.same(found, expected), (
            f"seed {seed}, {options}, {preds.dtype} {[*preds.shape]}, "
            f"{target.dtype} {[*target.shape]}: {found} is not {expected}"
        )


@pytest.mark.parametrize("name", cases.CLASSES)
def test_classes(name: str) -> None:
    compare_classes(name, range(12))


@pytest.mark.parametrize("name", cases.FUNCTIONS)
def test_functions(name: str) -> None:
    compare_functions(name, range(12))


@pytest.mark.slow
@pytest.mark.parametrize("name", cases.CLASSES)
def test_classes_at_length(name: str) -> None:
    compare_classes(name, range(12, 140))


@pytest.mark.slow
@pytest.mark.parametrize("name", cases.FUNCTIONS)
def test_functions_at_length(name: str) -> None:
    compare_functions(name, range(12, 140))
