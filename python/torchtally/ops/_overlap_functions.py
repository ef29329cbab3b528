"""``overlap_sums`` as a function of its own: in eager mode, and under ``torch.func``.

What ``torch.library.register_autograd`` makes of a formula serves graphs. It refuses
the transforms of ``torch.func`` (vmap, grad, vjp, jacrev), and its wrapper takes longer
than the op does for a small batch; so there the op is called through the functions
below, which say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchtally import _library  # noqa: F401  (loads the ops)

_OP: Any = torch.ops.torchtally.overlap_sums.default
_BACKWARD: Any = torch.ops.torchtally.overlap_sums_backward.default
_OPTIONS = ("activation", "ignore_index", "label_smoothing")
#: Rows of what the op returns.
ROWS = 6


def refuse_double_backward(_ctx: Any, *_gradients: Any) -> Any:
    """Raise NotImplementedError: no formula at all would be a silent zero."""
    raise NotImplementedError(
        "overlap_sums: the gradient of its gradient is not implemented; call backward "
        "without create_graph, or build the loss from torch operations"
    )


def vmap_rule(op: Any, leading: int) -> Callable[..., Any]:
    """Make the vmap rule of an op with so many arguments before input.

    The vmapped dimension joins the samples, which are kept apart anyway. Only a
    class_weight for each example needs a call for each.
    """

    def rule(info: Any, in_dims: Any, *given: Any, **options: Any) -> Any:
        size = info.batch_size
        dims = [*in_dims, *(None,) * (leading + 4 - len(in_dims))]
        tensors = [*given, *(None,) * (leading + 4 - len(given))]
        moved = [
            None
            if tensor is None
            else tensor.expand(size, *tensor.shape)
            if dim is None
            else tensor.movedim(dim, 0)
            for tensor, dim in zip(tensors[:-1], dims[:-1], strict=True)
        ]
        weight, weight_dim = tensors[-1], dims[-1]
        if weight_dim is not None:
            outputs = [
                op(*(None if t is None else t[i] for t in moved), one, **options)
                for i, one in enumerate(weight.unbind(weight_dim))
            ]
            if isinstance(outputs[0], Tensor):
                return torch.stack(outputs), 0
            stacked = tuple(map(torch.stack, zip(*outputs, strict=True)))
            return stacked, (0,) * len(stacked)
        merged = [None if t is None else t.flatten(0, 1) for t in moved]
        output = op(*merged, weight, **options)
        if isinstance(output, Tensor):
            return output.unflatten(0, (size, -1)), 0
        return tuple(t.unflatten(0, (size, -1)) for t in output), (0,) * len(output)

    return rule


def _vmapped(
    function: Any, leading: int, info: Any, in_dims: Any, given: tuple[Any, ...]
) -> Any:
    """Apply a function to a vmapped batch, for outer transforms to differentiate."""
    tensors = leading + 4

    def call(*given: Any, **options: Any) -> Any:
        return function.apply(*given, *options.values())

    options = dict(zip(_OPTIONS, given[tensors:], strict=True))
    rule = vmap_rule(call, leading)
    return rule(info, in_dims[:tensors], *given[:tensors], **options)


class Gradient(torch.autograd.Function):
    """The backward op; its arguments are those of the op, options last."""

    @staticmethod
    def forward(  # every argument by name, which Dynamo counts
        grad_sums: Tensor,
        grad_cross_entropy: Tensor,
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
        class_weight: Tensor | None,
        activation: str,
        ignore_index: list[int],
        label_smoothing: float,
    ) -> Tensor:
        """Call the op."""
        with torch._C._AutoDispatchBelowAutograd():
            gradient: Tensor = _BACKWARD(
                grad_sums,
                grad_cross_entropy,
                logits,
                target,
                mask,
                class_weight,
                activation=activation,
                ignore_index=ignore_index,
                label_smoothing=label_smoothing,
            )
        return gradient

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save nothing."""

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        """Refuse."""
        return refuse_double_backward(ctx, *gradients)

    @staticmethod
    def vmap(info: Any, in_dims: Any, *given: Any) -> Any:
        """Join the vmapped dimension and the samples."""
        return _vmapped(Gradient, 2, info, in_dims, given)


class Sums(torch.autograd.Function):
    """The op, whose sums it takes apart; its arguments are those of the op.

    Sums of the target alone have no gradient. The others are outputs of their own, so
    that a row which no loss looks at costs a training step nothing.
    """

    @staticmethod
    def forward(
        logits: Tensor,
        target: Tensor,
        mask: Tensor | None,
        class_weight: Tensor | None,
        activation: str,
        ignore_index: list[int],
        label_smoothing: float,
    ) -> tuple[Tensor, ...]:
        """Call the op; return the fields of ``OverlapSums``."""
        with torch._C._AutoDispatchBelowAutograd():
            sums, *rest = _OP(
                logits,
                target,
                mask,
                class_weight,
                activation=activation,
                ignore_index=ignore_index,
                label_smoothing=label_smoothing,
            )
        return *sums.unbind(1), *rest

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save the arguments and nothing else."""
        ctx.save_for_backward(*inputs[:4])
        ctx.options = inputs[4:]
        _, _, _, target, target_squared, _, _, count, invalid = output
        ctx.mark_non_differentiable(target, target_squared, count, invalid)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        """Return the gradient of input; that of a field which nobody uses is None."""
        if not ctx.needs_input_grad[0]:
            return (None,) * 7
        saved = (
            ctx.saved_tensors
        )  # once: a checkpoint computes them again for each look
        logits = saved[0]
        zeros = logits.new_zeros(logits.shape[:2], dtype=torch.float64)
        rows, of_entropy = [], gradients[ROWS]
        for row in gradients[:ROWS]:
            rows.append(zeros if row is None else row)  # noqa: PERF401  (a call)
        if of_entropy is None:
            of_entropy = zeros.new_zeros(logits.shape[0])
        given = (torch.stack(rows, 1), of_entropy, *saved, *ctx.options)
        transformed = torch._C._are_functorch_transforms_active()
        again = transformed or torch.is_grad_enabled()  # create_graph
        of_logits: Callable[..., Tensor] = Gradient.apply if again else Gradient.forward
        return of_logits(*given), *(None,) * 6

    @staticmethod
    def vmap(info: Any, in_dims: Any, *given: Any) -> Any:
        """Join the vmapped dimension and the samples."""
        return _vmapped(Sums, 0, info, in_dims, given)


#: The op under the transforms of ``torch.func``.
transformed_sums: Callable[..., tuple[Tensor, ...]] = Sums.apply
#: The op in eager mode. ``Sums.apply`` binds arguments by name before it calls this,
#: which takes longer than the op does for a small batch.
eager_sums: Callable[..., tuple[Tensor, ...]]
eager_sums = super(torch.autograd.Function, Sums).apply
