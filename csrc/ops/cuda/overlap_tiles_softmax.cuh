// The first read of a tile of overlap_sums where the activation is softmax: statistics of all classes of each pixel, by
// one thread or by several, in one pass over the logits.
#pragma once

#include "ops/cuda/overlap_tiles_read.cuh"

namespace torchtally::cuda {

// Online softmax: the sum of e^(x - largest) while the largest logit is still being found.
template <class Stored>
struct OnlineSoftmax {
  using Real = RealOf<Stored>;
  Real largest = -static_cast<Real>(INFINITY);
  Real total = 0;

  // Returns what everything that was summed before must be multiplied with. `exponential` is e^(x - largest),
  // `increase` by how much the largest logit rose, or 0.
  __device__ __forceinline__ Real add(Real x, Real& exponential, Real& increase) {
    if (x > largest) {
      const Real correction = exp_of<Stored>(largest - x);
      increase = x - largest;
      largest = x;
      exponential = 1;
      total = total * correction + 1;
      return correction;
    }
    exponential = x == largest ? Real{1} : exp_of<Stored>(x - largest);
    increase = 0;
    total += exponential;
    return 1;
  }

  // What must be multiplied with to be relative to a logit that is as large or larger.
  __device__ __forceinline__ Real correction_to(Real larger) const {
    return largest == larger ? Real{1} : exp_of<Stored>(largest - larger);
  }
};

// The threads that share the classes of a pixel: `size` of them, each with every size-th class. They are in different
// warps, so that a warp reads pixels side by side, or next to each other where classes lie together.
struct ClassGroup {
  uint32_t pixels;         // that the block reads together
  uint32_t pixel;          // of this thread
  uint32_t first;          // class of this thread
  uint32_t pixel_stride;   // threads between neighbouring pixels
  uint32_t member_stride;  // threads between members of one group

  __device__ __forceinline__ ClassGroup(uint32_t size, bool by_class)
      : pixels(blockDim.x / size),
        pixel(by_class ? threadIdx.x / size : threadIdx.x % pixels),
        first(by_class ? threadIdx.x % size : threadIdx.x / pixels),
        pixel_stride(by_class ? size : 1),
        member_stride(by_class ? 1 : pixels) {}

  __device__ __forceinline__ uint32_t thread_of(uint32_t member) const {
    return pixel * pixel_stride + member * member_stride;
  }
};

// Calls done(i, code, statistics) for every pixel of a tile that counts. accumulate(statistics, i, code, first class)
// adds a thread's classes; Statistics::merge puts those of a group together. The codes are known, and all threads of
// the block take part.
template <class Statistics, class Real, class Accumulate, class Done>
__device__ __forceinline__ void reduce_classes(const OverlapPartition& partition, const Tile& tile,
                                               const TileMemory<Real>& memory, Code classes,
                                               const Accumulate& accumulate, const Done& done) {
  const ClassGroup group(partition.threads_per_pixel, partition.by_class);
  Statistics* const of_threads = reinterpret_cast<Statistics*>(memory.scratch);  // [threads]
  for (int64_t begin = 0; begin < tile.n; begin += group.pixels) {
    const int64_t i = begin + group.pixel;
    const Code code = i < tile.n ? memory.code[i] : classes;
    Statistics statistics;
    if (code < classes) {
      accumulate(statistics, i, code, group.first);
    }
    const bool leads = code < classes && group.first == 0;
    if (partition.threads_per_pixel > 1) {
      of_threads[threadIdx.x] = statistics;
      __syncthreads();
      if (leads) {
#pragma unroll 1
        for (uint32_t member = 1; member < partition.threads_per_pixel; ++member) {
          statistics.merge(of_threads[group.thread_of(member)]);
        }
      }
      __syncthreads();
    }
    if (leads) {
      done(i, code, statistics);
    }
  }
}

}  // namespace torchtally::cuda
