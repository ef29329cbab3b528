// Device code of class_counts: a pair is a true positive, or a false positive and a false negative, of [3, K].
#pragma once

#include "ops/cuda/counting_device.cuh"

namespace torchtally::cuda {

struct ClassPairs {
  Code out_of_range;
  Code classes;  // K
  bool other;

  __device__ __forceinline__ explicit ClassPairs(const CountingProblem& problem)
      : out_of_range(static_cast<Code>(problem.num_classes)),
        classes(out_of_range + (problem.other ? 1 : 0)),
        other(problem.other) {}

  // One more than there are counts: the last counts invalid pairs.
  static int64_t bins(int64_t classes) { return 3 * classes + 1; }

  template <class Bins>
  __device__ __forceinline__ void add(Code target, Code preds, uint32_t count, const Bins& bins) const {
    using Index = typename Bins::Index;
    const Index row = static_cast<Index>(classes);
    if (target == out_of_range || preds == out_of_range) {
      bins.add(3 * row, count);
      if (!other) {
        return;
      }
    }
    if (target == preds) {
      bins.add(static_cast<Index>(target), count);
    } else {
      bins.add(row + static_cast<Index>(preds), count);
      bins.add(2 * row + static_cast<Index>(target), count);
    }
  }
};

template <class Source, class ChosenTier>
__global__ void TORCHTALLY_COUNTING_BOUNDS(ChosenTier)
    class_counts_kernel(__grid_constant__ const CountingArguments arguments) {
  count_items<ClassPairs, Source, ChosenTier>(arguments);
}

inline CountingKernel class_counts_kernel_for(const CountingProblem& problem, const Plan& plan) {
  return choose_kernel(problem, plan, [](auto source, auto tier) -> CountingKernel {
    return &class_counts_kernel<decltype(source), decltype(tier)>;
  });
}

}  // namespace torchtally::cuda
