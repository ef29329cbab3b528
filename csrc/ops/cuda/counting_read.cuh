// Device code that reads the pixels of a group as pairs of codes, whatever their dtype, layout, mask and ignore values.
#pragma once

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <cstdint>
#include <type_traits>

#include "common/counting_problem.h"
#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

struct Group {
  int64_t sample;
  int64_t label;

  // The element of an operand that pixel 0 lies at.
  __device__ __forceinline__ int64_t offset(const Operand& operand) const {
    return sample * operand.sample_stride + label * operand.label_stride;
  }
};

// The element of a pixel, counted from pixel 0 of its group.
__device__ __forceinline__ int64_t offset_of_pixel(const CountingProblem& problem, const Operand& operand,
                                                   int64_t pixel) {
  int64_t offset = 0;
  uint64_t rest = static_cast<uint64_t>(pixel);
#pragma unroll 1
  for (int32_t d = problem.pixel_dims - 1; d > 0; --d) {
    const uint64_t size = static_cast<uint64_t>(problem.pixel_size[d]);
    const uint64_t outer = rest / size;
    offset += static_cast<int64_t>(rest - outer * size) * operand.pixel_stride[d];
    rest = outer;
  }
  return offset + static_cast<int64_t>(rest) * operand.pixel_stride[0];
}

// kWidth consecutive elements; more than one must be aligned as vectors_fit() demands.
template <int kWidth, class T>
__device__ __forceinline__ void load(const T* from, T* to) {
  if constexpr (kWidth == 1) {
    *to = *from;
  } else {
    struct alignas(sizeof(T) * kWidth < 16 ? sizeof(T) * kWidth : 16) Vector {
      T elements[kWidth];
    };
    const Vector vector = *reinterpret_cast<const Vector*>(from);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      to[k] = vector.elements[k];
    }
  }
}

// What a thread reads at a time: kVectors times kWidth consecutive pixels of a group. The loads of an operand are in
// flight together.
template <int kVectors, int kWidth>
struct Batch {
  static constexpr int kPixels = kVectors * kWidth;

  Group group;
  int64_t pixel[kVectors];  // the first of each vector
  bool live[kVectors];      // false past the end: `pixel` is then another one, which is read and not counted
  Code target[kPixels];
  Code preds[kPixels];

  // The elements of an operand that the vectors start at.
  __device__ __forceinline__ void locate(const CountingProblem& problem, const Operand& operand,
                                         int64_t (&offset)[kVectors]) const {
    const int64_t first = group.offset(operand);
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      offset[v] = first + offset_of_pixel(problem, operand, pixel[v]);
    }
  }
};

// Vectors of an operand, at their offsets.
template <int kWidth, class T, int kVectors>
__device__ __forceinline__ void load_vectors(const void* data, const int64_t (&offset)[kVectors],
                                             T (&to)[kVectors * kWidth]) {
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    load<kWidth>(static_cast<const T*>(data) + offset[v], to + v * kWidth);
  }
}

// Raw label bits that are codes, except those in `ignore`, which become out_of_range + 1.
struct LabelRange {
  uint64_t last;
  Code out_of_range;
  const uint64_t* ignore;
  int32_t num_ignore;
};

template <class Raw, int kWidth, int kVectors>
__device__ __forceinline__ void read_labels_of(const Operand& operand, const int64_t (&offset)[kVectors],
                                               const LabelRange& range, Code (&codes)[kVectors * kWidth]) {
  constexpr int kPixels = kVectors * kWidth;
  Raw raw[kPixels];
  load_vectors<kWidth>(operand.data, offset, raw);
  if (sizeof(Raw) == 1 && operand.element == Element::kBool) {
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      raw[k] = raw[k] != 0 ? 1 : 0;
    }
  }
  const Raw last = static_cast<Raw>(range.last);
#pragma unroll
  for (int k = 0; k < kPixels; ++k) {
    codes[k] = raw[k] > last ? range.out_of_range : static_cast<Code>(raw[k]);
  }
#pragma unroll 1
  for (int32_t i = 0; i < range.num_ignore; ++i) {
    const Raw ignored = static_cast<Raw>(range.ignore[i]);
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      codes[k] = raw[k] == ignored ? range.out_of_range + 1 : codes[k];
    }
  }
}

// The width is a switch at run time and not a template argument: it costs one branch a batch and saves every pair of
// widths a kernel of its own.
template <int kWidth, int kVectors>
__device__ __forceinline__ void read_labels(const Operand& operand, const int64_t (&offset)[kVectors],
                                            const LabelRange& range, Code (&codes)[kVectors * kWidth]) {
  switch (operand.element) {
    case Element::kBool:
    case Element::kBits8:
      return read_labels_of<uint8_t, kWidth>(operand, offset, range, codes);
    case Element::kBits16:
      return read_labels_of<uint16_t, kWidth>(operand, offset, range, codes);
    case Element::kBits32:
      return read_labels_of<uint32_t, kWidth>(operand, offset, range, codes);
    default:
      return read_labels_of<uint64_t, kWidth>(operand, offset, range, codes);
  }
}

template <int kVectors, int kWidth>
__device__ __forceinline__ void read_targets(const CountingProblem& problem, Batch<kVectors, kWidth>& batch) {
  constexpr int kPixels = kVectors * kWidth;
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const Code ignored = out_of_range + 1;
  int64_t offset[kVectors];
  batch.locate(problem, problem.target, offset);
  read_labels<kWidth>(problem.target, offset, {problem.target_last, out_of_range, problem.ignore, problem.num_ignore},
                      batch.target);
  if (problem.mask.data != nullptr) {
    uint8_t mask[kPixels];
    batch.locate(problem, problem.mask, offset);
    load_vectors<kWidth>(problem.mask.data, offset, mask);
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      batch.target[k] = mask[k] == 0 ? ignored : batch.target[k];
    }
  }
#pragma unroll
  for (int k = 0; k < kPixels; ++k) {
    batch.target[k] = batch.live[k / kWidth] ? batch.target[k] : ignored;
  }
}

// The predicted class is a label.
struct PredsLabels {
  static constexpr int kVectors = 2;

  template <int kVectorsRead, int kWidth>
  static __device__ __forceinline__ void read(const CountingProblem& problem, Batch<kVectorsRead, kWidth>& batch) {
    int64_t offset[kVectorsRead];
    batch.locate(problem, problem.preds, offset);
    read_labels<kWidth>(problem.preds, offset, {problem.preds_last, static_cast<Code>(problem.num_classes), nullptr, 0},
                        batch.preds);
  }
};

// The predicted class follows from scores: the argmax over classes, or score > threshold.
template <class Score>
struct PredsScores {
  using Value = std::conditional_t<std::is_same_v<Score, double>, double, float>;  // holds every Score exactly

  static constexpr int kVectors = 1;                          // the planes of an argmax are loads enough
  static constexpr int kPlanes = sizeof(Score) == 8 ? 2 : 4;  // classes in flight

  template <int kVectorsRead, int kWidth>
  static __device__ __forceinline__ void read(const CountingProblem& problem, Batch<kVectorsRead, kWidth>& batch) {
    int64_t offset[kVectorsRead];
    batch.locate(problem, problem.preds, offset);
    if (problem.prediction == Prediction::kArgmax) {
      argmax<kWidth>(problem, offset, batch.preds);
    } else {
      threshold<kWidth>(problem, offset, batch.preds);
    }
  }

 private:
  // As torch.argmax: the first maximum, and the first NaN is above everything.
  static __device__ __forceinline__ bool wins(Value score, Value best) {
    return score > best || (score != score && best == best);
  }

  template <int kPixels>
  static __device__ __forceinline__ void compare(const Score (&scores)[kPixels], Code label, Value (&best)[kPixels],
                                                 Code (&codes)[kPixels]) {
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      const Value score = static_cast<Value>(scores[k]);
      const bool better = wins(score, best[k]);
      best[k] = better ? score : best[k];
      codes[k] = better ? label : codes[k];
    }
  }

  // Leaves `offset` at the plane behind the last.
  template <int kWidth, int kVectorsRead>
  static __device__ __forceinline__ void argmax(const CountingProblem& problem, int64_t (&offset)[kVectorsRead],
                                                Code (&codes)[kVectorsRead * kWidth]) {
    constexpr int kPixels = kVectorsRead * kWidth;
    const auto load_plane = [&](Score(&scores)[kPixels]) {
      load_vectors<kWidth>(problem.preds.data, offset, scores);
#pragma unroll
      for (int v = 0; v < kVectorsRead; ++v) {
        offset[v] += problem.class_stride;
      }
    };
    const Code classes = static_cast<Code>(problem.num_classes);
    Value best[kPixels];
    Score first[kPixels];
    load_plane(first);
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      best[k] = static_cast<Value>(first[k]);
      codes[k] = 0;
    }
    Code label = 1;
#pragma unroll 1
    for (; label + kPlanes <= classes; label += kPlanes) {
      Score planes[kPlanes][kPixels];
#pragma unroll
      for (int c = 0; c < kPlanes; ++c) {
        load_plane(planes[c]);
      }
#pragma unroll
      for (int c = 0; c < kPlanes; ++c) {
        compare(planes[c], label + static_cast<Code>(c), best, codes);
      }
    }
#pragma unroll 1
    for (; label < classes; ++label) {
      Score plane[kPixels];
      load_plane(plane);
      compare(plane, label, best, codes);
    }
  }

  template <int kWidth, int kVectorsRead>
  static __device__ __forceinline__ void threshold(const CountingProblem& problem,
                                                   const int64_t (&offset)[kVectorsRead],
                                                   Code (&codes)[kVectorsRead * kWidth]) {
    Score scores[kVectorsRead * kWidth];
    load_vectors<kWidth>(problem.preds.data, offset, scores);
    const Value limit = static_cast<Value>(problem.threshold);
#pragma unroll
    for (int k = 0; k < kVectorsRead * kWidth; ++k) {
      codes[k] = static_cast<Value>(scores[k]) > limit ? 1 : 0;
    }
  }
};

// Calls body(PredsLabels()) or body(PredsScores<S>()), which is how a kernel is chosen.
template <class Body>
auto with_preds(const CountingProblem& problem, const Body& body) {
  if (problem.prediction == Prediction::kLabel) {
    return body(PredsLabels());
  }
  switch (problem.preds.element) {
    case Element::kHalf:
      return body(PredsScores<torch::headeronly::Half>());
    case Element::kBFloat16:
      return body(PredsScores<torch::headeronly::BFloat16>());
    case Element::kFloat:
      return body(PredsScores<float>());
    default:
      return body(PredsScores<double>());
  }
}

}  // namespace torchtally::cuda
