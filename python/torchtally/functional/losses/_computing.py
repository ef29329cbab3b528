"""From logits, or sums, to a loss: a definition with every option chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchtally._options import CHOICES, Option, refuse_unknown
from torchtally.functional import _checks
from torchtally.ops._arguments import check_choice, ignore_values, plain
from torchtally.ops.overlap_sums import OverlapSums, overlap_sums

from ._definitions import Loss
from ._inputs import checked_inputs
from ._options import PIXELS
from ._policy import LossPolicy
from ._ranks import sum_over_ranks

_OF_PIXELS = (*PIXELS, "label_smoothing")


def loss_of_logits(
    definition: Loss,
    logits: Tensor,
    target: Tensor,
    mask: Tensor | None,
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
                _checks.flag(op, name, value)
            elif kind == "float":
                value = _checks.non_negative(op, name, value)
            elif kind == "LossClasses":
                value = None if value is None else _checks.class_indices(op, value)
            elif kind == "IgnoreIndex":
                ignore_values(op, value)
            elif kind in CHOICES:
                check_choice(op, name, value, CHOICES[kind])
            chosen[name] = value
        policy = LossPolicy.taken_from(op, chosen)
        pixels, of_summed = {}, {}
        if "validate" in chosen:
            pixels = {name: chosen.pop(name) for name in _OF_PIXELS if name in chosen}
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
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
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
            options["validate"],
        )
        parameters, entropy = self.parameters, {}
        if self.has_cross_entropy:
            weight = weights["ce_weight"]
            if weight is not None:
                weight = self._full(weight, logits)
            entropy = {
                "class_weight": weight,
                "label_smoothing": options["label_smoothing"],
            }
            parameters = {
                **parameters,
                "ce_weight": weight,
                "activation": activation,
                "soft_target": target.dim() != logits.dim() - 1,
            }
        sums = overlap_sums(
            logits,
            target,
            activation=activation,
            ignore_index=ignore_index,
            mask=mask,
            **entropy,
        )
        if options["process_group"] is not None:
            sums = sum_over_ranks(self.op, sums, options["process_group"])
        loss = self.formula(
            sums, self.policy, weights.get("class_weights"), **parameters
        )
        return loss.to(torch.promote_types(logits.dtype, torch.float32))

    def of_sums(self, sums: OverlapSums) -> Tensor:
        """Return the loss of sums, float64."""
        parameters = {**self.parameters, **self.of_summed}
        if self.has_cross_entropy:
            parameters["ce_weight"] = self.weights["ce_weight"]
        class_weights = self.weights.get("class_weights")
        return self.formula(sums, self.policy, class_weights, **parameters)

    def _full(self, weight: Tensor, logits: Tensor) -> Tensor:
        """Return ``ce_weight`` as ``[C]`` on the device of logits."""
        classes = logits.shape[1]
        if weight.dim() == 0:
            weight = weight.expand(classes)
        if weight.shape[0] != classes:
            raise ValueError(
                f"{self.op}: ce_weight must have one weight for each of {classes} "
                f"classes, got {weight.shape[0]}"
            )
        return weight.to(logits.device).contiguous()


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
    if pixels["activation"] == "none":
        raise ValueError(
            f"{op}: activation='none' leaves no logits for the cross-entropy; pass "
            "logits with 'softmax' or 'sigmoid'"
        )
    if policy.reduction == "none" and policy.batch:
        raise ValueError(
            f"{op}: reduction='none' is a loss for each sample, so batch must be False"
        )
