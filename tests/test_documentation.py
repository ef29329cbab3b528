"""Every snippet of README, docs and docstrings runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import torchtally
from cuda_emulation.faults import FAULTS, NONE
from torchtally.cli import main
from torchtally.cli._presets import PRESETS

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGE_NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
#: What a snippet may need and torchtally does not: it need not be installed.
OTHERS = {
    "ignite",
    "lightning",
    "monai",
    "numpy",
    "sklearn",
    "torchmetrics",
    "transformers",
}
MODULES = ["torchtally"] + [
    module.name
    for module in pkgutil.walk_packages(torchtally.__path__, "torchtally.")
    if not module.name.endswith("__main__")
]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_python_snippets(page: Path) -> None:
    torch.manual_seed(0)
    namespace: dict[str, object] = {}
    try:
        for number, block in enumerate(blocks(page, "python"), 1):
            exec(compile(block, f"{page.name}, snippet {number}", "exec"), namespace)
    except ImportError as error:
        if error.name not in OTHERS:
            raise
        pytest.skip(f"not installed: {error}")


def test_messages_of_the_install_page() -> None:
    """A message is a term of a definition list; "…" stands for what varies."""
    says = [
        *(ROOT / "cmake").iterdir(),
        *(ROOT / name for name in ("CMakeLists.txt", "csrc/ops/cpu/kernels.cpp")),
        *(ROOT / "csrc/ops/cuda").glob("*.cu"),
        *(ROOT / "python/torchtally").rglob("*.py"),
    ]
    texts = [path.read_text() for path in says if path.is_file()]
    said = re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts))  # literals side by side
    page = (ROOT / "docs/start/install.md").read_text()
    messages = re.findall(r"^`([^`]+)`.*\n: ", page, re.M)
    assert len(messages) > 15
    for part in {part for message in messages for part in message.split("…")}:
        assert part in said, part


def put(path: Path, before: str, block: str) -> None:
    """Insert a block of a page before a line of a file."""
    text = path.read_text()
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, f"{block}{before}"))


LOSSES = "python/torchtally/functional/losses"
#: By page: where its blocks go, and before which line.
EXERCISES = {
    "add-a-score": [
        (
            "python/torchtally/functional/_definitions.py",
            '        Score(\n            "accuracy",\n',
        ),
        ("tests/conformance/rates.py", '    "accuracy": Rate('),
    ],
    "add-a-loss": [
        (f"{LOSSES}/_formulas.py", "def jaccard("),
        (f"{LOSSES}/_definitions.py", "    )\n}\n"),
        (
            "csrc/include/torchtally/detail/loss_formulas.h",
            "inline at::Tensor jaccard(",
        ),
    ],
}


@pytest.mark.parametrize("name", EXERCISES)
def test_exercises(tmp_path: Path, name: str) -> None:
    """What a page tells to insert fits, and the files that it lists are written."""
    skip = shutil.ignore_patterns("__pycache__", "*.so")
    for folder in ("python", "scripts", "csrc/include", "tests/conformance"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=skip)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs/policies.md", tmp_path / "docs")
    page = ROOT / f"docs/inside/{name}.md"
    for (path, before), block in zip(
        EXERCISES[name], blocks(page, "text"), strict=False
    ):
        put(tmp_path / path, before, block)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "scripts/generate_api.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = {line.removesuffix(" written") for line in done.stdout.splitlines()}
    listed = re.findall(r"^(\S+) +\| written$", page.read_text(), re.M)
    assert written == set(listed)


def test_maps_of_data_sets_are_those_of_the_presets() -> None:
    held: dict[str, object] = {}
    for block in blocks(ROOT / "docs/do/datasets.md", "python"):
        exec(block, held)
    maps = {name: PRESETS[name]()["label_map"] for name in PRESETS if name != "brats"}
    of_ids = {key: value for key, value in maps["cityscapes"].items() if key != 255}
    assert held["cityscapes"] == of_ids
    assert held["ade20k"] == maps["ade20k"]
    assert held["coco_stuff"] == maps["coco-stuff"]
    assert held["to_class"] == PRESETS["brats"]()["label_map"]  # the page's last


def test_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {torchtally.__version__}\n" in citation


def test_number_of_planted_faults() -> None:
    shown = sum(fault.means == NONE for fault in FAULTS)
    page = " ".join((ROOT / "docs/inside/cuda-without-a-gpu.md").read_text().split())
    assert f"{shown} by a wrong result, {len(FAULTS) - shown} by a sanitizer" in page
    assert f"{len(FAULTS)} planted faults" in page


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_pages_that_the_site_does_not_check(page: str) -> None:
    text = (ROOT / page).read_text()
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.M)
        slugs = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
        assert not anchor or anchor in slugs, link


def test_there_are_snippets() -> None:
    assert sum(len(blocks(page, "python")) for page in PAGES) >= 4


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if not name.startswith("torchtally.cli.") and error.name not in OTHERS:
            raise
        pytest.skip(f"an extra is not installed: {error}")
    failed, _ = doctest.testmod(module, extraglobs={"torch": torch})
    assert failed == 0


COMMANDS = [
    command.replace("\\\n", " ")
    for page in PAGES
    for command in blocks(page, "console")
    if command.startswith("torchtally evaluate")
]


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders that the commands of the pages are about."""
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    for package in ("rich", "matplotlib"):
        pytest.importorskip(package)
    labels = np.array([[0, 1], [2, 2]], np.uint8)
    arrays = {
        "predictions": labels,
        "labels": labels,
        "probabilities": (labels == np.arange(3)[:, None, None]).astype(np.float32),
        "masks/predictions": np.minimum(labels, 1) * np.uint8(255),
        "masks/labels": np.minimum(labels, 1) * np.uint8(255),
    }
    for folder, values in arrays.items():
        (tmp_path / folder).mkdir(parents=True)
        np.save(tmp_path / folder / "case.npy", values)
    for name in ("results/a/x_leftImg8bit.png", "gtFine/a/x_gtFine_labelIds.png"):
        path = tmp_path / "cityscapes" / name
        path.parent.mkdir(parents=True)
        image.fromarray(labels + np.uint8(7)).save(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda text: text[20:60].strip())
def test_evaluate_snippets(
    evaluated: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().err == ""
    for option in re.findall(r"--(?:json|csv|plot|html|journal) (\S+)", command):
        assert (evaluated / option).is_file()


def test_compare_snippet(evaluated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy")
    (block,) = blocks(ROOT / "docs" / "comparing.md", "console")
    command = shlex.split(block)
    files = [name for name in command[2:5] if name.endswith(".json")]
    assert len(files) == 3
    for name in files:
        evaluate = ["evaluate", "predictions", "labels", "--num-classes", "3"]
        assert main([*evaluate, "--json", name]) == 0
    assert main(command[1:]) == 0
    assert (evaluated / "comparison.json").is_file()


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 6
