// How the overlaps of classes and samples become a loss: which classes, pooled over what, what an absent class does,
// and the reduction. Everything here works on float64 [N, C] tensors, with the operations of the Python package in
// their order.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <torchtally/detail/loss_settings.h>

namespace torchtally::detail::loss {

// Sizes of predictions and targets and of what they share, float64 [N, E]. N is 1 where samples are pooled, E the
// entries: classes, or 1 where they are.
struct Overlap {
  at::Tensor intersection;
  at::Tensor prediction;
  at::Tensor target;
  at::Tensor present;  // bool: a target pixel; undefined where it makes no difference
  at::Tensor counted;  // bool scalar: a pixel of any sample is counted
};

// The classes to score, in the order of the result.
inline std::vector<int64_t> scored_classes(const Settings& settings, int64_t num_classes) {
  std::vector<int64_t> chosen;
  if (settings.classes) {
    chosen = *settings.classes;
  } else {
    for (int64_t index = 0; index < num_classes; ++index) {
      chosen.push_back(index);
    }
  }
  std::vector<int64_t> scored;
  for (const int64_t index : chosen) {
    TORCH_CHECK_VALUE(index >= 0 && index < num_classes, settings.op, ": classes must lie in [0, ", num_classes,
                      "), got ", index);
    if (index != 0 || settings.include_background) {
      scored.push_back(index);
    }
  }
  TORCH_CHECK_VALUE(!scored.empty(), settings.op,
                    ": classes without the background must leave a class to score, got classes ", list_text(chosen));
  return scored;
}

// Selects classes without a tensor of indices, which a GPU would wait for.
inline at::Tensor take(const at::Tensor& sums, const std::vector<int64_t>& classes) {
  bool consecutive = true;
  for (size_t i = 1; i < classes.size(); ++i) {
    consecutive = consecutive && classes[i] == classes[i - 1] + 1;
  }
  if (consecutive) {
    return sums.slice(-1, classes.front(), classes.back() + 1);
  }
  std::vector<at::Tensor> columns;
  columns.reserve(classes.size());
  for (const int64_t index : classes) {
    columns.push_back(sums.select(-1, index));
  }
  return at::stack(columns, -1);
}

// The overlap of each scored class, [N, E] or [1, E].
inline Overlap overlap_of(const Settings& settings, const OverlapSums& sums) {
  std::vector<at::Tensor> parts;
  if (settings.squared_pred) {
    parts = {sums.intersection, sums.squared, sums.target_squared};
  } else if (settings.soft_label) {
    parts = {(sums.prediction + sums.target - sums.difference) / 2, sums.prediction, sums.target};
  } else {
    parts = {sums.intersection, sums.prediction, sums.target};
  }
  if (settings.absent != Absent::kKeep) {
    parts.push_back(sums.target);
  }
  const int64_t num_classes = parts[0].size(-1);
  const auto classes = scored_classes(settings, num_classes);
  const bool all = !settings.classes && static_cast<int64_t>(classes.size()) == num_classes;
  for (at::Tensor& part : parts) {
    part = all ? part : take(part, classes);
    part = settings.batch ? part.sum(0, /*keepdim=*/true) : part;
  }
  at::Tensor present;
  if (settings.absent != Absent::kKeep) {
    present = parts[3] > 0;
  }
  return {parts[0], parts[1], parts[2], std::move(present), sums.count.sum() > 0};
}

// The weights of the scored classes, [E]; undefined where there are none. `like` is a sum [N, C].
inline at::Tensor scored_weights(const Settings& settings, const at::Tensor& given, const at::Tensor& like) {
  if (!given.defined()) {
    return {};
  }
  const at::Tensor weights = given.to(like.options());
  const int64_t num_classes = like.size(-1);
  const auto scored = scored_classes(settings, num_classes);
  const auto count = static_cast<int64_t>(scored.size());
  if (weights.dim() == 0) {
    return weights.expand({count});
  }
  if (settings.short_weights && weights.size(0) == count) {
    return weights;
  }
  TORCH_CHECK_VALUE(weights.size(0) == num_classes, settings.op, ": class_weights must have one weight for each of ",
                    num_classes, " classes, got ", weights.size(0));
  return take(weights, scored);
}

// Adds the (weighted) sizes of all classes up, [N, 1].
inline Overlap pool_classes(const Overlap& overlap, const at::Tensor& weights) {
  const auto pooled = [&](const at::Tensor& part) {
    return (weights.defined() ? part * weights : part).sum(-1, /*keepdim=*/true);
  };
  return {pooled(overlap.intersection), pooled(overlap.prediction), pooled(overlap.target),
          overlap.present.defined() ? overlap.present.any(-1, /*keepdim=*/true) : overlap.present, overlap.counted};
}

// loss^gamma, 0 with gradient 0 where loss is not above 0: the slope of a power below 1 is infinite at 0, which a loss
// reaches at a perfect prediction.
inline at::Tensor power(const at::Tensor& loss, double gamma) {
  if (gamma == 1) {
    return loss;
  }
  const at::Tensor positive = loss > std::numeric_limits<double>::min();
  return at::where(positive, at::where(positive, loss, 1.0).pow(gamma), 0.0);
}

// The loss of each entry for its overlap index, [N, E].
inline at::Tensor losses_of(const Settings& settings, const at::Tensor& index, const Overlap& overlap) {
  at::Tensor loss;
  switch (settings.form) {
    case LossForm::kLog:
      loss = -index.clamp_min(std::max(settings.log_eps, 1e-300)).log();
      break;
    case LossForm::kNegative:
      loss = -index;
      break;
    case LossForm::kComplement:
      loss = at::rsub(index, 1);
      break;
  }
  if (settings.gamma_of == GammaOf::kEntries) {
    loss = power(loss, settings.gamma);
  }
  if (settings.absent == Absent::kZero && overlap.present.defined()) {
    loss = loss.masked_fill(~overlap.present, 0.0);
  }
  return loss.masked_fill(~overlap.counted, 0.0);
}

struct SampleMeans {
  at::Tensor means;  // [N]; the mean of no entry is 0
  at::Tensor valid;  // bool [N]: a sample has an entry
};

inline SampleMeans sample_means(const Settings& settings, const at::Tensor& loss, const Overlap& overlap,
                                const at::Tensor& weights) {
  at::Tensor weight = weights.defined() ? weights.expand_as(loss) : at::ones_like(loss);
  at::Tensor entries = at::ones_like(loss);
  if (settings.absent == Absent::kSkip && overlap.present.defined()) {
    weight = weight * overlap.present;
    entries = entries * overlap.present;
  }
  const at::Tensor total = (settings.normalize_weights ? weight : entries).sum(-1);
  const at::Tensor valid = total > 0;
  return {(loss * weight).sum(-1) / at::where(valid, total, 1.0), valid};
}

// Reduces the losses of entries [N, E] as the options say.
inline at::Tensor reduced(const Settings& settings, at::Tensor loss, const Overlap& overlap,
                          const at::Tensor& weights) {
  if (settings.reduction == LossReduction::kMean) {
    at::Tensor mean;
    if (!weights.defined() && settings.absent != Absent::kSkip) {
      mean = loss.numel() > 0 ? loss.mean() : loss.sum();
    } else {
      const SampleMeans samples = sample_means(settings, loss, overlap, weights);
      mean = samples.means.sum() / samples.valid.sum().clamp_min(1);
    }
    return settings.gamma_of == GammaOf::kMean ? power(mean, settings.gamma) : mean;
  }
  if (weights.defined()) {
    loss = loss * weights;
  }
  if (settings.absent == Absent::kSkip && overlap.present.defined()) {
    loss = loss.masked_fill(~overlap.present, 0.0);
  }
  if (settings.reduction == LossReduction::kSum) {
    return loss.sum();
  }
  loss = settings.average == LossAverage::kMicro ? loss.squeeze(-1) : loss;
  return settings.batch ? loss.squeeze(0) : loss;
}

}  // namespace torchtally::detail::loss
