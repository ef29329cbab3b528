#include "ops/cuda/confusion_matrix_kernel.cuh"

#include <vector>

#include "ops/cuda/counting_launch.cuh"

namespace torchtally::cuda {
namespace {

struct ConfusionMatrix {
  static constexpr const char* name = "confusion_matrix";
  static constexpr const char* counts_name = "matrix";
  static std::vector<int64_t> shape(int64_t classes) { return {classes, classes}; }

  static void count(const CountingProblem& problem, const CountingOutput& output, const Tensor& target) {
    count_on_device<MatrixPairs>(name, problem, output, target, confusion_matrix_kernel_for);
  }
};

}  // namespace
}  // namespace torchtally::cuda

STABLE_TORCH_LIBRARY_IMPL(torchtally, CUDA, m) {
  using torchtally::cuda::ConfusionMatrix;
  m.impl("confusion_matrix", TORCH_BOX(&torchtally::counted<ConfusionMatrix>));
  m.impl("confusion_matrix_", TORCH_BOX(&torchtally::count_into<ConfusionMatrix>));
}
