#include "ops/cpu/counting.h"

#include <algorithm>
#include <atomic>

namespace torchtally::cpu {

Plan make_plan(const Policy& policy, int64_t groups, int64_t pixels, int64_t table_cells, int64_t threads) {
  const int64_t table = table_cells * static_cast<int64_t>(sizeof(int64_t));
  const bool fits = table * std::min(groups, threads) <= policy.table_bytes;
  Plan plan;
  plan.strategy = policy.strategy;
  if (plan.strategy == Strategy::kAuto) {
    plan.strategy = fits && pixels >= table_cells ? Strategy::kTable : Strategy::kDirect;
  }
  if (plan.strategy == Strategy::kTable && groups < threads) {
    const int64_t worth = std::max<int64_t>(1, pixels / policy.pixels_per_thread);
    const int64_t tables = std::max<int64_t>(1, policy.table_bytes / (table * groups));
    plan.segments = std::min({(threads + groups - 1) / groups, worth, tables});
  }
  return plan;
}

Policy& current_policy() {
  static Policy policy;
  return policy;
}

JointTable::JointTable(int64_t num_classes)
    : row_(num_classes + 1), counts_(static_cast<size_t>(cells(num_classes)), 0) {}

void JointTable::clear() { std::fill(counts_.begin(), counts_.end(), 0); }

void JointTable::add(const Tile& tile, int64_t n) {
  int64_t* const counts = counts_.data();
  const int64_t row = row_;
  for (int64_t i = 0; i < n; ++i) {
    ++counts[tile.target[i] * row + tile.preds[i]];
  }
}

int64_t JointTable::invalid() const {
  const int64_t classes = row_ - 1;
  int64_t sum = 0;
  for (int64_t k = 0; k < classes; ++k) {
    sum += (*this)(classes, k) + (*this)(k, classes);
  }
  return sum + (*this)(classes, classes);
}

void add_shared(int64_t& count, int64_t value) {
  std::atomic_ref<int64_t>(count).fetch_add(value, std::memory_order_relaxed);
}

}  // namespace torchtally::cpu
