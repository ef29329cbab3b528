// Device code that every kernel of overlap_sums shares: what they are given, how pixels are read, how sums are added up
// in an order that does not change.
#pragma once

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "common/cuda_launch.h"
#include "common/overlap_math.h"
#include "common/overlap_problem.h"
#include "ops/cuda/overlap_policy.h"

namespace torchtally::cuda {

using torch::headeronly::BFloat16;
using torch::headeronly::Half;

// What the gradient of a sample's sums means for every class, with terms of the class and terms of its target:
//   g = slope t + constant + linear p + sign sign(p - t)     by the probability
//   w = weight t + smoothing                                 of the cross-entropy
template <class Real>
struct alignas(4 * sizeof(Real)) ClassTerms {
  Real constant;
  Real linear;
  Real sign;
  Real smoothing;
};
template <class Real>
struct alignas(2 * sizeof(Real)) TargetTerms {
  Real slope;
  Real weight;
};

// How the pixels are divided: a block takes parts blockIdx.x, blockIdx.x + gridDim.x, ...
struct OverlapPartition {
  int64_t parts;
  int64_t parts_per_sample;
  int64_t pixels_per_part;
  int64_t fold_pixels;
  OverlapTile tile;  // tiles
};

struct OverlapForward {
  OverlapProblem problem;
  OverlapPartition partition;
  const void* class_terms;   // ClassTerms [C], or nullptr: those of `smoothing_weight`
  const void* target_terms;  // TargetTerms [C], or nullptr: those of `target_weight`
  bool weighted;             // whether there are terms: shorter to ask, for every pixel
  float float_target_weight;
  double target_weight;
  double smoothing_weight;
  bool smooth;       // whether any of it is not 0
  int64_t rows;      // of each class: kOverlapRows, or kTargetSquared where the others follow from those before it
  double* partials;  // [samples, rows C + 3, parts_per_sample]; behind the rows cross-entropy, count, invalid
};

struct OverlapBackward {
  OverlapProblem problem;
  OverlapPartition partition;
  const void* class_terms;   // ClassTerms [samples, C]
  const void* target_terms;  // TargetTerms [samples, C]
  OverlapOperand gradient;   // where it is written; its `data` is not used
  void* data;
};

// One part of a sample.
struct OverlapPart {
  int64_t sample;
  int64_t index;  // in the sample
  int64_t begin;  // pixels
  int64_t end;
};

__device__ __forceinline__ OverlapPart part_of(const OverlapPartition& partition, int64_t pixels, int64_t part) {
  const int64_t sample = part / partition.parts_per_sample;
  const int64_t index = part - sample * partition.parts_per_sample;
  const int64_t begin = index * partition.pixels_per_part;
  const int64_t left = pixels - begin;
  return {sample, index, begin, begin + (left < partition.pixels_per_part ? left : partition.pixels_per_part)};
}

// Elements

__device__ __forceinline__ uint64_t raw_label(const OverlapOperand& labels, int64_t at) {
  switch (labels.element) {
    case Element::kBool:
      return static_cast<const uint8_t*>(labels.data)[at] != 0 ? 1 : 0;
    case Element::kBits8:
      return static_cast<const uint8_t*>(labels.data)[at];
    case Element::kBits16:
      return static_cast<const uint16_t*>(labels.data)[at];
    case Element::kBits32:
      return static_cast<const uint32_t*>(labels.data)[at];
    default:
      return static_cast<const uint64_t*>(labels.data)[at];
  }
}

// Which class a pixel counts as: 0 where the target is soft; C out of range, C + 1 left out.
__device__ __forceinline__ Code overlap_code(const OverlapProblem& problem, int64_t sample, int64_t pixel) {
  const Code out_of_range = static_cast<Code>(problem.classes);
  if (problem.mask.data != nullptr &&
      static_cast<const uint8_t*>(
          problem.mask.data)[sample * problem.mask.sample_stride + pixel * problem.mask.pixel_stride] == 0) {
    return out_of_range + 1;
  }
  if (!problem.labels) {
    return 0;
  }
  const OverlapOperand& target = problem.target;
  const uint64_t label = raw_label(target, sample * target.sample_stride + pixel * target.pixel_stride);
#pragma unroll 1
  for (int32_t i = 0; i < problem.num_ignore; ++i) {
    if (label == problem.ignore[i]) {
      return out_of_range + 1;
    }
  }
  return label > problem.target_last ? out_of_range : static_cast<Code>(label);
}

template <class Real, class Stored>
__device__ __forceinline__ Real number_at(const void* data, int64_t at) {
  return static_cast<Real>(static_cast<const Stored*>(data)[at]);
}

// A soft target of any dtype.
template <class Real>
__device__ __forceinline__ Real soft_target(const OverlapOperand& target, int64_t at) {
  switch (target.element) {
    case Element::kFloat:
      return number_at<Real, float>(target.data, at);
    case Element::kDouble:
      return number_at<Real, double>(target.data, at);
    case Element::kHalf:
      return number_at<Real, Half>(target.data, at);
    case Element::kBFloat16:
      return number_at<Real, BFloat16>(target.data, at);
    case Element::kBool:
      return static_cast<const uint8_t*>(target.data)[at] != 0 ? Real{1} : Real{0};
    case Element::kBits8:
      return target.is_signed ? number_at<Real, int8_t>(target.data, at) : number_at<Real, uint8_t>(target.data, at);
    case Element::kBits16:
      return target.is_signed ? number_at<Real, int16_t>(target.data, at) : number_at<Real, uint16_t>(target.data, at);
    case Element::kBits32:
      return target.is_signed ? number_at<Real, int32_t>(target.data, at) : number_at<Real, uint32_t>(target.data, at);
    default:
      return target.is_signed ? number_at<Real, int64_t>(target.data, at) : number_at<Real, uint64_t>(target.data, at);
  }
}

// Functions

__device__ __forceinline__ float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}
__device__ __forceinline__ uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// e^x. Numbers stored in 16 bits have no digits for more than the hardware's exponential of two gives.
template <class Stored>
__device__ __forceinline__ RealOf<Stored> exp_of(RealOf<Stored> x) {
  if constexpr (sizeof(Stored) == 2) {
    constexpr float kLog2E = 1.44269504F;
    return exp2f(x * kLog2E);
  } else if constexpr (std::is_same_v<Stored, double>) {
    return exp(x);
  } else {
    return expf(x);
  }
}

__device__ __forceinline__ float log_of(float x) { return logf(x); }
__device__ __forceinline__ double log_of(double x) { return log(x); }

// One instruction each. Of a number and NaN, the number is the larger.
__device__ __forceinline__ float larger_of(float x, float y) { return fmaxf(x, y); }
__device__ __forceinline__ double larger_of(double x, double y) { return fmax(x, y); }
__device__ __forceinline__ float absolute(float x) { return fabsf(x); }
__device__ __forceinline__ double absolute(double x) { return fabs(x); }

// e^x of what is at most 0: what underflows is 0.
__device__ __forceinline__ float exp_of_difference(float x) {
  constexpr float kLog2E = 1.44269504F;
  return approximate_exp2(x * kLog2E);
}
__device__ __forceinline__ double exp_of_difference(double x) { return exp(x); }

// log(1 + x) of x in [0, 1], within 2e-7 of itself.
__device__ __forceinline__ float log_of_one_and(float x) {
  float sum = 0.00510582561F;
  sum = sum * x - 0.0289919563F;
  sum = sum * x + 0.0773807392F;
  sum = sum * x - 0.135905996F;
  sum = sum * x + 0.190713093F;
  sum = sum * x - 0.248339459F;
  sum = sum * x + 0.333179355F;
  sum = sum * x - 0.499994367F;
  sum = sum * x + 0.99999994F;
  return sum * x;
}
__device__ __forceinline__ double log_of_one_and(double x) { return log1p(x); }

// Logarithm of a sum of such, the largest among them. Near 1 the hardware's has an error of 1e-7, which is also that of
// the sum; logits of 16 bits have larger ones.
template <class Stored>
__device__ __forceinline__ float log_of_total(float total) {
  constexpr float kLog2 = 0.693147181F;
  return sizeof(Stored) == 2 ? approximate_log2(total) * kLog2 : logf(total);
}

__device__ __forceinline__ Sigmoid<float> sigmoid_of(float x) {
  const float exponential = exp_of_difference(-absolute(x));
  return {x, exponential, approximate_reciprocal(1 + exponential)};
}
__device__ __forceinline__ Sigmoid<double> sigmoid_of(double x) { return {x, exp(-absolute(x))}; }

// Sums over the lanes of a warp, in pairs: every lane has the same sum, and the order never changes.

template <class T>
__device__ __forceinline__ T from_lane(T value, int lanes) {
  uint32_t words[sizeof(T) / sizeof(uint32_t)];
  memcpy(words, &value, sizeof(T));
#pragma unroll
  for (uint32_t& word : words) {
    word = __shfl_xor_sync(0xffffffffU, word, lanes);
  }
  memcpy(&value, words, sizeof(T));
  return value;
}

template <class T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) {
    value += from_lane(value, lanes);
  }
  return value;
}

// Sums kNumbers numbers over each `lanes` lanes of a warp, at least as many and a power of two, in pairs of lanes that
// share the numbers out: a lane gets the sum of number lane % lanes / (lanes / kNumbers).
template <int kNumbers, class Real>
__device__ __forceinline__ Real shared_out_sum(Real* numbers, int lanes) {
  const int distance = lanes / 2;
  if constexpr (kNumbers > 1) {
    constexpr int kHalf = kNumbers / 2;
    const bool upper = (threadIdx.x & static_cast<uint32_t>(distance)) != 0;
#pragma unroll
    for (int j = 0; j < kHalf; ++j) {
      const Real kept = upper ? numbers[j + kHalf] : numbers[j];
      const Real given = upper ? numbers[j] : numbers[j + kHalf];
      numbers[j] = kept + from_lane(given, distance);
    }
    return shared_out_sum<kHalf>(numbers, distance);
  } else {
#pragma unroll
    for (int other = distance; other > 0; other /= 2) {
      numbers[0] += from_lane(numbers[0], other);
    }
    return numbers[0];
  }
}

}  // namespace torchtally::cuda
