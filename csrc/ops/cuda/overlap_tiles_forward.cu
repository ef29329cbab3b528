#include "ops/cuda/overlap_tiles_forward.cuh"

#include "ops/cuda/overlap_kernels.cuh"

namespace torchtally::cuda {

OverlapForwardKernel tiles_forward_kernel(const OverlapProblem& problem) {
  return with_activation(problem, [](auto stored, auto activation) -> OverlapForwardKernel {
    return &overlap_tiles_forward<decltype(stored), activation.value>;
  });
}

}  // namespace torchtally::cuda
