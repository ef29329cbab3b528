// Written by scripts/generate_api.py from python/torchtally/functional/losses/_options.py and _definitions.py.
// clang-format off
#pragma once

/// \file
/// The options of every loss in `torchtally/losses.h`: named, in any order, and chained, as torch's own are.
///
///     LossOptions().ignore_index(255).batch(true)
///
/// Names, meanings and defaults are those of the Python package. The getter of an option has its name too, and returns
/// nothing where the option was not set.
#include <torchtally/detail/option_types.h>
#include <torchtally/enums.h>

namespace torchtally {

/// The options of losses. An option that is set and that the loss does not take is refused by c10::TypeError. In the
/// formulas nr is smooth_nr, dr is smooth_dr.
class LossOptions {
  using Self = LossOptions;

 public:
  /// What makes probabilities of the logits. Default: Activation::kSoftmax.
  TORCHTALLY_DETAIL_OPTION(Activation, activation)
  /// A target label, or several, whose pixels count nowhere.
  TORCHTALLY_DETAIL_LIST_OPTION(int64_t, ignore_index)
  /// Look at the values of CPU tensors: a number outside [0, 1] throws, of a target of logits' shape and with
  /// Activation::kNone; logits that look like probabilities, and rows of an image in the place of classes, warn once.
  /// CUDA tensors and compiled code are never looked at. Default: true.
  TORCHTALLY_DETAIL_OPTION(bool, validate)
  /// Of dice, dice_ce, log_dice. The Jaccard index: (2 I + nr) / (2 (A + B - I) + dr), as MONAI. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, jaccard)
  /// Not of generalized_dice. Sizes are sums of squares: of p and of t, instead of p and t. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, squared_pred)
  /// The intersection is (sum p + sum t - sum |p - t|) / 2, which is greatest at p = t for targets between 0 and 1 too.
  /// Not with squared_pred. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, soft_label)
  /// Added to the numerator. Default: 1e-05.
  TORCHTALLY_DETAIL_OPTION(double, smooth_nr)
  /// Added to the denominator. A ratio 0 / 0 is worth 1: nothing was missed. Default: 1e-05.
  TORCHTALLY_DETAIL_OPTION(double, smooth_dr)
  /// The denominator is at least this: max(denominator, eps). Default: 0.0.
  TORCHTALLY_DETAIL_OPTION(double, eps)
  /// The classes to score, in this order; unset for all.
  TORCHTALLY_DETAIL_LIST_OPTION(int64_t, classes)
  /// False leaves class 0 out. Default: true.
  TORCHTALLY_DETAIL_OPTION(bool, include_background)
  /// Whose reading of tensors holds. Default: Conventions::kOwn.
  TORCHTALLY_DETAIL_OPTION(Conventions, conventions)
  /// Add the sums of all samples up before any ratio: one ratio a class, not one a class and sample. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, batch)
  /// Not of generalized_dice. Default: LossAverage::kMacro.
  TORCHTALLY_DETAIL_OPTION(LossAverage, average)
  /// Not of generalized_dice. What a class without a target pixel does (in the sample, or in the batch with
  /// batch=true). Default: Absent::kKeep.
  TORCHTALLY_DETAIL_OPTION(Absent, absent)
  /// Not of generalized_dice. A weight for each of the C classes, real [C] or a scalar tensor; that of a class which is
  /// left out is not used. Macro averages multiply losses by them, micro averages sums.
  TORCHTALLY_DETAIL_WEIGHTS_OPTION(class_weights)
  /// Not of generalized_dice. Divide by the sum of the class weights, not by the number of classes. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, normalize_weights)
  /// Not of generalized_dice. class_weights may also hold the weights of the scored classes only. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, short_weights)
  /// Not of generalized_dice. The loss of an overlap index. Default: LossForm::kComplement; log_dice LossForm::kLog.
  TORCHTALLY_DETAIL_OPTION(LossForm, form)
  /// Not of generalized_dice. Lower bound of the index with LossForm::kLog. Default: 1e-07.
  TORCHTALLY_DETAIL_OPTION(double, log_eps)
  /// Default: LossReduction::kMean.
  TORCHTALLY_DETAIL_OPTION(LossReduction, reduction)
  /// Of generalized_dice. Weight of a class whose target has size T. Default: LossWeightType::kSquare.
  TORCHTALLY_DETAIL_OPTION(LossWeightType, weight_type)
  /// Of tversky, focal_tversky. Weight of what was predicted wrongly, not negative. Default: 0.5; focal_tversky 0.3.
  TORCHTALLY_DETAIL_OPTION(double, alpha)
  /// Of tversky, focal_tversky. Weight of what was missed, not negative. Default: 0.5; focal_tversky 0.7.
  TORCHTALLY_DETAIL_OPTION(double, beta)
  /// Of jaccard, tversky, focal_tversky. Exponent of the loss. Default: 1.0; focal_tversky 0.75.
  TORCHTALLY_DETAIL_OPTION(double, gamma)
  /// Of jaccard, tversky, focal_tversky. What is raised to gamma. Default: GammaOf::kEntries.
  TORCHTALLY_DETAIL_OPTION(GammaOf, gamma_of)
  /// Of dice_ce. Weight of the Dice term. Default: 1.0.
  TORCHTALLY_DETAIL_OPTION(double, lambda_dice)
  /// Of dice_ce. Weight of the cross-entropy. Default: 1.0.
  TORCHTALLY_DETAIL_OPTION(double, lambda_ce)
  /// Of dice_ce. Class weights of the cross-entropy, real [C] or a scalar tensor, as weight of
  /// torch.nn.functional.cross_entropy. For sums already taken: the class_weight they were taken with, which the mean
  /// divides by.
  TORCHTALLY_DETAIL_WEIGHTS_OPTION(ce_weight)
  /// Of dice_ce. The activation of the cross-entropy where it is another than that of the Dice term, at the cost of a
  /// second pass. The Dice term may have Activation::kNone then: it is of the numbers as they are.
  TORCHTALLY_DETAIL_OPTION(Activation, ce_activation)
  /// Of dice_ce. Label smoothing of the cross-entropy, in [0, 1]. Default: 0.0.
  TORCHTALLY_DETAIL_OPTION(double, label_smoothing)
  /// Of dice_ce. True if the target of the sums was soft. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, soft_target)

  /// What holds where an option is not set: nothing, for those that are not here.
  static LossOptions defaults() {
    return LossOptions()
        .activation(Activation::kSoftmax).validate(true).jaccard(false).squared_pred(false).soft_label(false)
        .smooth_nr(1e-05).smooth_dr(1e-05).eps(0.0).include_background(true).conventions(Conventions::kOwn)
        .batch(false).average(LossAverage::kMacro).absent(Absent::kKeep).normalize_weights(false)
        .short_weights(false).form(LossForm::kComplement).log_eps(1e-07).reduction(LossReduction::kMean)
        .weight_type(LossWeightType::kSquare).alpha(0.5).beta(0.5).gamma(1.0).gamma_of(GammaOf::kEntries)
        .lambda_dice(1.0).lambda_ce(1.0).label_smoothing(0.0).soft_target(false).ignore_index({});
  }

  /// Options that have an effect beside some values of others only.
  static const std::vector<detail::Need>& needs() {
    static const std::vector<detail::Need> all = {
        {"soft_label", "squared_pred", {"False"}}, {"normalize_weights", "average", {"'macro'"}},
        {"normalize_weights", "reduction", {"'mean'"}}, {"log_eps", "form", {"'log'"}}};
    return all;
  }

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    f("activation", options.activation_...), f("ignore_index", options.ignore_index_...),
    f("validate", options.validate_...), f("jaccard", options.jaccard_...), f("squared_pred", options.squared_pred_...),
    f("soft_label", options.soft_label_...), f("smooth_nr", options.smooth_nr_...),
    f("smooth_dr", options.smooth_dr_...), f("eps", options.eps_...), f("classes", options.classes_...),
    f("include_background", options.include_background_...), f("conventions", options.conventions_...),
    f("batch", options.batch_...), f("average", options.average_...), f("absent", options.absent_...),
    f("class_weights", options.class_weights_...), f("normalize_weights", options.normalize_weights_...),
    f("short_weights", options.short_weights_...), f("form", options.form_...), f("log_eps", options.log_eps_...),
    f("reduction", options.reduction_...), f("weight_type", options.weight_type_...), f("alpha", options.alpha_...),
    f("beta", options.beta_...), f("gamma", options.gamma_...), f("gamma_of", options.gamma_of_...),
    f("lambda_dice", options.lambda_dice_...), f("lambda_ce", options.lambda_ce_...),
    f("ce_weight", options.ce_weight_...), f("ce_activation", options.ce_activation_...),
    f("label_smoothing", options.label_smoothing_...), f("soft_target", options.soft_target_...);
  }
};

}  // namespace torchtally
