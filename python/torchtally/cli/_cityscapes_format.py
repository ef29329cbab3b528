"""Counts as the JSON of Cityscapes' pixel-level evaluation.

The formulas, names and the table of labels are those of cityscapesScripts 2.3,
cityscapesscripts/evaluation/evalPixelLevelSemanticLabeling.py and helpers/labels.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.int64]
Scores: TypeAlias = dict[str, float]


class CityLabel(NamedTuple):
    """A label of Cityscapes.

    Attributes:
        name: of the label.
        category: which it belongs to.
        ignored: whether pixels with this label are left out.
        instances: whether its objects are told apart.
    """

    name: str
    category: str
    ignored: bool
    instances: bool


def _labels() -> list[CityLabel]:
    """Return the labels by id, from a short form: * is ignored."""
    categories = {
        "void": "unlabeled*, ego vehicle*, rectification border*, out of roi*, static*,"
        " dynamic*, ground*",
        "flat": "road, sidewalk, parking*, rail track*",
        "construction": "building, wall, fence, guard rail*, bridge*, tunnel*",
        "object": "pole, polegroup*, traffic light, traffic sign",
        "nature": "vegetation, terrain",
        "sky": "sky",
        "human": "person, rider",
        "vehicle": "car, truck, bus, caravan*, trailer*, train, motorcycle, bicycle",
    }
    return [
        CityLabel(
            text.rstrip("*"), category, text.endswith("*"), category in WITH_INSTANCES
        )
        for category, names in categories.items()
        for text in names.split(", ")
    ]


WITH_INSTANCES = ("human", "vehicle")
#: The labels of labelIds.png by their id, 0 to 33. License plates, -1, have no pixels.
LABELS = _labels()
CATEGORIES = list(dict.fromkeys(label.category for label in LABELS))
#: Mean pixels of an object, by which instances are weighed.
MEAN_SIZES = {
    "bicycle": 4672.3249222261,
    "caravan": 36771.8241758242,
    "motorcycle": 6298.7200839748,
    "rider": 3930.4788056518,
    "bus": 35732.1511111111,
    "train": 67583.7075812274,
    "car": 12794.0202738185,
    "person": 3462.4756337644,
    "truck": 27855.1264367816,
    "trailer": 16926.9763313609,
}


@dataclass
class InstanceSums:
    """Weighted pixels of instances that were found (tp) and missed (fn).

    Attributes:
        classes: ``[tp, fn]`` by name of the class.
        categories: ``[tp, fn]`` by name of the category.
    """

    classes: dict[str, list[float]] = field(
        default_factory=lambda: {
            label.name: [0.0, 0.0]
            for label in LABELS
            if label.instances and not label.ignored
        }
    )
    categories: dict[str, list[float]] = field(
        default_factory=lambda: {name: [0.0, 0.0] for name in WITH_INSTANCES}
    )

    def add(self, prediction: npt.NDArray[Any], instances: npt.NDArray[Any]) -> None:
        """Add the objects of one image.

        Every object weighs its class's mean size, however large it is.

        Args:
            prediction: integer ``[H, W]``, label ids.
            instances: integer ``[H, W]`` of instanceIds.png, 1000 id + number where
                objects are told apart.
        """
        of_category = {
            name: np.isin(prediction, _ids(category=name)) for name in WITH_INSTANCES
        }
        for value in np.unique(instances[instances > 1000]).tolist():
            number = value // 1000
            label = LABELS[number]
            if label.ignored:
                continue
            mask = instances == value
            size = int(np.count_nonzero(mask))
            weight = MEAN_SIZES[label.name] / float(size)
            tp = int(np.count_nonzero(prediction[mask] == number))
            _add(self.classes[label.name], tp, size, weight)
            if label.category in of_category:
                tp = int(np.count_nonzero(of_category[label.category] & mask))
                _add(self.categories[label.category], tp, size, weight)


def _add(sums: list[float], tp: int, size: int, weight: float) -> None:
    sums[0] += float(tp) * weight
    sums[1] += float(size - tp) * weight


def _ids(
    category: str | None = None, *, ignored: bool | None = None, but: str | None = None
) -> list[int]:
    """Return ids of a category, of all but one, of ignored labels or of the others."""
    return [
        number
        for number, label in enumerate(LABELS)
        if (category is None or label.category == category)
        and (but is None or label.category != but)
        and (ignored is None or label.ignored == ignored)
    ]


def cityscapes_result(
    matrix: Matrix,
    *,
    instances: InstanceSums | None = None,
    per_image: Iterable[tuple[str, Matrix]] = (),
) -> dict[str, Any]:
    """Return what Cityscapes' evaluateImgLists returns.

    Args:
        matrix: int64 ``[34, 34]`` over label ids, rows are labels: the ids of
            labelIds.png as they are, neither mapped to train ids nor ignored.
        instances: what instance-level scores need; without it they are NaN (where
            cityscapesScripts, told not to look at instances, writes 0).
        per_image: prediction file and matrix ``[34, 34]`` of each image, for
            ``perImageScores``, which is left out without images.

    Returns:
        ``confMatrix``, ``priors``, ``labels``, ``classScores``, ``classInstScores``,
        ``categoryScores``, ``categoryInstScores``, the four averages over what is
        defined, and ``perImageScores``. In the last, ``nbNotIgnoredPixels`` and
        ``nbCorrectPixels`` hold what cityscapesScripts writes under these names: the
        pixels whose label is ignored, and those of them that were predicted as another.

    Raises:
        ValueError: the matrix is not ``[34, 34]`` or is empty.
    """
    if matrix.shape != (len(LABELS), len(LABELS)):
        raise ValueError(
            f"cityscapes_result: matrix must be [{len(LABELS)}, {len(LABELS)}], over "
            f"the ids of labelIds.png, got shape {list(matrix.shape)}"
        )
    total = int(matrix.sum())
    if total == 0:
        raise ValueError("cityscapes_result: matrix must have pixels, got none")
    found = InstanceSums({}, {}) if instances is None else instances
    classes = {
        label.name: _class_iou(matrix, number, None)
        for number, label in enumerate(LABELS)
    }
    of_instances = {
        label.name: _class_iou(matrix, number, found.classes.get(label.name, ()))
        for number, label in enumerate(LABELS)
    }
    categories = {name: _category_iou(matrix, name, None) for name in CATEGORIES}
    of_objects = {
        name: _category_iou(matrix, name, found.categories.get(name, ()))
        for name in CATEGORIES
    }
    result = {
        "confMatrix": matrix.tolist(),
        "priors": {
            label.name: float(matrix[number].sum()) / total
            for number, label in enumerate(LABELS)
        },
        "labels": {label.name: number for number, label in enumerate(LABELS)},
        "classScores": classes,
        "classInstScores": of_instances,
        "categoryScores": categories,
        "categoryInstScores": of_objects,
        "averageScoreClasses": _average(classes),
        "averageScoreInstClasses": _average(of_instances),
        "averageScoreCategories": _average(categories),
        "averageScoreInstCategories": _average(of_objects),
    }
    images = {name: _per_image(counts) for name, counts in per_image}
    if images:
        result["perImageScores"] = images
    return result


def _class_iou(matrix: Matrix, number: int, sums: Sequence[float] | None) -> float:
    """Return the IoU of a label, of its pixels or of weighted instances."""
    others = [one for one in _ids(ignored=False) if one != number]
    if LABELS[number].ignored:
        return math.nan
    fp = int(matrix[others, number].sum())
    if sums is None:
        tp = int(matrix[number, number])
        return _ratio(tp, fp, int(matrix[number].sum()) - tp)
    return _ratio(sums[0], fp, sums[1]) if sums else math.nan


def _category_iou(matrix: Matrix, name: str, sums: Sequence[float] | None) -> float:
    """Return the IoU of a category, of its pixels or of weighted instances."""
    own = _ids(name, ignored=False)
    others = _ids(ignored=False, but=name)
    if sums is None:
        if not own:
            return math.nan
        tp = int(matrix[np.ix_(own, own)].sum())
        fp = int(matrix[np.ix_(others, own)].sum())
        return _ratio(tp, fp, int(matrix[own].sum()) - tp)
    if not sums:
        return math.nan
    columns = _ids(name)  # an object may be found as an ignored label of its category
    return _ratio(sums[0], int(matrix[np.ix_(others, columns)].sum()), sums[1])


def _ratio(tp: float, fp: float, fn: float) -> float:
    total = tp + fp + fn
    return math.nan if total == 0 else float(tp) / total


def _average(scores: Mapping[str, float]) -> float:
    """Return the mean of what is defined, added up one by one as there."""
    total, number = 0.0, 0
    for score in scores.values():
        if not math.isnan(score):
            total += score
            number += 1
    return total / number if number else math.nan


def _per_image(matrix: Matrix) -> dict[str, int]:
    ignored = _ids(ignored=True)
    pixels = int(matrix[ignored].sum())
    return {
        "nbNotIgnoredPixels": pixels,
        "nbCorrectPixels": pixels - int(matrix[ignored, ignored].sum()),
    }


def cityscapes_json(result: Mapping[str, Any]) -> bytes:
    """Return a result as cityscapesScripts writes it; NaN as Python's json does."""
    return json.dumps(result, sort_keys=True, indent=4).encode()
