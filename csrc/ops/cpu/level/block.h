// 64 byte codes, compared with others into masks of 64 bits; the instruction sets differ only in how. Included by
// level/kernels.cpp alone, inside its unnamed namespace (see labels.h).

// Asks for what lies ahead, beside the 64 pixels at i.
ALWAYS_INLINE void prefetch_ahead(const Prefetch& prefetch, int64_t i) {
  for (int operand = 0; operand < 2; ++operand) {
    const char* const at = prefetch.at[operand] + i / 64 * prefetch.bytes[operand];
    for (int64_t line = 0; line < prefetch.bytes[operand]; line += 64) {
      __builtin_prefetch(at + line, 0, 2);
    }
  }
}

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

#elif defined(TORCHTALLY_NEON)

struct Block {
  uint8x16_t parts[4];
  static ALWAYS_INLINE Block load(const uint8_t* from) {
    return {{vld1q_u8(from), vld1q_u8(from + 16), vld1q_u8(from + 32), vld1q_u8(from + 48)}};
  }
  // A bit for each byte, all of whose bits are one or zero: each keeps the bit of its place among eight, and pairs of
  // neighbours are added up three times over.
  static ALWAYS_INLINE uint64_t mask(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
    const uint8x16_t places = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t front = vpaddq_u8(vandq_u8(a, places), vandq_u8(b, places));
    const uint8x16_t back = vpaddq_u8(vandq_u8(c, places), vandq_u8(d, places));
    const uint8x16_t fours = vpaddq_u8(front, back);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(fours, fours)), 0);
  }
  ALWAYS_INLINE uint64_t differs(const Block& other) const {
    return ~mask(vceqq_u8(parts[0], other.parts[0]), vceqq_u8(parts[1], other.parts[1]),
                 vceqq_u8(parts[2], other.parts[2]), vceqq_u8(parts[3], other.parts[3]));
  }
  ALWAYS_INLINE uint64_t equals(uint8_t code) const {
    const uint8x16_t all = vdupq_n_u8(code);
    return mask(vceqq_u8(parts[0], all), vceqq_u8(parts[1], all), vceqq_u8(parts[2], all), vceqq_u8(parts[3], all));
  }
  ALWAYS_INLINE uint64_t odd() const {
    const uint8x16_t one = vdupq_n_u8(1);
    return mask(vtstq_u8(parts[0], one), vtstq_u8(parts[1], one), vtstq_u8(parts[2], one), vtstq_u8(parts[3], one));
  }
  static ALWAYS_INLINE bool any_above_one(const Block& a, const Block& b) {
    uint8x16_t all = vorrq_u8(a.parts[0], b.parts[0]);
    for (int k = 1; k < 4; ++k) {
      all = vorrq_u8(all, vorrq_u8(a.parts[k], b.parts[k]));
    }
    return vmaxvq_u8(all) > 1;
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
