// From options and logits to a loss: what options must be, and how sums are taken.
#pragma once

#include <utility>

#include <torchtally/detail/loss_target.h>

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
  check_constant(op, name, weights, "they never get");
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
  refuse_idle(op, o, filled(filled(LossOptions(), loss.defaults)));
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
    TORCH_CHECK_VALUE(o.ce_activation() != Activation::kNone, op,
                      ": ce_activation must be one of 'softmax', 'sigmoid', got 'none'");
    TORCH_CHECK_VALUE(o.activation() != Activation::kNone || o.ce_activation().has_value(), op,
                      ": activation='none' leaves no logits for the cross-entropy; pass logits with 'softmax' or "
                      "'sigmoid', or ce_activation");
    TORCH_CHECK_VALUE(o.reduction() != LossReduction::kNone || !*o.batch(), op,
                      ": reduction='none' is a loss for each sample, so batch must be False");
  }
  const bool soft_target = *o.soft_target();
  return {&loss, op, std::move(o), soft_target};
}

// Calls overlap_sums in the name of a loss, whose input is called logits.
template <class Call>
auto in_words_of(const std::string& op, Call&& call) {
  const auto words = [&](const c10::Error& error) {
    std::string text = error.what_without_backtrace();
    if (text.rfind("overlap_sums: ", 0) != 0) {
      return text;
    }
    text = op + text.substr(text.find(':'));
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"input's", "logits'"}, {"input", "logits"}}) {
      for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
      }
    }
    return text;
  };
  try {
    return call();
  } catch (const c10::TypeError& error) {
    TORCH_CHECK_TYPE(false, words(error));
  } catch (const c10::ValueError& error) {
    TORCH_CHECK_VALUE(false, words(error));
  }
}

// The sums of classes that do not depend on each other, with a mask for each: each class of a sample is a sample of one
// class.
inline OverlapSums sums_of_labels(const at::Tensor& logits, const Target& given, Activation activation) {
  OverlapSums sums = overlap_sums(logits.flatten(0, 1).unsqueeze(1), given.target.flatten(0, 1).unsqueeze(1),
                                  OverlapOptions().activation(activation).mask(given.mask->flatten(0, 1)));
  for (at::Tensor* field : {&sums.intersection, &sums.prediction, &sums.squared, &sums.target, &sums.target_squared,
                            &sums.difference, &sums.cross_entropy, &sums.count, &sums.invalid}) {
    *field = field->view({logits.size(0), logits.size(1)});
  }
  return sums;
}

// The loss of sums, float64.
inline at::Tensor loss_of_sums(const Settings& settings, const OverlapSums& sums) {
  TORCH_CHECK_TYPE(sums.intersection.defined() && sums.count.defined(), settings.op,
                   ": sums must be what overlap_sums returned, got undefined tensors");
  return settings.definition->formula(settings, sums);
}

// Adds what the cross-entropy is taken with; the weights of `chosen` become [C], on the device of logits.
inline OverlapOptions entropy_options(Settings& chosen, const at::Tensor& logits, OverlapOptions options) {
  LossOptions& o = chosen.options;
  const int64_t classes = logits.size(1);
  const bool binary_monai = o.conventions() == Conventions::kMonai && classes == 1;
  const Activation activation = o.ce_activation().value_or(*o.activation());
  options.activation(activation == Activation::kSoftmax && classes == 1 ? Activation::kSigmoid : activation);
  options.label_smoothing(binary_monai ? 0.0 : *o.label_smoothing());
  if (o.ce_weight().has_value()) {
    TORCH_CHECK_VALUE(!binary_monai, chosen.op,
                      ": ce_weight must be None for one class with conventions='monai', whose weight is a pos_weight; "
                      "got a weight");
    const at::Tensor weight = o.ce_weight()->dim() == 0 ? o.ce_weight()->expand({classes}) : *o.ce_weight();
    TORCH_CHECK_VALUE(weight.size(0) == classes, chosen.op, ": ce_weight must have one weight for each of ", classes,
                      " classes, got ", weight.size(0));
    o.ce_weight(weight.to(logits.device()).contiguous());
    options.class_weight(*o.ce_weight());
  }
  return options;
}

// The loss of logits: float64 for float64 logits, float32 otherwise.
inline at::Tensor loss_of_logits(const Settings& settings, const at::Tensor& logits, const at::Tensor& target,
                                 const std::optional<at::Tensor>& mask) {
  check_logits(settings, logits, target);
  const Target given = checked_target(settings, logits, target, overlap::given(mask));
  Settings chosen = settings;
  LossOptions& o = chosen.options;
  chosen.soft_target = given.target.dim() != logits.dim() - 1;
  OverlapOptions options;
  options.activation(*o.activation()).ignore_index(given.ignore_index).mask(given.mask.value_or(at::Tensor()));
  OverlapOptions of_entropy = options;
  if (settings.definition->has_cross_entropy) {
    of_entropy = entropy_options(chosen, logits, of_entropy);
  }
  const bool one_pass = of_entropy.activation() == options.activation();
  const OverlapSums sums = in_words_of(settings.op, [&] {
    if (given.mask.has_value() && given.mask->dim() == logits.dim()) {
      return sums_of_labels(logits, given, *options.activation());
    }
    OverlapSums all = overlap_sums(logits, given.target, one_pass ? of_entropy : options);
    if (!one_pass) {
      all.cross_entropy = overlap_sums(logits, given.target, of_entropy).cross_entropy;
    }
    return all;
  });
  o.activation(*of_entropy.activation());  // which the mean of the cross-entropy asks for
  const at::Tensor loss = loss_of_sums(chosen, sums);
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
