// What softmax needs of all classes of a pixel of overlap_sums: the largest logit, and sums of e^(x - largest).
#pragma once

#include "ops/cuda/overlap_tiles_read.cuh"

namespace torchtally::cuda {

// The threads of a block over the pixels of a tile. Each takes a few neighbouring pixels, and of their classes every
// `threads`-th; those that share pixels tell each other in shared memory what they have come to.
template <class Stored>
class PixelShare {
 public:
  using Real = RealOf<Stored>;
  static constexpr int kVector = kTileVector<Stored>;
  using OfPixels = Real[kVector];

  __device__ __forceinline__ PixelShare(const OverlapTile& plan, const TileMemory<Stored>& memory)
      : threads(static_cast<uint32_t>(plan.threads_per_pixel)),
        step(threads > 1 ? static_cast<uint32_t>(plan.pixels) : blockDim.x * kVector),
        pixel(threadIdx.x * kVector % step),
        member(threadIdx.x * kVector / step),
        pixels_(static_cast<uint32_t>(plan.pixels)),
        scratch_(memory.template scratch<Real>()) {}

  const uint32_t threads;  // that share a pixel
  const uint32_t step;     // pixels that the block takes together
  const uint32_t pixel;    // this thread's first of them
  const uint32_t member;   // which of its pixels' threads this is; `threads` or more: none

  // Puts what a pixel's threads have found together: known to all of them behind a barrier that all threads reach.
  __device__ __forceinline__ void find_largest(uint32_t i, bool takes, OfPixels& largest) const {
    if (threads == 1) {
      return;
    }
    if (takes) {
      store(slot(0, member, i), largest);
    }
    __syncthreads();
    for (uint32_t other = 0; takes && other < threads; ++other) {
      OfPixels found;
      load(slot(0, other, i), found);
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        largest[v] = larger_of(found[v], largest[v]);
      }
    }
    __syncthreads();
  }

  // Adds what the others have summed, in their order, to the sums of the first.
  template <int kSums>
  __device__ __forceinline__ void add_up(uint32_t i, bool takes, OfPixels (&sums)[kSums]) const {
    if (threads == 1) {
      return;
    }
    if (takes && member > 0) {
#pragma unroll
      for (int s = 0; s < kSums; ++s) {
        store(slot(s, member, i), sums[s]);
      }
    }
    __syncthreads();
    for (uint32_t other = 1; takes && member == 0 && other < threads; ++other) {
#pragma unroll
      for (int s = 0; s < kSums; ++s) {
        OfPixels found;
        load(slot(s, other, i), found);
#pragma unroll
        for (int v = 0; v < kVector; ++v) {
          sums[s][v] += found[v];
        }
      }
    }
  }

  // Of the first thread of a pixel, for what it keeps from one group of classes to the next.
  __device__ __forceinline__ Real* kept(uint32_t sum, uint32_t i) const { return slot(sum, 0, i); }

 private:
  __device__ __forceinline__ Real* slot(uint32_t sum, uint32_t of_member, uint32_t i) const {
    return scratch_ + (sum * threads + of_member) * pixels_ + i;
  }

  uint32_t pixels_;
  Real* scratch_;  // [sums, threads, pixels]
};

// Sums over the classes of each pixel of a group, and of the groups before it: the first that of e^(x - largest).
// add(sums, k, i, e^(x - largest)) adds a class of a thread's pixels to the others, scale(sums, v, correction) makes
// them relative to a larger logit, done(i, largest, sums) is called by one thread of the pixels behind the last group.
// All threads of the block take part.
template <int kSums, class Stored, class Add, class Scale, class Done>
__device__ __forceinline__ void sum_classes(const PixelShare<Stored>& share, const TileMemory<Stored>& memory,
                                            const Tile& tile, const ClassGroup& group, bool is_last, const Add& add,
                                            const Scale& scale, const Done& done) {
  using OfPixels = typename PixelShare<Stored>::OfPixels;
  using Real = RealOf<Stored>;
  constexpr int kVector = kTileVector<Stored>;
  for (uint32_t first = 0; first < tile.n; first += share.step) {
    const uint32_t i = first + share.pixel;
    const bool takes = share.member < share.threads && i < tile.n;
    const bool leads = takes && share.member == 0;
    const bool goes_on = leads && group.first > 0;
    OfPixels largest, before, sums[kSums] = {};
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      largest[v] = -static_cast<Real>(INFINITY);
    }
    if (goes_on) {
      load(memory.largest() + i, largest);
      load(memory.inverse() + i, sums[0]);
#pragma unroll
      for (int s = 1; s < kSums; ++s) {
        load(share.kept(s, i), sums[s]);
      }
    }
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      before[v] = largest[v];
    }
    if (takes) {
#pragma unroll 4
      for (uint32_t k = share.member; k < group.n; k += share.threads) {
        OfPixels x;
        load(memory.logits(k, i), x);
#pragma unroll
        for (int v = 0; v < kVector; ++v) {
          largest[v] = larger_of(x[v], largest[v]);
        }
      }
    }
    share.find_largest(i, takes, largest);
    // Where all logits are -inf so far, their exponentials are 0, not NaN: a later group may have others.
    OfPixels reference;
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      reference[v] = largest[v] == -static_cast<Real>(INFINITY) ? Real{0} : largest[v];
      if (goes_on) {
        const Real correction = exp_of_difference(before[v] - reference[v]);
        sums[0][v] *= correction;
        scale(sums, v, correction);
      }
    }
    if (takes) {
#pragma unroll 2
      for (uint32_t k = share.member; k < group.n; k += share.threads) {
        OfPixels x;
        load(memory.logits(k, i), x);
#pragma unroll
        for (int v = 0; v < kVector; ++v) {
          x[v] = exp_of_difference(x[v] - reference[v]);
          sums[0][v] += x[v];
        }
        add(sums, k, i, x);
      }
    }
    share.add_up(i, takes, sums);
    if (leads && is_last) {
      done(i, reference, sums);
    } else if (leads) {
      store(memory.largest() + i, largest);
      store(memory.inverse() + i, sums[0]);
#pragma unroll
      for (int s = 1; s < kSums; ++s) {
        store(share.kept(s, i), sums[s]);
      }
    }
  }
}

}  // namespace torchtally::cuda
