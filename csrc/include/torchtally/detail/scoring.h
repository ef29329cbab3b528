// From pixels, or counts, to a score: a definition with every option chosen.
#pragma once

#include <torchtally/detail/checked_counts.h>
#include <torchtally/detail/labels.h>
#include <torchtally/detail/policy.h>
#include <torchtally/detail/score_table.h>

namespace torchtally::detail {

// Whether a score takes an option beside those of counting.
inline bool is_own_option(const ScoreDefinition& score, std::string_view name) {
  return contains(score.parameters, name) || (contains(kPolicy, name) && !contains(score.refused, name));
}

// A score whose every option is chosen: counts in, number out.
struct BoundScore {
  const ScoreDefinition* definition;
  ScorePolicy policy;
  Task task;
  Sees sees;
  Formula formula;

  // Checks parameters and options in the name of an operation. The classes that are ignored and whether there is
  // "other" depend on how pixels were counted.
  static BoundScore checked(const std::string& op, const ScoreDefinition& score, const ScoreOptions& given,
                            const std::vector<int64_t>& ignored, bool other) {
    ScoreOptions options = filled(filled(given, score.defaults));
    const Task task = *options.task();
    ScoreOptions::each(
        [&](const char* name, const auto& field) {
          using Value = std::decay_t<decltype(*field)>;
          if constexpr (std::is_enum_v<Value> && !std::is_same_v<Value, at::ScalarType>) {
            for (const Choice& choice : score.choices) {
              TORCH_CHECK_VALUE(choice.option != name || !field || contains(choice.words, name_of(*field)), op, ": ",
                                name, " must be one of ", quoted_list(choice.words), ", got ", text_of(field));
            }
          }
          if constexpr (std::is_same_v<Value, double>) {
            if (contains(score.parameters, name)) {
              non_negative(op, name, *field, !contains(score.infinite, name));
            }
          }
        },
        options);
    Formula formula = score.formula(task, options);
    if (!options.average().has_value()) {
      options.average(task == Task::kBinary && score.sees == Sees::kClass ? Average::kBinary : Average::kMacro);
    }
    ScorePolicy policy = ScorePolicy::checked(op, task, std::move(options), ignored, other);
    refuse_idle(op, policy.options, filled(filled(ScoreOptions(), score.defaults)));
    return {&score, std::move(policy), task, score.sees, std::move(formula)};
  }

  // Whether class counts do not say enough.
  bool needs_matrix() const { return !formula.of_counts || policy.options.regions().has_value(); }

  // Of matrices [..., C, C], or [..., L, 2, 2].
  Scored of_matrix(const at::Tensor& matrix) const {
    if (task == Task::kMultilabel) {
      return of_counts(map(ClassCounts::from_matrix(matrix), [](const at::Tensor& t) { return t.select(-1, 1); }));
    }
    if (formula.of_matrix) {
      return policy.score_matrix(formula.of_matrix, matrix);
    }
    return reduced(policy.options.regions().has_value() ? policy.counts_of_regions(matrix)
                                                        : ClassCounts::from_matrix(matrix));
  }

  // Of class counts [..., C].
  Scored of_counts(const ClassCounts& counts) const {
    TORCH_CHECK_VALUE(!needs_matrix(), policy.op, ": ",
                      policy.options.regions().has_value() ? "regions" : "these weights",
                      " need a confusion matrix, got ClassCounts");
    return reduced(task == Task::kMultilabel && sees == Sees::kAll ? two_classes(counts) : counts);
  }

  // Of what an op counts: matrices, or else the rows of class counts.
  Scored of_counted(Counted counted, const at::Tensor& counts) const {
    return counted == Counted::kMatrix ? of_matrix(counts) : of_counts(unpacked(counts, task == Task::kMultilabel));
  }

 private:
  Scored reduced(const ClassCounts& counts) const {
    return sees == Sees::kClass ? policy.score(formula.of_counts, counts)
                                : policy.score_whole(formula.of_counts, counts, sees == Sees::kScored);
  }
};

// The function of pixels.
inline Scored score_pixels(const char* op, Score which, const at::Tensor& preds, const at::Tensor& target,
                           int64_t num_classes, const ScoreOptions& options) {
  const ScoreDefinition& score = definition(which);
  refuse_unknown(op, options,
                 [&](std::string_view name) { return contains(kCounting, name) || is_own_option(score, name); });
  const Labels labels = Labels::checked(op, num_classes, options);
  const BoundScore bound = BoundScore::checked(op, score, options, labels.ignored_classes(), labels.counting.other());
  const bool per_sample = bound.policy.options.aggregation() != Aggregation::kGlobal;
  const bool folds = labels.maps.has_value() && labels.maps->folds(preds);
  const auto counted = bound.needs_matrix() || folds ? Counted::kMatrix : Counted::kClasses;
  return bound.of_counted(counted, std::get<0>(labels.count(counted, preds, target, options.mask(), per_sample,
                                                            options.validate().value_or(true))));
}

inline BoundScore score_of_counts(const char* op, Score which, const ScoreOptions& options) {
  const ScoreDefinition& score = definition(which);
  refuse_unknown(op, options,
                 [&](std::string_view name) { return contains(kCounted, name) || is_own_option(score, name); });
  return BoundScore::checked(op, score, options, options.ignore_index().value_or(std::vector<int64_t>{}),
                             options.other().value_or(false));
}

// The functions of counts.
inline Scored score_counts(const char* op, Score which, const ClassCounts& counts, const ScoreOptions& options) {
  return score_of_counts(op, which, options).of_counts(checked_counts(op, counts));
}

inline Scored score_counts(const char* op, Score which, const at::Tensor& matrix, const ScoreOptions& options) {
  const BoundScore bound = score_of_counts(op, which, options);
  TORCH_CHECK_TYPE(matrix.defined(), op, ": counts must be a tensor or ClassCounts, got an undefined one");
  check_dense(op, "counts", matrix);
  const bool multilabel = bound.task == Task::kMultilabel;
  bool square = matrix.dim() >= (multilabel ? 3 : 2) && matrix.size(-1) == matrix.size(-2);
  if (square && multilabel) {
    square = matrix.size(-1) == (options.other().value_or(false) ? 3 : 2);
  }
  TORCH_CHECK_VALUE(square, op, ": counts must be a matrix ",
                    multilabel ? "[L, 2, 2] or [..., N, L, 2, 2]" : "[C, C] or [..., N, C, C]",
                    ", or ClassCounts, got a tensor of shape ", shape_text(matrix));
  return bound.of_matrix(checked_counts(op, "counts", matrix));
}

}  // namespace torchtally::detail

// The functions of a score.
#define TORCHTALLY_DETAIL_SCORE(of_pixels, of_counts, kind)                                                    \
  inline Scored of_pixels(ReturnValid, const at::Tensor& preds, const at::Tensor& target, int64_t num_classes, \
                          const ScoreOptions& options = {}) {                                                  \
    return detail::score_pixels(#of_pixels, Score::kind, preds, target, num_classes, options);                 \
  }                                                                                                            \
  inline at::Tensor of_pixels(const at::Tensor& preds, const at::Tensor& target, int64_t num_classes,          \
                              const ScoreOptions& options = {}) {                                              \
    return detail::score_pixels(#of_pixels, Score::kind, preds, target, num_classes, options).score;           \
  }                                                                                                            \
  inline Scored of_counts(ReturnValid, const at::Tensor& matrix, const ScoreOptions& options = {}) {           \
    return detail::score_counts(#of_counts, Score::kind, matrix, options);                                     \
  }                                                                                                            \
  inline at::Tensor of_counts(const at::Tensor& matrix, const ScoreOptions& options = {}) {                    \
    return detail::score_counts(#of_counts, Score::kind, matrix, options).score;                               \
  }                                                                                                            \
  inline Scored of_counts(ReturnValid, const ClassCounts& counts, const ScoreOptions& options = {}) {          \
    return detail::score_counts(#of_counts, Score::kind, counts, options);                                     \
  }                                                                                                            \
  inline at::Tensor of_counts(const ClassCounts& counts, const ScoreOptions& options = {}) {                   \
    return detail::score_counts(#of_counts, Score::kind, counts, options).score;                               \
  }
