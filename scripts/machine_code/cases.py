"""The cases of the tables: kernels at work, and their way through their loops."""

from __future__ import annotations

from collections.abc import Callable

from machine_code.model import Case, Device, Launch, Phase
from torchtally import _core


def counting(
    pixels: int, classes: int, width: int, **given: object
) -> Callable[[Device], Launch]:
    """Return the launch of a count of so many pixels, by device."""

    def launch(device: Device) -> Launch:
        facts = _core.CudaDevice(
            device.sms,
            device.threads_per_sm,
            device.blocks_per_sm,
            device.shared_per_sm,
            device.shared_per_block,
        )
        few = given.get("pairs", True)
        plan = _core.cuda_plan(
            _core.cuda_policy(),
            facts,
            1,
            pixels,
            given.get("bins", classes**2 + 1),
            width,
            given.get("bits", False),
            (classes + 1) ** 2 + 1 if few else 0,
        )
        return Launch(plan.threads, plan.shared_bytes, plan.grid)

    return launch


def summing(
    samples: int,
    classes: int,
    pixels: int,
    size: int,
    *,
    softmax: bool = True,
    target: int = 0,
    channels_last: bool = False,
    backward: bool = False,
) -> Callable[[Device], Launch]:
    """Return the launch of overlap_sums, the same on every device.

    `size` and `target` are bytes of an element; targets of 0 bytes are labels.
    """

    def launch(_: Device) -> Launch:
        plan = _core.overlap_plan(
            _core.overlap_policy(),
            samples,
            classes,
            pixels,
            size,
            softmax,
            target == 0,
            channels_last,
            backward,
        )
        staged = plan.tile.pixels * plan.tile.classes * (size + target)
        return Launch(plan.threads, plan.shared_bytes, plan.grid, staged)

    return launch


def counts_of(*row: str) -> tuple[str, ...]:
    """Name a row of the counts that were measured."""
    return ("nvidia-h200.json", *row)


def losses_of(row: str, way: str) -> tuple[str, ...]:
    """Name a number of a row of the losses that were measured."""
    return ("nvidia-h200-losses-own.md", row, f"{way} / floor")


def first_of(*row: str) -> tuple[str, ...]:
    """Name a row of what was measured before the kernels were tuned."""
    column = "% of copy, before" if len(row) > 1 else "forward / floor, before"
    return ("nvidia-h200-first-runs.md", *row, column)


LABELS = {1: 16, 4: 4, 8: 4}  # pixels of a vector
MANY = 16 << 20  # pixels
CITYSCAPES = (8, 19, 512 * 1024)
VOLUMES = (8, 4, 128**3)


def label_case(
    title: str, size: int, tier: str, launch: object, **more: object
) -> Case:
    """Return a case of two maps of labels of the same width, read as vectors."""
    vectors = 1 if size == 8 else 2
    return Case(
        title,
        f"{more.pop('op', 'confusion_matrix')}_kernel.*LabelsILi{size}E.*{tier}Tier",
        launch,
        read=2 * size,
        pixels=LABELS[size] * vectors,
        wanted={"LDG.16": 4},
        # Bytes are counted a vector after the other, in a loop.
        inner=({}, vectors) if size == 1 else None,
        **more,
    )


def score_case(name: str, mangled: str, size: int, content: str = "random") -> Case:
    """Return a case of the argmax of 19 planes of scores, beside labels of 8 bytes."""
    width = 16 // size
    return Case(
        f"argmax of {name} C=19",
        f"confusion_matrix_kernel.*ScoresI{mangled}E.*PairsTier",
        counting(1 << 20, 19, width),
        read=8 + 19 * size,
        pixels=width,
        wanted={"LDG.16": width // 2 + 1, "ATOMS": width},
        inner=({"LDG.16": 4}, 5),
        measured=counts_of(f"W3 {name} scores C=19", content),
    )


def register_case(
    title: str,
    way: str,
    number: str,
    kernel: int,
    shape: tuple[int, int, int],
    wanted: dict[str, int],
    pixels: int,
    again: int,
    measured: str = "",
    **more: object,
) -> Case:
    """Return a case of softmax and labels; `number` is f or BFloat16 or Half."""
    size = 4 if number == "f" else 2
    label = more.pop("label", 8)
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    access = 2 if more.get("channels_last") else 0 if pixels == 1 else 1
    logits = shape[1] * size
    return Case(
        f"{way}, {title}",
        f"overlap_registers_{way}I{mangled}Li{kernel}E.*AccessE{access}E",
        summing(*shape, size, backward=way == "backward", **more),
        read=logits + label,
        written=logits if way == "backward" else 0,
        pixels=pixels,
        wanted={**wanted, "MUFU.EX2": (kernel + 1) * pixels},
        again=again,
        measured=losses_of(measured, way) if measured else (),
    )


def both_ways(*given: object, **more: object) -> list[Case]:
    """Return a case of the registers forward and backward."""
    title, *others = given
    return [
        register_case(title, way, *others, **more) for way in ("forward", "backward")
    ]


def tile_case(
    title: str,
    number: str,
    shape: tuple[int, int, int],
    activation: int,
    target: int,
    phases: list[tuple[dict[str, int], int] | tuple[dict[str, int], int, int]],
    measured: str,
) -> Case:
    """Return a case of the forward tiles; targets of 0 bytes are labels of 8.

    The last of the phases is the loop that sums a class, whose turns are the pixels of
    a tile that a lane takes of it.
    """
    size = 4 if number == "f" else 2
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    return Case(
        f"forward, {title}",
        f"overlap_tiles_forwardI{mangled}LNS_10ActivationE{activation}E",
        summing(*shape, size, softmax=activation == 0, target=target),
        read=shape[1] * (size + target) + 8 * (target == 0),
        phases=tuple(Phase(*phase) for phase in phases),
        classes=shape[1],
        measured=losses_of(measured, "forward"),
    )


CASES = [
    label_case(
        "int64 C=19",
        8,
        "Pairs",
        counting(MANY, 19, 4),
        measured=counts_of("W1/W2 C=19, int64", "random"),
    ),
    label_case("int32 C=19", 4, "Pairs", counting(MANY, 19, 4)),
    label_case(
        "uint8 C=19",
        1,
        "Pairs",
        counting(MANY, 19, 16),
        measured=counts_of("W1/W2 C=19, uint8", "random"),
    ),
    label_case(
        "uint8 C=150",
        1,
        "Pairs",
        counting(MANY, 150, 16),
        measured=counts_of("C=150, large, uint8", "random"),
    ),
    label_case(
        "int64 C=150",
        8,
        "Pairs",
        counting(MANY, 150, 4),
        measured=counts_of("C=150, large, int64", "random"),
    ),
    label_case(
        "uint8 C=2",
        1,
        "Bits",
        counting(2 * 192**3, 2, 16, bits=True),
        measured=counts_of("binary volume, uint8", "random"),
    ),
    label_case(
        "int64 C=2",
        8,
        "Pairs",
        counting(2 * 192**3, 2, 4),
        measured=counts_of("binary volume, int64", "random"),
    ),
    label_case("int64 C=1000, runs", 8, "Global", counting(MANY, 1000, 4)),
    label_case(
        "int64 C=1000, no run", 8, "Global", counting(MANY, 1000, 4), longest=True
    ),
    label_case(
        "uint8 C=150 class counts, runs",
        1,
        "Shared",
        counting(MANY, 150, 16, bins=451, pairs=False),
        op="class_counts",
    ),
    score_case("float32", "f", 4),
    score_case("float16", "N3c104HalfE", 2),
    score_case("bfloat16", "N3c108BFloat16E", 2),
    *both_ways(
        "bf16 C=19",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.16": 1, "LDG.4": 19, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 19, 512, 1024]",
    ),
    *both_ways(
        "bf16 C=19, uint8 labels",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.1": 2, "LDG.4": 19, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 19, 512, 1024], uint8 target",
        label=1,
    ),
    *both_ways(
        "fp32 C=19",
        "f",
        19,
        CITYSCAPES,
        {"LDG.8": 1, "LDG.4": 20},
        1,
        1,
        "2D fp32 [8, 19, 512, 1024]",
    ),
    *both_ways(
        "bf16 C=32",
        "BFloat16",
        32,
        (8, 32, 512 * 512),
        {"LDG.16": 1, "LDG.4": 32, "LDG.2": 2},
        2,
        2,
        "2D bf16 [8, 32, 512, 512]",
    ),
    *both_ways(
        "fp32 C=4",
        "f",
        4,
        (4, 4, 1024 * 1024),
        {"LDG.16": 6, "LDG.4": 4},
        4,
        4,
        "2D fp32 [4, 4, 1024, 1024]",
    ),
    *both_ways(
        "fp16 C=4",
        "Half",
        4,
        VOLUMES,
        {"LDG.16": 2, "LDG.8": 4, "LDG.2": 4},
        4,
        4,
        "3D fp16 [8, 4, 128, 128, 128]",
    ),
    *both_ways(
        "bf16 C=2",
        "BFloat16",
        2,
        (8, 2, 1024 * 1024),
        {"LDG.16": 2, "LDG.8": 2, "LDG.2": 4},
        4,
        4,
        "2D bf16 [8, 2, 1024, 1024]",
    ),
    *both_ways(
        "fp32 C=2",
        "f",
        2,
        (8, 2, 128**3),
        {"LDG.16": 4, "LDG.4": 4},
        4,
        4,
        "3D fp32 [8, 2, 128, 128, 128]",
    ),
    *both_ways(
        "bf16 C=19 channels_last",
        "BFloat16",
        19,
        CITYSCAPES,
        {"LDG.8": 2, "LDG.16": 5},
        2,
        0,
        "2D bf16 [8, 19, 512, 1024], channels_last",
        channels_last=True,
    ),
    *both_ways(
        "fp32 C=4 channels_last",
        "f",
        4,
        VOLUMES,
        {"LDG.8": 4, "LDG.16": 4},
        4,
        0,
        "3D fp32 [8, 4, 128, 128, 128], channels_last",
        channels_last=True,
    ),
    *both_ways(
        "fp32 C=32 channels_last",
        "f",
        32,
        (8, 32, 512 * 512),
        {"LDG.8": 1, "LDG.16": 8},
        1,
        0,
        "2D fp32 [8, 32, 512, 512], channels_last",
        channels_last=True,
    ),
    tile_case(
        "sigmoid fp32 C=1, uint8 target",
        "f",
        (8, 1, 1024 * 1024),
        1,
        1,
        [
            ({"LDGSTS.16": 1}, 4),
            ({"LDGSTS.16": 1}, 16),
            ({"LDS.8": 1, "LDS.2": 1, "MUFU.EX2": 2}, 2, 4),
        ],
        "2D fp32 [8, 1, 1024, 1024], sigmoid, uint8 target",
    ),
    tile_case(
        "sigmoid bf16 C=1, uint8 target",
        "BFloat16",
        (8, 1, 1024 * 1024),
        1,
        1,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDGSTS.16": 1}, 16),
            ({"LDS.8": 1, "LDS.4": 1, "MUFU.EX2": 4}, 4, 4),
        ],
        "2D bf16 [8, 1, 1024, 1024], sigmoid, uint8 target",
    ),
    tile_case(
        "softmax bf16 C=19, soft target",
        "BFloat16",
        (4, 19, 512 * 1024),
        0,
        2,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDGSTS.16": 1}, 8),
            ({"LDS.8": 4, "FMNMX": 16}, 16),
            ({"LDS.8": 2, "MUFU.EX2": 8}, 8),
            ({"LDS.8": 2, "LDS.16": 4, "MUFU.EX2": 4}, 4, 1),
        ],
        "2D bf16 [4, 19, 512, 1024], soft target",
    ),
    tile_case(
        "softmax bf16 C=150",
        "BFloat16",
        (4, 150, 512 * 512),
        0,
        0,
        [
            ({"LDGSTS.16": 1}, 8),
            ({"LDS.8": 4, "FMNMX": 16}, 16),
            ({"LDS.8": 2, "MUFU.EX2": 8}, 8),
            ({"LDS.8": 4, "LDS.16": 3, "MUFU.EX2": 16}, 16, 1),
        ],
        "2D bf16 [4, 150, 512, 512]",
    ),
    tile_case(
        "softmax fp32 C=150",
        "f",
        (4, 150, 512 * 512),
        0,
        0,
        [
            ({"LDGSTS.16": 1}, 4),
            ({"LDS.8": 4, "FMNMX": 8}, 8),
            ({"LDS.8": 2, "MUFU.EX2": 4}, 4),
            ({"LDS.8": 7, "MUFU.EX2": 8}, 8, 1),
        ],
        "2D fp32 [4, 150, 512, 512]",
    ),
]


def fixed(threads: int, shared: int, blocks: int) -> Callable[[Device], Launch]:
    """Return a launch of kernels whose plan can no longer be asked."""
    return lambda _: Launch(threads, shared, blocks)


def old_register_case(
    title: str, number: str, kernel: int, classes: int, pixels: int, measured: str
) -> Case:
    """Return a case of the registers as they were: a load an element."""
    size = 4 if number == "f" else 2
    mangled = number if number == "f" else f"N3c10{len(number)}{number}E"
    loads = {"LDG.8": pixels, f"LDG.{size}": (classes + 1) * pixels}
    return Case(
        f"forward, {title}",
        f"overlap_registers_forwardI{mangled}Li{kernel}E",
        fixed(128, 1024 * classes + 3072, 4096),
        read=classes * size + 8,
        pixels=pixels,
        wanted={**loads, "MUFU.EX2": (classes + 1) * pixels},
        again=pixels,
        measured=first_of(measured),
    )


#: The same work in the kernels of BEFORE.
OLD_CASES = [
    label_case(
        "int64 C=19",
        8,
        "Shared",
        fixed(512, 46336, 264),
        longest=True,
        measured=first_of("W1/W2 C=19, int64", "random"),
    ),
    label_case(
        "uint8 C=19",
        1,
        "Shared",
        fixed(512, 46336, 264),
        longest=True,
        measured=first_of("W1/W2 C=19, uint8", "random"),
    ),
    label_case(
        "uint8 C=2",
        1,
        "Bits",
        fixed(256, 160, 396),
        measured=first_of("binary volume, uint8", "random"),
    ),
    old_register_case("bf16 C=19", "BFloat16", 32, 19, 1, "2D bf16 [8, 19, 512, 1024]"),
    old_register_case("fp32 C=19", "f", 32, 19, 1, "2D fp32 [8, 19, 512, 1024]"),
    old_register_case("fp32 C=4", "f", 4, 4, 4, "2D fp32 [4, 4, 1024, 1024]"),
]
