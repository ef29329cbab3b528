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

// Shared memory of a warp through which the classes of its pixels pass where they lie together (channels_last): memory
// is read and written in its order, and a thread takes its pixel's classes here. Rows have an odd number of elements,
// which keeps lanes on different banks.
template <class Stored>
class RegisterStage {
 public:
  // `memory` is that of the block; nullptr: every thread reads and writes its pixels itself.
  __device__ __forceinline__ RegisterStage(void* memory, int classes)
      : classes_(static_cast<uint32_t>(classes)), row_(classes_ | 1), rows_(nullptr) {
    if (memory != nullptr) {
      rows_ = static_cast<Stored*>(memory) + threadIdx.x / kWarp * kWarp * row_;
    }
  }

  __device__ __forceinline__ bool is_used() const { return rows_ != nullptr; }
  __device__ __forceinline__ Stored* mine() const { return rows_ + threadIdx.x % kWarp * row_; }

  // All lanes of the warp. `pixels` rows that follow each other from `from` on.
  __device__ __forceinline__ void fill(const Stored* from, int64_t pixels) const {
    move(pixels, [&](uint32_t element, uint32_t place) { rows_[place] = from[element]; });
    __syncwarp();
  }
  __device__ __forceinline__ void empty(Stored* to, int64_t pixels) const {
    __syncwarp();
    move(pixels, [&](uint32_t element, uint32_t place) { to[element] = rows_[place]; });
    __syncwarp();
  }

 private:
  template <class Body>
  __device__ __forceinline__ void move(int64_t pixels, const Body& body) const {
    const uint32_t lane = threadIdx.x % kWarp;
    const uint32_t elements = pixels <= 0 ? 0 : (pixels < kWarp ? static_cast<uint32_t>(pixels) : kWarp) * classes_;
    uint32_t row = lane / classes_;
    uint32_t column = lane % classes_;
    const uint32_t rows = kWarp / classes_;
    const uint32_t columns = kWarp % classes_;
#pragma unroll 8
    for (uint32_t element = lane; element < elements; element += kWarp) {
      body(element, row * row_ + column);
      column += columns;
      row += rows + (column >= classes_ ? 1 : 0);
      column -= column >= classes_ ? classes_ : 0;
    }
  }

  uint32_t classes_;
  uint32_t row_;
  Stored* rows_;  // [kWarp, row_]
};

// The classes of kPixels pixels, those past the last class left as they are.
template <class Stored, int kClasses, int kPixels>
struct RegisterPixels {
  Code code[kPixels];
  float logit[kPixels][kClasses];
  float of_label[kPixels];  // the label's logit, looked up where an index may be computed

  // Pixels first, first + blockDim.x, ...; one past the end reads another one, for nothing.
  __device__ __forceinline__ void read(const OverlapProblem& problem, const OverlapPart& part, int64_t first,
                                       const RegisterStage<Stored>& stage) {
    const OverlapOperand& input = problem.input;
    const Stored* const data = static_cast<const Stored*>(input.data);
    const int classes = static_cast<int>(problem.classes);
    int64_t at[kPixels];
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      const int64_t wanted = first + int64_t{blockDim.x} * q;
      const int64_t pixel = wanted < part.end ? wanted : part.begin;
      at[q] = part.sample * input.sample_stride + pixel * input.pixel_stride;
      code[q] = overlap_code(problem, part.sample, pixel);
      code[q] = wanted < part.end ? code[q] : static_cast<Code>(classes) + 1;
    }
    if (stage.is_used()) {
      const int64_t of_warp = first - threadIdx.x % kWarp;
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const int64_t from = of_warp + int64_t{blockDim.x} * q;
        stage.fill(data + part.sample * input.sample_stride + from * input.pixel_stride, part.end - from);
        const Stored* const mine = stage.mine();
        for_classes<kClasses>(classes, [&](int k) { logit[q][k] = static_cast<float>(mine[k]); });
        of_label[q] = static_cast<float>(mine[label_or_first(q, classes)]);
        __syncwarp();
      }
      return;
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
        logit[q][k] = static_cast<float>(data[from[q]]);
        from[q] += input.class_stride;
      }
    });
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {  // again, from L1
      of_label[q] = static_cast<float>(data[at[q] + label_or_first(q, classes) * input.class_stride]);
    }
  }

  __device__ __forceinline__ float largest(int q, int classes) const {
    float top = logit[q][0];
    for_classes<kClasses>(classes, [&](int k) { top = logit[q][k] > top ? logit[q][k] : top; });
    return top;
  }

 private:
  __device__ __forceinline__ int64_t label_or_first(int q, int classes) const {
    return code[q] < static_cast<Code>(classes) ? static_cast<int64_t>(code[q]) : 0;
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

  // Of the block, behind all columns.
  __device__ __forceinline__ void* end() const { return rest_ - threadIdx.x + kRest * blockDim.x; }

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
  const RegisterStage<Stored> stage(given.cut.staged ? sums.end() : nullptr, classes);
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.cut, problem.pixels, index);
    sums.start_part();
    for (int64_t begin = part.begin; begin < part.end; begin += given.cut.fold_pixels * blockDim.x) {
      const int64_t rest = part.end - begin;
      const int64_t chunk = given.cut.fold_pixels * blockDim.x;
      const int64_t end = begin + (rest < chunk ? rest : chunk);
      // All lanes of a warp go on while one of them has a pixel.
#pragma unroll 1
      for (int64_t first = begin + threadIdx.x; first - threadIdx.x % kWarp < end; first += step) {
        RegisterPixels<Stored, kClasses, kPixels> pixels;
        pixels.read(problem, {part.sample, part.index, part.begin, end}, first, stage);
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
          const float below = pixels.of_label[q] - top;
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
  const OverlapOperand& to = given.gradient;
  Stored* const data = static_cast<Stored*>(given.data);
  const int classes = static_cast<int>(problem.classes);
  const int64_t step = int64_t{blockDim.x} * kPixels;
  TORCHTALLY_DYNAMIC_SHARED(double, shared);
  const RegisterStage<Stored> stage(given.cut.staged ? shared : nullptr, classes);
  const bool rows = stage.is_used() && to.class_stride == 1 && to.pixel_stride == classes;
  for (int64_t index = blockIdx.x; index < given.cut.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.cut, problem.pixels, index);
    const auto* const terms = static_cast<const ClassTerms<float>*>(given.classes) + part.sample * classes;
    const auto* const hits = static_cast<const HitTerms<float>*>(given.hits) + part.sample * classes;
#pragma unroll 1
    for (int64_t first = part.begin + threadIdx.x; first - threadIdx.x % kWarp < part.end; first += step) {
      RegisterPixels<Stored, kClasses, kPixels> pixels;
      pixels.read(problem, part, first, stage);
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const Code label = pixels.code[q];
        const bool counted = label < static_cast<Code>(classes);
        const HitTerms<float> hit = hits[counted ? label : 0];
        const float top = pixels.largest(q, classes);
        float total = 0.0F;
        float linear = 0.0F;
        float squares = 0.0F;
        float weights = hit.weight;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> of_class = terms[k];
          const float power = exp_of<Stored>(pixels.logit[q][k] - top);
          pixels.logit[q][k] = power;
          total += power;
          linear += of_class.constant * power;
          squares += of_class.linear * power * power;
          weights += of_class.even;
        });
        linear += hit.slope * exp_of<Stored>(pixels.of_label[q] - top);
        const float inverse = 1.0F / total;
        const float base = weights - (linear + squares * inverse) * inverse;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> of_class = terms[k];
          const float p = pixels.logit[q][k] * inverse;
          float value = p * (base + of_class.constant + of_class.linear * p) - of_class.even;
          if (static_cast<Code>(k) == label) {
            value += hit.slope * p - hit.weight;
          }
          pixels.logit[q][k] = counted ? value : 0.0F;
        });
        const int64_t pixel = first + int64_t{blockDim.x} * q;
        if (rows) {
          Stored* const mine = stage.mine();
          for_classes<kClasses>(classes, [&](int k) { mine[k] = static_cast<Stored>(pixels.logit[q][k]); });
          const int64_t of_warp = pixel - threadIdx.x % kWarp;
          stage.empty(data + part.sample * to.sample_stride + of_warp * to.pixel_stride, part.end - of_warp);
        } else if (pixel < part.end) {
          int64_t at = part.sample * to.sample_stride + pixel * to.pixel_stride;
          for_classes<kClasses>(classes, [&](int k) {
            data[at] = static_cast<Stored>(pixels.logit[q][k]);
            at += to.class_stride;
          });
        }
      }
    }
  }
}

}  // namespace torchtally::cuda
