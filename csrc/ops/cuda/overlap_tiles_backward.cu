#include "ops/cuda/overlap_tiles_backward.cuh"

#include "ops/cuda/overlap_kernels.cuh"

namespace torchtally::cuda {

OverlapBackwardKernel tiles_backward_kernel(const OverlapProblem& problem) {
  return with_activation(problem, [](auto stored, auto activation) -> OverlapBackwardKernel {
    return &overlap_tiles_backward<decltype(stored), activation.value>;
  });
}

}  // namespace torchtally::cuda
