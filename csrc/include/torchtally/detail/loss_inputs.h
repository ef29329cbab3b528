// From options and logits to a loss: what each must be, and what logits and targets are mistaken for.
#pragma once

#include <atomic>
#include <limits>

#include <torchtally/detail/loss_table.h>

namespace torchtally::detail::loss {

// Of what a loss is called: logits, or sums already taken.
enum class Of { kLogits, kSums };

inline bool takes(const Definition& loss, Of of, std::string_view option) {
  if (of == Of::kSums && (contains(kPixels, option) || contains(kSummed, option))) {
    return loss.has_cross_entropy && contains(kSummed, option);
  }
  return !contains(loss.refused, option);
}

// Returns weights as float64 [C] or [], on the device they are on; the values of CPU tensors are looked at.
inline at::Tensor checked_weights(const std::string& op, const char* name, const at::Tensor& weights) {
  TORCH_CHECK_VALUE(weights.dim() <= 1 && !weights.is_complex() && weights.scalar_type() != at::kBool, op, ": ", name,
                    " must be a real [C] tensor, got ", text_of(weights.scalar_type()), " of shape ",
                    shape_text(weights));
  const at::Tensor tensor = weights.detach().to(at::kDouble);
  if (tensor.is_cpu()) {
    const at::Tensor contiguous = tensor.contiguous();
    const double* first = contiguous.const_data_ptr<double>();
    const std::vector<double> values(first, first + contiguous.numel());
    const bool good =
        std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
    TORCH_CHECK_VALUE(good, op, ": ", name, " must be finite and not negative, got ", text_of(values));
  }
  return tensor;
}

// Returns the options of a loss, or throws c10::TypeError or c10::ValueError.
inline Settings checked(Kind kind, Of of, const std::string& op, const LossOptions& given) {
  const Definition& loss = definition(kind);
  refuse_unknown(op, given, [&](std::string_view name) { return takes(loss, of, name); });
  LossOptions o = filled(filled(given, loss.defaults));
  LossOptions::each(
      [&](const char* name, auto& field) {
        using Value = std::decay_t<decltype(*field)>;
        if constexpr (std::is_same_v<Value, double>) {
          non_negative(op, name, *field);
        } else if constexpr (std::is_same_v<Value, at::Tensor>) {
          field = field.has_value() ? std::optional<at::Tensor>(checked_weights(op, name, *field)) : std::nullopt;
        }
      },
      o);
  if (o.classes().has_value()) {
    check_class_indices(op, *o.classes(), "classes must name at least one class, each once");
  }
  const double gamma = *o.gamma();
  TORCH_CHECK_VALUE(gamma > 0, op, ": gamma must be greater than 0, got ", number_text(gamma));
  TORCH_CHECK_VALUE(o.form() != LossForm::kNegative || gamma == 1, op,
                    ": gamma must be 1 with form='negative', whose losses are below 0, got ", number_text(gamma));
  TORCH_CHECK_VALUE(o.gamma_of() != GammaOf::kMean || gamma == 1 || o.reduction() == LossReduction::kMean, op,
                    ": gamma_of='mean' needs reduction='mean', got ", text_of(o.reduction()));
  if (loss.has_cross_entropy && of == Of::kSums) {
    TORCH_CHECK_VALUE(o.activation() != Activation::kNone, op,
                      ": activation must be one of 'softmax', 'sigmoid', got 'none'");
  } else if (loss.has_cross_entropy) {
    TORCH_CHECK_VALUE(*o.label_smoothing() <= 1, op, ": label_smoothing must lie in [0, 1], got ",
                      number_text(*o.label_smoothing()));
    TORCH_CHECK_VALUE(o.activation() != Activation::kNone, op,
                      ": activation='none' leaves no logits for the cross-entropy; pass logits with 'softmax' or "
                      "'sigmoid'");
    TORCH_CHECK_VALUE(o.reduction() != LossReduction::kNone || !*o.batch(), op,
                      ": reduction='none' is a loss for each sample, so batch must be False");
  }
  const bool soft_target = *o.soft_target();
  return {&loss, op, std::move(o), soft_target};
}

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
    const auto short_text = [](double value) {  // "0.5"
      char text[32];
      std::snprintf(text, sizeof(text), "%.4g", value);
      return std::string(std::isnan(value) ? "nan" : text);
    };
    TORCH_CHECK_VALUE(least >= -kRounding && most <= 1 + kRounding, settings.op,
                      ": probabilities must lie in [0, 1] with activation='none', got ", short_text(least), " to ",
                      short_text(most), "; pass activation='softmax' or 'sigmoid' for logits");
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
    return {target, mask, *settings.options.ignore_index()};
  }
  const at::Tensor positive = target == 1;
  const at::Tensor known = positive | (target == 0);
  const at::Tensor counted = counted_pixels(target, mask, *settings.options.ignore_index());
  TORCH_CHECK_VALUE(!overlap::may_look(target) || (known | ~counted).all().item<bool>(), settings.op,
                    ": labels of one class must be 0, 1 or equal ignore_index, got ",
                    first_labels(distinct(target.masked_select(counted & ~known)), target.scalar_type()));
  return {positive.unsqueeze(1), counted & known, {}};
}

// The loss of sums, float64.
inline at::Tensor loss_of_sums(const Settings& settings, const OverlapSums& sums) {
  TORCH_CHECK_TYPE(sums.intersection.defined() && sums.count.defined(), settings.op,
                   ": sums must be what overlap_sums returned, got undefined tensors");
  return settings.definition->formula(settings, sums);
}

// The loss of logits: float64 for float64 logits, float32 otherwise.
inline at::Tensor loss_of_logits(const Settings& settings, const at::Tensor& logits, const at::Tensor& target,
                                 const std::optional<at::Tensor>& mask) {
  check_logits(settings, logits, target);
  if (*settings.options.validate()) {
    look_at_values(settings, logits);
  }
  const Target given = binary_target(settings, logits, target, overlap::given(mask));
  Settings chosen = settings;
  LossOptions& o = chosen.options;
  chosen.soft_target = given.target.dim() != logits.dim() - 1;
  OverlapOptions options;
  options.activation(*o.activation()).ignore_index(given.ignore_index).mask(given.mask.value_or(at::Tensor()));
  if (settings.definition->has_cross_entropy) {
    options.label_smoothing(*o.label_smoothing());
    if (o.ce_weight().has_value()) {
      const int64_t classes = logits.size(1);
      const at::Tensor weight = o.ce_weight()->dim() == 0 ? o.ce_weight()->expand({classes}) : *o.ce_weight();
      TORCH_CHECK_VALUE(weight.size(0) == classes, settings.op, ": ce_weight must have one weight for each of ",
                        classes, " classes, got ", weight.size(0));
      o.ce_weight(weight.to(logits.device()).contiguous());
      options.class_weight(*o.ce_weight());
    }
  }
  const at::Tensor loss = loss_of_sums(chosen, overlap_sums(logits, given.target, options));
  return loss.to(c10::promoteTypes(logits.scalar_type(), at::kFloat));
}

}  // namespace torchtally::detail::loss

// The functions of a loss.
#define TORCHTALLY_DETAIL_LOSS(of_logits, of_sums, kind)                                                           \
  inline at::Tensor of_logits(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {}, \
                              const std::optional<at::Tensor>& mask = std::nullopt) {                              \
    namespace loss = detail::loss;                                                                                 \
    return loss::loss_of_logits(loss::checked(loss::Kind::kind, loss::Of::kLogits, #of_logits, options), logits,   \
                                target, mask);                                                                     \
  }                                                                                                                \
  inline at::Tensor of_sums(const OverlapSums& sums, const LossOptions& options = {}) {                            \
    namespace loss = detail::loss;                                                                                 \
    return loss::loss_of_sums(loss::checked(loss::Kind::kind, loss::Of::kSums, #of_sums, options), sums);          \
  }
