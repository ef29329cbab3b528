// Tiles without runs: one add for each pixel. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

// The cells of a tile first, each in the copy of the table that its turn names, so that the adds behind are nothing but
// adds.
template <int kCopies, bool kCodes>
ALWAYS_INLINE void add_cells(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
                             const Prefetch& prefetch) {
  constexpr int64_t kBlock = 64;
  alignas(64) uint16_t cells[kTile];
  alignas(64) uint16_t copy[kBlock];
  for (int64_t k = 0; k < kBlock; ++k) {
    copy[k] = static_cast<uint16_t>(k % kCopies * table.size);
  }
  const uint16_t row = static_cast<uint16_t>(table.row);
  const uint8_t target_last = table.meaning.target_last;
  const uint8_t preds_last = table.meaning.preds_last;
  const uint8_t out_of_range = table.meaning.out_of_range;
  const uint8_t ignored = table.meaning.ignored;
  const uint8_t ignored_code = table.meaning.ignored_code;
  const auto cell = [&](int64_t i) {
    uint8_t t = target[i];
    uint8_t p = preds[i];
    if constexpr (!kCodes) {
      const uint8_t in_range = t <= target_last ? t : out_of_range;
      t = t == ignored ? ignored_code : in_range;
      p = p <= preds_last ? p : out_of_range;
    }
    return static_cast<uint16_t>(t * row + p);
  };
  uint32_t* const counts = table.counts;
  int64_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    for (int64_t k = 0; k < kBlock; ++k) {
      cells[i + k] = static_cast<uint16_t>(cell(i + k) + copy[k]);
    }
  }
  const int64_t whole = i;
  for (; i < n; ++i) {
    ++counts[cell(i)];
  }
  for (i = 0; i < whole; i += kBlock) {
    if (kCopies > 1) {  // a table too large for copies needs L1 for itself
      prefetch_ahead(prefetch, i);
    }
    for (int64_t k = 0; k < kBlock; k += 8) {
#pragma GCC unroll 8
      for (int64_t next = 0; next < 8; ++next) {
        ++counts[cells[i + k + next]];
      }
    }
  }
}

template <bool kCodes>
ALWAYS_INLINE void add_cells_of(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
                                const Prefetch& prefetch) {
  switch (table.copies) {
    case 4:
      return add_cells<4, kCodes>(target, preds, n, table, prefetch);
    case 2:
      return add_cells<2, kCodes>(target, preds, n, table, prefetch);
    default:
      return add_cells<1, kCodes>(target, preds, n, table, prefetch);
  }
}

void add_dense(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
               const Prefetch& prefetch) {
  table.meaning.codes ? add_cells_of<true>(target, preds, n, table, prefetch)
                      : add_cells_of<false>(target, preds, n, table, prefetch);
}
