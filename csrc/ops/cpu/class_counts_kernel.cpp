#include <algorithm>
#include <optional>
#include <vector>

#include "ops/counting_op.h"
#include "ops/cpu/counting.h"
#include "ops/cpu/tiles.h"

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

// Adds the pairs of a tile to rows; returns those with a label out of range.
int64_t count_classes(const Tile& tile, int64_t n, const CountingProblem& problem, const Rows& rows) {
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  int64_t invalid = 0;
  for (int64_t i = 0; i < n; ++i) {
    const Code t = tile.target[i];
    const Code p = tile.preds[i];
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
  return invalid;
}

// Adds one thread's counts to output, which other segments of the group may be adding to.
void add_counts(const std::vector<int64_t>& counts, int64_t* output) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) {
      add_shared(output[i], counts[i]);
    }
  }
}

// Reads class counts off a joint table.
void fold(const JointTable& table, int64_t classes, const Rows& rows) {
  for (int64_t t = 0; t < classes; ++t) {
    for (int64_t p = 0; p < classes; ++p) {
      const int64_t count = table(t, p);
      if (t == p) {
        rows.true_positives[t] += count;
      } else {
        rows.false_negatives[t] += count;
        rows.false_positives[p] += count;
      }
    }
  }
}

// What one thread counts into before it adds to the output: a joint table for few classes (one add a pixel, no branch),
// the three rows for many.
class PrivateCounts {
 public:
  PrivateCounts(const CountingProblem& problem, bool joint)
      : problem_(problem),
        counts_(static_cast<size_t>(3 * problem.output_classes())),
        rows_(counts_.data(), problem.output_classes()) {
    if (joint) {
      table_.emplace(problem.num_classes);
    }
  }

  void add(const Tile& tile, int64_t n) {
    if (table_) {
      table_->add(tile.target, tile.preds, n);
    } else {
      invalid_ += count_classes(tile, n, problem_, rows_);
    }
  }

  void flush(int64_t* counts, int64_t& invalid) {
    if (table_) {
      fold(*table_, problem_.output_classes(), rows_);
      invalid_ += table_->invalid();
      table_->clear();
    }
    add_counts(counts_, counts);
    add_shared(invalid, invalid_);
    std::fill(counts_.begin(), counts_.end(), 0);
    invalid_ = 0;
  }

 private:
  const CountingProblem& problem_;
  std::vector<int64_t> counts_;
  Rows rows_;
  int64_t invalid_ = 0;
  std::optional<JointTable> table_;
};

void count(const CountingProblem& problem, const CountingOutput& output) {
  const int64_t classes = problem.output_classes();
  const bool joint = problem.num_classes <= current_policy().joint_classes;
  const int64_t cells = 3 * classes + (joint ? JointTable::cells(problem.num_classes) : 0);
  const Plan plan =
      make_plan(current_policy(), problem.groups(), problem.pixels, cells, torch::stable::get_num_threads());
  parallel_over_items(problem, plan, [&](int64_t begin, int64_t end) {
    Tile tile;
    std::optional<PrivateCounts> table;
    if (plan.strategy == Strategy::kTable) {
      table.emplace(problem, joint);
    }
    for (int64_t item = begin; item < end; ++item) {
      const Segment segment = segment_of(problem, plan, item);
      int64_t* const counts = output.counts + segment.group * 3 * classes;
      int64_t& invalid = output.invalid[segment.group];
      TileReader reader(problem, segment.group, segment.begin, segment.end);
      while (const int64_t n = reader.next(tile)) {
        if (table) {
          table->add(tile, n);
        } else {
          invalid += count_classes(tile, n, problem, Rows(counts, classes));
        }
      }
      if (table) {
        table->flush(counts, invalid);
      }
    }
  });
}

struct ClassCounts {
  static constexpr const char* name = "class_counts";
  static constexpr const char* counts_name = "counts";
  static std::vector<int64_t> shape(int64_t classes) { return {3, classes}; }
  static void count(const CountingProblem& problem, const CountingOutput& output, int32_t /*device_index*/) {
    cpu::count(problem, output);
  }
};

}  // namespace
}  // namespace torchtally::cpu

STABLE_TORCH_LIBRARY_IMPL(torchtally, CPU, m) {
  using torchtally::cpu::ClassCounts;
  m.impl("class_counts", TORCH_BOX(&torchtally::counted<ClassCounts>));
  m.impl("class_counts_", TORCH_BOX(&torchtally::count_into<ClassCounts>));
}
