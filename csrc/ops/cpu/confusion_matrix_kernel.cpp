#include <optional>
#include <vector>

#include "ops/counting_op.h"
#include "ops/cpu/counting.h"
#include "ops/cpu/tiles.h"

namespace torchtally::cpu {
namespace {

// Adds a table to matrix [K, K] and invalid, which other segments of the group may be adding to.
void fold(const JointTable& table, const CountingProblem& problem, int64_t* matrix, int64_t& invalid) {
  const int64_t classes = problem.output_classes();
  for (int64_t t = 0; t < classes; ++t) {
    for (int64_t p = 0; p < classes; ++p) {
      if (const int64_t count = table(t, p)) {
        add_shared(matrix[t * classes + p], count);
      }
    }
  }
  add_shared(invalid, table.invalid());
}

// Adds the pairs of a tile to matrix [K, K]; returns those with a label out of range.
int64_t count_direct(const Tile& tile, int64_t n, const CountingProblem& problem, int64_t* matrix) {
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const int64_t classes = problem.output_classes();
  int64_t invalid = 0;
  for (int64_t i = 0; i < n; ++i) {
    const Code t = tile.target[i];
    const Code p = tile.preds[i];
    if (t > out_of_range) {
      continue;
    }
    const bool bad = t == out_of_range || p == out_of_range;
    invalid += bad;
    if (!bad || problem.other) {
      ++matrix[t * classes + p];
    }
  }
  return invalid;
}

void count(const CountingProblem& problem, const CountingOutput& output) {
  const int64_t cells = problem.output_classes() * problem.output_classes();
  const Plan plan = make_plan(current_policy(), problem.groups(), problem.pixels,
                              JointTable::cells(problem.num_classes), torch::stable::get_num_threads());
  parallel_over_items(problem, plan, [&](int64_t begin, int64_t end) {
    Tile tile;
    std::optional<JointTable> table;
    if (plan.strategy == Strategy::kTable) {
      table.emplace(problem.num_classes);
    }
    for (int64_t item = begin; item < end; ++item) {
      const Segment segment = segment_of(problem, plan, item);
      int64_t* const matrix = output.counts + segment.group * cells;
      int64_t& invalid = output.invalid[segment.group];
      TileReader reader(problem, segment.group, segment.begin, segment.end);
      while (const int64_t n = reader.next(tile)) {
        if (table) {
          table->add(tile.target, tile.preds, n);
        } else {
          invalid += count_direct(tile, n, problem, matrix);
        }
      }
      if (table) {
        fold(*table, problem, matrix, invalid);
        table->clear();
      }
    }
  });
}

struct ConfusionMatrix {
  static constexpr const char* name = "confusion_matrix";
  static constexpr const char* counts_name = "matrix";
  static std::vector<int64_t> shape(int64_t classes) { return {classes, classes}; }
  static void count(const CountingProblem& problem, const CountingOutput& output, int32_t /*device_index*/) {
    cpu::count(problem, output);
  }
};

}  // namespace
}  // namespace torchtally::cpu

STABLE_TORCH_LIBRARY_IMPL(torchtally, CPU, m) {
  using torchtally::cpu::ConfusionMatrix;
  m.impl("confusion_matrix", TORCH_BOX(&torchtally::counted<ConfusionMatrix>));
  m.impl("confusion_matrix_", TORCH_BOX(&torchtally::count_into<ConfusionMatrix>));
}
