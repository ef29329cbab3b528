"""Every option of the losses, stated once: its type, its default, its words."""

from __future__ import annotations

from torchtally._options import Option

#: How pixels become sums.
PIXELS: dict[str, Option] = {
    "activation": Option(
        "Activation",
        "softmax",
        'what makes probabilities of the logits: ``"softmax"`` over dimension 1; '
        '``"sigmoid"`` of each class alone; ``"none"`` nothing, they are probabilities '
        "already.",
    ),
    "ignore_index": Option(
        "IgnoreIndex", None, "a target label, or several, whose pixels count nowhere."
    ),
    "mask": Option(
        "Array | None",
        None,
        "bool ``[N, ...]``; pixels where it is False count nowhere. For targets that "
        "are not labels too.",
    ),
    "process_group": Option(
        "Any",
        None,
        "add the sums of all ranks of this group up before any ratio, in one "
        "differentiable all_reduce; needs ``batch=True``. "
        "``torch.distributed.group.WORLD`` is the default group. Ranks may hold "
        "different numbers of samples.",
    ),
    "validate": Option(
        "bool",
        True,
        "look at the values of CPU tensors: a number outside [0, 1] raises, of a "
        'target of logits\' shape and with ``activation="none"``; logits that look '
        "like probabilities, and rows of an image in the place of classes, warn once. "
        "CUDA tensors and compiled code are never looked at.",
    ),
}

#: How the overlap of a class is read off the sums.
OVERLAP: dict[str, Option] = {
    "squared_pred": Option(
        "bool", False, "sizes are sums of squares: of p and of t, instead of p and t."
    ),
    "soft_label": Option(
        "bool",
        False,
        "the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which is greatest "
        "at p = t for targets between 0 and 1 too. Not with ``squared_pred``.",
        needs=(("squared_pred", (False,)),),
    ),
    "smooth_nr": Option("float", 1e-5, "added to the numerator."),
    "smooth_dr": Option(
        "float",
        1e-5,
        "added to the denominator. A ratio 0 / 0 is worth 1: nothing was missed.",
    ),
    "eps": Option(
        "float", 0.0, "the denominator is at least this: ``max(denominator, eps)``."
    ),
}

#: Which classes and samples are entries of the loss.
ENTRIES: dict[str, Option] = {
    "classes": Option(
        "LossClasses", None, "the classes to score, in this order; None for all."
    ),
    "include_background": Option("bool", True, "False leaves class 0 out."),
    "conventions": Option(
        "Conventions",
        "own",
        'whose reading of tensors holds: ``"own"`` as said here; ``"monai"`` also '
        "labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot target by its class "
        "(pixels without a class, where it is none), a single class whatever "
        "``include_background`` is, and no weight of a single scored class; "
        '``"smp"`` also labels ``[N, 1, ...]``, and ``ignore_index`` of a target of '
        "logits' shape for each class alone; "
        '``"nnunet"`` also labels ``[N, 1, ...]``.',
    ),
    "batch": Option(
        "bool",
        False,
        "add the sums of all samples up before any ratio: one ratio a class, not one "
        "a class and sample.",
    ),
}
REDUCTION: dict[str, Option] = {
    "reduction": Option(
        "LossReduction",
        "mean",
        '``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one value an entry.',
    ),
}

#: How the ratios of entries become a loss.
POLICY: dict[str, Option] = {
    **ENTRIES,
    "average": Option(
        "LossAverage",
        "macro",
        '``"macro"`` keeps classes apart and averages their losses; ``"micro"`` pools '
        "their sums first.",
    ),
    "absent": Option(
        "Absent",
        "keep",
        "what a class without a target pixel does (in the sample, or in the batch "
        'with ``batch=True``): ``"keep"`` counts like any other; ``"zero"`` has loss '
        '0 and stays in the mean; ``"skip"`` leaves the mean of its sample.',
    ),
    "class_weights": Option(
        "LossWeights",
        None,
        "a weight for each of the C classes, float ``[C]``, or one number; that of a "
        "class which is left out is not used. Macro averages multiply losses by them, "
        "micro averages sums.",
    ),
    "normalize_weights": Option(
        "bool",
        False,
        "divide by the sum of the class weights, not by the number of classes.",
        needs=(("average", ("macro",)), ("reduction", ("mean",))),
    ),
    "short_weights": Option(
        "bool",
        False,
        "``class_weights`` may also hold the weights of the scored classes only.",
    ),
    "form": Option(
        "LossForm",
        "complement",
        'the loss of an overlap index: ``"complement"`` 1 - index; ``"negative"`` '
        '-index; ``"log"`` -log(max(index, log_eps)).',
    ),
    "log_eps": Option(
        "float",
        1e-7,
        'lower bound of the index with ``form="log"``.',
        needs=(("form", ("log",)),),
    ),
    **REDUCTION,
}

FOCUS: dict[str, Option] = {
    "gamma": Option("float", 1.0, "exponent of the loss."),
    "gamma_of": Option(
        "GammaOf",
        "entries",
        'what is raised to gamma: ``"entries"`` the loss of each entry; ``"mean"`` '
        "their mean.",
    ),
}
JACCARD: dict[str, Option] = {
    "jaccard": Option(
        "bool",
        False,
        "the Jaccard index: ``(2 I + nr) / (2 (A + B - I) + dr)``, as MONAI.",
    ),
}
TVERSKY: dict[str, Option] = {
    "alpha": Option(
        "float", 0.5, "weight of what was predicted wrongly, not negative."
    ),
    "beta": Option("float", 0.5, "weight of what was missed, not negative."),
}
GENERALIZED: dict[str, Option] = {
    "weight_type": Option(
        "LossWeightType",
        "square",
        'weight of a class whose target has size T: ``"square"`` 1 / T²; '
        '``"simple"`` 1 / T; ``"uniform"`` 1.',
    ),
}
CROSS_ENTROPY: dict[str, Option] = {
    "lambda_dice": Option("float", 1.0, "weight of the Dice term."),
    "lambda_ce": Option("float", 1.0, "weight of the cross-entropy."),
    "ce_weight": Option(
        "LossWeights",
        None,
        "class weights of the cross-entropy, float ``[C]``, as ``weight`` of "
        "``torch.nn.functional.cross_entropy``. For sums already taken: the "
        "``class_weight`` they were taken with, which the mean divides by.",
    ),
    "ce_activation": Option(
        "Activation | None",
        None,
        "the activation of the cross-entropy where it is another than that of the Dice "
        'term, at the cost of a second pass: ``"softmax"`` over classes, but binary '
        'for a single class; ``"sigmoid"`` of each class alone. The Dice term may have '
        '``activation="none"`` then: it is of the numbers as they are.',
    ),
    "label_smoothing": Option(
        "float", 0.0, "label smoothing of the cross-entropy, in [0, 1]."
    ),
}
#: Options of a cross-entropy that are of pixels, not of sums.
OF_PIXELS = ("ce_activation", "label_smoothing")
#: What a cross-entropy that was summed before no longer says.
SUMMED_CROSS_ENTROPY: dict[str, Option] = {
    "activation": Option("Activation", "softmax", "the activation of the sums."),
    "soft_target": Option("bool", False, "True if the target of the sums was soft."),
}
