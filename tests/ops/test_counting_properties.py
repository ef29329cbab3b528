"""Whatever the arguments, the ops count what the references count."""

from __future__ import annotations

from typing import Any

import torch
from counting_checks import INTEGERS, SCORES, check_counting
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cpu_choices import LEVELS, STRATEGIES, cpu_level, cpu_policy, cpu_threads

SIZES = st.integers(0, 5)


@st.composite
def integers_of(draw: st.DrawFn, shape: list[int], num_classes: int) -> Tensor:
    """Labels of any dtype: mostly classes, some anything that the dtype can hold."""
    dtype = draw(st.sampled_from(INTEGERS))
    size = torch.Size(shape).numel()
    if dtype == torch.bool:
        values: list[Any] = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        return torch.tensor(values, dtype=dtype).view(shape)
    limits = torch.iinfo(dtype)
    label = st.one_of(
        st.integers(0, min(num_classes, limits.max)),
        st.sampled_from([limits.min, limits.max, 0]),
        st.integers(limits.min, limits.max),
    )
    values = draw(st.lists(label, min_size=size, max_size=size))
    return torch.tensor(values, dtype=dtype).view(shape)


@st.composite
def scores_of(draw: st.DrawFn, shape: list[int]) -> Tensor:
    dtype = draw(st.sampled_from(SCORES))
    size = torch.Size(shape).numel()
    score = st.one_of(
        st.sampled_from([0.0, 0.3, 0.5, 1.0]),
        st.floats(width=16, allow_nan=True, allow_infinity=True),
    )
    values = draw(st.lists(score, min_size=size, max_size=size))
    return torch.tensor(values, dtype=dtype).view(shape)


@st.composite
def laid_out(draw: st.DrawFn, tensor: Tensor) -> Tensor:
    """The same values with other strides."""
    order = draw(st.permutations(range(tensor.dim())))
    back = [order.index(d) for d in range(tensor.dim())]
    tensor = tensor.permute(order).contiguous().permute(back)
    if tensor.dim() and draw(st.booleans()):
        wide = tensor.new_ones((*tensor.shape[:-1], 2 * tensor.shape[-1] + 1))
        tensor = wide[..., 1::2].copy_(tensor)
    return tensor


@st.composite
def problems(draw: st.DrawFn) -> tuple[Tensor, Tensor, int, dict[str, Any]]:
    options: dict[str, Any] = {
        name: draw(st.booleans()) for name in ("per_sample", "per_label", "other")
    }
    least = 2 if options["per_label"] else 1 if options["per_sample"] else 0
    shape = draw(st.lists(SIZES, min_size=least, max_size=4))
    num_classes = draw(st.integers(1, 6))
    target = draw(integers_of(shape, num_classes))
    kinds = ["labels", "threshold"]
    if shape and not options["per_label"]:
        kinds.append("argmax")
    kind = draw(st.sampled_from(kinds))
    if kind == "labels":
        preds = draw(integers_of(shape, num_classes))
    elif kind == "threshold":
        num_classes = 2
        preds = draw(scores_of(shape))
        labels = shape[1] if options["per_label"] else 1
        several = [
            st.lists(st.floats(-1, 2), min_size=n, max_size=n) for n in {1, labels} if n
        ]
        options["threshold"] = draw(st.one_of(st.none(), *several))
        options["logits"] = options["threshold"] is None and draw(st.booleans())
    else:
        preds = draw(scores_of([shape[0], num_classes, *shape[1:]]))
    seen = [int(v) for v in target.flatten().tolist() if -(2**63) <= v < 2**63]
    ignored = st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.sampled_from([-1, 0, 1, 255, *seen]),
    )
    options["ignore_index"] = draw(st.lists(ignored, max_size=4))
    if draw(st.booleans()):
        size = target.numel()
        values = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        mask = torch.tensor(values, dtype=torch.bool).view(shape)
        options["mask"] = draw(laid_out(mask))
    return draw(laid_out(preds)), draw(laid_out(target)), num_classes, options


@given(
    problem=problems(),
    level=st.sampled_from(LEVELS),
    strategy=st.sampled_from(STRATEGIES),
    threads=st.sampled_from([1, 2, 3]),
)
@settings(max_examples=400)
def test_any_problem(
    problem: tuple[Tensor, Tensor, int, dict[str, Any]],
    level: str,
    strategy: tuple[str, str],
    threads: int,
    device: str,
) -> None:
    preds, target, num_classes, options = problem
    chosen, loop = strategy
    policy = cpu_policy(strategy=chosen, loop=loop, pixels_per_thread=5)
    with cpu_level(level), cpu_threads(threads), policy:
        check_counting(preds, target, num_classes, device=device, **options)
