"""Hugging Face: what a ``transformers.Trainer`` prints, and ``evaluate``'s mean IoU.

:class:`TrainerMetrics` is the ``compute_metrics`` and the
``preprocess_logits_for_metrics`` of a Trainer in one object, for segmentation, image,
text and token classification. :func:`mean_iou` has the arguments and the keys of the
metric of that name in ``evaluate``.

Nothing is imported from transformers or evaluate: a Trainer calls what it is given.
``pip install torchtally[transformers]`` installs versions that this was tested with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchtally.functional._definitions import SCORES
from torchtally.metrics import ScoreSuite
from torchtally.ops._arguments import check_choice, ignore_values, plain

__all__ = ["TrainerMetrics", "mean_iou"]

#: What a Trainer pads labels and predictions of different sizes with.
_PADDING = -100
_RESIZE = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear")


class TrainerMetrics:
    """Scores of a Trainer's evaluation, each batch counted once.

    ``Trainer(..., compute_metrics=metrics,
    preprocess_logits_for_metrics=metrics.preprocess_logits_for_metrics)``. The second
    reduces logits to labels on the device they are on, so that the Trainer keeps a byte
    or two a pixel and not a number for each class. With
    ``TrainingArguments(batch_eval_metrics=True)`` it keeps nothing: every batch is
    counted and forgotten, and the counts are all that remains.

    The Trainer gathers batches of all ranks before it asks for metrics, so counts are
    not added up over ranks once more.

    Attributes:
        metric: the :class:`torchtally.metrics.ScoreSuite` that counts.

    Example:
        >>> metrics = TrainerMetrics(id2label={0: "road", 1: "car"}, ignore_index=255)
        >>> logits = torch.tensor([[[[2.0, 0.0]], [[1.0, 3.0]]]])  # [N, C, H, W]
        >>> labels = torch.tensor([[[0, 1]]])  # [N, H, W]
        >>> metrics((logits, labels))["mean_iou"]
        1.0
    """

    def __init__(
        self,
        num_classes: int | None = None,
        scores: Sequence[str] | Mapping[str, Mapping[str, Any]] = ("iou", "dice"),
        *,
        id2label: Mapping[int, str] | None = None,
        ignore_index: int | Collection[int] | None = None,
        resize: str | None = None,
        logits_index: int = 0,
        **options: Any,
    ) -> None:
        """Choose scores.

        Args:
            num_classes: C, or the number of labels of ``task="multilabel"``; that of
                ``id2label``, if not given.
            scores: names of scores, as :class:`torchtally.metrics.ScoreSuite` has them.
                One that is averaged over classes is returned as ``mean_<score>`` and
                ``<score>_<class>``, another (``"accuracy"``, which is that of all
                pixels) as ``<score>``. Or a mapping from results to their options, as
                of ScoreSuite, whose names are then kept.
            id2label: names of the classes, as ``model.config.id2label``.
            ignore_index: a label, or several, that counts nowhere, such as 255. -100,
                which the Trainer pads with, never counts.
            resize: how logits of another size than the labels are brought to it:
                ``mode`` of ``torch.nn.functional.interpolate``, such as
                ``"bilinear"``. None refuses them.
            logits_index: which output holds the logits, where a model has several.
            **options: any other option of ScoreSuite, such as ``task="multilabel"``,
                ``logits=True`` or ``zero_division=0``.

        Raises:
            TypeError: for an argument of the wrong kind, or an unknown option.
            ValueError: for a wrong value, or if neither ``num_classes`` nor
                ``id2label`` is given for classes.
        """
        op = type(self).__name__
        if id2label is not None:
            id2label = {int(index): name for index, name in id2label.items()}
            num_classes = len(id2label) if num_classes is None else num_classes
        if resize is not None:
            check_choice(op, "resize", resize, _RESIZE)
        task = options.get("task", "multiclass")
        options.setdefault("dtype", torch.float64)  # which a Python float is
        if not isinstance(scores, (str, Mapping)):
            scores = _results(scores, several=task != "binary")
            if "average" in options:
                raise TypeError(
                    f"{op}: average is macro beside names of scores; pass scores as a "
                    "mapping, such as {'iou': {'average': 'micro'}}"
                )
        ignored = () if ignore_index is None else ignore_values(op, ignore_index)
        self.metric = ScoreSuite(
            num_classes,
            scores,
            ignore_index=sorted({_PADDING, *ignored}),
            class_names=id2label,
            sync_on_compute=False,  # the Trainer has gathered
            **options,
        )
        self._classes = num_classes if task == "multiclass" else None
        self._resize = resize
        self._index = logits_index

    def __call__(self, eval_pred: Any, compute_result: bool = True) -> dict[str, float]:
        """Count a batch, or a whole data set, and return the scores.

        Args:
            eval_pred: ``transformers.EvalPrediction``, or a pair: predictions, which
                are logits ``[N, C, ...]`` (``[N, T, C]`` of tokens), labels of the
                labels' shape, or a tuple of outputs; and labels. Arrays of NumPy or
                tensors; lists of them are batches (``eval_do_concat_batches=False``).
            compute_result: whether this is the last batch. The Trainer says so with
                ``batch_eval_metrics=True``.

        Returns:
            Scores by name; empty before the last batch. NaN where undefined.

        Raises:
            TypeError: for predictions or labels of the wrong kind.
            ValueError: for a wrong shape, or a label out of range.
        """
        more = False
        try:
            for predictions, labels in self._batches(eval_pred[0], eval_pred[1]):
                self._count(predictions, labels)
            more = not compute_result
            return {} if more else self._named()
        finally:
            if not more:  # the next evaluation starts anew, after an error too
                self.metric.reset()

    def preprocess_logits_for_metrics(self, logits: Any, labels: Any) -> Tensor:
        """Reduce the logits of a batch to labels, on the device they are on.

        Args:
            logits: of the model, ``[N, C, ...]`` (``[N, T, C]`` of tokens), or a tuple
                of its outputs.
            labels: of the batch, whose size the labels get with ``resize``.

        Returns:
            Labels of the smallest signed dtype that holds them and -100. Scores of
            binary and multilabel tasks, and labels, are returned as they are.

        Raises:
            ValueError: if logits have another size than labels, without ``resize``.
        """
        scores: Tensor = self._logits(logits)
        if self._classes is None or not scores.is_floating_point():
            return scores
        # A sample at a time: at the labels' size logits take the most memory.
        scored = self._scores(scores, _labels(labels))
        parts = [part.argmax(1) for part, _ in scored]
        return torch.cat(parts).to(_least_dtype(self._classes))

    def reset(self) -> None:
        """Forget what an evaluation counted that did not come to its last batch."""
        self.metric.reset()

    def _batches(self, predictions: Any, labels: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(predictions, list):
            yield from zip(predictions, labels, strict=True)
        else:
            yield predictions, labels

    def _logits(self, outputs: Any) -> Any:
        """Return the logits of what a model returned, as a tensor."""
        if isinstance(outputs, (tuple, list)):
            outputs = outputs[self._index]
        return plain(outputs)

    def _count(self, predictions: Any, labels: Any) -> None:
        predictions, labels = self._logits(predictions), _labels(labels)
        if self.metric.counts.device != labels.device:
            self.metric.to(labels.device)
        if predictions.is_floating_point() and self._classes is not None:
            for part, of_part in self._scores(predictions, labels):
                self.metric.update(part, of_part)
        else:
            self.metric.update(predictions, labels)

    def _scores(
        self, logits: Tensor, labels: Tensor | None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield logits ``[n, C, ...]`` of the labels' size, and their labels."""
        if logits.dim() == 3:  # of tokens, whose classes are last
            logits = logits.movedim(-1, 1)
        if labels is None or logits.shape[2:] == labels.shape[1:]:
            yield logits, labels  # type: ignore[misc]
            return
        if self._resize is None or logits.dim() != labels.dim() + 1:
            raise ValueError(
                f"{type(self).__name__}: logits {list(logits.shape)} must have the "
                f"size of labels {list(labels.shape)}; pass resize='bilinear' to bring "
                "them to it"
            )
        for sample, of_sample in zip(logits.split(1), labels.split(1), strict=True):
            yield (
                torch.nn.functional.interpolate(
                    sample, size=labels.shape[1:], mode=self._resize
                ),
                of_sample,
            )

    def _named(self) -> dict[str, float]:
        named = self.metric.named()  # "iou/car"
        return {name.replace("/", "_", 1): value for name, value in named.items()}


def mean_iou(
    predictions: Any,
    references: Any,
    num_labels: int,
    ignore_index: int,
    nan_to_num: float | None = None,
    label_map: Mapping[int, int] | None = None,
    reduce_labels: bool = False,
) -> dict[str, Any]:
    """Return what ``evaluate.load("mean_iou").compute`` returns, counted exactly.

    The numbers are the same wherever every label that is not ignored is a class. On
    purpose it differs in these:

    * A class that is ignored (``ignore_index=0``, say) is NaN and enters no mean.
      There its predictions on other pixels make it a class of IoU 0, which lowers the
      mean. Either way its pixels count for nothing, false positives on them included;
      with two classes the IoU of the other one is then its recall
      (huggingface/evaluate#421).
    * A label that is neither a class nor ignored raises ValueError. There it leaves
      recall and ``overall_accuracy``, and stays in the IoU as a false positive.
    * ``label_map`` renames all labels at once: ``{0: 1, 1: 0}`` swaps. Releases before
      evaluate#810 rename one after the other, which makes 0 of both, and write into
      the caller's arrays.
    * With ``reduce_labels`` labels 0 and 255 are ignored whatever ``ignore_index`` is.
      There they become 255, and are false positives unless that is ignored.
    * Images are not encoded as PNG on the way.

    Args:
        predictions: labels of each image, ``[H, W]`` each, in any sizes: arrays,
            tensors, nested lists or PIL images.
        references: the true labels, of the same shapes.
        num_labels: C.
        ignore_index: a label of references whose pixels count nowhere.
        nan_to_num: takes the place of NaN, which a class has that is nowhere.
        label_map: new labels for those of references; others stay.
        reduce_labels: references count from 1, and 0 is background that is ignored.
            Predictions count from 0.

    Returns:
        The floats ``mean_iou``, ``mean_accuracy`` (the mean recall) and
        ``overall_accuracy``, and the float64 arrays ``per_category_iou`` and
        ``per_category_accuracy`` ``[C]``.

    Raises:
        TypeError: for labels that are no integers.
        ValueError: for a wrong shape, a label out of range, or another number of
            predictions than references.

    Example:
        >>> found = mean_iou([[[0, 1, 1]]], [[[0, 0, 1]]], num_labels=2, ignore_index=9)
        >>> found["mean_iou"], found["per_category_accuracy"].tolist()
        (0.5, [0.5, 1.0])
    """
    if len(predictions) != len(references):
        raise ValueError(
            "mean_iou: predictions and references must be as many, got "
            f"{len(predictions)} and {len(references)}"
        )
    labels: dict[str, Any] = {"ignore_index": ignore_index}
    if label_map or reduce_labels:
        labels = _mapped(num_labels, ignore_index, label_map or {}, reduce_labels)
    each = {"average": "none"}
    suite = ScoreSuite(
        num_labels,
        {
            "mean_iou": {"score": "iou"},
            "mean_accuracy": {"score": "recall"},
            "overall_accuracy": {"score": "accuracy"},
            "per_category_iou": {"score": "iou", **each},
            "per_category_accuracy": {"score": "recall", **each},
        },
        dtype=torch.float64,
        sync_on_compute=False,
        **labels,
    )
    for predicted, true in zip(predictions, references, strict=True):
        suite.update(_image(predicted), _image(true))
    if bad := int(suite.invalid):
        raise ValueError(
            f"mean_iou: labels must lie in [0, {num_labels}), those of references "
            f"after label_map and reduce_labels, or equal ignore_index {ignore_index}, "
            f"but {bad} pair(s) hold another label; check num_labels and ignore_index"
        )
    found = {
        name: value.item() if value.dim() == 0 else value.numpy()
        for name, value in suite.compute().items()
    }
    if nan_to_num is not None:
        found = {n: np.nan_to_num(v, nan=nan_to_num) for n, v in found.items()}
    return found


def _results(names: Collection[str], several: bool) -> dict[str, dict[str, str]]:
    """Return the results of scores by name, as ScoreSuite takes them."""
    results = {}
    for name in names:
        average = SCORES[name].kept.get("average") if name in SCORES else None
        if several and average is not None and average.default is None:
            results[f"mean_{name}"] = {"score": name, "average": "macro"}
            results[name] = {"score": name, "average": "none"}
        else:
            results[name] = {"score": name}
    return results


def _least_dtype(classes: int) -> torch.dtype:
    """Return the smallest signed dtype for labels of so many classes."""
    if classes <= 128:
        return torch.int8
    return torch.int16 if classes <= 1 << 15 else torch.int32


def _labels(labels: Any) -> Any:
    """Return labels as a tensor; those of the first name, where a model has several."""
    return plain(labels[0] if isinstance(labels, (tuple, list)) else labels)


def _image(labels: Any) -> Any:
    return labels if isinstance(labels, Tensor) else np.asarray(labels)


def _mapped(
    num_labels: int, ignore_index: int, label_map: Mapping[int, int], reduce: bool
) -> dict[str, Any]:
    """Return the class that each label of references means, and which are ignored."""
    classes: dict[int, int | None] = {}
    ignored = []
    for raw in {
        *range(num_labels + 1),
        255,
        ignore_index,
        ignore_index + 1,
        *label_map,
    }:
        label = label_map.get(raw, raw)
        if reduce:
            label = 255 if label in (0, 255) else label - 1
        if label == ignore_index or (reduce and label == 255):
            ignored.append(raw)
        if 0 <= label < num_labels:
            classes[raw] = label
    return {"label_map": classes, "ignore_index": ignored}
