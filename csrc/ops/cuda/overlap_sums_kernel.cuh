// Device code of overlap_sums before and after the pixels, and the choice of the kernels in between.
#pragma once

#include "common/overlap_terms.h"
#include "ops/cuda/overlap_kernels.cuh"

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
__global__ void __launch_bounds__(kThreads, 4) overlap_fold_kernel(__grid_constant__ const OverlapFold given) {
  constexpr int kRows = static_cast<int>(kOverlapRows);
  constexpr int kAhead = 4;  // parts of a thread
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
    for (int64_t i = threadIdx.x; i < given.parts_per_sample; i += kAhead * blockDim.x) {
      double read[kAhead][kRows];  // all under way before the first of them is added
#pragma unroll
      for (int ahead = 0; ahead < kAhead; ++ahead) {
        const int64_t part = i + ahead * int64_t{blockDim.x};
#pragma unroll
        for (int row = 0; row < kRows; ++row) {
          read[ahead][row] = row < rows && part < given.parts_per_sample ? parts[row * stride + part] : 0.0;
        }
      }
#pragma unroll
      for (int ahead = 0; ahead < kAhead; ++ahead) {
#pragma unroll
        for (int row = 0; row < kRows; ++row) {
          sums[row] += read[ahead][row];
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

using OverlapTermsKernel = void (*)(OverlapTerms);

inline OverlapForwardKernel overlap_forward_kernel_for(const OverlapProblem& problem, const OverlapPlan& plan) {
  return plan.path == OverlapPath::kRegisters ? registers_forward_kernel(problem, plan) : tiles_forward_kernel(problem);
}

inline OverlapBackwardKernel overlap_backward_kernel_for(const OverlapProblem& problem, const OverlapPlan& plan) {
  return plan.path == OverlapPath::kRegisters ? registers_backward_kernel(problem, plan)
                                              : tiles_backward_kernel(problem);
}

inline OverlapTermsKernel overlap_terms_kernel_for(const OverlapProblem& problem) {
  return problem.input.element == Element::kDouble ? &overlap_terms_kernel<double> : &overlap_terms_kernel<float>;
}

inline OverlapPartition overlap_partition(const OverlapProblem& problem, const OverlapPlan& plan) {
  return {problem.samples * plan.parts_per_sample, plan.parts_per_sample, plan.pixels_per_part, plan.fold_pixels,
          plan.tile};
}

}  // namespace torchtally::cuda
