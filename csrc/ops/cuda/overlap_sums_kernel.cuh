// Device code of overlap_sums before and after the pixels, and the choice of the kernels in between.
#pragma once

#include "common/overlap_terms.h"
#include "ops/cuda/overlap_registers_backward.cuh"
#include "ops/cuda/overlap_registers_forward.cuh"
#include "ops/cuda/overlap_tiles_backward.cuh"
#include "ops/cuda/overlap_tiles_forward.cuh"

namespace torchtally::cuda {

// Turns what weighs the classes into terms as the kernels compute them. Forward: one sample and no gradients, which
// leaves the weights of the cross-entropy.
struct OverlapTerms {
  int64_t samples;
  int64_t classes;
  const double* grad_sums;           // [samples, kOverlapRows, classes], or nullptr
  const double* grad_cross_entropy;  // [samples], or nullptr: 1
  const double* class_weight;        // [classes], or nullptr: 1 each
  double target_weight;              // what label smoothing leaves to the target
  double smoothing_weight;           // what it gives to every class
  bool derived;                      // |p - t| is p + t - 2 p t: its gradient joins the others'
  void* class_terms;                 // ClassTerms [samples, classes]
  void* target_terms;                // TargetTerms [samples, classes]
};

template <class Real>
__global__ void __launch_bounds__(kFoldThreads) overlap_terms_kernel(__grid_constant__ const OverlapTerms given) {
  const int64_t classes = given.classes;
  const int64_t cells = given.samples * classes;
  for (int64_t cell = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; cell < cells;
       cell += int64_t{gridDim.x} * blockDim.x) {
    const int64_t sample = cell / classes;
    const int64_t k = cell - sample * classes;
    double loss = given.grad_cross_entropy == nullptr ? 1.0 : given.grad_cross_entropy[sample];
    loss *= given.class_weight == nullptr ? 1.0 : given.class_weight[k];
    GradientTerms terms{};
    if (given.grad_sums != nullptr) {
      terms = gradient_terms(given.grad_sums + sample * kOverlapRows * classes, classes, k, given.derived);
    }
    static_cast<ClassTerms<Real>*>(given.class_terms)[cell] = {
        static_cast<Real>(terms.constant), static_cast<Real>(terms.linear), static_cast<Real>(terms.sign),
        static_cast<Real>(given.smoothing_weight * loss)};
    static_cast<TargetTerms<Real>*>(given.target_terms)[cell] = {static_cast<Real>(terms.slope),
                                                                 static_cast<Real>(given.target_weight * loss)};
  }
}

// Adds up the sums of all parts, a block for each class of a sample and one for what is not of a class.
struct OverlapFold {
  int64_t samples;
  int64_t classes;
  int64_t rows;  // of each class in the partials
  int64_t parts_per_sample;
  const double* partials;  // [samples, rows classes + 3, parts_per_sample]
  double* sums;            // [samples, kOverlapRows, classes]
  double* cross_entropy;   // [samples]
  int64_t* count;          // [samples]
  int64_t* invalid;        // [samples]
};

// The order is that of the threads, lanes and warps; how many there are follows from the number of parts. A template
// only because a kernel in a header cannot be inline.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) overlap_fold_kernel(__grid_constant__ const OverlapFold given) {
  constexpr int kRows = static_cast<int>(kOverlapRows);
  const int64_t items = given.samples * (given.classes + 1);
  const uint32_t warps = blockDim.x / kWarp;
  TORCHTALLY_DYNAMIC_SHARED(double, of_warps);  // [kOverlapRows, warps]
  for (int64_t item = blockIdx.x; item < items; item += gridDim.x) {
    const int64_t sample = item / (given.classes + 1);
    const int64_t k = item - sample * (given.classes + 1);
    const bool of_class = k < given.classes;
    const int64_t rows = of_class ? given.rows : 3;
    const int64_t first = sample * (given.rows * given.classes + 3) + (of_class ? k : given.rows * given.classes);
    const int64_t stride = (of_class ? given.classes : 1) * given.parts_per_sample;
    const double* const parts = given.partials + first * given.parts_per_sample;
    double sums[kRows] = {};
#pragma unroll 4
    for (int64_t i = threadIdx.x; i < given.parts_per_sample; i += blockDim.x) {
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
        if (row < rows) {
          sums[row] += parts[row * stride + i];
        }
      }
    }
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      const double sum = warp_sum(sums[row]);
      if (threadIdx.x % kWarp == 0) {
        of_warps[row * warps + threadIdx.x / kWarp] = sum;
      }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
#pragma unroll
      for (int row = 0; row < kRows; ++row) {
        sums[row] = 0.0;
        for (uint32_t warp = 0; warp < warps; ++warp) {
          sums[row] += of_warps[row * warps + warp];
        }
      }
      if (of_class) {
        if (rows == kTargetSquared) {  // of labels t^2 is t
          sums[kTargetSquared] = sums[kTarget];
          sums[kDifference] = derived_difference(sums[kPrediction], sums[kTarget], sums[kIntersection]);
        }
#pragma unroll
        for (int row = 0; row < kRows; ++row) {
          given.sums[(sample * kOverlapRows + row) * given.classes + k] = sums[row];
        }
      } else {
        given.cross_entropy[sample] = sums[0];
        given.count[sample] = static_cast<int64_t>(sums[1]);
        given.invalid[sample] = static_cast<int64_t>(sums[2]);
      }
    }
    __syncthreads();
  }
}

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

using OverlapForwardKernel = void (*)(OverlapForward);
using OverlapBackwardKernel = void (*)(OverlapBackward);
using OverlapTermsKernel = void (*)(OverlapTerms);

inline OverlapForwardKernel overlap_forward_kernel_for(const OverlapProblem& problem, const OverlapPlan& plan) {
  if (plan.path == OverlapPath::kRegisters) {
    return with_registers(problem, plan, [](auto stored, auto classes, auto access) -> OverlapForwardKernel {
      return &overlap_registers_forward<decltype(stored), classes.value, access.value>;
    });
  }
  return with_activation(problem, [](auto stored, auto activation) -> OverlapForwardKernel {
    return &overlap_tiles_forward<decltype(stored), activation.value>;
  });
}

inline OverlapBackwardKernel overlap_backward_kernel_for(const OverlapProblem& problem, const OverlapPlan& plan) {
  if (plan.path == OverlapPath::kRegisters) {
    return with_registers(problem, plan, [](auto stored, auto classes, auto access) -> OverlapBackwardKernel {
      return &overlap_registers_backward<decltype(stored), classes.value, access.value>;
    });
  }
  return with_activation(problem, [](auto stored, auto activation) -> OverlapBackwardKernel {
    return &overlap_tiles_backward<decltype(stored), activation.value>;
  });
}

inline OverlapTermsKernel overlap_terms_kernel_for(const OverlapProblem& problem) {
  return problem.input.element == Element::kDouble ? &overlap_terms_kernel<double> : &overlap_terms_kernel<float>;
}

inline OverlapPartition overlap_partition(const OverlapProblem& problem, const OverlapPlan& plan) {
  return {problem.samples * plan.parts_per_sample, plan.parts_per_sample, plan.pixels_per_part, plan.fold_pixels,
          plan.tile};
}

}  // namespace torchtally::cuda
