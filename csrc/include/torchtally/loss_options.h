/// \file
/// The options of every loss in `torchtally/losses.h`: named, in any order, and chained, as torch's own options are.
///
///     LossOptions().ignore_index(255).batch(true)
///
/// Names, meanings and defaults are those of the Python package. The getter of an option has its name too, and returns
/// nothing where the option was not set.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/util/ArrayRef.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <torchtally/detail/names.h>
#include <torchtally/overlap_sums.h>

namespace torchtally {

/// Whether the classes of a loss are kept apart.
enum class LossAverage {
  kMacro,  ///< a loss for each class, averaged
  kMicro,  ///< the sums of all classes are pooled first
};

/// What a class without a target pixel does (in the sample, or in the batch with `batch(true)`).
enum class Absent {
  kKeep,  ///< counts like any other
  kZero,  ///< has loss 0 and stays in the mean
  kSkip,  ///< leaves the mean of its sample
};

/// The loss of an overlap index.
enum class LossForm {
  kComplement,  ///< 1 - index
  kNegative,    ///< -index
  kLog,         ///< -log(max(index, log_eps))
};

/// How the losses of entries become one.
enum class LossReduction {
  kMean,  ///< their mean
  kSum,   ///< their sum
  kNone,  ///< one value an entry: `[N, E]`, without N for `batch(true)` and without E where classes are pooled
};

/// What the exponent gamma is applied to.
enum class GammaOf {
  kEntries,  ///< the loss of each entry
  kMean,     ///< their mean
};

/// The weight of a class in the generalized Dice loss, t being the size of its target.
enum class LossWeightType {
  kSquare,   ///< 1 / t^2
  kSimple,   ///< 1 / t
  kUniform,  ///< 1
};

namespace detail {

template <>
struct Words<LossAverage> {
  static constexpr const char* option = "average";
  static constexpr const char* words[] = {"macro", "micro"};
};

template <>
struct Words<Absent> {
  static constexpr const char* option = "absent";
  static constexpr const char* words[] = {"keep", "zero", "skip"};
};

template <>
struct Words<LossForm> {
  static constexpr const char* option = "form";
  static constexpr const char* words[] = {"complement", "negative", "log"};
};

template <>
struct Words<LossReduction> {
  static constexpr const char* option = "reduction";
  static constexpr const char* words[] = {"mean", "sum", "none"};
};

template <>
struct Words<GammaOf> {
  static constexpr const char* option = "gamma_of";
  static constexpr const char* words[] = {"entries", "mean"};
};

template <>
struct Words<LossWeightType> {
  static constexpr const char* option = "weight_type";
  static constexpr const char* words[] = {"square", "simple", "uniform"};
};

}  // namespace detail

// Not part of the API: undefined at the end of this file.
#define TORCHTALLY_OPTION(type, name) \
  LossOptions& name(type value) {     \
    name##_ = std::move(value);       \
    return *this;                     \
  }                                   \
  const std::optional<type>& name() const { return name##_; }

#define TORCHTALLY_LIST_OPTION(type, name)       \
  LossOptions& name(at::ArrayRef<type> values) { \
    name##_ = values.vec();                      \
    return *this;                                \
  }                                              \
  const std::optional<std::vector<type>>& name() const { return name##_; }

#define TORCHTALLY_WEIGHTS_OPTION(name)                                                                    \
  LossOptions& name(at::Tensor weights) {                                                                  \
    name##_ = std::move(weights);                                                                          \
    return *this;                                                                                          \
  }                                                                                                        \
  LossOptions& name(const std::vector<double>& weights) { return name(at::tensor(weights, at::kDouble)); } \
  const std::optional<at::Tensor>& name() const { return name##_; }

/// The options of losses. An option that is set and that the loss does not take is refused by c10::TypeError. In the
/// formulas nr is smooth_nr, dr is smooth_dr.
class LossOptions {
 public:
  // How pixels become sums. Functions of sums already taken have none of these, but for the activation of Dice +
  // cross-entropy.

  /// Activation::kSoftmax. For dice_ce_loss_from_sums: what the sums were taken with.
  TORCHTALLY_OPTION(Activation, activation)
  /// Target labels whose pixels count nowhere, one or several: none.
  TORCHTALLY_LIST_OPTION(int64_t, ignore_index)
  /// Look at the values of CPU tensors: with Activation::kNone a number outside [0, 1] throws, and logits that look
  /// like probabilities warn once. True.
  TORCHTALLY_OPTION(bool, validate)

  // How the overlap of a class is read off the sums. Generalized Dice has no squared_pred and no soft_label.

  /// Sizes are sums of squares, of p and of t, instead of p and t: false.
  TORCHTALLY_OPTION(bool, squared_pred)
  /// The intersection is (sum p + sum t - sum |p - t|) / 2, which is greatest at p = t for targets between 0 and 1
  /// too. No effect with squared_pred. False.
  TORCHTALLY_OPTION(bool, soft_label)
  /// Added to the numerator: 1e-5.
  TORCHTALLY_OPTION(double, smooth_nr)
  /// Added to the denominator: 1e-5. A ratio 0 / 0 is worth 1: nothing was missed.
  TORCHTALLY_OPTION(double, smooth_dr)
  /// The denominator is at least this: 0.
  TORCHTALLY_OPTION(double, eps)

  // Which classes and samples are entries of the loss.

  /// The classes to score, in this order: all.
  TORCHTALLY_LIST_OPTION(int64_t, classes)
  /// False leaves class 0 out: true.
  TORCHTALLY_OPTION(bool, include_background)
  /// Add the sums of all samples up before any ratio: one ratio a class, not one a class and sample. False.
  TORCHTALLY_OPTION(bool, batch)

  // How the ratios of entries become a loss. Of these, generalized Dice takes the reduction alone.

  /// LossAverage::kMacro.
  TORCHTALLY_OPTION(LossAverage, average)
  /// Absent::kKeep.
  TORCHTALLY_OPTION(Absent, absent)
  /// A weight for each of the C classes, real [C], or a scalar tensor for all: none. That of a class which is left
  /// out is not used. kMacro multiplies losses, kMicro sums. A CUDA tensor spares each call a copy.
  TORCHTALLY_WEIGHTS_OPTION(class_weights)
  /// Divide by the sum of the class weights, not by the number of classes: false.
  TORCHTALLY_OPTION(bool, normalize_weights)
  /// class_weights may also hold the weights of the scored classes only: false.
  TORCHTALLY_OPTION(bool, short_weights)
  /// LossForm::kComplement; kLog for log_dice.
  TORCHTALLY_OPTION(LossForm, form)
  /// Lower bound of the index for LossForm::kLog: 1e-7.
  TORCHTALLY_OPTION(double, log_eps)
  /// LossReduction::kMean. Dice + cross-entropy has a mean for each sample, [N], for kNone.
  TORCHTALLY_OPTION(LossReduction, reduction)

  // Of some losses.

  /// The Dice losses: (2 I + nr) / (2 (A + B - I) + dr), the Jaccard index as MONAI smooths it. False.
  TORCHTALLY_OPTION(bool, jaccard)
  /// The Tversky losses: weight of what was predicted wrongly, 0.5; focal 0.3.
  TORCHTALLY_OPTION(double, alpha)
  /// The Tversky losses: weight of what was missed, 0.5; focal 0.7.
  TORCHTALLY_OPTION(double, beta)
  /// Jaccard and the Tversky losses: exponent of the loss, 1; focal 0.75.
  TORCHTALLY_OPTION(double, gamma)
  /// Jaccard and the Tversky losses: GammaOf::kEntries.
  TORCHTALLY_OPTION(GammaOf, gamma_of)
  /// Generalized Dice: LossWeightType::kSquare.
  TORCHTALLY_OPTION(LossWeightType, weight_type)

  // Of Dice + cross-entropy.

  /// Weight of the Dice term: 1.
  TORCHTALLY_OPTION(double, lambda_dice)
  /// Weight of the cross-entropy: 1.
  TORCHTALLY_OPTION(double, lambda_ce)
  /// Class weights of the cross-entropy, as torch's cross_entropy takes them: real [C] or a scalar tensor, none. For
  /// sums already taken: the class_weight they were taken with, which the mean divides by.
  TORCHTALLY_WEIGHTS_OPTION(ce_weight)
  /// Of the cross-entropy, in [0, 1]: 0.
  TORCHTALLY_OPTION(double, label_smoothing)
  /// dice_ce_loss_from_sums: true if the target of the sums was not labels. False.
  TORCHTALLY_OPTION(bool, soft_target)

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    f("activation", options.activation_...);
    f("ignore_index", options.ignore_index_...);
    f("validate", options.validate_...);
    f("squared_pred", options.squared_pred_...);
    f("soft_label", options.soft_label_...);
    f("smooth_nr", options.smooth_nr_...);
    f("smooth_dr", options.smooth_dr_...);
    f("eps", options.eps_...);
    f("classes", options.classes_...);
    f("include_background", options.include_background_...);
    f("batch", options.batch_...);
    f("average", options.average_...);
    f("absent", options.absent_...);
    f("class_weights", options.class_weights_...);
    f("normalize_weights", options.normalize_weights_...);
    f("short_weights", options.short_weights_...);
    f("form", options.form_...);
    f("log_eps", options.log_eps_...);
    f("reduction", options.reduction_...);
    f("jaccard", options.jaccard_...);
    f("alpha", options.alpha_...);
    f("beta", options.beta_...);
    f("gamma", options.gamma_...);
    f("gamma_of", options.gamma_of_...);
    f("weight_type", options.weight_type_...);
    f("lambda_dice", options.lambda_dice_...);
    f("lambda_ce", options.lambda_ce_...);
    f("ce_weight", options.ce_weight_...);
    f("label_smoothing", options.label_smoothing_...);
    f("soft_target", options.soft_target_...);
  }

 private:
  std::optional<Activation> activation_;
  std::optional<std::vector<int64_t>> ignore_index_, classes_;
  std::optional<bool> validate_, squared_pred_, soft_label_, include_background_, batch_, normalize_weights_,
      short_weights_, jaccard_, soft_target_;
  std::optional<double> smooth_nr_, smooth_dr_, eps_, log_eps_, alpha_, beta_, gamma_, lambda_dice_, lambda_ce_,
      label_smoothing_;
  std::optional<LossAverage> average_;
  std::optional<Absent> absent_;
  std::optional<at::Tensor> class_weights_, ce_weight_;
  std::optional<LossForm> form_;
  std::optional<LossReduction> reduction_;
  std::optional<GammaOf> gamma_of_;
  std::optional<LossWeightType> weight_type_;
};

#undef TORCHTALLY_OPTION
#undef TORCHTALLY_LIST_OPTION
#undef TORCHTALLY_WEIGHTS_OPTION

}  // namespace torchtally
