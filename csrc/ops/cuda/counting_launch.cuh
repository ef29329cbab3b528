// Host code that the CUDA counting ops share.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <optional>

#include "ops/counting_op.h"
#include "ops/cuda/counting_device.cuh"
#include "ops/cuda/counting_thresholds.cuh"
#include "ops/cuda/device.h"

namespace torchtally::cuda {

// Counts into `output` on the device of target, by the kernel that kernel_for(problem, plan) chooses.
template <class Pairs, class KernelFor>
void count_on_device(const char* name, CountingProblem problem, const CountingOutput& output, const Tensor& target,
                     const KernelFor& kernel_for) {
  const int32_t device_index = target.get_device_index();
  const DeviceGuard guard(device_index);
  const cudaStream_t stream = current_stream(device_index);
  std::optional<Tensor> thresholds;  // freed where the stream has read it: memory is given out again in its order
  if (problem.thresholds != nullptr) {
    thresholds = torch::stable::new_empty(target, {problem.labels}, torch::headeronly::ScalarType::Double);
    double* const on_device = static_cast<double*>(thresholds->mutable_data_ptr());
    check_cuda(write_thresholds(problem.thresholds, problem.labels, on_device, stream), name, "write the thresholds",
               device_index);
    problem.thresholds = on_device;
  }
  const int64_t bins = Pairs::bins(problem.output_classes());
  const Plan plan = make_plan(current_policy(), device_facts(name, device_index), workload_of(problem, bins));
  const cudaError_t error = launch({plan.grid, plan.threads, plan.shared_bytes, stream}, kernel_for(problem, plan),
                                   counting_arguments(problem, output, plan, bins));
  check_cuda(error, name, "launch the kernel", device_index);
}

}  // namespace torchtally::cuda
