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

// Adds up the sums of all parts, a warp for each number of the output.
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

// The order is that of the lanes and does not depend on the device.
__device__ __forceinline__ double sum_of_parts(const OverlapFold& given, int64_t sample, int64_t value) {
  const int64_t values = given.rows * given.classes + 3;
  const double* const parts = given.partials + (sample * values + value) * given.parts_per_sample;
  double sum = 0.0;
#pragma unroll 4
  for (int64_t i = threadIdx.x % kWarp; i < given.parts_per_sample; i += kWarp) {
    sum += parts[i];
  }
  return warp_sum(sum);
}

// A template only because a kernel in a header cannot be inline.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) overlap_fold_kernel(__grid_constant__ const OverlapFold given) {
  const int64_t cells = kOverlapRows * given.classes;
  const int64_t outputs = cells + 3;
  const int64_t warps = int64_t{gridDim.x} * blockDim.x / kWarp;
  const bool writes = threadIdx.x % kWarp == 0;
  for (int64_t item = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) / kWarp; item < given.samples * outputs;
       item += warps) {
    const int64_t sample = item / outputs;
    const int64_t value = item - sample * outputs;
    if (value >= cells) {
      const double sum = sum_of_parts(given, sample, value - cells + given.rows * given.classes);
      if (writes && value == cells) {
        given.cross_entropy[sample] = sum;
      } else if (writes) {
        (value == cells + 1 ? given.count : given.invalid)[sample] = static_cast<int64_t>(sum);
      }
      continue;
    }
    const int64_t row = value / given.classes;
    const int64_t k = value - row * given.classes;
    double sum;
    if (row < given.rows) {
      sum = sum_of_parts(given, sample, value);
    } else if (row == kTargetSquared) {  // of labels: t^2 is t
      sum = sum_of_parts(given, sample, kTarget * given.classes + k);
    } else {
      const double prediction = sum_of_parts(given, sample, kPrediction * given.classes + k);
      const double target = sum_of_parts(given, sample, kTarget * given.classes + k);
      const double intersection = sum_of_parts(given, sample, kIntersection * given.classes + k);
      sum = derived_difference(prediction, target, intersection);
    }
    if (writes) {
      given.sums[sample * cells + value] = sum;
    }
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

// Calls body(stored, a kernel's number of classes as a constant).
template <class Body>
auto with_register_classes(const OverlapProblem& problem, const OverlapPlan& plan, const Body& body) {
  const auto with_classes = [&](auto stored) {
    switch (plan.classes) {
      case 4:
        return body(stored, std::integral_constant<int, 4>());
      case 8:
        return body(stored, std::integral_constant<int, 8>());
      case 16:
        return body(stored, std::integral_constant<int, 16>());
      default:
        return body(stored, std::integral_constant<int, 32>());
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
    return with_register_classes(problem, plan, [](auto stored, auto classes) -> OverlapForwardKernel {
      return &overlap_registers_forward<decltype(stored), classes.value>;
    });
  }
  return with_activation(problem, [](auto stored, auto activation) -> OverlapForwardKernel {
    return &overlap_tiles_forward<decltype(stored), activation.value>;
  });
}

inline OverlapBackwardKernel overlap_backward_kernel_for(const OverlapProblem& problem, const OverlapPlan& plan) {
  if (plan.path == OverlapPath::kRegisters) {
    return with_register_classes(problem, plan, [](auto stored, auto classes) -> OverlapBackwardKernel {
      return &overlap_registers_backward<decltype(stored), classes.value>;
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
  return {problem.samples * plan.parts_per_sample,
          plan.parts_per_sample,
          plan.pixels_per_part,
          plan.fold_pixels,
          plan.staged,
          plan.tile};
}

}  // namespace torchtally::cuda
