/// \file
/// What other libraries compute by default, in our options. Two things differ on purpose: logits are taken, and targets
/// may be labels `[N, ...]`.
///
///     torchtally::dice_loss(logits, labels, torchtally::presets::nnunet_dice().batch(true));
///
/// The parameters have the peer's names, and are those whose translation is not one to one; everything else is set on
/// the options that come back, by our names. docs/losses.md has a table of which peer's loss is which.
#pragma once

#include <torchtally/loss_options.h>

namespace torchtally::presets {

/// MONAI 1.6, DiceLoss: `dice_loss`.
inline LossOptions monai_dice() { return LossOptions().conventions(Conventions::kMonai).short_weights(true); }

/// MONAI 1.6, DiceCELoss, whose cross-entropy is of logits whatever the activation of the Dice is: `dice_ce_loss`.
inline LossOptions monai_dice_ce() { return monai_dice().ce_activation(Activation::kSoftmax); }

/// MONAI 1.6, DiceLoss(jaccard=True), which smooths twice what our Jaccard divides: `jaccard_loss`.
inline LossOptions monai_jaccard(double smooth_nr = 1e-5, double smooth_dr = 1e-5) {
  return monai_dice().smooth_nr(smooth_nr / 2).smooth_dr(smooth_dr / 2);
}

/// MONAI 1.6, TverskyLoss: `tversky_loss`.
inline LossOptions monai_tversky() { return monai_dice(); }

/// MONAI 1.6, GeneralizedDiceLoss: `generalized_dice_loss`.
inline LossOptions monai_generalized_dice() { return LossOptions().conventions(Conventions::kMonai); }

/// segmentation_models_pytorch 0.6, JaccardLoss: `jaccard_loss`. With log_loss=True,
/// `form(LossForm::kLog).log_eps(eps)`.
inline LossOptions smp_jaccard(double smooth = 0.0, double eps = 1e-7) {
  return LossOptions()
      .conventions(Conventions::kSmp)
      .soft_label(true)
      .smooth_nr(smooth)
      .smooth_dr(smooth)
      .eps(eps)
      .batch(true)
      .absent(Absent::kZero)
      .normalize_weights(true);
}

/// segmentation_models_pytorch 0.6, DiceLoss, which smooths half of what our Dice divides: `dice_loss`.
inline LossOptions smp_dice(double smooth = 0.0, double eps = 1e-7) { return smp_jaccard(2 * smooth, 2 * eps); }

/// segmentation_models_pytorch 0.6, TverskyLoss: `tversky_loss`.
inline LossOptions smp_tversky(double smooth = 0.0, double eps = 1e-7) {
  return smp_jaccard(smooth, eps).gamma_of(GammaOf::kMean);
}

/// nnU-Net v2, MemoryEfficientSoftDiceLoss: `dice_loss`.
inline LossOptions nnunet_dice(double smooth = 1.0) {
  return LossOptions()
      .conventions(Conventions::kNnunet)
      .smooth_nr(smooth)
      .smooth_dr(smooth)
      .eps(1e-8)
      .form(LossForm::kNegative);
}

/// nnU-Net v2, DC_and_CE_loss with the Dice of its trainer: `dice_ce_loss`.
inline LossOptions nnunet_dice_ce() { return nnunet_dice(1e-5).include_background(false); }

/// kornia 0.9, dice_loss: `dice_loss`.
inline LossOptions kornia_dice(LossAverage average = LossAverage::kMicro) {
  auto options = LossOptions().ignore_index(-100).average(average).smooth_nr(0.0).smooth_dr(1e-8);
  if (average == LossAverage::kMacro) {
    options.absent(Absent::kSkip).normalize_weights(true);
  }
  return options;
}

}  // namespace torchtally::presets
