"""Every score, stated once: its formula, its words, its options.

The public functions and metric classes, in both languages, are written from these
definitions by ``scripts/generate_api.py``; what happens at run time is in
:mod:`._scoring`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from torchtally._options import COUNTED, COUNTING, METRIC, POLICY, Option

from . import _formulas
from ._formulas import Formula

#: What a formula sees: each class alone, the scored classes together, or every class.
Sees: TypeAlias = Literal["class", "scored", "all"]

_OF_MEANS = frozenset({"average", "sample_mean", "class_weights"})
_OF_CLASSES = frozenset({"classes", "include_background", "regions"})
_REFUSED: dict[Sees, frozenset[str]] = {
    "class": frozenset(),
    "scored": _OF_MEANS,
    "all": _OF_MEANS | _OF_CLASSES,
}


@dataclass(frozen=True)
class Score:
    """A score.

    Attributes:
        name: as ``ScoreSuite`` knows it; the functions are called ``<name>_score`` and
            ``<name>_from_counts``.
        metric: name of the metric class.
        title: what it is, in a line; the formula follows where it is a ratio.
        source: where the formula is defined.
        example: of the function of counts, for the matrix [[3, 1], [0, 2]]: the options
            as they are written, and the result as it is printed.
        ratio: the formula, an expression of counts, which C++ and the title share.
        products: whether the ratio multiplies counts, which takes float64.
        make: makes any other formula, of the task and the parameters.
        sees: what the formula sees.
        parameters: the score's own options.
        fixed: policy options that the definition decides.
        changed: options with another default, type or words than elsewhere.
        tasks: that it applies to.
        bounded: whether no value is beyond 1 in size.
        function: name of the function of pixels, where it is not ``<name>_score``.
    """

    name: str
    metric: str
    title: str
    source: str
    example: tuple[str, str]
    ratio: Formula | None = None
    products: bool = False
    make: Callable[..., Any] | None = None
    sees: Sees = "class"
    parameters: Mapping[str, Option] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tasks: tuple[str, ...] = ("multiclass", "binary", "multilabel")
    bounded: bool = True
    function: str = ""

    #: Options by name: of pixels, of counts, of the metric class, and of its policy.
    pixels: dict[str, Option] = field(init=False, repr=False, compare=False)
    counts: dict[str, Option] = field(init=False, repr=False, compare=False)
    state: dict[str, Option] = field(init=False, repr=False, compare=False)
    kept: dict[str, Option] = field(init=False, repr=False, compare=False)
    #: Those that have an effect beside some values of others only.
    dependent: dict[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        refused = _REFUSED[self.sees] | set(self.fixed)
        if self.fixed:
            refused |= {"class_weights"}
        policy = {
            name: option._replace(**self.changed.get(name, {}))
            for name, option in POLICY.items()
            if name not in refused
        }
        of_call = {"mask", "validate"}
        counting = {n: o for n, o in COUNTING.items() if n not in of_call}
        kept = {n: o for n, o in policy.items() if n != "return_valid"}
        derived = {
            "function": self.function or f"{self.name}_score",
            "pixels": {**self.parameters, **COUNTING, **policy},
            "counts": {**self.parameters, **COUNTED, **policy},
            "state": {**self.parameters, **counting, **kept, **METRIC},
            "kept": kept,
            "dependent": {
                n: o for n, o in {**self.parameters, **kept}.items() if o.needs
            },
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def counts_function(self) -> str:
        """The name of the function of counts."""
        return f"{self.name}_from_counts"


_RIJSBERGEN = "van Rijsbergen (1979), Information Retrieval, chapter 7."
_ALTMAN = "Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity."
_ALTMAN_2 = "Altman and Bland (1994), Diagnostic tests 2: predictive values."
_POWERS = "Powers (2011), Evaluation: from precision, recall and F-measure to ROC."
_LONG = "Long et al. (2015), Fully convolutional networks: "

#: Every score by its name, in the order of the documentation.
SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        Score(
            "dice",
            "DiceScore",
            "Dice coefficient",
            "Dice (1945), Measures of the amount of ecologic association between "
            "species.",
            ("average='none'", "tensor([0.8571, 0.8000])"),
            ratio=_formulas.dice,
        ),
        Score(
            "iou",
            "IoUScore",
            "Intersection over union (Jaccard index)",
            "Jaccard (1912), The distribution of the flora in the alpine zone.",
            ("average='none'", "tensor([0.7500, 0.6667])"),
            ratio=lambda n: (n.tp, n.tp + n.fp + n.fn),
        ),
        Score(
            "f1",
            "F1Score",
            "F1, the harmonic mean of precision and recall",
            _RIJSBERGEN,
            ("", "tensor(0.8286)"),
            ratio=_formulas.dice,
        ),
        Score(
            "fbeta",
            "FBetaScore",
            "F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)",
            _RIJSBERGEN,
            ("beta=2.0, average='none'", "tensor([0.7895, 0.9091])"),
            make=_formulas.fbeta,
            parameters={
                "beta": Option(
                    "float",
                    1.0,
                    "weight of recall; 0 is precision, infinity is recall.",
                    finite=False,
                )
            },
        ),
        Score(
            "precision",
            "PrecisionScore",
            "Precision (positive predictive value)",
            _RIJSBERGEN,
            ("average='none'", "tensor([1.0000, 0.6667])"),
            ratio=lambda n: (n.tp, n.tp + n.fp),
        ),
        Score(
            "recall",
            "RecallScore",
            "Recall (sensitivity, true positive rate)",
            _RIJSBERGEN,
            ("average='none'", "tensor([0.7500, 1.0000])"),
            ratio=_formulas.recall,
        ),
        Score(
            "specificity",
            "SpecificityScore",
            "Specificity (true negative rate)",
            _ALTMAN,
            ("average='none'", "tensor([1.0000, 0.7500])"),
            ratio=lambda n: (n.tn, n.tn + n.fp),
        ),
        Score(
            "negative_predictive_value",
            "NegativePredictiveValue",
            "Negative predictive value",
            _ALTMAN_2,
            ("average='none'", "tensor([0.6667, 1.0000])"),
            ratio=lambda n: (n.tn, n.tn + n.fn),
            function="negative_predictive_value",
        ),
        Score(
            "false_positive_rate",
            "FalsePositiveRate",
            "False positive rate (fall-out), 1 - specificity",
            _ALTMAN,
            ("average='none'", "tensor([0.0000, 0.2500])"),
            ratio=lambda n: (n.fp, n.fp + n.tn),
            function="false_positive_rate",
        ),
        Score(
            "false_negative_rate",
            "FalseNegativeRate",
            "False negative rate (miss rate), 1 - recall",
            _ALTMAN,
            ("average='none'", "tensor([0.2500, 0.0000])"),
            ratio=lambda n: (n.fn, n.fn + n.tp),
            function="false_negative_rate",
        ),
        Score(
            "false_discovery_rate",
            "FalseDiscoveryRate",
            "False discovery rate, 1 - precision",
            _ALTMAN_2,
            ("average='none'", "tensor([0.0000, 0.3333])"),
            ratio=lambda n: (n.fp, n.fp + n.tp),
            function="false_discovery_rate",
        ),
        Score(
            "false_omission_rate",
            "FalseOmissionRate",
            "False omission rate, 1 - negative predictive value",
            _ALTMAN_2,
            ("average='none'", "tensor([0.3333, 0.0000])"),
            ratio=lambda n: (n.fn, n.fn + n.tn),
            function="false_omission_rate",
        ),
        Score(
            "informedness",
            "Informedness",
            "Informedness (Youden's J), recall + specificity - 1",
            _POWERS,
            ("average='none'", "tensor([0.7500, 0.7500])"),
            ratio=lambda n: (
                n.tp * n.tn - n.fp * n.fn,
                (n.tp + n.fn) * (n.tn + n.fp),
            ),
            products=True,
            function="informedness",
        ),
        Score(
            "markedness",
            "Markedness",
            "Markedness, precision + negative predictive value - 1",
            _POWERS,
            ("average='none'", "tensor([0.6667, 0.6667])"),
            ratio=lambda n: (
                n.tp * n.tn - n.fp * n.fn,
                (n.tp + n.fp) * (n.tn + n.fn),
            ),
            products=True,
            function="markedness",
        ),
        Score(
            "positive_likelihood_ratio",
            "PositiveLikelihoodRatio",
            "Positive likelihood ratio, recall / (1 - specificity)",
            "Deeks and Altman (2004), Diagnostic tests 4: likelihood ratios.",
            ("average='none'", "tensor([nan, 4.])"),
            ratio=lambda n: (n.tp * (n.fp + n.tn), n.fp * (n.tp + n.fn)),
            products=True,
            bounded=False,
            function="positive_likelihood_ratio",
        ),
        Score(
            "accuracy",
            "AccuracyScore",
            "Accuracy, the share of pixels predicted right; of a class, its recall",
            _LONG + "pixel and mean accuracy.",
            ("", "tensor(0.8333)"),
            make=_formulas.accuracy,
            changed={
                "average": {
                    "default": "micro",
                    "doc": POLICY["average"].doc.rpartition(" None is")[0]
                    + ' None is ``"micro"``.',
                }
            },
        ),
        Score(
            "balanced_accuracy",
            "BalancedAccuracyScore",
            "Balanced accuracy, the mean recall of the classes of the target",
            "Brodersen et al. (2010), The balanced accuracy and its posterior "
            "distribution.",
            ("", "tensor(0.8750)"),
            ratio=_formulas.recall,
            fixed={"average": "macro"},
            tasks=("multiclass", "binary"),
        ),
        Score(
            "frequency_weighted_iou",
            "FrequencyWeightedIoUScore",
            "Intersection over union, each class weighted by its share of the target",
            _LONG + "frequency weighted IU.",
            ("", "tensor(0.7222)"),
            ratio=lambda n: (n.tp, n.tp + n.fp + n.fn),
            fixed={"average": "weighted"},
        ),
        Score(
            "tversky",
            "TverskyScore",
            "Tversky index, tp / (tp + alpha fp + beta fn)",
            "Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. "
            "(2017).",
            ("alpha=0.3, beta=0.7, average='none'", "tensor([0.8108, 0.8696])"),
            make=_formulas.tversky,
            parameters={
                "alpha": Option(
                    "float", 0.5, "weight of false positives; not negative."
                ),
                "beta": Option(
                    "float", 0.5, "weight of false negatives. 0.5 and 0.5 is Dice."
                ),
            },
        ),
        Score(
            "generalized_dice",
            "GeneralizedDiceScore",
            "Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes",
            "Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).",
            ("", "tensor(0.8148)"),
            make=_formulas.generalized_dice,
            sees="scored",
            parameters={
                "weight_type": Option(
                    "WeightType",
                    "square",
                    'w of a class with t target pixels: ``"square"`` 1 / t²; '
                    '``"simple"`` 1 / t; ``"linear"`` 1.',
                ),
                "empty_weight": Option(
                    "EmptyWeight",
                    "largest",
                    'w of a class without target pixels: ``"largest"`` that of the '
                    'other classes (MONAI); ``"zero"`` 0. Not of linear.',
                    needs=(("weight_type", ("square", "simple")),),
                ),
            },
        ),
        Score(
            "exact_match",
            "ExactMatchScore",
            "Exact match (subset accuracy), the share of samples without a wrong label",
            "Kazawa et al. (2005), Maximal margin labeling for multi-topic text "
            "categorization.",
            ("", "tensor(0.8333)"),
            make=lambda _task: _formulas.exact_match,
            sees="all",
            changed={
                "aggregation": {
                    "type": "OfSamples",
                    "default": "samplewise",
                    "doc": '``"samplewise"`` the share of samples, the indices of '
                    'dimension 0; ``"none"`` 1 or 0 for each. An ignored pixel makes '
                    "no sample wrong, and a sample without others is undefined.",
                }
            },
        ),
        Score(
            "matthews_corrcoef",
            "MatthewsCorrCoef",
            "Matthews correlation coefficient of target and prediction, in [-1, 1]",
            "Gorodkin (2004), Comparing two K-category assignments by a K-category "
            "correlation coefficient.",
            ("", "tensor(0.7071)"),
            make=lambda _task: _formulas.matthews_corrcoef,
            sees="all",
            function="matthews_corrcoef",
        ),
        Score(
            "cohen_kappa",
            "CohenKappaScore",
            "Cohen's kappa, agreement beyond chance, at most 1",
            "Cohen (1960), A coefficient of agreement for nominal scales; (1968) "
            "weighted.",
            ("", "tensor(0.6667)"),
            make=_formulas.cohen_kappa,
            sees="all",
            parameters={
                "weights": Option(
                    "KappaWeights",
                    "none",
                    "weight of a disagreement between two classes: "
                    '``"none"`` 1; ``"linear"`` the distance; ``"quadratic"`` '
                    "its square.",
                )
            },
        ),
    )
}
