"""What the integrations replace in other libraries, in our own words.

A class that has the arguments of another library's takes its constructor from there,
and has no words for them; these are the words, and an example where it has none.
"""

from __future__ import annotations

import contextlib
import inspect
import io
from typing import TYPE_CHECKING, Any

from torchtally.functional._definitions import SCORES
from torchtally.functional.losses._definitions import LOSSES

if TYPE_CHECKING:
    from public_names import Doc, Name

_HERE = "torchtally.integrations."
TORCHMETRICS, MONAI = f"{_HERE}torchmetrics", f"{_HERE}monai"
IGNITE, SMP, NNUNET = f"{_HERE}ignite", f"{_HERE}smp", f"{_HERE}nnunet"
#: What the libraries are called, by module.
TITLES = {
    TORCHMETRICS: "torchmetrics",
    f"{_HERE}transformers": "transformers",
    MONAI: "MONAI",
    IGNITE: "ignite",
    SMP: "smp",
    NNUNET: "nnU-Net",
}
_SEGMENTATION = ("DiceScore", "GeneralizedDiceScore", "MeanIoU")
_SEGMENTATION += ("dice_score", "generalized_dice_score", "mean_iou")

_BINARY = (
    "labels 0 and 1, or floating scores, ``[N, ...]``; scores that are not all in "
    "[0, 1] are taken for logits"
)
#: Predictions and targets of torchmetrics, by task.
_PAIRS = {
    "binary": (_BINARY, "labels 0 and 1 of preds' shape"),
    "multiclass": (
        "labels ``[N, ...]``, or class scores ``[N, C, ...]``, the highest of which is "
        "the label",
        "labels ``[N, ...]``",
    ),
    "multilabel": (
        _BINARY.replace("[N, ...]", "[N, L, ...]"),
        "labels 0 and 1 of preds' shape",
    ),
    "task": (
        "what the name of the task asks for: see the one that begins with ``binary``, "
        "``multiclass`` or ``multilabel``",
        "labels, likewise",
    ),
    "segmentation": (
        "one-hot ``[N, C, ...]``, or labels ``[N, ...]``, as ``input_format`` says",
        "the same of the ground truth",
    ),
}
_WORDS = {
    TORCHMETRICS: {
        "aggregation_level": '``"samplewise"`` averages the scores of samples; '
        '``"global"`` adds their counts up first.',
        "average": '``"macro"``, ``"micro"`` or ``"weighted"``; ``"none"`` or None '
        "returns a score for each class or label.",
        "beta": "weight of recall.",
        "ignore_index": "a target value whose pixels count nowhere.",
        "include_background": "False leaves class 0 out.",
        "input_format": '``"one-hot"``, ``"index"`` for labels, or ``"mixed"`` for one '
        "of each.",
        "kwargs": "options of ``torchmetrics.Metric``.",
        "multidim_average": '``"global"`` adds everything up; ``"samplewise"`` returns '
        "a score for each index of dimension 0.",
        "normalize": 'None for counts; ``"true"``, ``"pred"`` or ``"all"`` for shares '
        "of the row, the column or everything.",
        "num_classes": "C; of a task that is named, only for multiclass.",
        "num_labels": "L; of a task that is named, only for multilabel.",
        "per_class": "return a score for each class.",
        "task": '``"binary"``, ``"multiclass"`` or ``"multilabel"``, where there is '
        "one for it.",
        "threshold": "a score above it is 1.",
        "top_k": "how many of the highest scores may be the target; above 1 "
        "torchmetrics counts.",
        "validate_args": "look at options and labels; without, a wrong label is not "
        "noticed.",
        "weight_type": 'weight of a class of t target pixels: ``"square"`` 1 / t², '
        '``"simple"`` 1 / t, ``"linear"`` 1.',
        "weights": 'of a disagreement: None or ``"none"``, ``"linear"`` or '
        '``"quadratic"``.',
        "zero_division": "the score where the denominator is 0.",
    },
    MONAI: {
        "activate": "apply sigmoid before the threshold.",
        "alpha": "weight of false positives.",
        "apply_argmax": "take the class of the highest score; None does, unless "
        "``threshold`` is set.",
        "batch": "add the sums of all samples up before any ratio.",
        "beta": "weight of false negatives; of F-beta, of recall.",
        "compute_sample": "whether a score is made of each sample, and then averaged; "
        "without, counts are added up first.",
        "confusion_matrix": "what :func:`get_confusion_matrix` returned.",
        "epsilon": "as MONAI's (1.6, where it has no effect).",
        "f": "scores ``[N, C]``; NaN enters no average.",
        "get_not_nans": "return also how many scores entered the average.",
        "ignore_empty": "NaN, and not 1 or 0, for a class that the ground truth does "
        "not hold.",
        "ignore_index": "a class, or value, whose pixels count nowhere (MONAI 1.6).",
        "include_background": "False leaves class 0 out.",
        "jaccard": "the Jaccard index in the place of Dice.",
        "label_smoothing": "of the cross-entropy.",
        "lambda_ce": "weight of the cross-entropy.",
        "lambda_dice": "weight of the Dice term.",
        "metric_name": 'which score, or several: ``"precision"``, ``"sensitivity"``, '
        '``"f1 score"`` and the others of MONAI.',
        "num_classes": "C, where labels do not tell it.",
        "other_act": "another activation; MONAI computes the loss then.",
        "output_transform": "makes ``(y_pred, y)`` of the engine's output.",
        "per_component": "average over connected components; MONAI computes it then.",
        "reduction": 'what is averaged: ``"mean"``, ``"sum"``, ``"mean_batch"``, '
        '``"mean_channel"`` or ``"none"``; of a loss ``"mean"``, ``"sum"`` or '
        '``"none"``.',
        "return_with_label": "return a mapping from classes, or names, to scores.",
        "save_details": "keep the scores of each sample in ``engine.state``.",
        "sigmoid": "apply sigmoid first.",
        "smooth_dr": "added to the denominator.",
        "smooth_nr": "added to the numerator.",
        "soft_label": "an intersection that is greatest where both are equal, for "
        "targets between 0 and 1.",
        "softmax": "apply softmax first.",
        "squared_pred": "sums of squares in the denominator.",
        "threshold": "cut scores at 0.5.",
        "to_onehot_y": "the target is labels ``[N, 1, ...]``.",
        "w_type": 'weight of a class of size t: ``"square"`` 1 / t², ``"simple"`` '
        '1 / t, ``"uniform"`` 1.',
        "weight": "a weight for each class.",
        "weight_type": 'weight of a class of size t: ``"square"`` 1 / t², ``"simple"`` '
        '1 / t, ``"uniform"`` 1.',
    },
    IGNITE: {
        "average": 'of the matrix: None for counts, ``"samples"`` for counts of a '
        'sample, ``"recall"`` or ``"precision"`` for shares of a row or column; of a '
        "score, whether it is the mean over classes.",
        "cm": "a ``ConfusionMatrix``, of this package or ignite's.",
        "device": "that counts are kept on.",
        "ignore_index": "a class that is not scored.",
        "num_classes": "C.",
        "output_transform": "makes ``(scores, labels)`` of the engine's output.",
        "skip_unrolling": "whether the output is taken as it is, and not in parts.",
    },
}
_OLDER = {
    "sigmoid": "the older name of ``threshold``.",
    "softmax": "the older name of ``apply_argmax``.",
}
_IGNITE = {
    "DiceCoefficient": ("Dice of each class, 2 tp / (2 tp + fp + fn)", ""),
    "IoU": ("Intersection over union of each class, tp / (tp + fp + fn)", ""),
    "JaccardIndex": ("Jaccard index of each class: the same as ``IoU``", ""),
    "mIoU": ("Intersection over union, the mean over classes", ""),
    "cmAccuracy": ("Accuracy, the share of pixels that are right", ""),
    "cmPrecision": ("Precision, tp / (tp + fp)", "average=False"),
    "cmRecall": ("Recall, tp / (tp + fn)", "average=False"),
}
_MONAI = {
    "compute_confusion_matrix_metric": (
        "A score of counts, such as the precision.",
        "A tensor without the last dimension of confusion_matrix.",
        ["compute_confusion_matrix_metric(", '    "precision",',
         "    get_confusion_matrix(y.flip(2), y),", ")"],
    ),
    "do_metric_reduction": (
        "Average scores ``[N, C]`` of samples and classes, without those that are NaN.",
        "The reduced scores, and how many entered each.",
        ['do_metric_reduction(compute_dice(y.flip(2), y), "mean")'],
    ),
}  # fmt: skip


#: What a name of another library is called here: a score, or a loss.
_TWINS = {
    "cmaccuracy": "accuracy",
    "cmprecision": "precision",
    "cmrecall": "recall",
    "dcandbceloss": "dice_ce_loss",
    "dcandceloss": "dice_ce_loss",
    "dicecoefficient": "dice",
    "dicehelper": "dice",
    "dicemetric": "dice",
    "jaccardindex": "iou",
    "meandice": "dice",
    "meaniou": "iou",
    "meaniouhandler": "iou",
    "memoryefficientsoftdiceloss": "dice_loss",
    "miou": "iou",
    "negativelikelihoodratio": "positive_likelihood_ratio",
    "positivepredictivevalue": "precision",
    "sensitivity": "recall",
}
_TWINS.update({name.replace("_", ""): name for name in SCORES})
_TWINS.update({f"{name.replace('_', '')}loss": f"{name}_loss" for name in LOSSES})


def twin(name: Name) -> str:
    """Return the score or loss here that a replacement computes; "" for none."""
    if not name.replaces or (name.module.startswith(SMP) and name.name == "accuracy"):
        return ""
    core = name.name.lower().replace("_", "").removeprefix("compute")
    for task in ("binary", "multiclass", "multilabel"):
        core = core.removeprefix(task)
    return _TWINS.get(core) or _TWINS.get(core.removesuffix("score"), "")


def source(of: str) -> str:
    """Return where the formula of a score or loss is from."""
    if of.endswith("_loss"):
        return LOSSES[of.removesuffix("_loss")].source.split(";")[0]
    return SCORES[of].source


def framework(module: str) -> str:
    """Return the integration that a module belongs to; "" for none."""
    return next((m for m in TITLES if f"{module}.".startswith(f"{m}.")), "")


def replaced(module: str, name: str, value: Any) -> str:
    """Return what of another library a public name replaces."""
    of, home = framework(module), value.__module__ if callable(value) else ""
    last = home.rpartition(".")[2]
    if of == TORCHMETRICS:
        package = "segmentation" if name in _SEGMENTATION else "classification"
        if last == "functional":
            return f"torchmetrics.functional.{package}.{name}"
        if last in ("classification", "segmentation"):
            return f"torchmetrics.{package}.{name}"
    elif of == MONAI:
        return f"monai.{last if home.startswith(MONAI) else 'metrics'}.{name}"
    elif of == IGNITE and name not in ("TallyMetric", "attach"):
        package = "metrics" if name[0] != "c" else "metrics.confusion_matrix"
        return f"ignite.{package}.{name}"
    elif of == SMP:
        return f"segmentation_models_pytorch.{last}.{name}"
    elif of == NNUNET:
        file = "compound_losses" if name.startswith("DC") else "dice"
        return f"nnunetv2.training.loss.{file}.{name}"
    elif name == "mean_iou":
        return 'evaluate.load("mean_iou")'
    return ""


def is_own(value: Any) -> bool:
    """Whether torchtally defines it, or exports it as another library has it."""
    return str(value.__module__).startswith("torchtally")


def signature(value: Any) -> inspect.Signature | None:
    """Return the signature of what is replaced, where ours only hands it on."""
    own = inspect.signature(value)
    if inspect.isclass(value) and [*own.parameters] == ["args", "kwargs"]:
        return inspect.signature(value.__bases__[-1])
    return None


def completed(name: Name, doc: Doc) -> Doc:
    """Fill in what the docstring of a replacement leaves to the library."""
    from public_names import parsed

    of = framework(name.module)
    if name.module == f"{SMP}.metrics" and not doc.args:
        shared = parsed(name.value.__globals__["fbeta_score"].__doc__)
        doc.args, doc.returns, doc.raises = shared.args, shared.returns, shared.raises
        doc.text = doc.text.split("\n\n")[0]
    if of == TORCHMETRICS:
        _of_torchmetrics(name, doc)
    elif not is_own(name.value):
        _reexported(name, doc)
    if not doc.references and twin(name):
        doc.references = f"{source(twin(name)).removesuffix('.')}."
    if "hamming" in name.name.lower():
        doc.references = "Hamming (1950), Error detecting and error correcting codes."
    words = _WORDS.get(of, {})
    if name.name == "DiceHelper":
        words = {**words, **_OLDER}
    kept = [p.name for p in name.parameters()]
    doc.args = {n: doc.args.get(n) or words.get(n, "") for n in kept}
    if of == MONAI and not doc.raises:
        doc.raises = {"ValueError": "for a wrong option or shape, as MONAI's."}
    if of == IGNITE and not doc.raises:
        doc.raises = {"ValueError": "for a wrong option, as ignite's."}
    return doc


def _reexported(name: Name, doc: Doc) -> None:
    doc.args, doc.raises = {}, {}  # in the words of the library
    if name.module == IGNITE:
        title, option = _IGNITE[name.name]
        doc.text = f"{title}. It is ignite's own, and takes the matrix of this package."
        doc.returns = "A metric of ignite, whose ``compute`` returns float64."
        also = f", {option}" if option else ""
        doc.example = ran([
            "import torch",
            f"from {IGNITE} import ConfusionMatrix, {name.name}",
            "cm = ConfusionMatrix(num_classes=2)",
            f"score = {name.name}(cm{also})",
            "scores = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])",
            "cm.update((scores, torch.tensor([0, 1, 0])))",
            "score.compute()",
        ])  # fmt: skip
        return
    doc.text, doc.returns, lines = _MONAI[name.name]
    doc.text += " It is MONAI's own."
    used = sorted({"compute_dice", "get_confusion_matrix"} & {
        word for word in ("compute_dice", "get_confusion_matrix")
        if any(word in line for line in lines)
    })  # fmt: skip
    doc.example = ran([
        "import torch",
        f"from {MONAI} import {', '.join([*used, name.name])}",
        "y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])",
        "\n".join(lines),
    ])  # fmt: skip


# torchmetrics


def _task(name: str) -> str:
    if name in _SEGMENTATION:
        return "segmentation"
    for task in ("binary", "multiclass", "multilabel"):
        if name.lower().startswith(task):
            return task
    return "task"


def _of_torchmetrics(name: Name, doc: Doc) -> None:
    if not name.replaces:
        return
    task, is_class = _task(name.name), name.kind == "class"
    preds, target = _PAIRS[task]
    if is_class:
        doc.text += (
            f"\n\n``update(preds, target)`` takes preds, {preds}; and target, "
            f"{target}. States, ``compute``, ``reset``, ``plot``, sums over ranks and "
            "everything else are torchmetrics'."
        )
        if task == "task":
            doc.text += " What is made is the class of the task."
    else:
        what = name.name.replace("_", " ")
        doc.text = f"The function {what} of torchmetrics, counted by torchtally."
        doc.args = {"preds": f"{preds}.", "target": f"{target}."}
    doc.returns = f"{'``compute`` returns ' if is_class else ''}{_returned(name)}"
    doc.raises = {
        "ValueError": "for a wrong option or shape.",
        "RuntimeError": "for different shapes of preds and target, or a label out of "
        "range.",
    }
    doc.example = ran(_call(name, task))


def _returned(name: Name) -> str:
    core = name.name.lower().replace("_", "")
    options = {p.name for p in name.parameters()}
    if "statscores" in core:
        text = (
            "``[5]``: tp, fp, tn, fn and the pixels of the class, int64, or float32 "
            'where they are means; a row for each class or label with "none"'
        )
    elif "confusionmatrix" in core:
        text = (
            "int64 ``[C, C]``, rows target (``[2, 2]`` binary, ``[L, 2, 2]`` "
            "multilabel); float32 shares with ``normalize``"
        )
    elif name.name in _SEGMENTATION:
        text = "float32: a scalar, or ``[C]`` for each class"
        if name.kind == "function":
            text = "float32: one for each sample ``[N]``, or ``[N, C]`` for each class"
    elif "average" in options and "multilabel" not in core:
        text = 'float32: a scalar, or ``[C]`` with ``average="none"``'
    elif "average" in options:
        text = 'float32: a scalar, or ``[L]`` with ``average="none"``'
    else:
        text = "float32: a scalar"
    if "multidim_average" in options:
        text += '; ``[N]`` in front with ``multidim_average="samplewise"``'
    return f"{text}."


_DATA = {
    "binary": ("[0, 1, 1, 0]", "[0, 1, 0, 0]", ""),
    "multiclass": ("[[0, 1], [2, 1]]", "[[0, 1], [2, 2]]", "num_classes=3"),
    "multilabel": ("[[0, 1], [1, 1]]", "[[0, 1], [0, 1]]", "num_labels=2"),
    "task": (
        "[[0, 1], [2, 1]]", "[[0, 1], [2, 2]]", 'task="multiclass", num_classes=3',
    ),
    "segmentation": (
        "[[0, 1], [2, 1]]", "[[0, 1], [2, 2]]", 'num_classes=3, input_format="index"',
    ),
}  # fmt: skip


def _call(name: Name, task: str) -> list[str]:
    preds, target, options = _DATA[task]
    if "beta" in {p.name for p in name.parameters()}:
        options = f"{options}, beta=2.0" if options else "beta=2.0"
    lines = [
        "import torch",
        f"from {name.module} import {name.name}",
        f"preds = torch.tensor({preds})",
        f"target = torch.tensor({target})",
    ]
    if name.kind == "class":
        lines += [f"metric = {name.name}({options})", "metric.update(preds, target)"]
        return [*lines, "metric.compute()"]
    return [*lines, f"{name.name}(preds, target{', ' if options else ''}{options})"]


def ran(lines: list[str]) -> str:
    """Return statements as an interpreter shows them, each with what it prints."""
    space: dict[str, Any] = {}
    shown = []
    for line in lines:
        first, *more = line.split("\n")
        shown += [f">>> {first}", *(f"... {part}" for part in more)]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(line, "example", "single"), space)
        shown += [row or "<BLANKLINE>" for row in out.getvalue().splitlines()]
    return "\n".join(shown)
