#include <algorithm>
#include <optional>
#include <vector>

#include "ops/counting_op.h"
#include "ops/cpu/counting.h"

namespace torchtally::cpu {
namespace {

template <class C>
class MatrixCounter {
 public:
  using Codes = C;

  MatrixCounter(const CountingProblem& problem, const CountingOutput& output, Strategy strategy)
      : problem_(problem), output_(output), classes_(problem.output_classes()) {
    if (strategy == Strategy::kTable) {
      table_.emplace(problem);
    }
  }

  void add(int64_t group, const Tile<C>& tile, int64_t n) {
    if (table_) {
      table_->add(tile, n);
    } else {
      add_direct(matrix(group), output_.invalid[group], tile, n);
    }
  }

  JointTable<C>* table() { return table_ ? &*table_ : nullptr; }

  // Adds the table to the output.
  void flush(int64_t group) {
    if (!table_) {
      return;
    }
    int64_t* const out = matrix(group);
    for (int64_t t = 0; t < classes_; ++t) {
      table_->add_row(t, out + t * classes_, classes_);
    }
    output_.invalid[group] += invalid_pairs(*table_, problem_.num_classes);
    table_->clear();
  }

 private:
  int64_t* matrix(int64_t group) const { return output_.counts + group * classes_ * classes_; }

  void add_direct(int64_t* matrix, int64_t& invalid, const Tile<C>& tile, int64_t n) const {
    const Code out_of_range = static_cast<Code>(problem_.num_classes);
    for (int64_t i = 0; i < n; ++i) {
      const Code t = tile.target()[i];
      const Code p = tile.preds()[i];
      if (t > out_of_range) {
        continue;
      }
      const bool bad = t == out_of_range || p == out_of_range;
      invalid += bad;
      if constexpr (sizeof(C) > 1) {  // a matrix beyond the cache: its cells are fetched before their turn
        const int64_t ahead = std::min(i + kCellsAhead, n - 1);
        __builtin_prefetch(matrix + tile.target()[ahead] * classes_ + tile.preds()[ahead], 1);
      }
      if (!bad || problem_.other) {
        ++matrix[t * classes_ + p];
      }
    }
  }

  const CountingProblem& problem_;
  const CountingOutput& output_;
  int64_t classes_;
  std::optional<JointTable<C>> table_;
};

template <class C>
void count_codes(const CountingProblem& problem, const CountingOutput& output) {
  const Plan plan = make_plan(current_policy(), problem.groups(), problem.pixels,
                              JointTable<C>::cells(problem.num_classes), torch::stable::get_num_threads());
  count_segments(problem, plan, [&] { return MatrixCounter<C>(problem, output, plan.strategy); });
}

struct ConfusionMatrix {
  static constexpr const char* name = "confusion_matrix";
  static constexpr const char* counts_name = "matrix";
  static std::vector<int64_t> shape(int64_t classes) { return {classes, classes}; }
  static void count(const CountingProblem& problem, const CountingOutput& output, const Tensor& /*target*/) {
    problem.num_classes <= kByteCodes ? count_codes<uint8_t>(problem, output) : count_codes<uint32_t>(problem, output);
  }
};

}  // namespace
}  // namespace torchtally::cpu

STABLE_TORCH_LIBRARY_IMPL(torchtally, CPU, m) {
  using torchtally::cpu::ConfusionMatrix;
  m.impl("confusion_matrix", TORCH_BOX(&torchtally::counted<ConfusionMatrix>));
  m.impl("confusion_matrix_", TORCH_BOX(&torchtally::count_into<ConfusionMatrix>));
}
