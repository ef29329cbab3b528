#include "ops/cpu/policy.h"

#include <algorithm>

#include "common/integers.h"

namespace torchtally::cpu {
namespace {

constexpr int64_t kCounterBytes = 8;
constexpr int64_t kSegmentPixels = int64_t{1} << 31;  // so that counters of 32 bits cannot overflow

}  // namespace

Plan make_plan(const Policy& policy, int64_t groups, int64_t pixels, int64_t table_cells, int64_t threads) {
  const int64_t table = table_cells * kCounterBytes;
  const bool fits = table * std::min(groups, threads) <= policy.table_bytes;
  Plan plan;
  plan.strategy = policy.strategy;
  if (plan.strategy == Strategy::kAuto) {
    plan.strategy = fits && pixels >= table_cells ? Strategy::kTable : Strategy::kDirect;
  }
  if (plan.strategy == Strategy::kTable) {
    if (groups < threads) {
      const int64_t worth = std::max<int64_t>(1, pixels / policy.pixels_per_thread);
      const int64_t tables = std::max<int64_t>(1, policy.table_bytes / (table * groups));
      plan.segments = std::min({ceil_div(threads, groups), worth, tables});
    }
    plan.segments = std::max(plan.segments, ceil_div(pixels, kSegmentPixels));
  }
  return plan;
}

Policy& current_policy() {
  static Policy policy;
  return policy;
}

}  // namespace torchtally::cpu
