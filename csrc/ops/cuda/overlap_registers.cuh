// Device code of overlap_sums where labels meet softmax and the classes are few, the usual case: a thread holds all
// classes of a pixel in registers, so that the logits are read once.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

// Calls body(k) for every class, unrolled, so that k may index registers. It stops where the classes end: asking in
// each step whether there are so many keeps the answers in registers.
template <int kClasses, class Body>
__device__ __forceinline__ void for_classes(int classes, const Body& body) {
#pragma unroll
  for (int k = 0; k < kClasses; ++k) {
    if (k >= classes) {
      break;
    }
    body(k);
  }
}

// The classes of kPixels pixels, those past the last class left as they are.
template <class Stored, int kClasses, int kPixels>
struct RegisterPixels {
  Code code[kPixels];
  float logit[kPixels][kClasses];
  int64_t at[kPixels];  // of class 0 in the input

  // Pixels first, first + blockDim.x, ...; one past the end reads another one, for nothing.
  __device__ __forceinline__ void read(const OverlapProblem& problem, const OverlapPart& part, int64_t first) {
    const OverlapOperand& input = problem.input;
    const int classes = static_cast<int>(problem.classes);
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      const int64_t wanted = first + int64_t{blockDim.x} * q;
      const int64_t pixel = wanted < part.end ? wanted : part.begin;
      at[q] = part.sample * input.sample_stride + pixel * input.pixel_stride;
      code[q] = overlap_code(problem, part.sample, pixel);
      code[q] = wanted < part.end ? code[q] : static_cast<Code>(problem.classes) + 1;
    }
    // One offset that moves on, because one for each class would take twice the registers of the logits.
    int64_t from[kPixels];
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      from[q] = at[q];
    }
    for_classes<kClasses>(classes, [&](int k) {
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        logit[q][k] = number_at<float, Stored>(input.data, from[q]);
        from[q] += input.class_stride;
      }
    });
  }

  __device__ __forceinline__ float largest(int q, int classes) const {
    float top = logit[q][0];
    for_classes<kClasses>(classes, [&](int k) { top = logit[q][k] > top ? logit[q][k] : top; });
    return top;
  }
};

// Sums of a thread over a few pixels in float, of a block in the order of its warps, of a part in double.
template <int kClasses>
class RegisterSums {
  enum : uint32_t { kLoss, kCount, kInvalid, kRest };
  static constexpr uint32_t kSummedRows = kTargetSquared;  // behind the rows of the classes comes the rest

 public:
  __device__ __forceinline__ RegisterSums(int classes)
      : classes_(static_cast<uint32_t>(classes)), values_(kSummedRows * classes_ + kRest), warps_(blockDim.x / kWarp) {
    TORCHTALLY_DYNAMIC_SHARED(double, shared);
    totals_ = shared;
    of_warps_ = reinterpret_cast<float*>(totals_ + values_);
    hits_ = of_warps_ + values_ * warps_ + threadIdx.x;
    targets_ = hits_ + classes_ * blockDim.x;
    rest_ = targets_ + classes_ * blockDim.x;
  }

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
    hits_[label * blockDim.x] += probability;
    targets_[label * blockDim.x] += 1.0F;
    rest_[kLoss * blockDim.x] += loss;
    rest_[kCount * blockDim.x] += 1.0F;
  }

  __device__ __forceinline__ void add_invalid() { rest_[kInvalid * blockDim.x] += 1.0F; }

  // Adds what the threads have summed to the totals.
  __device__ __forceinline__ void fold() {
    for_classes<kClasses>(static_cast<int>(classes_), [&](int k) {
      const uint32_t label = static_cast<uint32_t>(k);
      give(kIntersection, label, hits_[label * blockDim.x]);
      give(kPrediction, label, prediction_[k]);
      give(kSquared, label, squared_[k]);
      give(kTarget, label, targets_[label * blockDim.x]);
    });
    for (uint32_t i = 0; i < kRest; ++i) {
      give(kSummedRows, i, rest_[i * blockDim.x]);
    }
    __syncthreads();
    for (uint32_t v = threadIdx.x; v < values_; v += blockDim.x) {
      double sum = 0.0;
      for (uint32_t warp = 0; warp < warps_; ++warp) {
        sum += static_cast<double>(of_warps_[v * warps_ + warp]);
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
  __device__ __forceinline__ void give(uint32_t row, uint32_t label, float value) const {
    const float sum = warp_sum(value);
    if (threadIdx.x % kWarp == 0) {
      of_warps_[(row * classes_ + label) * warps_ + threadIdx.x / kWarp] = sum;
    }
  }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int k = 0; k < kClasses; ++k) {
      prediction_[k] = squared_[k] = 0.0F;
    }
    for (uint32_t k = 0; k < classes_; ++k) {
      hits_[k * blockDim.x] = targets_[k * blockDim.x] = 0.0F;
    }
    for (uint32_t i = 0; i < kRest; ++i) {
      rest_[i * blockDim.x] = 0.0F;
    }
  }

  uint32_t classes_;
  uint32_t values_;
  uint32_t warps_;
  double* totals_;   // [values]
  float* of_warps_;  // [values, warps]
  float* hits_;      // [classes, threads], the column of this thread
  float* targets_;   // the same
  float* rest_;      // [kRest, threads], the same
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
  const auto* const of_classes = static_cast<const ClassTerms<float>*>(given.classes);
  const auto* const of_hits = static_cast<const HitTerms<float>*>(given.hits);
  const bool smooth = problem.label_smoothing != 0.0;
  const int64_t step = int64_t{blockDim.x} * kPixels;
  RegisterSums<kClasses> sums(classes);
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.cut, problem.pixels, index);
    sums.start_part();
    for (int64_t begin = part.begin; begin < part.end; begin += given.cut.fold_pixels * blockDim.x) {
      const int64_t rest = part.end - begin;
      const int64_t chunk = given.cut.fold_pixels * blockDim.x;
      const int64_t end = begin + (rest < chunk ? rest : chunk);
#pragma unroll 1
      for (int64_t first = begin + threadIdx.x; first < end; first += step) {
        RegisterPixels<Stored, kClasses, kPixels> pixels;
        pixels.read(problem, {part.sample, part.index, part.begin, end}, first);
#pragma unroll
        for (int q = 0; q < kPixels; ++q) {
          const Code label = pixels.code[q];
          if (label == out_of_range) {
            sums.add_invalid();
          }
          if (label >= out_of_range) {
            continue;
          }
          const float top = pixels.largest(q, classes);
          // Read again, from L1: an index that is computed would put the registers into memory.
          const int64_t label_at = pixels.at[q] + static_cast<int64_t>(label) * problem.input.class_stride;
          const float below = number_at<float, Stored>(problem.input.data, label_at) - top;
          float away = 0.0F;
          float all_even = 0.0F;
          if (smooth) {
            for_classes<kClasses>(classes, [&](int k) {
              const float even = of_classes == nullptr ? static_cast<float>(given.even) : of_classes[k].even;
              away -= even * (pixels.logit[q][k] - top);
              all_even += even;
            });
          }
          float total = 0.0F;
          for_classes<kClasses>(classes, [&](int k) {
            pixels.logit[q][k] = exp_of<Stored>(pixels.logit[q][k] - top);
            total += pixels.logit[q][k];
          });
          const float inverse = 1.0F / total;
          const float log_total = log_of(total);
          const float weight = of_hits == nullptr ? static_cast<float>(given.weight) : of_hits[label].weight;
          for_classes<kClasses>(classes, [&](int k) { sums.add_class(k, pixels.logit[q][k] * inverse); });
          sums.add_label(label, exp_of<Stored>(below) * inverse,
                         weight * (log_total - below) + (all_even * log_total + away));
        }
      }
      sums.fold();
    }
    sums.write(given.partials, part, given.cut.parts_per_sample);
  }
}

// dx_k = p_k (base + constant_k + linear_k p_k) - even_k, and for the label p slope - weight on top;
// base = sum of the weights - sum p g.
template <class Stored, int kClasses>
__global__ void __launch_bounds__(kRegisterThreads, kRegisterBlocks<kClasses>)
    overlap_registers_backward(__grid_constant__ const OverlapBackward given) {
  constexpr int kPixels = kRegisterPixels<kClasses>;
  const OverlapProblem& problem = given.problem;
  const int classes = static_cast<int>(problem.classes);
  const int64_t step = int64_t{blockDim.x} * kPixels;
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.cut, problem.pixels, index);
    const auto* const terms = static_cast<const ClassTerms<float>*>(given.classes) + part.sample * classes;
    const auto* const hits = static_cast<const HitTerms<float>*>(given.hits) + part.sample * classes;
#pragma unroll 1
    for (int64_t first = part.begin + threadIdx.x; first < part.end; first += step) {
      RegisterPixels<Stored, kClasses, kPixels> pixels;
      pixels.read(problem, part, first);
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const Code label = pixels.code[q];
        const int64_t pixel = first + int64_t{blockDim.x} * q;
        if (pixel >= part.end) {
          continue;
        }
        const bool counted = label < static_cast<Code>(classes);
        const HitTerms<float> hit = hits[counted ? label : 0];
        const float top = pixels.largest(q, classes);
        float total = 0.0F;
        float linear = 0.0F;
        float squares = 0.0F;
        float weights = hit.weight;
        float power_of_label = 0.0F;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> of_class = terms[k];
          const float power = exp_of<Stored>(pixels.logit[q][k] - top);
          pixels.logit[q][k] = power;
          total += power;
          linear += of_class.constant * power;
          squares += of_class.linear * power * power;
          weights += of_class.even;
          power_of_label = static_cast<Code>(k) == label ? power : power_of_label;
        });
        linear += hit.slope * power_of_label;
        const float inverse = 1.0F / total;
        const float base = weights - (linear + squares * inverse) * inverse;
        int64_t to = part.sample * given.gradient.sample_stride + pixel * given.gradient.pixel_stride;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> of_class = terms[k];
          const float p = pixels.logit[q][k] * inverse;
          float value = p * (base + of_class.constant + of_class.linear * p) - of_class.even;
          if (static_cast<Code>(k) == label) {
            value += hit.slope * p - hit.weight;
          }
          static_cast<Stored*>(given.data)[to] = static_cast<Stored>(counted ? value : 0.0F);
          to += given.gradient.class_stride;
        });
      }
    }
  }
}

}  // namespace torchtally::cuda
