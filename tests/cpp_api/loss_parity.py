"""The losses of C++ beside those of Python, on the same inputs.

``python -m tests.cpp_api.loss_parity`` compiles the C++ program and prints the table;
the exit code says whether every value and gradient agrees.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import torchtally as tt
from torchtally import losses
from torchtally.functional.losses._definitions import LOSSES

CLASSES = 4
NAMES = {loss.module: loss.function for loss in LOSSES.values()}
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
TARGETS = ("labels", "uint8", "ignored", "masked", "soft", "all ignored", "empty")
#: Of a gradient, relative to its largest number: both languages round the same way,
#: but for the last bit of what the loss's gradient is multiplied by.
GRADIENT = {
    torch.float64: 1e-12,
    torch.float32: 1e-6,
    torch.bfloat16: 1e-2,
    torch.float16: 2e-3,
}


@dataclass(frozen=True)
class Case:
    """One call, in both languages.

    A name in CamelCase is a module, one that ends in ``_from_sums`` is called with
    what ``overlap_sums(**sums_options)`` returns, and ``overlap_sums`` is itself.
    """

    call: str
    logits: Tensor
    target: Tensor
    mask: Tensor | None = None
    options: dict[str, Any] = field(default_factory=dict)
    sums_options: dict[str, Any] = field(default_factory=dict)
    preset: str = ""  #: options that C++ starts from
    peer: Callable[..., Tensor] | None = None  #: what Python calls for a preset
    target_kind: str = ""

    def python(self) -> tuple[list[Tensor], Tensor]:
        """Return what Python returns, and the gradient of it all."""
        x = self.logits.detach().clone()
        x.requires_grad_(x.is_floating_point())
        outputs = self._outputs(x)
        weighed(outputs).backward()
        gradient = torch.zeros_like(x) if x.grad is None else x.grad
        return [one.detach() for one in outputs], gradient

    def _outputs(self, x: Tensor) -> list[Tensor]:
        if self.peer is not None:
            return [self.peer(x, self.target)]
        if self.call in NAMES:
            module = getattr(losses, self.call)(**self.options)
            return [module(x, self.target, self.mask)]
        if not self.call.endswith("sums"):
            function = getattr(tt.functional, self.call)
            return [function(x, self.target, mask=self.mask, **self.options)]
        sums = tt.overlap_sums(x, self.target, mask=self.mask, **self.sums_options)
        if self.call == "overlap_sums":
            return list(sums)
        return [getattr(tt.functional, self.call)(sums, **self.options)]

    def error(self) -> str:
        """Return the error that Python raises, or an empty string."""
        try:
            self.python()
        except (TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return ""

    def packed(self) -> dict[str, Any]:
        """Return the call as the C++ program reads it."""
        others = ("peer", "target_kind")
        return {n: value for n, value in vars(self).items() if n not in others}


def weighed(outputs: list[Tensor]) -> Tensor:
    """Add every number up with a weight of its own, so that none hides another."""
    total = torch.zeros((), dtype=torch.float64)
    for output in outputs:
        if output.is_floating_point():
            weights = torch.arange(1, output.numel() + 1, dtype=torch.float64)
            total = total + (output.flatten().double() * weights).sum()
    return total


def example(
    kind: str, dtype: torch.dtype, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor | None, dict[str, Any]]:
    """Return logits [3, 4, 5, 6], a target of a kind, a mask and the options for it."""
    generator = torch.Generator().manual_seed(seed)
    samples = 0 if kind == "empty" else 3
    logits = torch.randn(samples, CLASSES, 5, 6, generator=generator).mul(2).to(dtype)
    target = torch.randint(0, CLASSES, (samples, 5, 6), generator=generator)
    target[1:][target[1:] == 3] = 1
    mask = None
    options: dict[str, Any] = {}
    if kind == "uint8":
        target = target.to(torch.uint8)
    elif kind == "ignored":
        target = target.to(torch.int32)
        target[:, :2] = -7
        options = {"ignore_index": [-7, 2]}
    elif kind == "masked":
        mask = torch.rand(target.shape, generator=generator) < 0.5
        mask[1] = False
    elif kind == "soft":
        target = torch.rand(logits.shape, generator=generator)
    elif kind == "all ignored":
        target = torch.full_like(target, 255)
        options = {"ignore_index": 255}
    return logits, target, mask, options


def cases() -> list[Case]:
    """Return every loss and target, every option, and random options."""
    return [
        *_plain(),
        *_of_each_option(),
        *_sums(),
        *_one_class(),
        *_conventions(),
        *_random(150),
    ]


def _plain() -> Iterator[Case]:
    for kind in TARGETS:
        for dtype in DTYPES:
            logits, target, mask, options = example(kind, dtype)
            for module, function in NAMES.items():
                for call in (module, function):
                    given = (call, logits, target, mask, options)
                    yield Case(*given, target_kind=kind)


WEIGHTS = [0.1, 1.0, 2.0, 3.0]
SHARED: list[dict[str, Any]] = [
    {"activation": "sigmoid"},
    {"smooth_nr": 0.0, "smooth_dr": 0.0},
    {"smooth_nr": 0, "smooth_dr": 1},
    {"eps": 30.0},
    {"classes": [3, 1]},
    {"classes": [2, 3]},
    {"include_background": False},
    {"conventions": "monai", "classes": [2]},
    {"batch": True},
    {"reduction": "sum"},
    {"reduction": "none"},
    {"validate": False},
]
POLICY: list[dict[str, Any]] = [
    {"squared_pred": True},
    {"soft_label": True},
    {"average": "micro"},
    {"average": "micro", "class_weights": WEIGHTS},
    {"average": "micro", "reduction": "none"},
    {"absent": "zero", "classes": [3, 0]},
    {"absent": "skip"},
    {"absent": "skip", "reduction": "sum"},
    {"absent": "skip", "batch": True},
    {"class_weights": WEIGHTS},
    {"class_weights": torch.tensor([1, 2, 3, 4])},
    {"class_weights": 2.0},
    {"class_weights": WEIGHTS, "normalize_weights": True},
    {"class_weights": WEIGHTS, "reduction": "sum"},
    {
        "class_weights": [1.0, 2.0, 3.0],
        "short_weights": True,
        "include_background": False,
    },
    {"form": "negative"},
    {"form": "log", "log_eps": 0.5},
]
FOCUS: list[dict[str, Any]] = [
    {"gamma": 2.0},
    {"gamma": 0.5, "gamma_of": "mean"},
    {"gamma": 4 / 3, "reduction": "none"},
]
OWN: dict[str, list[dict[str, Any]]] = {
    "dice_loss": [{"jaccard": True}, {"batch": True, "reduction": "none"}],
    "log_dice_loss": [{"jaccard": True, "form": "complement"}],
    "dice_ce_loss": [
        {"jaccard": True},
        {"lambda_dice": 0.5, "lambda_ce": 2},
        {"ce_weight": WEIGHTS},
        {"ce_weight": 3.0, "reduction": "sum"},
        {"ce_weight": torch.tensor(WEIGHTS), "activation": "sigmoid"},
        {"ce_weight": WEIGHTS, "reduction": "none"},
        {"label_smoothing": 0.1, "ce_weight": WEIGHTS},
        {"ce_activation": "softmax"},
        {"ce_activation": "sigmoid", "reduction": "none"},
        {"activation": "sigmoid", "ce_activation": "softmax", "ce_weight": WEIGHTS},
        {"activation": "none", "ce_activation": "sigmoid", "label_smoothing": 0.1},
    ],
    "jaccard_loss": FOCUS,
    "tversky_loss": [*FOCUS, {"alpha": 0.3, "beta": 0.7}, {"alpha": 0, "beta": 1}],
    "focal_tversky_loss": [*FOCUS, {"alpha": 0.5}, {"gamma": 1.0}],
    "generalized_dice_loss": [
        {"weight_type": "simple"},
        {"soft_label": True},
        {"weight_type": "uniform", "batch": True},
        {"weight_type": "square", "classes": [3]},
    ],
}


def _of_each_option() -> Iterator[Case]:
    for function, own in OWN.items():
        policy = POLICY if function != "generalized_dice_loss" else []
        for options in (*SHARED, *policy, *own):
            if options.get("form") == "negative" and "focal" in function:
                options = {**options, "gamma": 1.0}
            for kind in ("ignored", "soft"):
                logits, target, mask, given = example(kind, torch.float64, 1)
                given = {**given, **options}
                yield Case(function, logits, target, mask, given, target_kind=kind)


def _sums() -> Iterator[Case]:
    for kind in TARGETS:
        for activation in ("softmax", "sigmoid", "none"):
            for dtype in DTYPES[:3]:
                logits, target, mask, options = example(kind, dtype, 2)
                logits = logits.sigmoid() if activation == "none" else logits
                options["activation"] = activation
                for more in ({}, {"class_weight": torch.tensor(WEIGHTS)}):
                    extra = {"label_smoothing": 0.2, **more} if more else {}
                    given = ("overlap_sums", logits, target, mask, {})
                    yield Case(*given, {**options, **extra}, target_kind=kind)
            if activation == "none":
                continue
            for function in NAMES.values():
                with_entropy = function == "dice_ce_loss"
                own = {"activation": activation, "soft_target": kind == "soft"}
                given = (f"{function}_from_sums", logits, target, mask)
                own = own if with_entropy else {}
                yield Case(*given, {**own, "batch": True}, options, target_kind=kind)


def _one_class() -> Iterator[Case]:
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(2, 1, 6, generator=generator, dtype=torch.float64)
    labels = torch.tensor([[0, 1, 1, 0, 1, 0], [1, 44, 1, 0, 0, 44]])
    mask = torch.tensor([[True] * 6, [True, False] * 3])
    for call in ("dice_loss", "dice_ce_loss", "generalized_dice_loss"):
        for dtype in (torch.uint8, torch.int64):
            options = {"activation": "sigmoid", "ignore_index": [44, 257]}
            for own in (None, mask):
                target = labels.to(dtype)
                yield Case(call, logits, target, own, options, target_kind="one class")


def _conventions() -> Iterator[Case]:
    """What a peer reads of tensors, with a mask and without."""
    generator = torch.Generator().manual_seed(6)
    logits = torch.randn(2, 3, 4, 5, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 3, (2, 4, 5), generator=generator)
    mask = torch.rand(labels.shape, generator=generator) < 0.7
    one_hot = torch.nn.functional.one_hot(labels, 3).movedim(-1, 1).contiguous()
    missing, holes = one_hot * mask.unsqueeze(1), one_hot.clone()
    holes[:, 1, :2] = 255
    for ignore, target, options in (
        (1, labels.unsqueeze(1), {"conventions": "smp"}),
        (9, labels.unsqueeze(1).float(), {"conventions": "nnunet"}),
        (2, one_hot.double(), {"conventions": "monai", "include_background": False}),
        ([-1], missing, {"conventions": "monai", "activation": "sigmoid"}),
        ([255, 300], holes.to(torch.uint8), {"conventions": "smp"}),
        (255, holes.float(), {"conventions": "smp", "batch": True}),
    ):
        if target is not missing and target.shape == logits.shape:
            options = {"activation": "sigmoid", **options}
        for given in (None, mask.roll(1, 0)):
            for call in ("dice_loss", "focal_tversky_loss"):
                chosen = {"ignore_index": ignore, **options}
                yield Case(call, logits, target, given, chosen, target_kind="peer")
    one = {"conventions": "monai", "activation": "sigmoid", "include_background": False}
    for call in ("dice_loss", "dice_ce_loss", "generalized_dice_loss"):
        target = holes[:, 1:2].to(torch.uint8)
        chosen = {"ignore_index": 255, **one}
        yield Case(call, logits[:, :1], target, None, chosen, target_kind="peer")


def _random(count: int) -> Iterator[Case]:
    """Options drawn together, of losses drawn with them."""
    draw = random.Random(0)
    for seed in range(count):
        function = draw.choice([*NAMES.values()])
        options: dict[str, Any] = {
            "activation": draw.choice(["softmax", "sigmoid"]),
            "smooth_nr": draw.choice([0.0, 1e-5, 1.0]),
            "smooth_dr": draw.choice([0.0, 1e-5, 1.0]),
            "eps": draw.choice([0.0, 1e-7]),
            "classes": draw.choice([None, [2, 1], [3], [0, 1, 3]]),
            "include_background": True,
            "batch": draw.random() < 0.5,
            "reduction": draw.choice(["mean", "sum", "none"]),
        }
        if function != "generalized_dice_loss":
            options |= {
                "squared_pred": draw.random() < 0.5,
                "average": draw.choice(["macro", "micro"]),
                "absent": draw.choice(["keep", "zero", "skip"]),
                "class_weights": draw.choice([None, WEIGHTS]),
                "normalize_weights": draw.random() < 0.5,
                "form": draw.choice(["complement", "log"]),
            }
            pooled = options["average"] == "micro" or options["reduction"] != "mean"
            options["normalize_weights"] &= not pooled
        if function == "dice_ce_loss":
            options["batch"] &= options["reduction"] != "none"
        kind = draw.choice(TARGETS[:5])
        logits, target, mask, given = example(kind, draw.choice(DTYPES), seed)
        given = {**options, **given}
        yield Case(function, logits, target, mask, given, target_kind=kind)


def solve(
    run: Callable[[Path, Path], None], given: list[Case], folder: Path
) -> list[dict[str, Any]]:
    """Have C++ answer; ``run`` is given the files to read and to write."""
    read, written = folder / "cases.pt", folder / "answers.pt"
    torch.save([case.packed() for case in given], read)
    run(read, written)
    return load(written)  # type: ignore[no-any-return]


def load(path: Path) -> Any:
    """Return what the C++ program wrote."""
    return torch.load(path, weights_only=False)  # nosec: written by ourselves


def difference(found: Tensor, wanted: Tensor) -> float:
    """Return the greatest difference, relative to the largest number or 1."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    if found.numel() == 0:
        return 0.0
    largest = max(1.0, float(wanted.double().abs().max()))
    return float((found.double() - wanted.double()).abs().max()) / largest


def disagreement(case: Case, answer: dict[str, Any]) -> tuple[float, float]:
    """Return how far value and gradient of C++ are from Python's, in tolerances."""
    outputs, gradient = case.python()
    assert "error" not in answer, answer["error"]
    values = [
        difference(*pair) / (1e-12 if pair[1].dtype == torch.float64 else 1e-7)
        for pair in zip(answer["outputs"], outputs, strict=True)
    ]
    own = answer["gradient"]
    scale = float(gradient.double().abs().max()) if gradient.numel() else 0.0
    far = (
        difference(own, gradient)
        if scale == 0
        else difference(own.double() / scale, gradient.double() / scale)
    )
    return max(values), far / GRADIENT[gradient.dtype]


def table(given: list[Case], answers: list[dict[str, Any]]) -> tuple[str, int]:
    """Return a line for each case, and how many disagree."""
    lines = [
        f"{'call':32} {'dtype':8} {'target':12} {'Python':>15} {'C++':>15} "
        f"{'of tolerance: value':>20} {'gradient':>9}  options"
    ]
    wrong = 0
    for case, answer in zip(given, answers, strict=True):
        value, gradient = disagreement(case, answer)
        wrong += not (value <= 1 and gradient <= 1)
        ours, theirs = (
            sum(float(one.sum()) for one in outputs)
            for outputs in (case.python()[0], answer["outputs"])
        )
        dtype = str(case.logits.dtype).removeprefix("torch.")
        options = {**case.sums_options, **case.options}
        words = ", ".join(f"{n}={_word(v)}" for n, v in options.items())
        lines.append(
            f"{case.call:32} {dtype:8} {case.target_kind:12} {ours:15.9f} "
            f"{theirs:15.9f} {value:20.2g} {gradient:9.2g}  {words}"
        )
    lines.append(f"{len(given)} calls: {len(given) - wrong} agree, {wrong} do not")
    return "\n".join(lines), wrong


def _word(value: object) -> object:
    return value.tolist() if isinstance(value, Tensor) else value


def main() -> int:
    """Compile, compare, print."""
    sys.path.insert(0, str(Path(__file__).parent))
    import losses_build

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = losses_build.build(folder).program

        def run(read: Path, written: Path) -> None:
            subprocess.run([program, "cases", read, written], check=True)

        given = cases()
        text, wrong = table(given, solve(run, given, folder))
    print(text)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
