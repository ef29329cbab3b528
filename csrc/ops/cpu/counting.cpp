#include "ops/cpu/counting.h"

#include <algorithm>

namespace torchtally::cpu {
namespace {

int32_t copies_for(const Policy& policy, int64_t num_classes) {
  return num_classes <= policy.four_copies ? 4 : num_classes <= policy.two_copies ? 2 : 1;
}

// Counters of one copy, rounded up to whole cache lines.
int64_t copy_size(int64_t num_classes) { return ((num_classes + 2) * (num_classes + 1) + 15) / 16 * 16; }

}  // namespace

JointTable<uint8_t>::JointTable(int64_t num_classes)
    : kernels_(kernels()),
      policy_(current_policy()),
      row_(static_cast<int32_t>(num_classes + 1)),
      copies_(copies_for(policy_, num_classes)),
      size_(copy_size(num_classes)),
      binary_(num_classes == 2 && (policy_.loop == Loop::kAuto || policy_.loop == Loop::kBinary)),
      counts_(static_cast<size_t>(size_ * copies_), 0) {}

int64_t JointTable<uint8_t>::cells(int64_t num_classes) {
  return copies_for(current_policy(), num_classes) * copy_size(num_classes);
}

void JointTable<uint8_t>::add(const Tile<uint8_t>& tile, int64_t n) {
  const uint8_t* const target = tile.target();
  const uint8_t* const preds = tile.preds();
  const int64_t padded = (n + 63) / 64 * 64;
  if (binary_) {
    kernels_.add_binary(target, preds, padded, view());
    return;
  }
  if (policy_.loop == Loop::kDense || policy_.loop == Loop::kBinary || dense_left_ > 0) {
    dense_left_ -= dense_left_ > 0;
    kernels_.add_dense(target, preds, n, view(), tile.prefetch);
    return;
  }
  uint64_t starts[kTile / 64];
  const int64_t runs = kernels_.find_runs(target, preds, padded, starts);
  if (policy_.loop == Loop::kAuto && runs * 100 > n * policy_.runs_percent) {
    dense_left_ = dense_next_;
    dense_next_ = std::min(2 * dense_next_, policy_.most_skipped);
    kernels_.add_dense(target, preds, n, view(), tile.prefetch);
    return;
  }
  dense_next_ = 1;
  kernels_.add_runs(target, preds, padded, starts, view(), tile.prefetch);
}

void JointTable<uint32_t>::add(const Tile<uint32_t>& tile, int64_t n) {
  const Code* const target = tile.target();
  const Code* const preds = tile.preds();
  int64_t* const counts = counts_.data();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t ahead = std::min(i + kCellsAhead, n - 1);
    __builtin_prefetch(counts + target[ahead] * row_ + preds[ahead], 1);
    ++counts[target[i] * row_ + preds[i]];
  }
}

}  // namespace torchtally::cpu
