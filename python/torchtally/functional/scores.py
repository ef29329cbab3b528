"""The scores: what each is, and its two public functions.

A score is a formula of class counts (:mod:`._formulas`) with a definition; all policy
is in :mod:`._policy`. ``DEFINITIONS`` holds every definition by its stem.
"""

from __future__ import annotations

from typing import Any

from torchtally.ops._arguments import Task, check_choice

from . import _checks, _formulas
from ._definition import BoundFormula, ScoreDefinition
from ._formulas import Formula, dice, iou
from ._functions import functions_of
from ._options import Option

__all__ = ["DEFINITIONS", "dice", "iou"]


def _constant(formula: Formula) -> Any:
    """Bind a formula of one class that has no parameters."""
    return lambda _op, _task: BoundFormula("class", formula)


def _bind_accuracy(_op: str, task: Task) -> BoundFormula:
    multilabel = task == "multilabel"
    return BoundFormula(
        "class", _formulas.agreement if multilabel else _formulas.recall
    )


def _bind_balanced(op: str, task: Task) -> BoundFormula:
    if task == "multilabel":
        raise ValueError(
            f"{op}: task must be 'multiclass' or 'binary', got 'multilabel', of which "
            "every label has an accuracy of its own"
        )
    return BoundFormula("class", _formulas.recall)


def _bind_fbeta(op: str, _task: Task, beta: float) -> BoundFormula:
    beta = _checks.non_negative(op, "beta", beta, finite=False)
    return BoundFormula("class", _formulas.fbeta(beta))


def _bind_tversky(op: str, _task: Task, alpha: float, beta: float) -> BoundFormula:
    alpha = _checks.non_negative(op, "alpha", alpha)
    beta = _checks.non_negative(op, "beta", beta)
    return BoundFormula("class", _formulas.tversky(alpha, beta))


def _bind_generalized(
    op: str, _task: Task, weight_type: Any, empty_weight: Any
) -> BoundFormula:
    check_choice(op, "weight_type", weight_type, ("square", "simple", "linear"))
    check_choice(op, "empty_weight", empty_weight, ("largest", "zero"))
    formula = _formulas.generalized_dice(weight_type, empty_weight)
    return BoundFormula("scored", formula)


def _bind_matthews(_op: str, _task: Task) -> BoundFormula:
    return BoundFormula("all", _formulas.matthews_corrcoef)


def _bind_kappa(op: str, task: Task, weights: Any) -> BoundFormula:
    check_choice(op, "weights", weights, ("none", "linear", "quadratic"))
    # Two classes have one distance, so that weights change nothing.
    if weights == "none" or task == "multilabel":
        return BoundFormula("all", _formulas.cohen_kappa)
    return BoundFormula("all", None, _formulas.weighted_kappa(weights))


def _example(call: str, result: str) -> str:
    return f"""\
>>> import torchtally as tt
>>> matrix = torch.tensor([[3, 1], [0, 2]])
>>> tt.functional.{call}
{result}"""


DICE = ScoreDefinition(
    "dice",
    "Dice coefficient, 2 tp / (2 tp + fp + fn)",
    "Dice (1945), Measures of the amount of ecologic association between species.",
    _constant(dice),
    _example("dice_from_counts(matrix, average='none')", "tensor([0.8571, 0.8000])"),
)
IOU = ScoreDefinition(
    "iou",
    "Intersection over union (Jaccard index), tp / (tp + fp + fn)",
    "Jaccard (1912), The distribution of the flora in the alpine zone.",
    _constant(iou),
    _example("iou_from_counts(matrix, average='none')", "tensor([0.7500, 0.6667])"),
)
F1 = ScoreDefinition(
    "f1",
    "F1, 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall",
    "van Rijsbergen (1979), Information Retrieval, chapter 7.",
    _constant(dice),
    _example("f1_from_counts(matrix)", "tensor(0.8286)"),
)
FBETA = ScoreDefinition(
    "fbeta",
    "F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)",
    "van Rijsbergen (1979), Information Retrieval, chapter 7.",
    _bind_fbeta,
    _example(
        "fbeta_from_counts(matrix, beta=2.0, average='none')",
        "tensor([0.7895, 0.9091])",
    ),
    parameters={
        "beta": Option(1.0, "weight of recall; 0 is precision, infinity is recall.")
    },
)
PRECISION = ScoreDefinition(
    "precision",
    "Precision (positive predictive value), tp / (tp + fp)",
    "van Rijsbergen (1979), Information Retrieval, chapter 7.",
    _constant(_formulas.precision),
    _example(
        "precision_from_counts(matrix, average='none')", "tensor([1.0000, 0.6667])"
    ),
)
RECALL = ScoreDefinition(
    "recall",
    "Recall (sensitivity, true positive rate), tp / (tp + fn)",
    "van Rijsbergen (1979), Information Retrieval, chapter 7.",
    _constant(_formulas.recall),
    _example("recall_from_counts(matrix, average='none')", "tensor([0.7500, 1.0000])"),
)
SPECIFICITY = ScoreDefinition(
    "specificity",
    "Specificity (true negative rate), tn / (tn + fp)",
    "Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.",
    _constant(_formulas.specificity),
    _example(
        "specificity_from_counts(matrix, average='none')", "tensor([1.0000, 0.7500])"
    ),
)
ACCURACY = ScoreDefinition(
    "accuracy",
    "Accuracy, the share of pixels predicted right; of a class, its recall",
    "Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.",
    _bind_accuracy,
    _example("accuracy_from_counts(matrix)", "tensor(0.8333)"),
    defaults={"average": "micro"},
)
BALANCED_ACCURACY = ScoreDefinition(
    "balanced_accuracy",
    "Balanced accuracy, the mean recall of the classes of the target",
    "Brodersen et al. (2010), The balanced accuracy and its posterior distribution.",
    _bind_balanced,
    _example("balanced_accuracy_from_counts(matrix)", "tensor(0.8750)"),
    fixed={"average": "macro"},
)
FREQUENCY_WEIGHTED_IOU = ScoreDefinition(
    "frequency_weighted_iou",
    "Intersection over union of each class, weighted by its share of the target",
    "Long et al. (2015), Fully convolutional networks: frequency weighted IU.",
    _constant(iou),
    _example("frequency_weighted_iou_from_counts(matrix)", "tensor(0.7222)"),
    fixed={"average": "weighted"},
)
TVERSKY = ScoreDefinition(
    "tversky",
    "Tversky index, tp / (tp + alpha fp + beta fn)",
    "Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).",
    _bind_tversky,
    _example(
        "tversky_from_counts(matrix, alpha=0.3, beta=0.7, average='none')",
        "tensor([0.8108, 0.8696])",
    ),
    parameters={
        "alpha": Option(0.5, "weight of false positives; not negative."),
        "beta": Option(0.5, "weight of false negatives. 0.5 and 0.5 is Dice."),
    },
)
GENERALIZED_DICE = ScoreDefinition(
    "generalized_dice",
    "Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes",
    "Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).",
    _bind_generalized,
    _example("generalized_dice_from_counts(matrix)", "tensor(0.8148)"),
    sees="scored",
    parameters={
        "weight_type": Option(
            "square",
            'w of a class with t target pixels: ``"square"`` 1 / t², ``"simple"`` '
            '1 / t, ``"linear"`` 1.',
        ),
        "empty_weight": Option(
            "largest",
            'w of a class without target pixels: ``"largest"`` of the other classes '
            '(MONAI), or ``"zero"``; no matter for ``"linear"``.',
        ),
    },
)
MATTHEWS_CORRCOEF = ScoreDefinition(
    "matthews_corrcoef",
    "Matthews correlation coefficient of target and prediction, in [-1, 1]",
    "Gorodkin (2004), Comparing two K-category assignments by a K-category "
    "correlation coefficient.",
    _bind_matthews,
    _example("matthews_corrcoef_from_counts(matrix)", "tensor(0.7071)"),
    sees="all",
    score_name="matthews_corrcoef",
)
COHEN_KAPPA = ScoreDefinition(
    "cohen_kappa",
    "Cohen's kappa, agreement beyond chance, at most 1",
    "Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.",
    _bind_kappa,
    _example("cohen_kappa_from_counts(matrix)", "tensor(0.6667)"),
    sees="all",
    parameters={
        "weights": Option(
            "none",
            'of a disagreement between classes i and j: ``"none"`` 1, ``"linear"`` '
            '\\|i - j\\|, ``"quadratic"`` (i - j)².',
        )
    },
)

#: Every score by its stem, in the order of the documentation.
DEFINITIONS = {
    definition.stem: definition
    for definition in (
        DICE,
        IOU,
        F1,
        FBETA,
        PRECISION,
        RECALL,
        SPECIFICITY,
        ACCURACY,
        BALANCED_ACCURACY,
        FREQUENCY_WEIGHTED_IOU,
        TVERSKY,
        GENERALIZED_DICE,
        MATTHEWS_CORRCOEF,
        COHEN_KAPPA,
    )
}

dice_score, dice_from_counts = functions_of(DICE)
iou_score, iou_from_counts = functions_of(IOU)
f1_score, f1_from_counts = functions_of(F1)
fbeta_score, fbeta_from_counts = functions_of(FBETA)
precision_score, precision_from_counts = functions_of(PRECISION)
recall_score, recall_from_counts = functions_of(RECALL)
specificity_score, specificity_from_counts = functions_of(SPECIFICITY)
accuracy_score, accuracy_from_counts = functions_of(ACCURACY)
balanced_accuracy_score, balanced_accuracy_from_counts = functions_of(BALANCED_ACCURACY)
frequency_weighted_iou_score, frequency_weighted_iou_from_counts = functions_of(
    FREQUENCY_WEIGHTED_IOU
)
tversky_score, tversky_from_counts = functions_of(TVERSKY)
generalized_dice_score, generalized_dice_from_counts = functions_of(GENERALIZED_DICE)
matthews_corrcoef, matthews_corrcoef_from_counts = functions_of(MATTHEWS_CORRCOEF)
cohen_kappa_score, cohen_kappa_from_counts = functions_of(COHEN_KAPPA)
