"""The contenders: torchtally, and other ways to count the same pixels on CPU.

Each builder takes a workload and returns the call to time, the form of what it
returns, and how to read that as int64 counts. What a caller would have to do first,
such as argmax or leaving ignored pixels out, is part of the call.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import distributions
from typing import Any

import numpy as np
import torch
from torch import Tensor

import torchtally as tt
from _inputs import Form, Workload
from _tables import progress

OURS = "torchtally"
ONE_HOT_ELEMENTS = 1 << 25
SLOW_PIXELS = 1 << 20

Run = tuple[Callable[[], Any], Form, Callable[[Any], Tensor]]


class NotApplicableError(Exception):
    """This peer cannot count this workload, and why, if it is worth saying."""


@dataclass(frozen=True)
class Contender:
    """A call to be timed, whose result was found to be right.

    Attributes:
        scale: pixels of the workload to those that the call counts.
    """

    name: str
    call: Callable[[], Any]
    scale: float = 1.0


@dataclass(frozen=True)
class Peer:
    """A way to count.

    Attributes:
        package: distribution that it needs.
        most_pixels: of a workload that it is timed on; None for all.
    """

    name: str
    package: str
    build: Callable[[Workload], Run]
    most_pixels: Callable[[Workload], int] | None = None


def ours(load: Workload) -> Run:
    """Count with torchtally as a user would call it."""
    args = (load.preds, load.target, load.num_classes)
    count = tt.confusion_matrix if load.form == "matrix" else tt.class_counts
    call = partial(count, *args, ignore_index=load.ignore_index)
    if load.form == "matrix":
        return call, "matrix", lambda matrix: matrix
    return call, "classes", lambda c: torch.stack([c.tp, c.tp + c.fp, c.tp + c.fn])


def hard(load: Workload) -> Tensor:
    """Return predicted labels."""
    return load.preds.argmax(1) if load.scores else load.preds


def kept(load: Workload, preds: Any, target: Any) -> tuple[Any, Any]:
    """Leave out ignored pixels of flat arrays or tensors."""
    if load.ignore_index is None:
        return preds, target
    keep = target != load.ignore_index
    return preds[keep], target[keep]


def numpy_bincount(load: Workload) -> Run:
    """Histogram of target x C + prediction, or three histograms."""
    c = load.num_classes

    def arrays() -> tuple[Any, Any]:
        return kept(load, hard(load).numpy().ravel(), load.target.numpy().ravel())

    def matrix() -> Any:
        p, t = arrays()
        return np.bincount(t.astype(np.int64) * c + p, minlength=c * c).reshape(c, c)

    def classes() -> Any:
        p, t = arrays()
        return np.stack([np.bincount(x, minlength=c) for x in (t[t == p], p, t)])

    call = matrix if load.form == "matrix" else classes
    return call, load.form, torch.from_numpy


def torch_bincount(load: Workload, labels: Callable[[Workload], Tensor] = hard) -> Run:
    """Do the same in torch."""
    c = load.num_classes

    def tensors() -> tuple[Tensor, Tensor]:
        return kept(load, labels(load).flatten(), load.target.flatten())

    def matrix() -> Tensor:
        p, t = tensors()
        return torch.bincount(t.long() * c + p, minlength=c * c).view(c, c)

    def classes() -> Tensor:
        p, t = tensors()
        parts = (t[t == p], p, t)
        return torch.stack([torch.bincount(x, minlength=c) for x in parts])

    return matrix if load.form == "matrix" else classes, load.form, lambda x: x


def torch_max(load: Workload) -> Run:
    """Take the labels from max(1), which is faster than argmax(1) on CPU."""
    if not load.scores:
        raise NotApplicableError
    return torch_bincount(load, lambda scores: scores.preds.max(1).indices)


def torchmetrics(load: Workload, validate: bool) -> Run:
    """Call the functional metric; it always makes C x C cells."""
    module = importlib.import_module("torchmetrics.functional.classification")
    cells = load.num_classes**2 * 8
    if cells > memory() // 4:
        raise NotApplicableError(f"would need {cells / 1e9:.1f} GB")
    options = {"ignore_index": load.ignore_index, "validate_args": validate}
    args = (load.preds, load.target, load.num_classes)
    if load.form == "matrix":
        call = partial(module.multiclass_confusion_matrix, *args, **options)
        return call, "matrix", lambda matrix: matrix
    call = partial(module.multiclass_stat_scores, *args, average="none", **options)
    return call, "classes", lambda s: from_counts(s[:, 0], s[:, 1], s[:, 3])


def scikit_learn(load: Workload) -> Run:
    """Call confusion_matrix, or multilabel_confusion_matrix for counts of classes."""
    metrics: Any = importlib.import_module("sklearn.metrics")
    labels = np.arange(load.num_classes)
    joint = load.form == "matrix"
    count = metrics.confusion_matrix if joint else metrics.multilabel_confusion_matrix

    def call() -> Any:
        p, t = kept(load, hard(load).flatten().numpy(), load.target.flatten().numpy())
        return count(t, p, labels=labels)

    if joint:
        return call, "matrix", torch.from_numpy

    def read(result: Any) -> Tensor:
        cells = torch.from_numpy(result)
        return from_counts(cells[:, 1, 1], cells[:, 0, 1], cells[:, 1, 0])

    return call, "classes", read


def monai_one_hot(load: Workload) -> Run:
    """Count on one-hot maps, all zero where ignored."""
    count = importlib.import_module("monai.metrics").get_confusion_matrix
    one_hot = importlib.import_module("monai.networks.utils").one_hot
    c, ignore = load.num_classes, load.ignore_index

    def call() -> Tensor:
        preds = one_hot(hard(load).reshape(1, 1, -1), c)
        target = load.target.reshape(1, 1, -1)
        if ignore is None:
            target = one_hot(target, c)
        else:
            target = one_hot(target.masked_fill(target == ignore, c), c + 1)[:, :c]
        result: Tensor = count(preds, target, ignore_index=ignore)
        return result

    def read(result: Tensor) -> Tensor:
        tp, fp, _, fn = result[0].long().unbind(-1)
        return from_counts(tp, fp, fn)

    return call, "classes", read


def histc_areas(load: Workload) -> Run:
    """Areas of intersection, prediction and target by histc on floats (mmseg)."""
    c = load.num_classes

    def area(labels: Tensor) -> Tensor:
        return torch.histc(labels.float(), bins=c, min=0, max=c - 1)

    def call() -> tuple[Tensor, Tensor, Tensor]:
        p, t = kept(load, hard(load).flatten(), load.target.flatten())
        return area(p[p == t]), area(p), area(t)

    return call, "classes", lambda areas: torch.stack(areas).long()


def torcheval(load: Workload) -> Run:
    """Call the functional metric, which has no ignored label."""
    module = importlib.import_module("torcheval.metrics.functional")
    if load.form != "matrix":
        raise NotApplicableError
    c = load.num_classes

    def call() -> Tensor:
        p, t = kept(load, hard(load).flatten(), load.target.flatten())
        result: Tensor = module.multiclass_confusion_matrix(p, t.long(), num_classes=c)
        return result

    return call, "matrix", lambda matrix: matrix.long()


def ignite(load: Workload) -> Run:
    """Update a fresh metric; it takes scores only."""
    module = importlib.import_module("ignite.metrics")
    if not load.scores:
        raise NotApplicableError

    def call() -> Tensor:
        metric = module.ConfusionMatrix(num_classes=load.num_classes)
        metric.update((load.preds, load.target))
        result: Tensor = metric.confusion_matrix
        return result

    return call, "matrix", lambda matrix: matrix.long()


def from_counts(tp: Tensor, fp: Tensor, fn: Tensor) -> Tensor:
    """Return diagonal and margins ``[3, C]``."""
    return torch.stack([tp, tp + fp, tp + fn])


def memory() -> int:
    """Return the bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def fitting(load: Workload) -> int:
    """Return how many pixels one-hot maps of a moderate size hold."""
    return max(1, ONE_HOT_ELEMENTS // load.num_classes)


PEERS = (
    Peer("numpy.bincount", "numpy", numpy_bincount),
    Peer("torch.bincount", "torch", torch_bincount),
    Peer("max(1) bincount", "torch", torch_max),
    Peer("torchmetrics", "torchmetrics", partial(torchmetrics, validate=False)),
    Peer(
        "torchmetrics validated", "torchmetrics", partial(torchmetrics, validate=True)
    ),
    Peer("histc areas (mmseg)", "torch", histc_areas),
    Peer("scikit-learn", "scikit-learn", scikit_learn, lambda _: SLOW_PIXELS),
    Peer("MONAI one-hot", "monai", monai_one_hot, fitting),
    Peer("torcheval", "torcheval", torcheval, lambda _: SLOW_PIXELS),
    Peer("ignite", "pytorch-ignite", ignite),
)


def versions() -> tuple[dict[str, str], list[str]]:
    """Return the versions of the peers' packages, and the packages that are absent."""
    here = {d.metadata["Name"].lower(): d.version for d in distributions()}
    needed = dict.fromkeys(peer.package for peer in PEERS)
    found = {name: here[name] for name in needed if name in here}
    return found, [name for name in needed if name not in here]


def margins(matrix: Tensor) -> Tensor:
    """Return diagonal, column sums and row sums ``[3, C]``."""
    return torch.stack([matrix.diagonal(), matrix.sum(0), matrix.sum(1)])


def agrees(load: Workload, result: Tensor, form: Form) -> bool:
    """Compare counts with those of torchtally on the same pixels."""
    call, our_form, read = ours(load)
    expected = read(call())
    if (our_form, form) == ("matrix", "classes"):
        expected = margins(expected)
    elif (our_form, form) == ("classes", "matrix"):
        result = margins(result)
    return torch.equal(expected, result)


def contender(peer: Peer, load: Workload) -> Contender | None:
    """Build a peer's call and check what it returns; None, with a warning, if wrong."""
    part = load.sliced(peer.most_pixels(load)) if peer.most_pixels else load
    try:
        call, form, read = peer.build(part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right = agrees(part, read(call()), form)
    except ImportError:
        return None
    except NotApplicableError as error:
        if str(error):
            progress(f"{load.name}: {peer.name} left out, {error}")
        return None
    except Exception as error:  # a peer's failure must not end the run
        reason = f"{type(error).__name__}: {error}"
        progress(f"WARNING: {load.name}: {peer.name} failed, {reason}")
        return None
    if not right:
        progress(f"WARNING: {load.name}: {peer.name} counts otherwise")
        return None
    return Contender(peer.name, call, load.target.numel() / part.target.numel())


def contenders(load: Workload) -> list[Contender]:
    """Return torchtally first, then the peers that can count this workload."""
    found = [contender(peer, load) for peer in PEERS]
    return [Contender(OURS, ours(load)[0]), *(peer for peer in found if peer)]
