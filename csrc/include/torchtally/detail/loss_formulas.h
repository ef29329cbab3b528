// The losses as functions of sums: a formula each, on float64 [N, C]. A is the size of the prediction, B that of the
// target and I what they share, so that A - I is what was predicted wrongly and B - I what was missed.
#pragma once

#include <ATen/ATen.h>

#include <torchtally/detail/loss_policy.h>

namespace torchtally::detail::loss {

// The numbers of (I + nr) / max(I + alpha (A - I) + beta (B - I) + dr, eps).
struct Index {
  double alpha;
  double beta;
  double smooth_nr;
  double smooth_dr;
  double eps;
};

// The index of a loss. Dice is the Tversky index with everything halved, which is exact in floating point.
inline Index index_of(const Settings& settings) {
  switch (settings.kind) {
    case Kind::kJaccard:
      return {1.0, 1.0, settings.smooth_nr, settings.smooth_dr, settings.eps};
    case Kind::kTversky:
    case Kind::kFocalTversky:
      return {settings.alpha, settings.beta, settings.smooth_nr, settings.smooth_dr, settings.eps};
    case Kind::kDice:
    case Kind::kDiceCE:
    case Kind::kLogDice:
    case Kind::kGeneralizedDice:
      break;
  }
  const double side = settings.jaccard ? 1.0 : 0.5;
  return {side, side, settings.smooth_nr / 2, settings.smooth_dr / 2, settings.eps / 2};
}

// The index of each entry, [N, E]; that of 0 / 0 is 1.
inline at::Tensor overlap_index(const Overlap& overlap, const Index& with) {
  const at::Tensor& hits = overlap.intersection;
  at::Tensor denominator;
  if (with.alpha == with.beta) {  // with Dice's 1/2, I cancels
    denominator = (overlap.prediction + overlap.target) * with.alpha + with.smooth_dr;
    if (with.alpha != 0.5) {
      denominator = denominator + hits * (1 - 2 * with.alpha);
    }
  } else {
    const at::Tensor wrong = overlap.prediction - hits;
    const at::Tensor missed = overlap.target - hits;
    denominator = hits + wrong * with.alpha + missed * with.beta + with.smooth_dr;
  }
  if (with.eps > 0) {
    denominator = denominator.clamp_min(with.eps);
  }
  if (with.eps > 0 || with.smooth_dr > 0) {
    return (hits + with.smooth_nr) / denominator;
  }
  const at::Tensor empty = denominator == 0;
  const at::Tensor index = (hits + with.smooth_nr) / at::where(empty, 1.0, denominator);
  return at::where(empty, 1.0, index);
}

// The losses of entries, [N, E], and the weights that are still to apply.
struct Entries {
  at::Tensor loss;
  Overlap overlap;
  at::Tensor weights;
};

inline Entries entry_losses(const Settings& settings, const OverlapSums& sums) {
  Overlap overlap = overlap_of(settings, sums);
  at::Tensor weights = scored_weights(settings, settings.class_weights, sums.target);
  if (settings.average == LossAverage::kMicro) {
    overlap = pool_classes(overlap, weights);
    weights = at::Tensor();
  }
  at::Tensor loss = losses_of(settings, overlap_index(overlap, index_of(settings)), overlap);
  return {std::move(loss), std::move(overlap), std::move(weights)};
}

// 1 - (2 sum w I + nr) / max(sum w (A + B) + dr, eps), sums over classes, w = 1 / B^2, 1 / B or 1. A class without
// target takes the greatest weight of its sample, and 0 where no class has a target.
inline at::Tensor generalized_dice(const Settings& settings, const OverlapSums& sums) {
  const Overlap overlap = overlap_of(settings, sums);
  const at::Tensor size = overlap.target.detach();
  at::Tensor weights;
  if (settings.weight_type == LossWeightType::kUniform) {
    weights = at::ones_like(size);
  } else {
    weights = (settings.weight_type == LossWeightType::kSquare ? size * size : size).reciprocal();
    const at::Tensor infinite = weights.isinf();
    weights = weights.masked_fill(infinite, 0.0);
    weights = at::where(infinite, weights.amax(-1, /*keepdim=*/true), weights);
  }
  const Overlap pooled = pool_classes(overlap, weights);
  const at::Tensor index = overlap_index(pooled, index_of(settings));
  return reduced(settings, losses_of(settings, index, pooled), pooled, at::Tensor());
}

// The cross-entropy as PyTorch reduces it; 0 where nothing is counted. The mean is over pixels (weighted by the weight
// of their class, for labels under softmax), and over pixels and classes for sigmoid.
inline at::Tensor cross_entropy(const Settings& settings, const OverlapSums& sums) {
  at::Tensor total = sums.cross_entropy;
  if (settings.reduction == LossReduction::kSum) {
    return total.sum();
  }
  at::Tensor size = sums.count.to(at::kDouble);
  if (settings.activation == Activation::kSigmoid) {
    size = size * sums.target.size(-1);
  } else if (settings.ce_weight.defined() && !settings.soft_target) {
    size = (sums.target * settings.ce_weight.to(sums.target.options())).sum(-1);
  }
  if (settings.reduction == LossReduction::kMean) {
    total = total.sum();
    size = size.sum();
  }
  const at::Tensor empty = size == 0;
  return at::where(empty, 0.0, total / at::where(empty, 1.0, size));
}

// lambda_dice times the Dice loss plus lambda_ce times the cross-entropy.
inline at::Tensor dice_ce(const Settings& settings, const OverlapSums& sums) {
  const Entries entries = entry_losses(settings, sums);
  const at::Tensor dice = settings.reduction == LossReduction::kNone
                              ? sample_means(settings, entries.loss, entries.overlap, entries.weights).means
                              : reduced(settings, entries.loss, entries.overlap, entries.weights);
  return dice * settings.lambda_dice + cross_entropy(settings, sums) * settings.lambda_ce;
}

// The loss of sums, float64.
inline at::Tensor loss_of_sums(const Settings& settings, const OverlapSums& sums) {
  TORCH_CHECK_TYPE(sums.intersection.defined() && sums.count.defined(), settings.op,
                   ": sums must be what overlap_sums returned, got undefined tensors");
  if (settings.kind == Kind::kGeneralizedDice) {
    return generalized_dice(settings, sums);
  }
  if (settings.kind == Kind::kDiceCE) {
    return dice_ce(settings, sums);
  }
  const Entries entries = entry_losses(settings, sums);
  return reduced(settings, entries.loss, entries.overlap, entries.weights);
}

}  // namespace torchtally::detail::loss
