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

#include <ostream>

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
    LossOptions& o = settings_.options;
    if (o.class_weights().has_value()) {
      o.class_weights(o.class_weights()->to(device, non_blocking));
    }
    if (o.ce_weight().has_value()) {
      o.ce_weight(o.ce_weight()->to(device, non_blocking));
    }
  }

  Settings settings_;
};

}  // namespace detail::loss

// DiceLoss is a module of dice_loss, and so on.
#define TORCHTALLY_DETAIL_MODULE(kind, of_logits, of_sums, module) \
  struct module##Impl : detail::loss::LossModule<module##Impl> {   \
    static constexpr auto kKind = detail::loss::Kind::kind;        \
    static constexpr const char* kName = #module;                  \
    using LossModule::LossModule;                                  \
  };                                                               \
  TORCH_MODULE(module);
TORCHTALLY_LOSSES(TORCHTALLY_DETAIL_MODULE)
#undef TORCHTALLY_DETAIL_MODULE

}  // namespace torchtally
