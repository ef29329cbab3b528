// Logits and targets of a loss: what each must be, what they are mistaken for, and what sums are taken of.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

#include <torchtally/detail/loss_table.h>

namespace torchtally::detail::loss {

inline void check_logits(const Settings& settings, const at::Tensor& logits, const at::Tensor& target) {
  const std::string& op = settings.op;
  check_defined(op, "logits", logits);
  check_defined(op, "target", target);
  TORCH_CHECK_VALUE(logits.dim() >= 2 && logits.size(1) > 0, op,
                    ": logits must be [N, C, ...] with at least one class, got ", shape_text(logits));
  TORCH_CHECK_VALUE(settings.options.activation() != Activation::kSoftmax || logits.size(1) != 1, op,
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

// Catches probabilities given for logits, by one warning, and logits for probabilities.
inline void look_at_values(const Settings& settings, const at::Tensor& logits) {
  static std::atomic<bool> warned[2] = {};  // of softmax and sigmoid
  constexpr double kRounding = 1e-5;
  if (logits.numel() == 0 || !overlap::may_look(logits)) {
    return;
  }
  if (settings.options.activation() == Activation::kNone) {
    const auto bounds = at::aminmax(logits.detach());
    const auto least = std::get<0>(bounds).item<double>();
    const auto most = std::get<1>(bounds).item<double>();
    TORCH_CHECK_VALUE(least >= -kRounding && most <= 1 + kRounding, settings.op,
                      ": probabilities must lie in [0, 1] with activation='none', got ", short_text(least, 4), " to ",
                      short_text(most, 4), "; pass activation='softmax' or 'sigmoid' for logits");
    return;
  }
  auto& seen = warned[static_cast<size_t>(*settings.options.activation())];
  if (!seen && look_like_probabilities(logits, *settings.options.activation()) && !seen.exchange(true)) {
    const bool softmax = settings.options.activation() == Activation::kSoftmax;
    TORCH_WARN(settings.op, ": logits look like probabilities (within [0, 1]",
               softmax ? ", summing to 1 over classes" : "", "), and ", name_of(*settings.options.activation()),
               " is applied to them: leave the last activation of the model out, or pass activation='none'");
  }
}

// What sums are taken of. The mask has logits' shape where classes are left out one by one.
struct Target {
  at::Tensor target;
  std::optional<at::Tensor> mask;
  std::vector<int64_t> ignore_index;
};

// Of unsigned numbers that torch hardly computes with.
inline bool is_wide(const at::Tensor& target) {
  const auto type = target.scalar_type();
  return type == at::kUInt16 || type == at::kUInt32 || type == at::kUInt64;
}

// A target that torch compares, on CPUs too.
inline at::Tensor comparable(const at::Tensor& target) { return is_wide(target) ? target.to(at::kLong) : target; }

inline void check_mask(const std::string& op, const at::Tensor& mask, const at::Tensor& logits) {
  TORCH_CHECK_TYPE(mask.scalar_type() == at::kBool, op, ": mask must be a bool tensor, got ",
                   text_of(mask.scalar_type()));
  std::vector<int64_t> shape = logits.sizes().vec();
  shape.erase(shape.begin() + 1);
  TORCH_CHECK_VALUE(mask.sizes() == at::IntArrayRef(shape), op, ": mask must be [N, ...] = ", text_of(shape), ", got ",
                    shape_text(mask));
}

// Labels [N, 1, ...] of several classes as [N, ...].
inline at::Tensor without_channel(const std::string& op, const at::Tensor& logits, const at::Tensor& target) {
  if (logits.size(1) == 1 || target.dim() != logits.dim() || target.size(1) != 1) {
    return target;
  }
  const at::Tensor labels = target.squeeze(1);
  if (!labels.is_floating_point()) {
    return labels;
  }
  const at::Tensor whole = labels.to(at::kLong);
  TORCH_CHECK_VALUE(!overlap::may_look(labels) || (whole == labels).all().item<bool>(), op,
                    ": labels must be whole numbers, got ",
                    short_text(labels.masked_select(whole != labels)[0].item<double>(), 6));
  return whole;
}

// For a target of logits' shape: a value that is ignored leaves the label that holds it out. MONAI leaves out pixels
// whose class it is, or that have none where it is not a class.
inline Target of_values(const Settings& settings, Target given) {
  const LossOptions& o = settings.options;
  const at::Tensor target = comparable(given.target);
  const int64_t classes = target.size(1);
  const bool one_by_one = o.activation() != Activation::kSoftmax && !settings.definition->has_cross_entropy;
  if (classes > 1 && o.conventions() == Conventions::kMonai) {
    at::Tensor counted = at::ones_like(target.select(1, 0), at::kBool);
    for (const int64_t value : given.ignore_index) {
      if (value < 0 || value >= classes) {
        counted = counted & (target.sum(1) > 0);
        continue;
      }
      const at::Tensor of_class = target.select(1, value);
      TORCH_CHECK_VALUE(!overlap::may_look(target) || ((of_class == 0) | (of_class == 1)).all().item<bool>(),
                        settings.op, ": ignore_index must name a class of a one-hot target, got class ", value,
                        " of a soft one; pass mask instead");
      counted = counted & (of_class != 1);
    }
    return {target, given.mask.has_value() ? counted & *given.mask : counted, {}};
  }
  if (classes > 1 && !(o.conventions() == Conventions::kSmp && one_by_one)) {
    return given;  // refused
  }
  at::Tensor counted;
  if (target.is_floating_point()) {
    counted = at::ones_like(target, at::kBool);
    for (const int64_t value : given.ignore_index) {
      counted = counted & (target != value);
    }
  } else {
    counted = counted_pixels(target, std::nullopt, given.ignore_index);
  }
  if (given.mask.has_value()) {
    counted = counted & given.mask->unsqueeze(1);
  }
  return {target, classes > 1 ? counted : counted.squeeze(1), {}};
}

// Catches values that are no shares of classes.
inline void look_at_shares(const std::string& op, at::Tensor values, const std::optional<at::Tensor>& mask) {
  constexpr double kRounding = 1e-5;
  if (values.scalar_type() == at::kBool) {
    return;
  }
  if (is_wide(values)) {
    values = values.to(at::kDouble);
  }
  double least = 0.0;
  double most = 0.0;
  const auto good = [&] {
    const auto bounds = at::aminmax(values);
    least = std::get<0>(bounds).item<double>();
    most = std::get<1>(bounds).item<double>();
    return least >= -kRounding && most <= 1 + kRounding;
  };
  if (good()) {
    return;
  }
  if (mask.has_value()) {
    const at::Tensor counted = mask->dim() == values.dim() ? *mask : mask->unsqueeze(1);
    values = values.masked_select(counted);
    if (values.numel() == 0 || good()) {
      return;
    }
  }
  TORCH_CHECK_VALUE(false, op, ": target of logits' shape must lie in [0, 1], got ",
                    short_text(least < -kRounding ? least : most, 6),
                    "; pass target > 0 for a binary mask, labels [N, ...] for classes, and mask to leave pixels out");
}

// Catches values that are no shares of classes, and by one warning rows that are taken for classes.
inline void look_at_target(const Settings& settings, const at::Tensor& logits, const Target& given) {
  static std::atomic<bool> warned{false};
  constexpr int64_t kLeastRows = 8;  // fewer are classes
  const at::Tensor& target = given.target;
  if (target.sizes() != logits.sizes() || target.numel() == 0 || !overlap::may_look(target)) {
    return;
  }
  look_at_shares(settings.op, target.detach(), given.mask);
  const int64_t classes = logits.size(1);
  if (settings.options.activation() == Activation::kSoftmax || warned || classes < kLeastRows) {
    return;
  }
  const auto spatial = logits.sizes().slice(2);
  const int64_t size = spatial.empty() ? 0 : *std::max_element(spatial.begin(), spatial.end());
  if (size > 0 && size <= 2 * classes && !warned.exchange(true)) {  // as of images and volumes
    TORCH_WARN(settings.op, ": logits and target ", shape_text(logits), " are read as ", logits.size(0), " samples of ",
               classes, " classes: for masks of one class pass logits.unsqueeze(1) and target.unsqueeze(1)");
  }
}

// Labels 0 and 1 of a single class become a target of logits' shape, and ignored ones go to the mask. Any other target
// stays as it is.
inline Target binary_target(const Settings& settings, const at::Tensor& logits, Target given) {
  const at::Tensor& target = given.target;
  const bool labels = target.dim() == logits.dim() - 1 && !target.is_floating_point();
  if (logits.size(1) != 1 || !labels) {
    return given;
  }
  const at::Tensor labels_here = comparable(target);
  const at::Tensor positive = labels_here == 1;
  const at::Tensor known = positive | (labels_here == 0);
  const at::Tensor counted = counted_pixels(target, given.mask, given.ignore_index);
  TORCH_CHECK_VALUE(!overlap::may_look(target) || (known | ~counted).all().item<bool>(), settings.op,
                    ": labels of one class must be 0, 1 or equal ignore_index, got ",
                    first_labels(distinct(labels_here.masked_select(counted & ~known)), target.scalar_type()));
  return {positive.unsqueeze(1), counted & known, {}};
}

// Target, mask and ignore_index as sums are taken of them.
inline Target checked_target(const Settings& settings, const at::Tensor& logits, const at::Tensor& target,
                             const std::optional<at::Tensor>& mask) {
  const LossOptions& o = settings.options;
  Target given{target, mask, *o.ignore_index()};
  if (mask.has_value()) {
    check_mask(settings.op, *mask, logits);
  }
  if (o.conventions() != Conventions::kOwn) {
    given.target = without_channel(settings.op, logits, target);
    if (!given.ignore_index.empty() && given.target.sizes() == logits.sizes()) {
      given = of_values(settings, std::move(given));
    }
  }
  if (*o.validate()) {
    if (!settings.definition->has_cross_entropy || o.activation() != Activation::kNone) {
      look_at_values(settings, logits);
    }
    look_at_target(settings, logits, given);
  }
  return binary_target(settings, logits, std::move(given));
}

}  // namespace torchtally::detail::loss
