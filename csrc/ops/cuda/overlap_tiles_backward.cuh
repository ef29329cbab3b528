// The backward kernel of overlap_sums for every activation, target and number of classes: tiles as in the forward one.
#pragma once

#include "ops/cuda/overlap_tiles_softmax.cuh"

namespace torchtally::cuda {

template <class Stored, Activation kActivation>
class TileGradient {
 public:
  using Real = RealOf<Stored>;

  __device__ __forceinline__ explicit TileGradient(const OverlapBackward& given)
      : given_(given), problem_(given.problem), memory_(given.partition.tile) {}

  __device__ __forceinline__ void write_part(const OverlapPart& part) {
    class_terms_ = static_cast<const ClassTerms<Real>*>(given_.class_terms) + part.sample * problem_.classes;
    target_terms_ = static_cast<const TargetTerms<Real>*>(given_.target_terms) + part.sample * problem_.classes;
    for (int64_t begin = part.begin; begin < part.end; begin += given_.partition.tile) {
      const int64_t left = part.end - begin;
      const Tile tile{part.sample, begin, left < given_.partition.tile ? left : given_.partition.tile};
      const TileReader<Stored> reader(problem_, tile);
      for (int64_t i = threadIdx.x; i < tile.n; i += blockDim.x) {
        memory_.code[i] = overlap_code(problem_, tile.sample, begin + i);
      }
      __syncthreads();
      if constexpr (kActivation == Activation::kSoftmax) {
        find_bases(reader, tile);
        __syncthreads();
      }
      const TileLayout gradient(given_.gradient, tile);
      const uint32_t lane = threadIdx.x % kWarp;
      const uint32_t warp = threadIdx.x / kWarp;
      const uint32_t warps = blockDim.x / kWarp;
      if (given_.partition.by_class) {
        for (int64_t i = warp; i < tile.n; i += warps) {
          for (int64_t k = lane; k < problem_.classes; k += kWarp) {
            write(reader, gradient, i, k);
          }
        }
      } else {
        for (int64_t k = warp; k < problem_.classes; k += warps) {
#pragma unroll 4
          for (int64_t i = lane; i < tile.n; i += kWarp) {
            write(reader, gradient, i, k);
          }
        }
      }
      __syncthreads();
    }
  }

 private:
  // Of classes of a pixel, for the product of its gradient with the Jacobian of softmax.
  struct Statistics {
    OnlineSoftmax<Stored> softmax;
    Real weights = 0;
    Real linear = 0;   // sum of e^(x - largest) (slope t + constant)
    Real squares = 0;  // sum of e^(x - largest)^2 linear
    bool signs = false;

    __device__ __forceinline__ void add(Real x, Real target, const ClassTerms<Real>& class_terms,
                                        const TargetTerms<Real>& target_terms) {
      Real exponential;
      Real increase;
      const Real correction = softmax.add(x, exponential, increase);
      linear = linear * correction + (target_terms.slope * target + class_terms.constant) * exponential;
      squares = squares * correction * correction + class_terms.linear * exponential * exponential;
      weights += target_terms.weight * target + class_terms.smoothing;
      signs |= class_terms.sign != 0;
    }

    __device__ __forceinline__ void merge(const Statistics& other) {
      const Real largest = other.softmax.largest > softmax.largest ? other.softmax.largest : softmax.largest;
      const Real correction = softmax.correction_to(largest);
      const Real other_correction = other.softmax.correction_to(largest);
      softmax.largest = largest;
      softmax.total = softmax.total * correction + other.softmax.total * other_correction;
      linear = linear * correction + other.linear * other_correction;
      squares = squares * correction * correction + other.squares * other_correction * other_correction;
      weights += other.weights;
      signs |= other.signs;
    }
  };

  __device__ __forceinline__ void find_bases(const TileReader<Stored>& reader, const Tile& tile) {
    static_assert(sizeof(Statistics) == 6 * sizeof(Real));  // the plan says so too
    reduce_classes<Statistics>(
        given_.partition, tile, memory_, static_cast<Code>(problem_.classes),
        [&](Statistics& statistics, int64_t i, Code code, uint32_t first) {
          const uint32_t classes = static_cast<uint32_t>(problem_.classes);
#pragma unroll 4
          for (uint32_t k = first; k < classes; k += given_.partition.threads_per_pixel) {
            const ClassTerms<Real> class_terms = class_terms_[k];
            const TargetTerms<Real> target_terms = target_terms_[k];
            const Real target = reader.target(i, k, code);
            statistics.add(reader.input(i, k), target, class_terms, target_terms);
          }
        },
        [&](int64_t i, Code code, const Statistics& statistics) { write_base(reader, i, code, statistics); });
  }

  __device__ __forceinline__ void write_base(const TileReader<Stored>& reader, int64_t i, Code code,
                                             const Statistics& statistics) const {
    const Real inverse = 1 / statistics.softmax.total;
    Real base = statistics.weights - (statistics.linear + statistics.squares * inverse) * inverse;
    if (statistics.signs) {  // a sign is known only with the probability
      for (int64_t k = 0; k < problem_.classes; ++k) {
        const Real p = exp_of<Stored>(reader.input(i, k) - statistics.softmax.largest) * inverse;
        base -= p * class_terms_[k].sign * sign_of(p - reader.target(i, k, code));
      }
    }
    memory_.largest[i] = statistics.softmax.largest;
    memory_.inverse[i] = inverse;
    memory_.base[i] = base;
  }

  __device__ __forceinline__ void write(const TileReader<Stored>& reader, const TileLayout& gradient, int64_t i,
                                        int64_t k) const {
    Stored* const to = static_cast<Stored*>(given_.data) + gradient.at(i, k);
    const Code code = memory_.code[i];
    const Real x = reader.input(i, k);
    if (code >= static_cast<Code>(problem_.classes)) {
      *to = static_cast<Stored>(0.0F);
      return;
    }
    const ClassTerms<Real> class_terms = class_terms_[k];
    const TargetTerms<Real> target_terms = target_terms_[k];
    const Real target = reader.target(i, k, code);
    const auto by_probability = [&](Real p) {
      return target_terms.slope * target + class_terms.constant + class_terms.linear * p +
             class_terms.sign * sign_of(p - target);
    };
    const Real weight = target_terms.weight * target + class_terms.smoothing;
    Real value;
    if constexpr (kActivation == Activation::kSoftmax) {
      const Real p = exp_of<Stored>(x - memory_.largest[i]) * memory_.inverse[i];
      value = p * (memory_.base[i] + by_probability(p)) - weight;
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Real> sigmoid = sigmoid_of<Stored>(x);
      value = sigmoid.value * sigmoid.complement * by_probability(sigmoid.value) +
              ((target_terms.weight + 2 * class_terms.smoothing) * sigmoid.value - weight);
    } else {
      value = by_probability(x);
    }
    *to = static_cast<Stored>(value);
  }

  const OverlapBackward& given_;
  const OverlapProblem& problem_;
  TileMemory<Real> memory_;
  const ClassTerms<Real>* class_terms_ = nullptr;
  const TargetTerms<Real>* target_terms_ = nullptr;
};

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored>)
    overlap_tiles_backward(__grid_constant__ const OverlapBackward given) {
  TileGradient<Stored, kActivation> gradient(given);
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    gradient.write_part(part_of(given.partition, given.problem.pixels, index));
  }
}

}  // namespace torchtally::cuda
