// The backward kernel of overlap_sums for every activation, target and number of classes: tiles as in the forward one.
// The gradient takes the place of the logits in shared memory, and leaves it as they came.
#pragma once

#include "ops/cuda/overlap_tiles_softmax.cuh"

namespace torchtally::cuda {

template <class Stored, Activation kActivation>
class TileGradient {
 public:
  using Real = RealOf<Stored>;
  static constexpr int kVector = kTileVector<Stored>;
  using OfPixels = Real[kVector];

  __device__ __forceinline__ explicit TileGradient(const OverlapBackward& given)
      : given_(given),
        problem_(given.problem),
        plan_(given.partition.tile),
        memory_(given.problem, given.partition.tile),
        classes_(static_cast<Code>(given.problem.classes)) {}

  __device__ __forceinline__ void write_part(const OverlapPart& part) {
    class_terms_ = static_cast<const ClassTerms<Real>*>(given_.class_terms) + part.sample * problem_.classes;
    target_terms_ = static_cast<const TargetTerms<Real>*>(given_.target_terms) + part.sample * problem_.classes;
    if constexpr (kActivation == Activation::kSoftmax) {
      smoothing_ = sum_of_smoothing();
    }
    for (int64_t begin = part.begin; begin < part.end; begin += plan_.pixels) {
      const int64_t left = part.end - begin;
      tile_ = {part.sample, begin, static_cast<uint32_t>(left < plan_.pixels ? left : plan_.pixels)};
      if constexpr (kActivation == Activation::kSoftmax) {
        find_bases();
      }
      memory_.for_groups([&](const ClassGroup& group) {
        if (kActivation != Activation::kSoftmax || !memory_.is_one_group()) {
          bring(group, kActivation != Activation::kSoftmax && group.first == 0);
        }
        with_target_kind<Stored>(problem_, [&](auto kind) { replace_classes<kind.value>(group); });
        __syncthreads();
        memory_.unstage(given_.gradient, given_.data, tile_, group);
        __syncthreads();
      });
    }
  }

 private:
  __device__ __forceinline__ void bring(const ClassGroup& group, bool finds_codes) const {
    memory_.stage(tile_, group);
    if (finds_codes) {
      memory_.find_codes(tile_, [](Code) {});
    }
    wait_for_copies();
    __syncthreads();
  }

  // Softmax: the product of a pixel's gradient with the Jacobian. Sums of a pixel's classes behind that of e^(x -
  // largest) are those of e^(x - largest) (slope t + constant), of e^(x - largest)^2 linear and, of soft targets, their
  // weights.
  __device__ __forceinline__ void find_bases() const {
    const PixelShare<Stored> share(plan_, memory_);
    const auto scale = [](auto& sums, int v, Real correction) {
      sums[1][v] *= correction;
      sums[2][v] *= correction * correction;
    };
    memory_.for_groups([&](const ClassGroup& group) {
      bring(group, group.first == 0);
      const bool is_last = group.first + group.n == problem_.classes;
      if (problem_.labels) {
        sum_classes<3>(
            share, memory_, tile_, group, is_last,
            [&](OfPixels(&sums)[3], uint32_t k, uint32_t, const OfPixels& exponential) {
              add_class_terms(sums, class_terms_[group.first + k], exponential);
            },
            scale,
            [&](uint32_t i, OfPixels& largest, OfPixels(&sums)[3]) {
              Code codes[kVector];
              memory_.read_codes(tile_, i, codes);
              OfPixels weights = {}, exponential = {};
#pragma unroll
              for (int v = 0; v < kVector; ++v) {
                if (codes[v] < classes_) {
                  const TargetTerms<Real> terms = target_terms_[codes[v]];
                  exponential[v] = exp_of_difference(logit(codes[v], i + v) - largest[v]);
                  sums[1][v] += terms.slope * exponential[v];
                  weights[v] = terms.weight;
                }
              }
              store(memory_.label() + i, exponential);
              write_bases(i, codes, largest, sums, weights);
            });
      } else {
        with_target_kind<Stored>(problem_, [&](auto kind) {
          const TargetReader<Stored, kind.value> targets(problem_, plan_, memory_);
          sum_classes<4>(
              share, memory_, tile_, group, is_last,
              [&](OfPixels(&sums)[4], uint32_t k, uint32_t i, const OfPixels& exponential) {
                const ClassTerms<Real> class_terms = class_terms_[group.first + k];
                const TargetTerms<Real> target_terms = target_terms_[group.first + k];
                OfPixels target;
                targets.read(group, k, i, target);
                add_class_terms(sums, class_terms, exponential);
#pragma unroll
                for (int v = 0; v < kVector; ++v) {
                  sums[1][v] += target_terms.slope * target[v] * exponential[v];
                  sums[3][v] += target_terms.weight * target[v];
                }
              },
              scale,
              [&](uint32_t i, OfPixels& largest, OfPixels(&sums)[4]) {
                Code codes[kVector];
                memory_.read_codes(tile_, i, codes);
                write_bases(i, codes, largest, sums, sums[3]);
              });
        });
      }
      __syncthreads();
    });
    if (!problem_.labels && has_signs()) {
      subtract_signs(share);
    }
  }

  // What the smoothing of all classes weighs together. Many equal numbers: summed in float, their errors add up.
  __device__ __forceinline__ Real sum_of_smoothing() const {
    double sum = 0.0;
    if (problem_.label_smoothing != 0.0) {
      for (int64_t k = threadIdx.x % kWarp; k < problem_.classes; k += kWarp) {
        sum += static_cast<double>(class_terms_[k].smoothing);
      }
      sum = warp_sum(sum);
    }
    return static_cast<Real>(sum);
  }

  template <int kSums>
  __device__ __forceinline__ void add_class_terms(OfPixels (&sums)[kSums], const ClassTerms<Real>& terms,
                                                  const OfPixels& exponential) const {
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      sums[1][v] += terms.constant * exponential[v];
      sums[2][v] += terms.linear * exponential[v] * exponential[v];
    }
  }

  template <int kSums>
  __device__ __forceinline__ void write_bases(uint32_t i, const Code (&codes)[kVector], OfPixels& largest,
                                              const OfPixels (&sums)[kSums], const OfPixels& weights) const {
    OfPixels inverse, base;
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      inverse[v] = codes[v] < classes_ ? 1 / sums[0][v] : Real{0};
      base[v] = weights[v] + smoothing_ - (sums[1][v] + sums[2][v] * inverse[v]) * inverse[v];
    }
    store(memory_.largest() + i, largest);
    store(memory_.inverse() + i, inverse);
    store(memory_.base() + i, base);
  }

  // Whether the gradient depends on signs of p - t, which are known only with the probabilities.
  __device__ __forceinline__ bool has_signs() const {
    bool any = false;
    for (int64_t k = threadIdx.x % kWarp; k < problem_.classes; k += kWarp) {
      any = any || class_terms_[k].sign != 0;
    }
    return warp_sum(any ? 1.0F : 0.0F) > 0;
  }

  __device__ __forceinline__ void subtract_signs(const PixelShare<Stored>& share) const {
    memory_.for_groups([&](const ClassGroup& group) {
      if (!memory_.is_one_group()) {
        bring(group, false);
      }
      with_target_kind<Stored>(problem_, [&](auto kind) {
        const TargetReader<Stored, kind.value> targets(problem_, plan_, memory_);
        for (uint32_t first = 0; first < tile_.n; first += share.step) {
          const uint32_t i = first + share.pixel;
          const bool takes = share.member < share.threads && i < tile_.n;
          OfPixels sums[1] = {};
          if (takes) {
            OfPixels largest, inverse;
            load(memory_.largest() + i, largest);
            load(memory_.inverse() + i, inverse);
            for (uint32_t k = share.member; k < group.n; k += share.threads) {
              OfPixels x, target;
              load(memory_.logits(k, i), x);
              targets.read(group, k, i, target);
#pragma unroll
              for (int v = 0; v < kVector; ++v) {
                const Real p = exp_of_difference(x[v] - largest[v]) * inverse[v];
                sums[0][v] += p * class_terms_[group.first + k].sign * sign_of(p - target[v]);
              }
            }
          }
          share.add_up(i, takes, sums);
          if (takes && share.member == 0) {
            OfPixels base;
            load(memory_.base() + i, base);
#pragma unroll
            for (int v = 0; v < kVector; ++v) {
              base[v] -= sums[0][v];
            }
            store(memory_.base() + i, base);
          }
        }
      });
      __syncthreads();
    });
  }

  // Of any class, staged or not.
  __device__ __forceinline__ Real logit(Code k, uint32_t i) const {
    if (memory_.is_one_group()) {
      return static_cast<Real>(*memory_.logits(k, i));
    }
    const OverlapOperand& input = problem_.input;
    return number_at<Real, Stored>(input.data, tile_.sample * input.sample_stride +
                                                   (tile_.begin + i) * input.pixel_stride + k * input.class_stride);
  }

  // Puts the gradient where the logits are.
  template <TargetKind kKind>
  __device__ __forceinline__ void replace_classes(const ClassGroup& group) const {
    constexpr bool kDerives = kActivation == Activation::kSoftmax && kKind == TargetKind::kLabels;
    const TargetReader<Stored, kKind> targets(problem_, plan_, memory_);
    const uint32_t vectors = static_cast<uint32_t>(plan_.pixels) / kVector;  // a power of two
    const uint32_t together = vectors < blockDim.x ? vectors : blockDim.x;
    const uint32_t threads = blockDim.x / together;  // that have the same pixels
    const uint32_t member = threadIdx.x / together;
    for (uint32_t i = threadIdx.x % together * kVector; member < threads && i < tile_.n; i += together * kVector) {
      OfPixels largest, inverse, base;
      if constexpr (kActivation == Activation::kSoftmax) {
        load(memory_.largest() + i, largest);
        load(memory_.inverse() + i, inverse);
        load(memory_.base() + i, base);
      }
      const bool all = memory_.all_count(tile_, i);
#pragma unroll 2
      for (uint32_t k = member; k < group.n; k += threads) {
        OfPixels x, target = {};
        load(memory_.logits(k, i), x);
        const ClassTerms<Real> class_terms = class_terms_[group.first + k];
        TargetTerms<Real> target_terms{};
        if constexpr (!kDerives) {
          target_terms = target_terms_[group.first + k];
          targets.read(group, k, i, target);
        }
#pragma unroll
        for (int v = 0; v < kVector; ++v) {
          if constexpr (kActivation == Activation::kSoftmax) {
            x[v] = exp_of_difference(x[v] - largest[v]) * inverse[v];
          }
          x[v] = gradient<kDerives>(x[v], target[v], base[v], class_terms, target_terms);
        }
        if (!all) {
          Code codes[kVector];
          memory_.read_codes(tile_, i, codes);
#pragma unroll
          for (int v = 0; v < kVector; ++v) {
            x[v] = codes[v] < classes_ ? x[v] : Real{0};
          }
        }
        store(memory_.logits(k, i), x);
      }
    }
    if constexpr (kDerives) {
      __syncthreads();
      replace_labels(group);
    }
  }

  // The gradient of a logit, given its probability (sigmoid: the logit itself). kOther: of softmax and labels, where
  // the class is not the label: the target is 0, and |p - t| has no gradient of its own.
  template <bool kOther>
  __device__ __forceinline__ Real gradient(Real x, Real target, Real base, const ClassTerms<Real>& class_terms,
                                           const TargetTerms<Real>& target_terms) const {
    const auto by_probability = [&](Real p) {
      const Real sum = class_terms.constant + class_terms.linear * p;
      return kOther ? sum : sum + target_terms.slope * target + class_terms.sign * sign_of(p - target);
    };
    const Real weight = kOther ? class_terms.smoothing : class_terms.smoothing + target_terms.weight * target;
    if constexpr (kActivation == Activation::kSoftmax) {
      return x * (base + by_probability(x)) - weight;
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const auto sigmoid = sigmoid_of(x);
      return sigmoid.value * sigmoid.complement * by_probability(sigmoid.value) +
             ((target_terms.weight + 2 * class_terms.smoothing) * sigmoid.value - weight);
    } else {
      return by_probability(x);
    }
  }

  // Softmax and labels: the other classes were taken as those that are not the label's.
  __device__ __forceinline__ void replace_labels(const ClassGroup& group) const {
    for (uint32_t i = threadIdx.x; i < tile_.n; i += blockDim.x) {
      const Code code = memory_.code()[i];
      const uint32_t k = code - static_cast<Code>(group.first);
      if (code < classes_ && k < group.n) {
        const Real p = memory_.label()[i] * memory_.inverse()[i];
        *memory_.logits(k, i) =
            static_cast<Stored>(gradient<false>(p, 1, memory_.base()[i], class_terms_[code], target_terms_[code]));
      }
    }
  }

  const OverlapBackward& given_;
  const OverlapProblem& problem_;
  const OverlapTile& plan_;
  TileMemory<Stored> memory_;
  Code classes_;
  const ClassTerms<Real>* class_terms_ = nullptr;
  const TargetTerms<Real>* target_terms_ = nullptr;
  Real smoothing_ = 0;
  Tile tile_{};
};

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored, kActivation>)
    overlap_tiles_backward(__grid_constant__ const OverlapBackward given) {
  TileGradient<Stored, kActivation> gradient(given);
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    gradient.write_part(part_of(given.partition, given.problem.pixels, index));
  }
}

}  // namespace torchtally::cuda
