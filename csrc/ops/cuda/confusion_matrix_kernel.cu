#include "ops/cuda/confusion_matrix_kernel.cuh"

#include <vector>

#include "ops/counting_op.h"
#include "ops/cuda/device.h"

namespace torchtally::cuda {
namespace {

struct ConfusionMatrix {
  static constexpr const char* name = "confusion_matrix";
  static constexpr const char* counts_name = "matrix";
  static std::vector<int64_t> shape(int64_t classes) { return {classes, classes}; }

  static void count(const CountingProblem& problem, const CountingOutput& output, int32_t device_index) {
    const DeviceGuard guard(device_index);
    const cudaStream_t stream = current_stream(device_index);
    const int64_t bins = MatrixPairs::bins(problem.output_classes());
    const Plan plan = make_plan(current_policy(), device_facts(name, device_index), workload_of(problem, bins));
    const cudaError_t error =
        launch({plan.grid, plan.threads, plan.shared_bytes, stream}, confusion_matrix_kernel_for(problem, plan),
               counting_arguments(problem, output, plan, bins));
    check_cuda(error, name, "launch the kernel", device_index);
  }
};

}  // namespace
}  // namespace torchtally::cuda

STABLE_TORCH_LIBRARY_IMPL(torchtally, CUDA, m) {
  using torchtally::cuda::ConfusionMatrix;
  m.impl("confusion_matrix", TORCH_BOX(&torchtally::counted<ConfusionMatrix>));
  m.impl("confusion_matrix_", TORCH_BOX(&torchtally::count_into<ConfusionMatrix>));
}
