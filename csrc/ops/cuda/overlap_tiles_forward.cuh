// The forward kernel of overlap_sums for every activation, target and number of classes. A block takes a tile of pixels
// to shared memory, all classes of them or one group after the other. Where the activation is softmax, threads first
// sum what a pixel needs of all its classes. Then a warp takes a few classes at a time, its lanes neighbouring pixels.
#pragma once

#include "ops/cuda/overlap_tiles_softmax.cuh"

namespace torchtally::cuda {

template <class Stored, Activation kActivation>
class TileSums {
 public:
  using Real = RealOf<Stored>;
  static constexpr int kVector = kTileVector<Stored>;
  using OfPixels = Real[kVector];

  __device__ __forceinline__ explicit TileSums(const OverlapForward& given)
      : given_(given),
        problem_(given.problem),
        plan_(given.partition.tile),
        memory_(given.problem, given.partition.tile),
        classes_(static_cast<Code>(given.problem.classes)) {
    for (uint32_t cell = threadIdx.x; cell < label_cells(); cell += blockDim.x) {
      memory_.rows()[cell] = 0;
    }
    if constexpr (kActivation == Activation::kSigmoid) {
      label_weight_ = kept(static_cast<Real>(1 - problem_.label_smoothing));
      half_smoothing_ = kept(static_cast<Real>(problem_.label_smoothing / 2));
    }
  }

  __device__ __forceinline__ void add_part(const OverlapPart& part) {
    part_ = part;
    loss_ = 0.0;
    count_ = invalid_ = 0;
    for (int64_t begin = part.begin; begin < part.end; begin += plan_.pixels) {
      const int64_t left = part.end - begin;
      tile_ = {part.sample, begin, static_cast<uint32_t>(left < plan_.pixels ? left : plan_.pixels)};
      if constexpr (kActivation == Activation::kSoftmax) {
        memory_.for_groups([&](const ClassGroup& group) {
          bring(group, group.first == 0);
          normalize(group);
          __syncthreads();
        });
      }
      memory_.for_groups([&](const ClassGroup& group) {
        if (kActivation != Activation::kSoftmax || !memory_.is_one_group()) {
          bring(group, kActivation != Activation::kSoftmax && group.first == 0);
        }
        with_target_kind<Stored>(problem_, [&](auto kind) {
          if (!kDerives<kind.value> || problem_.label_smoothing != 0.0) {
            add_classes<kind.value, true>(group);
          } else {
            add_classes<kind.value, false>(group);
          }
        });
        __syncthreads();
        add_rows(group);
      });
    }
    write_part();
  }

 private:
  // A conversion from double, in each turn of a loop, would take as long as four additions.
  __device__ __forceinline__ static float kept(float x) { return float_of(kept_in_register(bits_of(x))); }
  __device__ __forceinline__ static double kept(double x) { return x; }

  __device__ __forceinline__ int64_t rows() const { return given_.rows; }
  __device__ __forceinline__ int64_t values() const { return rows() * problem_.classes + 3; }

  // What a class weighs in the cross-entropy where it is the target, and everywhere.
  __device__ __forceinline__ Real target_weight(int64_t k) const {
    return given_.target_terms == nullptr ? static_cast<Real>(given_.target_weight)
                                          : static_cast<const TargetTerms<Real>*>(given_.target_terms)[k].weight;
  }
  __device__ __forceinline__ Real smoothing_weight(int64_t k) const {
    return given_.class_terms == nullptr ? static_cast<Real>(given_.smoothing_weight)
                                         : static_cast<const ClassTerms<Real>*>(given_.class_terms)[k].smoothing;
  }

  __device__ __forceinline__ void bring(const ClassGroup& group, bool finds_codes) {
    memory_.stage(tile_, group);
    if (finds_codes) {
      memory_.find_codes(tile_, [&](Code code) {
        count_ += code < classes_;
        invalid_ += code == classes_;
      });
      count_ += !plan_.coded && threadIdx.x == 0 ? tile_.n : 0;
    }
    wait_for_copies();
    __syncthreads();
  }

  // Softmax: what the pixels need of all their classes.
  __device__ __forceinline__ void normalize(const ClassGroup& group) {
    const bool is_last = group.first + group.n == problem_.classes;
    sum_classes<1>(
        PixelShare<Stored>(plan_, memory_), memory_, tile_, group, is_last, [](auto&&...) {}, [](auto&&...) {},
        [&](uint32_t i, OfPixels& largest, OfPixels(&sums)[1]) {
          OfPixels inverse, log_total, label;
          Code codes[kVector];
          memory_.read_codes(tile_, i, codes);
#pragma unroll
          for (int v = 0; v < kVector; ++v) {
            const bool counts = codes[v] < classes_;
            inverse[v] = counts ? 1 / sums[0][v] : Real{0};
            log_total[v] = counts ? log_of(sums[0][v]) : Real{0};
            largest[v] = counts ? largest[v] : Real{0};
            label[v] = 0;
            if (counts) {
              // NaN where a logit is, or the largest is not finite.
              Real loss = log_total[v] - log_total[v];
              if (problem_.labels) {
                const Real difference = logit(codes[v], i + v) - largest[v];
                label[v] = exp_of_difference(difference) * inverse[v];
                loss += scaled(target_weight(codes[v]), log_total[v] - difference);
              }
              loss_ += static_cast<double>(loss);
            }
          }
          store(memory_.largest() + i, largest);
          store(memory_.inverse() + i, inverse);
          store(memory_.log_total() + i, log_total);
          if (problem_.labels) {
            store(memory_.label() + i, label);
          }
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

  // Where the part's value lies in the end.
  __device__ __forceinline__ double* partial_at(int64_t value) const {
    const int64_t index = part_.sample * values() + value;
    return given_.partials + index * given_.partition.parts_per_sample + part_.index;
  }
  // Where a sum of the part is; always written by the same thread.
  __device__ __forceinline__ double* sum_at(int64_t row, int64_t k) const {
    const int64_t cell = row * problem_.classes + k;
    return plan_.sums > 0 ? memory_.sums() + cell : partial_at(cell);
  }
  // What the part's tiles before have come to.
  __device__ __forceinline__ double sum_before(int64_t row, int64_t k) const {
    return tile_.begin == part_.begin ? 0.0 : *sum_at(row, k);
  }

  // Softmax and labels sum only p and p^2 of every element, of several classes together.
  template <TargetKind kKind>
  static constexpr bool kDerives = kActivation == Activation::kSoftmax && kKind == TargetKind::kLabels;

  // kEntropy: every class has a part in the cross-entropy, not only the label's.
  template <TargetKind kKind, bool kEntropy>
  __device__ __forceinline__ void add_classes(const ClassGroup& group) {
    constexpr uint32_t kTogether = kDerives<kKind> ? kLaneSums / 2 : 1;
    constexpr uint32_t kSlots = kLaneSums / kTogether;
    constexpr uint32_t kRows = kDerives<kKind> ? 2 : kOverlapRows;
    constexpr int64_t kFirstRow = kDerives<kKind> ? int64_t{kPrediction} : 0;
    if constexpr (kDerives<kKind>) {
      add_labels(group);
    }
    const TargetReader<Stored, kKind> targets(problem_, plan_, memory_);
    const uint32_t pixels = static_cast<uint32_t>(plan_.pixels);
    const uint32_t lanes = pixels / kVector < kWarp ? pixels / kVector : kWarp;  // of a class
    const uint32_t lane = threadIdx.x % lanes;
    const uint32_t classes_of_warp = kWarp / lanes * kTogether;
    const uint32_t segments = static_cast<uint32_t>(plan_.segments);
    const uint32_t segment_pixels = pixels / segments;
    const uint32_t items = (group.n + classes_of_warp - 1) / classes_of_warp * segments;
    const uint32_t slot = lane / (lanes / kLaneSums);  // of what this lane sums
    const uint32_t row = slot % kSlots;
    for (uint32_t item = threadIdx.x / kWarp; item < items; item += blockDim.x / kWarp) {
      const uint32_t segment = item % segments;
      const uint32_t first = item / segments * classes_of_warp + threadIdx.x % kWarp / lanes * kTogether;
      const uint32_t own = first + slot / kSlots;
      const bool writes = lane % (lanes / kLaneSums) == 0 && row < kRows && own < group.n;
      const double before = writes && segments == 1 ? sum_before(kFirstRow + row, group.first + own) : 0.0;
      Real sums[kLaneSums] = {};
      Weights weights[kTogether];
      if constexpr (kEntropy) {
#pragma unroll
        for (uint32_t j = 0; j < kTogether; ++j) {
          const int64_t k = group.first + class_of(group, first + j);
          weights[j] = {target_weight(k), smoothing_weight(k), 0};
        }
      }
      const uint32_t begin = segment * segment_pixels;
      const uint32_t end = begin + segment_pixels < tile_.n ? begin + segment_pixels : tile_.n;
#pragma unroll 1
      for (uint32_t i = begin + lane * kVector; i < end; i += lanes * kVector) {
        const Pixels pixel = read(i);
        const auto add_all = [&](auto all_count) {
#pragma unroll
          for (uint32_t j = 0; j < kTogether; ++j) {
            add<kKind, kEntropy, all_count.value>(group, targets, class_of(group, first + j), i, pixel,
                                                  sums + j * kSlots, weights[j]);
          }
        };
        if (memory_.all_count(tile_, i)) {
          add_all(std::true_type());
        } else {
          add_all(std::false_type());
        }
      }
      if constexpr (kEntropy) {
#pragma unroll
        for (uint32_t j = 0; j < kTogether; ++j) {
          loss_ += first + j < group.n ? static_cast<double>(weights[j].loss) : 0.0;
        }
      }
      const Real sum = shared_out_sum<kLaneSums>(sums, static_cast<int>(lanes));
      if (writes && segments == 1) {
        *sum_at(kFirstRow + row, group.first + own) = before + static_cast<double>(sum);
      } else if (writes) {
        memory_.template scratch<Real>()[(segment * group.n + own) * kSlots + row] = sum;
      }
    }
    if (segments == 1) {
      return;
    }
    __syncthreads();
    for (uint32_t cell = threadIdx.x; cell < group.n * kSlots; cell += blockDim.x) {
      if (cell % kSlots < kRows) {
        double sum = 0.0;
        for (uint32_t segment = 0; segment < segments; ++segment) {
          sum += static_cast<double>(memory_.template scratch<Real>()[segment * group.n * kSlots + cell]);
        }
        const int64_t k = group.first + cell / kSlots;
        *sum_at(kFirstRow + cell % kSlots, k) = sum_before(kFirstRow + cell % kSlots, k) + sum;
      }
    }
  }

  // A class of the group; behind the last, the last again, whose sums nobody writes.
  __device__ __forceinline__ static uint32_t class_of(const ClassGroup& group, uint32_t k) {
    return k < group.n ? k : group.n - 1;
  }

  // A lane's neighbouring pixels.
  struct Pixels {
    OfPixels largest, inverse, log_total;
  };

  __device__ __forceinline__ Pixels read(uint32_t i) const {
    Pixels pixel{};
    if constexpr (kActivation == Activation::kSoftmax) {
      load(memory_.largest() + i, pixel.largest);
      load(memory_.inverse() + i, pixel.inverse);
      load(memory_.log_total() + i, pixel.log_total);
    }
    return pixel;
  }

  // Of a class in the cross-entropy, and what a lane's pixels have added to it.
  struct Weights {
    Real of_target, of_all, loss;
  };

  // Adds a class of a lane's pixels to its sums.
  template <TargetKind kKind, bool kEntropy, bool kAllCount>
  __device__ __forceinline__ void add(const ClassGroup& group, const TargetReader<Stored, kKind>& targets, uint32_t k,
                                      uint32_t i, const Pixels& pixel, Real* sums, Weights& weights) const {
    OfPixels x, target = {}, weight = {};  // in the cross-entropy; of sigmoid the smoothed target
    load(memory_.logits(k, i), x);
    if constexpr (!kDerives<kKind>) {
      targets.read(group, k, i, target);
    }
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      if constexpr (kActivation == Activation::kSigmoid) {
        weight[v] = target[v] * label_weight_ + half_smoothing_;
      } else if constexpr (kEntropy) {
        weight[v] = weights.of_target * target[v] + weights.of_all;
      }
    }
    if constexpr (!kAllCount) {  // what does not count takes values that add nothing
      constexpr Real kNothing = kActivation == Activation::kSigmoid ? -static_cast<Real>(INFINITY) : Real{0};
      Code codes[kVector];
      memory_.read_codes(tile_, i, codes);
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        const bool counts = codes[v] < classes_;
        x[v] = counts ? x[v] : kNothing;
        target[v] = counts ? target[v] : Real{0};
        weight[v] = counts ? weight[v] : Real{0};
      }
    }
    Real loss = 0;
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      const Real t = target[v];
      Real p = x[v];
      if constexpr (kActivation == Activation::kSoftmax) {
        const Real difference = x[v] - pixel.largest[v];
        p = exp_of_difference(difference) * pixel.inverse[v];
        if constexpr (kEntropy) {
          loss += scaled(weight[v], pixel.log_total[v] - difference);
        }
      } else if constexpr (kActivation == Activation::kSigmoid) {
        const auto sigmoid = sigmoid_of(x[v]);
        p = sigmoid.value;
        loss += sigmoid.cross_entropy(weight[v], log_of_one_and(sigmoid.exponential));
      }
      if constexpr (kDerives<kKind>) {
        sums[0] += p;
        sums[1] += p * p;
      } else {
        sums[kIntersection] += p * t;
        sums[kPrediction] += p;
        sums[kSquared] += p * p;
        sums[kTarget] += t;
        sums[kTargetSquared] += t * t;
        sums[kDifference] += absolute(p - t);
      }
    }
    if constexpr (kActivation == Activation::kSigmoid) {
      loss *= weights.of_target + 2 * weights.of_all;
    }
    weights.loss += loss;
  }

  // Softmax and labels: what concerns only the label's class. Of the lanes of a warp that have the same label, the
  // first adds their sum to a row of the warp's own.
  __device__ __forceinline__ void add_labels(const ClassGroup& group) const {
    const uint32_t rows = static_cast<uint32_t>(plan_.label_rows);
    const uint32_t row = threadIdx.x / kWarp;
    const uint32_t lane = threadIdx.x % kWarp;
    for (uint32_t window = row; row < rows && window * kWarp < tile_.n; window += rows) {
      const Code* const codes = memory_.code() + window * kWarp;
      const Real* const probabilities = memory_.label() + window * kWarp;
      const Code own = codes[lane];
      Real intersection = 0, count = 0;
      bool leads = own < classes_ && own - static_cast<Code>(group.first) < group.n;
#pragma unroll 2
      for (uint32_t other = 0; other < kWarp; other += 4) {
        Code of_others[4];
        Real of_labels[4];
        load(codes + other, of_others);
        load(probabilities + other, of_labels);
#pragma unroll
        for (uint32_t j = 0; j < 4; ++j) {
          const bool same = of_others[j] == own;
          intersection += same ? of_labels[j] : Real{0};
          count += same ? Real{1} : Real{0};
          leads = leads && !(same && other + j < lane);
        }
      }
      if (leads) {
        Real* const cell = memory_.rows() + 2 * (row * group.n + own - static_cast<Code>(group.first));
        cell[0] += intersection;
        cell[1] += count;
      }
      __syncwarp();
    }
  }

  __device__ __forceinline__ uint32_t label_cells() const {
    return 2 * static_cast<uint32_t>(plan_.label_rows) * static_cast<uint32_t>(plan_.classes);
  }

  // Adds the rows up and clears them.
  __device__ __forceinline__ void add_rows(const ClassGroup& group) const {
    for (uint32_t cell = threadIdx.x; plan_.label_rows > 0 && cell < 2 * group.n; cell += blockDim.x) {
      double sum = 0.0;
      for (uint32_t row = 0; row < static_cast<uint32_t>(plan_.label_rows); ++row) {
        Real& found = memory_.rows()[2 * row * group.n + cell];
        sum += static_cast<double>(found);
        found = 0;
      }
      const int64_t row = cell % 2 == 0 ? kIntersection : kTarget;
      const int64_t k = group.first + cell / 2;
      *sum_at(row, k) = sum_before(row, k) + sum;
    }
  }

  // The sums, and cross-entropy, count and invalid, which are reduced over the lanes, then over the warps.
  __device__ __forceinline__ void write_part() const {
    double* const warp_sums = memory_.template scratch<double>();  // [3, warps]
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
    for (int64_t cell = threadIdx.x; plan_.sums > 0 && cell < rows() * problem_.classes; cell += blockDim.x) {
      *partial_at(cell) = memory_.sums()[cell];
    }
    if (threadIdx.x < 3) {
      double sum = 0.0;
      for (uint32_t warp = 0; warp < warps; ++warp) {
        sum += warp_sums[threadIdx.x * warps + warp];
      }
      *partial_at(rows() * problem_.classes + threadIdx.x) = sum;
    }
    __syncthreads();
  }

  const OverlapForward& given_;
  const OverlapProblem& problem_;
  const OverlapTile& plan_;
  TileMemory<Stored> memory_;
  Code classes_;
  Real label_weight_ = 1;  // sigmoid: what the target's value keeps of itself, and what is added to it
  Real half_smoothing_ = 0;
  OverlapPart part_{};
  Tile tile_{};
  double loss_ = 0.0;
  uint32_t count_ = 0;
  uint32_t invalid_ = 0;
};

template <class Stored, Activation kActivation>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks<Stored, kActivation>)
    overlap_tiles_forward(__grid_constant__ const OverlapForward given) {
  TileSums<Stored, kActivation> sums(given);
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    sums.add_part(part_of(given.partition, given.problem.pixels, index));
  }
}

}  // namespace torchtally::cuda
