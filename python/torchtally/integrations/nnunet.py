"""nnU-Net 2: its Dice loss, alone and with cross-entropy, in one pass over the logits.

:class:`MemoryEfficientSoftDiceLoss`, :class:`DC_and_CE_loss` and
:class:`DC_and_BCE_loss` have the constructors, calls and numbers of the classes of
``nnunetv2.training.loss``, so that a trainer's ``_build_loss`` needs another import and
nothing else. Nothing of nnU-Net is imported, so it need not be installed, and there is
no extra. What differs on purpose:

* Ranks of ``ddp`` may hold batches of different sizes, and ``ddp=True`` before
  ``torch.distributed`` is initialised means one rank.
* Labels that are no class raise ValueError on CPU.
* The loss of float64 logits is float64.
* ``ce_kwargs`` takes ``weight`` and ``label_smoothing``, ``bce_kwargs`` nothing, and
  there is no ``clip_tp``: for those keep nnU-Net's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from torchtally import distributed
from torchtally.functional import dice_ce_loss_from_sums, dice_loss_from_sums
from torchtally.functional.losses._ranks import sum_over_ranks
from torchtally.losses._presets import preset_options
from torchtally.ops.overlap_sums import OverlapSums, overlap_sums

__all__ = ["DC_and_BCE_loss", "DC_and_CE_loss", "MemoryEfficientSoftDiceLoss"]

_DICE = ("MemoryEfficientSoftDiceLoss", "SoftDiceLoss")


class MemoryEfficientSoftDiceLoss(nn.Module):
    """Soft Dice loss, -(2 sum pt + s) / (sum p + sum t + s) of each class.

    Softmax and sigmoid are recognised in ``apply_nonlin`` and are done on the way: as
    ``torch.sigmoid``, ``nn.Sigmoid()``, ``nn.Softmax(dim=1)`` or nnU-Net's
    ``softmax_helper_dim1``. Another function is called, and its values are summed.

    Example:
        >>> loss = MemoryEfficientSoftDiceLoss(torch.nn.Softmax(dim=1), smooth=1e-5)
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [B, C, pixels]
        >>> loss(logits, torch.tensor([[[0, 1]]]))  # labels [B, 1, pixels]
        tensor(-0.9312)
    """

    def __init__(
        self,
        apply_nonlin: Callable[[Tensor], Tensor] | None = None,
        batch_dice: bool = False,
        do_bg: bool = True,
        smooth: float = 1.0,
        ddp: bool = True,
    ) -> None:
        """Choose options.

        Args:
            apply_nonlin: makes probabilities of what is given; None where they are.
            batch_dice: add the sums of all samples up before any ratio.
            do_bg: score class 0 too.
            smooth: added above and below.
            ddp: with ``batch_dice`` add the sums of all ranks up.

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        super().__init__()
        self._options = preset_options(
            "DiceLoss",
            "dice",
            "nnunet",
            {"batch_dice": batch_dice, "do_bg": do_bg, "smooth": smooth},
        )
        self.apply_nonlin = apply_nonlin
        self.batch_dice = batch_dice
        self.do_bg = do_bg
        self.smooth = smooth
        self.ddp = ddp

    def forward(self, x: Tensor, y: Tensor, loss_mask: Tensor | None = None) -> Tensor:
        """Return the loss.

        Args:
            x: ``[B, C, ...]``, of which ``apply_nonlin`` makes probabilities.
            y: labels ``[B, ...]`` or ``[B, 1, ...]`` of any dtype, or one-hot of x's
                shape.
            loss_mask: bool ``[B, 1, ...]``; pixels where it is False count nowhere.

        Returns:
            A scalar, float32 (float64 for float64 logits).

        Raises:
            TypeError: for a tensor of the wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
        """
        activation = _activation_of(self.apply_nonlin)
        if activation == "none" and self.apply_nonlin is not None:
            x = self.apply_nonlin(x)
        mask = None if loss_mask is None else _without_channel(loss_mask, x)
        if y.shape != x.shape:
            y = _labels(_without_channel(y, x))
        return self.of_sums(overlap_sums(x, y, activation=activation, mask=mask)).to(
            torch.promote_types(x.dtype, torch.float32)
        )

    def of_sums(self, sums: OverlapSums) -> Tensor:
        """Return the loss of sums of this rank, float64."""
        if self.ddp and self.batch_dice and distributed.is_distributed():
            sums = sum_over_ranks(type(self).__name__, sums, None)
        loss = dice_loss_from_sums(sums, **self._options)
        # Where no pixel is counted, nnU-Net has the ratio of what is added.
        empty = -self.smooth / max(self.smooth, 1e-8)
        return torch.where(sums.count.sum() > 0, loss, empty)


class DC_and_CE_loss(nn.Module):  # noqa: N801
    """Soft Dice loss of softmax plus cross-entropy, from one pass over the logits.

    The cross-entropy is the mean over the pixels of this rank, with ``ddp`` too, as in
    nnU-Net.

    Example:
        >>> loss = DC_and_CE_loss(
        ...     {"batch_dice": True, "smooth": 1e-5, "do_bg": False}, {}, ignore_label=2
        ... )
        >>> logits = torch.tensor([[[2.0, -1.0, 0.0], [0.0, 3.0, 1.0]]])
        >>> loss(logits, torch.tensor([[[0, 1, 2]]]))
        tensor(-0.8622)
    """

    weight: Tensor | None

    def __init__(
        self,
        soft_dice_kwargs: Mapping[str, Any],
        ce_kwargs: Mapping[str, Any],
        weight_ce: float = 1,
        weight_dice: float = 1,
        ignore_label: int | None = None,
        dice_class: type[nn.Module] = MemoryEfficientSoftDiceLoss,
    ) -> None:
        """Choose options.

        Args:
            soft_dice_kwargs: options of :class:`MemoryEfficientSoftDiceLoss` beside
                ``apply_nonlin``.
            ce_kwargs: ``weight``, a number for each class, and ``label_smoothing``.
            weight_ce: factor of the cross-entropy.
            weight_dice: factor of the Dice loss.
            ignore_label: whose pixels count nowhere.
            dice_class: nnU-Net's ``SoftDiceLoss`` or ``MemoryEfficientSoftDiceLoss``,
                whose formulas are one, or the class here.

        Raises:
            TypeError: for an unknown option of the two.
            ValueError: for another dice_class.
        """
        super().__init__()
        op = type(self).__name__
        self.dc = _dice(op, dice_class, nn.Softmax(dim=1), soft_dice_kwargs)
        entropy = dict(ce_kwargs)
        if entropy.get("ignore_index", ignore_label) == ignore_label:
            entropy.pop("ignore_index", None)
        weight = entropy.pop("weight", None)
        self.label_smoothing = entropy.pop("label_smoothing", 0.0)
        _refuse(op, "ce_kwargs", entropy, "'weight' and 'label_smoothing'")
        weight = None if weight is None else torch.as_tensor(weight)
        self.register_buffer("weight", weight, persistent=False)
        self.weight_ce = weight_ce
        self.weight_dice = weight_dice
        self.ignore_label = ignore_label

    def forward(self, net_output: Tensor, target: Tensor) -> Tensor:
        """Return the loss.

        Args:
            net_output: logits ``[B, C, ...]``.
            target: labels ``[B, 1, ...]`` of any dtype.

        Returns:
            A scalar, float32 (float64 for float64 logits).

        Raises:
            TypeError: for a tensor of the wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
        """
        if target.dim() != net_output.dim() or target.shape[1] != 1:
            raise ValueError(
                f"{type(self).__name__}: target must be labels [B, 1, ...], got shape "
                f"{list(target.shape)} for logits {list(net_output.shape)}"
            )
        weight = self.weight
        sums = overlap_sums(
            net_output,
            _labels(target[:, 0]),
            ignore_index=self.ignore_label,
            class_weight=weight,
            label_smoothing=self.label_smoothing,
        )
        entropy = dice_ce_loss_from_sums(sums, lambda_dice=0, ce_weight=weight)
        loss = self.weight_ce * entropy + self.weight_dice * self.dc.of_sums(sums)
        return loss.to(torch.promote_types(net_output.dtype, torch.float32))


class DC_and_BCE_loss(nn.Module):  # noqa: N801
    """Soft Dice loss of sigmoid plus binary cross-entropy, for regions that overlap.

    With ``use_ignore_label`` the cross-entropy is divided by the pixels that count and
    not by the number of regions, as in nnU-Net.

    Example:
        >>> loss = DC_and_BCE_loss({}, {"smooth": 1e-5})
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> loss(logits, torch.tensor([[[1, 0], [1, 1]]]))
        tensor(-0.5350)
    """

    def __init__(
        self,
        bce_kwargs: Mapping[str, Any],
        soft_dice_kwargs: Mapping[str, Any],
        weight_ce: float = 1,
        weight_dice: float = 1,
        use_ignore_label: bool = False,
        dice_class: type[nn.Module] = MemoryEfficientSoftDiceLoss,
    ) -> None:
        """Choose options.

        Args:
            bce_kwargs: empty.
            soft_dice_kwargs: options of :class:`MemoryEfficientSoftDiceLoss` beside
                ``apply_nonlin``.
            weight_ce: factor of the cross-entropy.
            weight_dice: factor of the Dice loss.
            use_ignore_label: the last channel of targets says which pixels count
                nowhere.
            dice_class: as of :class:`DC_and_CE_loss`.

        Raises:
            TypeError: for an unknown option of the two.
            ValueError: for another dice_class.
        """
        super().__init__()
        op = type(self).__name__
        self.dc = _dice(op, dice_class, torch.sigmoid, soft_dice_kwargs)
        _refuse(op, "bce_kwargs", bce_kwargs, "nothing")
        self.weight_ce = weight_ce
        self.weight_dice = weight_dice
        self.use_ignore_label = use_ignore_label

    def forward(self, net_output: Tensor, target: Tensor) -> Tensor:
        """Return the loss.

        Args:
            net_output: logits ``[B, C, ...]``.
            target: of logits' shape, 0 or 1 for each region; with
                ``use_ignore_label`` with one more channel.

        Returns:
            A scalar, float32 (float64 for float64 logits).

        Raises:
            TypeError: for a tensor of the wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        mask, factor = None, self.weight_ce
        if self.use_ignore_label:
            mask = target[:, -1] == 0
            target = target[:, :-1]
            factor = factor * net_output.shape[1]
        sums = overlap_sums(net_output, target, activation="sigmoid", mask=mask)
        entropy = dice_ce_loss_from_sums(
            sums, lambda_dice=0, activation="sigmoid", soft_target=True
        )
        loss = factor * entropy + self.weight_dice * self.dc.of_sums(sums)
        return loss.to(torch.promote_types(net_output.dtype, torch.float32))


def _dice(
    op: str,
    dice_class: type[nn.Module],
    activation: Callable[[Tensor], Tensor],
    options: Mapping[str, Any],
) -> MemoryEfficientSoftDiceLoss:
    """Return the Dice loss that a compound loss asks for."""
    name = getattr(dice_class, "__name__", repr(dice_class))
    if name not in _DICE:
        raise ValueError(
            f"{op}: dice_class must be SoftDiceLoss or MemoryEfficientSoftDiceLoss, "
            f"got {name}; keep nnU-Net's own {op} for it"
        )
    return MemoryEfficientSoftDiceLoss(activation, **options)


def _refuse(op: str, name: str, unknown: Mapping[str, Any], known: str) -> None:
    if unknown:
        raise TypeError(
            f"{op}: {name} takes {known}, got {', '.join(map(repr, unknown))}; keep "
            f"nnU-Net's own {op} for it"
        )


def _activation_of(function: Callable[[Tensor], Tensor] | None) -> Any:
    """Return which activation a function is, "none" if it is neither."""
    if function in (torch.sigmoid, nn.functional.sigmoid):
        return "sigmoid"
    if isinstance(function, nn.Sigmoid):
        return "sigmoid"
    named = getattr(function, "__name__", "") == "softmax_helper_dim1"
    if named or (isinstance(function, nn.Softmax) and function.dim == 1):
        return "softmax"
    return "none"


def _without_channel(tensor: Tensor, x: Tensor) -> Tensor:
    """Return ``[B, ...]`` of ``[B, 1, ...]``."""
    if tensor.dim() == x.dim() and tensor.shape[1] == 1:
        return tensor[:, 0]
    return tensor


def _labels(labels: Tensor) -> Tensor:
    """Return labels as integers; nnU-Net's are often float32."""
    return labels.to(torch.int32) if labels.is_floating_point() else labels
