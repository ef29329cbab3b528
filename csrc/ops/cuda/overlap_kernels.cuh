// The kernels of overlap_sums that read pixels, by problem and plan. They are many, and each kind is a translation unit
// of its own, because these compile at the same time.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

using OverlapForwardKernel = void (*)(OverlapForward);
using OverlapBackwardKernel = void (*)(OverlapBackward);

OverlapForwardKernel registers_forward_kernel(const OverlapProblem& problem, const OverlapPlan& plan);
OverlapBackwardKernel registers_backward_kernel(const OverlapProblem& problem, const OverlapPlan& plan);
OverlapForwardKernel tiles_forward_kernel(const OverlapProblem& problem);
OverlapBackwardKernel tiles_backward_kernel(const OverlapProblem& problem);

// Calls body(stored) with a number of the input's type.
template <class Body>
auto with_stored(Element element, const Body& body) {
  switch (element) {
    case Element::kHalf:
      return body(Half{});
    case Element::kBFloat16:
      return body(BFloat16{});
    case Element::kDouble:
      return body(double{});
    default:
      return body(float{});
  }
}

// Calls body(stored, a kernel's number of classes as a constant, the access as another).
template <class Body>
auto with_registers(const OverlapProblem& problem, const OverlapPlan& plan, const Body& body) {
  const auto with_access = [&](auto stored, auto classes) {
    constexpr bool kHasPacks = register_pixels(sizeof(stored), classes.value) > 1;
    if (plan.access == OverlapAccess::kRows) {
      return body(stored, classes, std::integral_constant<OverlapAccess, OverlapAccess::kRows>());
    }
    if constexpr (kHasPacks) {
      if (plan.access == OverlapAccess::kPacks) {
        return body(stored, classes, std::integral_constant<OverlapAccess, OverlapAccess::kPacks>());
      }
    }
    return body(stored, classes, std::integral_constant<OverlapAccess, OverlapAccess::kElements>());
  };
  const auto with_classes = [&](auto stored) {
    switch (plan.classes) {
      case 2:
        return with_access(stored, std::integral_constant<int, 2>());
      case 3:
        return with_access(stored, std::integral_constant<int, 3>());
      case 4:
        return with_access(stored, std::integral_constant<int, 4>());
      case 8:
        return with_access(stored, std::integral_constant<int, 8>());
      case 12:
        return with_access(stored, std::integral_constant<int, 12>());
      case 16:
        return with_access(stored, std::integral_constant<int, 16>());
      case 19:
        return with_access(stored, std::integral_constant<int, 19>());
      case 21:
        return with_access(stored, std::integral_constant<int, 21>());
      case 24:
        return with_access(stored, std::integral_constant<int, 24>());
      default:
        return with_access(stored, std::integral_constant<int, 32>());
    }
  };
  switch (problem.input.element) {
    case Element::kHalf:
      return with_classes(Half{});
    case Element::kBFloat16:
      return with_classes(BFloat16{});
    default:
      return with_classes(float{});
  }
}

// Calls body(stored, the activation as a constant).
template <class Body>
auto with_activation(const OverlapProblem& problem, const Body& body) {
  return with_stored(problem.input.element, [&](auto stored) {
    switch (problem.activation) {
      case Activation::kSigmoid:
        return body(stored, std::integral_constant<Activation, Activation::kSigmoid>());
      case Activation::kNone:
        return body(stored, std::integral_constant<Activation, Activation::kNone>());
      default:
        return body(stored, std::integral_constant<Activation, Activation::kSoftmax>());
    }
  });
}

}  // namespace torchtally::cuda
