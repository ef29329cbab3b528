// Device code that reads labels: where a pixel lies in each operand, and loads of up to 16 bytes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/counting_problem.h"
#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

// Where a pixel lies in each operand, in elements, and of which label it is.
struct Offsets {
  int64_t target;
  int64_t preds;
  int64_t mask;
  int64_t label;
};

// Of pixel 0 of a group.
__device__ __forceinline__ Offsets group_offsets(const CountingProblem& problem, int64_t group) {
  const int64_t sample = group / problem.labels;
  const int64_t label = group - sample * problem.labels;
  return {sample * problem.target.sample_stride + label * problem.target.label_stride,
          sample * problem.preds.sample_stride + label * problem.preds.label_stride,
          sample * problem.mask.sample_stride + label * problem.mask.label_stride, label};
}

__device__ __forceinline__ uint64_t divide(uint64_t a, uint64_t b) {
  // A division of 64 bits takes several times as long.
  return (a | b) >> 32 == 0 ? static_cast<uint32_t>(a) / static_cast<uint32_t>(b) : a / b;
}

// Where vectors are read, pixels of the last dimension follow each other in every operand: no stride is multiplied.
template <bool kVectors>
__device__ __forceinline__ Offsets pixel_offsets(const CountingProblem& problem, const Offsets& group, int64_t pixel) {
  Offsets offsets = group;
  uint64_t remaining = static_cast<uint64_t>(pixel);
#pragma unroll 1
  for (int32_t d = problem.pixel_dims - 1; d > 0; --d) {
    const uint64_t size = static_cast<uint64_t>(problem.pixel_size[d]);
    const uint64_t outer = divide(remaining, size);
    const int64_t index = static_cast<int64_t>(remaining - outer * size);
    offsets.target += index * problem.target.pixel_stride[d];
    offsets.preds += index * problem.preds.pixel_stride[d];
    offsets.mask += index * problem.mask.pixel_stride[d];
    remaining = outer;
  }
  const int64_t index = static_cast<int64_t>(remaining);
  if (kVectors && problem.pixel_dims == 1) {
    offsets.target += index;
    offsets.preds += index;
    offsets.mask += index;
    return offsets;
  }
  offsets.target += index * problem.target.pixel_stride[0];
  offsets.preds += index * problem.preds.pixel_stride[0];
  offsets.mask += index * problem.mask.pixel_stride[0];
  return offsets;
}

// What a thread reads at a time: kVectors times kWidth consecutive pixels. The loads of an operand are in flight
// together.
template <int kVectors, int kWidth>
struct Batch {
  static constexpr uint32_t kAll = (uint32_t{1} << kWidth) - 1;

  int64_t pixel[kVectors];  // the first of each vector, counted from pixel 0 of the group
  uint32_t keep[kVectors];  // bit k: pixel k of the vector counts. A vector past the end reads another one, for nothing
};

// kWidth consecutive elements; more than one are aligned to their common size, or to 16 bytes.
template <int kWidth, class T>
__device__ __forceinline__ void load(const T* from, T* to) {
  struct alignas(sizeof(T) * kWidth < kLoadBytes ? sizeof(T) * kWidth : kLoadBytes) Vector {
    T elements[kWidth];
  };
  const Vector vector = *reinterpret_cast<const Vector*>(from);
#pragma unroll
  for (int k = 0; k < kWidth; ++k) {
    to[k] = vector.elements[k];
  }
}

// Labels as they lie in memory, the first in the lowest bits; 32 bytes or fewer.
struct Packed {
  uint32_t word[8];
};

template <int kBytes>
__device__ __forceinline__ Packed load_packed(const void* data, int64_t offset) {
  const char* const from = static_cast<const char*>(data) + offset;
  Packed packed = {};
  if constexpr (kBytes >= 4) {
    load<kBytes / 4>(reinterpret_cast<const uint32_t*>(from), packed.word);
  } else if constexpr (kBytes == 2) {
    packed.word[0] = *reinterpret_cast<const uint16_t*>(from);
  } else {
    packed.word[0] = *reinterpret_cast<const uint8_t*>(from);
  }
  return packed;
}

// kWidth labels of an operand none of whose labels are wider than kWidest bytes.
template <int kWidth, int kWidest>
__device__ __forceinline__ Packed load_labels(const Operand& operand, int64_t element) {
  if constexpr (kWidest >= 8) {
    if (operand.element == Element::kBits64) {
      return load_packed<8 * kWidth>(operand.data, 8 * element);
    }
  }
  if constexpr (kWidest >= 4) {
    if (operand.element == Element::kBits32) {
      return load_packed<4 * kWidth>(operand.data, 4 * element);
    }
  }
  if constexpr (kWidest >= 2) {
    if (operand.element == Element::kBits16) {
      return load_packed<2 * kWidth>(operand.data, 2 * element);
    }
  }
  return load_packed<kWidth>(operand.data, element);
}

// 0x01 in each byte of `word` that is not zero.
__device__ __forceinline__ uint32_t nonzero_bytes(uint32_t word) {
  return (((word & 0x7f7f7f7fU) + 0x7f7f7f7fU) | word) >> 7 & 0x01010101U;
}

// Bit k of the result from byte k of a word of 0x00 and 0x01, and back.
__device__ __forceinline__ uint32_t bits_of_bytes(uint32_t word) { return word * 0x10204080U >> 28; }
__device__ __forceinline__ uint32_t bytes_of_bits(uint32_t bits) { return bits * 0x00204081U & 0x01010101U; }

// Labels of kFrom bytes as labels of kTo bytes; the values stay.
template <int kWidth, int kFrom, int kTo>
__device__ __forceinline__ Packed widen_from(const Packed& narrow) {
  constexpr uint32_t kMask = static_cast<uint32_t>((uint64_t{1} << 8 * kFrom) - 1);
  Packed wide = {};
#pragma unroll
  for (int k = 0; k < kWidth; ++k) {
    const uint32_t label = narrow.word[k * kFrom / 4] >> k * kFrom % 4 * 8 & kMask;
    wide.word[k * kTo / 4] |= label << k * kTo % 4 * 8;
  }
  return wide;
}

template <int kWidth, int kTo>
__device__ __forceinline__ void widen(const Operand& operand, Packed& labels) {
  if (operand.element == Element::kBool) {
#pragma unroll
    for (int i = 0; i < (kWidth + 3) / 4; ++i) {
      labels.word[i] = nonzero_bytes(labels.word[i]);
    }
  }
  if constexpr (kTo > 4) {
    if (operand.element == Element::kBits32) {
      labels = widen_from<kWidth, 4, kTo>(labels);
      return;
    }
  }
  if constexpr (kTo > 2) {
    if (operand.element == Element::kBits16) {
      labels = widen_from<kWidth, 2, kTo>(labels);
      return;
    }
  }
  if constexpr (kTo > 1) {
    if (operand.element == Element::kBits8 || operand.element == Element::kBool) {
      labels = widen_from<kWidth, 1, kTo>(labels);
    }
  }
}

// Clears the bits of pixels that the mask leaves out. Finds the places again: most problems have no mask, and keeping
// its places beside the others costs registers.
template <int kVectors, int kWidth>
__device__ __forceinline__ void apply_mask(const CountingProblem& problem, const Offsets& group,
                                           Batch<kVectors, kWidth>& batch) {
  if (problem.mask.data == nullptr) {
    return;
  }
  Packed mask[kVectors];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    mask[v] = load_packed<kWidth>(problem.mask.data, pixel_offsets<(kWidth > 1)>(problem, group, batch.pixel[v]).mask);
  }
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    uint32_t bits = 0;
#pragma unroll
    for (int i = 0; i < (kWidth + 3) / 4; ++i) {
      bits |= bits_of_bytes(nonzero_bytes(mask[v].word[i])) << 4 * i;
    }
    batch.keep[v] &= bits;
  }
}

// Predictions and targets are labels, none wider than kBytes bytes. They are compared and merged as they lie in memory;
// what a label means is asked once for each run of equal pairs.
template <int kBytes>
struct Labels {
  using Key = std::conditional_t<kBytes == 8, uint64_t, uint32_t>;  // a label, or several in one word

  static constexpr int kLabelBytes = kBytes;
  static constexpr int kWidth = static_cast<int>(labels_of_a_vector(kBytes));
  static constexpr int kVectors = kBytes == 8 ? 1 : 2;
  static constexpr int kScalars = 4;  // pixels in flight where they are read one at a time

  template <int kVectorsRead, int kWidthRead, class Counter>
  static __device__ __forceinline__ void count(const CountingProblem& problem, const Offsets& group,
                                               Batch<kVectorsRead, kWidthRead>& batch, Counter& counter) {
    Packed target[kVectorsRead];
    Packed preds[kVectorsRead];
#pragma unroll
    for (int v = 0; v < kVectorsRead; ++v) {
      const Offsets offsets = pixel_offsets<(kWidthRead > 1)>(problem, group, batch.pixel[v]);
      target[v] = load_labels<kWidthRead, kBytes>(problem.target, offsets.target);
      preds[v] = load_labels<kWidthRead, kBytes>(problem.preds, offsets.preds);
    }
    apply_mask(problem, group, batch);
#pragma unroll
    for (int v = 0; v < kVectorsRead; ++v) {
      widen<kWidthRead, kBytes>(problem.target, target[v]);
      widen<kWidthRead, kBytes>(problem.preds, preds[v]);
    }
    if constexpr (!Counter::kMergesRuns) {
      drop_ignored(problem, target, batch);
    }
    // Bytes are 16 pixels a vector: their code is kept once, and not for each vector.
#pragma unroll(kBytes == 1 ? 1 : kVectorsRead)
    for (int v = 0; v < kVectorsRead; ++v) {
      if constexpr (kWidthRead == 1) {
        if (batch.keep[0] != 0) {
          counter.add(key(target[0], 0), key(preds[0], 0));
        }
      } else {
#pragma unroll
        for (int i = 0; i < kWidthRead / kPerWord; ++i) {
          counter.add_word(key(target[0], i), key(preds[0], i), batch.keep[0] >> i * kPerWord);
        }
      }
#pragma unroll
      for (int next = 1; next < kVectorsRead; ++next) {
        target[next - 1] = target[next];
        preds[next - 1] = preds[next];
        batch.keep[next - 1] = batch.keep[next];
      }
    }
  }

  // The codes of a pair; false where the pair is ignored.
  static __device__ __forceinline__ bool codes_of(const CountingProblem& problem, Key target, Key preds,
                                                  Code& target_code, Code& preds_code) {
    bool ignored = false;
#pragma unroll 1
    for (int32_t i = 0; i < problem.num_ignore; ++i) {
      ignored |= target == static_cast<Key>(problem.ignore[i]);
    }
    codes_of_kept(problem, target, preds, target_code, preds_code);
    return !ignored;
  }

  static __device__ __forceinline__ void codes_of_kept(const CountingProblem& problem, Key target, Key preds,
                                                       Code& target_code, Code& preds_code) {
    const Code out_of_range = static_cast<Code>(problem.num_classes);
    target_code = target > static_cast<Key>(problem.target_last) ? out_of_range : static_cast<Code>(target);
    preds_code = preds > static_cast<Key>(problem.preds_last) ? out_of_range : static_cast<Code>(preds);
  }

 private:
  static constexpr int kPerWord = static_cast<int>(sizeof(Key)) / kBytes;

  // Clears the bits of pixels whose target is ignored, for all of them at a time.
  template <int kVectorsRead, int kWidthRead>
  static __device__ __forceinline__ void drop_ignored(const CountingProblem& problem,
                                                      const Packed (&target)[kVectorsRead],
                                                      Batch<kVectorsRead, kWidthRead>& batch) {
    constexpr int kWords = (kWidthRead + kPerWord - 1) / kPerWord;
#pragma unroll 1
    for (int32_t i = 0; i < problem.num_ignore; ++i) {
#pragma unroll
      for (int v = 0; v < kVectorsRead; ++v) {
        uint32_t kept = 0;
#pragma unroll
        for (int w = 0; w < kWords; ++w) {
          kept |= differs(key(target[v], w), problem.ignore[i]) << w * kPerWord;
        }
        batch.keep[v] &= kept;
      }
    }
  }

  // Bit k: pixel k of a word is not `label`.
  static __device__ __forceinline__ uint32_t differs(Key word, uint64_t label) {
    if constexpr (kBytes == 1) {
      return bits_of_bytes(nonzero_bytes(word ^ static_cast<uint32_t>(label) * 0x01010101U));
    } else if constexpr (kBytes == 2) {
      const uint32_t halves = word ^ static_cast<uint32_t>(label) * 0x00010001U;
      return ((halves & 0xffff) != 0 ? 1U : 0U) | (halves >> 16 != 0 ? 2U : 0U);
    } else {
      return word != static_cast<Key>(label) ? 1U : 0U;
    }
  }

  static __device__ __forceinline__ Key key(const Packed& labels, int i) {
    if constexpr (kBytes == 8) {
      return labels.word[2 * i] | Key{labels.word[2 * i + 1]} << 32;
    } else {
      return labels.word[i];
    }
  }
};

}  // namespace torchtally::cuda
