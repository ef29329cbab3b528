// The two forms of every counting op, functional and in place, on every device. An Op says what is particular:
//
//   struct Op {
//     static constexpr const char* name;                     // of the functional form
//     static constexpr const char* counts_name;              // of its state, for messages
//     static std::vector<int64_t> shape(int64_t classes);    // of one group's counts, given K
//     static void count(const CountingProblem&, const CountingOutput&, const Tensor& target);
//   };
#pragma once

#include <torch/csrc/stable/library.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/error.h"
#include "ops/counting_arguments.h"

namespace torchtally {

template <class Op>
std::vector<int64_t> counts_shape(const CountingProblem& problem, std::vector<int64_t> groups) {
  const std::vector<int64_t> inner = Op::shape(problem.output_classes());
  groups.insert(groups.end(), inner.begin(), inner.end());
  return groups;
}

// (preds, target, num_classes, mask, options) -> (counts, invalid)
template <class Op>
std::tuple<Tensor, Tensor> counted(const Tensor& preds, const Tensor& target, int64_t num_classes,
                                   std::optional<Tensor> mask, std::vector<int64_t> ignore_index,
                                   std::optional<std::vector<double>> threshold, bool logits, bool per_sample,
                                   bool per_label, bool other) {
  const CountingOptions options{mask, ignore_index, threshold, logits, per_sample, per_label, other};
  const CountingProblem problem = counting_problem(Op::name, preds, target, num_classes, options);
  const std::vector<int64_t> groups = group_shape(problem, options);
  const Tensor counts = zero_counts(Op::name, target, counts_shape<Op>(problem, groups));
  const Tensor invalid = zero_counts(Op::name, target, groups);
  if (problem.groups() > 0 && problem.pixels > 0) {
    Op::count(problem, output_of(counts, invalid), target);
  }
  return {counts, invalid};
}

// (counts, invalid, preds, target, mask, options) -> (); adds to counts and invalid. num_classes is that of counts.
template <class Op>
void count_into(const Tensor& counts, const Tensor& invalid, const Tensor& preds, const Tensor& target,
                std::optional<Tensor> mask, std::vector<int64_t> ignore_index,
                std::optional<std::vector<double>> threshold, bool logits, bool per_sample, bool per_label,
                bool other) {
  const std::string op = std::string(Op::name) + "_";
  const CountingOptions options{mask, ignore_index, threshold, logits, per_sample, per_label, other};
  TORCHTALLY_CHECK_VALUE(counts.dim() >= 2, op, ": ", Op::counts_name, " must have at least 2 dimensions, got ",
                         counts.dim());
  const int64_t num_classes = counts.size(counts.dim() - 1) - (other ? 1 : 0);
  const CountingProblem problem = counting_problem(op.c_str(), preds, target, num_classes, options);
  const std::vector<int64_t> groups = group_shape(problem, options);
  check_state(op.c_str(), Op::counts_name, counts, counts_shape<Op>(problem, groups), target);
  check_state(op.c_str(), "invalid", invalid, groups, target);
  if (problem.groups() > 0 && problem.pixels > 0) {
    Op::count(problem, output_of(counts, invalid), target);
  }
}

}  // namespace torchtally
