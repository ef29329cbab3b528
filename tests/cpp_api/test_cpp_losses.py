"""The C++ losses give what the Python package gives: values, gradients and errors."""

from __future__ import annotations

import ctypes
import platform
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import loss_parity
import losses_build
import pytest
import torch
from compiling import HERE, ROOT, clang, gcc
from loss_parity import Case, example
from losses_build import Programs
from torch import Tensor

import loss_conformance
from shared_builds import SharedBuilds
from torchtally import losses

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or gcc() is None,
    reason="needs a C++ compiler on Linux",
)


@pytest.fixture(scope="session")
def programs(shared_builds: SharedBuilds) -> Programs:
    """The C++ program and the same as a library."""
    folder = shared_builds.folder("losses", losses_build.build)
    return losses_build.programs_in(folder)


def solved(
    programs: Programs, given: list[Case], folder: Path
) -> tuple[list[dict[str, Any]], str]:
    """Return what the program answers, and what it printed as warnings."""
    printed: list[str] = []

    def run(read: Path, written: Path) -> None:
        command = [programs.program, "cases", read, written]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(done.stderr)

    return loss_parity.solve(run, given, folder), printed[0]


@pytest.fixture(scope="module")
def checks(programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("checks") / "checks.pt"
    subprocess.run([programs.program, "checks", path], check=True)
    return loss_parity.load(path)


# The same numbers


def test_values_and_gradients_are_those_of_python(
    programs: Programs, tmp_path: Path
) -> None:
    given = loss_parity.cases()
    answers, _ = solved(programs, given, tmp_path)
    assert len(given) > 1000
    far = [
        (case.call, case.target_kind, case.options, found)
        for case, answer in zip(given, answers, strict=True)
        if max(found := loss_parity.disagreement(case, answer)) > 1
    ]
    assert not far


def test_the_comparison_can_fail() -> None:
    case = Case("dice_loss", *example("labels", torch.float64)[:2])
    (value,), gradient = case.python()
    right = {"outputs": [value], "gradient": gradient}
    assert loss_parity.disagreement(case, right) == (0, 0)
    assert loss_parity.disagreement(case, {**right, "outputs": [value + 2e-12]})[0] > 1
    wrong = gradient.clone()
    wrong.view(-1)[7] += 2e-12 * gradient.abs().max()
    assert loss_parity.disagreement(case, {**right, "gradient": wrong})[1] > 1


def test_peers_numbers(programs: Programs, tmp_path: Path) -> None:
    rows = loss_conformance.ROWS
    given = []
    for row in rows:
        assert isinstance(row.loss, losses.OverlapLoss)
        defaults = row.loss._definition.state
        options = {
            name: value
            for name, value in row.loss._options.items()
            if value != defaults[name].default
        }
        call = type(row.loss).__name__
        given.append(Case(call, *row.inputs(), options=options))
    for row, answer in zip(rows, solved(programs, given, tmp_path)[0], strict=True):
        (value,), gradient = answer["outputs"], answer["gradient"].abs().sum()
        assert value.item() == pytest.approx(row.value, abs=row.tolerance), row.case
        tolerance = max(row.tolerance, 1e-9)
        assert gradient.item() == pytest.approx(row.grad, abs=tolerance), row.case


PRESETS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("monai_dice", "DiceLoss", "monai", {}),
    ("monai_dice", "DiceCELoss", "monai", {}),
    ("monai_dice_ce", "DiceCELoss", "monai", {}),
    ("monai_jaccard", "JaccardLoss", "monai", {}),
    ("monai_tversky", "TverskyLoss", "monai", {}),
    ("monai_generalized_dice", "GeneralizedDiceLoss", "monai", {}),
    ("smp_dice", "DiceLoss", "smp", {}),
    ("smp_dice_smooth", "DiceLoss", "smp", {"smooth": 1.0}),
    ("smp_jaccard", "JaccardLoss", "smp", {}),
    ("smp_tversky", "TverskyLoss", "smp", {}),
    ("smp_tversky", "FocalTverskyLoss", "smp", {}),
    ("nnunet_dice", "DiceLoss", "nnunet", {}),
    ("nnunet_dice_ce", "DiceCELoss", "nnunet", {}),
    ("kornia_dice", "DiceLoss", "kornia", {}),
    ("kornia_dice_macro", "DiceLoss", "kornia", {"average": "macro"}),
]


def test_presets(programs: Programs, tmp_path: Path) -> None:
    logits, target, _, _ = example("labels", torch.float64)
    given = []
    for preset, call, peer, overrides in PRESETS:
        loss = getattr(losses, call).preset(peer, **overrides)
        # smp's Tversky loss says what ours says otherwise by default.
        own = {"alpha": 0.5, "beta": 0.5, "gamma": 1.0} if "Focal" in call else {}
        given.append(Case(call, logits, target, None, own, preset=preset, peer=loss))
    for case, answer in zip(given, solved(programs, given, tmp_path)[0], strict=True):
        assert max(loss_parity.disagreement(case, answer)) <= 1, case.preset


# The same errors


def plain(call: str, **options: Any) -> Case:
    logits, target, _, _ = example("labels", torch.float64)
    return Case(call, logits, target, options=options)


def of_tensors(
    logits: Tensor, target: Tensor, mask: Tensor | None = None, **options: Any
) -> Case:
    return Case("dice_loss", logits, target, mask, options)


def of_sums(
    logits: Tensor, target: Tensor, mask: Tensor | None = None, **options: Any
) -> Case:
    return Case("overlap_sums", logits, target, mask, sums_options=options)


X, Y = torch.zeros(1, 2, 3), torch.zeros(1, 3).long()
ONE, MASK = torch.zeros(1, 1, 3), torch.tensor([[[0, 255, 0]]], dtype=torch.uint8)
ONE_WEIGHT = {"activation": "sigmoid", "conventions": "monai", "ce_weight": 2.0}
ERRORS = [
    # options
    plain("dice_loss", alpha=0.3),
    plain("DiceLoss", gamma=2.0),
    plain("GeneralizedDiceLoss", average="micro"),
    plain("dice_loss_from_sums", activation="softmax"),
    plain("dice_ce_loss_from_sums", label_smoothing=0.5),
    plain("dice_ce_loss_from_sums", activation="none"),
    plain("jaccard_loss", smooth_nr=-1.0),
    plain("DiceLoss", smooth_dr=float("nan")),
    plain("DiceLoss", eps=float("inf")),
    plain("DiceLoss", log_eps=-100.0),
    plain("DiceLoss", classes=[1, 1]),
    plain("DiceLoss", classes=[]),
    plain("DiceLoss", class_weights=[0.5, -1.0]),
    plain("DiceLoss", class_weights=torch.ones(2, 2)),
    plain("DiceLoss", class_weights=torch.ones(2, dtype=torch.bool)),
    plain("DiceCELoss", ce_weight=torch.tensor([float("nan"), 2.5, 1e-7])),
    plain("DiceCELoss", activation="none"),
    plain("DiceCELoss", ce_activation="none"),
    plain("DiceLoss", ce_activation="softmax"),
    plain("dice_ce_loss_from_sums", ce_activation="softmax"),
    plain("DiceCELoss", label_smoothing=2.0),
    plain("DiceCELoss", lambda_ce=-1.0),
    plain("DiceCELoss", reduction="none", batch=True),
    plain("DiceLoss", soft_label=True, squared_pred=True),
    plain("JaccardLoss", log_eps=0.001),
    plain("DiceCELoss", normalize_weights=True, average="micro"),
    plain("DiceLoss", normalize_weights=True, reduction="none"),
    plain("LogDiceLoss", form="complement", log_eps=0.5),
    plain("TverskyLoss", gamma=0.0),
    plain("FocalTverskyLoss", form="negative"),
    plain("TverskyLoss", gamma=2.0, gamma_of="mean", reduction="sum"),
    # options and tensors
    plain("dice_loss", classes=[4]),
    plain("dice_loss", classes=[-1]),
    plain("dice_loss", classes=[0], include_background=False),
    plain("dice_loss", class_weights=[1.0, 2.0, 3.0]),
    plain("dice_ce_loss", ce_weight=[1.0, 2.0, 3.0]),
    # tensors of a loss
    of_tensors(torch.zeros(3), torch.zeros(3)),
    of_tensors(torch.zeros(1, 0, 3), Y),
    of_tensors(torch.zeros(1, 1, 3), Y),
    of_tensors(X, torch.tensor([[0, 1, 7]])),
    of_tensors(torch.zeros(1, 1, 3), torch.tensor([[9, 8, 7]]), activation="sigmoid"),
    of_tensors(X - 0.5, Y, activation="none"),
    of_tensors(X + float("nan"), Y, activation="none"),
    of_tensors(X + 123456.7, Y, activation="none"),
    of_tensors(X.long(), Y),
    of_tensors(X, Y.unsqueeze(1)),
    of_tensors(X, Y.unsqueeze(1) + 0.5, conventions="nnunet"),
    of_tensors(X, torch.zeros(1, 3, 3)),
    of_tensors(X, Y, Y),
    of_tensors(X, Y, torch.ones(1, 2, dtype=torch.bool)),
    of_tensors(ONE, torch.zeros(1, 3), activation="sigmoid"),
    of_tensors(ONE, MASK, activation="sigmoid"),
    of_tensors(ONE, MASK.short(), MASK[:, 0] > 0, activation="sigmoid"),
    of_tensors(ONE, MASK.half() / -1000, activation="sigmoid"),
    of_tensors(ONE, MASK / 0.0, activation="sigmoid"),
    of_tensors(X, X + 1.00002),
    of_tensors(X, X, ignore_index=255),
    of_tensors(X, X, ignore_index=255, conventions="smp"),
    of_tensors(X, X, ignore_index=255, conventions="nnunet"),
    of_tensors(X, X + 0.5, ignore_index=1, conventions="monai"),
    Case("dice_ce_loss", ONE, ONE, None, ONE_WEIGHT),
    # tensors of the sums
    of_sums(X.long(), Y),
    of_sums(torch.zeros(3), Y),
    of_sums(X, Y.to(torch.complex64)),
    of_sums(X, Y.float()),
    of_sums(X, Y.unsqueeze(1)),
    of_sums(X, torch.zeros(1, 3, 3)),
    of_sums(X, torch.zeros(1, 4).long()),
    of_sums(X, X, ignore_index=255),
    of_sums(X, Y, Y),
    of_sums(X, Y, torch.ones(1, 2, dtype=torch.bool)),
    of_sums(X, Y, class_weight=torch.ones(2).long()),
    of_sums(X, Y, class_weight=torch.ones(3)),
    of_sums(X, Y, label_smoothing=-0.1),
    of_sums(X, Y, label_smoothing=100.0),
    of_sums(X, torch.tensor([[-1, 1, 7]]), ignore_index=[3, 7]),
    of_sums(X, torch.tensor([[-1, 1, 7]])),
]


def test_errors_are_those_of_python(programs: Programs, tmp_path: Path) -> None:
    answers, _ = solved(programs, ERRORS, tmp_path)
    for case, answer in zip(ERRORS, answers, strict=True):
        wanted = re.sub(r"(: unknown option '\w+'); .*", r"\1", case.error())
        assert wanted
        assert answer.get("error") == wanted


def test_logits_that_look_like_probabilities_warn_once(
    programs: Programs, tmp_path: Path
) -> None:
    logits, target, _, _ = example("labels", torch.float32)
    given = [
        Case("dice_loss", logits.softmax(1), target, options={"activation": name})
        for name in ("softmax", "sigmoid", "softmax", "sigmoid")
    ]
    quiet = [
        Case("dice_loss", logits, target),
        replace(given[0], call="overlap_sums", options={}),
    ]
    rows = Case("dice_loss", *[torch.zeros(2, 9, 9)] * 2, options={})
    rows = replace(rows, options={"activation": "sigmoid"})
    few = replace(rows, logits=torch.zeros(2, 9, 19), target=torch.zeros(2, 9, 19))
    given += [rows, rows]
    quiet += [few, replace(rows, options={})]
    unchecked = {"validate": False}
    quiet.append(Case("dice_loss", logits.softmax(1), target, options=unchecked))
    words = "leave the last activation of the model out, or pass activation='none'"
    printed = solved(programs, given, tmp_path)[1]
    assert printed.count(words) == 2
    assert "within [0, 1], summing to 1 over classes), and softmax is" in printed
    assert "within [0, 1]), and sigmoid is" in printed
    taken = "[2, 9, 9] are read as 2 samples of 9 classes: for masks of one class pass"
    assert printed.count(taken) == 1
    silent = solved(programs, quiet, tmp_path)[1]
    assert words not in silent
    assert "are read as" not in silent


# Autograd

EXACT = {
    "differentiable": True,
    "integers_differentiable": False,
    "target_differentiable": False,
    "saves_only_arguments": True,
    "first_of_two": True,
    "no_node_without_need": True,
    "gradient_of_target": "ValueError: overlap_sums: target must not require a "
    "gradient, which flows to input alone; pass target.detach()",
    "target_alone": "ValueError: dice_loss: target must not require a gradient, which "
    "flows to logits alone; pass target.detach()",
    "gradient_of_weights": "ValueError: dice_loss: class_weights must not require a "
    "gradient, which they never get; pass class_weights.detach()",
    "target_without_gradient": True,
    "autocast_changes_nothing": True,
    "module_keeps_weights": True,
    "module_saves_nothing": True,
    "module_without_options": True,
    "module_text": "torchtally::DiceCELoss",
    "double_backward": "NotImplementedError: overlap_sums: the gradient of its "
    "gradient is not implemented; call backward without create_graph, or build the "
    "loss from torch operations",
}


@pytest.mark.parametrize("name", EXACT)
def test_check(checks: dict[str, Any], name: str) -> None:
    assert checks[name] == EXACT[name]


def check_numbers(checks: dict[str, Any]) -> None:
    assert checks["finite_differences"] < 1e-8
    assert checks["one_output_used"] < 1e-14
    assert "modified by an inplace operation" in checks["changed_input"]
    ours = [name for name in checks["nodes"] if "torchtally" in name]
    assert ours == ["torch::autograd::CppNode<torchtally::detail::overlap::Sums>"]


def test_gradients_and_nodes(checks: dict[str, Any]) -> None:
    check_numbers(checks)


def test_a_small_network_learns(checks: dict[str, Any]) -> None:
    first, last = checks["training"][0], checks["training"][-1]
    assert len(checks["training"]) == 60
    assert last < 0.25 * first


def test_in_a_python_process_that_has_loaded_torchtally(
    programs: Programs, checks: dict[str, Any], tmp_path: Path
) -> None:
    library = ctypes.CDLL(str(programs.library))
    given = loss_parity.cases()[::5]
    written = tmp_path / "checks.pt"

    def run(read: Path, answers: Path) -> None:
        paths = (str(path).encode() for path in (read, answers, written))
        assert library.losses_in_python(*paths) == 0

    inside = loss_parity.solve(run, given, tmp_path)
    outside, _ = solved(programs, given, tmp_path)
    for one, other in zip(inside, outside, strict=True):
        assert torch.equal(one["gradient"], other["gradient"])
    found = loss_parity.load(written)
    check_numbers(found)  # one node of ours, none of the package's
    assert {name: found[name] for name in EXACT} == EXACT
    assert found["nodes"] == checks["nodes"]


# Compilers and documentation


@pytest.mark.slow
def test_the_snippet_of_the_docs_runs(programs: Programs, tmp_path: Path) -> None:
    """Two units of two standards, which both include the headers, in one program."""
    command = [losses_build.build_docs(programs, tmp_path), "docs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Dice + cross-entropy" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("standard", [17, 20])
def test_clang_compiles_without_a_warning(standard: int) -> None:
    compiler = clang()
    if compiler is None:
        pytest.skip("clang++ is not installed")
    source = HERE / "losses_program.cpp"
    losses_build.compile_unit(compiler, source, standard, "-fsyntax-only")


def test_python_and_cpp_have_the_same_options() -> None:
    text = (ROOT / "csrc/include/torchtally/loss_options.h").read_text()
    for module in loss_parity.NAMES:
        names = set(getattr(losses, module)._definition.state)
        for name in names - {"mask", "process_group"}:  # of a call; not in C++
            assert f'f("{name}", options.{name}_...)' in text
