#include "ops/cuda/overlap_registers_forward.cuh"

#include "ops/cuda/overlap_kernels.cuh"

namespace torchtally::cuda {

OverlapForwardKernel registers_forward_kernel(const OverlapProblem& problem, const OverlapPlan& plan) {
  return with_registers(problem, plan, [](auto stored, auto classes, auto access) -> OverlapForwardKernel {
    return &overlap_registers_forward<decltype(stored), classes.value, access.value>;
  });
}

}  // namespace torchtally::cuda
