// How the overlaps of classes and samples become a loss: which classes, pooled over what, what an absent class does,
// and the reduction. Everything here works on float64 [N, C] tensors, with the operations of the Python package in
// their order.
#pragma once

#include <functional>
#include <string_view>
#include <type_traits>

#include <torchtally/detail/text.h>
#include <torchtally/loss_options.h>
#include <torchtally/overlap_sums.h>

namespace torchtally::detail::loss {

struct Definition;

// The options of one loss, checked: a value for each that has a default. Weights are float64 [C] or [].
struct Settings {
  const Definition* definition;
  std::string op;  // begins every message
  LossOptions options;
  bool soft_target;  // of the sums
};

// What a definition of a loss says: loss_table.h has one of each, written from those of Python.
struct Definition {
  std::function<at::Tensor(const Settings&, const OverlapSums&)> formula;
  bool has_cross_entropy;
  std::vector<std::string_view> refused;  // options that the function of logits does not take
  LossOptions defaults = {};              // where they are others than elsewhere
};

// Sizes of predictions and targets and of what they share, float64 [N, E]. N is 1 where samples are pooled, E the
// entries: classes, or 1 where they are.
struct Overlap {
  at::Tensor intersection;
  at::Tensor prediction;
  at::Tensor target;
  at::Tensor present;  // bool: a target pixel; undefined where it makes no difference
  at::Tensor empty;    // bool scalar: no pixel of any sample is counted
};

// The classes to score, in the order of the result.
inline std::vector<int64_t> scored_classes(const Settings& settings, int64_t num_classes) {
  const auto& classes = settings.options.classes();
  const bool single = num_classes == 1 && settings.options.conventions() == Conventions::kMonai;
  return detail::scored_classes(settings.op, classes.has_value() ? &*classes : nullptr,
                                single || *settings.options.include_background(), num_classes);
}

// Selects classes without a tensor of indices, which a GPU would wait for.
inline at::Tensor select_classes(const at::Tensor& sums, const std::vector<int64_t>& classes) {
  if (consecutive(classes)) {
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
  if (*settings.options.squared_pred()) {
    parts = {sums.intersection, sums.squared, sums.target_squared};
  } else if (*settings.options.soft_label()) {
    parts = {(sums.prediction + sums.target - sums.difference) / 2, sums.prediction, sums.target};
  } else {
    parts = {sums.intersection, sums.prediction, sums.target};
  }
  if (settings.options.absent() != Absent::kKeep) {
    parts.push_back(sums.target);
  }
  const int64_t num_classes = parts[0].size(-1);
  const auto classes = scored_classes(settings, num_classes);
  const bool all = !settings.options.classes().has_value() && static_cast<int64_t>(classes.size()) == num_classes;
  for (at::Tensor& part : parts) {
    part = all ? part : select_classes(part, classes);
    part = *settings.options.batch() ? part.sum(0, /*keepdim=*/true) : part;
  }
  at::Tensor present;
  if (settings.options.absent() != Absent::kKeep) {
    present = parts[3] > 0;
  }
  return {parts[0], parts[1], parts[2], std::move(present), sums.count.sum() == 0};
}

// The weights of the scored classes, [E]; undefined where there are none. `like` is a sum [N, C].
inline at::Tensor scored_weights(const Settings& settings, const std::optional<at::Tensor>& given,
                                 const at::Tensor& like) {
  if (!given.has_value()) {
    return {};
  }
  const at::Tensor weights = given->to(like.options());
  const int64_t num_classes = like.size(-1);
  const auto scored = scored_classes(settings, num_classes);
  const auto count = static_cast<int64_t>(scored.size());
  if (count == 1 && settings.options.conventions() == Conventions::kMonai) {
    return {};
  }
  if (weights.dim() == 0) {
    return weights.expand({count});
  }
  if (*settings.options.short_weights() && weights.size(0) == count) {
    return weights;
  }
  TORCH_CHECK_VALUE(weights.size(0) == num_classes, settings.op, ": class_weights must have one weight for each of ",
                    num_classes, " classes, got ", weights.size(0));
  return select_classes(weights, scored);
}

// Adds the (weighted) sizes of all classes up, [N, 1].
inline Overlap pool_classes(const Overlap& overlap, const at::Tensor& weights) {
  const auto pooled = [&](const at::Tensor& part) {
    return (weights.defined() ? part * weights : part).sum(-1, /*keepdim=*/true);
  };
  return {pooled(overlap.intersection), pooled(overlap.prediction), pooled(overlap.target),
          overlap.present.defined() ? overlap.present.any(-1, /*keepdim=*/true) : overlap.present, overlap.empty};
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
  switch (*settings.options.form()) {
    case LossForm::kLog:
      loss = -index.clamp_min(std::max(*settings.options.log_eps(), 1e-300)).log();
      break;
    case LossForm::kNegative:
      loss = -index;
      break;
    case LossForm::kComplement:
      loss = at::rsub(index, 1);
      break;
  }
  if (settings.options.gamma_of() == GammaOf::kEntries) {
    loss = power(loss, *settings.options.gamma());
  }
  if (settings.options.absent() == Absent::kZero && overlap.present.defined()) {
    loss = loss.masked_fill(~overlap.present, 0.0);
  }
  return loss.masked_fill(overlap.empty, 0.0);
}

struct SampleMeans {
  at::Tensor means;  // [N]; the mean of no entry is 0
  at::Tensor valid;  // bool [N]: a sample has an entry
};

inline SampleMeans sample_means(const Settings& settings, const at::Tensor& loss, const Overlap& overlap,
                                const at::Tensor& weights) {
  at::Tensor weight = weights.defined() ? weights.expand_as(loss) : at::ones_like(loss);
  at::Tensor entries = at::ones_like(loss);
  if (settings.options.absent() == Absent::kSkip && overlap.present.defined()) {
    weight = weight * overlap.present;
    entries = entries * overlap.present;
  }
  const at::Tensor total = (*settings.options.normalize_weights() ? weight : entries).sum(-1);
  const at::Tensor valid = total > 0;
  return {(loss * weight).sum(-1) / at::where(valid, total, 1.0), valid};
}

// Reduces the losses of entries [N, E] as the options say.
inline at::Tensor reduced(const Settings& settings, at::Tensor loss, const Overlap& overlap,
                          const at::Tensor& weights) {
  if (settings.options.reduction() == LossReduction::kMean) {
    at::Tensor mean;
    if (!weights.defined() && settings.options.absent() != Absent::kSkip) {
      mean = loss.numel() > 0 ? loss.mean() : loss.sum();
    } else {
      const SampleMeans samples = sample_means(settings, loss, overlap, weights);
      mean = samples.means.sum() / samples.valid.sum().clamp_min(1);
    }
    return settings.options.gamma_of() == GammaOf::kMean ? power(mean, *settings.options.gamma()) : mean;
  }
  if (weights.defined()) {
    loss = loss * weights;
  }
  if (settings.options.absent() == Absent::kSkip && overlap.present.defined()) {
    loss = loss.masked_fill(~overlap.present, 0.0);
  }
  if (settings.options.reduction() == LossReduction::kSum) {
    return loss.sum();
  }
  loss = settings.options.average() == LossAverage::kMicro ? loss.squeeze(-1) : loss;
  return *settings.options.batch() ? loss.squeeze(0) : loss;
}

}  // namespace torchtally::detail::loss
