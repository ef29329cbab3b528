// Device code that reads scores: the predicted class follows from them, by an argmax over classes or a threshold.
#pragma once

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <cstdint>
#include <type_traits>

#include "ops/cuda/counting_read.cuh"

namespace torchtally::cuda {

// Codes of kWidth consecutive target labels; clears the bits of those that are ignored.
template <class Raw, int kWidth>
__device__ __forceinline__ void read_codes_of(const CountingProblem& problem, int64_t at, uint32_t& keep,
                                              Code (&codes)[kWidth]) {
  Raw raw[kWidth];
  load<kWidth>(static_cast<const Raw*>(problem.target.data) + at, raw);
  if (sizeof(Raw) == 1 && problem.target.element == Element::kBool) {
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      raw[k] = raw[k] != 0 ? 1 : 0;
    }
  }
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const Raw last = static_cast<Raw>(problem.target_last);
#pragma unroll
  for (int k = 0; k < kWidth; ++k) {
    codes[k] = raw[k] > last ? out_of_range : static_cast<Code>(raw[k]);
  }
#pragma unroll 1
  for (int32_t i = 0; i < problem.num_ignore; ++i) {
    const Raw ignored = static_cast<Raw>(problem.ignore[i]);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      keep &= ~(static_cast<uint32_t>(raw[k] == ignored) << k);
    }
  }
}

// The width is a switch at run time and not a template argument: it costs one branch a batch and saves every width of
// labels a kernel of its own.
template <int kWidth>
__device__ __forceinline__ void read_codes(const CountingProblem& problem, int64_t at, uint32_t& keep,
                                           Code (&codes)[kWidth]) {
  switch (problem.target.element) {
    case Element::kBool:
    case Element::kBits8:
      return read_codes_of<uint8_t>(problem, at, keep, codes);
    case Element::kBits16:
      return read_codes_of<uint16_t>(problem, at, keep, codes);
    case Element::kBits32:
      return read_codes_of<uint32_t>(problem, at, keep, codes);
    default:
      return read_codes_of<uint64_t>(problem, at, keep, codes);
  }
}

// Predictions are scores. A vector is 16 bytes of one class plane; without vectors a thread follows two pixels, whose
// classes are one load each: neighbours in memory where the scores are channels_last.
template <class Score>
struct Scores {
  using Key = Code;
  using Value = std::conditional_t<std::is_same_v<Score, double>, double, float>;  // holds every Score exactly

  static constexpr int kLabelBytes = sizeof(Code);
  static constexpr int kWidth = kLoadBytes / static_cast<int>(sizeof(Score));
  static constexpr int kVectors = 1;  // the planes of an argmax are loads enough
  static constexpr int kScalars = 2;
  static constexpr int kPlanes = 4;  // classes in flight

  template <int kVectorsRead, int kWidthRead, class Counter>
  static __device__ __forceinline__ void count(const CountingProblem& problem, const Offsets& group,
                                               Batch<kVectorsRead, kWidthRead>& batch, Counter& counter) {
    constexpr int kPixels = kVectorsRead * kWidthRead;
    int64_t preds_at[kVectorsRead];
    Code target[kVectorsRead][kWidthRead];
#pragma unroll
    for (int v = 0; v < kVectorsRead; ++v) {
      const Offsets offsets = pixel_offsets<(kWidthRead > 1)>(problem, group, batch.pixel[v]);
      preds_at[v] = offsets.preds;
      read_codes(problem, offsets.target, batch.keep[v], target[v]);
    }
    apply_mask(problem, group, batch);
    Code preds[kPixels];
    if (problem.prediction == Prediction::kArgmax) {
      argmax<kWidthRead>(problem, preds_at, preds);
    } else {
      threshold<kWidthRead>(problem, group.label, preds_at, preds);
    }
#pragma unroll
    for (int v = 0; v < kVectorsRead; ++v) {
#pragma unroll
      for (int k = 0; k < kWidthRead; ++k) {
        if ((batch.keep[v] >> k & 1) != 0) {
          counter.add(target[v][k], preds[v * kWidthRead + k]);
        }
      }
    }
  }

  static __device__ __forceinline__ bool codes_of(const CountingProblem& problem, Key target, Key preds,
                                                  Code& target_code, Code& preds_code) {
    codes_of_kept(problem, target, preds, target_code, preds_code);
    return true;
  }
  static __device__ __forceinline__ void codes_of_kept(const CountingProblem&, Key target, Key preds, Code& target_code,
                                                       Code& preds_code) {
    target_code = target;
    preds_code = preds;
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

  template <int kWidthRead, int kVectorsRead>
  static __device__ __forceinline__ void load_plane(const CountingProblem& problem, const int64_t (&at)[kVectorsRead],
                                                    Score (&scores)[kVectorsRead * kWidthRead]) {
#pragma unroll
    for (int v = 0; v < kVectorsRead; ++v) {
      load<kWidthRead>(static_cast<const Score*>(problem.preds.data) + at[v], scores + v * kWidthRead);
    }
  }

  // Leaves `at` at the last plane.
  template <int kWidthRead, int kVectorsRead>
  static __device__ __forceinline__ void argmax(const CountingProblem& problem, int64_t (&at)[kVectorsRead],
                                                Code (&codes)[kVectorsRead * kWidthRead]) {
    constexpr int kPixels = kVectorsRead * kWidthRead;
    const Code classes = static_cast<Code>(problem.num_classes);
    Score first[kPixels];
    load_plane<kWidthRead>(problem, at, first);
    Value best[kPixels];
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      best[k] = static_cast<Value>(first[k]);
      codes[k] = 0;
    }
#pragma unroll 1
    for (Code label = 1; label < classes; label += kPlanes) {
      Score planes[kPlanes][kPixels];
#pragma unroll
      for (int c = 0; c < kPlanes; ++c) {
        // Past the last class that one is read again, and never wins against itself.
        const int64_t step = label + static_cast<Code>(c) < classes ? problem.class_stride : 0;
#pragma unroll
        for (int v = 0; v < kVectorsRead; ++v) {
          at[v] += step;
        }
        load_plane<kWidthRead>(problem, at, planes[c]);
      }
#pragma unroll
      for (int c = 0; c < kPlanes; ++c) {
        compare(planes[c], label + static_cast<Code>(c), best, codes);
      }
    }
  }

  template <int kWidthRead, int kVectorsRead>
  static __device__ __forceinline__ void threshold(const CountingProblem& problem, int64_t label,
                                                   const int64_t (&at)[kVectorsRead],
                                                   Code (&codes)[kVectorsRead * kWidthRead]) {
    Score scores[kVectorsRead * kWidthRead];
    load_plane<kWidthRead>(problem, at, scores);
    const Value limit = static_cast<Value>(problem.threshold_of(label));
    const ValidScores valid = problem.valid_scores;
    const Code out_of_range = static_cast<Code>(problem.num_classes);
#pragma unroll
    for (int k = 0; k < kVectorsRead * kWidthRead; ++k) {
      const Value score = static_cast<Value>(scores[k]);
      const Code code = score > limit ? 1 : 0;
      const bool in = valid == ValidScores::kProbabilities ? score >= 0 && score <= 1 : score == score;
      codes[k] = valid == ValidScores::kAll || in ? code : out_of_range;
    }
  }
};

}  // namespace torchtally::cuda
