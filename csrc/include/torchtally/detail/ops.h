// The counting ops by their schemas, csrc/ops/confusion_matrix.cpp and class_counts.cpp.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <torchtally/detail/dispatch.h>

namespace torchtally::detail {

// What is counted: a matrix [K, K] or class counts [3, K], each with the leading dimensions that the call keeps apart.
enum class Counted { kMatrix, kClasses };

// The options of a call, as the ops take them.
struct CallOptions {
  std::vector<int64_t> ignore_index;
  double threshold = 0.5;
  bool per_sample = false;
  bool per_label = false;
  bool other = false;
};

using CountSignature = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, int64_t,
                                                          const std::optional<at::Tensor>&, at::IntArrayRef, double,
                                                          bool, bool, bool);
using CountIntoSignature = void(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                const std::optional<at::Tensor>&, at::IntArrayRef, double, bool, bool, bool);

// (counts, invalid) of a batch. Counts are integers, so no autograd node is made for them.
inline std::tuple<at::Tensor, at::Tensor> count(Counted counted, const at::Tensor& preds, const at::Tensor& target,
                                                int64_t classes, const std::optional<at::Tensor>& mask,
                                                const CallOptions& options) {
  static const auto matrix = find_op<CountSignature>("confusion_matrix");
  static const auto rows = find_op<CountSignature>("class_counts");
  const at::AutoDispatchBelowAutograd no_autograd;
  return (counted == Counted::kMatrix ? matrix : rows)
      .call(preds, target, classes, mask, options.ignore_index, options.threshold, options.per_sample,
            options.per_label, options.other);
}

// Adds a batch to counts and invalid.
inline void count_into(Counted counted, const at::Tensor& counts, const at::Tensor& invalid, const at::Tensor& preds,
                       const at::Tensor& target, const std::optional<at::Tensor>& mask, const CallOptions& options) {
  static const auto matrix = find_op<CountIntoSignature>("confusion_matrix_");
  static const auto rows = find_op<CountIntoSignature>("class_counts_");
  const at::AutoDispatchBelowAutograd no_autograd;
  (counted == Counted::kMatrix ? matrix : rows)
      .call(counts, invalid, preds, target, mask, options.ignore_index, options.threshold, options.per_sample,
            options.per_label, options.other);
}

}  // namespace torchtally::detail
