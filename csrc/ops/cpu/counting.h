// What the CPU counting ops share: the walk over segments, and the joint tables that a thread counts into.
#pragma once

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

#include "common/counting_problem.h"
#include "common/integers.h"
#include "ops/cpu/policy.h"
#include "ops/cpu/tiles.h"

namespace torchtally::cpu {

// The joint histogram of codes, [target code, prediction code]: out of range and ignored have a row of their own, so
// that no loop over pixels has a branch. The row of ignored targets is never read.
template <class C>
class JointTable;

// Byte codes: 32-bit counters, several copies of them for few classes.
template <>
class JointTable<uint8_t> {
 public:
  explicit JointTable(const CountingProblem& problem);

  static int64_t cells(int64_t num_classes);

  void clear() { std::fill(counts_.begin(), counts_.end(), 0u); }
  void add(const Tile<uint8_t>& tile, int64_t n);
  // Whether the labels of a row may be added as they are.
  bool takes_labels() const { return in_place_; }
  void add_labels(const LabelRow& target, const LabelRow& preds, Tile<uint8_t>& tile);
  int64_t operator()(int64_t target, int64_t pred) const {
    int64_t sum = 0;
    for (int64_t copy = 0; copy < copies_; ++copy) {
      sum += counts_[static_cast<size_t>(copy * size_ + target * row_ + pred)];
    }
    return sum;
  }

  // Adds the first n counts of a target's row to out.
  void add_row(int64_t target, int64_t* out, int64_t n) const {
    for (int64_t copy = 0; copy < copies_; ++copy) {
      const uint32_t* const from = counts_.data() + copy * size_ + target * row_;
      for (int64_t p = 0; p < n; ++p) {
        out[p] += from[p];
      }
    }
  }

 private:
  // n bytes side by side, of one meaning; the last 64 of codes are whole, and those of labels are n.
  void add_bytes(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteMeaning& meaning,
                 const Prefetch& prefetch);
  // Pixels [begin, end) of a row, at most a tile, by way of codes.
  void add_copied(LabelRow target, LabelRow preds, int64_t begin, int64_t end, Tile<uint8_t>& tile);
  ByteTable view(const ByteMeaning& meaning) { return {counts_.data(), row_, copies_, size_, meaning}; }

  const Kernels& kernels_;
  const Policy policy_;
  int32_t row_;
  int32_t copies_;
  int64_t size_;  // counters of one copy
  bool binary_;   // bits are counted
  bool in_place_;
  ByteMeaning codes_;
  ByteMeaning labels_;
  std::vector<uint32_t> counts_;
  int64_t dense_left_ = 0;  // tiles that still take the dense loop unseen
  int64_t dense_next_ = 1;  // how many will, the next time that runs are short
};

// Wide codes: one table, whose cells are fetched before their turn.
template <>
class JointTable<uint32_t> {
 public:
  explicit JointTable(const CountingProblem& problem)
      : row_(problem.num_classes + 1), counts_(static_cast<size_t>(cells(problem.num_classes)), 0) {}

  static int64_t cells(int64_t num_classes) { return (num_classes + 2) * (num_classes + 1); }

  void clear() { std::fill(counts_.begin(), counts_.end(), int64_t{0}); }
  void add(const Tile<uint32_t>& tile, int64_t n);
  bool takes_labels() const { return false; }
  void add_labels(const LabelRow& /*target*/, const LabelRow& /*preds*/, Tile<uint32_t>& /*tile*/) {}
  int64_t operator()(int64_t target, int64_t pred) const { return counts_[static_cast<size_t>(target * row_ + pred)]; }

  void add_row(int64_t target, int64_t* out, int64_t n) const {
    for (int64_t p = 0; p < n; ++p) {
      out[p] += (*this)(target, p);
    }
  }

 private:
  int64_t row_;
  std::vector<int64_t> counts_;
};

// Gives every segment of every group to a counter, on torch's threads. make() is called once a thread; its Counter has
//   using Codes = uint8_t or uint32_t;
//   void add(int64_t group, Tile<Codes>& tile, int64_t n);   n pixels of a segment
//   JointTable<Codes>* table();                              what add() counts into, or nullptr
//   void flush(int64_t group);                               after the last of them; one segment of a group at a time
template <class MakeCounter>
void count_segments(const CountingProblem& problem, const Plan& plan, const MakeCounter& make) {
  using Codes = typename decltype(make())::Codes;
  const int64_t length = ceil_div(problem.pixels, plan.segments);
  kernels();  // where the environment asks for a level that is not there, this says so; inside, the message is lost
  std::mutex flushing;
  const int64_t grain = std::max<int64_t>(1, current_policy().pixels_per_thread / length);
  torch::stable::parallel_for(0, problem.groups() * plan.segments, grain, [&](int64_t first, int64_t last) {
    Tile<Codes> tile;
    auto counter = make();
    for (int64_t item = first; item < last; ++item) {
      const int64_t group = item / plan.segments;
      const int64_t begin = std::min(item % plan.segments * length, problem.pixels);
      TileReader<Codes> reader(problem, group, begin, std::min(begin + length, problem.pixels));
      if (counter.table() != nullptr && counter.table()->takes_labels()) {
        LabelRow target, preds;
        while (reader.next_labels(target, preds)) {
          counter.table()->add_labels(target, preds, tile);
        }
      } else {
        while (const int64_t n = reader.next(tile)) {
          counter.add(group, tile, n);
        }
      }
      if (plan.segments == 1) {
        counter.flush(group);
      } else {
        const std::lock_guard<std::mutex> lock(flushing);
        counter.flush(group);
      }
    }
  });
}

// Pixels whose cells of a large matrix are on their way from memory: more than it takes to keep it busy, because a page
// may have to be looked up first.
inline constexpr int64_t kCellsAhead = 128;

// Pairs of a table that are not ignored and have a label out of range.
template <class C>
int64_t invalid_pairs(const JointTable<C>& table, int64_t num_classes) {
  int64_t sum = table(num_classes, num_classes);
  for (int64_t k = 0; k < num_classes; ++k) {
    sum += table(num_classes, k) + table(k, num_classes);
  }
  return sum;
}

}  // namespace torchtally::cpu
