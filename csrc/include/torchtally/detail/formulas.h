// The formulas of scores: class counts in, numerator and denominator out.
//
// A formula of classes takes counts [..., C] and returns two tensors of that shape. A formula of the whole returns
// [..., 1]: one entry of all classes. Nothing here knows about averages or undefined entries. The operations and their
// order are those of python/torchtally/functional/_formulas.py, so that both languages give the same bits.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <functional>

#include <torchtally/detail/class_counts.h>
#include <torchtally/enums.h>

namespace torchtally::detail {

struct Ratio {
  at::Tensor numerator;    // int64 or float64
  at::Tensor denominator;  // the same shape
};

using Formula = std::function<Ratio(const ClassCounts&)>;
using MatrixFormula = std::function<Ratio(const at::Tensor&)>;  // of [..., C, C], giving [..., 1]

inline at::Tensor in_double(const at::Tensor& counts) { return counts.to(at::kDouble); }

// Dice (1945), Measures of the amount of ecologic association between species; equal to F1.
inline Ratio dice(const ClassCounts& counts) { return {counts.tp * 2, counts.tp * 2 + counts.fp + counts.fn}; }

// Jaccard (1912), The distribution of the flora in the alpine zone.
inline Ratio iou(const ClassCounts& counts) { return {counts.tp, counts.tp + counts.fp + counts.fn}; }

inline Ratio precision(const ClassCounts& counts) { return {counts.tp, counts.tp + counts.fp}; }

inline Ratio recall(const ClassCounts& counts) { return {counts.tp, counts.tp + counts.fn}; }

inline Ratio specificity(const ClassCounts& counts) { return {counts.tn, counts.tn + counts.fp}; }

// Share of pixels on which a label is rightly set or not set.
inline Ratio agreement(const ClassCounts& counts) {
  const at::Tensor right = counts.tp + counts.tn;
  return {right, right + counts.fp + counts.fn};
}

// (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp); van Rijsbergen (1979), Information Retrieval, chapter 7.
inline Formula fbeta(double beta) {
  if (std::isinf(beta)) {
    return recall;
  }
  return [square = beta * beta](const ClassCounts& counts) -> Ratio {
    const at::Tensor hits = in_double(counts.tp) * (1 + square);
    return {hits, hits + in_double(counts.fn) * square + counts.fp};
  };
}

// tp / (tp + alpha fp + beta fn); Tversky (1977), Features of similarity.
inline Formula tversky(double alpha, double beta) {
  return [alpha, beta](const ClassCounts& counts) -> Ratio {
    const at::Tensor tp = in_double(counts.tp);
    return {tp, tp + in_double(counts.fp) * alpha + in_double(counts.fn) * beta};
  };
}

// 2 sum(w tp) / sum(w (2 tp + fp + fn)), each class weighted by its inverse size; Crum et al. (2006), Generalized
// overlap measures.
inline Formula generalized_dice(WeightType type, EmptyWeight empty_weight) {
  return [type, empty_weight](const ClassCounts& counts) -> Ratio {
    const at::Tensor target = in_double(counts.tp + counts.fn);
    at::Tensor weight;
    if (type == WeightType::kLinear) {
      weight = at::ones_like(target);
    } else {
      const at::Tensor empty = target == 0;
      weight = (type == WeightType::kSquare ? target * target : target).reciprocal();
      weight = weight.masked_fill(empty, 0.0);
      // Where every class is ignored, none has a weight.
      if (empty_weight == EmptyWeight::kLargest && target.size(-1) > 0) {
        at::Tensor largest = weight.amax(-1, true);
        // Without a target at all, every class weighs the same.
        largest = largest.masked_fill(largest == 0, 1.0);
        weight = at::where(empty, largest, weight);
      }
    }
    const Ratio of = dice(counts);
    return {(weight * of.numerator).sum(-1, true), (weight * of.denominator).sum(-1, true)};
  };
}

// sum(tp tn - fp fn) in float64. With s pixels, c of them right, t and p of each class in target and prediction, this
// is c s - sum(t p), the numerator of the correlation and of kappa, without the difference of two large numbers that
// hides a miss among 10^8 hits.
inline at::Tensor association(const ClassCounts& exact) {
  return (exact.tp * exact.tn - exact.fp * exact.fn).sum(-1, true);
}

// Matthews (1975); of many classes Gorodkin (2004), Comparing two K-category assignments by a K-category correlation
// coefficient.
inline Ratio matthews(const ClassCounts& counts) {
  const ClassCounts exact = map(counts, in_double);
  const at::Tensor of_preds = ((exact.tp + exact.fp) * (exact.tn + exact.fn)).sum(-1, true);
  const at::Tensor of_target = ((exact.tp + exact.fn) * (exact.tn + exact.fp)).sum(-1, true);
  return {association(exact), of_preds.sqrt() * of_target.sqrt()};
}

// Agreement beyond chance, (p_o - p_e) / (1 - p_e); Cohen (1960), A coefficient of agreement for nominal scales.
inline Ratio kappa(const ClassCounts& counts) {
  const ClassCounts exact = map(counts, in_double);
  return {association(exact), ((exact.tp + exact.fp) * (exact.tn + exact.fp)).sum(-1, true)};
}

// Kappa with disagreement weighted by distance; Cohen (1968), Weighted kappa.
inline MatrixFormula weighted_kappa(KappaWeights weights) {
  return [weights](const at::Tensor& matrix) -> Ratio {
    const at::Tensor seen = in_double(matrix);
    const at::Tensor index = at::arange(matrix.size(-1), matrix.options());
    at::Tensor distance = in_double((index.unsqueeze(1) - index).abs());
    if (weights == KappaWeights::kQuadratic) {
      distance = distance * distance;
    }
    const at::Tensor target = seen.sum(-1);
    const at::Tensor preds = seen.sum(-2);
    const at::Tensor by_chance = (target.matmul(distance) * preds).sum(-1, true);
    const at::Tensor observed = (distance * seen).sum({-2, -1}).unsqueeze(-1);
    return {by_chance - observed * target.sum(-1, true), by_chance};
  };
}

}  // namespace torchtally::detail
