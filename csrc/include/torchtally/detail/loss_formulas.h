// The losses as functions of sums: a formula each, on float64 [N, C]. A is the size of the prediction, B that of the
// target and I what they share, so that A - I is what was predicted wrongly and B - I what was missed.
#pragma once

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

inline Index index_of(const Settings& settings, double alpha, double beta) {
  const LossOptions& o = settings.options;
  return {alpha, beta, *o.smooth_nr(), *o.smooth_dr(), *o.eps()};
}

// Dice is the Tversky index with everything halved, which is exact in floating point.
inline Index dice_index(const Settings& settings) {
  const LossOptions& o = settings.options;
  const double side = *o.jaccard() ? 1.0 : 0.5;
  return {side, side, *o.smooth_nr() / 2, *o.smooth_dr() / 2, *o.eps() / 2};
}

// The index of each entry, [N, E]; that of 0 / 0 is 1.
inline at::Tensor overlap_index(const Overlap& overlap, const Index& with) {
  const at::Tensor& intersection = overlap.intersection;
  at::Tensor denominator;
  if (with.alpha == with.beta) {  // with Dice's 1/2, I cancels
    denominator = (overlap.prediction + overlap.target) * with.alpha + with.smooth_dr;
    if (with.alpha != 0.5) {
      denominator = denominator + intersection * (1 - 2 * with.alpha);
    }
  } else {
    const at::Tensor wrong = overlap.prediction - intersection;
    const at::Tensor missed = overlap.target - intersection;
    denominator = intersection + wrong * with.alpha + missed * with.beta + with.smooth_dr;
  }
  if (with.eps > 0) {
    denominator = denominator.clamp_min(with.eps);
  }
  if (with.eps > 0 || with.smooth_dr > 0) {
    return (intersection + with.smooth_nr) / denominator;
  }
  const at::Tensor empty = denominator == 0;
  const at::Tensor index = (intersection + with.smooth_nr) / denominator.masked_fill(empty, 1.0);
  return index.masked_fill(empty, 1.0);
}

// The losses of entries, [N, E], and the weights that are still to apply.
struct Entries {
  at::Tensor loss;
  Overlap overlap;
  at::Tensor weights;
};

inline Entries entry_losses(const Settings& settings, const OverlapSums& sums, const Index& index) {
  Overlap overlap = overlap_of(settings, sums);
  at::Tensor weights = scored_weights(settings, settings.options.class_weights(), sums.target);
  if (settings.options.average() == LossAverage::kMicro) {
    overlap = pool_classes(overlap, weights);
    weights = at::Tensor();
  }
  at::Tensor loss = losses_of(settings, overlap_index(overlap, index), overlap);
  return {std::move(loss), std::move(overlap), std::move(weights)};
}

inline at::Tensor reduced_loss(const Settings& settings, const OverlapSums& sums, const Index& index) {
  const Entries entries = entry_losses(settings, sums, index);
  return reduced(settings, entries.loss, entries.overlap, entries.weights);
}

// The cross-entropy as PyTorch reduces it; 0 where nothing is counted. The mean is over pixels (weighted by the weight
// of their class, for labels under softmax), and over pixels and classes for sigmoid.
inline at::Tensor cross_entropy(const Settings& settings, const OverlapSums& sums) {
  const LossOptions& o = settings.options;
  const bool sigmoid = o.activation() == Activation::kSigmoid;
  const bool weighted = !sigmoid && o.ce_weight().has_value() && !settings.soft_target;
  at::Tensor total = sums.cross_entropy;
  if (o.reduction() == LossReduction::kSum) {
    return total.sum();
  }
  at::Tensor size = sums.count;
  if (sigmoid) {
    size = size * sums.target.size(-1);
  } else if (weighted) {
    size = (sums.target * o.ce_weight()->to(sums.target.options())).sum(-1);
  }
  if (o.reduction() == LossReduction::kMean) {
    total = total.sum();
    size = size.sum();
  }
  if (!weighted) {  // the sum over no pixel is 0
    return total / size.clamp_min(1);
  }
  const at::Tensor empty = size == 0;
  return (total / size.masked_fill(empty, 1.0)).masked_fill(empty, 0.0);
}

// A part of a sum; most often as it is, which saves a launch each way.
inline at::Tensor scaled(const at::Tensor& part, double factor) { return factor == 1.0 ? part : part * factor; }

namespace formulas {

inline at::Tensor dice(const Settings& settings, const OverlapSums& sums) {
  return reduced_loss(settings, sums, dice_index(settings));
}

inline at::Tensor jaccard(const Settings& settings, const OverlapSums& sums) {
  return reduced_loss(settings, sums, index_of(settings, 1.0, 1.0));
}

inline at::Tensor tversky(const Settings& settings, const OverlapSums& sums) {
  return reduced_loss(settings, sums, index_of(settings, *settings.options.alpha(), *settings.options.beta()));
}

// 1 - (2 sum w I + nr) / max(sum w (A + B) + dr, eps), sums over classes, w = 1 / B^2, 1 / B or 1. A class without
// target takes the greatest weight of its sample, and 0 where no class has a target.
inline at::Tensor generalized_dice(const Settings& settings, const OverlapSums& sums) {
  const Overlap overlap = overlap_of(settings, sums);
  const auto type = settings.options.weight_type();
  const at::Tensor size = overlap.target.detach();
  at::Tensor weights = at::ones_like(size);
  if (type != LossWeightType::kUniform) {
    weights = (type == LossWeightType::kSquare ? size * size : size).reciprocal();
    const at::Tensor infinite = weights.isinf();
    weights = weights.masked_fill(infinite, 0.0);
    weights = at::where(infinite, weights.amax(-1, /*keepdim=*/true), weights);
  }
  const Overlap pooled = pool_classes(overlap, weights);
  const at::Tensor index = overlap_index(pooled, dice_index(settings));
  return reduced(settings, losses_of(settings, index, pooled), pooled, at::Tensor());
}

// lambda_dice times the Dice loss plus lambda_ce times the cross-entropy.
inline at::Tensor dice_ce(const Settings& settings, const OverlapSums& sums) {
  const LossOptions& o = settings.options;
  const Entries entries = entry_losses(settings, sums, dice_index(settings));
  const at::Tensor dice = o.reduction() == LossReduction::kNone
                              ? sample_means(settings, entries.loss, entries.overlap, entries.weights).means
                              : reduced(settings, entries.loss, entries.overlap, entries.weights);
  return scaled(dice, *o.lambda_dice()) + scaled(cross_entropy(settings, sums), *o.lambda_ce());
}

}  // namespace formulas
}  // namespace torchtally::detail::loss
