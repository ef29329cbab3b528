// Tiles without runs: one add for each pixel. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

// The cells of a tile first, so that the adds behind are nothing but adds.
template <int kCopies>
ALWAYS_INLINE void add_cells(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
                             const Prefetch& prefetch) {
  alignas(64) uint16_t cells[kTile];
  const uint16_t row = static_cast<uint16_t>(table.row);
  for (int64_t i = 0; i < n; ++i) {
    cells[i] = static_cast<uint16_t>(target[i] * row + preds[i]);
  }
  uint32_t* const counts = table.counts;
  const int64_t size = table.size;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    if (kCopies > 1 && i % 64 == 0) {  // a table too large for copies needs L1 for itself
      prefetch_ahead(prefetch, i);
    }
    uint64_t fours[2];  // four cells a load: the adds keep the load ports busy enough
    memcpy(fours, cells + i, 16);
    for (int half = 0; half < 2; ++half) {
      const uint64_t four = fours[half];
      ++counts[(0 % kCopies) * size + static_cast<int64_t>(four & 0xffff)];
      ++counts[(1 % kCopies) * size + static_cast<int64_t>(four >> 16 & 0xffff)];
      ++counts[(2 % kCopies) * size + static_cast<int64_t>(four >> 32 & 0xffff)];
      ++counts[(3 % kCopies) * size + static_cast<int64_t>(four >> 48)];
    }
  }
  for (; i < n; ++i) {
    ++counts[cells[i]];
  }
}

void add_dense(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
               const Prefetch& prefetch) {
  switch (table.copies) {
    case 4:
      return add_cells<4>(target, preds, n, table, prefetch);
    case 2:
      return add_cells<2>(target, preds, n, table, prefetch);
    default:
      return add_cells<1>(target, preds, n, table, prefetch);
  }
}
