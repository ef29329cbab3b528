// Device code of the counters of a group: the output itself, or bins in shared memory that are added to it.
#pragma once

#include <cstdint>

#include "common/counting_problem.h"
#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

// A block takes items blockIdx.x, blockIdx.x + gridDim.x, ...; an item is one part of one group.
struct CountingArguments {
  CountingProblem problem;
  CountingOutput output;
  int64_t bins;  // of one group, the invalid cell included
  int64_t items;
  int64_t blocks_per_group;
  int64_t pixels_per_block;
  uint64_t phase;  // of pixel 0 of group 0 in an aligned vector of the target, up to whole vectors
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
          reinterpret_cast<uintptr_t>(problem.target.data) / static_cast<uint64_t>(bytes_of(problem.target.element)),
          static_cast<uint32_t>(plan.copies),
          plan.vectors};
}

// The counters of a group in the output: `bins - 1` counts and the invalid cell, which comes last.
class OutputBins {
 public:
  using Index = int64_t;

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

  __device__ __forceinline__ SharedBins(const CountingArguments& arguments, int64_t group)
      : output_(arguments, group), bins_(static_cast<uint32_t>(arguments.bins)), copies_(arguments.copies) {
    TORCHTALLY_DYNAMIC_SHARED(uint32_t, shared);
    shared_ = shared;
    copy_ = shared + (threadIdx.x & (copies_ - 1));
  }

  __device__ __forceinline__ void add(Index bin, uint32_t count) const { atomicAdd(copy_ + bin * copies_, count); }

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
  uint32_t* copy_;  // of this thread: every copies_-th counter
};

}  // namespace torchtally::cuda
