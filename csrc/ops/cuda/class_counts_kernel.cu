#include "ops/cuda/class_counts_kernel.cuh"

#include <vector>

#include "ops/cuda/counting_launch.cuh"

namespace torchtally::cuda {
namespace {

struct ClassCounts {
  static constexpr const char* name = "class_counts";
  static constexpr const char* counts_name = "counts";
  static std::vector<int64_t> shape(int64_t classes) { return {3, classes}; }

  static void count(const CountingProblem& problem, const CountingOutput& output, const Tensor& target) {
    count_on_device<ClassPairs>(name, problem, output, target, class_counts_kernel_for);
  }
};

}  // namespace
}  // namespace torchtally::cuda

STABLE_TORCH_LIBRARY_IMPL(torchtally, CUDA, m) {
  using torchtally::cuda::ClassCounts;
  m.impl("class_counts", TORCH_BOX(&torchtally::counted<ClassCounts>));
  m.impl("class_counts_", TORCH_BOX(&torchtally::count_into<ClassCounts>));
}
