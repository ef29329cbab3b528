// A block of pixels as planes of float or double in L1, one for each class, whatever its dtype and layout in memory,
// and back. Included by level/kernels.cpp alone, inside its unnamed namespace (see labels.h).

ALWAYS_INLINE float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

// How an element is stored, and read as Real and back.
struct Half {
  uint16_t bits;
  ALWAYS_INLINE operator float() const {
    const uint32_t word = bits;
    const float magnitude = (word & 0x7c00u) == 0x7c00u ? float_of((word & 0x3ffu) << 13 | 0x7f800000u)
                                                        : float_of((word & 0x7fffu) << 13) * 0x1p112f;
    return (word & 0x8000u) != 0 ? -magnitude : magnitude;
  }
};
struct BFloat16 {
  uint16_t bits;
  ALWAYS_INLINE operator float() const { return float_of(static_cast<uint32_t>(bits) << 16); }
};

typedef uint16_t Shorts __attribute__((vector_size(kVectorBytes / 2)));
typedef uint32_t Words __attribute__((vector_size(kVectorBytes)));
typedef Vectors<float>::Reals Floats;

// The exact value of float16 bits: its exponent moves to where float has it, a product does the rest.
ALWAYS_INLINE Floats widen(const Half* from) {
#if defined(__AVX512F__)
  __m256i bits;
  memcpy(&bits, from, sizeof(bits));
  return (Floats)_mm512_maskz_cvtph_ps(0xffff, bits);
#else
  Shorts bits;
  memcpy(&bits, from, sizeof(bits));
  const Words word = __builtin_convertvector(bits, Words);
  const Words magnitude = (Words)((Floats)((word & 0x7fffu) << 13) * 0x1p112f);
  const Words special = (Words)((word & 0x7c00u) == 0x7c00u) & 0x7f800000u;
  return (Floats)(magnitude | special | (word & 0x8000u) << 16);
#endif
}

ALWAYS_INLINE Floats widen(const BFloat16* from) {
  Shorts bits;
  memcpy(&bits, from, sizeof(bits));
  return (Floats)(__builtin_convertvector(bits, Words) << 16);
}

ALWAYS_INLINE Floats widen(const float* from) { return load(from); }
ALWAYS_INLINE Vectors<double>::Reals widen(const double* from) { return load(from); }

// Rounded to nearest, ties to even; NaN stays NaN.
ALWAYS_INLINE void narrow(Half* to, Floats values) {
#if defined(__AVX512F__)
  const __m256i bits = _mm512_maskz_cvtps_ph(0xffff, (__m512)values, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  memcpy(to, &bits, sizeof(bits));
#else
  const Words all = (Words)values;
  const Words sign = all & 0x80000000u;
  const Words magnitude = all ^ sign;
  // The rounding of an addition leaves a subnormal number's bits at the lower end.
  const Words small = (Words)((Floats)magnitude + 0.5f) - 0x3f000000u;
  const Words normal = (magnitude - 0x37fff001u + (magnitude >> 13 & 1u)) >> 13;
  const Words large = magnitude > 0x7f800000u ? Words{} + 0x7e00u : Words{} + 0x7c00u;
  const Words finite = magnitude < 0x38800000u ? small : normal;
  const Words bits = (magnitude >= 0x47800000u ? large : finite) | sign >> 16;
  const Shorts shorts = __builtin_convertvector(bits, Shorts);
  memcpy(to, &shorts, sizeof(shorts));
#endif
}

ALWAYS_INLINE void narrow(BFloat16* to, Floats values) {
  const Words all = (Words)values;
  const Words rounded = (all + 0x7fffu + (all >> 16 & 1u)) >> 16;
  const Words bits = (all & 0x7fffffffu) > 0x7f800000u ? all >> 16 | 0x40u : rounded;
  const Shorts shorts = __builtin_convertvector(bits, Shorts);
  memcpy(to, &shorts, sizeof(shorts));
}

ALWAYS_INLINE void narrow(float* to, Floats values) { store(to, values); }
ALWAYS_INLINE void narrow(double* to, Vectors<double>::Reals values) { store(to, values); }

// Bits of the same width that can be moved about.
template <class Stored>
struct BitsOf {
  using type = int16_t;
};
template <>
struct BitsOf<float> {
  using type = float;
};
template <>
struct BitsOf<double> {
  using type = double;
};

// The pixels [0, n) of every class, as Stored, laid out as planes: class c begins at to + c * plane.
template <class Stored>
void gather_planes(const Stored* from, int64_t class_stride, int64_t pixel_stride, int64_t classes, int64_t n,
                   int64_t plane, Stored* to) {
  using Bits = typename BitsOf<Stored>::type;
  int64_t i = 0;
  if (class_stride == 1 && classes >= 8) {
    for (; i + 8 <= n; i += 8) {
      const Bits* const pixels = reinterpret_cast<const Bits*>(from + i * pixel_stride);
      Bits* const out = reinterpret_cast<Bits*>(to + i);
      for (int64_t line = 0; line < 8 * pixel_stride * static_cast<int64_t>(sizeof(Stored)); line += 64) {
        __builtin_prefetch(reinterpret_cast<const char*>(pixels) + kPrefetch + line, 0, 2);
      }
      for (int64_t c = 0; c + 8 <= classes; c += 8) {
        transpose8(pixels + c, pixel_stride, out + c * plane, plane);
      }
      transpose8(pixels + classes - 8, pixel_stride, out + (classes - 8) * plane, plane);
    }
  }
  for (; i < n; ++i) {
    for (int64_t c = 0; c < classes; ++c) {
      to[c * plane + i] = from[i * pixel_stride + c * class_stride];
    }
  }
}

// The other way round.
template <class Stored>
void scatter_planes(const Stored* from, int64_t plane, int64_t classes, int64_t n, int64_t class_stride,
                    int64_t pixel_stride, Stored* to) {
  using Bits = typename BitsOf<Stored>::type;
  int64_t i = 0;
  if (class_stride == 1 && classes >= 8) {
    for (; i + 8 <= n; i += 8) {
      Bits* const pixels = reinterpret_cast<Bits*>(to + i * pixel_stride);
      const Bits* const in = reinterpret_cast<const Bits*>(from + i);
      for (int64_t c = 0; c + 8 <= classes; c += 8) {
        transpose8(in + c * plane, plane, pixels + c, pixel_stride);
      }
      transpose8(in + (classes - 8) * plane, plane, pixels + classes - 8, pixel_stride);
    }
  }
  for (; i < n; ++i) {
    for (int64_t c = 0; c < classes; ++c) {
      to[i * pixel_stride + c * class_stride] = from[c * plane + i];
    }
  }
}

// kVectors vectors of each class as Real planes, and the largest of each pixel.
template <int kVectors, class Stored, class Real>
ALWAYS_INLINE void widen_vectors(const Stored* from, int64_t class_stride, int64_t classes, int64_t plane, Real* to,
                                 Real* largest) {
  using Reals = typename Vectors<Real>::Reals;
  constexpr int kLanes = Vectors<Real>::kLanes;
  Reals top[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    top[v] = widen(from + v * kLanes);
  }
  for (int64_t c = 0; c < classes; ++c) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const Stored* const at = from + c * class_stride + v * kLanes;
      __builtin_prefetch(reinterpret_cast<const char*>(at) + kPrefetch, 0, 2);
      const Reals values = widen(at);
      store(to + c * plane + v * kLanes, values);
      top[v] = larger(top[v], values);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    store(largest + v * kLanes, top[v]);
  }
}

// Planes of Stored, `class_stride` apart, as planes of Real; what is missing to a whole vector becomes 0.
template <class Stored, class Real>
void widen_planes(const Stored* from, int64_t class_stride, int64_t classes, int64_t n, int64_t plane, Real* to,
                  Real* largest) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    widen_vectors<4>(from + i, class_stride, classes, plane, to + i, largest + i);
  }
  for (; i + kLanes <= n; i += kLanes) {
    widen_vectors<1>(from + i, class_stride, classes, plane, to + i, largest + i);
  }
  if (i < n) {
    auto top = load(largest);
    for (int64_t c = 0; c < classes; ++c) {
      Stored last[kLanes] = {};
      memcpy(last, from + c * class_stride + i, static_cast<size_t>(n - i) * sizeof(Stored));
      const auto values = widen(last);
      store(to + c * plane + i, values);
      top = c == 0 ? values : larger(top, values);
    }
    store(largest + i, top);
  }
}

// Planes of Real as planes of Stored, `class_stride` apart, which may be where they are already.
template <class Stored, class Real>
void narrow_planes(const Real* from, int64_t plane, int64_t classes, int64_t n, int64_t class_stride, Stored* to) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  for (int64_t c = 0; c < classes; ++c) {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      narrow(to + c * class_stride + i, load(from + c * plane + i));
    }
    if (i < n) {
      Stored last[kLanes];
      narrow(last, load(from + c * plane + i));
      memcpy(to + c * class_stride + i, last, static_cast<size_t>(n - i) * sizeof(Stored));
    }
  }
}

// A block of n pixels as Real planes; `stage` has room for the block as it is stored.
template <class Stored, class Real>
void read_planes_of(const OverlapOperand& operand, int64_t offset, int64_t classes, int64_t n, int64_t plane, Real* to,
                    Real* largest, void* stage) {
  const Stored* const from = static_cast<const Stored*>(operand.data) + offset;
  if (operand.pixel_stride == 1) {
    widen_planes(from, operand.class_stride, classes, n, plane, to, largest);
    return;
  }
  Stored* const staged = static_cast<Stored*>(stage);
  gather_planes(from, operand.class_stride, operand.pixel_stride, classes, n, plane, staged);
  widen_planes(staged, plane, classes, n, plane, to, largest);
}

template <class Stored, class Real>
void write_planes_of(const Real* from, int64_t plane, int64_t classes, int64_t n, const OverlapOperand& operand,
                     void* data, int64_t offset, void* stage) {
  Stored* const to = static_cast<Stored*>(data) + offset;
  if (operand.pixel_stride == 1) {
    narrow_planes(from, plane, classes, n, operand.class_stride, to);
    return;
  }
  Stored* const staged = static_cast<Stored*>(stage);
  narrow_planes(from, plane, classes, n, plane, staged);
  scatter_planes(staged, plane, classes, n, operand.class_stride, operand.pixel_stride, to);
}

// Targets that are not what the input is stored as: integers, or floats for a double input and the reverse.
template <class Stored, class Real>
void convert_planes(const OverlapOperand& operand, int64_t offset, int64_t classes, int64_t n, int64_t plane,
                    Real* to) {
  const Stored* const from = static_cast<const Stored*>(operand.data) + offset;
  for (int64_t c = 0; c < classes; ++c) {
    for (int64_t i = 0; i < n; ++i) {
      to[c * plane + i] = static_cast<Real>(from[c * operand.class_stride + i * operand.pixel_stride]);
    }
    for (int64_t i = n; i % Vectors<Real>::kLanes != 0; ++i) {
      to[c * plane + i] = Real{0};
    }
  }
}
