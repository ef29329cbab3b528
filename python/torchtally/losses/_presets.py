"""What other libraries compute, in our options: a function for each of their losses.

The parameters are the peer's options with the peer's defaults. Two differ on purpose:
the activation is applied to logits by default, and targets are labels.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from torchtally.functional.losses._signatures import (
    Activation,
    ModuleOptions,
    Reduction,
    Weights,
    WeightType,
)

_SHARED = ("process_group", "validate")
Mode: TypeAlias = Literal["multiclass", "multilabel", "binary"]


def preset_options(
    title: str, loss: str, peer: str, overrides: Mapping[str, Any]
) -> ModuleOptions:
    """Return our options for a peer's.

    Raises:
        TypeError: for an option that the peer's loss does not have.
        ValueError: if the peer has no such loss.
    """
    peers = [name for of, name in _PRESETS if of == loss]
    if peer not in peers:
        raise ValueError(
            f"{title}: preset must be one of {', '.join(map(repr, peers)) or 'none'}, "
            f"got {peer!r}"
        )
    translate = _PRESETS[loss, peer]
    known = inspect.signature(translate).parameters
    own = {name: value for name, value in overrides.items() if name not in _SHARED}
    for name in own:
        if name not in known:
            raise TypeError(
                f"{title}: preset {peer!r} has no option {name!r}; it takes "
                f"{', '.join([*known, *_SHARED])}"
            )
    options = translate(**own)
    for name in _SHARED:
        if name in overrides:
            options[name] = overrides[name]  # type: ignore[literal-required]
    return options


def _monai_activation(sigmoid: bool, softmax: bool) -> Activation:
    if sigmoid:
        return "sigmoid"
    return "softmax" if softmax else "none"


def _monai_dice(
    *,
    include_background: bool = True,
    to_onehot_y: bool = True,  # noqa: ARG001  (labels are told by their shape)
    sigmoid: bool = False,
    softmax: bool = True,
    squared_pred: bool = False,
    jaccard: bool = False,
    reduction: Reduction = "mean",
    smooth_nr: float = 1e-5,
    smooth_dr: float = 1e-5,
    batch: bool = False,
    weight: Weights = None,
    soft_label: bool = False,
    ignore_index: int | None = None,
) -> ModuleOptions:
    return {
        "activation": _monai_activation(sigmoid, softmax),
        "ignore_index": ignore_index,
        "include_background": include_background,
        "squared_pred": squared_pred,
        "jaccard": jaccard,
        "soft_label": soft_label,
        "smooth_nr": smooth_nr,
        "smooth_dr": smooth_dr,
        "batch": batch,
        "class_weights": weight,
        "short_weights": True,
        "reduction": reduction,
    }


def _monai_jaccard(
    *,
    include_background: bool = True,
    to_onehot_y: bool = True,
    sigmoid: bool = False,
    softmax: bool = True,
    squared_pred: bool = False,
    reduction: Reduction = "mean",
    smooth_nr: float = 1e-5,
    smooth_dr: float = 1e-5,
    batch: bool = False,
    weight: Weights = None,
    soft_label: bool = False,
    ignore_index: int | None = None,
) -> ModuleOptions:
    """Return DiceLoss(jaccard=True), which smooths twice what our Jaccard divides."""
    options = _monai_dice(
        include_background=include_background,
        to_onehot_y=to_onehot_y,
        sigmoid=sigmoid,
        softmax=softmax,
        squared_pred=squared_pred,
        reduction=reduction,
        smooth_nr=smooth_nr / 2,
        smooth_dr=smooth_dr / 2,
        batch=batch,
        weight=weight,
        soft_label=soft_label,
        ignore_index=ignore_index,
    )
    del options["jaccard"]
    return options


def _monai_dice_ce(
    *,
    include_background: bool = True,
    to_onehot_y: bool = True,
    sigmoid: bool = False,
    softmax: bool = True,
    squared_pred: bool = False,
    jaccard: bool = False,
    reduction: Reduction = "mean",
    smooth_nr: float = 1e-5,
    smooth_dr: float = 1e-5,
    batch: bool = False,
    weight: Weights = None,
    lambda_dice: float = 1.0,
    lambda_ce: float = 1.0,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> ModuleOptions:
    options = _monai_dice(
        include_background=include_background,
        to_onehot_y=to_onehot_y,
        sigmoid=sigmoid,
        softmax=softmax,
        squared_pred=squared_pred,
        jaccard=jaccard,
        reduction=reduction,
        smooth_nr=smooth_nr,
        smooth_dr=smooth_dr,
        batch=batch,
        weight=weight,
        ignore_index=ignore_index,
    )
    options["ce_weight"] = weight
    options["lambda_dice"] = lambda_dice
    options["lambda_ce"] = lambda_ce
    options["label_smoothing"] = label_smoothing
    return options


def _monai_tversky(
    *,
    alpha: float = 0.5,
    beta: float = 0.5,
    include_background: bool = True,
    to_onehot_y: bool = True,
    sigmoid: bool = False,
    softmax: bool = True,
    reduction: Reduction = "mean",
    smooth_nr: float = 1e-5,
    smooth_dr: float = 1e-5,
    batch: bool = False,
    soft_label: bool = False,
    ignore_index: int | None = None,
) -> ModuleOptions:
    options = _monai_dice(
        include_background=include_background,
        to_onehot_y=to_onehot_y,
        sigmoid=sigmoid,
        softmax=softmax,
        reduction=reduction,
        smooth_nr=smooth_nr,
        smooth_dr=smooth_dr,
        batch=batch,
        soft_label=soft_label,
        ignore_index=ignore_index,
    )
    del options["jaccard"]
    options["alpha"] = alpha
    options["beta"] = beta
    return options


def _monai_generalized(
    *,
    include_background: bool = True,
    to_onehot_y: bool = True,  # noqa: ARG001  (labels are told by their shape)
    sigmoid: bool = False,
    softmax: bool = True,
    w_type: WeightType = "square",
    reduction: Reduction = "mean",
    smooth_nr: float = 1e-5,
    smooth_dr: float = 1e-5,
    batch: bool = False,
    ignore_index: int | None = None,
) -> ModuleOptions:
    return {
        "activation": _monai_activation(sigmoid, softmax),
        "ignore_index": ignore_index,
        "include_background": include_background,
        "weight_type": w_type,
        "smooth_nr": smooth_nr,
        "smooth_dr": smooth_dr,
        "batch": batch,
        "reduction": reduction,
    }


def _smp(
    mode: Mode = "multiclass",
    *,
    classes: Sequence[int] | None = None,
    log_loss: bool = False,
    from_logits: bool = True,
    smooth: float = 0.0,
    ignore_index: int | None = None,
    eps: float = 1e-7,
) -> ModuleOptions:
    """Return what smp's losses share: I + smooth over at least eps, over the batch."""
    activation: Activation = "softmax" if mode == "multiclass" else "sigmoid"
    return {
        "activation": activation if from_logits else "none",
        "ignore_index": ignore_index,
        "classes": classes,
        "smooth_nr": smooth,
        "smooth_dr": smooth,
        "eps": eps,
        "batch": True,
        "absent": "zero",
        "form": "log" if log_loss else "complement",
        "log_eps": eps,
    }


def _smp_dice(
    *,
    mode: Mode = "multiclass",
    classes: Sequence[int] | None = None,
    log_loss: bool = False,
    from_logits: bool = True,
    smooth: float = 0.0,
    ignore_index: int | None = None,
    eps: float = 1e-7,
) -> ModuleOptions:
    options = _smp(
        mode,
        classes=classes,
        log_loss=log_loss,
        from_logits=from_logits,
        ignore_index=ignore_index,
        eps=eps,
    )
    # smp smooths half of what our Dice divides.
    options["smooth_nr"] = options["smooth_dr"] = 2 * smooth
    options["eps"] = 2 * eps
    return options


def _smp_jaccard(
    *,
    mode: Mode = "multiclass",
    classes: Sequence[int] | None = None,
    log_loss: bool = False,
    from_logits: bool = True,
    smooth: float = 0.0,
    eps: float = 1e-7,
    ignore_index: int | None = None,
) -> ModuleOptions:
    return _smp(
        mode,
        classes=classes,
        log_loss=log_loss,
        from_logits=from_logits,
        smooth=smooth,
        ignore_index=ignore_index,
        eps=eps,
    )


def _smp_tversky(
    *,
    mode: Mode = "multiclass",
    classes: Sequence[int] | None = None,
    log_loss: bool = False,
    from_logits: bool = True,
    smooth: float = 0.0,
    ignore_index: int | None = None,
    eps: float = 1e-7,
    alpha: float = 0.5,
    beta: float = 0.5,
    gamma: float = 1.0,
) -> ModuleOptions:
    options = _smp(
        mode,
        classes=classes,
        log_loss=log_loss,
        from_logits=from_logits,
        smooth=smooth,
        ignore_index=ignore_index,
        eps=eps,
    )
    options["alpha"], options["beta"] = alpha, beta
    options["gamma"], options["gamma_of"] = gamma, "mean"
    return options


def _nnunet_dice(
    *, batch_dice: bool = False, do_bg: bool = True, smooth: float = 1.0
) -> ModuleOptions:
    """Return MemoryEfficientSoftDiceLoss."""
    return {
        "form": "negative",
        "batch": batch_dice,
        "include_background": do_bg,
        "smooth_nr": smooth,
        "smooth_dr": smooth,
        "eps": 1e-8,
    }


def _nnunet_dice_ce(
    *,
    soft_dice_kwargs: Mapping[str, Any] | None = None,
    ce_kwargs: Mapping[str, Any] | None = None,
    weight_ce: float = 1.0,
    weight_dice: float = 1.0,
    ignore_label: int | None = None,
    batch_dice: bool = False,
    do_bg: bool = False,
    smooth: float = 1e-5,
) -> ModuleOptions:
    """Return DC_and_CE_loss, whose Dice has the defaults of the trainer."""
    dice = {"batch_dice": batch_dice, "do_bg": do_bg, "smooth": smooth}
    options = _nnunet_dice(**{**dice, **(soft_dice_kwargs or {})})
    entropy = dict(ce_kwargs or {})
    options["ce_weight"] = entropy.pop("weight", None)
    options["label_smoothing"] = entropy.pop("label_smoothing", 0.0)
    if entropy:
        raise TypeError(
            "DiceCELoss: preset 'nnunet' takes weight and label_smoothing in "
            f"ce_kwargs, got {', '.join(entropy)}"
        )
    options["lambda_dice"], options["lambda_ce"] = weight_dice, weight_ce
    options["ignore_index"] = ignore_label
    return options


def _kornia_dice(
    *,
    average: Literal["micro", "macro"] = "micro",
    eps: float = 1e-8,
    weight: Weights = None,
    ignore_index: int | None = -100,
) -> ModuleOptions:
    return {
        "ignore_index": ignore_index,
        "average": average,
        "smooth_nr": 0.0,
        "smooth_dr": eps,
        "absent": "skip" if average == "macro" else "keep",
        "class_weights": weight,
        "normalize_weights": average == "macro",
    }


_PRESETS: dict[tuple[str, str], Callable[..., ModuleOptions]] = {
    ("dice_loss", "monai"): _monai_dice,
    ("dice_loss", "smp"): _smp_dice,
    ("dice_loss", "nnunet"): _nnunet_dice,
    ("dice_loss", "kornia"): _kornia_dice,
    ("dice_ce_loss", "monai"): _monai_dice_ce,
    ("dice_ce_loss", "nnunet"): _nnunet_dice_ce,
    ("jaccard_loss", "monai"): _monai_jaccard,
    ("jaccard_loss", "smp"): _smp_jaccard,
    ("tversky_loss", "monai"): _monai_tversky,
    ("tversky_loss", "smp"): _smp_tversky,
    ("focal_tversky_loss", "smp"): _smp_tversky,
    ("generalized_dice_loss", "monai"): _monai_generalized,
}
