"""The scores in C++: enums, setters of options, functions, and a table of definitions.

Formulas that are ratios are run on symbols; any other is a function of the score's name
in ``csrc/include/torchtally/detail/formulas.h``.
"""

from __future__ import annotations

import re

from torchtally._options import CHOICES, COUNTED, COUNTING, MATRIX, POLICY, Option
from torchtally.functional._definitions import SCORES, Score

from .cpp import FOLDER, HEADER, Vocabulary, comment, each, each_of, packed, strings
from .cpp_losses import SAID as LOSSES_SAID
from .symbols import ratio, text

_HEADER = HEADER.format(
    definitions="python/torchtally/_options.py and functional/_definitions.py"
)

_POLICY = {n: o for n, o in POLICY.items() if n != "return_valid"}
_PARAMETERS = {n: o for s in SCORES.values() for n, o in s.parameters.items()}
_SAID = Vocabulary({**COUNTED, **COUNTING, **MATRIX, **_POLICY, **_PARAMETERS})


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    return {
        f"{FOLDER}/{path}": "\n".join([_HEADER, *lines, ""])
        for path, lines in (
            ("enums.h", _enums()),
            ("options.h", _options()),
            ("scores.h", _scores()),
            ("detail/score_table.h", _table()),
        )
    }


def kind(score: Score) -> str:
    """Return the enumerator of a score: ``kDice``."""
    return "k" + score.metric.removesuffix("Score")


def _enums() -> list[str]:
    scores = packed((kind(score) for score in SCORES.values()), 2, ",")
    lines = [
        *comment(
            "The choices of options. name_of(value) is the word that Python uses, "
            "from_name<Enum>(word) the value of it."
        ),
        "#include <torchtally/detail/names.h>",
        "",
        "namespace torchtally {",
        "",
        "/// The scores, by the names that ScoreSuite has for them in Python.",
        "enum class Score {",
        *scores,
        "};",
        "",
    ]
    for said in (_SAID, LOSSES_SAID):
        for name in dict.fromkeys(said.enums.values()):
            lines += said.enum(name)
    names = packed((f'"{name}"' for name in SCORES), 4, ")")
    lines += ["namespace detail {", 'TORCHTALLY_DETAIL_WORDS(Score, "score",', *names]
    for said in (_SAID, LOSSES_SAID):
        lines += map(said.words_of, dict.fromkeys(said.enums.values()))
    return [*lines, "}  // namespace detail", "}  // namespace torchtally"]


def _options() -> list[str]:
    own: dict[str, Option] = {}
    for score in SCORES.values():
        for name, option in score.parameters.items():
            words = _SAID.words(name, option)
            doc = f"Of {score.name}: {words}"
            doc = f"{own[name].doc} {doc}" if name in own else doc
            own[name] = option._replace(doc=doc, default=None)
    of_scores = {**_POLICY, "other": COUNTED["other"]}
    lines = [
        "/// \\file",
        "/// The options of counts, scores and metrics: named, in any order, and chained, "
        "as torch's own options are.",
        "///",
        "///     ScoreOptions().average(Average::kMicro).ignore_index(255)",
        "///",
        *comment(
            "Names, meanings and defaults are those of the Python package. A function "
            "refuses, by c10::TypeError, a set option that it does not take. The getter "
            "of an option has its name too, and returns nothing where the option was "
            "not set."
        ),
        "#include <torchtally/detail/option_types.h>",
        "#include <torchtally/enums.h>",
        "",
        "#include <string_view>",
        "",
        "namespace torchtally {",
        "",
        "/// How pixels are counted; CountOptions and ScoreOptions have these.",
        "template <class Self>",
        "class CountingOptions {",
        " public:",
        *_SAID.setters(COUNTING),
        "",
        " protected:",
        "  template <class F, class... Options>",
        "  static void each_of_counting(F&& f, Options&... options) {",
        *each_of(COUNTING),
        "  }",
        "};",
        "",
        "/// The options of confusion_matrix, class_counts and metrics::ConfusionMatrix.",
        "class CountOptions : public CountingOptions<CountOptions> {",
        "  using Self = CountOptions;",
        "",
        " public:",
        *_SAID.setters(MATRIX),
        *_SAID.defaults("CountOptions", {**COUNTING, **MATRIX}),
        *_SAID.needs({**COUNTING, **MATRIX}),
        *each(MATRIX, _FIRST),
        "};",
        "",
        "/// The options of scores and of their metrics. Not every score takes each.",
        "class ScoreOptions : public CountingOptions<ScoreOptions> {",
        "  using Self = ScoreOptions;",
        "",
        " public:",
        *_SAID.setters(of_scores),
    ]
    for name, option in own.items():
        lines += _SAID.setter(name, option.type, option.doc)
    lines += [
        *_SAID.defaults("ScoreOptions", {**COUNTING, **of_scores}),
        *_SAID.needs({**COUNTING, **of_scores, **own}),
        *each({**of_scores, **own}, _FIRST),
        "};",
        "",
        "namespace detail {",
        "",
        "// The options of counting, of how counts become a score, and of counts already "
        "taken.",
    ]
    for of, table in (
        ("Counting", COUNTING),
        ("Policy", _POLICY),
        ("Counted", COUNTED),
    ):
        lines.append(f"inline constexpr std::string_view k{of}[] = {{")
        lines += [*packed((f'"{name}"' for name in table), 4), "};"]
    return [*lines, "", "}  // namespace detail", "}  // namespace torchtally"]


_FIRST = "    CountingOptions<Self>::each_of_counting(f, options...);"

_FUNCTIONS = """\
/// \\file
/// Scores of predictions and targets, with every policy spelled out.
///
/// Each score has four kinds of functions, all with the options of ScoreOptions:
///
///     at::Tensor dice_score(preds, target, num_classes, options)   // of pixels, see confusion_matrix for these
///     at::Tensor dice_from_counts(matrix, options)                 // of counts: a confusion matrix [..., C, C]
///     at::Tensor dice_from_counts(counts, options)                 // or ClassCounts, [..., C]
///     Scored dice_score(kReturnValid, ...)                         // any of them, and how many entries were averaged
///
/// What they return is float32 or float64 (ScoreOptions::dtype): a scalar; [C] with Average::kNone; [N] or [N, C] with
/// Aggregation::kNone. Ratios are computed in float64. Counts with more leading dimensions, [..., N, C], keep those.
/// Counts of Task::kMultilabel are matrices [..., L, 2, 2]. The functions of counts take no options of counting pixels;
/// they take ignore_index, for classes that were ignored, and other.
///
/// All throw c10::TypeError for an option that the score does not take, or a wrong dtype, and c10::ValueError for a
/// wrong shape or value, or a label out of range.
#include <torchtally/detail/scoring.h>

namespace torchtally {
"""


def _scores() -> list[str]:
    lines = _FUNCTIONS.splitlines()
    for score in SCORES.values():
        formula = f", {text(score)}" if score.ratio and not score.fixed else ""
        functions = f"{score.function}, {score.counts_function}"
        lines += [
            "",
            *comment(f"{score.title}{formula}."),
            *comment(score.source),
            f"TORCHTALLY_DETAIL_SCORE({functions}, {kind(score)})",
        ]
    return [*lines, "", "}  // namespace torchtally"]


def _table() -> list[str]:
    lines = [
        "// The scores as data: their names, formulas and options.",
        "#include <torchtally/detail/formulas.h>",
        "",
        "// X(enumerator, function of pixels, function of counts, metric class) for every score.",
        "#define TORCHTALLY_SCORES(X) \\",
    ]
    for score in SCORES.values():
        names = f"{score.function}, {score.counts_function}, {score.metric}"
        lines.append(f"  X({kind(score)}, {names}) \\")
    lines[-1] = lines[-1].removesuffix(" \\")
    lines += [
        "",
        "namespace torchtally::detail {",
        "",
        "inline const ScoreDefinition& definition(Score score) {",
        "  using N = const ClassCounts&;",
        "  static const std::vector<ScoreDefinition> all = {",
    ]
    for score in SCORES.values():
        row = packed(_row(score), 7, "},")
        lines += [f"      {{{row[0].strip()}", *row[1:]]
    return [
        *lines,
        "  };",
        "  return all[static_cast<size_t>(score)];",
        "}",
        "",
        "}  // namespace torchtally::detail",
    ]


def _row(score: Score) -> list[str]:
    """Return the fields of ScoreDefinition up to the last that is no default."""
    formula = f"formulas::{score.name}"
    if score.ratio is not None:
        numerator, denominator = (side.cpp for side in ratio(score))
        made = "products" if score.products else "ratio"
        body = f"return {{{numerator}, {denominator}}};"
        formula = f"{made}([](N n) -> Ratio {{ {body} }})"
    defaults = {name: option.default for name, option in score.parameters.items()}
    defaults |= {n: c["default"] for n, c in score.changed.items() if "default" in c}
    defaults |= score.fixed
    values = "".join(_SAID.chain({n: v for n, v in defaults.items() if v is not None}))
    choices = [] if len(score.tasks) == 3 else [("task", score.tasks)]
    for name, changes in score.changed.items():
        words = _words_of_type(changes.get("type", POLICY[name].type))
        if set(words) < set(CHOICES.get(_SAID.enums.get(name, ""), ())):
            choices.append((name, words))
    narrowed = ", ".join(
        f'{{"{name}", {", ".join(strings(words))}}}' for name, words in choices
    )
    optional = [
        strings(score.parameters),
        strings(name for name in _POLICY if name not in score.kept),
        [f"ScoreOptions(){values}" if values else "{}"],
        [f"{{{narrowed}}}"],
        strings(name for name, o in score.parameters.items() if not o.finite),
        ["{}" if score.bounded else "false"],
    ]
    while optional and optional[-1] in (["{}"], ['{""}']):
        optional.pop()
    sees = f"Sees::k{score.sees.capitalize()}"
    parts = [part for field in optional for part in field]
    return [f'"{score.name}"', f'"{score.metric}"', sees, formula, *parts]


def _words_of_type(annotation: str) -> tuple[str, ...]:
    """Return the words that a type allows."""
    name = annotation.split(" | ")[0]
    return CHOICES.get(name) or tuple(re.findall(r'"(\w+)"', annotation))
