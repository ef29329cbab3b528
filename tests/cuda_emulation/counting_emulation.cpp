// The counting kernels under the emulator, as C functions for ctypes: the plan, the choice of the kernel and the device
// code are those of the CUDA library.
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "kernel_names.h"
#include "ops/cuda/class_counts_kernel.cuh"
#include "ops/cuda/confusion_matrix_kernel.cuh"
#include "ops/cuda/counting_policy.h"
#include "ops/cuda/counting_thresholds.cuh"

namespace {

using namespace torchtally;
using namespace torchtally::cuda;

int64_t bins_of(bool matrix, const CountingProblem& problem) {
  const int64_t classes = problem.output_classes();
  return matrix ? MatrixPairs::bins(classes) : ClassPairs::bins(classes);
}

}  // namespace

#define EMULATION_API extern "C" __attribute__((visibility("default")))

EMULATION_API void plan(bool matrix, const CountingProblem* problem, const Policy* policy, const DeviceFacts* device,
                        Plan* plan) {
  *plan = make_plan(*policy, *device, workload_of(*problem, bins_of(matrix, *problem)));
}

// Returns what went wrong, or nullptr. `order` shuffles the threads of a block; 0 does not.
EMULATION_API const char* emulate(bool matrix, const CountingProblem* problem, const CountingOutput* output,
                                  const Policy* policy, const DeviceFacts* device, uint32_t order, Plan* plan) {
  static std::string message;
  if (problem->groups() == 0 || problem->pixels == 0) {
    return nullptr;
  }
  try {
    emulation::machine.order = order;
    const int64_t bins = bins_of(matrix, *problem);
    *plan = make_plan(*policy, *device, workload_of(*problem, bins));
    const auto kernel =
        matrix ? confusion_matrix_kernel_for(*problem, *plan) : class_counts_kernel_for(*problem, *plan);
    CountingProblem on_device = *problem;
    std::vector<double> thresholds(problem->thresholds != nullptr ? static_cast<size_t>(problem->labels) : 0);
    if (problem->thresholds != nullptr) {
      write_thresholds(problem->thresholds, problem->labels, thresholds.data(), {});
      on_device.thresholds = thresholds.data();
    }
    launch({plan->grid, plan->threads, plan->shared_bytes}, kernel,
           counting_arguments(on_device, *output, *plan, bins));
  } catch (const std::exception& error) {
    message = error.what();
    return message.c_str();
  }
  return nullptr;
}

// The name of the kernel that a plan chooses.
EMULATION_API const char* kernel_name(bool matrix, const CountingProblem* problem, const Plan* plan) {
  static std::string name;
  name = test::kernel_name(matrix, *problem, *plan);
  return name.c_str();
}

// The sizes of the structures that the caller declares again.
EMULATION_API void structure_sizes(int64_t* sizes) {
  const int64_t all[] = {sizeof(CountingProblem), sizeof(CountingOutput), sizeof(Policy), sizeof(DeviceFacts),
                         sizeof(Plan)};
  for (const int64_t size : all) {
    *sizes++ = size;
  }
}

EMULATION_API void default_policy(Policy* policy) { *policy = Policy(); }

// A kernel whose threads wait at two different barriers, to see that the emulator says so.
EMULATION_API const char* emulate_divergent_barrier() {
  static std::string message;
  const auto kernel = +[](int32_t half) {
    if (threadIdx.x < static_cast<unsigned>(half)) {
      __syncthreads();
    } else {
      __syncthreads();
    }
  };
  try {
    launch({1, 64, 0}, kernel, int32_t{32});
  } catch (const std::exception& error) {
    message = error.what();
    return message.c_str();
  }
  return nullptr;
}
