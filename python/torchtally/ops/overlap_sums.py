"""``torchtally::overlap_sums``: the differentiable sums behind Dice-family losses."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.compiler import is_compiling
from typing_extensions import Never

from torchtally import _library  # noqa: F401  (loads the ops)
from torchtally._options import CHOICES, Activation, Array, IgnoreIndex, refuse_unknown

from ._arguments import (
    INTEGERS,
    SCORES,
    check_choice,
    check_dense,
    check_devices,
    holds,
    ignore_values,
    not_a_tensor,
    number,
    of_memory,
    plain,
)
from ._counting import has_values
from ._deferred import checks_later, deferred_check
from ._overlap_functions import (
    ROWS,
    eager_sums,
    refuse_double_backward,
    transformed_sums,
    vmap_rule,
)
from ._shapes import channel_remedy, scores_remedy

_ACTIVATIONS = CHOICES["Activation"]
_OPTIONS = ("activation", "ignore_index", "mask", "class_weight", "label_smoothing")
#: How a loss, which calls the function, says in whose name labels are refused.
CALLER = "_caller"

_OP: Any = torch.ops.torchtally.overlap_sums.default
_BACKWARD: Any = torch.ops.torchtally.overlap_sums_backward.default


class OverlapSums(NamedTuple):
    """Sums over the pixels that count, of a probability p and a target t.

    Float64 ``[N, C]``, for each sample and class. Gradients flow to the input from
    every field that depends on p, and never to the target.

    Attributes:
        intersection: sum of ``p * t``.
        prediction: sum of ``p``.
        squared: sum of ``p ** 2``.
        target: sum of ``t``.
        target_squared: sum of ``t ** 2``.
        difference: sum of ``|p - t|``.
        cross_entropy: float64 ``[N]``, summed over pixels.
        count: int64 ``[N]``, pixels that count.
        invalid: int64 ``[N]``, pixels left out because their label is out of range.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> sums = overlap_sums(logits, torch.tensor([[0, 1]]))
        >>> sums.target, sums.count
        (tensor([[1., 1.]], dtype=torch.float64), tensor([2]))
    """

    intersection: Tensor
    prediction: Tensor
    squared: Tensor
    target: Tensor
    target_squared: Tensor
    difference: Tensor
    cross_entropy: Tensor
    count: Tensor  # type: ignore[assignment]  # hides a method of tuple
    invalid: Tensor


def overlap_sums(
    input: Array,  # noqa: A002  (as torch.nn.functional calls it)
    target: Array,
    *,
    activation: Activation = "softmax",
    ignore_index: IgnoreIndex = None,
    mask: Array | None = None,
    class_weight: Array | None = None,
    label_smoothing: float = 0.0,
    **unknown: Never,
) -> OverlapSums:
    """Sum what the losses of the Dice family are made of, in one pass over the pixels.

    Neither the forward nor the backward pass stores probabilities or a one-hot
    target: one costs no memory, the other the gradient. float16 and bfloat16 are
    computed in float32, and summed in float64.

    Args:
        input: logits ``[N, C, ...]``, or probabilities for ``activation="none"``. A
            tensor, or an array of NumPy, CuPy or JAX, read without a copy; so target,
            mask and class_weight.
        target: integer or bool labels ``[N, ...]``; or of input's shape and any
            dtype, a value for each class (one-hot, soft).
        activation: ``"softmax"`` over the classes, ``"sigmoid"``, or ``"none"``.
        ignore_index: labels that count nowhere: an int or several.
        mask: bool ``[N, ...]``, True where a pixel counts.
        class_weight: floating ``[C]``, of the cross-entropy alone.
        label_smoothing: in [0, 1], of the cross-entropy alone.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        :class:`OverlapSums`.

    Raises:
        TypeError: for an argument of the wrong kind or dtype, or an option that is not
            listed.
        ValueError: for a wrong shape or value, or a target that requires a gradient;
            on CPU, for a label out of range.

    Example:
        >>> logits = torch.zeros(1, 2, 3)
        >>> overlap_sums(logits, torch.tensor([[0, 1, 1]])).intersection
        tensor([[0.5000, 1.0000]], dtype=torch.float64)
    """
    op = unknown.pop(CALLER, "overlap_sums")
    if unknown:
        refuse_unknown("overlap_sums", unknown, _OPTIONS)
    ignored: list[int] = []
    if ignore_index is not None:
        ignored = ignore_values("overlap_sums", ignore_index)
    logits: Any = input
    values: Any = target
    counted: Any = mask
    weight: Any = class_weight
    if type(label_smoothing) is not float:
        label_smoothing = number(label_smoothing)
    if (
        type(logits) is not Tensor
        or type(values) is not Tensor
        or (counted is not None and type(counted) is not Tensor)
    ):
        logits, values, counted = plain(logits), plain(values), plain(counted)
    if weight is not None and type(weight) is not Tensor:
        weight = plain(weight)
    _check(logits, values, activation, ignored, counted, weight, label_smoothing)
    given, smoothing = (logits, values, counted, weight), float(label_smoothing)
    of_labels = values.dim() < logits.dim()
    labels = (values, counted, op, logits.shape[1], ignored)
    try:
        if torch._C._are_functorch_transforms_active():
            fields = transformed_sums(*given, activation, ignored, smoothing)
        elif (
            logits.requires_grad
            and torch.is_grad_enabled()
            and not (is_compiling() or torch._C._get_tracing_state())
        ):
            fields = eager_sums(*given, activation, ignored, smoothing)
        else:
            sums, cross_entropy, count, invalid = _OP(
                *given,
                activation=activation,
                ignore_index=ignored,
                label_smoothing=smoothing,
            )
            if of_labels and checks_later(values):
                sums, cross_entropy = _CHECKED(sums, cross_entropy, invalid, *labels)
            fields = (*sums.unbind(1), cross_entropy, count, invalid)
    except RuntimeError as error:
        raise of_memory(error) from None
    found = OverlapSums(*fields)
    looks = of_labels and logits.is_cpu and has_values(found.invalid)
    if looks and int(found.invalid.sum()):
        _raise_invalid(found.invalid, *labels)
    return found


def _check(
    logits: Tensor,
    target: Tensor,
    activation: Activation,
    ignored: list[int],
    mask: Tensor | None,
    class_weight: Tensor | None,
    label_smoothing: float,
) -> None:
    """Raise TypeError or ValueError for what the op would not take."""
    op = "overlap_sums"
    if not isinstance(activation, str) or activation not in _ACTIVATIONS:
        check_choice(op, "activation", activation, _ACTIVATIONS)
    for name, value, optional in (
        ("input", logits, False),
        ("target", target, False),
        ("mask", mask, True),
        ("class_weight", class_weight, True),
    ):
        if not isinstance(value, Tensor) and not (optional and value is None):
            raise not_a_tensor(op, name, value)
        if value is None:
            continue
        if value.is_nested or value.layout is not torch.strided:
            check_dense(op, name, value)
        if value.device != logits.device:
            others = {"input": logits, "mask": mask, "class_weight": class_weight}
            check_devices(op, target, **others)
    if torch.is_grad_enabled():
        for name, value in (("target", target), ("class_weight", class_weight)):
            if value is not None and value.requires_grad:
                raise ValueError(
                    f"{op}: {name} must not require a gradient, which flows to input "
                    f"alone; pass {name}.detach()"
                )
    if logits.dtype not in SCORES:
        raise TypeError(
            f"{op}: input must be float16, bfloat16, float32 or float64, "
            f"got {logits.dtype}"
        )
    if logits.dim() < 2 or logits.shape[1] < 1:
        raise ValueError(
            f"{op}: input must be [N, C, ...] with at least one class, "
            f"got shape {list(logits.shape)}"
        )
    shape = (logits.shape[0], *logits.shape[2:])
    if target.dtype not in INTEGERS and target.dtype not in SCORES:
        raise TypeError(
            f"{op}: target must hold integer or bool labels, or floating values for "
            f"each class, got {target.dtype}"
        )
    if target.dim() == logits.dim():
        if target.shape != logits.shape:
            remedy = channel_remedy("target", target, shape)
            raise ValueError(
                f"{op}: target with a class dimension must have input's shape "
                f"{list(logits.shape)}, got {list(target.shape)}{remedy}"
            )
        if ignored:
            raise ValueError(
                f"{op}: ignore_index is for labels [N, ...], got a target of input's "
                "shape; pass mask instead"
            )
    else:
        if target.shape != shape:
            raise ValueError(
                f"{op}: target must be labels [N, ...] = {list(shape)} or have input's "
                f"shape {list(logits.shape)}, got {list(target.shape)}"
                f"{scores_remedy('input', logits, target)}"
            )
        if target.dtype not in INTEGERS:
            remedy = ""
            if logits.shape[1] == 1:
                remedy = "; for values of one class pass target.unsqueeze(1)"
            raise TypeError(
                f"{op}: labels must be an integer or bool tensor, got {target.dtype}"
                f"{remedy}"
            )
    if mask is not None:
        check_mask(op, mask, logits)
    if class_weight is not None:
        if class_weight.dtype not in SCORES:
            raise TypeError(
                f"{op}: class_weight must be a floating tensor, "
                f"got {class_weight.dtype}"
            )
        if class_weight.shape != (logits.shape[1],):
            raise ValueError(
                f"{op}: class_weight must have shape [{logits.shape[1]}], "
                f"got {list(class_weight.shape)}"
            )
    if isinstance(label_smoothing, bool) or not isinstance(
        label_smoothing, (int, float)
    ):
        raise TypeError(
            f"{op}: label_smoothing must be a number, "
            f"got {type(label_smoothing).__name__}"
        )
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(
            f"{op}: label_smoothing must lie in [0, 1], got {label_smoothing}"
        )


def check_mask(op: str, mask: Tensor, logits: Tensor) -> None:
    """Raise TypeError or ValueError unless mask is bool ``[N, ...]``."""
    if not isinstance(mask, Tensor):
        raise not_a_tensor(op, "mask", mask)
    shape = (logits.shape[0], *logits.shape[2:])
    if mask.dtype != torch.bool:
        raise TypeError(f"{op}: mask must be a bool tensor, got {mask.dtype}")
    if mask.shape != shape:
        raise ValueError(
            f"{op}: mask must be [N, ...] = {list(shape)}, got {list(mask.shape)}"
        )


def _raise_invalid(
    invalid: Tensor,
    target: Tensor,
    mask: Tensor | None,
    op: str,
    classes: int,
    ignored: list[int],
) -> None:
    """Raise ValueError if the label of a pixel is out of range, naming some."""
    bad = int(invalid.sum())
    if bad == 0:
        return
    labels = target.to(torch.int64)
    out = (labels < 0) | (labels >= classes)
    if mask is not None:
        out &= mask
    for value in ignored:
        if holds(target.dtype, value):
            out &= labels != value
    wrap = 2**64 if target.dtype == torch.uint64 else 0
    named = [v + wrap if v < 0 else v for v in labels[out].unique()[:3].tolist()]
    raise ValueError(
        f"{op}: labels must lie in [0, {classes}) or equal ignore_index "
        f"{ignored}, but {bad} pixel(s) hold another label (target has "
        f"{', '.join(map(str, named))})"
    )


_CHECKED = deferred_check(
    "checked_labels_of_sums(Tensor sums, Tensor cross_entropy, Tensor invalid, "
    "Tensor target, Tensor? mask, str op, SymInt classes, int[] ignored)",
    _raise_invalid,
    results=2,
)


# What PyTorch must know


def _fake(
    logits: Tensor, target: Tensor, *tensors: Any, **_options: Any
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    others = zip(("mask", "class_weight"), tensors, strict=False)
    check_devices("overlap_sums", target, input=logits, **dict(others))
    samples, classes = logits.shape[:2]
    return (
        logits.new_empty((samples, ROWS, classes), dtype=torch.float64),
        logits.new_empty((samples,), dtype=torch.float64),
        logits.new_empty((samples,), dtype=torch.int64),
        logits.new_empty((samples,), dtype=torch.int64),
    )


def _fake_backward(
    _grad_sums: Tensor,
    _grad_cross_entropy: Tensor,
    logits: Tensor,
    *_tensors: Any,
    **_options: Any,
) -> Tensor:
    return torch.empty_like(logits)


def _setup_context(
    ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any], output: Any
) -> None:
    ctx.save_for_backward(*inputs)
    ctx.options = keyword_only_inputs
    ctx.mark_non_differentiable(output[2], output[3])


def _differentiate(
    ctx: Any, grad_sums: Tensor, grad_cross_entropy: Tensor, *_rest: Any
) -> tuple[Tensor | None, None, None, None]:
    if not ctx.needs_input_grad[0]:
        return None, None, None, None
    try:
        gradient = _BACKWARD(
            grad_sums, grad_cross_entropy, *ctx.saved_tensors, **ctx.options
        )
    except RuntimeError as error:
        raise of_memory(error) from None
    return gradient, None, None, None


torch.library.register_autograd(
    "torchtally::overlap_sums", _differentiate, setup_context=_setup_context
)
torch.library.register_autograd(
    "torchtally::overlap_sums_backward", refuse_double_backward
)


torch.library.register_fake("torchtally::overlap_sums", _fake)
torch.library.register_fake("torchtally::overlap_sums_backward", _fake_backward)
torch.library.register_vmap("torchtally::overlap_sums", vmap_rule(_OP, 0))
torch.library.register_vmap(
    "torchtally::overlap_sums_backward", vmap_rule(_BACKWARD, 2)
)
