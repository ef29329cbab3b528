// Device code of confusion_matrix: a pair is one cell of [K, K].
#pragma once

#include "ops/cuda/counting_device.cuh"

namespace torchtally::cuda {

struct MatrixPairs {
  Code out_of_range;
  Code classes;  // K
  bool other;

  __device__ __forceinline__ explicit MatrixPairs(const CountingProblem& problem)
      : out_of_range(static_cast<Code>(problem.num_classes)),
        classes(out_of_range + (problem.other ? 1 : 0)),
        other(problem.other) {}

  // One more than there are cells: the last counts invalid pairs.
  static int64_t bins(int64_t classes) { return classes * classes + 1; }

  template <class Bins>
  __device__ __forceinline__ void add(Code target, Code preds, uint32_t count, const Bins& bins) const {
    using Index = typename Bins::Index;
    if (target == out_of_range || preds == out_of_range) {
      bins.add(static_cast<Index>(classes) * static_cast<Index>(classes), count);
      if (!other) {
        return;
      }
    }
    bins.add(static_cast<Index>(target) * static_cast<Index>(classes) + static_cast<Index>(preds), count);
  }
};

template <class Source, class ChosenTier>
__global__ void TORCHTALLY_COUNTING_BOUNDS(ChosenTier)
    confusion_matrix_kernel(__grid_constant__ const CountingArguments arguments) {
  count_items<MatrixPairs, Source, ChosenTier>(arguments);
}

inline CountingKernel confusion_matrix_kernel_for(const CountingProblem& problem, const Plan& plan) {
  return choose_kernel(problem, plan, [](auto source, auto tier) -> CountingKernel {
    return &confusion_matrix_kernel<decltype(source), decltype(tier)>;
  });
}

}  // namespace torchtally::cuda
