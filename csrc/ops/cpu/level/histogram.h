// Tiles of byte codes into joint tables. Included by level/kernels.cpp alone, inside its unnamed namespace (see
// labels.h). Blocks of 64 pixels become masks of 64 bits; the instruction sets differ only in how.

#if defined(__AVX512BW__)

struct Block {
  __m512i codes;
  static ALWAYS_INLINE Block load(const uint8_t* from) { return {_mm512_loadu_si512(from)}; }
  ALWAYS_INLINE uint64_t differs(const Block& other) const { return _mm512_cmpneq_epi8_mask(codes, other.codes); }
  ALWAYS_INLINE uint64_t equals(uint8_t code) const {
    return _mm512_cmpeq_epi8_mask(codes, _mm512_set1_epi8(static_cast<char>(code)));
  }
  // The lowest bit of every code, and whether any code of two blocks is 2 or more.
  ALWAYS_INLINE uint64_t odd() const { return _mm512_test_epi8_mask(codes, _mm512_set1_epi8(1)); }
  static ALWAYS_INLINE bool any_above_one(const Block& a, const Block& b) {
    return _mm512_cmpgt_epu8_mask(_mm512_or_si512(a.codes, b.codes), _mm512_set1_epi8(1)) != 0;
  }
};

#elif defined(__AVX2__)

struct Block {
  __m256i low, high;
  static ALWAYS_INLINE Block load(const uint8_t* from) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 32))};
  }
  static ALWAYS_INLINE uint64_t mask(__m256i low, __m256i high) {
    return static_cast<uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }
  ALWAYS_INLINE uint64_t differs(const Block& other) const {
    return ~mask(_mm256_cmpeq_epi8(low, other.low), _mm256_cmpeq_epi8(high, other.high));
  }
  ALWAYS_INLINE uint64_t equals(uint8_t code) const {
    const __m256i all = _mm256_set1_epi8(static_cast<char>(code));
    return mask(_mm256_cmpeq_epi8(low, all), _mm256_cmpeq_epi8(high, all));
  }
  ALWAYS_INLINE uint64_t odd() const { return mask(_mm256_slli_epi16(low, 7), _mm256_slli_epi16(high, 7)); }
  static ALWAYS_INLINE bool any_above_one(const Block& a, const Block& b) {
    const __m256i all = _mm256_or_si256(_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high));
    return _mm256_testz_si256(all, _mm256_set1_epi8(~1)) == 0;
  }
};

#else

// Eight bytes at a time in an ordinary register.
struct Block {
  uint64_t words[8];
  static ALWAYS_INLINE Block load(const uint8_t* from) {
    Block block;
    memcpy(block.words, from, 64);
    return block;
  }
  // A bit for each byte that is not zero, in the order of memory on a little-endian machine.
  static ALWAYS_INLINE uint64_t nonzero_bytes(uint64_t word) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7full;
    const uint64_t high = (((word & low) + low) | word) & ~low;
    return (high >> 7) * 0x0102040810204080ull >> 56;
  }
  ALWAYS_INLINE uint64_t differs(const Block& other) const {
    uint64_t mask = 0;
    for (int k = 0; k < 8; ++k) {
      mask |= nonzero_bytes(words[k] ^ other.words[k]) << 8 * k;
    }
    return mask;
  }
  ALWAYS_INLINE uint64_t equals(uint8_t code) const {
    uint64_t mask = 0;
    for (int k = 0; k < 8; ++k) {
      mask |= nonzero_bytes(words[k] ^ code * 0x0101010101010101ull) << 8 * k;
    }
    return ~mask;
  }
  ALWAYS_INLINE uint64_t odd() const {
    uint64_t mask = 0;
    for (int k = 0; k < 8; ++k) {
      mask |= ((words[k] & 0x0101010101010101ull) * 0x0102040810204080ull >> 56) << 8 * k;
    }
    return mask;
  }
  static ALWAYS_INLINE bool any_above_one(const Block& a, const Block& b) {
    uint64_t all = 0;
    for (int k = 0; k < 8; ++k) {
      all |= a.words[k] | b.words[k];
    }
    return (all & ~0x0101010101010101ull) != 0;
  }
};

#endif

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

// The runs of a tile: where each begins, and its cell. One more begin closes the last run; the arrays have room for
// what is written past the end and overwritten by the next block.
struct Runs {
  int64_t count = 0;
  uint16_t begin[kTile + 65];
  uint16_t cell[kTile + 65];

  // Adds the runs that start in the 64 pixels at i.
  ALWAYS_INLINE void append(const uint8_t* target, const uint8_t* preds, int64_t i, uint64_t mask, int32_t row) {
    const int64_t found = __builtin_popcountll(mask);
#if defined(__AVX512VBMI2__)
    const __m512i lanes =
        _mm512_set_epi64(0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
                         0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
    const __m512i rows = _mm512_set1_epi16(static_cast<int16_t>(row));
    const __m512i first = _mm512_set1_epi16(static_cast<int16_t>(i));
    alignas(64) uint8_t at[64], t[64], p[64];
    _mm512_store_si512(at, _mm512_maskz_compress_epi8(mask, lanes));
    _mm512_store_si512(t, _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(target + i)));
    _mm512_store_si512(p, _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(preds + i)));
    const auto widened = [](const uint8_t* bytes) {
      return _mm512_cvtepu8_epi16(_mm256_load_si256(reinterpret_cast<const __m256i*>(bytes)));
    };
    for (int64_t half = 0; half < found; half += 32) {
      _mm512_storeu_si512(begin + count + half, _mm512_add_epi16(widened(at + half), first));
      _mm512_storeu_si512(cell + count + half,
                          _mm512_add_epi16(_mm512_mullo_epi16(widened(t + half), rows), widened(p + half)));
    }
#else
    // Four at a time: a loop that ran as often as a mask has bits would be mispredicted at every end.
    for (int64_t k = 0; k < found; k += 4) {
#pragma GCC unroll 4
      for (int64_t next = 0; next < 4; ++next) {
        const int64_t at = i + __builtin_ctzll(mask | uint64_t{1} << 63);
        begin[count + k + next] = static_cast<uint16_t>(at);
        cell[count + k + next] = static_cast<uint16_t>(target[at] * row + preds[at]);
        mask &= mask - 1;
      }
    }
#endif
    count += found;
  }
};

template <int kCopies>
ALWAYS_INLINE void add_run_cells(const Runs& runs, const ByteTable& table) {
  uint32_t* const counts = table.counts;
  const int64_t size = table.size;
  const auto add = [&](int64_t r, int copy) {
    counts[(copy % kCopies) * size + runs.cell[r]] += static_cast<uint32_t>(runs.begin[r + 1] - runs.begin[r]);
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

void add_runs(const uint8_t* target, const uint8_t* preds, int64_t n, const uint64_t* starts, const ByteTable& table) {
  Runs runs;
  for (int64_t i = 0; i < n; i += 64) {
    // The first pixel starts a run, whatever comes before it.
    runs.append(target, preds, i, starts[i / 64] | (i == 0 ? 1 : 0), table.row);
  }
  runs.begin[runs.count] = static_cast<uint16_t>(n);
  switch (table.copies) {
    case 4:
      return add_run_cells<4>(runs, table);
    case 2:
      return add_run_cells<2>(runs, table);
    default:
      return add_run_cells<1>(runs, table);
  }
}

// The cells of a tile first, so that the adds behind are nothing but adds.
template <int kCopies>
ALWAYS_INLINE void add_cells(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table) {
  alignas(64) uint16_t cells[kTile];
  const uint16_t row = static_cast<uint16_t>(table.row);
  for (int64_t i = 0; i < n; ++i) {
    cells[i] = static_cast<uint16_t>(target[i] * row + preds[i]);
  }
  uint32_t* const counts = table.counts;
  const int64_t size = table.size;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
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

void add_dense(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table) {
  switch (table.copies) {
    case 4:
      return add_cells<4>(target, preds, n, table);
    case 2:
      return add_cells<2>(target, preds, n, table);
    default:
      return add_cells<1>(target, preds, n, table);
  }
}

// Codes 0 and 1, 2 out of range; any other target is ignored.
void add_binary(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table) {
  int64_t blocks = 0;  // that hold nothing but 0 and 1
  int64_t ones_target = 0;
  int64_t ones_preds = 0;
  int64_t ones_both = 0;
  for (int64_t i = 0; i < n; i += 64) {
    const Block t = Block::load(target + i);
    const Block p = Block::load(preds + i);
    if (__builtin_expect(Block::any_above_one(t, p), 0)) {
      for (uint8_t row = 0; row < 3; ++row) {
        const uint64_t is_row = t.equals(row);
        for (uint8_t column = 0; column < 3; ++column) {
          table.counts[row * table.row + column] +=
              static_cast<uint32_t>(__builtin_popcountll(is_row & p.equals(column)));
        }
      }
      continue;
    }
    const uint64_t one_target = t.odd();
    const uint64_t one_preds = p.odd();
    ++blocks;
    ones_target += __builtin_popcountll(one_target);
    ones_preds += __builtin_popcountll(one_preds);
    ones_both += __builtin_popcountll(one_target & one_preds);
  }
  table.counts[0] += static_cast<uint32_t>(64 * blocks - ones_target - ones_preds + ones_both);
  table.counts[1] += static_cast<uint32_t>(ones_preds - ones_both);
  table.counts[table.row] += static_cast<uint32_t>(ones_target - ones_both);
  table.counts[table.row + 1] += static_cast<uint32_t>(ones_both);
}

uint64_t read_bytes(const void* data, int64_t bytes) {
  const char* const from = static_cast<const char*>(data);
  uint64_t sums[32] = {};
  int64_t i = 0;
  for (; i + 256 <= bytes; i += 256) {
    uint64_t words[32];
    memcpy(words, from + i, 256);
    for (int k = 0; k < 32; ++k) {
      sums[k] ^= words[k];
    }
  }
  uint64_t all = 0;
  for (int k = 0; k < 32; ++k) {
    all ^= sums[k];
  }
  for (; i < bytes; ++i) {
    all ^= static_cast<uint8_t>(from[i]);
  }
  return all;
}
