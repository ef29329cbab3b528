// Exponentials and logarithms of vectors. Included by level/kernels.cpp alone, inside its unnamed namespace (see
// labels.h).

// A vector of float or double as wide as the registers of the level, and integers of the same width. Comparisons of
// Reals are Integers.
template <class Real>
struct Vectors;
template <>
struct Vectors<float> {
  typedef float Reals __attribute__((vector_size(kVectorBytes)));
  typedef int32_t Integers __attribute__((vector_size(kVectorBytes)));
  static constexpr int kLanes = kVectorBytes / 4;
};
template <>
struct Vectors<double> {
  typedef double Reals __attribute__((vector_size(kVectorBytes)));
  typedef int64_t Integers __attribute__((vector_size(kVectorBytes)));
  static constexpr int kLanes = kVectorBytes / 8;
};

template <class Real>
ALWAYS_INLINE typename Vectors<Real>::Reals load(const Real* from) {
  typename Vectors<Real>::Reals values;
  memcpy(&values, from, sizeof(values));
  return values;
}

template <class Real>
ALWAYS_INLINE void store(Real* to, typename Vectors<Real>::Reals values) {
  memcpy(to, &values, sizeof(values));
}

// The larger of two; either where one is NaN.
template <class Reals>
ALWAYS_INLINE Reals larger(Reals a, Reals b) {
#if defined(__AVX512F__)
  // Masked by all ones: what the plain functions leave undefined, GCC 12 warns about.
  if constexpr (sizeof(a[0]) == 4) {
    return (Reals)_mm512_maskz_max_ps(0xffff, (__m512)a, (__m512)b);
  } else {
    return (Reals)_mm512_maskz_max_pd(0xff, (__m512d)a, (__m512d)b);
  }
#elif defined(__AVX2__)
  if constexpr (sizeof(a[0]) == 4) {
    return (Reals)_mm256_max_ps((__m256)a, (__m256)b);
  } else {
    return (Reals)_mm256_max_pd((__m256d)a, (__m256d)b);
  }
#else
  return a > b ? a : b;
#endif
}

// e^x for x <= 0: x = n ln 2 + r with |r| <= ln 2 / 2, and a polynomial in r. Below the normal numbers it is 0.
ALWAYS_INLINE Vectors<float>::Reals exp_of(Vectors<float>::Reals x) {
  // Adding it rounds to an integer, which then stands in the lowest bits, with the bias of an exponent.
  constexpr float kShift = 12582912.0f + 127.0f;
  const auto shifted = x * 1.44269504f + kShift;
  const auto n = shifted - kShift;
  auto r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  auto y = r * 1.3748823e-3f + 8.36962834e-3f;
  y = y * r + 4.16696444e-2f;
  y = y * r + 1.66665122e-1f;
  y = y * r + 4.99999881e-1f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  typedef uint32_t Bits __attribute__((vector_size(kVectorBytes)));
  y = y * (Vectors<float>::Reals)((Bits)shifted << 23);
  return x < -87.3365f ? Vectors<float>::Reals{} : y;
}

ALWAYS_INLINE Vectors<double>::Reals exp_of(Vectors<double>::Reals x) {
  constexpr double kShift = 6755399441055744.0 + 1023.0;
  const auto shifted = x * 1.4426950408889634 + kShift;
  const auto n = shifted - kShift;
  auto r = x - n * 6.93145751953125e-1;
  r = r - n * 1.42860682030941723212e-6;
  auto y = r * (1.0 / 6227020800) + 1.0 / 479001600;
  y = y * r + 1.0 / 39916800;
  y = y * r + 1.0 / 3628800;
  y = y * r + 1.0 / 362880;
  y = y * r + 1.0 / 40320;
  y = y * r + 1.0 / 5040;
  y = y * r + 1.0 / 720;
  y = y * r + 1.0 / 120;
  y = y * r + 1.0 / 24;
  y = y * r + 1.0 / 6;
  y = y * r + 0.5;
  y = y * r + 1.0;
  y = y * r + 1.0;
  typedef uint64_t Bits __attribute__((vector_size(kVectorBytes)));
  y = y * (Vectors<double>::Reals)((Bits)shifted << 52);
  return x < -708.396 ? Vectors<double>::Reals{} : y;
}

// log((1 + y) / (1 - y)) = 2 (y + y^3 / 3 + y^5 / 5 + ...), so many terms of it.
template <int kTerms, class Reals>
ALWAYS_INLINE Reals log_of_ratio(Reals y) {
  using Real = decltype(y[0] + y[0]);
  const Reals square = y * y;
  Reals sum = Reals{} + Real{1} / (2 * kTerms - 1);
#pragma GCC unroll 16
  for (int k = kTerms - 2; k >= 0; --k) {
    sum = sum * square + Real{1} / static_cast<Real>(2 * k + 1);
  }
  return Real{2} * y * sum;
}

// log x for a normal number x.
ALWAYS_INLINE Vectors<float>::Reals log_of(Vectors<float>::Reals x) {
  typedef Vectors<float>::Integers Bits;
  const Bits exponent = ((Bits)x - 0x3f3504f3) >> 23;  // of the fraction in [sqrt 1/2, sqrt 2)
  const auto fraction = (Vectors<float>::Reals)((Bits)x - exponent * (1 << 23));
  const auto log = log_of_ratio<5>((fraction - 1.0f) / (fraction + 1.0f));
  return __builtin_convertvector(exponent, Vectors<float>::Reals) * 0.693147181f + log + (x - x);
}

ALWAYS_INLINE Vectors<double>::Reals log_of(Vectors<double>::Reals x) {
  typedef Vectors<double>::Integers Bits;
  const Bits exponent = ((Bits)x - 0x3fe6a09e667f3bcd) >> 52;
  const auto fraction = (Vectors<double>::Reals)((Bits)x - exponent * (int64_t{1} << 52));
  const auto log = log_of_ratio<11>((fraction - 1.0) / (fraction + 1.0));
  return __builtin_convertvector(exponent, Vectors<double>::Reals) * 0.69314718055994530942 + log + (x - x);
}

// log(1 + u) for u in [0, 1].
template <class Reals>
ALWAYS_INLINE Reals log_of_one_and(Reals u) {
  return log_of_ratio<sizeof(u[0]) == 4 ? 8 : 16>(u / (u + 2));
}
