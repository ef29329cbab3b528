// Turns the tensors of overlap_sums into an OverlapProblem, or says what is wrong with them.
#pragma once

#include <torch/csrc/stable/tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/export.h"
#include "common/overlap_problem.h"

namespace torchtally {

using torch::stable::Tensor;

// The arguments that both ops take, in the order of the schema.
struct OverlapArguments {
  Tensor input;
  Tensor target;
  std::optional<Tensor> mask;
  std::optional<Tensor> class_weight;
  std::string activation;
  std::vector<int64_t> ignore_index;
  double label_smoothing;
};

// Sees a tensor [N, C, ...] (or [N, ...], without class_dim) as [samples, classes, pixels]; nothing where the pixels
// are not one stride apart.
std::optional<OverlapOperand> overlap_operand(const Tensor& tensor, bool class_dim);

// class_weight is left to the caller, who knows where it must lie. A tensor whose pixels are not one stride apart is
// replaced in the arguments by a contiguous copy, which must outlive the problem.
TORCHTALLY_API OverlapProblem overlap_problem(const char* op, OverlapArguments& arguments);

// What overlap_sums_backward is given beside those, checked and contiguous: float64 [samples, kOverlapRows, classes]
// and [samples].
struct OverlapUpstream {
  Tensor sums;
  Tensor cross_entropy;
};

TORCHTALLY_API OverlapUpstream overlap_upstream(const Tensor& grad_sums, const Tensor& grad_cross_entropy,
                                                const OverlapProblem& problem, const Tensor& input);

// The gradient of an input, and where kernels write it: torch chooses the strides of the gradient, and where its pixels
// are not one stride apart, a contiguous tensor is written first. The input may have been readable all the same: that
// of overlapping windows is.
struct OverlapResult {
  Tensor gradient;
  Tensor written;

  TORCHTALLY_API explicit OverlapResult(const Tensor& input);
  TORCHTALLY_API OverlapOperand operand() const;
  TORCHTALLY_API void finish() const;
};

}  // namespace torchtally
