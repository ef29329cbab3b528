"""What other libraries compute, in our options: a preset for each of their losses.

A preset is the peer's options with the peer's defaults, and what makes ours of them.
Two defaults differ on purpose: the activation is applied to logits, and targets may be
labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torchtally._options import refuse_unknown
from torchtally.functional import _checks

_SHARED = ("process_group", "validate")
Options = dict[str, Any]


class Preset(NamedTuple):
    """A loss of a peer.

    Attributes:
        options: of the peer, with its defaults.
        translate: makes our options of a value for each of them, in place or anew.
    """

    options: Mapping[str, Any]
    translate: Callable[[Options], Options]


def preset_options(
    title: str, loss: str, peer: str, overrides: Mapping[str, Any]
) -> Options:
    """Return our options for a peer's.

    Raises:
        TypeError: for an option that the peer's loss does not have, or no bool.
        ValueError: if the peer has no such loss, or for options that it refuses.
    """
    peers = [name for of, name in _PRESETS if of == loss]
    if peer not in peers:
        raise ValueError(
            f"{title}: preset must be one of {', '.join(map(repr, peers)) or 'none'}, "
            f"got {peer!r}"
        )
    preset = _PRESETS[loss, peer]
    own = {name: value for name, value in overrides.items() if name not in _SHARED}
    shared = {name: value for name, value in overrides.items() if name in _SHARED}
    unknown = [name for name in own if name not in preset.options]
    op = f"{title}.preset({peer!r})"
    refuse_unknown(op, unknown, [*preset.options, *_SHARED])
    chosen = {**preset.options, **own}
    for name, default in preset.options.items():
        if isinstance(default, bool):
            chosen[name] = _checks.flag(op, name, chosen[name])
        elif isinstance(default, float):
            chosen[name] = _checks.non_negative(op, name, chosen[name])
    try:
        return {**preset.translate(chosen), **shared}
    except ValueError as error:
        raise ValueError(f"{op}: {error}") from None


# MONAI, whose options have our names but for these.


def _monai(options: Options) -> Options:
    options.pop("to_onehot_y")  # labels are told by their shape
    sigmoid, softmax = options.pop("sigmoid"), options.pop("softmax")
    if sigmoid and softmax:
        raise ValueError("sigmoid and softmax must not both be True; pass one of them")
    activation = "none" if softmax is False else "softmax"
    options["activation"] = "sigmoid" if sigmoid else activation
    options["conventions"] = "monai"
    if options.get("squared_pred") and options.get("soft_label"):
        options["soft_label"] = False  # of which squares make the same
    return options


def _monai_weighted(options: Options) -> Options:
    options["class_weights"] = options.pop("weight")
    options["short_weights"] = True
    return _monai(options)


def _monai_dice_ce(options: Options) -> Options:
    """Return DiceCELoss, whose cross-entropy is of logits whatever the Dice is of."""
    entropy = {"ce_weight": options["weight"], "ce_activation": "softmax"}
    return _monai_weighted({**options, **entropy})


def _monai_jaccard(options: Options) -> Options:
    """Return DiceLoss(jaccard=True), which smooths twice what our Jaccard divides."""
    options["smooth_nr"] /= 2
    options["smooth_dr"] /= 2
    return _monai_weighted(options)


def _monai_generalized(options: Options) -> Options:
    options["weight_type"] = options.pop("w_type")
    return _monai(options)


_MONAI = {
    "include_background": True,
    "to_onehot_y": True,
    "sigmoid": False,
    "softmax": None,  # unless sigmoid
    "reduction": "mean",
    "smooth_nr": 1e-5,
    "smooth_dr": 1e-5,
    "batch": False,
    "ignore_index": None,
}
_MONAI_JACCARD = {**_MONAI, "squared_pred": False, "weight": None, "soft_label": False}
_MONAI_DICE = {**_MONAI_JACCARD, "jaccard": False}
_MONAI_DICE_CE = {
    **_MONAI,
    "squared_pred": False,
    "jaccard": False,
    "weight": None,
    "lambda_dice": 1.0,
    "lambda_ce": 1.0,
    "label_smoothing": 0.0,
}
_MONAI_TVERSKY = {**_MONAI, "alpha": 0.5, "beta": 0.5, "soft_label": False}


# segmentation_models_pytorch


def _smp(options: Options) -> Options:
    """Return what smp's losses share: I + smooth over at least eps, over the batch."""
    mode, from_logits = options.pop("mode"), options.pop("from_logits")
    if mode not in ("binary", "multiclass", "multilabel"):
        raise ValueError(
            f"mode must be one of 'binary', 'multiclass', 'multilabel', got {mode!r}"
        )
    for name in ("classes", "class_weights"):
        if mode == "binary" and options[name] is not None:
            raise ValueError(
                f"{name} must be None with mode='binary', got {options[name]!r}"
            )
    activation = "softmax" if mode == "multiclass" else "sigmoid"
    smooth, log_loss = options.pop("smooth"), options.pop("log_loss")
    if log_loss:
        options["log_eps"] = options["eps"]
    return {
        **options,
        "activation": activation if from_logits else "none",
        "conventions": "smp",
        "soft_label": True,
        "smooth_nr": smooth,
        "smooth_dr": smooth,
        "batch": True,
        "absent": "zero",
        "normalize_weights": True,
        "form": "log" if log_loss else "complement",
    }


def _smp_dice(options: Options) -> Options:
    """Return DiceLoss, which smooths half of what our Dice divides."""
    ours = _smp(options)
    for name in ("smooth_nr", "smooth_dr", "eps"):
        ours[name] *= 2
    return ours


def _smp_tversky(options: Options) -> Options:
    return {**_smp(options), "gamma_of": "mean"}


_SMP = {
    "mode": "multiclass",
    "classes": None,
    "log_loss": False,
    "from_logits": True,
    "smooth": 0.0,
    "ignore_index": None,
    "eps": 1e-7,
    "class_weights": None,
}
_SMP_TVERSKY = {**_SMP, "alpha": 0.5, "beta": 0.5, "gamma": 1.0}


# nnU-Net


def _nnunet_dice(options: Options) -> Options:
    """Return MemoryEfficientSoftDiceLoss."""
    return {
        "conventions": "nnunet",
        "form": "negative",
        "batch": options["batch_dice"],
        "include_background": options["do_bg"],
        "smooth_nr": options["smooth"],
        "smooth_dr": options["smooth"],
        "eps": 1e-8,
    }


def _nnunet_dice_ce(options: Options) -> Options:
    """Return DC_and_CE_loss, whose Dice has the defaults of the trainer."""
    dice = {name: options[name] for name in _NNUNET_DICE}
    dice.update(options["soft_dice_kwargs"] or {})
    entropy = {"weight": None, "label_smoothing": 0.0, **(options["ce_kwargs"] or {})}
    for name, given, known in (
        ("soft_dice_kwargs", dice, [*_NNUNET_DICE]),
        ("ce_kwargs", entropy, ["weight", "label_smoothing"]),
    ):
        unknown = [option for option in given if option not in known]
        refuse_unknown(f"DiceCELoss.preset('nnunet'), {name}", unknown, known)
    return {
        **_nnunet_dice(dice),
        "ce_weight": entropy["weight"],
        "label_smoothing": entropy["label_smoothing"],
        "lambda_dice": options["weight_dice"],
        "lambda_ce": options["weight_ce"],
        "ignore_index": options["ignore_label"],
    }


_NNUNET_DICE = {"batch_dice": False, "do_bg": True, "smooth": 1.0}
_NNUNET_DICE_CE = {
    "soft_dice_kwargs": None,
    "ce_kwargs": None,
    "weight_ce": 1.0,
    "weight_dice": 1.0,
    "ignore_label": None,
    "batch_dice": False,
    "do_bg": False,
    "smooth": 1e-5,
}


# kornia


def _kornia_dice(options: Options) -> Options:
    macro = options["average"] == "macro"
    return {
        "ignore_index": options["ignore_index"],
        "average": options["average"],
        "smooth_nr": 0.0,
        "smooth_dr": options["eps"],
        "absent": "skip" if macro else "keep",
        "class_weights": options["weight"],
        "normalize_weights": macro,
    }


_KORNIA_DICE = {"average": "micro", "eps": 1e-8, "weight": None, "ignore_index": -100}


_PRESETS: dict[tuple[str, str], Preset] = {
    ("dice", "monai"): Preset(_MONAI_DICE, _monai_weighted),
    ("dice", "smp"): Preset(_SMP, _smp_dice),
    ("dice", "nnunet"): Preset(_NNUNET_DICE, _nnunet_dice),
    ("dice", "kornia"): Preset(_KORNIA_DICE, _kornia_dice),
    ("dice_ce", "monai"): Preset(_MONAI_DICE_CE, _monai_dice_ce),
    ("dice_ce", "nnunet"): Preset(_NNUNET_DICE_CE, _nnunet_dice_ce),
    ("jaccard", "monai"): Preset(_MONAI_JACCARD, _monai_jaccard),
    ("jaccard", "smp"): Preset(_SMP, _smp),
    ("tversky", "monai"): Preset(_MONAI_TVERSKY, _monai),
    ("tversky", "smp"): Preset(_SMP_TVERSKY, _smp_tversky),
    ("focal_tversky", "smp"): Preset(_SMP_TVERSKY, _smp_tversky),
    ("generalized_dice", "monai"): Preset(
        {**_MONAI, "w_type": "square", "soft_label": False}, _monai_generalized
    ),
}
