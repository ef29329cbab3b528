"""Every option of the loss functions: its default, and its words in docstrings."""

from __future__ import annotations

from torchtally.functional._options import Option

#: How pixels become sums.
PIXELS: dict[str, Option] = {
    "activation": Option(
        "softmax",
        'what makes probabilities of the logits: ``"softmax"`` over dimension 1, '
        '``"sigmoid"``, or ``"none"`` where they are probabilities already.',
    ),
    "ignore_index": Option(
        None, "a target label, or several, whose pixels count nowhere."
    ),
    "mask": Option(
        None,
        "bool ``[N, ...]``; pixels where it is False count nowhere. For targets that "
        "are not labels too.",
    ),
    "process_group": Option(
        None,
        "add the sums of all ranks of this group up before any ratio, in one "
        "differentiable all_reduce; needs ``batch=True``. "
        "``torch.distributed.group.WORLD`` is the default group. Ranks may hold "
        "different numbers of samples.",
    ),
    "validate": Option(
        True,
        'look at the values of CPU tensors: with ``activation="none"`` a number '
        "outside [0, 1] raises, and logits that look like probabilities warn once. "
        "CUDA tensors and compiled code are never looked at.",
    ),
}

#: How the overlap of a class is read off the sums.
OVERLAP: dict[str, Option] = {
    "squared_pred": Option(
        False, "sizes are sums of squares: of p and of t, instead of p and t."
    ),
    "soft_label": Option(
        False,
        "the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which is greatest "
        "at p = t for targets between 0 and 1 too. No effect with ``squared_pred``.",
    ),
    "smooth_nr": Option(1e-5, "added to the numerator."),
    "smooth_dr": Option(
        1e-5, "added to the denominator. A ratio 0 / 0 is worth 1: nothing was missed."
    ),
    "eps": Option(0.0, "the denominator is at least this: ``max(denominator, eps)``."),
}

#: Which classes and samples are entries of the loss.
ENTRIES: dict[str, Option] = {
    "classes": Option(None, "the classes to score, in this order; None for all."),
    "include_background": Option(True, "False leaves class 0 out."),
    "batch": Option(
        False,
        "add the sums of all samples up before any ratio: one ratio a class, not one "
        "a class and sample.",
    ),
}
REDUCTION: dict[str, Option] = {
    "reduction": Option(
        "mean",
        '``"mean"`` over entries, their ``"sum"``, or ``"none"``: one value an entry.',
    ),
}

#: How the ratios of entries become a loss.
POLICY: dict[str, Option] = {
    **ENTRIES,
    "average": Option(
        "macro",
        '``"macro"`` keeps classes apart and averages their losses; ``"micro"`` pools '
        "their sums first.",
    ),
    "absent": Option(
        "keep",
        "what a class without a target pixel does (in the sample, or in the batch "
        'with ``batch=True``): ``"keep"`` counts like any other; ``"zero"`` has loss '
        '0 and stays in the mean; ``"skip"`` leaves the mean of its sample.',
    ),
    "class_weights": Option(
        None,
        "a weight for each of the C classes, float ``[C]``, or one number; that of a "
        'class which is left out is not used. ``"macro"`` multiplies losses, '
        '``"micro"`` sums.',
    ),
    "normalize_weights": Option(
        False, "divide by the sum of the class weights, not by the number of classes."
    ),
    "short_weights": Option(
        False, "``class_weights`` may also hold the weights of the scored classes only."
    ),
    "form": Option(
        "complement",
        '``"complement"`` is 1 - index, ``"negative"`` -index, ``"log"`` '
        "-log(max(index, log_eps)).",
    ),
    "log_eps": Option(1e-7, 'lower bound of the index with ``form="log"``.'),
    **REDUCTION,
}

FOCUS: dict[str, Option] = {
    "gamma": Option(1.0, "exponent of the loss."),
    "gamma_of": Option(
        "entries",
        'raise each of the ``"entries"`` to gamma, or their ``"mean"``.',
    ),
}
CROSS_ENTROPY: dict[str, Option] = {
    "lambda_dice": Option(1.0, "weight of the Dice term."),
    "lambda_ce": Option(1.0, "weight of the cross-entropy."),
    "ce_weight": Option(
        None,
        "class weights of the cross-entropy, float ``[C]``, as ``weight`` of "
        "``torch.nn.functional.cross_entropy``. For sums already taken: the "
        "``class_weight`` they were taken with, which the mean divides by.",
    ),
    "label_smoothing": Option(0.0, "label smoothing of the cross-entropy, in [0, 1]."),
}


def with_default(options: dict[str, Option], **defaults: object) -> dict[str, Option]:
    """Return options of which some have another default."""
    return {
        name: Option(defaults[name], option.doc) if name in defaults else option
        for name, option in options.items()
    }
