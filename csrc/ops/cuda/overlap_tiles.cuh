// Device code of overlap_sums for every activation, target and number of classes. A block takes a tile of pixels. Where
// the activation is softmax, the threads first learn what a pixel needs of all its classes, with one look at them, a
// thread or several for each pixel; then a warp takes a class at a time, or a pixel where the classes of a pixel lie
// together. The second look finds the logits in a cache.
#pragma once

#include "ops/cuda/overlap_tile.cuh"

namespace torchtally::cuda {

template <class Stored, Activation kActivation>
class TileSums {
 public:
  using Real = RealOf<Stored>;

  __device__ __forceinline__ explicit TileSums(const OverlapForward& given)
      : given_(given), problem_(given.problem), memory_(given.cut.tile), rows_(static_cast<int>(given.rows)) {}

  __device__ __forceinline__ void add_part(const OverlapPart& part) {
    loss_ = 0.0;
    count_ = invalid_ = 0;
    const Code out_of_range = static_cast<Code>(problem_.classes);
    for (int64_t begin = part.begin; begin < part.end; begin += given_.cut.tile) {
      const int64_t left = part.end - begin;
      const Tile tile{part.sample, begin, left < given_.cut.tile ? left : given_.cut.tile};
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
      if (given_.cut.by_class) {
        add_by_class(reader, tile, part);
      } else {
        add_by_pixel(reader, tile, part);
      }
      __syncthreads();
    }
    write_rest(part);
  }

 private:
  __device__ __forceinline__ int64_t values() const { return rows_ * problem_.classes + 3; }

  // What a class weighs in the cross-entropy where it is the target, and everywhere.
  __device__ __forceinline__ Real weight_of(int64_t k) const {
    return given_.hits == nullptr ? static_cast<Real>(given_.weight)
                                  : static_cast<const HitTerms<Real>*>(given_.hits)[k].weight;
  }
  __device__ __forceinline__ Real even_of(int64_t k) const {
    return given_.classes == nullptr ? static_cast<Real>(given_.even)
                                     : static_cast<const ClassTerms<Real>*>(given_.classes)[k].even;
  }

  // What a thread knows of the classes of a pixel that it looked at.
  struct Look {
    RunningSoftmax<Stored> softmax;
    Real weights = 0;
    Real away = 0;  // sum of weight (x - top)

    __device__ __forceinline__ void add(Look other) {
      const Real top = other.softmax.top > softmax.top ? other.softmax.top : softmax.top;
      raise(top);
      other.raise(top);
      softmax.total += other.softmax.total;
      away += other.away;
      weights += other.weights;
    }

   private:
    __device__ __forceinline__ void raise(Real top) {
      if (top != softmax.top) {
        softmax.total *= softmax.scale_to(top);
        away -= scaled(weights, top - softmax.top);
        softmax.top = top;
      }
    }
  };

  __device__ __forceinline__ void normalize(const TileReader<Stored>& reader, const Tile& tile) {
    static_assert(sizeof(Look) == 4 * sizeof(Real));  // the plan says so too
    look_at_pixels<Look>(
        given_.cut, tile, memory_, static_cast<Code>(problem_.classes),
        [&](Look& look, int64_t i, Code code, uint32_t first) { look_at(look, reader, i, code, first); },
        [&](int64_t i, Code, const Look& look) {
          const RunningSoftmax<Stored>& softmax = look.softmax;
          memory_.top[i] = softmax.top;
          memory_.inverse[i] = 1 / softmax.total;
          // The last term is NaN where the largest logit is not finite.
          loss_ += static_cast<double>(look.weights * log_of(softmax.total) - look.away + (softmax.top - softmax.top));
        });
  }

  __device__ __forceinline__ void look_at(Look& look, const TileReader<Stored>& reader, int64_t i, Code code,
                                          uint32_t first) const {
    const uint32_t classes = static_cast<uint32_t>(problem_.classes);
#pragma unroll 4
    for (uint32_t k = first; k < classes; k += given_.cut.split) {
      const Real x = reader.input(i, k);
      const Real weight = weight_of(k) * reader.target(i, k, code) + even_of(k);
      Real power;
      Real rise;
      look.softmax.next(x, power, rise);
      look.away -= scaled(look.weights, rise);
      look.away += x == look.softmax.top ? Real{0} : scaled(weight, x - look.softmax.top);
      look.weights += weight;
    }
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
      probability = exp_of<Stored>(x - memory_.top[i]) * memory_.inverse[i];
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const SigmoidOf<Stored> sigmoid(x);
      probability = sigmoid.value;
      const Real smoothing = static_cast<Real>(problem_.label_smoothing);
      const Real smoothed = target * (1 - smoothing) + smoothing / 2;
      loss_ += static_cast<double>((weight_of(k) + 2 * even_of(k)) * sigmoid.cross_entropy(smoothed));
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
    double* const at = given_.partials + index * given_.cut.parts_per_sample + part.index;
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
      Real mine = 0;
#pragma unroll
      for (int row = 0; row < static_cast<int>(kOverlapRows); ++row) {
        if (row < rows_) {
          const Real sum = warp_sum(sums[row]);
          mine = static_cast<int>(lane) == row ? sum : mine;
        }
      }
      if (static_cast<int>(lane) < rows_) {
        add_to_part(part, tile, lane, k, static_cast<double>(mine));
      }
    }
  }

  // Lanes are classes and warps take pixels in turn, so the sums of a class are spread over the warps.
  __device__ __forceinline__ void add_by_class(const TileReader<Stored>& reader, const Tile& tile,
                                               const OverlapPart& part) {
    Real* const of_warps = reinterpret_cast<Real*>(memory_.rest);  // [warps, kOverlapRows, kWarp]
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
        of_warps[warp * kCells + row * kWarp + lane] = sums[row];
      }
      __syncthreads();
      for (uint32_t cell = threadIdx.x; cell < static_cast<uint32_t>(rows_) * kWarp; cell += blockDim.x) {
        const int64_t k = first + cell % kWarp;
        double sum = 0.0;
        for (uint32_t other = 0; other < warps; ++other) {
          sum += static_cast<double>(of_warps[other * kCells + cell]);
        }
        if (k < problem_.classes) {
          add_to_part(part, tile, cell / kWarp, k, sum);
        }
      }
      __syncthreads();
    }
  }

  // Cross-entropy, count and invalid: of the lanes, then of the warps.
  __device__ __forceinline__ void write_rest(const OverlapPart& part) {
    double* const of_warps = reinterpret_cast<double*>(memory_.rest);  // [3, warps]
    const uint32_t warps = blockDim.x / kWarp;
    const double mine[3] = {loss_, static_cast<double>(count_), static_cast<double>(invalid_)};
#pragma unroll
    for (uint32_t v = 0; v < 3; ++v) {
      const double sum = warp_sum(mine[v]);
      if (threadIdx.x % kWarp == 0) {
        of_warps[v * warps + threadIdx.x / kWarp] = sum;
      }
    }
    __syncthreads();
    if (threadIdx.x < 3) {
      double sum = 0.0;
      for (uint32_t warp = 0; warp < warps; ++warp) {
        sum += of_warps[threadIdx.x * warps + warp];
      }
      const int64_t value = part.sample * values() + rows_ * problem_.classes + threadIdx.x;
      given_.partials[value * given_.cut.parts_per_sample + part.index] = sum;
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
class TileGradient {
 public:
  using Real = RealOf<Stored>;

  __device__ __forceinline__ explicit TileGradient(const OverlapBackward& given)
      : given_(given), problem_(given.problem), memory_(given.cut.tile) {}

  __device__ __forceinline__ void write_part(const OverlapPart& part) {
    terms_ = static_cast<const ClassTerms<Real>*>(given_.classes) + part.sample * problem_.classes;
    hits_ = static_cast<const HitTerms<Real>*>(given_.hits) + part.sample * problem_.classes;
    for (int64_t begin = part.begin; begin < part.end; begin += given_.cut.tile) {
      const int64_t left = part.end - begin;
      const Tile tile{part.sample, begin, left < given_.cut.tile ? left : given_.cut.tile};
      const TileReader<Stored> reader(problem_, tile);
      for (int64_t i = threadIdx.x; i < tile.n; i += blockDim.x) {
        memory_.code[i] = overlap_code(problem_, tile.sample, begin + i);
      }
      __syncthreads();
      if constexpr (kActivation == Activation::kSoftmax) {
        find_bases(reader, tile);
        __syncthreads();
      }
      const TilePlace gradient(given_.gradient, tile);
      const uint32_t lane = threadIdx.x % kWarp;
      const uint32_t warp = threadIdx.x / kWarp;
      const uint32_t warps = blockDim.x / kWarp;
      if (given_.cut.by_class) {
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
  // What a thread knows of the classes of a pixel that it looked at.
  struct Look {
    RunningSoftmax<Stored> softmax;
    Real weights = 0;
    Real linear = 0;   // sum of e^(x - top) (slope t + constant)
    Real squares = 0;  // sum of e^(x - top)^2 linear
    bool signs = false;

    __device__ __forceinline__ void add(const Look& other) {
      const Real top = other.softmax.top > softmax.top ? other.softmax.top : softmax.top;
      const Real mine = softmax.scale_to(top);
      const Real its = other.softmax.scale_to(top);
      softmax.top = top;
      softmax.total = softmax.total * mine + other.softmax.total * its;
      linear = linear * mine + other.linear * its;
      squares = squares * mine * mine + other.squares * its * its;
      weights += other.weights;
      signs |= other.signs;
    }
  };

  __device__ __forceinline__ void find_bases(const TileReader<Stored>& reader, const Tile& tile) {
    static_assert(sizeof(Look) == 6 * sizeof(Real));  // the plan says so too
    look_at_pixels<Look>(
        given_.cut, tile, memory_, static_cast<Code>(problem_.classes),
        [&](Look& look, int64_t i, Code code, uint32_t first) { look_at(look, reader, i, code, first); },
        [&](int64_t i, Code code, const Look& look) { write_base(reader, i, code, look); });
  }

  __device__ __forceinline__ void look_at(Look& look, const TileReader<Stored>& reader, int64_t i, Code code,
                                          uint32_t first) const {
    const uint32_t classes = static_cast<uint32_t>(problem_.classes);
#pragma unroll 4
    for (uint32_t k = first; k < classes; k += given_.cut.split) {
      const ClassTerms<Real> of_class = terms_[k];
      const HitTerms<Real> hit = hits_[k];
      const Real target = reader.target(i, k, code);
      Real power;
      Real rise;
      const Real scale = look.softmax.next(reader.input(i, k), power, rise);
      look.linear = look.linear * scale + (hit.slope * target + of_class.constant) * power;
      look.squares = look.squares * scale * scale + of_class.linear * power * power;
      look.weights += hit.weight * target + of_class.even;
      look.signs |= of_class.sign != 0;
    }
  }

  __device__ __forceinline__ void write_base(const TileReader<Stored>& reader, int64_t i, Code code,
                                             const Look& look) const {
    const Real inverse = 1 / look.softmax.total;
    Real base = look.weights - (look.linear + look.squares * inverse) * inverse;
    if (look.signs) {  // a sign is known only with the probability
      for (int64_t k = 0; k < problem_.classes; ++k) {
        const Real p = exp_of<Stored>(reader.input(i, k) - look.softmax.top) * inverse;
        base -= p * terms_[k].sign * sign_of(p - reader.target(i, k, code));
      }
    }
    memory_.top[i] = look.softmax.top;
    memory_.inverse[i] = inverse;
    memory_.base[i] = base;
  }

  __device__ __forceinline__ void write(const TileReader<Stored>& reader, const TilePlace& gradient, int64_t i,
                                        int64_t k) const {
    Stored* const to = static_cast<Stored*>(given_.data) + gradient.at(i, k);
    const Code code = memory_.code[i];
    const Real x = reader.input(i, k);
    if (code >= static_cast<Code>(problem_.classes)) {
      *to = static_cast<Stored>(0.0F);
      return;
    }
    const ClassTerms<Real> of_class = terms_[k];
    const HitTerms<Real> hit = hits_[k];
    const Real target = reader.target(i, k, code);
    const auto by_probability = [&](Real p) {
      return hit.slope * target + of_class.constant + of_class.linear * p + of_class.sign * sign_of(p - target);
    };
    const Real weight = hit.weight * target + of_class.even;
    Real value;
    if constexpr (kActivation == Activation::kSoftmax) {
      const Real p = exp_of<Stored>(x - memory_.top[i]) * memory_.inverse[i];
      value = p * (memory_.base[i] + by_probability(p)) - weight;
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const SigmoidOf<Stored> sigmoid(x);
      value = sigmoid.value * sigmoid.rest * by_probability(sigmoid.value) +
              ((hit.weight + 2 * of_class.even) * sigmoid.value - weight);
    } else {
      value = by_probability(x);
    }
    *to = static_cast<Stored>(value);
  }

  const OverlapBackward& given_;
  const OverlapProblem& problem_;
  TileMemory<Real> memory_;
  const ClassTerms<Real>* terms_ = nullptr;
  const HitTerms<Real>* hits_ = nullptr;
};

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored>)
    overlap_tiles_forward(__grid_constant__ const OverlapForward given) {
  TileSums<Stored, kActivation> sums(given);
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    sums.add_part(part_of(given.cut, given.problem.pixels, index));
  }
}

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored>)
    overlap_tiles_backward(__grid_constant__ const OverlapBackward given) {
  TileGradient<Stored, kActivation> gradient(given);
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    gradient.write_part(part_of(given.cut, given.problem.pixels, index));
  }
}

}  // namespace torchtally::cuda
