// What the CPU counting kernels share: the walk over segments and the joint table of a thread.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/counting_problem.h"
#include "ops/cpu/policy.h"

namespace torchtally::cpu {

// Runs body(begin_item, end_item) on torch's threads, where an item is one segment of one group.
template <class Body>
void parallel_over_items(const CountingProblem& problem, const Plan& plan, const Body& body) {
  const int64_t grain = std::max<int64_t>(1, current_policy().pixels_per_thread / problem.pixels);
  torch::stable::parallel_for(0, problem.groups() * plan.segments, grain, body);
}

struct Segment {
  int64_t group, begin, end;  // pixels [begin, end) of the group
};

inline Segment segment_of(const CountingProblem& problem, const Plan& plan, int64_t item) {
  const int64_t part = item % plan.segments;
  const int64_t length = (problem.pixels + plan.segments - 1) / plan.segments;
  return {item / plan.segments, std::min(part * length, problem.pixels), std::min((part + 1) * length, problem.pixels)};
}

// The joint histogram of codes, [target code, prediction code]: out of range and ignored have a row of their own, so the
// loop over pixels has no branch. The row of ignored targets is never read.
class JointTable {
 public:
  explicit JointTable(int64_t num_classes);

  static int64_t cells(int64_t num_classes) { return (num_classes + 2) * (num_classes + 1); }

  void clear();
  void add(const Code* target, const Code* preds, int64_t n);
  int64_t operator()(int64_t target, int64_t pred) const { return counts_[offset(target) + static_cast<size_t>(pred)]; }

  // Non-ignored pairs with a label out of range.
  int64_t invalid() const;

 private:
  size_t offset(int64_t target) const { return static_cast<size_t>(target * row_); }

  int64_t row_;
  std::vector<int64_t> counts_;
};

// Adds to a count that other segments of the group may be adding to.
void add_shared(int64_t& count, int64_t value);

}  // namespace torchtally::cpu
