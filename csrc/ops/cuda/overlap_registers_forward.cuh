// The forward kernel of overlap_sums where labels meet softmax and the classes are few, the usual case.
#pragma once

#include "ops/cuda/overlap_registers_read.cuh"

namespace torchtally::cuda {

// Sums of a thread over a few pixels in float, of a block in the order of its columns and lanes, of a part in double.
template <int kClasses>
class RegisterSums {
  struct alignas(8) Pair {
    float first;
    float second;
  };
  static constexpr uint32_t kColumns = kRegisterThreads;  // also where there are fewer: offsets are constants
  static constexpr uint32_t kScalarRows = 2;  // behind those of the classes: cross-entropy and count, invalid
  // Rows that a warp folds at once. All, but for the most classes: their sums are twice as many.
  static constexpr int kTogether = kClasses <= 2 ? 1 : kClasses <= 4 ? 2 : kClasses <= 12 ? 4 : 8;

 public:
  __device__ __forceinline__ explicit RegisterSums(int classes) : classes_(static_cast<uint32_t>(classes)) {
    TORCHTALLY_DYNAMIC_SHARED(Pair, shared);
    columns_ = shared;
    for (uint32_t column = threadIdx.x + blockDim.x; column < kColumns; column += blockDim.x) {  // of no thread
      for (uint32_t row = 0; row < classes_ + kScalarRows; ++row) {
        columns_[row * kColumns + column] = {0.0F, 0.0F};
      }
    }
  }

  __device__ __forceinline__ void clear() {
    for_classes<kClasses>(static_cast<int>(classes_), [&](int k, bool exists) {
      prediction_[k] = squared_[k] = 0.0F;
      if (exists) {
        own(static_cast<uint32_t>(k)) = {0.0F, 0.0F};
      }
    });
    loss_ = 0.0F;
    count_ = invalid_ = 0;
  }

  // Of the block, behind all columns.
  __device__ __forceinline__ void* end() const { return columns_ + (classes_ + kScalarRows) * kColumns; }

  __device__ __forceinline__ void add_class(int k, float probability) {
    prediction_[k] += probability;
    squared_[k] += probability * probability;
  }

  // What a pixel adds to its label is in shared memory, where no other thread looks: a label's index is computed.
  __device__ __forceinline__ void add_label(Code label, float probability, float loss) {
    Pair& pair = own(label);
    pair = {pair.first + probability, pair.second + 1.0F};
    loss_ += loss;
    ++count_;
  }

  __device__ __forceinline__ void add_invalid() { ++invalid_; }

  // Adds what the threads have summed to the values of a part, [values] `stride` apart, or writes it there.
  __device__ __forceinline__ void fold(double* values, int64_t stride, bool add) {
    own(classes_) = {loss_, static_cast<float>(count_)};
    own(classes_ + 1) = {static_cast<float>(invalid_), 0.0F};
    fold_rows(classes_ + kScalarRows, [&](uint32_t row, bool second, float sum) {
      const int64_t scalar = kTargetSquared * classes_ + 2 * (row - classes_) + second;
      const int64_t value = row < classes_ ? (second ? kTarget : kIntersection) * classes_ + row : scalar;
      if (row <= classes_ || !second) {
        store(values + value * stride, sum, add);
      }
    });
    for_classes<kClasses>(static_cast<int>(classes_), [&](int k, bool exists) {
      if (exists) {
        own(static_cast<uint32_t>(k)) = {prediction_[k], squared_[k]};
      }
    });
    fold_rows(classes_, [&](uint32_t row, bool second, float sum) {
      store(values + ((second ? kSquared : kPrediction) * classes_ + row) * stride, sum, add);
    });
  }

 private:
  __device__ __forceinline__ Pair& own(uint32_t row) const { return columns_[row * kColumns + threadIdx.x]; }

  static __device__ __forceinline__ void store(double* at, float sum, bool add) {
    *at = static_cast<double>(sum) + (add ? *at : 0.0);
  }

  // Sums of the rows of all columns, a few rows a warp: body(row, whether it is the second of the pairs, sum), each by
  // a lane of its own, because what body does takes longer than the sum.
  template <class Body>
  __device__ __forceinline__ void fold_rows(uint32_t rows, const Body& body) const {
    constexpr int kSums = 2 * kTogether;
    constexpr uint32_t kLanes = kWarp / kSums;  // that come to share a sum
    const uint32_t lane = threadIdx.x % kWarp;
    __syncthreads();
#pragma unroll 1
    for (uint32_t first = threadIdx.x / kWarp * kTogether; first < rows; first += blockDim.x / kWarp * kTogether) {
      float sums[kSums] = {};
#pragma unroll
      for (int j = 0; j < kTogether; ++j) {
        const uint32_t row = first + j < rows ? first + j : first;
#pragma unroll
        for (uint32_t column = 0; column < kColumns; column += kWarp) {
          const Pair pair = columns_[row * kColumns + column + lane];
          sums[2 * j] += pair.first;
          sums[2 * j + 1] += pair.second;
        }
      }
      const float sum = shared_out_sum<kSums>(sums, kWarp);
      const uint32_t row = first + lane / kLanes / 2;
      if (lane % kLanes == 0 && row < rows) {
        body(row, lane / kLanes % 2 != 0, sum);
      }
    }
    __syncthreads();
  }

  uint32_t classes_;
  Pair* columns_;  // [classes + kScalarRows, kColumns]; of a class sum pt and sum t
  float prediction_[kClasses];
  float squared_[kClasses];
  float loss_;
  uint32_t count_;
  uint32_t invalid_;
};

template <class Stored, int kClasses, OverlapAccess kAccess>
__global__ void __launch_bounds__(kRegisterThreads, register_blocks(kClasses))
    overlap_registers_forward(__grid_constant__ const OverlapForward given) {
  using Pixels = RegisterPixels<Stored, kClasses, kAccess>;
  const OverlapProblem& problem = given.problem;
  const OverlapPartition& partition = given.partition;
  const int classes = static_cast<int>(problem.classes);
  const Code out_of_range = static_cast<Code>(classes);
  const auto* const class_terms = static_cast<const ClassTerms<float>*>(given.class_terms);
  const auto* const target_terms = static_cast<const TargetTerms<float>*>(given.target_terms);
  const int64_t values = given.rows * classes + 3;
  const int32_t turns =
      static_cast<int32_t>(partition.fold_pixels < Pixels::kPixels ? 1 : partition.fold_pixels / Pixels::kPixels);
  const int64_t step = int64_t{blockDim.x} * Pixels::kPixels;
  RegisterSums<kClasses> sums(classes);
  Pixels pixels(problem, sums.end());
  for (int64_t index = blockIdx.x; index < partition.parts; index += gridDim.x) {
    const OverlapPart part = part_of(partition, problem.pixels, index);
    double* const partials = given.partials + part.sample * values * partition.parts_per_sample + part.index;
    int64_t of_block = part.begin;
    while (of_block < part.end) {
      const bool add = of_block > part.begin;
      sums.clear();
#pragma unroll 1
      for (int32_t turn = 0; turn < turns && of_block < part.end; ++turn, of_block += step) {
        if (!pixels.read(part.sample, of_block, part.end)) {
          continue;
        }
#pragma unroll
        for (int q = 0; q < Pixels::kPixels; ++q) {
          const Code label = pixels.code[q];
          if (label == out_of_range) {
            sums.add_invalid();
          }
          if (label >= out_of_range) {
            continue;
          }
          float x[kClasses];
          float of_label = pixels.take(q, x);
          const float largest = largest_of(x);
          of_label -= largest;
#pragma unroll
          for (int k = 0; k < kClasses; ++k) {
            x[k] -= largest;
          }
          float smoothing_loss = 0.0F;
          float smoothing_sum = 0.0F;
          if (given.smooth) {
            for_classes<kClasses>(classes, [&](int k, bool exists) {
              if (exists) {
                const float smoothing =
                    given.weighted ? class_terms[k].smoothing : static_cast<float>(given.smoothing_weight);
                smoothing_loss -= smoothing * x[k];
                smoothing_sum += smoothing;
              }
            });
          }
          float total = 0.0F;
#pragma unroll
          for (int k = 0; k < kClasses; ++k) {
            x[k] = exp_of_difference(x[k]);
            total += x[k];
          }
          const float inverse = approximate_reciprocal(total);
          const float log_total = log_of_total<Stored>(total);
          const float weight = given.weighted ? target_terms[label].weight : given.float_target_weight;
#pragma unroll
          for (int k = 0; k < kClasses; ++k) {
            sums.add_class(k, x[k] * inverse);
          }
          sums.add_label(label, exp_of_difference(of_label) * inverse,
                         weight * (log_total - of_label) + (smoothing_sum * log_total + smoothing_loss));
        }
      }
      sums.fold(partials, partition.parts_per_sample, add);
    }
  }
}

}  // namespace torchtally::cuda
