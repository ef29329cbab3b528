// The forward kernel of overlap_sums where labels meet softmax and the classes are few, the usual case.
#pragma once

#include "ops/cuda/overlap_registers_read.cuh"

namespace torchtally::cuda {

// Sums of a thread over a few pixels in float, of a block in the order of its warps, of a part in double.
template <int kClasses>
class RegisterSums {
  enum : uint32_t { kLoss, kCount, kInvalid, kScalars };
  static constexpr uint32_t kSummedRows = kTargetSquared;  // of the classes; behind them come the scalars

 public:
  __device__ __forceinline__ RegisterSums(int classes)
      : classes_(static_cast<uint32_t>(classes)),
        values_(kSummedRows * classes_ + kScalars),
        warps_(blockDim.x / kWarp) {
    TORCHTALLY_DYNAMIC_SHARED(double, shared);
    totals_ = shared;
    warp_sums_ = reinterpret_cast<float*>(totals_ + values_);
    intersection_ = warp_sums_ + values_ * warps_ + threadIdx.x;
    target_ = intersection_ + classes_ * blockDim.x;
    scalars_ = target_ + classes_ * blockDim.x;
  }

  // Of the block, behind all columns.
  __device__ __forceinline__ void* end() const { return scalars_ - threadIdx.x + kScalars * blockDim.x; }

  __device__ __forceinline__ void start_part() {
    for (uint32_t v = threadIdx.x; v < values_; v += blockDim.x) {
      totals_[v] = 0.0;
    }
    clear();
  }

  __device__ __forceinline__ void add_class(int k, float probability) {
    prediction_[k] += probability;
    squared_[k] += probability * probability;
  }

  // What a pixel adds to once is in shared memory, where no other thread looks: registers are short, and a label's
  // index is computed.
  __device__ __forceinline__ void add_label(Code label, float probability, float loss) {
    intersection_[label * blockDim.x] += probability;
    target_[label * blockDim.x] += 1.0F;
    scalars_[kLoss * blockDim.x] += loss;
    scalars_[kCount * blockDim.x] += 1.0F;
  }

  __device__ __forceinline__ void add_invalid() { scalars_[kInvalid * blockDim.x] += 1.0F; }

  // Adds what the threads have summed to the totals.
  __device__ __forceinline__ void fold() {
    for_classes<kClasses>(static_cast<int>(classes_), [&](int k) {
      const uint32_t label = static_cast<uint32_t>(k);
      store_warp_sum(kIntersection, label, intersection_[label * blockDim.x]);
      store_warp_sum(kPrediction, label, prediction_[k]);
      store_warp_sum(kSquared, label, squared_[k]);
      store_warp_sum(kTarget, label, target_[label * blockDim.x]);
    });
    for (uint32_t i = 0; i < kScalars; ++i) {
      store_warp_sum(kSummedRows, i, scalars_[i * blockDim.x]);
    }
    __syncthreads();
    for (uint32_t v = threadIdx.x; v < values_; v += blockDim.x) {
      double sum = 0.0;
      for (uint32_t warp = 0; warp < warps_; ++warp) {
        sum += static_cast<double>(warp_sums_[v * warps_ + warp]);
      }
      totals_[v] += sum;
    }
    __syncthreads();
    clear();
  }

  // A thread writes the totals that it added up.
  __device__ __forceinline__ void write(double* partials, const OverlapPart& part, int64_t parts_per_sample) const {
    for (uint32_t v = threadIdx.x; v < values_; v += blockDim.x) {
      partials[(part.sample * values_ + v) * parts_per_sample + part.index] = totals_[v];
    }
  }

 private:
  __device__ __forceinline__ void store_warp_sum(uint32_t row, uint32_t label, float value) const {
    const float sum = warp_sum(value);
    if (threadIdx.x % kWarp == 0) {
      warp_sums_[(row * classes_ + label) * warps_ + threadIdx.x / kWarp] = sum;
    }
  }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int k = 0; k < kClasses; ++k) {
      prediction_[k] = squared_[k] = 0.0F;
    }
    for (uint32_t k = 0; k < classes_; ++k) {
      intersection_[k * blockDim.x] = target_[k * blockDim.x] = 0.0F;
    }
    for (uint32_t i = 0; i < kScalars; ++i) {
      scalars_[i * blockDim.x] = 0.0F;
    }
  }

  uint32_t classes_;
  uint32_t values_;
  uint32_t warps_;
  double* totals_;       // [values]
  float* warp_sums_;     // [values, warps]
  float* intersection_;  // [classes, threads], the column of this thread
  float* target_;        // the same
  float* scalars_;       // [kScalars, threads], the same
  float prediction_[kClasses];
  float squared_[kClasses];
};

template <class Stored, int kClasses>
__global__ void __launch_bounds__(kRegisterThreads, kRegisterBlocks<kClasses>)
    overlap_registers_forward(__grid_constant__ const OverlapForward given) {
  constexpr int kPixels = kRegisterPixels<kClasses>;
  const OverlapProblem& problem = given.problem;
  const int classes = static_cast<int>(problem.classes);
  const Code out_of_range = static_cast<Code>(classes);
  const auto* const class_terms = static_cast<const ClassTerms<float>*>(given.class_terms);
  const auto* const target_terms = static_cast<const TargetTerms<float>*>(given.target_terms);
  const bool smooth = problem.label_smoothing != 0.0;
  const int64_t step = int64_t{blockDim.x} * kPixels;
  RegisterSums<kClasses> sums(classes);
  const WarpTranspose<Stored> transpose(given.partition.staged ? sums.end() : nullptr, classes);
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.partition, problem.pixels, index);
    sums.start_part();
    for (int64_t begin = part.begin; begin < part.end; begin += given.partition.fold_pixels * blockDim.x) {
      const int64_t left = part.end - begin;
      const int64_t chunk = given.partition.fold_pixels * blockDim.x;
      const int64_t end = begin + (left < chunk ? left : chunk);
      // All lanes of a warp go on while one of them has a pixel.
#pragma unroll 1
      for (int64_t first = begin + threadIdx.x; first - threadIdx.x % kWarp < end; first += step) {
        RegisterPixels<Stored, kClasses, kPixels> pixels;
        pixels.read(problem, {part.sample, part.index, part.begin, end}, first, transpose);
#pragma unroll
        for (int q = 0; q < kPixels; ++q) {
          const Code label = pixels.code[q];
          if (label == out_of_range) {
            sums.add_invalid();
          }
          if (label >= out_of_range) {
            continue;
          }
          const float largest = pixels.largest(q, classes);
          const float label_shifted = pixels.label_logit[q] - largest;
          float smoothing_loss = 0.0F;
          float smoothing_sum = 0.0F;
          if (smooth) {
            for_classes<kClasses>(classes, [&](int k) {
              const float smoothing =
                  class_terms == nullptr ? static_cast<float>(given.smoothing_weight) : class_terms[k].smoothing;
              smoothing_loss -= smoothing * (pixels.logit[q][k] - largest);
              smoothing_sum += smoothing;
            });
          }
          float total = 0.0F;
          for_classes<kClasses>(classes, [&](int k) {
            pixels.logit[q][k] = exp_of<Stored>(pixels.logit[q][k] - largest);
            total += pixels.logit[q][k];
          });
          const float inverse = 1.0F / total;
          const float log_total = log_of(total);
          const float weight =
              target_terms == nullptr ? static_cast<float>(given.target_weight) : target_terms[label].weight;
          for_classes<kClasses>(classes, [&](int k) { sums.add_class(k, pixels.logit[q][k] * inverse); });
          sums.add_label(label, exp_of<Stored>(label_shifted) * inverse,
                         weight * (log_total - label_shifted) + (smoothing_sum * log_total + smoothing_loss));
        }
      }
      sums.fold();
    }
    sums.write(given.partials, part, given.partition.parts_per_sample);
  }
}

}  // namespace torchtally::cuda
