// Tiles of long runs: one add for each run of equal pairs. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

int64_t find_runs(const uint8_t* target, const uint8_t* preds, int64_t n, uint64_t* starts) {
  int64_t runs = 0;
  for (int64_t i = 0; i < n; i += 64) {
    const uint64_t mask = Block::load(target + i).differs(Block::load(target + i - 1)) |
                          Block::load(preds + i).differs(Block::load(preds + i - 1));
    starts[i / 64] = mask;
    runs += __builtin_popcountll(mask);
  }
  return runs;
}

// Where the runs of a tile begin. One more begin closes the last run; the array has room for what is written past the
// end and overwritten by the next block.
struct Runs {
  int64_t count = 0;
  uint16_t begin[kTile + 65];

  // Adds the runs that start in the 64 pixels at i.
  ALWAYS_INLINE void append(int64_t i, uint64_t mask) {
    const int64_t found = __builtin_popcountll(mask);
#if defined(__AVX512VBMI2__)
    const __m512i lanes =
        _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
                         0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
    const __m512i first = _mm512_set1_epi16(static_cast<int16_t>(i));
    alignas(64) uint8_t at[64];
    _mm512_store_si512(at, _mm512_maskz_compress_epi8(mask, lanes));
    for (int64_t half = 0; half < found; half += 32) {
      const __m256i bytes = _mm256_load_si256(reinterpret_cast<const __m256i*>(at + half));
      _mm512_storeu_si512(begin + count + half, _mm512_add_epi16(_mm512_cvtepu8_epi16(bytes), first));
    }
#else
    // Four at a time: a loop that ran as often as a mask has bits would be mispredicted at every end.
    for (int64_t k = 0; k < found; k += 4) {
#pragma GCC unroll 4
      for (int64_t next = 0; next < 4; ++next) {
        begin[count + k + next] = static_cast<uint16_t>(i + __builtin_ctzll(mask | uint64_t{1} << 63));
        mask &= mask - 1;
      }
    }
#endif
    count += found;
  }
};

template <int kCopies>
ALWAYS_INLINE void add_run_cells(const uint8_t* target, const uint8_t* preds, const Runs& runs,
                                 const ByteTable& table) {
  uint32_t* const counts = table.counts;
  const int64_t size = table.size;
  const ByteMeaning& meaning = table.meaning;
  const auto add = [&](int64_t r, int copy) {
    const int64_t at = runs.begin[r];
    const int64_t cell = meaning.row_of[target[at]] + meaning.column_of[preds[at]];
    counts[(copy % kCopies) * size + cell] += static_cast<uint32_t>(runs.begin[r + 1] - at);
  };
  int64_t r = 0;
  for (; r + 4 <= runs.count; r += 4) {
    add(r, 0);
    add(r + 1, 1);
    add(r + 2, 2);
    add(r + 3, 3);
  }
  for (; r < runs.count; ++r) {
    add(r, 0);
  }
}

void add_runs(const uint8_t* target, const uint8_t* preds, int64_t n, const uint64_t* starts, const ByteTable& table,
              const Prefetch& prefetch) {
  Runs runs;
  for (int64_t i = 0; i < n; i += 64) {
    prefetch_ahead(prefetch, i);
    // The first pixel starts a run, whatever comes before it.
    runs.append(i, starts[i / 64] | (i == 0 ? 1 : 0));
  }
  runs.begin[runs.count] = static_cast<uint16_t>(n);
  switch (table.copies) {
    case 4:
      return add_run_cells<4>(target, preds, runs, table);
    case 2:
      return add_run_cells<2>(target, preds, runs, table);
    default:
      return add_run_cells<1>(target, preds, runs, table);
  }
}
