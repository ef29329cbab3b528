// Written by scripts/generate_api.py from python/torchtally/functional/losses/_options.py and _definitions.py.
// clang-format off
#pragma once

/// \file
/// Losses of overlap with gradients through torch::autograd, the same as those of the Python package: of logits, and of
/// sums already taken. As modules: `torchtally/loss_modules.h`; other libraries' defaults: `torchtally/loss_presets.h`.
///
/// In the formulas I = sum p t, A = sum p (or p^2), B = sum t (or t^2) over the pixels that count, for each sample and
/// class. A ratio 0 / 0 is worth 1.
///
/// `<name>_loss(logits, target, options, mask)`:
///   - `logits`  float16, bfloat16, float32 or float64 `[N, C, ...]`, of any strides.
///   - `target`  integer or bool labels `[N, ...]`; or one-hot or soft targets of logits' shape. For C = 1 also labels
///               0 and 1 `[N, ...]`.
///   - `options` see LossOptions.
///   - `mask`    bool `[N, ...]`; pixels where it is false count nowhere.
///   - returns   float32, or float64 for float64 logits: a scalar, or with LossReduction::kNone the losses of entries:
///               `[N, E]`, without N for `batch(true)` and without E where classes are pooled; `[N]` for dice_ce_loss.
///               0 with gradient 0 where no pixel is counted.
///
/// `<name>_loss_from_sums(sums, options)` takes what `overlap_sums` returned, and returns float64.
///
/// Both throw c10::TypeError for a wrong dtype or an option that the loss does not take, c10::ValueError for a wrong
/// shape or value. Sums over the ranks of a process group are left to the caller, between `overlap_sums` and
/// `<name>_loss_from_sums`.
#include <torchtally/detail/loss_inputs.h>

namespace torchtally {

/// Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class.
/// Milletari, Navab, Ahmadi (2016), V-Net; the defaults are those of MONAI's DiceLoss with softmax. Its gradient is
/// weak while nothing overlaps yet: consider the sum of Dice and cross-entropy.
TORCHTALLY_DETAIL_LOSS(dice_loss, dice_loss_from_sums, kDice)

/// Soft Dice loss plus cross-entropy, from one pass over the logits.
/// Isensee et al. (2021), nnU-Net; the defaults are those of MONAI's DiceCELoss with softmax.
TORCHTALLY_DETAIL_LOSS(dice_ce_loss, dice_ce_loss_from_sums, kDiceCE)

/// Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + dr).
/// Rahman, Wang (2016), Optimizing intersection-over-union.
TORCHTALLY_DETAIL_LOSS(jaccard_loss, jaccard_loss_from_sums, kJaccard)

/// Tversky loss, 1 - (I + nr) / (I + alpha (A - I) + beta (B - I) + dr).
/// Salehi, Erdogmus, Gholipour (2017).
TORCHTALLY_DETAIL_LOSS(tversky_loss, tversky_loss_from_sums, kTversky)

/// Focal Tversky loss, the Tversky loss of each entry to the power gamma.
/// Abraham, Khan (2018), whose exponent 1 / gamma with gamma = 4/3 is gamma = 0.75 here, and whose weights of false
/// negatives and false positives, 0.7 and 0.3, are beta and alpha.
TORCHTALLY_DETAIL_LOSS(focal_tversky_loss, focal_tversky_loss_from_sums, kFocalTversky)

/// Generalized Dice loss: classes pooled with weights that even their sizes out.
/// Sudre et al. (2017); a class without target is weighted as MONAI does.
TORCHTALLY_DETAIL_LOSS(generalized_dice_loss, generalized_dice_loss_from_sums, kGeneralizedDice)

/// Logarithm of the soft Dice, -log((2 sum pt + nr) / (sum p + sum t + dr)).
/// Wong et al. (2018), without their exponent: dice_loss with form='log'.
TORCHTALLY_DETAIL_LOSS(log_dice_loss, log_dice_loss_from_sums, kLogDice)

}  // namespace torchtally
