/// \file
/// The losses of `torchtally/losses.h` as modules of torch's C++ frontend.
///
///     torchtally::DiceCELoss loss(torchtally::LossOptions().ignore_index(255));
///     loss(model(images), labels).backward();
///
/// Options are checked when a module is made. Class weights follow `to(device)`, stay float64 and are not saved.
#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/pimpl.h>

#include <optional>
#include <ostream>
#include <string>

#include <torchtally/losses.h>

namespace torchtally {
namespace detail::loss {

// What every loss module is: its options, checked once. `Derived` names itself and its kind.
template <class Derived>
class LossModule : public torch::nn::Cloneable<Derived> {
 public:
  explicit LossModule(const LossOptions& options = {})
      : settings_(checked(Derived::kKind, Of::kLogits, Derived::kName, options)) {}

  /// Returns the loss; shapes, dtypes and errors are those of the function.
  at::Tensor forward(const at::Tensor& logits, const at::Tensor& target,
                     const std::optional<at::Tensor>& mask = std::nullopt) {
    return loss_of_logits(settings_, logits, target, mask);
  }

  void reset() override {}

  void pretty_print(std::ostream& stream) const override { stream << "torchtally::" << Derived::kName; }

  using torch::nn::Cloneable<Derived>::to;

  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override {
    torch::nn::Cloneable<Derived>::to(device, dtype, non_blocking);
    move_weights(device, non_blocking);
  }

  void to(torch::Device device, bool non_blocking = false) override {
    torch::nn::Cloneable<Derived>::to(device, non_blocking);
    move_weights(device, non_blocking);
  }

 private:
  void move_weights(torch::Device device, bool non_blocking) {
    for (at::Tensor* weights : {&settings_.class_weights, &settings_.ce_weight}) {
      if (weights->defined()) {
        *weights = weights->to(device, non_blocking);
      }
    }
  }

  Settings settings_;
};

}  // namespace detail::loss

/// dice_loss as a module.
struct DiceLossImpl : detail::loss::LossModule<DiceLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kDice;
  static constexpr const char* kName = "DiceLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(DiceLoss);

/// dice_ce_loss as a module.
struct DiceCELossImpl : detail::loss::LossModule<DiceCELossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kDiceCE;
  static constexpr const char* kName = "DiceCELoss";
  using LossModule::LossModule;
};
TORCH_MODULE(DiceCELoss);

/// jaccard_loss as a module.
struct JaccardLossImpl : detail::loss::LossModule<JaccardLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kJaccard;
  static constexpr const char* kName = "JaccardLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(JaccardLoss);

/// tversky_loss as a module.
struct TverskyLossImpl : detail::loss::LossModule<TverskyLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kTversky;
  static constexpr const char* kName = "TverskyLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(TverskyLoss);

/// focal_tversky_loss as a module.
struct FocalTverskyLossImpl : detail::loss::LossModule<FocalTverskyLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kFocalTversky;
  static constexpr const char* kName = "FocalTverskyLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(FocalTverskyLoss);

/// generalized_dice_loss as a module.
struct GeneralizedDiceLossImpl : detail::loss::LossModule<GeneralizedDiceLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kGeneralizedDice;
  static constexpr const char* kName = "GeneralizedDiceLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(GeneralizedDiceLoss);

/// log_dice_loss as a module.
struct LogDiceLossImpl : detail::loss::LossModule<LogDiceLossImpl> {
  static constexpr auto kKind = detail::loss::Kind::kLogDice;
  static constexpr const char* kName = "LogDiceLoss";
  using LossModule::LossModule;
};
TORCH_MODULE(LogDiceLoss);

}  // namespace torchtally
