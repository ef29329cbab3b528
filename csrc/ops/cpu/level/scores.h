// Scores to codes: argmax over classes, or a threshold. Included by level/kernels.cpp alone, inside its unnamed
// namespace (see labels.h).

// Vectors of GCC's and Clang's own, as wide as the registers of the level.
#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// A score as something that can be ordered, and an index of the same width, so that one mask serves both. float16 and
// bfloat16 become int16 keys in the order of the scores, and their NaN the largest key. exceeds() is torch.argmax's
// order for one score or a vector of them: the first maximum wins, and the first NaN is above everything.
template <class Float, class Integer>
struct FloatScore {
  using Stored = Float;
  using Key = Float;
  using Index = Integer;
  static constexpr bool kHasNan = true;

  template <class Scores>
  static ALWAYS_INLINE Scores keys(Scores scores) {
    return scores;
  }
  // Negative for a score that is not valid, and for -0.0, which is: the sign of many or-ed together tells of them all.
  template <ValidScores kValid>
  static ALWAYS_INLINE Index suspicion(Key key) {
    using Bits = std::make_unsigned_t<Index>;
    const Bits bits = std::bit_cast<Bits>(key);
    if constexpr (kValid == ValidScores::kProbabilities) {
      return static_cast<Index>((std::bit_cast<Bits>(Float{1}) - bits) | bits);
    } else {
      constexpr Bits kMagnitude = static_cast<Bits>(std::numeric_limits<Index>::max());
      return static_cast<Index>(std::bit_cast<Bits>(std::numeric_limits<Float>::infinity()) - (bits & kMagnitude));
    }
  }
  template <class Keys>
  static ALWAYS_INLINE auto is_number(Keys key) {
    return key == key;
  }
  template <class Keys>
  static ALWAYS_INLINE auto is_probability(Keys key) {
    return (key >= 0) & (key <= 1);
  }
  template <class Keys>
  static ALWAYS_INLINE auto exceeds(Keys score, Keys best) {
    return ~(score <= best) & (best == best);
  }
  static ALWAYS_INLINE bool exceeds(Key score, Key best) { return !(score <= best) & (best == best); }
};

template <int16_t kInfinity, int16_t kOne>
struct ShortScore {
  using Stored = int16_t;
  using Key = int16_t;
  using Index = int16_t;
  static constexpr bool kHasNan = false;
  static constexpr Key kNan = 0x7fff;

  template <class Keys>
  static ALWAYS_INLINE auto is_number(Keys key) {
    return key != kNan;
  }
  template <class Keys>
  static ALWAYS_INLINE auto is_probability(Keys key) {
    return (key >= 0) & (key <= kOne);
  }

  // Sign and magnitude to two's complement, which makes -0 equal to 0.
  template <class Scores>
  static ALWAYS_INLINE Scores keys(Scores bits) {
    const Scores magnitude = bits & 0x7fff;
    const Scores sign = bits >> 15;
    const Scores ordered = (magnitude ^ sign) - sign;
    return magnitude > kInfinity ? Scores{} + kNan : ordered;
  }
  static ALWAYS_INLINE Key keys(Stored bits) {
    const int magnitude = bits & 0x7fff;
    return static_cast<Key>(magnitude > kInfinity ? kNan : bits < 0 ? -magnitude : magnitude);
  }
  template <class Keys>
  static ALWAYS_INLINE auto exceeds(Keys score, Keys best) {
    return score > best;
  }
};

// Takes over the scores that exceed the best ones, and their class.
template <class S, class Keys, class Indices>
ALWAYS_INLINE void improve(Keys& best, Indices& index, Keys score, Indices label) {
#if defined(__AVX512BW__)
  // The same order in mask registers, which the compiler does not find by itself.
  const __m512i new_index = (__m512i)label;
  if constexpr (sizeof(typename S::Key) == 4) {
    const __m512 old = (__m512)best;
    const __mmask16 number = _mm512_cmp_ps_mask(old, old, _CMP_ORD_Q);
    const __mmask16 wins = _mm512_mask_cmp_ps_mask(number, (__m512)score, old, _CMP_NLE_UQ);
    best = (Keys)_mm512_mask_mov_ps(old, wins, (__m512)score);
    index = (Indices)_mm512_mask_mov_epi32((__m512i)index, wins, new_index);
  } else if constexpr (sizeof(typename S::Key) == 8) {
    const __m512d old = (__m512d)best;
    const __mmask8 number = _mm512_cmp_pd_mask(old, old, _CMP_ORD_Q);
    const __mmask8 wins = _mm512_mask_cmp_pd_mask(number, (__m512d)score, old, _CMP_NLE_UQ);
    best = (Keys)_mm512_mask_mov_pd(old, wins, (__m512d)score);
    index = (Indices)_mm512_mask_mov_epi64((__m512i)index, wins, new_index);
  } else {
    const __mmask32 wins = _mm512_cmpgt_epi16_mask((__m512i)score, (__m512i)best);
    best = (Keys)_mm512_max_epi16((__m512i)score, (__m512i)best);
    index = (Indices)_mm512_mask_mov_epi16((__m512i)index, wins, new_index);
  }
#else
  const auto wins = S::exceeds(score, best);
  best = wins ? score : best;
  index = wins ? label : index;
#endif
}

template <Element>
struct ScoreOf;
template <>
struct ScoreOf<Element::kFloat> : FloatScore<float, int32_t> {};
template <>
struct ScoreOf<Element::kDouble> : FloatScore<double, int64_t> {};
template <>
struct ScoreOf<Element::kHalf> : ShortScore<0x7c00, 0x3c00> {};
template <>
struct ScoreOf<Element::kBFloat16> : ShortScore<0x7f80, 0x3f80> {};

// Index is 16 bits wide for 16-bit scores; more classes than that are compared one pixel at a time.
constexpr Code kMaxIndex16 = 32767;

// Vectors of pixels whose best score and class stay in registers while the planes go by.
constexpr int kArgmaxVectors = kVectorBytes == 64 ? 8 : 4;

// The argmax of kVectors vectors of neighbouring pixels, `class_stride` elements between their classes.
template <class S, int kVectors, bool kPrefetched, class C>
ALWAYS_INLINE void argmax_block(const typename S::Stored* scores, int64_t class_stride, Code classes, C* codes) {
  typedef typename S::Stored Scores __attribute__((vector_size(kVectorBytes), aligned(1), may_alias));
  typedef typename S::Key Keys __attribute__((vector_size(kVectorBytes)));
  typedef typename S::Index Indices __attribute__((vector_size(kVectorBytes)));
  constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(typename S::Key));
  Keys best[kVectors];
  Indices index[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    best[v] = S::keys(static_cast<Keys>(reinterpret_cast<const Scores*>(scores)[v]));
    index[v] = Indices{};
  }
  for (Code c = 1; c < classes; ++c) {
    scores += class_stride;
    const Indices label = Indices{} + static_cast<typename S::Index>(c);
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      if (!kPrefetched) {
        __builtin_prefetch(reinterpret_cast<const char*>(scores) + kPrefetch + v * kVectorBytes, 0, 2);
      }
      const Keys score = S::keys(static_cast<Keys>(reinterpret_cast<const Scores*>(scores)[v]));
      improve<S>(best[v], index[v], score, label);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    for (int k = 0; k < kLanes; ++k) {
      codes[v * kLanes + k] = static_cast<C>(index[v][k]);
    }
  }
}

// What the planes of a block of channels_last scores may take: half of L1.
constexpr int64_t kPlaneBytes = 24 << 10;

// Transposes 8 x 8 elements: three rounds, each of which interleaves row k with row k + 4.
template <class Stored>
ALWAYS_INLINE void transpose8(const Stored* __restrict__ from, int64_t from_stride, Stored* __restrict__ to,
                              int64_t to_stride) {
  typedef Stored Row __attribute__((vector_size(8 * sizeof(Stored))));
  Row rows[8];
#pragma GCC unroll 8
  for (int k = 0; k < 8; ++k) {
    memcpy(&rows[k], from + k * from_stride, sizeof(Row));
  }
#pragma GCC unroll 3
  for (int round = 0; round < 3; ++round) {
    Row next[8];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) {
      next[2 * k] = __builtin_shufflevector(rows[k], rows[k + 4], 0, 8, 1, 9, 2, 10, 3, 11);
      next[2 * k + 1] = __builtin_shufflevector(rows[k], rows[k + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      rows[k] = next[k];
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < 8; ++k) {
    memcpy(to + k * to_stride, &rows[k], sizeof(Row));
  }
}

// Lays the scores of n pixels, `stride` elements apart, out as planes of n.
template <class Stored>
ALWAYS_INLINE void to_planes(const Stored* __restrict__ scores, const ScoreRow& row, int64_t n,
                             Stored* __restrict__ planes) {
  const int64_t classes = row.classes;
  if (row.class_stride == 1 && classes >= 8) {
    for (int64_t i = 0; i < n; i += 8) {
      const Stored* const pixels = scores + i * row.stride;
      for (int64_t line = 0; line < 8 * row.stride * static_cast<int64_t>(sizeof(Stored)); line += 64) {
        __builtin_prefetch(reinterpret_cast<const char*>(pixels) + kPrefetch + line, 0, 2);
      }
      for (int64_t c = 0; c + 8 <= classes; c += 8) {
        transpose8(pixels + c, row.stride, planes + c * n + i, n);
      }
      // The last classes once more, with what is missing to eight.
      transpose8(pixels + classes - 8, row.stride, planes + (classes - 8) * n + i, n);
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t c = 0; c < classes; ++c) {
      planes[c * n + i] = scores[i * row.stride + c * row.class_stride];
    }
  }
}

// One pixel at a time, any strides.
template <class S, class C>
void argmax_pixels(const typename S::Stored* scores, int64_t n, const ScoreRow& row, C* codes) {
  for (int64_t i = 0; i < n; ++i) {
    const typename S::Stored* pixel = scores + i * row.stride;
    typename S::Key best = S::keys(*pixel);
    Code index = 0;
    for (Code c = 1; c < row.classes; ++c) {
      pixel += row.class_stride;
      const typename S::Key score = S::keys(*pixel);
      const bool wins = S::exceeds(score, best);
      best = wins ? score : best;
      index = wins ? c : index;
    }
    codes[i] = static_cast<C>(index);
  }
}

// The argmax of as many blocks of kVectors vectors as there are; returns how many pixels that were.
template <class S, int kVectors, class C>
ALWAYS_INLINE int64_t argmax_blocks(const typename S::Stored* scores, int64_t n, const ScoreRow& row,
                                    C* __restrict__ codes) {
  using Stored = typename S::Stored;
  constexpr int64_t kBlock = kVectors * kVectorBytes / static_cast<int64_t>(sizeof(Stored));
  int64_t i = 0;
  if (row.stride == 1) {
    for (; i + kBlock <= n; i += kBlock) {
      argmax_block<S, kVectors, false>(scores + i, row.class_stride, row.classes, codes + i);
    }
  } else if (row.classes * kBlock * sizeof(Stored) <= kPlaneBytes) {
    // Pixels apart, channels_last above all: their scores are laid out in planes, in L1, first.
    alignas(64) Stored planes[kPlaneBytes / sizeof(Stored)];
    for (; i + kBlock <= n; i += kBlock) {
      to_planes(scores + i * row.stride, row, kBlock, planes);
      argmax_block<S, kVectors, true>(planes, kBlock, row.classes, codes + i);
    }
  }
  return i;
}

template <class S, class C>
void read_argmax(const ScoreRow& row, C* __restrict__ codes) {
  using Stored = typename S::Stored;
  constexpr int kFewVectors = (8 * static_cast<int>(sizeof(Stored)) + kVectorBytes - 1) / kVectorBytes;  // 8 pixels
  const Stored* const scores = static_cast<const Stored*>(row.scores);
  int64_t i = 0;
  if (sizeof(typename S::Index) > 2 || row.classes <= kMaxIndex16) {
    i = argmax_blocks<S, kArgmaxVectors>(scores, row.n, row, codes);
    i += argmax_blocks<S, kFewVectors>(scores + i * row.stride, row.n - i, row, codes + i);
  }
  argmax_pixels<S>(scores + i * row.stride, row.n - i, row, codes + i);
}

// Of a threshold's two classes.
constexpr int kOutOfTwo = 2;

// The codes of n pixels, `stride` elements apart. `>` is PyTorch's between a tensor and a number: false for a NaN on
// either side. A score that is not valid is out of range.
template <class S, ValidScores kValid, class Size, class Stride, class C>
ALWAYS_INLINE void compare_scores(const typename S::Stored* scores, Size n, Stride stride, typename S::Key limit,
                                  C* __restrict__ codes) {
  if constexpr (!S::kHasNan) {
    constexpr int kOther = kValid == ValidScores::kAll ? 0 : kOutOfTwo;
    for (int64_t i = 0; i < n; ++i) {
      const typename S::Key key = S::keys(scores[i * stride]);
      const bool valid = kValid == ValidScores::kProbabilities ? S::is_probability(key) : S::is_number(key);
      codes[i] = static_cast<C>(valid ? key > limit : kOther);
    }
  } else if constexpr (kValid == ValidScores::kAll) {
    for (int64_t i = 0; i < n; ++i) {
      codes[i] = static_cast<C>(scores[i * stride] > limit);
    }
  } else {
    // A choice of three codes for each score would be a branch, or a second comparison of another width; so scores are
    // looked at together, and again where there is something to find.
    typename S::Index suspicion = 0;
    if constexpr (std::is_same_v<Stride, UnitStride>) {
      for (int64_t i = 0; i < n; ++i) {
        suspicion |= S::template suspicion<kValid>(scores[i]);
      }
    }
    for (int64_t i = 0; i < n; ++i) {
      const typename S::Key key = scores[i * stride];
      codes[i] = static_cast<C>(key > limit);
      if constexpr (!std::is_same_v<Stride, UnitStride>) {
        suspicion |= S::template suspicion<kValid>(key);
      }
    }
    if (__builtin_expect(suspicion < 0, 0)) {
      for (int64_t i = 0; i < n; ++i) {
        const typename S::Key key = scores[i * stride];
        const bool valid = kValid == ValidScores::kProbabilities ? S::is_probability(key) : S::is_number(key);
        codes[i] = valid ? codes[i] : C{kOutOfTwo};
      }
    }
  }
}

template <class S, ValidScores kValid, class C>
void read_threshold_of(const ScoreRow& row, typename S::Key limit, C* __restrict__ codes) {
  const typename S::Stored* const scores = static_cast<const typename S::Stored*>(row.scores);
  if (row.stride != 1) {
    return compare_scores<S, kValid>(scores, row.n, row.stride, limit, codes);
  }
  int64_t i = 0;
  if constexpr (kValid != ValidScores::kAll) {  // in registers from one look to the other
    constexpr std::integral_constant<int64_t, 64> kBlock;
    for (; i + kBlock <= row.n; i += kBlock) {
      compare_scores<S, kValid>(scores + i, kBlock, UnitStride{}, limit, codes + i);
    }
  }
  compare_scores<S, kValid>(scores + i, row.n - i, UnitStride{}, limit, codes + i);
}

template <class S, class C>
void read_threshold(const ScoreRow& row, typename S::Key limit, C* codes) {
  switch (row.valid) {
    case ValidScores::kAll:
      return read_threshold_of<S, ValidScores::kAll>(row, limit, codes);
    case ValidScores::kNumbers:
      return read_threshold_of<S, ValidScores::kNumbers>(row, limit, codes);
    default:
      return read_threshold_of<S, ValidScores::kProbabilities>(row, limit, codes);
  }
}

// The bits of a number that the type holds exactly; `threshold` was rounded to it beforehand.
ALWAYS_INLINE uint16_t half_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  const uint16_t sign = static_cast<uint16_t>(bits >> 48 & 0x8000);
  const int64_t exponent = static_cast<int64_t>(bits >> 52 & 0x7ff) - 1023;
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (exponent == 1024) {
    return static_cast<uint16_t>(sign | 0x7c00 | (fraction != 0 ? 0x200 : 0));
  }
  if (exponent < -24) {
    return sign;
  }
  if (exponent < -14) {  // subnormal: the implied bit becomes explicit
    return static_cast<uint16_t>(sign | (((uint64_t{1} << 52) | fraction) >> (28 - exponent)));
  }
  return static_cast<uint16_t>(sign | (exponent + 15) << 10 | static_cast<int64_t>(fraction >> 42));
}

ALWAYS_INLINE uint16_t bfloat16_bits(double value) {
  const float single = static_cast<float>(value);
  uint32_t bits;
  memcpy(&bits, &single, 4);
  return static_cast<uint16_t>(bits >> 16 | (value != value ? 0x40 : 0));
}

template <class C>
void read_scores(const ScoreRow& row, C* codes) {
  const bool argmax = row.prediction == Prediction::kArgmax;
  switch (row.element) {
    case Element::kHalf: {
      using S = ScoreOf<Element::kHalf>;
      return argmax ? read_argmax<S>(row, codes)
                    : read_threshold<S>(row, S::keys(static_cast<int16_t>(half_bits(row.threshold))), codes);
    }
    case Element::kBFloat16: {
      using S = ScoreOf<Element::kBFloat16>;
      return argmax ? read_argmax<S>(row, codes)
                    : read_threshold<S>(row, S::keys(static_cast<int16_t>(bfloat16_bits(row.threshold))), codes);
    }
    case Element::kFloat: {
      using S = ScoreOf<Element::kFloat>;
      return argmax ? read_argmax<S>(row, codes) : read_threshold<S>(row, static_cast<float>(row.threshold), codes);
    }
    default: {
      using S = ScoreOf<Element::kDouble>;
      return argmax ? read_argmax<S>(row, codes) : read_threshold<S>(row, row.threshold, codes);
    }
  }
}
