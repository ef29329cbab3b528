// The forward kernel of overlap_sums for every activation, target and number of classes. A block takes a tile of
// pixels. Where the activation is softmax, the threads first reduce what a pixel needs of all its classes, a thread or
// several for each pixel; then a warp takes a class at a time, or a pixel where the classes of a pixel lie together.
// The second read finds the logits in a cache.
#pragma once

#include "ops/cuda/overlap_tiles_softmax.cuh"

namespace torchtally::cuda {

template <class Stored, Activation kActivation>
class TileSums {
 public:
  using Real = RealOf<Stored>;

  __device__ __forceinline__ explicit TileSums(const OverlapForward& given)
      : given_(given), problem_(given.problem), memory_(given.partition.tile), rows_(static_cast<int>(given.rows)) {}

  __device__ __forceinline__ void add_part(const OverlapPart& part) {
    loss_ = 0.0;
    count_ = invalid_ = 0;
    const Code out_of_range = static_cast<Code>(problem_.classes);
    for (int64_t begin = part.begin; begin < part.end; begin += given_.partition.tile) {
      const int64_t left = part.end - begin;
      const Tile tile{part.sample, begin, left < given_.partition.tile ? left : given_.partition.tile};
      const TileReader<Stored> reader(problem_, tile);
      for (int64_t i = threadIdx.x; i < tile.n; i += blockDim.x) {
        const Code code = overlap_code(problem_, tile.sample, begin + i);
        memory_.code[i] = code;
        count_ += code < out_of_range;
        invalid_ += code == out_of_range;
      }
      __syncthreads();
      if constexpr (kActivation == Activation::kSoftmax) {
        normalize(reader, tile);
        __syncthreads();
      }
      if (given_.partition.by_class) {
        add_by_class(reader, tile, part);
      } else {
        add_by_pixel(reader, tile, part);
      }
      __syncthreads();
    }
    write_scalars(part);
  }

 private:
  __device__ __forceinline__ int64_t values() const { return rows_ * problem_.classes + 3; }

  // What a class weighs in the cross-entropy where it is the target, and everywhere.
  __device__ __forceinline__ Real target_weight(int64_t k) const {
    return given_.target_terms == nullptr ? static_cast<Real>(given_.target_weight)
                                          : static_cast<const TargetTerms<Real>*>(given_.target_terms)[k].weight;
  }
  __device__ __forceinline__ Real smoothing_weight(int64_t k) const {
    return given_.class_terms == nullptr ? static_cast<Real>(given_.smoothing_weight)
                                         : static_cast<const ClassTerms<Real>*>(given_.class_terms)[k].smoothing;
  }

  // Of classes of a pixel, for its softmax and cross-entropy.
  struct Statistics {
    OnlineSoftmax<Stored> softmax;
    Real weights = 0;
    Real weighted_logits = 0;  // sum of weight (x - largest)

    __device__ __forceinline__ void add(Real x, Real weight) {
      Real exponential;
      Real increase;
      softmax.add(x, exponential, increase);
      weighted_logits -= scaled(weights, increase);
      weighted_logits += x == softmax.largest ? Real{0} : scaled(weight, x - softmax.largest);
      weights += weight;
    }

    __device__ __forceinline__ void merge(Statistics other) {
      const Real largest = other.softmax.largest > softmax.largest ? other.softmax.largest : softmax.largest;
      raise(largest);
      other.raise(largest);
      softmax.total += other.softmax.total;
      weighted_logits += other.weighted_logits;
      weights += other.weights;
    }

   private:
    __device__ __forceinline__ void raise(Real largest) {
      if (largest != softmax.largest) {
        softmax.total *= softmax.correction_to(largest);
        weighted_logits -= scaled(weights, largest - softmax.largest);
        softmax.largest = largest;
      }
    }
  };

  __device__ __forceinline__ void normalize(const TileReader<Stored>& reader, const Tile& tile) {
    static_assert(sizeof(Statistics) == 4 * sizeof(Real));  // the plan says so too
    reduce_classes<Statistics>(
        given_.partition, tile, memory_, static_cast<Code>(problem_.classes),
        [&](Statistics& statistics, int64_t i, Code code, uint32_t first) {
          const uint32_t classes = static_cast<uint32_t>(problem_.classes);
#pragma unroll 4
          for (uint32_t k = first; k < classes; k += given_.partition.threads_per_pixel) {
            const Real x = reader.input(i, k);
            statistics.add(x, target_weight(k) * reader.target(i, k, code) + smoothing_weight(k));
          }
        },
        [&](int64_t i, Code, const Statistics& statistics) {
          const Real largest = statistics.softmax.largest;
          const Real total = statistics.softmax.total;
          memory_.largest[i] = largest;
          memory_.inverse[i] = 1 / total;
          // The last term is NaN where the largest logit is not finite.
          loss_ += static_cast<double>(statistics.weights * log_of(total) - statistics.weighted_logits +
                                       (largest - largest));
        });
  }

  // Adds an element of pixel i and class k to the sums of its class.
  __device__ __forceinline__ void add(const TileReader<Stored>& reader, int64_t i, int64_t k,
                                      Real (&sums)[kOverlapRows]) {
    const Code code = memory_.code[i];
    const Real x = reader.input(i, k);
    if (code >= static_cast<Code>(problem_.classes)) {
      return;
    }
    const Real target = reader.target(i, k, code);
    Real probability = x;
    if constexpr (kActivation == Activation::kSoftmax) {
      probability = exp_of<Stored>(x - memory_.largest[i]) * memory_.inverse[i];
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Real> sigmoid = sigmoid_of<Stored>(x);
      probability = sigmoid.value;
      const Real smoothing = static_cast<Real>(problem_.label_smoothing);
      const Real smoothed = target * (1 - smoothing) + smoothing / 2;
      loss_ += static_cast<double>((target_weight(k) + 2 * smoothing_weight(k)) *
                                   sigmoid.cross_entropy(smoothed, log_of_one_and(sigmoid.exponential)));
    }
    sums[kIntersection] += probability * target;
    sums[kPrediction] += probability;
    sums[kSquared] += probability * probability;
    sums[kTarget] += target;
    if (rows_ == kOverlapRows) {
      sums[kTargetSquared] += target * target;
      sums[kDifference] += magnitude(probability - target);
    }
  }

  // Adds to what the part's tiles before have come to; always by the same thread.
  __device__ __forceinline__ void add_to_part(const OverlapPart& part, const Tile& tile, int64_t row, int64_t k,
                                              double value) const {
    const int64_t index = part.sample * values() + row * problem_.classes + k;
    double* const at = given_.partials + index * given_.partition.parts_per_sample + part.index;
    *at = tile.begin == part.begin ? value : *at + value;
  }

  __device__ __forceinline__ void add_by_pixel(const TileReader<Stored>& reader, const Tile& tile,
                                               const OverlapPart& part) {
    const uint32_t lane = threadIdx.x % kWarp;
    for (int64_t k = threadIdx.x / kWarp; k < problem_.classes; k += blockDim.x / kWarp) {
      Real sums[kOverlapRows] = {};
#pragma unroll 4
      for (int64_t i = lane; i < tile.n; i += kWarp) {
        add(reader, i, k, sums);
      }
      Real lane_sum = 0;
#pragma unroll
      for (int row = 0; row < static_cast<int>(kOverlapRows); ++row) {
        if (row < rows_) {
          const Real sum = warp_sum(sums[row]);
          lane_sum = static_cast<int>(lane) == row ? sum : lane_sum;
        }
      }
      if (static_cast<int>(lane) < rows_) {
        add_to_part(part, tile, lane, k, static_cast<double>(lane_sum));
      }
    }
  }

  // Lanes are classes and warps take pixels in turn, so the sums of a class are spread over the warps.
  __device__ __forceinline__ void add_by_class(const TileReader<Stored>& reader, const Tile& tile,
                                               const OverlapPart& part) {
    Real* const warp_sums = reinterpret_cast<Real*>(memory_.scratch);  // [warps, kOverlapRows, kWarp]
    const uint32_t lane = threadIdx.x % kWarp;
    const uint32_t warp = threadIdx.x / kWarp;
    const uint32_t warps = blockDim.x / kWarp;
    constexpr uint32_t kCells = kOverlapRows * kWarp;
    for (int64_t first = 0; first < problem_.classes; first += kWarp) {
      Real sums[kOverlapRows] = {};
      if (first + lane < problem_.classes) {
#pragma unroll 4
        for (int64_t i = warp; i < tile.n; i += warps) {
          add(reader, i, first + lane, sums);
        }
      }
#pragma unroll
      for (uint32_t row = 0; row < kOverlapRows; ++row) {
        warp_sums[warp * kCells + row * kWarp + lane] = sums[row];
      }
      __syncthreads();
      for (uint32_t cell = threadIdx.x; cell < static_cast<uint32_t>(rows_) * kWarp; cell += blockDim.x) {
        const int64_t k = first + cell % kWarp;
        double sum = 0.0;
        for (uint32_t other = 0; other < warps; ++other) {
          sum += static_cast<double>(warp_sums[other * kCells + cell]);
        }
        if (k < problem_.classes) {
          add_to_part(part, tile, cell / kWarp, k, sum);
        }
      }
      __syncthreads();
    }
  }

  // Cross-entropy, count and invalid: reduced over the lanes, then over the warps.
  __device__ __forceinline__ void write_scalars(const OverlapPart& part) {
    double* const warp_sums = reinterpret_cast<double*>(memory_.scratch);  // [3, warps]
    const uint32_t warps = blockDim.x / kWarp;
    const double scalars[3] = {loss_, static_cast<double>(count_), static_cast<double>(invalid_)};
#pragma unroll
    for (uint32_t v = 0; v < 3; ++v) {
      const double sum = warp_sum(scalars[v]);
      if (threadIdx.x % kWarp == 0) {
        warp_sums[v * warps + threadIdx.x / kWarp] = sum;
      }
    }
    __syncthreads();
    if (threadIdx.x < 3) {
      double sum = 0.0;
      for (uint32_t warp = 0; warp < warps; ++warp) {
        sum += warp_sums[threadIdx.x * warps + warp];
      }
      const int64_t value = part.sample * values() + rows_ * problem_.classes + threadIdx.x;
      given_.partials[value * given_.partition.parts_per_sample + part.index] = sum;
    }
    __syncthreads();
  }

  const OverlapForward& given_;
  const OverlapProblem& problem_;
  TileMemory<Real> memory_;
  int rows_;
  double loss_ = 0.0;
  int64_t count_ = 0;
  int64_t invalid_ = 0;
};

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored>)
    overlap_tiles_forward(__grid_constant__ const OverlapForward given) {
  TileSums<Stored, kActivation> sums(given);
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    sums.add_part(part_of(given.partition, given.problem.pixels, index));
  }
}

}  // namespace torchtally::cuda
