// Device code of every counting op. A kernel is made of three choices:
//
//   Pairs   what bins a pair of codes touches: the op
//   Source  how predictions and targets are read: Labels<bytes>, Scores<type>
//   Tier    where a block counts: PairsTier, SharedTier, GlobalTier, BitsTier
#pragma once

#include <cstdint>

#include "ops/cuda/counting_bins.cuh"
#include "ops/cuda/counting_read.cuh"
#include "ops/cuda/counting_scores.cuh"

namespace torchtally::cuda {

// Label k of a word of labels of so many bits.
template <int kBits, class Key>
__device__ __forceinline__ Key label_of(Key word, int k) {
  if constexpr (kBits == 8 * sizeof(Key)) {
    return word;
  } else {
    return word >> k * kBits & ((Key{1} << kBits) - 1);
  }
}

// The sum over `lanes` neighbouring lanes of a warp, a power of two, in all of them.
__device__ __forceinline__ uint32_t sum_of_lanes(uint32_t value, uint32_t lanes) {
  for (lanes /= 2; lanes > 0; lanes /= 2) {
    value += __shfl_xor_sync(0xffffffffU, value, static_cast<int>(lanes));
  }
  return value;
}

// Merges equal neighbours of a thread's pixels into one add.
template <class Pairs, class Source, class Bins>
class RunCounter {
 public:
  using Key = typename Source::Key;
  static constexpr bool kMergesRuns = true;  // and asks whether a run is ignored at its end

  __device__ __forceinline__ RunCounter(const CountingArguments& arguments, int64_t group)
      : problem_(arguments.problem), pairs_(arguments.problem), bins_(arguments, group) {
    bins_.clear();
  }

  __device__ __forceinline__ void add(Key target, Key preds) {
    if (target != target_ || preds != preds_) {
      end();
      target_ = target;
      preds_ = preds;
      count_ = 0;
    }
    ++count_;
  }

  // The labels of one word each; bit k of `keep` says whether pixel k counts, higher bits mean nothing.
  __device__ __forceinline__ void add_word(Key target, Key preds, uint32_t keep) {
    constexpr int kBits = 8 * Source::kLabelBytes;
    constexpr int kPixels = static_cast<int>(sizeof(Key)) / Source::kLabelBytes;
    constexpr uint32_t kAll = (1U << kPixels) - 1;
    if constexpr (kPixels > 1) {
      constexpr Key kOne = kBits == 8 ? 0x01010101U : 0x00010001U;  // in every label
      if ((keep & kAll) == kAll && target == target_ * kOne && preds == preds_ * kOne) {
        count_ += kPixels;
        return;
      }
    }
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      if ((keep >> k & 1) != 0) {
        add(label_of<kBits>(target, k), label_of<kBits>(preds, k));
      }
    }
  }

  __device__ __forceinline__ void finish() {
    end();
    bins_.flush();
  }

 private:
  __device__ __forceinline__ void end() {
    Code target;
    Code preds;
    if (count_ != 0 && Source::codes_of(problem_, target_, preds_, target, preds)) {
      pairs_.add(target, preds, count_, bins_);
    }
  }

  const CountingProblem& problem_;
  Pairs pairs_;
  Bins bins_;
  Key target_ = 0;
  Key preds_ = 0;
  uint32_t count_ = 0;
};

// Counts pairs of codes where they are few: every pixel adds one to a cell of its block, whatever the labels are, and
// what a cell means is asked once, at the end. Copies of the cells are interleaved, so that lanes of a warp that count
// the same pair hit different banks.
template <class Pairs, class Source>
class PairCounter {
 public:
  using Key = typename Source::Key;
  static constexpr bool kMergesRuns = false;

  __device__ __forceinline__ PairCounter(const CountingArguments& arguments, int64_t group)
      : arguments_(arguments), group_(group) {
    TORCHTALLY_DYNAMIC_SHARED(uint32_t, shared);
    cells_ = shared;
    for (uint32_t i = threadIdx.x; i < (cells() + 1) * arguments.copies; i += blockDim.x) {
      shared[i] = 0;
    }
    __syncthreads();
    codes_ = kept_in_register(codes());
    left_out_ = kept_in_register(cells());
    copies_ = kept_in_register(arguments.copies);
    column_ = SharedCounters(shared + (threadIdx.x & (arguments.copies - 1)));
  }

  __device__ __forceinline__ void add(Key target, Key preds) { add_pixels<1>(target, preds, 1); }

  __device__ __forceinline__ void add_word(Key target, Key preds, uint32_t keep) {
    add_pixels<static_cast<int>(sizeof(Key)) / Source::kLabelBytes>(target, preds, keep);
  }

  // Adds the cells to the output. The barrier behind it keeps the next part's clearing away from cells still being
  // read.
  __device__ __forceinline__ void finish() {
    __syncthreads();
    const Pairs pairs(arguments_.problem);
    const OutputBins output(arguments_, group_);
    for (uint32_t cell = threadIdx.x; cell < cells(); cell += blockDim.x) {
      uint64_t sum = 0;
      for (uint32_t r = 0; r < arguments_.copies; ++r) {
        // Lanes start at different copies, because the same copy of neighbouring cells shares a bank.
        sum += cells_[cell * arguments_.copies + ((r + threadIdx.x) & (arguments_.copies - 1))];
      }
      if (sum != 0) {
        pairs.add(cell / codes(), cell % codes(), static_cast<uint32_t>(sum), output);
      }
    }
    __syncthreads();
  }

 private:
  // Of a label: the classes, and out of range.
  __device__ __forceinline__ uint32_t codes() const {
    return static_cast<uint32_t>(arguments_.problem.num_classes) + 1;
  }
  __device__ __forceinline__ uint32_t cells() const { return codes() * codes(); }

  template <int kPixels>
  __device__ __forceinline__ void add_pixels(Key target, Key preds, uint32_t keep) {
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      constexpr int kBits = 8 * Source::kLabelBytes;
      Code target_code;
      Code preds_code;
      Source::codes_of_kept(arguments_.problem, label_of<kBits>(target, k), label_of<kBits>(preds, k), target_code,
                            preds_code);
      const uint32_t cell = target_code * codes_ + preds_code;
      column_.increment(((keep >> k & 1) != 0 ? cell : left_out_) * copies_);
    }
  }

  const CountingArguments& arguments_;
  int64_t group_;
  uint32_t* cells_;  // [codes * codes + 1, copies]
  uint32_t codes_;
  uint32_t left_out_;  // the cell behind them, of pixels that do not count: an atomic under a condition is a branch
  uint32_t copies_;
  SharedCounters column_;  // of this thread: every copies_-th counter
};

// Counts labels of two classes, a byte each, four at a time: a sum of bytes is one instruction, and no pixel needs an
// atomic. Registers hold the sums until the part is done.
template <class Pairs>
class BitCounter {
 public:
  static constexpr bool kMergesRuns = true;
  __device__ __forceinline__ BitCounter(const CountingArguments& arguments, int64_t group)
      : arguments_(arguments), group_(group) {}

  __device__ __forceinline__ void add(uint32_t target, uint32_t preds) { add_word(target, preds, 1); }

  __device__ __forceinline__ void add_word(uint32_t target, uint32_t preds, uint32_t keep) {
    constexpr uint32_t kOnes = 0x01010101U;
    const CountingProblem& problem = arguments_.problem;
    uint32_t kept = bytes_of_bits(keep & 15);
#pragma unroll 1
    for (int32_t i = 0; i < problem.num_ignore; ++i) {
      kept &= nonzero_bytes(target ^ static_cast<uint32_t>(problem.ignore[i]) * kOnes);
    }
    const uint32_t valid = kept & ~nonzero_bytes((target | preds) & ~kOnes);
    target &= valid;
    preds &= valid;
    kept_ = __dp4a(kept, kOnes, kept_);
    valid_ = __dp4a(valid, kOnes, valid_);
    target_ = __dp4a(target, kOnes, target_);
    preds_ = __dp4a(preds, kOnes, preds_);
    both_ = __dp4a(target, preds, both_);
  }

  // Sums over lanes, then warps, then blocks. The barrier behind it keeps the next part away from sums still being
  // read.
  __device__ __forceinline__ void finish() {
    TORCHTALLY_DYNAMIC_SHARED(uint32_t, shared);
    // Rows of the matrix, then the pairs that are out of range.
    uint32_t cells[kBinaryCells] = {valid_ - target_ - preds_ + both_, preds_ - both_, target_ - both_, both_,
                                    kept_ - valid_};
#pragma unroll
    for (int c = 0; c < kBinaryCells; ++c) {
      cells[c] = sum_of_lanes(cells[c], kWarp);
      if (threadIdx.x % kWarp == 0) {
        shared[threadIdx.x / kWarp * kBinaryCells + static_cast<unsigned>(c)] = cells[c];
      }
    }
    __syncthreads();
    if (threadIdx.x < kBinaryCells) {
      uint32_t sum = 0;
      for (uint32_t warp = 0; warp < blockDim.x / kWarp; ++warp) {
        sum += shared[warp * kBinaryCells + threadIdx.x];
      }
      const Pairs pairs(arguments_.problem);
      const bool invalid = threadIdx.x == kBinaryCells - 1;
      if (sum != 0) {
        pairs.add(invalid ? pairs.out_of_range : threadIdx.x / 2, threadIdx.x % 2, sum, OutputBins(arguments_, group_));
      }
    }
    __syncthreads();
  }

 private:
  const CountingArguments& arguments_;
  int64_t group_;
  uint32_t kept_ = 0;                           // pairs that are not ignored
  uint32_t valid_ = 0;                          // of these, with both labels in range
  uint32_t target_ = 0, preds_ = 0, both_ = 0;  // of these, where the label is 1
};

struct SharedTier {
  static constexpr int kMaxThreads = kMaxSharedThreads;
  static constexpr int kMinBlocks = kMinSharedBlocks;
  template <class Pairs, class Source>
  using Counter = RunCounter<Pairs, Source, SharedBins>;
};

struct PairsTier {
  static constexpr int kMaxThreads = kMaxSharedThreads;
  static constexpr int kMinBlocks = kMinSharedBlocks;
  template <class Pairs, class Source>
  using Counter = PairCounter<Pairs, Source>;
};

struct GlobalTier {
  static constexpr int kMaxThreads = kMaxGlobalThreads;
  static constexpr int kMinBlocks = kMinGlobalBlocks;
  template <class Pairs, class Source>
  using Counter = RunCounter<Pairs, Source, OutputBins>;
};

struct BitsTier {
  static constexpr int kMaxThreads = kMaxBitsThreads;
  static constexpr int kMinBlocks = kMinBitsBlocks;
  template <class Pairs, class Source>
  using Counter = BitCounter<Pairs>;
};

// Counts pixels [begin, end) of a group: whole vectors, then what lies before the first and behind the last of them.
template <class Source, class Counter>
__device__ __forceinline__ void count_pixels(const CountingArguments& arguments, const Offsets& group, int64_t begin,
                                             int64_t end, Counter& counter) {
  const CountingProblem& problem = arguments.problem;
  int64_t head = begin;
  int64_t tail = begin;
  if (arguments.vectors) {
    constexpr uint64_t kWidth = Source::kWidth;
    const uint64_t phase = arguments.phase + static_cast<uint64_t>(group.target + begin);
    const int64_t aligned = begin + static_cast<int64_t>((kWidth - phase % kWidth) % kWidth);
    head = aligned < end ? aligned : end;
    tail = end - (end - head) % Source::kWidth;
    const int64_t step = int64_t{blockDim.x} * Source::kWidth;
#pragma unroll 1
    for (int64_t first = head + int64_t{threadIdx.x} * Source::kWidth; first < tail; first += step * Source::kVectors) {
      Batch<Source::kVectors, Source::kWidth> batch;
#pragma unroll
      for (int v = 0; v < Source::kVectors; ++v) {
        const bool live = first + v * step < tail;
        batch.pixel[v] = live ? first + v * step : first;
        batch.keep[v] = live ? batch.kAll : 0;
      }
      Source::count(problem, group, batch, counter);
    }
  }
  const int64_t skipped = tail - head;
  const int64_t last = end - skipped;
#pragma unroll 1
  for (int64_t first = begin + threadIdx.x; first < last; first += int64_t{blockDim.x} * Source::kScalars) {
    Batch<Source::kScalars, 1> batch;
#pragma unroll
    for (int v = 0; v < Source::kScalars; ++v) {
      const int64_t index = first + int64_t{blockDim.x} * v;
      const bool live = index < last;
      batch.pixel[v] = live ? index : first;
      batch.pixel[v] += batch.pixel[v] < head ? 0 : skipped;
      batch.keep[v] = live ? batch.kAll : 0;
    }
    Source::count(problem, group, batch, counter);
  }
}

// The body of every counting kernel.
template <class Pairs, class Source, class ChosenTier>
__device__ __forceinline__ void count_items(const CountingArguments& arguments) {
  for (int64_t item = blockIdx.x; item < arguments.items; item += gridDim.x) {
    const int64_t group = item / arguments.blocks_per_group;
    const int64_t begin = item % arguments.blocks_per_group * arguments.pixels_per_block;
    const int64_t left = arguments.problem.pixels - begin;
    const int64_t end = begin + (left < arguments.pixels_per_block ? left : arguments.pixels_per_block);
    typename ChosenTier::template Counter<Pairs, Source> counter(arguments, group);
    count_pixels<Source>(arguments, group_offsets(arguments.problem, group), begin, end, counter);
    counter.finish();
  }
}

// What a kernel is declared with.
#define TORCHTALLY_COUNTING_BOUNDS(tier) __launch_bounds__(tier::kMaxThreads, tier::kMinBlocks)

using CountingKernel = void (*)(CountingArguments);

// Calls body(Source(), Tier()), which is how a kernel is chosen.
template <class Body>
CountingKernel choose_kernel(const CountingProblem& problem, const Plan& plan, const Body& body) {
  const auto with_tier = [&](auto source) -> CountingKernel {
    return plan.tier == Tier::kPairs    ? body(source, PairsTier())
           : plan.tier == Tier::kShared ? body(source, SharedTier())
                                        : body(source, GlobalTier());
  };
  if (plan.tier == Tier::kBits) {
    return body(Labels<1>(), BitsTier());
  }
  if (problem.prediction == Prediction::kLabel) {
    switch (widest_label(problem)) {
      case 1:
        return with_tier(Labels<1>());
      case 2:
        return with_tier(Labels<2>());
      case 4:
        return with_tier(Labels<4>());
      default:
        return with_tier(Labels<8>());
    }
  }
  switch (problem.preds.element) {
    case Element::kHalf:
      return with_tier(Scores<torch::headeronly::Half>());
    case Element::kBFloat16:
      return with_tier(Scores<torch::headeronly::BFloat16>());
    case Element::kFloat:
      return with_tier(Scores<float>());
    default:
      return with_tier(Scores<double>());
  }
}

}  // namespace torchtally::cuda
