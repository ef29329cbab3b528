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
///   0
///               and 1 `[N, ...]`.
///   - `options` see LossOptions.
///   - `mask`    bool `[N, ...]`; pixels where it is false count nowhere.
///   - returns   float32, or float64 for float64 logits: a scalar, or with LossReduction::kNone the losses of entries.
///               0 with gradient 0 where no pixel is counted.
///
/// `<name>_loss_from_sums(sums, options)` takes what `overlap_sums` returned, and returns float64.
///
/// Both throw c10::TypeError for a wrong dtype or an option that the loss does not take, c10::ValueError for a wrong
/// shape or value. Sums over the ranks of a process group are left to the caller, between `overlap_sums` and
/// `<name>_loss_from_sums`.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include <torchtally/detail/loss_inputs.h>
#include <torchtally/loss_options.h>
#include <torchtally/overlap_sums.h>

namespace torchtally {
namespace detail::loss {

inline at::Tensor of_logits(Kind kind, const char* op, const at::Tensor& logits, const at::Tensor& target,
                            const LossOptions& options, const std::optional<at::Tensor>& mask) {
  return loss_of_logits(checked(kind, Of::kLogits, op, options), logits, target, mask);
}

inline at::Tensor of_sums(Kind kind, const char* op, const OverlapSums& sums, const LossOptions& options) {
  return loss_of_sums(checked(kind, Of::kSums, op, options), sums);
}

}  // namespace detail::loss

/// Soft Dice loss, 1 - (2 I + nr) / max(A + B + dr, eps) of each class.
///
/// Milletari, Navab, Ahmadi (2016), V-Net; the defaults are those of MONAI's DiceLoss with softmax. Its gradient is
/// weak while nothing overlaps yet: consider dice_ce_loss.
inline at::Tensor dice_loss(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {},
                            const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kDice, "dice_loss", logits, target, options, mask);
}

/// The same, of sums already taken.
inline at::Tensor dice_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kDice, "dice_loss_from_sums", sums, options);
}

/// lambda_dice times the soft Dice loss plus lambda_ce times the cross-entropy, from one pass over the logits.
///
/// Isensee et al. (2021), nnU-Net; the defaults are those of MONAI's DiceCELoss with softmax.
inline at::Tensor dice_ce_loss(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {},
                               const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kDiceCE, "dice_ce_loss", logits, target, options, mask);
}

/// The same, of sums already taken.
inline at::Tensor dice_ce_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kDiceCE, "dice_ce_loss_from_sums", sums, options);
}

/// Soft Jaccard (IoU) loss, 1 - (I + nr) / max(A + B - I + dr, eps) of each class.
///
/// Rahman, Wang (2016), Optimizing intersection-over-union.
inline at::Tensor jaccard_loss(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {},
                               const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kJaccard, "jaccard_loss", logits, target, options, mask);
}

/// The same, of sums already taken.
inline at::Tensor jaccard_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kJaccard, "jaccard_loss_from_sums", sums, options);
}

/// Tversky loss, 1 - (I + nr) / max(I + alpha (A - I) + beta (B - I) + dr, eps) of each class.
///
/// Salehi, Erdogmus, Gholipour (2017).
inline at::Tensor tversky_loss(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {},
                               const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kTversky, "tversky_loss", logits, target, options, mask);
}

/// The same, of sums already taken.
inline at::Tensor tversky_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kTversky, "tversky_loss_from_sums", sums, options);
}

/// Focal Tversky loss, the Tversky loss of each entry to the power gamma.
///
/// Abraham, Khan (2018), whose exponent 1 / gamma with gamma = 4/3 is gamma = 0.75 here, and whose weights of false
/// negatives and false positives, 0.7 and 0.3, are beta and alpha.
inline at::Tensor focal_tversky_loss(const at::Tensor& logits, const at::Tensor& target,
                                     const LossOptions& options = {},
                                     const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kFocalTversky, "focal_tversky_loss", logits, target, options,
                                 mask);
}

/// The same, of sums already taken.
inline at::Tensor focal_tversky_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kFocalTversky, "focal_tversky_loss_from_sums", sums, options);
}

/// Generalized Dice loss, 1 - (2 sum w I + nr) / max(sum w (A + B) + dr, eps): sums over classes, with weights that
/// even their sizes out.
///
/// Sudre et al. (2017); a class without target is weighted as MONAI does.
inline at::Tensor generalized_dice_loss(const at::Tensor& logits, const at::Tensor& target,
                                        const LossOptions& options = {},
                                        const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kGeneralizedDice, "generalized_dice_loss", logits, target, options,
                                 mask);
}

/// The same, of sums already taken.
inline at::Tensor generalized_dice_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kGeneralizedDice, "generalized_dice_loss_from_sums", sums, options);
}

/// Logarithm of the soft Dice, -log((2 I + nr) / max(A + B + dr, eps)).
///
/// Wong et al. (2018), without their exponent: dice_loss with LossForm::kLog.
inline at::Tensor log_dice_loss(const at::Tensor& logits, const at::Tensor& target, const LossOptions& options = {},
                                const std::optional<at::Tensor>& mask = std::nullopt) {
  return detail::loss::of_logits(detail::loss::Kind::kLogDice, "log_dice_loss", logits, target, options, mask);
}

/// The same, of sums already taken.
inline at::Tensor log_dice_loss_from_sums(const OverlapSums& sums, const LossOptions& options = {}) {
  return detail::loss::of_sums(detail::loss::Kind::kLogDice, "log_dice_loss_from_sums", sums, options);
}

}  // namespace torchtally
