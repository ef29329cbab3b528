// Device code of every counting op: merges runs of equal pairs and adds them to bins. An op brings only its Pairs,
// which say what bins a pair of codes touches.
#pragma once

#include <cstdint>

#include "common/counting_problem.h"
#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"
#include "ops/cuda/counting_read.cuh"

namespace torchtally::cuda {

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

// The counters of a group in the output: `bins - 1` counts and the invalid cell, which comes last.
class OutputBins {
 public:
  using Index = int64_t;
  static constexpr int kMaxThreads = kMaxGlobalThreads;
  static constexpr int kMinBlocks = 3;  // on an SM: 80 registers a thread, which is enough not to spill

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
  static constexpr int kMinBlocks = 1;

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

}  // namespace torchtally::cuda
