"""Makes the public functions of a loss: of logits, and of sums already taken."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor

from torchtally.functional._options import Option
from torchtally.ops._arguments import check_choice, ignore_values
from torchtally.ops.overlap_sums import OverlapSums, overlap_sums

from . import _options, _policy
from ._checks import check_flag, non_negative, weights_tensor
from ._inputs import binary_target, check_logits, look_at_values
from ._policy import LossPolicy
from ._ranks import sum_over_ranks
from ._signatures import LossFunction, SumsFunction

#: Weights that a loss module keeps as buffers.
WEIGHTS = ("class_weights", "ce_weight")
_OF_PIXELS = (*_options.PIXELS, "label_smoothing")
_FLAGS = ("squared_pred", "jaccard", "soft_label")
#: What a cross-entropy that was summed before no longer says.
_OF_ENTROPY = {
    "activation": Option("softmax", "the activation of the sums."),
    "soft_target": Option(False, "True if the target of the sums was not labels."),
}
_CHOICES = {"weight_type": ("square", "simple", "uniform")}


@dataclass(frozen=True)
class LossDefinition:
    """All there is to know about a loss.

    Attributes:
        stem: of the names ``<stem>_loss`` and ``<stem>_loss_from_sums``.
        title: what it computes, the first line of its docstrings.
        source: where the formula comes from.
        formula: ``formula(sums, policy, class_weights, **parameters)`` -> loss.
        options: what it takes beside logits and target.
    """

    stem: str
    title: str
    source: str
    formula: Callable[..., Tensor]
    options: dict[str, Option]

    @property
    def name(self) -> str:
        """The name of the function of logits."""
        return f"{self.stem}_loss"

    @property
    def has_cross_entropy(self) -> bool:
        """Whether the cross-entropy enters."""
        return "lambda_ce" in self.options

    def bound(
        self, op: str, options: Mapping[str, Any], others: Iterable[str] = ()
    ) -> BoundLoss:
        """Return the loss with these options, or raise TypeError or ValueError.

        ``others`` are options that the caller takes besides, for the message.
        """
        for name in options:
            if name not in self.options or name == "mask":
                taken = sorted(self.options.keys() - {"mask"} | set(others))
                raise TypeError(
                    f"{op}: unknown option {name!r}; it takes {', '.join(taken)}"
                )
        chosen = {name: option.default for name, option in self.options.items()}
        chosen.update(options)
        pixels = {n: chosen.pop(n) for n in _OF_PIXELS if n in chosen}
        pixels.pop("mask", None)
        weights = {
            n: weights_tensor(op, n, chosen.pop(n)) for n in WEIGHTS if n in chosen
        }
        own = {n: chosen.pop(n) for n in list(chosen) if n in _policy.NAMES}
        policy = LossPolicy.checked(op, own)
        for name, value in chosen.items():
            if name in _FLAGS:
                check_flag(op, name, value)
            elif name in _CHOICES:
                check_choice(op, name, value, _CHOICES[name])
            else:
                chosen[name] = non_negative(op, name, value)
        self._check_pixels(op, pixels, policy)
        return BoundLoss(self, op, policy, chosen, pixels, weights)

    def _check_pixels(
        self, op: str, pixels: Mapping[str, Any], policy: LossPolicy
    ) -> None:
        if not pixels:
            return
        allowed: tuple[str, ...] = ("softmax", "sigmoid", "none")
        check_choice(op, "activation", pixels["activation"], allowed)
        ignore_values(op, pixels["ignore_index"])
        check_flag(op, "validate", pixels["validate"])
        if pixels["process_group"] is not None and not policy.batch:
            raise ValueError(
                f"{op}: process_group adds the sums of all ranks up, so it needs "
                "batch=True"
            )
        if self.has_cross_entropy:
            smoothing = non_negative(op, "label_smoothing", pixels["label_smoothing"])
            if smoothing > 1:
                raise ValueError(
                    f"{op}: label_smoothing must lie in [0, 1], got {smoothing}"
                )
            if pixels["activation"] == "none":
                raise ValueError(
                    f"{op}: activation='none' leaves no logits for the cross-entropy; "
                    "pass logits with 'softmax' or 'sigmoid'"
                )
            if policy.reduction == "none" and policy.batch:
                raise ValueError(
                    f"{op}: reduction='none' is a loss for each sample, so batch must "
                    "be False"
                )


@dataclass(frozen=True)
class BoundLoss:
    """A loss with its options, checked once."""

    definition: LossDefinition
    op: str
    policy: LossPolicy
    parameters: dict[str, Any]
    pixels: dict[str, Any]
    weights: dict[str, Tensor | None]

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
        check_logits(self.op, logits, target, activation)
        if options["validate"]:
            look_at_values(self.op, logits, activation)
        ignore = options["ignore_index"]
        target, mask, ignore = binary_target(self.op, logits, target, mask, ignore)
        labels = target.dim() == logits.dim() - 1
        entropy = {}
        if self.definition.has_cross_entropy:
            weight = weights["ce_weight"]
            if weight is not None:
                weight = self._full(weight, logits)
                weights = {**weights, "ce_weight": weight}
            entropy = {
                "class_weight": weight,
                "label_smoothing": options["label_smoothing"],
            }
        sums = overlap_sums(
            logits,
            target,
            activation=activation,
            ignore_index=ignore,
            mask=mask,
            **entropy,
        )
        if options["process_group"] is not None:
            sums = sum_over_ranks(self.op, sums, options["process_group"])
        given = {"activation": activation, "soft_target": not labels}
        given = given if self.definition.has_cross_entropy else {}
        loss = self.of_sums(sums, weights, given)
        return loss.to(torch.promote_types(logits.dtype, torch.float32))

    def of_sums(
        self,
        sums: OverlapSums,
        weights: Mapping[str, Tensor | None],
        given: Mapping[str, Any],
    ) -> Tensor:
        """Return the loss of sums, float64."""
        others = {n: w for n, w in weights.items() if n != "class_weights"}
        return self.definition.formula(
            sums,
            self.policy,
            weights.get("class_weights"),
            **{**self.parameters, **others, **given},
        )

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


def functions_of(definition: LossDefinition) -> tuple[LossFunction, SumsFunction]:
    """Return ``<stem>_loss`` and ``<stem>_loss_from_sums``."""
    name = definition.name

    def of_logits(
        logits: Tensor, target: Tensor, *, mask: Tensor | None = None, **options: Any
    ) -> Tensor:
        loss = definition.bound(name, options)
        return loss.of_logits(logits, target, mask, loss.weights)

    sums_options = {n: o for n, o in definition.options.items() if n not in _OF_PIXELS}
    on_sums = replace(definition, options=sums_options)
    entropy_options = _OF_ENTROPY if definition.has_cross_entropy else {}

    def from_sums(sums: OverlapSums, **options: Any) -> Tensor:
        op = f"{name}_from_sums"
        if not isinstance(sums, OverlapSums):
            raise TypeError(
                f"{op}: sums must be OverlapSums, got {type(sums).__name__}"
            )
        given = {n: options.pop(n, o.default) for n, o in entropy_options.items()}
        if given:
            check_choice(op, "activation", given["activation"], ("softmax", "sigmoid"))
            check_flag(op, "soft_target", given["soft_target"])
        loss = on_sums.bound(op, options, entropy_options)
        return loss.of_sums(sums, loss.weights, given)

    inputs = {
        "logits": "float16, bfloat16, float32 or float64 ``[N, C, ...]``.",
        "target": "integer or bool labels ``[N, ...]``; or one-hot or soft targets of "
        "logits' shape. For C = 1 also labels 0 and 1 ``[N, ...]``.",
    }
    _dress(of_logits, name, definition, inputs, definition.options)
    inputs = {"sums": "what :func:`torchtally.overlap_sums` returned."}
    sums_options = {**sums_options, **entropy_options}
    _dress(from_sums, f"{name}_from_sums", definition, inputs, sums_options)
    return cast(LossFunction, of_logits), cast(SumsFunction, from_sums)


_RETURNS = """\
Returns:
{returns}

Raises:
    TypeError: for an argument of the wrong kind, or an option that is not listed.
    ValueError: for a wrong shape or value.

References:
{source}
"""


def _dress(
    function: Any,
    name: str,
    definition: LossDefinition,
    inputs: dict[str, str],
    options: dict[str, Option],
) -> None:
    """Give a function the name, docstring and signature that it is used by."""
    texts = {**inputs, **{n: option.doc for n, option in options.items()}}
    lines = [f"{definition.title}.", "", "Args:"]
    for argument, text in texts.items():
        lines += _wrapped(f"{argument}: {text}", "        ")
    of_sums = "sums" in inputs
    shape = "``[N, E]`` for E classes, without N for ``batch=True``, E if pooled"
    if definition.has_cross_entropy:
        shape = "a mean for each sample, ``[N]``"
    dtype = "float64" if of_sums else "float32 (float64 for float64 logits)"
    returns = (
        f'{dtype}: a scalar, or with ``reduction="none"`` {shape}. 0 with gradient 0 '
        "where no pixel is counted."
    )
    lines += [
        "",
        _RETURNS.format(
            returns="\n".join(_wrapped(returns, "    ")),
            source="\n".join(_wrapped(definition.source, "    ")),
        ),
    ]
    function.__name__ = function.__qualname__ = name
    function.__doc__ = "\n".join(lines)
    kinds = inspect.Parameter
    function.__signature__ = inspect.Signature(
        [kinds(p, kinds.POSITIONAL_OR_KEYWORD) for p in inputs]
        + [
            kinds(n, kinds.KEYWORD_ONLY, default=option.default)
            for n, option in options.items()
        ]
    )


def _wrapped(text: str, hanging: str) -> list[str]:
    return textwrap.wrap(
        text,
        width=88,
        initial_indent="    ",
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
