// What the CPU counting kernels share: the walk over segments and the joint table of a thread.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/counting_problem.h"
#include "ops/cpu/policy.h"
#include "ops/cpu/tiles.h"

namespace torchtally::cpu {

// Gives every segment of every group to a counter, on torch's threads. make() is called once a thread; its Counter has
//   void add(int64_t group, const Tile& tile, int64_t n);   n pixels of a segment
//   void flush(int64_t group);                              after the last of them
template <class MakeCounter>
void count_segments(const CountingProblem& problem, const Plan& plan, const MakeCounter& make) {
  const int64_t length = (problem.pixels + plan.segments - 1) / plan.segments;
  const int64_t grain = std::max<int64_t>(1, current_policy().pixels_per_thread / length);
  torch::stable::parallel_for(0, problem.groups() * plan.segments, grain, [&](int64_t first, int64_t last) {
    Tile tile;
    auto counter = make();
    for (int64_t item = first; item < last; ++item) {
      const int64_t group = item / plan.segments;
      const int64_t begin = std::min(item % plan.segments * length, problem.pixels);
      TileReader reader(problem, group, begin, std::min(begin + length, problem.pixels));
      while (const int64_t n = reader.next(tile)) {
        counter.add(group, tile, n);
      }
      counter.flush(group);
    }
  });
}

// The joint histogram of codes, [target code, prediction code]: out of range and ignored have a row of their own, so
// the loop over pixels has no branch. The row of ignored targets is never read.
class JointTable {
 public:
  explicit JointTable(int64_t num_classes);

  static int64_t cells(int64_t num_classes) { return (num_classes + 2) * (num_classes + 1); }

  void clear();
  void add(const Tile& tile, int64_t n);
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
