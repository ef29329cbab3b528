// What a score is: a formula, its own parameters, and the options that it takes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <torchtally/detail/formulas.h>
#include <torchtally/detail/labels.h>
#include <torchtally/detail/policy.h>

namespace torchtally::detail {

// What a formula sees: each class alone, the scored classes together, or every class.
enum class Sees { kClass, kScored, kAll };

inline Sees sees(Score score) {
  switch (score) {
    case Score::kGeneralizedDice:
      return Sees::kScored;
    case Score::kMatthewsCorrCoef:
    case Score::kCohenKappa:
      return Sees::kAll;
    default:
      return Sees::kClass;
  }
}

// The average that a score decides, so that it is no option.
inline std::optional<Average> fixed_average(Score score) {
  switch (score) {
    case Score::kBalancedAccuracy:
      return Average::kMacro;
    case Score::kFrequencyWeightedIoU:
      return Average::kWeighted;
    default:
      return std::nullopt;
  }
}

// Whether an option is one of counting pixels alone.
inline bool counts_pixels(const char* name) {
  return is_one_of(name, {"threshold", "mask", "out_of_range", "validate", "label_map", "preds_map", "top_k"});
}

// Whether a score takes an option beside those of counting.
inline bool is_own_option(Score score, const char* name) {
  if (is_one_of(name, {"alpha", "beta"})) {
    return score == Score::kTversky || (score == Score::kFBeta && std::strcmp(name, "beta") == 0);
  }
  if (is_one_of(name, {"weight_type", "empty_weight"})) {
    return score == Score::kGeneralizedDice;
  }
  if (is_one_of(name, {"weights"})) {
    return score == Score::kCohenKappa;
  }
  const Sees seen = sees(score);
  if (is_one_of(name, {"average", "class_weights"})) {
    return seen == Sees::kClass && !fixed_average(score).has_value();
  }
  if (is_one_of(name, {"sample_mean"})) {
    return seen == Sees::kClass;
  }
  if (is_one_of(name, {"classes", "include_background", "regions"})) {
    return seen != Sees::kAll;
  }
  return is_one_of(name, {"zero_division", "undefined_when", "aggregation", "dtype"});
}

// A formula whose parameters are chosen; of the matrix where counts do not do.
struct BoundFormula {
  Sees sees = Sees::kClass;
  Formula of_counts;
  MatrixFormula of_matrix;
  std::string text = {};  // name and parameters
};

// The formula of a score; throws for a wrong parameter.
inline BoundFormula bound_formula(const std::string& op, Score score, Task task, const ScoreOptions& options) {
  const bool multilabel = task == Task::kMultilabel;
  BoundFormula bound{sees(score), nullptr, nullptr, name_of(score)};
  const auto parameter = [&](const char* name, const std::string& value) {
    bound.text += std::string(", ") + name + "=" + value;
  };
  switch (score) {
    case Score::kDice:
    case Score::kF1:
      bound.of_counts = dice;
      break;
    case Score::kIoU:
    case Score::kFrequencyWeightedIoU:
      bound.of_counts = iou;
      break;
    case Score::kPrecision:
      bound.of_counts = precision;
      break;
    case Score::kRecall:
      bound.of_counts = recall;
      break;
    case Score::kSpecificity:
      bound.of_counts = specificity;
      break;
    case Score::kAccuracy:
      bound.of_counts = multilabel ? agreement : recall;
      break;
    case Score::kBalancedAccuracy:
      TORCH_CHECK_VALUE(!multilabel, op,
                        ": task must be 'multiclass' or 'binary', got 'multilabel', of which every label has an "
                        "accuracy of its own");
      bound.of_counts = recall;
      break;
    case Score::kFBeta: {
      const double beta = non_negative(op, "beta", options.beta().value_or(1.0), false);
      parameter("beta", number_text(beta));
      bound.of_counts = fbeta(beta);
      break;
    }
    case Score::kTversky: {
      const double alpha = non_negative(op, "alpha", options.alpha().value_or(0.5));
      const double beta = non_negative(op, "beta", options.beta().value_or(0.5));
      parameter("alpha", number_text(alpha));
      parameter("beta", number_text(beta));
      bound.of_counts = tversky(alpha, beta);
      break;
    }
    case Score::kGeneralizedDice: {
      const WeightType type = options.weight_type().value_or(WeightType::kSquare);
      const EmptyWeight empty = options.empty_weight().value_or(EmptyWeight::kLargest);
      parameter("weight_type", quoted(type));
      parameter("empty_weight", quoted(empty));
      bound.of_counts = generalized_dice(type, empty);
      break;
    }
    case Score::kMatthewsCorrCoef:
      bound.of_counts = matthews;
      break;
    case Score::kCohenKappa: {
      const KappaWeights weights = options.weights().value_or(KappaWeights::kNone);
      parameter("weights", quoted(weights));
      // Two classes have one distance, so that weights change nothing.
      if (weights == KappaWeights::kNone || multilabel) {
        bound.of_counts = kappa;
      } else {
        bound.of_matrix = weighted_kappa(weights);
      }
      break;
    }
  }
  return bound;
}

// A score whose every option is chosen: counts in, number out.
struct BoundScore {
  ScorePolicy policy;
  Task task = Task::kMulticlass;
  BoundFormula formula;

  // Checks parameters and options in the name of an operation. The classes that are ignored and whether there is
  // "other" depend on how pixels were counted.
  static BoundScore checked(const std::string& op, Score score, Task task, const ScoreOptions& options,
                            const std::vector<int64_t>& ignored, bool other) {
    Average average = score == Score::kAccuracy ? Average::kMicro : Average::kMacro;
    if (task == Task::kBinary && sees(score) == Sees::kClass && score != Score::kAccuracy) {
      average = Average::kBinary;
    }
    average = fixed_average(score).value_or(options.average().value_or(average));
    BoundFormula formula = bound_formula(op, score, task, options);
    return {ScorePolicy::checked(op, task, options, average, ignored, other), task, std::move(formula)};
  }

  // Whether class counts do not say enough.
  bool needs_matrix() const { return !formula.of_counts || policy.regions.has_value(); }

  // Of matrices [..., C, C], or [..., L, 2, 2].
  Scored of_matrix(const at::Tensor& matrix) const {
    if (task == Task::kMultilabel) {
      const ClassCounts counts = ClassCounts::from_matrix(matrix);
      return of_counts(map(counts, [](const at::Tensor& t) { return t.select(-1, 1); }));
    }
    if (formula.of_matrix) {
      return policy.score_matrix(formula.of_matrix, matrix);
    }
    return reduced(policy.regions.has_value() ? policy.counts_of_regions(matrix) : ClassCounts::from_matrix(matrix));
  }

  // Of class counts [..., C].
  Scored of_counts(const ClassCounts& counts) const {
    TORCH_CHECK_VALUE(!needs_matrix(), policy.op, ": ", policy.regions.has_value() ? "regions" : "these weights",
                      " need a confusion matrix, got ClassCounts");
    return reduced(task == Task::kMultilabel && formula.sees == Sees::kAll ? two_classes(counts) : counts);
  }

  // Of what an op counts: matrices, or else the rows of class counts.
  Scored of_state(Counted counted, const at::Tensor& counts) const {
    return counted == Counted::kMatrix ? of_matrix(counts) : of_counts(unpacked(counts, task == Task::kMultilabel));
  }

 private:
  Scored reduced(const ClassCounts& counts) const {
    if (formula.sees == Sees::kClass) {
      return policy.score(formula.of_counts, counts);
    }
    return policy.score_whole(formula.of_counts, counts, formula.sees == Sees::kScored);
  }
};

// The function of pixels, <stem>_score.
inline Scored score_pixels(const char* op, Score score, const at::Tensor& preds, const at::Tensor& target,
                           int64_t num_classes, const ScoreOptions& options) {
  refuse_unknown(op, options, [&](const char* name) {
    return counts_pixels(name) || is_one_of(name, {"task", "ignore_index"}) || is_own_option(score, name);
  });
  const Labels labels = Labels::checked(op, num_classes, options);
  const Counting& counting = labels.counting;
  const BoundScore bound =
      BoundScore::checked(op, score, counting.task, options, labels.ignored_classes(), counting.other());
  const bool per_sample = bound.policy.aggregation != Aggregation::kGlobal;
  const bool validate = options.validate().value_or(true);
  if (bound.needs_matrix() || labels.maps.has_value()) {
    return bound.of_matrix(labels.count_matrix(preds, target, options.mask(), per_sample, validate));
  }
  return bound.of_counts(labels.count_classes(preds, target, options.mask(), per_sample, validate));
}

inline BoundScore score_of_counts(const char* op, Score score, const ScoreOptions& options) {
  refuse_unknown(op, options, [&](const char* name) {
    return is_one_of(name, {"task", "ignore_index", "other"}) || is_own_option(score, name);
  });
  const std::vector<int64_t> ignored = options.ignore_index().value_or(std::vector<int64_t>{});
  return BoundScore::checked(op, score, options.task().value_or(Task::kMulticlass), options, ignored,
                             options.other().value_or(false));
}

// The functions of counts, <stem>_from_counts.
inline Scored score_counts(const char* op, Score score, const ClassCounts& counts, const ScoreOptions& options) {
  return score_of_counts(op, score, options).of_counts(counts);
}

inline Scored score_counts(const char* op, Score score, const at::Tensor& matrix, const ScoreOptions& options) {
  const BoundScore bound = score_of_counts(op, score, options);
  TORCH_CHECK_TYPE(matrix.defined(), op, ": counts must be a tensor or ClassCounts, got an undefined one");
  const bool multilabel = bound.task == Task::kMultilabel;
  const int64_t least = multilabel ? 3 : 2;
  const int64_t dims = matrix.dim();
  bool square = dims >= least && matrix.size(-1) == matrix.size(-2);
  if (square && multilabel) {
    square = matrix.size(-1) == (options.other().value_or(false) ? 3 : 2);
  }
  TORCH_CHECK_VALUE(square, op, ": counts must be a matrix ",
                    multilabel ? "[L, 2, 2] or [..., N, L, 2, 2]" : "[C, C] or [..., N, C, C]",
                    ", or ClassCounts, got a tensor of shape ", shape_text(matrix));
  return bound.of_matrix(matrix);
}

}  // namespace torchtally::detail
