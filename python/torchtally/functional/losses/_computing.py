"""From logits, or sums, to a loss: a definition with every option chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchtally._options import (
    CHOICES,
    Activation,
    Array,
    Option,
    refuse_idle,
    refuse_unknown,
)
from torchtally.functional import _checks
from torchtally.ops._arguments import check_choice, ignore_values, plain
from torchtally.ops.overlap_sums import CALLER, OverlapSums, overlap_sums

from ._definitions import Loss
from ._inputs import checked_inputs
from ._options import OF_PIXELS, PIXELS
from ._policy import LossPolicy
from ._ranks import sum_over_ranks

_PIXELS = (*PIXELS, *OF_PIXELS)


def loss_of_logits(
    definition: Loss,
    logits: Array,
    target: Array,
    mask: Array | None,
    unknown: Mapping[str, object],
    **options: Any,
) -> Tensor:
    """Sum pixels and compute the loss of the sums.

    Args:
        definition: of the loss.
        logits: of the call, as target and mask.
        target: labels or values.
        mask: which pixels count.
        unknown: options that the loss does not take.
        **options: a value for each of the others.
    """
    op = definition.function
    if unknown:
        refuse_unknown(op, unknown, definition.pixels)
    loss = BoundLoss.checked(op, definition, definition.pixels, options)
    return loss.of_logits(logits, target, mask, loss.weights)


def loss_of_sums(
    definition: Loss, sums: OverlapSums, unknown: Mapping[str, object], **options: Any
) -> Tensor:
    """Compute the loss of sums that were taken before; float64."""
    op = definition.sums_function
    if unknown:
        refuse_unknown(op, unknown, definition.sums)
    if not isinstance(sums, OverlapSums):
        raise TypeError(f"{op}: sums must be OverlapSums, got {type(sums).__name__}")
    loss = BoundLoss.checked(op, definition, definition.sums, options)
    return loss.of_sums(OverlapSums(*map(plain, sums)))


@dataclass(frozen=True)
class BoundLoss:
    """A loss whose every option is chosen, checked once.

    Attributes:
        op: name of the operation, for messages.
        formula: of the loss.
        has_cross_entropy: whether the cross-entropy enters.
        policy: everything between sums and a loss beside the formula.
        parameters: of the formula.
        pixels: options of how pixels become sums.
        weights: class weights by name, which a module keeps as buffers.
        of_summed: what the formula must be told about sums taken before.
    """

    op: str
    formula: Callable[..., Tensor]
    has_cross_entropy: bool
    policy: LossPolicy
    parameters: dict[str, Any]
    pixels: dict[str, Any]
    weights: dict[str, Tensor | None]
    of_summed: dict[str, Any]

    @classmethod
    def checked(
        cls,
        op: str,
        definition: Loss,
        table: Mapping[str, Option],
        options: Mapping[str, Any],
    ) -> BoundLoss:
        """Check options in the name of an operation.

        Args:
            op: name of the operation, for messages.
            definition: of the loss.
            table: the options that the operation takes.
            options: a value for each of them.

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        chosen: dict[str, Any] = {}
        weights: dict[str, Tensor | None] = {}
        for name, value in options.items():
            kind = table[name].type
            if kind == "LossWeights":
                weights[name] = _checks.weights_tensor(op, name, value)
                continue
            if kind == "bool":
                value = _checks.flag(op, name, value)
            elif kind == "float":
                value = _checks.non_negative(op, name, value)
            elif kind == "LossClasses":
                value = None if value is None else _checks.class_indices(op, value)
            elif kind == "IgnoreIndex":
                value = None if value is None else ignore_values(op, value)
            elif kind in CHOICES:
                check_choice(op, name, value, CHOICES[kind])
            elif name == "ce_activation" and value is not None:
                check_choice(op, name, value, ("softmax", "sigmoid"))
            chosen[name] = value
        for name, option in table.items():
            if option.needs and chosen[name] != option.default:
                refuse_idle(op, name, option, chosen)
        policy = LossPolicy.taken_from(op, chosen)
        pixels, of_summed = {}, {}
        if "validate" in chosen:
            pixels = {name: chosen.pop(name) for name in _PIXELS if name in chosen}
            _check_pixels(op, definition.has_cross_entropy, pixels, policy)
        elif definition.has_cross_entropy:
            of_summed = {n: chosen.pop(n) for n in ("activation", "soft_target")}
            check_choice(
                op, "activation", of_summed["activation"], ("softmax", "sigmoid")
            )
        return cls(
            op,
            definition.formula,
            definition.has_cross_entropy,
            policy,
            chosen,
            pixels,
            weights,
            of_summed,
        )

    def of_logits(
        self,
        logits: Any,
        target: Any,
        mask: Any,
        weights: Mapping[str, Tensor | None],
    ) -> Tensor:
        """Return the loss of logits, float64 for float64 logits, float32 otherwise."""
        options = self.pixels
        activation = options["activation"]
        if (
            type(logits) is not Tensor
            or type(target) is not Tensor
            or (mask is not None and type(mask) is not Tensor)
        ):
            logits, target, mask = plain(logits), plain(target), plain(mask)
        target, mask, ignore_index = checked_inputs(
            self.op,
            logits,
            target,
            mask,
            activation,
            options["ignore_index"],
            self.policy.conventions,
            self.has_cross_entropy,
            options["validate"],
        )
        parameters, of_entropy = self.parameters, activation
        entropy: dict[str, Any] = {}
        if self.has_cross_entropy:
            of_entropy, entropy = self._entropy(logits, weights["ce_weight"])
            parameters = {
                **parameters,
                "ce_weight": entropy["class_weight"],
                "activation": of_entropy,
                "soft_target": target.dim() != logits.dim() - 1,
            }
        given: dict[str, Any] = {"ignore_index": ignore_index, "mask": mask}
        given[CALLER] = self.op
        try:
            if mask is not None and mask.dim() == logits.dim():
                sums = _sums_of_labels(logits, target, mask, activation)
            elif of_entropy == activation:
                sums = overlap_sums(
                    logits, target, activation=activation, **given, **entropy
                )
            else:
                sums = overlap_sums(logits, target, activation=activation, **given)
                other = overlap_sums(
                    logits, target, activation=of_entropy, **given, **entropy
                )
                sums = sums._replace(cross_entropy=other.cross_entropy)
        except (TypeError, ValueError) as error:
            raise _in_words_of(self.op, error) from None
        if options["process_group"] is not None:
            sums = sum_over_ranks(self.op, sums, options["process_group"])
        loss = self.formula(
            sums, self.policy, weights.get("class_weights"), **parameters
        )
        return loss if logits.dtype == torch.float64 else loss.float()

    def of_sums(self, sums: OverlapSums) -> Tensor:
        """Return the loss of sums, float64."""
        parameters = {**self.parameters, **self.of_summed}
        if self.has_cross_entropy:
            parameters["ce_weight"] = self.weights["ce_weight"]
        class_weights = self.weights.get("class_weights")
        return self.formula(sums, self.policy, class_weights, **parameters)

    def _entropy(
        self, logits: Tensor, weight: Tensor | None
    ) -> tuple[Activation, dict[str, Any]]:
        """Return the activation and the options of the cross-entropy."""
        options, classes = self.pixels, logits.shape[1]
        activation = options["ce_activation"] or options["activation"]
        smoothing = options["label_smoothing"]
        if activation == "softmax" and classes == 1:
            activation = "sigmoid"
        if self.policy.conventions == "monai" and classes == 1:
            smoothing = 0.0
            if weight is not None:
                raise ValueError(
                    f"{self.op}: ce_weight must be None for one class with "
                    "conventions='monai', whose weight is a pos_weight; got a weight"
                )
        if weight is not None:
            if weight.dim() == 0:
                weight = weight.expand(classes)
            if weight.shape[0] != classes:
                raise ValueError(
                    f"{self.op}: ce_weight must have one weight for each of {classes} "
                    f"classes, got {weight.shape[0]}"
                )
            weight = weight.to(logits.device).contiguous()
        return activation, {"class_weight": weight, "label_smoothing": smoothing}


def _sums_of_labels(
    logits: Tensor, target: Tensor, mask: Tensor, activation: Activation
) -> OverlapSums:
    """Return sums of classes that do not depend on each other, with a mask for each.

    Each class of a sample is a sample of one class.
    """
    sums = overlap_sums(
        logits.flatten(0, 1).unsqueeze(1),
        target.flatten(0, 1).unsqueeze(1),
        mask=mask.flatten(0, 1),
        activation=activation,
    )
    return OverlapSums._make(field.view(mask.shape[:2]) for field in sums)


def _in_words_of(op: str, error: Exception) -> Exception:
    """Return what ``overlap_sums`` found wrong, in the name of a loss."""
    words = str(error).removeprefix("overlap_sums: ")
    if words == str(error):
        return error
    words = words.replace("input's", "logits'").replace("input", "logits")
    return type(error)(f"{op}: {words}")


def _check_pixels(
    op: str, has_cross_entropy: bool, pixels: Mapping[str, Any], policy: LossPolicy
) -> None:
    """Raise ValueError for options of pixels that do not go together."""
    if pixels["process_group"] is not None and not policy.batch:
        raise ValueError(
            f"{op}: process_group adds the sums of all ranks up, so it needs batch=True"
        )
    if not has_cross_entropy:
        return
    smoothing = pixels["label_smoothing"]
    if smoothing > 1:
        raise ValueError(f"{op}: label_smoothing must lie in [0, 1], got {smoothing}")
    if pixels["activation"] == "none" and pixels["ce_activation"] is None:
        raise ValueError(
            f"{op}: activation='none' leaves no logits for the cross-entropy; pass "
            "logits with 'softmax' or 'sigmoid', or ce_activation"
        )
    if policy.reduction == "none" and policy.batch:
        raise ValueError(
            f"{op}: reduction='none' is a loss for each sample, so batch must be False"
        )
