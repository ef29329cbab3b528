// From logits to sums: what logits and targets must be, and what they are mistaken for.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <torchtally/detail/loss_formulas.h>
#include <torchtally/overlap_sums.h>

namespace torchtally::detail::loss {

inline void check_logits(const Settings& settings, const at::Tensor& logits, const at::Tensor& target) {
  const std::string& op = settings.op;
  TORCH_CHECK_TYPE(logits.defined(), op, ": logits must be a tensor, got an undefined one");
  TORCH_CHECK_TYPE(target.defined(), op, ": target must be a tensor, got an undefined one");
  TORCH_CHECK_VALUE(logits.dim() >= 2 && logits.size(1) > 0, op,
                    ": logits must be [N, C, ...] with at least one class, got ", shape_text(logits));
  TORCH_CHECK_VALUE(settings.activation != Activation::kSoftmax || logits.size(1) != 1, op,
                    ": the softmax of one class is always 1; pass activation='sigmoid' for logits of shape ",
                    shape_text(logits));
}

// Judges by the first pixels of the first sample.
inline bool look_like_probabilities(const at::Tensor& logits, Activation activation) {
  constexpr int64_t kSample = 256;
  at::Tensor first = logits.detach().select(0, 0);  // [C, ...]
  while (first.dim() > 2) {
    first = first.select(1, 0);
  }
  first = first.slice(-1, 0, kSample);
  const auto least = first.min().item<double>();
  const auto most = first.max().item<double>();
  if (!(least >= 0 && most <= 1)) {
    return false;
  }
  if (activation == Activation::kSoftmax) {
    return ((first.to(at::kDouble).sum(0) - 1).abs() < 1e-2).all().item<bool>();
  }
  return most > least;
}

// "0.5"
inline std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return value != value ? "nan" : text;
}

// Catches probabilities given for logits, by one warning, and logits for probabilities.
inline void look_at_values(const Settings& settings, const at::Tensor& logits) {
  static std::atomic<bool> warned[2] = {};  // of softmax and sigmoid
  constexpr double kRounding = 1e-5;
  if (logits.numel() == 0 || !overlap::may_look(logits)) {
    return;
  }
  if (settings.activation == Activation::kNone) {
    const auto bounds = at::aminmax(logits.detach());
    const auto least = std::get<0>(bounds).item<double>();
    const auto most = std::get<1>(bounds).item<double>();
    TORCH_CHECK_VALUE(least >= -kRounding && most <= 1 + kRounding, settings.op,
                      ": probabilities must lie in [0, 1] with activation='none', got ", short_text(least), " to ",
                      short_text(most), "; pass activation='softmax' or 'sigmoid' for logits");
    return;
  }
  auto& seen = warned[static_cast<size_t>(settings.activation)];
  if (!seen && look_like_probabilities(logits, settings.activation) && !seen.exchange(true)) {
    const bool softmax = settings.activation == Activation::kSoftmax;
    TORCH_WARN(settings.op, ": logits look like probabilities (within [0, 1]",
               softmax ? ", summing to 1 over classes" : "", "), and ", name_of(settings.activation),
               " is applied to them: leave the last activation of the model out, or pass activation='none'");
  }
}

// Whether a tensor of this dtype can hold a value: one that it cannot hold would wrap in a comparison.
inline bool holds(c10::ScalarType type, int64_t value) {
  switch (type) {
    case at::kBool:
      return value == 0 || value == 1;
    case at::kByte:
      return value >= 0 && value <= std::numeric_limits<uint8_t>::max();
    case at::kChar:
      return value >= std::numeric_limits<int8_t>::min() && value <= std::numeric_limits<int8_t>::max();
    case at::kShort:
      return value >= std::numeric_limits<int16_t>::min() && value <= std::numeric_limits<int16_t>::max();
    case at::kUInt16:
      return value >= 0 && value <= std::numeric_limits<uint16_t>::max();
    case at::kInt:
      return value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
    case at::kUInt32:
      return value >= 0 && value <= std::numeric_limits<uint32_t>::max();
    case at::kUInt64:
      return value >= 0;
    default:
      return true;
  }
}

// What overlap_sums is given for a target.
struct Target {
  at::Tensor target;
  std::optional<at::Tensor> mask;
  std::vector<int64_t> ignore_index;
};

// Labels 0 and 1 of a single class become a target of logits' shape, and ignored ones go to the mask. Any other target
// stays as it is.
inline Target binary_target(const Settings& settings, const at::Tensor& logits, const at::Tensor& target,
                            const std::optional<at::Tensor>& mask) {
  const bool labels = target.dim() == logits.dim() - 1 && !target.is_floating_point();
  if (logits.size(1) != 1 || !labels) {
    return {target, mask, settings.ignore_index};
  }
  const at::Tensor positive = target == 1;
  const at::Tensor known = positive | (target == 0);
  at::Tensor counted = mask ? *mask : at::ones_like(positive);
  for (const int64_t value : settings.ignore_index) {
    if (holds(target.scalar_type(), value)) {
      counted = counted & (target != value);
    }
  }
  if (overlap::may_look(target) && !(known | ~counted).all().item<bool>()) {
    const at::Tensor bad = std::get<0>(at::_unique(target.index({counted & ~known}).to(at::kLong)));
    std::string values;
    for (int64_t i = 0; i < std::min<int64_t>(bad.numel(), 3); ++i) {
      values += (i > 0 ? ", " : "") + std::to_string(bad[i].item<int64_t>());
    }
    TORCH_CHECK_VALUE(false, settings.op, ": labels of one class must be 0, 1 or equal ignore_index, got ", values);
  }
  return {positive.unsqueeze(1), counted & known, {}};
}

// ce_weight as [C] on the device of logits.
inline at::Tensor full_weight(const Settings& settings, const at::Tensor& logits) {
  const int64_t classes = logits.size(1);
  const at::Tensor& given = settings.ce_weight;
  const at::Tensor weight = given.dim() == 0 ? given.expand({classes}) : given;
  TORCH_CHECK_VALUE(weight.size(0) == classes, settings.op, ": ce_weight must have one weight for each of ", classes,
                    " classes, got ", weight.size(0));
  return weight.to(logits.device()).contiguous();
}

// The loss of logits: float64 for float64 logits, float32 otherwise.
inline at::Tensor loss_of_logits(const Settings& settings, const at::Tensor& logits, const at::Tensor& target,
                                 const std::optional<at::Tensor>& mask) {
  check_logits(settings, logits, target);
  if (settings.validate) {
    look_at_values(settings, logits);
  }
  const bool masked = mask && mask->defined();
  const Target given = binary_target(settings, logits, target, masked ? mask : std::nullopt);
  Settings chosen = settings;
  chosen.soft_target = given.target.dim() != logits.dim() - 1;
  OverlapOptions options;
  options.activation(chosen.activation).ignore_index(given.ignore_index).mask(given.mask);
  if (chosen.kind == Kind::kDiceCE) {
    options.label_smoothing(chosen.label_smoothing);
    if (chosen.ce_weight.defined()) {
      chosen.ce_weight = full_weight(chosen, logits);
      options.class_weight(chosen.ce_weight);
    }
  }
  const at::Tensor loss = loss_of_sums(chosen, overlap_sums(logits, given.target, options));
  return loss.to(c10::promoteTypes(logits.scalar_type(), at::kFloat));
}

}  // namespace torchtally::detail::loss
