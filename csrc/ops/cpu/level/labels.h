// Labels of any integer type to codes. Included by level/kernels.cpp alone, inside its unnamed namespace: a function
// with external linkage that is compiled for AVX-512 here could be the copy that the linker keeps for everyone.

template <class T>
ALWAYS_INLINE void prefetch_block(const T* from) {
  const char* const bytes = reinterpret_cast<const char*>(from);
#pragma GCC unroll 8
  for (int64_t line = 0; line < static_cast<int64_t>(64 * sizeof(T)); line += 64) {
    __builtin_prefetch(bytes + kPrefetch + line, 0, 2);
  }
}

// A byte of a bool tensor, which need not be 0 or 1 where another library wrote it.
struct Bool {
  uint8_t byte;
  operator uint8_t() const { return byte != 0; }
};

// What a stored element reads as.
template <class T>
struct RawOf {
  using type = T;
};
template <>
struct RawOf<Bool> {
  using type = uint8_t;
};

// What a label is compared with, in its own width. kIgnore: 0 or 1, the ignore values that are looked for on the way.
template <class Raw, int kIgnore>
struct Limits {
  Raw last;
  Raw ignored;
  Code out_of_range;

  explicit ALWAYS_INLINE Limits(const LabelRow& row)
      : last(static_cast<Raw>(row.last)),
        ignored(kIgnore != 0 ? static_cast<Raw>(row.ignore[0]) : Raw{0}),
        out_of_range(row.out_of_range) {}

  template <class C>
  ALWAYS_INLINE C code(Raw label) const {
    const C code = label <= last ? static_cast<C>(label) : static_cast<C>(out_of_range);
    return kIgnore != 0 && label == ignored ? static_cast<C>(out_of_range + 1) : code;
  }
};

template <int kIgnore, class T, class C>
void convert_strided(const LabelRow& row, C* __restrict__ codes) {
  const Limits<typename RawOf<T>::type, kIgnore> limits(row);
  const T* const labels = static_cast<const T*>(row.labels);
  for (int64_t i = 0; i < row.n; ++i) {
    codes[i] = limits.template code<C>(labels[i * row.stride]);
  }
}

// The low bytes of 64 labels; returns all bits of theirs together.
template <class T>
ALWAYS_INLINE T narrow(const T* __restrict__ labels, uint8_t* __restrict__ bytes) {
  T any = 0;
#if defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (sizeof(T) == 8) {
    // A third of the shuffles that GCC 12 takes, and no spills: each step halves the width of two vectors and leaves
    // their halves apart, and pairs of bytes bring them together at the end. Meant for labels that fit a byte.
    __m256i bits = _mm256_setzero_si256();
    for (int64_t i = 0; i < 64; i += 32) {
      const auto low_words = [&](int64_t k) {  // of eight labels: 0 1 4 5, 2 3 6 7
        const auto load = [&](int64_t at) {
          return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(labels + i + at));
        };
        const __m256i front = load(k);
        const __m256i back = load(k + 4);
        bits = _mm256_or_si256(bits, _mm256_or_si256(front, back));
        return _mm256_castps_si256(
            _mm256_shuffle_ps(_mm256_castsi256_ps(front), _mm256_castsi256_ps(back), _MM_SHUFFLE(2, 0, 2, 0)));
      };
      const __m256i first = _mm256_packus_epi32(low_words(0), low_words(8));
      const __m256i second = _mm256_packus_epi32(low_words(16), low_words(24));
      const __m256i packed = _mm256_packus_epi16(first, second);
      const __m128i front = _mm256_castsi256_si128(packed);
      const __m128i back = _mm256_extracti128_si256(packed, 1);
      _mm256_store_si256(reinterpret_cast<__m256i*>(bytes + i),
                         _mm256_set_m128i(_mm_unpackhi_epi16(front, back), _mm_unpacklo_epi16(front, back)));
    }
    alignas(32) T lanes[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), bits);
    return lanes[0] | lanes[1] | lanes[2] | lanes[3];
  }
#endif
  for (int64_t i = 0; i < 64; ++i) {
    any |= labels[i];
  }
  for (int64_t i = 0; i < 64; ++i) {
    bytes[i] = static_cast<uint8_t>(labels[i]);
  }
  return any;
}

// 64 wide labels that all fit a byte, as they nearly always do, are compared as bytes.
template <int kIgnore, class T>
ALWAYS_INLINE bool convert_small(const T* __restrict__ labels, const Limits<T, kIgnore>& limits,
                                 uint8_t* __restrict__ codes) {
  alignas(64) uint8_t bytes[64];
  if (narrow(labels, bytes) > 255) {
    return false;
  }
  const uint8_t last = static_cast<uint8_t>(limits.last < 255 ? limits.last : 255);
  const bool has_ignored = kIgnore != 0 && limits.ignored <= 255;
  const uint8_t ignored = static_cast<uint8_t>(limits.ignored);
  const uint8_t ignore_code = static_cast<uint8_t>(limits.out_of_range + (has_ignored ? 1 : 0));
  for (int64_t i = 0; i < 64; ++i) {
    const uint8_t code = bytes[i] <= last ? bytes[i] : static_cast<uint8_t>(limits.out_of_range);
    codes[i] = has_ignored && bytes[i] == ignored ? ignore_code : code;
  }
  return true;
}

template <int kIgnore, class T, class C>
void convert_contiguous(const LabelRow& row, C* __restrict__ codes) {
  using Raw = typename RawOf<T>::type;
  const Limits<Raw, kIgnore> limits(row);
  const T* __restrict__ const labels = static_cast<const T*>(row.labels);
  int64_t i = 0;
  for (; i + 64 <= row.n; i += 64) {
    prefetch_block(labels + i);
    if constexpr (sizeof(C) == 1 && sizeof(Raw) > 1) {
      if (convert_small(labels + i, limits, codes + i)) {
        continue;
      }
    }
    for (int64_t k = 0; k < 64; ++k) {
      codes[i + k] = limits.template code<C>(labels[i + k]);
    }
  }
  for (; i < row.n; ++i) {
    codes[i] = limits.template code<C>(labels[i]);
  }
}

template <int kIgnore, class T, class C>
ALWAYS_INLINE void convert_row(const LabelRow& row, C* codes) {
  row.stride == 1 ? convert_contiguous<kIgnore, T>(row, codes) : convert_strided<kIgnore, T>(row, codes);
}

// Values to ignore beyond the first: rare, so a pass each.
template <class T, class C>
void ignore_more(const LabelRow& row, C* codes) {
  using Raw = typename RawOf<T>::type;
  const T* const labels = static_cast<const T*>(row.labels);
  const C ignore_code = static_cast<C>(row.out_of_range + 1);
  for (int32_t k = 1; k < row.num_ignore; ++k) {
    const Raw ignored = static_cast<Raw>(row.ignore[k]);
    for (int64_t i = 0; i < row.n; ++i) {
      const Raw label = labels[i * row.stride];
      codes[i] = label == ignored ? ignore_code : codes[i];
    }
  }
}

template <class C, class Stride>
ALWAYS_INLINE void apply_mask(const LabelRow& row, Stride stride, C* codes) {
  const C ignore_code = static_cast<C>(row.out_of_range + 1);
  for (int64_t i = 0; i < row.n; ++i) {
    codes[i] = row.mask[i * stride] != 0 ? codes[i] : ignore_code;
  }
}

template <class T, class C>
void read_labels_of(const LabelRow& row, C* codes) {
  if (row.num_ignore == 0) {
    convert_row<0, T>(row, codes);
  } else {
    convert_row<1, T>(row, codes);
    ignore_more<T>(row, codes);
  }
  if (row.mask != nullptr) {
    if (row.mask_stride == 1) {
      apply_mask(row, UnitStride{}, codes);
    } else {
      apply_mask(row, row.mask_stride, codes);
    }
  }
}

template <class C>
void read_labels(const LabelRow& row, C* codes) {
  switch (row.element) {
    case Element::kBool:
      return read_labels_of<Bool>(row, codes);
    case Element::kBits8:
      return read_labels_of<uint8_t>(row, codes);
    case Element::kBits16:
      return read_labels_of<uint16_t>(row, codes);
    case Element::kBits32:
      return read_labels_of<uint32_t>(row, codes);
    default:
      return read_labels_of<uint64_t>(row, codes);
  }
}
