"""The peers' calls as code: what a page shows is what is run, on a case.

Peers that are installed are called as they are; their versions are the dev pins.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ignite  # noqa: F401, to be absent here and not in the middle of a call
import monai  # noqa: F401
import numpy as np
import sklearn  # noqa: F401
import torch
import torchmetrics  # noqa: F401

from .cases import Case

CLASSES = 3
IGNORED = "<ignored>"  # where the option of an ignored value goes
#: What comes before the calls of a peer, once, beside the imports of what is called.
SETUPS = {
    "MONAI": (
        "from monai.networks import one_hot\n"
        "y_pred = one_hot(preds[:, None, :, None], 3)\n"
        "y = one_hot(target[:, None, :, None], 3)"
    ),
    "scikit-learn": (
        "y_true, y_pred = target.flatten().numpy(), preds.flatten().numpy()"
    ),
    "ignite": "scores = torch.nn.functional.one_hot(preds, 3).movedim(-1, 1).float()",
    "smp": "import segmentation_models_pytorch as smp",
}


@dataclass(frozen=True)
class Call:
    """A call of an installed peer.

    Attributes:
        peer: a key of ``SETUPS``, if it needs one.
        imported: a module, and the names that the call takes from it.
        code: statements and an expression, the number.
        ignores: whether the peer has an answer where a value is ignored.
        given: makes names that the setup would import; None where it cannot.
    """

    peer: str
    imported: tuple[str, tuple[str, ...]]
    code: str
    ignores: bool = False
    given: Callable[[], dict[str, Any] | None] | None = None

    def text(self, case: Case) -> str:
        """Return the call as a user writes it."""
        return self.code.replace(IGNORED, ignored(case))

    def __call__(self, case: Case) -> Any:
        """Return the number, or None where the peer has no answer."""
        if case.ignore_index is not None and not self.ignores:
            return None
        names = {"torch": torch, "preds": case.preds, "target": case.target}
        setup = SETUPS.get(self.peer, "")
        if self.given is not None:
            given, setup = self.given(), ""
            if given is None:
                return None
            names |= given
        module, imported = self.imported
        names |= {
            name: getattr(importlib.import_module(module), name) for name in imported
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(setup, names)
            return np.asarray(evaluate(self.text(case), names))


def ignored(case: Case) -> str:
    """Return the option of an ignored value, as most write it."""
    return "" if case.ignore_index is None else f", ignore_index={case.ignore_index}"


def evaluate(code: str, names: dict[str, Any]) -> Any:
    """Run statements, and return the value of the expression at their end."""
    *statements, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(statements, []), "call", "exec"), names)
    return eval(compile(ast.Expression(last.value), "call", "eval"), names)


def written(options: dict[str, Any]) -> str:
    """Return options as they are written behind an argument."""
    return "".join(f", {name}={literal(value)}" for name, value in options.items())


def literal(value: Any) -> str:
    """Return a value as Python that can be typed; NaN is a call."""
    if isinstance(value, float) and math.isnan(value):
        return "float('nan')"
    return repr(value).replace("'", '"')


def torchmetrics_class(name: str, **options: Any) -> Call:
    """Call a class of ``torchmetrics.classification``."""
    return Call(
        "torchmetrics",
        ("torchmetrics.classification", (name,)),
        f"{name}(num_classes=3{IGNORED}{written(options)})(preds, target)",
        ignores=True,
    )


def torchmetrics_segmentation(name: str, **options: Any) -> Call:
    """Call a class of ``torchmetrics.segmentation``, which knows no ignored value."""
    return Call(
        "torchmetrics",
        ("torchmetrics.segmentation", (name,)),
        f'metric = {name}(num_classes=3, input_format="index"{written(options)})\n'
        "metric(preds.unsqueeze(1), target.unsqueeze(1))",
    )


def monai_metric(name: str, **options: Any) -> Call:
    """Call a cumulative metric of MONAI, one-hot."""
    return Call(
        "MONAI",
        ("monai.metrics", (name,)),
        f"metric = {name}(include_background=True{written(options)})\n"
        "metric(y_pred, y)\n"
        "metric.aggregate()",
    )


def monai_rate(name: str) -> Call:
    """Call ``compute_confusion_matrix_metric`` on each sample and class."""
    return Call(
        "MONAI",
        (
            "monai.metrics",
            ("compute_confusion_matrix_metric", "get_confusion_matrix"),
        ),
        "counts = get_confusion_matrix(y_pred, y)\n"
        f'compute_confusion_matrix_metric("{name}", counts)',
    )


def sklearn_score(name: str, **options: Any) -> Call:
    """Call a function of ``sklearn.metrics`` on all pixels."""
    return Call(
        "scikit-learn",
        ("sklearn.metrics", (name,)),
        f"{name}(y_true, y_pred{written(options)})",
    )


def sklearn_likelihood_ratio(label: int) -> Call:
    """Call ``class_likelihood_ratios`` on one class against the others."""
    name = "class_likelihood_ratios"
    return Call(
        "scikit-learn",
        ("sklearn.metrics", (name,)),
        f"{name}(y_true == {label}, y_pred == {label}, labels=[False, True])[0]",
    )


def ignite_metric(name: str, **options: Any) -> Call:
    """Call a function of ignite's matrix, which leaves out what is no class."""
    return Call(
        "ignite",
        ("ignite.metrics.confusion_matrix", ("ConfusionMatrix", name)),
        "matrix = ConfusionMatrix(3)\n"
        f"metric = {name}(matrix{written(options)})\n"
        "matrix.update((scores, target))\n"
        "metric.compute()",
        ignores=True,
    )


def smp_metric(name: str, **options: Any) -> Call:
    """Call a score of segmentation_models_pytorch on its own counts."""
    stats = f'get_stats(preds, target, "multiclass", num_classes=3{IGNORED})'
    return Call(
        "smp",
        ("builtins", ()),
        f"counts = smp.metrics.{stats}\nsmp.metrics.{name}(*counts{written(options)})",
        ignores=True,
        given=smp_files,
    )


def smp_files() -> dict[str, Any] | None:
    """Return ``smp`` of the files that need nothing but torch, if they are there."""
    if importlib.util.find_spec("segmentation_models_pytorch") is None:
        return None
    if "smp_files" not in sys.modules:
        folder = Path(__file__).parents[1] / "integrations"
        spec = importlib.util.spec_from_file_location(
            "smp_files", folder / "smp_files.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules["smp_files"] = module
    files: Any = sys.modules["smp_files"]
    losses = SimpleNamespace(
        DiceLoss=files.dice.DiceLoss,
        JaccardLoss=files.jaccard.JaccardLoss,
        TverskyLoss=files.tversky.TverskyLoss,
    )
    return {"smp": SimpleNamespace(metrics=files.metrics, losses=losses)}
