// What a kernel is called in the reports of the tests: "confusion_matrix, labels of 1 byte, shared".
#pragma once

#include <string>

#include "ops/cuda/counting_device.cuh"

namespace torchtally::test {

template <int kBytes>
std::string name_of(cuda::Labels<kBytes>) {
  return "labels of " + std::to_string(kBytes) + (kBytes == 1 ? " byte" : " bytes");
}
inline std::string name_of(cuda::Scores<torch::headeronly::Half>) { return "float16 scores"; }
inline std::string name_of(cuda::Scores<torch::headeronly::BFloat16>) { return "bfloat16 scores"; }
inline std::string name_of(cuda::Scores<float>) { return "float32 scores"; }
inline std::string name_of(cuda::Scores<double>) { return "float64 scores"; }
inline std::string name_of(cuda::SharedTier) { return "shared"; }
inline std::string name_of(cuda::GlobalTier) { return "global"; }
inline std::string name_of(cuda::BitsTier) { return "bits"; }
inline std::string name_of(cuda::PairsTier) { return "pairs"; }

inline std::string kernel_name(bool matrix, const CountingProblem& problem, const cuda::Plan& plan) {
  std::string name = matrix ? "confusion_matrix, " : "class_counts, ";
  (void)cuda::choose_kernel(problem, plan, [&](auto source, auto tier) -> cuda::CountingKernel {
    name += name_of(source) + ", " + name_of(tier);
    return nullptr;
  });
  return name;
}

}  // namespace torchtally::test
