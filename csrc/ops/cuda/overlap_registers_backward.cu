#include "ops/cuda/overlap_registers_backward.cuh"

#include "ops/cuda/overlap_kernels.cuh"

namespace torchtally::cuda {

OverlapBackwardKernel registers_backward_kernel(const OverlapProblem& problem, const OverlapPlan& plan) {
  return with_registers(problem, plan, [](auto stored, auto classes, auto access) -> OverlapBackwardKernel {
    return &overlap_registers_backward<decltype(stored), classes.value, access.value>;
  });
}

}  // namespace torchtally::cuda
