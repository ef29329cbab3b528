// Device code of every counting op: reads pixels as pairs of codes, merges runs of equal pairs, and adds them to bins.
// An op brings only its Bins: which counters a pair touches.
#pragma once

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <cstdint>
#include <type_traits>

#include "common/counting_problem.h"
#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

using torch::headeronly::BFloat16;
using torch::headeronly::Half;

// A block takes items blockIdx.x, blockIdx.x + gridDim.x, ...; an item is one part of one group.
struct CountingArguments {
  CountingProblem problem;
  CountingOutput output;
  int64_t bins;  // of one group, the invalid cell included
  int64_t items;
  int64_t blocks_per_group;
  int64_t pixels_per_block;
  uint32_t copies;
  bool vectors;
};

inline CountingArguments counting_arguments(const CountingProblem& problem, const CountingOutput& output,
                                            const Plan& plan, int64_t bins) {
  return {problem,
          output,
          bins,
          problem.groups() * plan.blocks_per_group,
          plan.blocks_per_group,
          plan.pixels_per_block,
          static_cast<uint32_t>(plan.copies),
          plan.vectors};
}

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
__device__ __forceinline__ void read_labels_of(const void* data, const int64_t (&offset)[kVectors],
                                               const LabelRange& range, Code (&codes)[kVectors * kWidth]) {
  constexpr int kPixels = kVectors * kWidth;
  Raw raw[kPixels];
  load_vectors<kWidth>(data, offset, raw);
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
    case Element::kBits8:
      return read_labels_of<uint8_t, kWidth>(operand.data, offset, range, codes);
    case Element::kBits16:
      return read_labels_of<uint16_t, kWidth>(operand.data, offset, range, codes);
    case Element::kBits32:
      return read_labels_of<uint32_t, kWidth>(operand.data, offset, range, codes);
    default:
      return read_labels_of<uint64_t, kWidth>(operand.data, offset, range, codes);
  }
}

template <int kVectors, int kWidth>
__device__ __forceinline__ void read_targets(const CountingProblem& problem, Batch<kVectors, kWidth>& batch) {
  constexpr int kPixels = kVectors * kWidth;
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const Code ignored = out_of_range + 1;
  int64_t offset[kVectors];
  batch.locate(problem, problem.target, offset);
  read_labels<kWidth>(problem.target, offset,
                      {problem.target_last, out_of_range, problem.ignore, problem.num_ignore}, batch.target);
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
    read_labels<kWidth>(problem.preds, offset,
                        {problem.preds_last, static_cast<Code>(problem.num_classes), nullptr, 0}, batch.preds);
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

// The counters of a group in the output: `bins - 1` counts and the invalid cell, which comes last.
class OutputBins {
 public:
  using Index = int64_t;
  static constexpr int kMaxThreads = kMaxGlobalThreads;

  __device__ __forceinline__ OutputBins(const CountingArguments& arguments, int64_t group)
      : arguments_(arguments), group_(group) {}

  __device__ __forceinline__ void add(Index bin, uint64_t count) const {
    const int64_t counts = arguments_.bins - 1;
    int64_t* const at =
        bin == counts ? arguments_.output.invalid + group_ : arguments_.output.counts + group_ * counts + bin;
    // CUDA has no signed overload; in two's complement the sums are the same.
    atomicAdd(reinterpret_cast<unsigned long long*>(at), static_cast<unsigned long long>(count));
  }

  __device__ __forceinline__ void clear() const {}
  __device__ __forceinline__ void flush() const {}

 private:
  const CountingArguments& arguments_;  // in constant memory: recomputing an address is cheaper than keeping it
  int64_t group_;
};

// The same counters in shared memory, 32 bits wide. Copies are interleaved, so that lanes of a warp that count the same
// pair hit different banks.
class SharedBins {
 public:
  using Index = uint32_t;
  static constexpr int kMaxThreads = kMaxSharedThreads;

  __device__ __forceinline__ SharedBins(const CountingArguments& arguments, int64_t group)
      : output_(arguments, group), bins_(static_cast<uint32_t>(arguments.bins)), copies_(arguments.copies) {
    TORCHTALLY_DYNAMIC_SHARED(uint32_t, shared);
    shared_ = shared;
    mine_ = shared + (threadIdx.x & (copies_ - 1));
  }

  __device__ __forceinline__ void add(Index bin, uint32_t count) const { atomicAdd(mine_ + bin * copies_, count); }

  __device__ __forceinline__ void clear() const {
    for (uint32_t i = threadIdx.x; i < bins_ * copies_; i += blockDim.x) {
      shared_[i] = 0;
    }
    __syncthreads();
  }

  // Adds the bins to the output. The barrier behind it keeps the next clear() away from bins still being read.
  __device__ __forceinline__ void flush() const {
    __syncthreads();
    for (uint32_t bin = threadIdx.x; bin < bins_; bin += blockDim.x) {
      uint64_t sum = 0;
      for (uint32_t r = 0; r < copies_; ++r) {
        // Lanes start at different copies, because the same copy of neighbouring bins shares a bank.
        sum += shared_[bin * copies_ + ((r + threadIdx.x) & (copies_ - 1))];
      }
      if (sum != 0) {
        output_.add(bin, sum);
      }
    }
    __syncthreads();
  }

 private:
  OutputBins output_;
  uint32_t bins_;
  uint32_t copies_;
  uint32_t* shared_;
  uint32_t* mine_;
};

// Merges equal neighbours of a thread's pixels into one add. Pairs is the op's: add(target, preds, count, bins).
template <class Pairs, class Bins>
class Run {
 public:
  __device__ __forceinline__ Run(const Pairs& pairs, const Bins& bins)
      : pairs_(pairs), bins_(bins), target_(pairs.out_of_range + 1) {}

  __device__ __forceinline__ void add(Code target, Code preds) {
    if (target != target_ || preds != preds_) {
      end();
      target_ = target;
      preds_ = preds;
      count_ = 0;
    }
    ++count_;
  }

  __device__ __forceinline__ void end() const {
    if (target_ <= pairs_.out_of_range) {  // not ignored
      pairs_.add(target_, preds_, count_, bins_);
    }
  }

 private:
  const Pairs& pairs_;
  const Bins& bins_;
  Code target_;
  Code preds_ = 0;
  uint32_t count_ = 0;
};

// Counts pixels [begin, end) of a group.
template <class Preds, int kVectors, int kWidth, class Runs>
__device__ __forceinline__ void count_pixels(const CountingProblem& problem, const Group& group, int64_t begin,
                                             int64_t end, Runs& run) {
  const int64_t step = int64_t{blockDim.x} * kWidth;
#pragma unroll 1
  for (int64_t first = begin + int64_t{threadIdx.x} * kWidth; first < end; first += step * kVectors) {
    Batch<kVectors, kWidth> batch;
    batch.group = group;
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      batch.live[v] = first + v * step < end;
      batch.pixel[v] = batch.live[v] ? first + v * step : first;
    }
    read_targets(problem, batch);
    Preds::read(problem, batch);
#pragma unroll
    for (int k = 0; k < kVectors * kWidth; ++k) {
      run.add(batch.target[k], batch.preds[k]);
    }
  }
}

// The body of every counting kernel.
template <class Pairs, class Preds, class Bins>
__device__ __forceinline__ void count_items(const CountingArguments& arguments) {
  const CountingProblem& problem = arguments.problem;
  const Pairs pairs(problem);
  for (int64_t item = blockIdx.x; item < arguments.items; item += gridDim.x) {
    const int64_t index = item / arguments.blocks_per_group;
    const int64_t part = item % arguments.blocks_per_group;
    const int64_t end_of_part = (part + 1) * arguments.pixels_per_block;
    const int64_t end = end_of_part < problem.pixels ? end_of_part : problem.pixels;
    int64_t begin = part * arguments.pixels_per_block;

    const Bins bins(arguments, index);
    bins.clear();
    const Group group{index / problem.labels, index % problem.labels};
    Run<Pairs, Bins> run(pairs, bins);
    if (arguments.vectors) {
      const int64_t whole = begin + (end - begin) / kVector * kVector;
      count_pixels<Preds, Preds::kVectors, kVector>(problem, group, begin, whole, run);
      begin = whole;
    }
    count_pixels<Preds, 2, 1>(problem, group, begin, end, run);
    run.end();
    bins.flush();
  }
}

// Calls body(PredsLabels()) or body(PredsScores<S>()), which is how a kernel is chosen.
template <class Body>
auto with_preds(const CountingProblem& problem, const Body& body) {
  if (problem.prediction == Prediction::kLabel) {
    return body(PredsLabels());
  }
  switch (problem.preds.element) {
    case Element::kHalf:
      return body(PredsScores<Half>());
    case Element::kBFloat16:
      return body(PredsScores<BFloat16>());
    case Element::kFloat:
      return body(PredsScores<float>());
    default:
      return body(PredsScores<double>());
  }
}

}  // namespace torchtally::cuda
