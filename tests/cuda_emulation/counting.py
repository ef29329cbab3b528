"""The emulated counting kernels, called with tensors.

The structures are those of csrc/common/counting_problem.h and
csrc/ops/cuda/counting_policy.h.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import torch
from torch import Tensor

MAX_DIMS = 16
MAX_IGNORE = 64

_I32, _I64, _U64 = ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64


class Tier(IntEnum):
    """Where a block counts."""

    AUTO = 0
    SHARED = 1
    GLOBAL = 2
    BITS = 3
    PAIRS = 4


class Operand(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("element", _I32),
        ("sample_stride", _I64),
        ("label_stride", _I64),
        ("pixel_stride", _I64 * MAX_DIMS),
    )


class Problem(ctypes.Structure):
    _fields_ = (
        ("num_classes", _I64),
        ("other", ctypes.c_bool),
        ("samples", _I64),
        ("labels", _I64),
        ("pixels", _I64),
        ("pixel_dims", _I32),
        ("pixel_size", _I64 * MAX_DIMS),
        ("target", Operand),
        ("target_last", _U64),
        ("prediction", _I32),
        ("preds", Operand),
        ("preds_last", _U64),
        ("class_stride", _I64),
        ("threshold", ctypes.c_double),
        ("thresholds", ctypes.c_void_p),
        ("valid_scores", _I32),
        ("mask", Operand),
        ("num_ignore", _I32),
        ("ignore", _U64 * MAX_IGNORE),
    )


class Output(ctypes.Structure):
    _fields_ = (("counts", ctypes.c_void_p), ("invalid", ctypes.c_void_p))


class Policy(ctypes.Structure):
    _fields_ = (
        ("tier", _I32),
        ("max_copies", _I32),
        ("threads", _I32),
        ("threads_alone", _I32),
        ("blocks_per_sm", _I32),
        ("turns", _I32),
        ("vectors", _I32),
        ("pixels_per_thread", _I64),
        ("pixels_per_bin", _I64),
        ("max_pixels_per_block", _I64),
        ("max_grid", _I64),
    )


class DeviceFacts(ctypes.Structure):
    _fields_ = (
        ("sms", _I32),
        ("threads_per_sm", _I32),
        ("blocks_per_sm", _I32),
        ("shared_per_sm", _I32),
        ("shared_per_block", _I32),
    )


class Plan(ctypes.Structure):
    _fields_ = (
        ("tier", _I32),
        ("copies", _I32),
        ("threads", _I32),
        ("vectors", ctypes.c_bool),
        ("shared_bytes", _I64),
        ("blocks_per_group", _I64),
        ("pixels_per_block", _I64),
        ("grid", _I64),
    )


#: An H100's figures.
HOPPER = DeviceFacts(132, 2048, 32, 233472, 232448)
#: Two multiprocessors, so that small inputs already take several blocks.
SMALL = DeviceFacts(2, 1024, 16, 65536, 49152)

_SCORES = {torch.float16: 4, torch.bfloat16: 5, torch.float32: 6, torch.float64: 7}
_UNSIGNED = (torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64)


def _bits(dtype: torch.dtype) -> int:
    """Bits that a non-negative label of this type can use."""
    return dtype.itemsize * 8 - (dtype not in _UNSIGNED)


def _element(dtype: torch.dtype) -> int:
    if dtype == torch.bool:
        return 8
    return _SCORES.get(dtype, dtype.itemsize.bit_length() - 1)


def _merged(
    dims: list[tuple[int, tuple[int, ...]]],
) -> list[tuple[int, tuple[int, ...]]]:
    """Merge neighbours (size, strides) that every operand steps through alike."""
    merged: list[tuple[int, tuple[int, ...]]] = []
    for size, strides in dims:
        if size == 1:
            continue
        if merged and merged[-1][1] == tuple(stride * size for stride in strides):
            merged[-1] = (merged[-1][0] * size, strides)
        else:
            merged.append((size, strides))
    return merged or [(1, (1,) * len(dims[0][1]) if dims else (1, 1, 1))]


def make_problem(
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    *,
    ignore_index: Sequence[int] = (),
    mask: Tensor | None = None,
    threshold: Sequence[float] | None = None,
    logits: bool = False,
    per_sample: bool = False,
    per_label: bool = False,
    other: bool = False,
    merge: bool = True,
) -> Problem:
    """Describe tensors as the op's argument checks would; they must stay alive."""
    problem = Problem(num_classes=num_classes, other=other, samples=1, labels=1)
    scores = preds.is_floating_point()
    argmax = scores and preds.dim() == target.dim() + 1
    problem.prediction = 1 if argmax else 2 if scores else 0
    per_pixel = preds
    if argmax:
        problem.class_stride = preds.stride(1)
        per_pixel = preds.select(1, 0)
    elif scores:
        given = [0.0 if logits else 0.5] if threshold is None else threshold
        limits = torch.tensor(given, dtype=preds.dtype).double()
        problem.threshold = limits[0].item()
        problem.valid_scores = (1 if logits else 2) if threshold is None else 0
        if len(given) > 1:
            problem.thresholds = limits.data_ptr()
            problem.kept = limits
    else:
        problem.preds_last = min(2 ** _bits(preds.dtype) - 1, num_classes - 1)
    problem.target_last = min(2 ** _bits(target.dtype) - 1, num_classes - 1)

    width = target.dtype.itemsize * 8
    smallest = 0 if target.dtype in _UNSIGNED else -(2 ** (width - 1))
    for value in ignore_index:
        if smallest <= value < 2 ** _bits(target.dtype):
            problem.ignore[problem.num_ignore] = value % 2**width
            problem.num_ignore += 1

    tensors = [target, per_pixel] + ([] if mask is None else [mask])
    operands = (problem.target, problem.preds, problem.mask)
    pixel_dims = []
    for d, size in enumerate(target.shape):
        strides = tuple(tensor.stride(d) for tensor in tensors)
        if per_sample and d == 0:
            problem.samples = size
            for operand, stride in zip(operands, strides, strict=False):
                operand.sample_stride = stride
        elif per_label and d == 1:
            problem.labels = size
            for operand, stride in zip(operands, strides, strict=False):
                operand.label_stride = stride
        else:
            pixel_dims.append((size, strides))
    problem.pixels = 1
    for size, _ in pixel_dims:
        problem.pixels *= size
    if merge or not pixel_dims:
        pixel_dims = _merged(pixel_dims)
    problem.pixel_dims = len(pixel_dims)
    for d, (size, strides) in enumerate(pixel_dims):
        problem.pixel_size[d] = size
        for operand, stride in zip(operands, strides, strict=False):
            operand.pixel_stride[d] = stride
    for operand, tensor in zip(operands, tensors, strict=False):
        operand.data = tensor.data_ptr()
        operand.element = _element(tensor.dtype)
    return problem


#: Calls of each kernel in this process, for the summary of a test run.
covered: Counter[str] = Counter()


class Emulation:
    """The emulated kernels of one build.

    Attributes:
        plan: What the last call launched.
        kernel: Its name: op, source of the pixels, tier.
    """

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.emulate.restype = ctypes.c_char_p
        self._library.emulate_divergent_barrier.restype = ctypes.c_char_p
        self._library.kernel_name.restype = ctypes.c_char_p
        self.plan = Plan()
        self.kernel = ""
        structures = (Problem, Output, Policy, DeviceFacts, Plan)
        sizes = (_I64 * len(structures))()
        self._library.structure_sizes(sizes)
        for structure, size in zip(structures, sizes, strict=True):
            if ctypes.sizeof(structure) != size:
                raise RuntimeError(
                    f"{structure.__name__} has {ctypes.sizeof(structure)} bytes in "
                    f"Python and {size} in C++"
                )

    def policy(self, **fields: int) -> Policy:
        """Return the default policy with some fields changed."""
        policy = Policy()
        self._library.default_policy(ctypes.byref(policy))
        for name, value in fields.items():
            setattr(policy, name, value)
        return policy

    def run(
        self,
        matrix: bool,
        problem: Problem,
        counts: Tensor,
        invalid: Tensor,
        *,
        policy: Policy | None = None,
        device: DeviceFacts = SMALL,
        order: int = 0,
    ) -> None:
        """Add the counts of a problem to a matrix [K, K] or to counts [3, K]."""
        output = Output(counts.data_ptr(), invalid.data_ptr())
        self.plan = Plan()
        error = self._library.emulate(
            ctypes.c_bool(matrix),
            ctypes.byref(problem),
            ctypes.byref(output),
            ctypes.byref(policy if policy is not None else self.policy()),
            ctypes.byref(device),
            ctypes.c_uint32(order),
            ctypes.byref(self.plan),
        )
        if error is not None:
            raise RuntimeError(error.decode())
        if self.plan.grid > 0:
            name = self._library.kernel_name(
                ctypes.c_bool(matrix), ctypes.byref(problem), ctypes.byref(self.plan)
            )
            self.kernel = name.decode()
            covered[self.kernel] += 1

    def plan_for(
        self,
        matrix: bool,
        problem: Problem,
        *,
        policy: Policy | None = None,
        device: DeviceFacts = SMALL,
    ) -> Plan:
        """Return what a call would launch."""
        plan = Plan()
        self._library.plan(
            ctypes.c_bool(matrix),
            ctypes.byref(problem),
            ctypes.byref(policy if policy is not None else self.policy()),
            ctypes.byref(device),
            ctypes.byref(plan),
        )
        return plan

    def divergent_barrier(self) -> str:
        """Run a kernel whose threads wait at two barriers; return the complaint."""
        error = self._library.emulate_divergent_barrier()
        return error.decode() if error is not None else ""
