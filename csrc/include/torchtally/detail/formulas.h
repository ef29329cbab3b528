// What a definition of a score says, and the formulas: class counts in, numerator and denominator out.
//
// A formula of classes takes counts [..., C] and returns two tensors of that shape. A formula of the whole returns
// [..., 1]: one entry of all classes. Nothing here knows about averages or undefined entries. Ratios of sums and
// products of counts are generated, in score_table.h. What is here, Python has in functional/_formulas.py, with the
// same operations in the same order, so that both languages give the same bits.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <string_view>

#include <torchtally/detail/class_counts.h>
#include <torchtally/options.h>

namespace torchtally::detail {

struct Ratio {
  at::Tensor numerator;    // int64 or float64
  at::Tensor denominator;  // the same shape
};

using CountsFormula = std::function<Ratio(const ClassCounts&)>;
using MatrixFormula = std::function<Ratio(const at::Tensor&)>;  // of [..., C, C], giving [..., 1]

// Of counts, or of the matrix where counts do not do.
struct Formula {
  CountsFormula of_counts;
  MatrixFormula of_matrix = nullptr;
};

// The formula for a task and the score's own options, of which each has a value.
using MakeFormula = std::function<Formula(Task, const ScoreOptions&)>;

// What a formula sees: each class alone, the scored classes together, or every class.
enum class Sees { kClass, kScored, kAll };

using Names = std::vector<std::string_view>;

// An option that takes fewer words than elsewhere.
struct Choice {
  std::string_view option;
  Names words;
};

struct ScoreDefinition {
  const char* name;    // as ScoreSuite knows it
  const char* metric;  // name of the metric class
  Sees sees;
  MakeFormula formula;
  Names parameters = {};             // its own options
  Names refused = {};                // policy options that it does not take
  ScoreOptions defaults = {};        // of its own options, and where they are others than elsewhere
  std::vector<Choice> choices = {};  // tasks among them
  Names infinite = {};               // of its own numbers, those that may be infinite
  bool bounded = true;               // whether no value is beyond 1 in size
};

inline at::Tensor in_double(const at::Tensor& counts) { return counts.to(at::kDouble); }

// A ratio of sums of counts.
inline MakeFormula ratio(const CountsFormula& formula) {
  return [formula](Task, const ScoreOptions&) { return Formula{formula}; };
}

// A ratio that multiplies counts, which takes float64.
inline MakeFormula products(const CountsFormula& formula) {
  return ratio([formula](const ClassCounts& n) { return formula(map(n, in_double)); });
}

namespace formulas {

inline Ratio dice(const ClassCounts& n) { return {2 * n.tp, 2 * n.tp + n.fp + n.fn}; }

inline Ratio recall(const ClassCounts& n) { return {n.tp, n.tp + n.fn}; }

// Recall of a class; of a label, how often it is rightly set or not set.
inline Formula accuracy(Task task, const ScoreOptions&) {
  if (task != Task::kMultilabel) {
    return {recall};
  }
  return {[](const ClassCounts& n) -> Ratio {
    const at::Tensor right = n.tp + n.tn;
    return {right, right + n.fp + n.fn};
  }};
}

// (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp); van Rijsbergen (1979), Information Retrieval, chapter 7.
inline Formula fbeta(Task, const ScoreOptions& options) {
  const double beta = *options.beta();
  if (std::isinf(beta)) {
    return {recall};
  }
  return {[square = beta * beta](const ClassCounts& n) -> Ratio {
    const at::Tensor weighted_tp = in_double(n.tp) * (1 + square);
    return {weighted_tp, weighted_tp + in_double(n.fn) * square + n.fp};
  }};
}

// tp / (tp + alpha fp + beta fn); Tversky (1977), Features of similarity.
inline Formula tversky(Task, const ScoreOptions& options) {
  return {[alpha = *options.alpha(), beta = *options.beta()](const ClassCounts& n) -> Ratio {
    const at::Tensor tp = in_double(n.tp);
    return {tp, tp + in_double(n.fp) * alpha + in_double(n.fn) * beta};
  }};
}

// 2 sum(w tp) / sum(w (2 tp + fp + fn)), each class weighted by its inverse size; Crum et al. (2006), Generalized
// overlap measures.
inline Formula generalized_dice(Task, const ScoreOptions& options) {
  return {[type = *options.weight_type(), empty_weight = *options.empty_weight()](const ClassCounts& n) -> Ratio {
    const at::Tensor target = in_double(n.tp + n.fn);
    at::Tensor weight = at::ones_like(target);
    if (type != WeightType::kLinear) {
      const at::Tensor empty = target == 0;
      weight = (type == WeightType::kSquare ? target * target : target).reciprocal().masked_fill(empty, 0.0);
      // Where every class is ignored, none has a weight.
      if (empty_weight == EmptyWeight::kLargest && target.size(-1) > 0) {
        at::Tensor largest = weight.amax(-1, true);
        // Without a target at all, every class weighs the same.
        largest = largest.masked_fill(largest == 0, 1.0);
        weight = at::where(empty, largest, weight);
      }
    }
    const Ratio of = dice(n);
    return {(weight * of.numerator).sum(-1, true), (weight * of.denominator).sum(-1, true)};
  }};
}

// sum(tp tn - fp fn) in float64. With s pixels, c of them right, t and p of each class in target and prediction, this
// is c s - sum(t p), the numerator of the correlation and of kappa, without the difference of two large numbers that
// hides a miss among 10^8 weighted_tp.
inline at::Tensor association(const ClassCounts& exact) {
  return (exact.tp * exact.tn - exact.fp * exact.fn).sum(-1, true);
}

// Matthews (1975); of many classes Gorodkin (2004), Comparing two K-category assignments by a K-category correlation
// coefficient.
inline Formula matthews_corrcoef(Task, const ScoreOptions&) {
  return {[](const ClassCounts& counts) -> Ratio {
    const ClassCounts n = map(counts, in_double);
    const at::Tensor of_preds = ((n.tp + n.fp) * (n.tn + n.fn)).sum(-1, true);
    const at::Tensor of_target = ((n.tp + n.fn) * (n.tn + n.fp)).sum(-1, true);
    return {association(n), of_preds.sqrt() * of_target.sqrt()};
  }};
}

// 1 for a sample with every label right; undefined without a pixel that counts.
inline Formula exact_match(Task, const ScoreOptions&) {
  return {[](const ClassCounts& n) -> Ratio {
    const at::Tensor errors = (n.fp + n.fn).sum(-1, true), pixels = (n.tp + n.fn).sum(-1, true);
    return {(errors == 0).to(at::kLong), (pixels > 0).to(at::kLong)};
  }};
}

// Agreement beyond chance, (p_o - p_e) / (1 - p_e); Cohen (1960), A coefficient of agreement for nominal scales. With
// disagreement weighted by distance: Cohen (1968), Weighted kappa.
inline Formula cohen_kappa(Task task, const ScoreOptions& options) {
  const KappaWeights weights = *options.weights();
  // Two classes have one distance, so that weights change nothing.
  if (weights == KappaWeights::kNone || task == Task::kMultilabel) {
    return {[](const ClassCounts& counts) -> Ratio {
      const ClassCounts n = map(counts, in_double);
      return {association(n), ((n.tp + n.fp) * (n.tn + n.fp)).sum(-1, true)};
    }};
  }
  return {nullptr, [weights](const at::Tensor& matrix) -> Ratio {
            const at::Tensor seen = in_double(matrix);
            const at::Tensor index = at::arange(matrix.size(-1), matrix.options());
            at::Tensor distance = in_double((index.unsqueeze(1) - index).abs());
            if (weights == KappaWeights::kQuadratic) {
              distance = distance * distance;
            }
            const at::Tensor target = seen.sum(-1), preds = seen.sum(-2);
            const at::Tensor by_chance = (target.matmul(distance) * preds).sum(-1, true);
            const at::Tensor observed = (distance * seen).sum({-2, -1}).unsqueeze(-1);
            return {by_chance - observed * target.sum(-1, true), by_chance};
          }};
}

}  // namespace formulas
}  // namespace torchtally::detail
