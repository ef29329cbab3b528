// Turns the tensors of a counting op into a CountingProblem, or says what is wrong with them.
#pragma once

#include <torch/csrc/stable/tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "common/counting_problem.h"
#include "common/export.h"

namespace torchtally {

using torch::stable::Tensor;

// The options that every counting op takes, in the order of the schema.
struct CountingOptions {
  const std::optional<Tensor>& mask;  // bool, shape of target
  const std::vector<int64_t>& ignore_index;
  std::optional<std::vector<double>>& threshold;  // one, or one a label; rounded in place to the dtype of the scores
  bool logits;
  bool per_sample;  // one matrix for each index of dimension 0
  bool per_label;   // one matrix for each index of dimension 1
  bool other;
};

// preds is [N, ...] like target (labels, or scores for a threshold) or [N, C, ...] (scores for an argmax). The problem
// points into `options` where each label has a threshold.
TORCHTALLY_API CountingProblem counting_problem(const char* op, const Tensor& preds, const Tensor& target,
                                                int64_t num_classes, const CountingOptions& options);

// The shape of `invalid`: [], [N], [L] or [N, L]. Counts have these dimensions first.
TORCHTALLY_API std::vector<int64_t> group_shape(const CountingProblem& problem, const CountingOptions& options);

// A zeroed int64 tensor on the device of `like`.
TORCHTALLY_API Tensor zero_counts(const char* op, const Tensor& like, const std::vector<int64_t>& shape);

// An existing count tensor must be int64, contiguous, of this shape and on the device of target.
TORCHTALLY_API void check_state(const char* op, const char* name, const Tensor& state,
                                const std::vector<int64_t>& shape, const Tensor& target);

TORCHTALLY_API CountingOutput output_of(const Tensor& counts, const Tensor& invalid);

}  // namespace torchtally
