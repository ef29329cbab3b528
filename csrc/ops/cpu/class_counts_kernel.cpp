#include <optional>
#include <vector>

#include "ops/counting_op.h"
#include "ops/cpu/counting.h"

namespace torchtally::cpu {
namespace {

// The three rows of one group's counts, [3, K].
struct Rows {
  int64_t* true_positives;
  int64_t* false_positives;
  int64_t* false_negatives;

  Rows(int64_t* counts, int64_t classes)
      : true_positives(counts), false_positives(counts + classes), false_negatives(counts + 2 * classes) {}
};

// Adds the pairs of a tile to rows and invalid.
template <class C>
void count_classes(const Tile<C>& tile, int64_t n, const CountingProblem& problem, const Rows& rows, int64_t& invalid) {
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  for (int64_t i = 0; i < n; ++i) {
    const Code t = tile.target()[i];
    const Code p = tile.preds()[i];
    if (t > out_of_range) {
      continue;
    }
    if (t == out_of_range || p == out_of_range) {
      ++invalid;
      if (!problem.other) {
        continue;
      }
    }
    if (t == p) {
      ++rows.true_positives[t];
    } else {
      ++rows.false_negatives[t];
      ++rows.false_positives[p];
    }
  }
}

// Counts into rows of its own before it adds to the output; codes of a byte into a joint table before that, which takes
// one add a pixel or a run, and no branch.
template <class C>
class ClassCounter {
 public:
  using Codes = C;
  static constexpr bool kJoint = sizeof(C) == 1;

  ClassCounter(const CountingProblem& problem, const CountingOutput& output, Strategy strategy)
      : problem_(problem), output_(output), size_(3 * problem.output_classes()) {
    if (strategy == Strategy::kTable) {
      own_.resize(static_cast<size_t>(size_), 0);
      if constexpr (kJoint) {
        table_.emplace(problem);
      }
    }
  }

  void add(int64_t group, const Tile<C>& tile, int64_t n) {
    if (table_) {
      table_->add(tile, n);
    } else if (!own_.empty()) {
      count_classes(tile, n, problem_, rows(own_.data()), invalid_);
    } else {
      count_classes(tile, n, problem_, rows(output_.counts + group * size_), output_.invalid[group]);
    }
  }

  JointTable<C>* table() { return table_ ? &*table_ : nullptr; }

  // Adds the rows to the output.
  void flush(int64_t group) {
    if (table_) {
      fold_table();
    }
    for (size_t i = 0; i < own_.size(); ++i) {
      output_.counts[group * size_ + static_cast<int64_t>(i)] += own_[i];
      own_[i] = 0;
    }
    output_.invalid[group] += invalid_;
    invalid_ = 0;
  }

 private:
  Rows rows(int64_t* counts) const { return {counts, problem_.output_classes()}; }

  void fold_table() {
    const Rows out = rows(own_.data());
    for (int64_t t = 0; t < problem_.output_classes(); ++t) {
      for (int64_t p = 0; p < problem_.output_classes(); ++p) {
        const int64_t count = (*table_)(t, p);
        if (t == p) {
          out.true_positives[t] += count;
        } else {
          out.false_negatives[t] += count;
          out.false_positives[p] += count;
        }
      }
    }
    invalid_ += invalid_pairs(*table_, problem_.num_classes);
    table_->clear();
  }

  const CountingProblem& problem_;
  const CountingOutput& output_;
  int64_t size_;
  std::vector<int64_t> own_;  // [3, K]
  int64_t invalid_ = 0;
  std::optional<JointTable<C>> table_;
};

template <class C>
void count_codes(const CountingProblem& problem, const CountingOutput& output) {
  const int64_t table = ClassCounter<C>::kJoint ? JointTable<C>::cells(problem.num_classes) : 0;
  const int64_t cells = 3 * problem.output_classes() + table;
  const Plan plan =
      make_plan(current_policy(), problem.groups(), problem.pixels, cells, torch::stable::get_num_threads());
  count_segments(problem, plan, [&] { return ClassCounter<C>(problem, output, plan.strategy); });
}

struct ClassCounts {
  static constexpr const char* name = "class_counts";
  static constexpr const char* counts_name = "counts";
  static std::vector<int64_t> shape(int64_t classes) { return {3, classes}; }
  static void count(const CountingProblem& problem, const CountingOutput& output, const Tensor& /*target*/) {
    problem.num_classes <= kByteCodes ? count_codes<uint8_t>(problem, output) : count_codes<uint32_t>(problem, output);
  }
};

}  // namespace
}  // namespace torchtally::cpu

STABLE_TORCH_LIBRARY_IMPL(torchtally, CPU, m) {
  using torchtally::cpu::ClassCounts;
  m.impl("class_counts", TORCH_BOX(&torchtally::counted<ClassCounts>));
  m.impl("class_counts_", TORCH_BOX(&torchtally::count_into<ClassCounts>));
}
