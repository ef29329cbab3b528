"""Losses as modules, which hold options, beside the functions of logits."""
# Written by scripts/generate_api.py from functional/losses/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

from typing import Any

from typing_extensions import Never

from torchtally._options import (
    Absent, Activation, Conventions, GammaOf, IgnoreIndex, LossAverage, LossClasses,
    LossForm, LossReduction, LossWeightType, LossWeights,
)
from torchtally.functional.losses import (
    dice_ce_loss, dice_loss, focal_tversky_loss, generalized_dice_loss, jaccard_loss,
    log_dice_loss, tversky_loss,
)
from torchtally.functional.losses._definitions import LOSSES

from ._base import OverlapLoss

__all__ = [
    "DiceCELoss",
    "DiceLoss",
    "FocalTverskyLoss",
    "GeneralizedDiceLoss",
    "JaccardLoss",
    "LogDiceLoss",
    "TverskyLoss",
    "dice_ce_loss",
    "dice_loss",
    "focal_tversky_loss",
    "generalized_dice_loss",
    "jaccard_loss",
    "log_dice_loss",
    "tversky_loss",
]


class DiceLoss(OverlapLoss):
    """Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class.

    Its gradient is weak while nothing overlaps yet: consider the sum of Dice and
    cross-entropy.

    The module of :func:`torchtally.functional.dice_loss`: options are checked once,
    when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Milletari, Navab, Ahmadi (2016), V-Net; the defaults are those of MONAI's
        DiceLoss with softmax.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = DiceLoss()
        >>> loss(logits, target)
        tensor(0.0688)
    """

    _definition = LOSSES["dice"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, jaccard: bool = False,
        squared_pred: bool = False, soft_label: bool = False, smooth_nr: float = 1e-05,
        smooth_dr: float = 1e-05, eps: float = 0.0, classes: LossClasses = None,
        include_background: bool = True, conventions: Conventions = "own",
        batch: bool = False, average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "complement",
        log_eps: float = 1e-07, reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class.

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            jaccard: the Jaccard index: ``(2 I + nr) / (2 (A + B - I) + dr)``, as MONAI.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, jaccard=jaccard,
            squared_pred=squared_pred, soft_label=soft_label, smooth_nr=smooth_nr,
            smooth_dr=smooth_dr, eps=eps, classes=classes,
            include_background=include_background, conventions=conventions, batch=batch,
            average=average, absent=absent, class_weights=class_weights,
            normalize_weights=normalize_weights, short_weights=short_weights, form=form,
            log_eps=log_eps, reduction=reduction,
        )


class DiceCELoss(OverlapLoss):
    """Soft Dice loss plus cross-entropy, from one pass over the logits.

    The module of :func:`torchtally.functional.dice_ce_loss`: options are checked once,
    when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` a mean for each sample, ``[N]``. 0 with gradient 0
        where no pixel is counted.

    References:
        Isensee et al. (2021), nnU-Net; the defaults are those of MONAI's DiceCELoss
        with softmax.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = DiceCELoss(lambda_ce=0.5)
        >>> loss(logits, target)
        tensor(0.1050)
    """

    _definition = LOSSES["dice_ce"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, lambda_dice: float = 1.0,
        lambda_ce: float = 1.0, ce_weight: LossWeights = None,
        ce_activation: Activation | None = None, label_smoothing: float = 0.0,
        jaccard: bool = False, squared_pred: bool = False, soft_label: bool = False,
        smooth_nr: float = 1e-05, smooth_dr: float = 1e-05, eps: float = 0.0,
        classes: LossClasses = None, include_background: bool = True,
        conventions: Conventions = "own", batch: bool = False,
        average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "complement",
        log_eps: float = 1e-07, reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Soft Dice loss plus cross-entropy, from one pass over the logits.

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            lambda_dice: weight of the Dice term.
            lambda_ce: weight of the cross-entropy.
            ce_weight: class weights of the cross-entropy, float ``[C]``, as ``weight``
                of ``torch.nn.functional.cross_entropy``. For sums already taken: the
                ``class_weight`` they were taken with, which the mean divides by.
            ce_activation: the activation of the cross-entropy where it is another than
                that of the Dice term, at the cost of a second pass: ``"softmax"`` over
                classes, but binary for a single class; ``"sigmoid"`` of each class
                alone. The Dice term may have ``activation="none"`` then: it is of the
                numbers as they are.
            label_smoothing: label smoothing of the cross-entropy, in [0, 1].
            jaccard: the Jaccard index: ``(2 I + nr) / (2 (A + B - I) + dr)``, as MONAI.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, lambda_dice=lambda_dice,
            lambda_ce=lambda_ce, ce_weight=ce_weight, ce_activation=ce_activation,
            label_smoothing=label_smoothing, jaccard=jaccard, squared_pred=squared_pred,
            soft_label=soft_label, smooth_nr=smooth_nr, smooth_dr=smooth_dr, eps=eps,
            classes=classes, include_background=include_background,
            conventions=conventions, batch=batch, average=average, absent=absent,
            class_weights=class_weights, normalize_weights=normalize_weights,
            short_weights=short_weights, form=form, log_eps=log_eps,
            reduction=reduction,
        )


class JaccardLoss(OverlapLoss):
    """Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + dr).

    The module of :func:`torchtally.functional.jaccard_loss`: options are checked once,
    when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Rahman, Wang (2016), Optimizing intersection-over-union.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = JaccardLoss()
        >>> loss(logits, target)
        tensor(0.1287)
    """

    _definition = LOSSES["jaccard"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, squared_pred: bool = False,
        soft_label: bool = False, smooth_nr: float = 1e-05, smooth_dr: float = 1e-05,
        eps: float = 0.0, gamma: float = 1.0, gamma_of: GammaOf = "entries",
        classes: LossClasses = None, include_background: bool = True,
        conventions: Conventions = "own", batch: bool = False,
        average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "complement",
        log_eps: float = 1e-07, reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + dr).

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            gamma: exponent of the loss.
            gamma_of: what is raised to gamma: ``"entries"`` the loss of each entry;
                ``"mean"`` their mean.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, squared_pred=squared_pred,
            soft_label=soft_label, smooth_nr=smooth_nr, smooth_dr=smooth_dr, eps=eps,
            gamma=gamma, gamma_of=gamma_of, classes=classes,
            include_background=include_background, conventions=conventions, batch=batch,
            average=average, absent=absent, class_weights=class_weights,
            normalize_weights=normalize_weights, short_weights=short_weights, form=form,
            log_eps=log_eps, reduction=reduction,
        )


class TverskyLoss(OverlapLoss):
    """Tversky loss, 1 - (I + nr) / (I + alpha (A - I) + beta (B - I) + dr).

    The module of :func:`torchtally.functional.tversky_loss`: options are checked once,
    when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Salehi, Erdogmus, Gholipour (2017).

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = TverskyLoss(alpha=0.3, beta=0.7)
        >>> loss(logits, target)
        tensor(0.0693)
    """

    _definition = LOSSES["tversky"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, alpha: float = 0.5,
        beta: float = 0.5, squared_pred: bool = False, soft_label: bool = False,
        smooth_nr: float = 1e-05, smooth_dr: float = 1e-05, eps: float = 0.0,
        gamma: float = 1.0, gamma_of: GammaOf = "entries", classes: LossClasses = None,
        include_background: bool = True, conventions: Conventions = "own",
        batch: bool = False, average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "complement",
        log_eps: float = 1e-07, reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Tversky loss, 1 - (I + nr) / (I + alpha (A - I) + beta (B - I) + dr).

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            alpha: weight of what was predicted wrongly, not negative.
            beta: weight of what was missed, not negative.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            gamma: exponent of the loss.
            gamma_of: what is raised to gamma: ``"entries"`` the loss of each entry;
                ``"mean"`` their mean.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, alpha=alpha, beta=beta,
            squared_pred=squared_pred, soft_label=soft_label, smooth_nr=smooth_nr,
            smooth_dr=smooth_dr, eps=eps, gamma=gamma, gamma_of=gamma_of,
            classes=classes, include_background=include_background,
            conventions=conventions, batch=batch, average=average, absent=absent,
            class_weights=class_weights, normalize_weights=normalize_weights,
            short_weights=short_weights, form=form, log_eps=log_eps,
            reduction=reduction,
        )


class FocalTverskyLoss(OverlapLoss):
    """Focal Tversky loss, the Tversky loss of each entry to the power gamma.

    The module of :func:`torchtally.functional.focal_tversky_loss`: options are checked
    once, when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Abraham, Khan (2018), whose exponent 1 / gamma with gamma = 4/3 is gamma = 0.75
        here, and whose weights of false negatives and false positives, 0.7 and 0.3, are
        beta and alpha.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = FocalTverskyLoss()
        >>> loss(logits, target)
        tensor(0.1337)
    """

    _definition = LOSSES["focal_tversky"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, alpha: float = 0.3,
        beta: float = 0.7, squared_pred: bool = False, soft_label: bool = False,
        smooth_nr: float = 1e-05, smooth_dr: float = 1e-05, eps: float = 0.0,
        gamma: float = 0.75, gamma_of: GammaOf = "entries", classes: LossClasses = None,
        include_background: bool = True, conventions: Conventions = "own",
        batch: bool = False, average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "complement",
        log_eps: float = 1e-07, reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Focal Tversky loss, the Tversky loss of each entry to the power gamma.

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            alpha: weight of what was predicted wrongly, not negative.
            beta: weight of what was missed, not negative.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            gamma: exponent of the loss.
            gamma_of: what is raised to gamma: ``"entries"`` the loss of each entry;
                ``"mean"`` their mean.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, alpha=alpha, beta=beta,
            squared_pred=squared_pred, soft_label=soft_label, smooth_nr=smooth_nr,
            smooth_dr=smooth_dr, eps=eps, gamma=gamma, gamma_of=gamma_of,
            classes=classes, include_background=include_background,
            conventions=conventions, batch=batch, average=average, absent=absent,
            class_weights=class_weights, normalize_weights=normalize_weights,
            short_weights=short_weights, form=form, log_eps=log_eps,
            reduction=reduction,
        )


class GeneralizedDiceLoss(OverlapLoss):
    """Generalized Dice loss: classes pooled with weights that even their sizes out.

    The module of :func:`torchtally.functional.generalized_dice_loss`: options are
    checked once, when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Sudre et al. (2017); a class without target is weighted as MONAI does.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = GeneralizedDiceLoss()
        >>> loss(logits, target)
        tensor(0.0686)
    """

    _definition = LOSSES["generalized_dice"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True,
        weight_type: LossWeightType = "square", soft_label: bool = False,
        smooth_nr: float = 1e-05, smooth_dr: float = 1e-05, eps: float = 0.0,
        classes: LossClasses = None, include_background: bool = True,
        conventions: Conventions = "own", batch: bool = False,
        reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Generalized Dice loss: classes pooled with weights that even their sizes out.

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            weight_type: weight of a class whose target has size T: ``"square"`` 1 / T²;
                ``"simple"`` 1 / T; ``"uniform"`` 1.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, weight_type=weight_type,
            soft_label=soft_label, smooth_nr=smooth_nr, smooth_dr=smooth_dr, eps=eps,
            classes=classes, include_background=include_background,
            conventions=conventions, batch=batch, reduction=reduction,
        )


class LogDiceLoss(OverlapLoss):
    """Logarithm of the soft Dice, -log((2 sum pt + nr) / (sum p + sum t + dr)).

    The module of :func:`torchtally.functional.log_dice_loss`: options are checked once,
    when it is made. See :class:`OverlapLoss` for its methods.

    Returns:
        ``loss(logits, target)`` returns float32 (float64 for float64 logits): a scalar,
        or with ``reduction="none"`` ``[N, E]`` for E classes, without N for
        ``batch=True``, E if pooled. 0 with gradient 0 where no pixel is counted.

    References:
        Wong et al. (2018), without their exponent: dice_loss with form='log'.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> target = torch.tensor([[0, 1]])
        >>> loss = LogDiceLoss()
        >>> loss(logits, target)
        tensor(0.0713)
    """

    _definition = LOSSES["log_dice"]

    def __init__(
        self, *, activation: Activation = "softmax", ignore_index: IgnoreIndex = None,
        process_group: Any = None, validate: bool = True, jaccard: bool = False,
        squared_pred: bool = False, soft_label: bool = False, smooth_nr: float = 1e-05,
        smooth_dr: float = 1e-05, eps: float = 0.0, classes: LossClasses = None,
        include_background: bool = True, conventions: Conventions = "own",
        batch: bool = False, average: LossAverage = "macro", absent: Absent = "keep",
        class_weights: LossWeights = None, normalize_weights: bool = False,
        short_weights: bool = False, form: LossForm = "log", log_eps: float = 1e-07,
        reduction: LossReduction = "mean", **unknown: Never,
    ) -> None:
        """Logarithm of the soft Dice, -log((2 sum pt + nr) / (sum p + sum t + dr)).

        Args:
            activation: what makes probabilities of the logits: ``"softmax"`` over
                dimension 1; ``"sigmoid"`` of each class alone; ``"none"`` nothing, they
                are probabilities already.
            ignore_index: a target label, or several, whose pixels count nowhere.
            process_group: add the sums of all ranks of this group up before any ratio,
                in one differentiable all_reduce; needs ``batch=True``.
                ``torch.distributed.group.WORLD`` is the default group. Ranks may hold
                different numbers of samples.
            validate: look at the values of CPU tensors: a number outside [0, 1] raises,
                of a target of logits' shape and with ``activation="none"``; logits that
                look like probabilities, and rows of an image in the place of classes,
                warn once. CUDA tensors and compiled code are never looked at.
            jaccard: the Jaccard index: ``(2 I + nr) / (2 (A + B - I) + dr)``, as MONAI.
            squared_pred: sizes are sums of squares: of p and of t, instead of p and t.
            soft_label: the intersection is ``(sum p + sum t - sum |p - t|) / 2``, which
                is greatest at p = t for targets between 0 and 1 too. Not with
                ``squared_pred``.
            smooth_nr: added to the numerator.
            smooth_dr: added to the denominator. A ratio 0 / 0 is worth 1: nothing was
                missed.
            eps: the denominator is at least this: ``max(denominator, eps)``.
            classes: the classes to score, in this order; None for all.
            include_background: False leaves class 0 out.
            conventions: whose reading of tensors holds: ``"own"`` as said here;
                ``"monai"`` also labels ``[N, 1, ...]``, ``ignore_index`` of a one-hot
                target by its class (pixels without a class, where it is none), a single
                class whatever ``include_background`` is, and no weight of a single
                scored class; ``"smp"`` also labels ``[N, 1, ...]``, and
                ``ignore_index`` of a target of logits' shape for each class alone;
                ``"nnunet"`` also labels ``[N, 1, ...]``.
            batch: add the sums of all samples up before any ratio: one ratio a class,
                not one a class and sample.
            average: ``"macro"`` keeps classes apart and averages their losses;
                ``"micro"`` pools their sums first.
            absent: what a class without a target pixel does (in the sample, or in the
                batch with ``batch=True``): ``"keep"`` counts like any other; ``"zero"``
                has loss 0 and stays in the mean; ``"skip"`` leaves the mean of its
                sample.
            class_weights: a weight for each of the C classes, float ``[C]``, or one
                number; that of a class which is left out is not used. Macro averages
                multiply losses by them, micro averages sums.
            normalize_weights: divide by the sum of the class weights, not by the number
                of classes.
            short_weights: ``class_weights`` may also hold the weights of the scored
                classes only.
            form: the loss of an overlap index: ``"complement"`` 1 - index;
                ``"negative"`` -index; ``"log"`` -log(max(index, log_eps)).
            log_eps: lower bound of the index with ``form="log"``.
            reduction: ``"mean"`` over entries; ``"sum"`` of entries; ``"none"`` one
                value an entry.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            unknown, activation=activation, ignore_index=ignore_index,
            process_group=process_group, validate=validate, jaccard=jaccard,
            squared_pred=squared_pred, soft_label=soft_label, smooth_nr=smooth_nr,
            smooth_dr=smooth_dr, eps=eps, classes=classes,
            include_background=include_background, conventions=conventions, batch=batch,
            average=average, absent=absent, class_weights=class_weights,
            normalize_weights=normalize_weights, short_weights=short_weights, form=form,
            log_eps=log_eps, reduction=reduction,
        )
