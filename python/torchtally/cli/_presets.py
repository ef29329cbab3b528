"""Options of data sets that many evaluate: what their labels mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._problems import UsageError
from ._values import read_structured

# The classes that are evaluated, by their id in *_gtFine_labelIds.png.
_CITYSCAPES = {
    7: "road",
    8: "sidewalk",
    11: "building",
    12: "wall",
    13: "fence",
    17: "pole",
    19: "traffic light",
    20: "traffic sign",
    21: "vegetation",
    22: "terrain",
    23: "sky",
    24: "person",
    25: "rider",
    26: "car",
    27: "truck",
    28: "bus",
    31: "train",
    32: "motorcycle",
    33: "bicycle",
}
# The category numbers of COCO from 1 to 182 that no picture has.
_NOT_IN_COCO = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83, 91)


def _cityscapes() -> dict[str, Any]:
    to_class = {label: index for index, label in enumerate(_CITYSCAPES)}
    others = [label for label in (*range(-1, 34), 255) if label not in to_class]
    return {
        "num_classes": len(to_class),
        "class_names": list(_CITYSCAPES.values()),
        "label_map": {**to_class, **dict.fromkeys(others)},
        "preds_map": to_class,
        "out_of_range": "miss",  # a prediction that is none of the classes
    }


def _ade20k() -> dict[str, Any]:
    to_class = {label: label - 1 for label in range(1, 151)}
    return {
        "num_classes": 150,
        "label_map": {0: None, **to_class},
        "preds_map": to_class,
        "out_of_range": "miss",
    }


def _coco_stuff() -> dict[str, Any]:
    labels = [number - 1 for number in range(1, 183) if number not in _NOT_IN_COCO]
    to_class = {label: index for index, label in enumerate(labels)}
    return {
        "num_classes": len(labels),
        "label_map": {255: None, **to_class},
        "preds_map": to_class,
        "out_of_range": "miss",
    }


def _brats() -> dict[str, Any]:
    to_class = {0: 0, 1: 1, 2: 2, 3: 3, 4: 3}  # enhancing is 4, or 3 since 2023
    return {
        "num_classes": 4,
        "class_names": ["background", "necrosis", "edema", "enhancing"],
        "label_map": to_class,
        "preds_map": to_class,
        "regions": {"whole tumor": [1, 2, 3], "tumor core": [1, 3], "enhancing": [3]},
    }


def nnunet(path: Path) -> dict[str, Any]:
    """Return what a dataset.json of nnU-Net (version 1 or 2) says of its labels.

    Means are nnU-Net's: over the cases in which a label's Dice is defined, then over
    the foreground labels.

    Raises:
        UsageError: The file cannot be read, or says nothing about labels.
    """
    held = read_structured(path)
    labels = held.get("labels") if isinstance(held, Mapping) else None
    if not isinstance(labels, Mapping) or not labels:
        raise UsageError(f"--preset nnunet: {path} must have labels")
    try:
        if all(str(key).isdigit() for key in labels):  # version 1
            labels = {str(name): int(number) for number, name in labels.items()}
        ignored = labels.get("ignore")
        kept = {name: value for name, value in labels.items() if name != "ignore"}
        unions = {
            str(name): [int(one) for one in value]
            if isinstance(value, (list, tuple))
            else [int(value)]
            for name, value in kept.items()
        }
        values = sorted({value for union in unions.values() for value in union})
    except (TypeError, ValueError):
        raise UsageError(
            f"--preset nnunet: the labels of {path} must be integers, or lists of them"
        ) from None
    options: dict[str, Any] = {
        "num_classes": values[-1] + 1,
        "aggregation": "samplewise",
        "sample_mean": "samples_first",
    }
    if ignored is not None:
        options["ignore_index"] = [int(ignored)]
    if any(isinstance(value, (list, tuple)) for value in kept.values()):
        options["regions"] = {
            name: union for name, union in unions.items() if union != [0]
        }
    else:
        options["include_background"] = False
        options["class_names"] = {union[0]: name for name, union in unions.items()}
    if held.get("file_ending"):
        options["suffix"] = str(held["file_ending"])
    return options


PRESETS = {
    "cityscapes": _cityscapes,
    "ade20k": _ade20k,
    "coco-stuff": _coco_stuff,
    "brats": _brats,
}
NAMES = (*PRESETS, "nnunet:dataset.json")


def preset(text: str) -> dict[str, Any]:
    """Return the options of a preset by its name.

    Raises:
        UsageError: There is no such preset.
    """
    if text in PRESETS:
        return PRESETS[text]()
    kind, colon, path = text.partition(":")
    if kind == "nnunet" and colon:
        return nnunet(Path(path))
    raise UsageError(f"--preset must be one of {', '.join(NAMES)}, got {text!r}")
