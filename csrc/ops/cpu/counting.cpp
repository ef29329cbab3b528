#include "ops/cpu/counting.h"

#include <algorithm>
#include <bit>

namespace torchtally::cpu {
namespace {

// Counters of one copy, rounded up to whole cache lines.
int64_t copy_size(int64_t num_classes) { return ((num_classes + 2) * (num_classes + 1) + 15) / 16 * 16; }

// The cells of all copies are numbered with 16 bits.
int32_t copies_for(const Policy& policy, int64_t num_classes) {
  const int32_t wanted = num_classes <= policy.four_copies ? 4 : num_classes <= policy.two_copies ? 2 : 1;
  return static_cast<int32_t>(
      std::min<int64_t>(wanted, std::bit_floor(static_cast<uint64_t>((1 << 16) / copy_size(num_classes)))));
}

}  // namespace

JointTable<uint8_t>::JointTable(const CountingProblem& problem)
    : kernels_(kernels()),
      policy_(current_policy()),
      row_(static_cast<int32_t>(problem.num_classes + 1)),
      copies_(copies_for(policy_, problem.num_classes)),
      size_(copy_size(problem.num_classes)),
      binary_(problem.num_classes == 2 && (policy_.loop == Loop::kAuto || policy_.loop == Loop::kBinary)),
      in_place_(labels_in_place(problem, binary_)),
      codes_(problem.num_classes),
      labels_(problem),
      counts_(static_cast<size_t>(size_ * copies_), 0) {}

int64_t JointTable<uint8_t>::cells(int64_t num_classes) {
  return copies_for(current_policy(), num_classes) * copy_size(num_classes);
}

void JointTable<uint8_t>::add(const Tile<uint8_t>& tile, int64_t n) {
  if (binary_) {
    kernels_.add_binary(tile.target(), tile.preds(), (n + 63) / 64 * 64, view(codes_));
  } else {
    add_bytes(tile.target(), tile.preds(), n, codes_, tile.prefetch);
  }
}

void JointTable<uint8_t>::add_labels(const LabelRow& target, const LabelRow& preds, Tile<uint8_t>& tile) {
  if (binary_) {
    kernels_.add_binary_labels(target, preds, view(labels_));
    return;
  }
  // The first 64 and those behind the last whole 64 go through a tile: runs look at the pixel before them, 64 at a
  // time.
  const int64_t first = std::min<int64_t>(64, target.n);
  const int64_t last = std::max(first, target.n / 64 * 64);
  add_copied(target, preds, 0, first, tile);
  for (int64_t i = first; i < last; i += kTile) {
    const auto at = [&](const LabelRow& row) { return static_cast<const uint8_t*>(row.labels) + i; };
    add_bytes(at(target), at(preds), std::min(kTile, last - i), labels_, Prefetch{});
  }
  add_copied(target, preds, last, target.n, tile);
}

void JointTable<uint8_t>::add_copied(LabelRow target, LabelRow preds, int64_t begin, int64_t end, Tile<uint8_t>& tile) {
  for (LabelRow* const row : {&target, &preds}) {
    row->labels = static_cast<const uint8_t*>(row->labels) + begin;
    row->n = end - begin;
  }
  kernels_.read_labels8(target, tile.target());
  kernels_.read_labels8(preds, tile.preds());
  tile.pad(end - begin, row_ - 1);
  tile.prefetch = {};
  add(tile, end - begin);
}

void JointTable<uint8_t>::add_bytes(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteMeaning& meaning,
                                    const Prefetch& prefetch) {
  const int64_t padded = (n + 63) / 64 * 64;
  const ByteTable table = view(meaning);
  if (policy_.loop == Loop::kDense || policy_.loop == Loop::kBinary || dense_left_ > 0) {
    dense_left_ -= dense_left_ > 0;
    kernels_.add_dense(target, preds, n, table, prefetch);
    return;
  }
  uint64_t starts[kTile / 64];
  const int64_t runs = kernels_.find_runs(target, preds, padded, starts);
  if (policy_.loop == Loop::kAuto && runs * 100 > n * policy_.runs_percent) {
    dense_left_ = dense_next_;
    dense_next_ = std::min(2 * dense_next_, policy_.most_skipped);
    kernels_.add_dense(target, preds, n, table, prefetch);
    return;
  }
  dense_next_ = 1;
  kernels_.add_runs(target, preds, padded, starts, table, prefetch);
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
