"""The losses in C++: setters of options, functions, and a table of definitions.

The formula of a loss is the function of its Python name in
``csrc/include/torchtally/detail/loss_formulas.h``.
"""

from __future__ import annotations

from torchtally._options import Option
from torchtally.functional.losses import _options
from torchtally.functional.losses._definitions import LOSSES, Loss

from .cpp import FOLDER, HEADER, Vocabulary, comment, each, packed, strings

_HEADER = HEADER.format(
    definitions="python/torchtally/functional/losses/_options.py and _definitions.py"
)
#: What a C++ call is given beside its options, or does not have.
_NOT_HERE = ("mask", "process_group")


def _all_options() -> dict[str, Option]:
    options = {**_options.SUMMED_CROSS_ENTROPY}
    for loss in LOSSES.values():
        options = {**loss.options, **options}
    options = {**_options.PIXELS, **options, **_options.PIXELS}
    return {n: o for n, o in options.items() if n not in _NOT_HERE}


_OPTIONS = _all_options()
SAID = Vocabulary(_OPTIONS)


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    return {
        f"{FOLDER}/{path}": "\n".join([_HEADER, *lines, ""])
        for path, lines in (
            ("loss_options.h", _setters()),
            ("losses.h", _functions()),
            ("detail/loss_table.h", _table()),
        )
    }


def _words(name: str, option: Option) -> str:
    """Return what a setter says, with the losses that take it where not all do."""
    takes = [loss for loss in LOSSES.values() if name in {**loss.pixels, **loss.sums}]
    words = SAID.words(name, option)
    for loss in takes:
        if name in loss.changed:
            words = (
                f"{words[:-1]}; {loss.name} {SAID.literal(name, loss.changed[name])}."
            )
    if len(takes) == len(LOSSES):
        return words
    only = ", ".join(loss.name for loss in takes)
    lacking = [loss.name for loss in LOSSES.values() if loss not in takes]
    whose = f"Not of {lacking[0]}" if len(lacking) == 1 else f"Of {only}"
    return f"{whose}. {words}"


def _setters() -> list[str]:
    lines = [
        "/// \\file",
        "/// The options of every loss in `torchtally/losses.h`: named, in any order, and "
        "chained, as torch's own are.",
        "///",
        "///     LossOptions().ignore_index(255).batch(true)",
        "///",
        *comment(
            "Names, meanings and defaults are those of the Python package. The getter "
            "of an option has its name too, and returns nothing where the option was "
            "not set."
        ),
        "#include <torchtally/detail/option_types.h>",
        "#include <torchtally/enums.h>",
        "",
        "namespace torchtally {",
        "",
        *comment(
            "The options of losses. An option that is set and that the loss does not "
            "take is refused by c10::TypeError. In the formulas nr is smooth_nr, dr is "
            "smooth_dr."
        ),
        "class LossOptions {",
        "  using Self = LossOptions;",
        "",
        " public:",
    ]
    for name, option in _OPTIONS.items():
        lines += SAID.setter(name, option.type, _words(name, option))
    return [
        *lines,
        *SAID.defaults("LossOptions", _OPTIONS),
        *SAID.needs(_OPTIONS),
        *each(_OPTIONS),
        "};",
        "",
        "}  // namespace torchtally",
    ]


_LOSSES = """\
/// \\file
/// Losses of overlap with gradients through torch::autograd, the same as those of the Python package: of logits, and of
/// sums already taken. As modules: `torchtally/loss_modules.h`; other libraries' defaults: `torchtally/loss_presets.h`.
///
/// In the formulas I = sum p t, A = sum p (or p^2), B = sum t (or t^2) over the pixels that count, for each sample and
/// class. A ratio 0 / 0 is worth 1.
///
/// `<name>_loss(logits, target, options, mask)`:
///   - `logits`  float16, bfloat16, float32 or float64 `[N, C, ...]`, of any strides.
///   - `target`  integer or bool labels `[N, ...]`; or one-hot or soft targets of logits' shape. For C = 1 also labels
///               0 and 1 `[N, ...]`.
///   - `options` see LossOptions.
///   - `mask`    bool `[N, ...]`; pixels where it is false count nowhere.
///   - returns   float32, or float64 for float64 logits: a scalar, or with LossReduction::kNone the losses of entries:
///               `[N, E]`, without N for `batch(true)` and without E where classes are pooled; `[N]` for dice_ce_loss.
///               0 with gradient 0 where no pixel is counted.
///
/// `<name>_loss_from_sums(sums, options)` takes what `overlap_sums` returned, and returns float64.
///
/// Both throw c10::TypeError for a wrong dtype or an option that the loss does not take, c10::ValueError for a wrong
/// shape or value. Sums over the ranks of a process group are left to the caller, between `overlap_sums` and
/// `<name>_loss_from_sums`.
#include <torchtally/detail/loss_inputs.h>

namespace torchtally {
"""


def _functions() -> list[str]:
    lines = _LOSSES.splitlines()
    for loss in LOSSES.values():
        lines += [
            "",
            *comment(f"{loss.title}."),
            *comment(f"{loss.source} {loss.note}".strip()),
            f"TORCHTALLY_DETAIL_LOSS({loss.function}, {loss.sums_function}, {_kind(loss)})",
        ]
    return [*lines, "", "}  // namespace torchtally"]


def _kind(loss: Loss) -> str:
    return "k" + loss.module.removesuffix("Loss")


def _table() -> list[str]:
    kinds = packed((_kind(loss) for loss in LOSSES.values()), 2)
    names = [
        f"  X({_kind(loss)}, {loss.function}, {loss.sums_function}, {loss.module})"
        for loss in LOSSES.values()
    ]
    lines = [
        "// The losses as data: their names, formulas and options.",
        "#include <torchtally/detail/loss_formulas.h>",
        "",
        "// X(enumerator, function of logits, function of sums, module) for every loss.",
        "#define TORCHTALLY_LOSSES(X) \\",
        *(f"{line} \\" for line in names[:-1]),
        names[-1],
        "",
        "namespace torchtally::detail::loss {",
        "",
        f"enum class Kind {{ {' '.join(line.strip() for line in kinds)} }};",
        "",
        "inline const Definition& definition(Kind kind) {",
        "  static const std::vector<Definition> all = {",
    ]
    for loss in LOSSES.values():
        row = packed(_row(loss), 7, "},")
        lines += [f"      {{{row[0].strip()}", *row[1:]]
    lines += [
        "  };",
        "  return all[static_cast<size_t>(kind)];",
        "}",
        "",
        "// Options of logits alone, and of sums whose cross-entropy was summed before.",
    ]
    pixels = [n for n in _options.PIXELS if n not in _NOT_HERE]
    pixels += _options.OF_PIXELS
    for of, options in (("Pixels", pixels), ("Summed", _options.SUMMED_CROSS_ENTROPY)):
        lines.append(f"inline constexpr std::string_view k{of}[] =")
        lines += packed(strings(options), 4, ";")
    return [*lines, "", "}  // namespace torchtally::detail::loss"]


def _row(loss: Loss) -> list[str]:
    changed = "".join(SAID.chain(loss.changed))
    return [
        f"formulas::{loss.formula.__name__}",
        str(loss.has_cross_entropy).lower(),
        *strings(n for n in _OPTIONS if n not in loss.pixels),
        *([f"LossOptions(){changed}"] if changed else []),
    ]
