// Written by scripts/generate_api.py from python/torchtally/functional/losses/_options.py and _definitions.py.
// clang-format off
#pragma once

// The losses as data: their names, formulas and options.
#include <torchtally/detail/loss_formulas.h>

// X(enumerator, function of logits, function of sums, module) for every loss.
#define TORCHTALLY_LOSSES(X) \
  X(kDice, dice_loss, dice_loss_from_sums, DiceLoss) \
  X(kDiceCE, dice_ce_loss, dice_ce_loss_from_sums, DiceCELoss) \
  X(kJaccard, jaccard_loss, jaccard_loss_from_sums, JaccardLoss) \
  X(kTversky, tversky_loss, tversky_loss_from_sums, TverskyLoss) \
  X(kFocalTversky, focal_tversky_loss, focal_tversky_loss_from_sums, FocalTverskyLoss) \
  X(kGeneralizedDice, generalized_dice_loss, generalized_dice_loss_from_sums, GeneralizedDiceLoss) \
  X(kLogDice, log_dice_loss, log_dice_loss_from_sums, LogDiceLoss)

namespace torchtally::detail::loss {

enum class Kind { kDice, kDiceCE, kJaccard, kTversky, kFocalTversky, kGeneralizedDice, kLogDice };

inline const Definition& definition(Kind kind) {
  static const std::vector<Definition> all = {
      {formulas::dice, false, {"weight_type", "alpha", "beta", "gamma", "gamma_of", "lambda_dice", "lambda_ce",
       "ce_weight", "ce_activation", "label_smoothing", "soft_target"}},
      {formulas::dice_ce, true, {"weight_type", "alpha", "beta", "gamma", "gamma_of", "soft_target"}},
      {formulas::jaccard, false, {"jaccard", "weight_type", "alpha", "beta", "lambda_dice", "lambda_ce", "ce_weight",
       "ce_activation", "label_smoothing", "soft_target"}},
      {formulas::tversky, false, {"jaccard", "weight_type", "lambda_dice", "lambda_ce", "ce_weight", "ce_activation",
       "label_smoothing", "soft_target"}},
      {formulas::tversky, false, {"jaccard", "weight_type", "lambda_dice", "lambda_ce", "ce_weight", "ce_activation",
       "label_smoothing", "soft_target"}, LossOptions().alpha(0.3).beta(0.7).gamma(0.75)},
      {formulas::generalized_dice, false, {"jaccard", "squared_pred", "average", "absent", "class_weights",
       "normalize_weights", "short_weights", "form", "log_eps", "alpha", "beta", "gamma", "gamma_of", "lambda_dice",
       "lambda_ce", "ce_weight", "ce_activation", "label_smoothing", "soft_target"}},
      {formulas::dice, false, {"weight_type", "alpha", "beta", "gamma", "gamma_of", "lambda_dice", "lambda_ce",
       "ce_weight", "ce_activation", "label_smoothing", "soft_target"}, LossOptions().form(LossForm::kLog)},
  };
  return all[static_cast<size_t>(kind)];
}

// Options of logits alone, and of sums whose cross-entropy was summed before.
inline constexpr std::string_view kPixels[] =
    {"activation", "ignore_index", "validate", "ce_activation", "label_smoothing"};
inline constexpr std::string_view kSummed[] =
    {"activation", "soft_target"};

}  // namespace torchtally::detail::loss
