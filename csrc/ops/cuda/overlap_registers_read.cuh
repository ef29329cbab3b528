// How overlap_sums reads pixels into registers where labels meet softmax and the classes are few: a thread holds all
// classes of a pixel, so that the logits are read once.
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

// Transposes the classes of a warp's pixels through shared memory where they lie together (channels_last): memory is
// read and written in its order, and a thread takes its pixel's classes here. Rows have an odd number of elements,
// which keeps lanes on different banks.
template <class Stored>
class WarpTranspose {
 public:
  // `memory` is that of the block; nullptr: every thread reads and writes its pixels itself.
  __device__ __forceinline__ WarpTranspose(void* memory, int classes)
      : classes_(static_cast<uint32_t>(classes)), row_length_(classes_ | 1), rows_(nullptr) {
    if (memory != nullptr) {
      rows_ = static_cast<Stored*>(memory) + threadIdx.x / kWarp * kWarp * row_length_;
    }
  }

  __device__ __forceinline__ bool is_used() const { return rows_ != nullptr; }
  __device__ __forceinline__ Stored* lane_row() const { return rows_ + threadIdx.x % kWarp * row_length_; }

  // All lanes of the warp. `pixels` rows that follow each other from `from` on.
  __device__ __forceinline__ void load(const Stored* from, int64_t pixels) const {
    for_elements(pixels, [&](uint32_t element, uint32_t cell) { rows_[cell] = from[element]; });
    __syncwarp();
  }
  __device__ __forceinline__ void store(Stored* to, int64_t pixels) const {
    __syncwarp();
    for_elements(pixels, [&](uint32_t element, uint32_t cell) { to[element] = rows_[cell]; });
    __syncwarp();
  }

 private:
  template <class Body>
  __device__ __forceinline__ void for_elements(int64_t pixels, const Body& body) const {
    const uint32_t lane = threadIdx.x % kWarp;
    const uint32_t elements = pixels <= 0 ? 0 : (pixels < kWarp ? static_cast<uint32_t>(pixels) : kWarp) * classes_;
    uint32_t row = lane / classes_;
    uint32_t column = lane % classes_;
    const uint32_t rows = kWarp / classes_;
    const uint32_t columns = kWarp % classes_;
#pragma unroll 8
    for (uint32_t element = lane; element < elements; element += kWarp) {
      body(element, row * row_length_ + column);
      column += columns;
      row += rows + (column >= classes_ ? 1 : 0);
      column -= column >= classes_ ? classes_ : 0;
    }
  }

  uint32_t classes_;
  uint32_t row_length_;
  Stored* rows_;  // [kWarp, row_length_]
};

// The classes of kPixels pixels, those past the last class left as they are.
template <class Stored, int kClasses, int kPixels>
struct RegisterPixels {
  Code code[kPixels];
  float logit[kPixels][kClasses];
  float label_logit[kPixels];  // the label's logit, looked up where an index may be computed

  // Pixels first, first + blockDim.x, ...; one past the end reads another one, for nothing.
  __device__ __forceinline__ void read(const OverlapProblem& problem, const OverlapPart& part, int64_t first,
                                       const WarpTranspose<Stored>& transpose) {
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
    if (transpose.is_used()) {
      const int64_t of_warp = first - threadIdx.x % kWarp;
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const int64_t from = of_warp + int64_t{blockDim.x} * q;
        transpose.load(data + part.sample * input.sample_stride + from * input.pixel_stride, part.end - from);
        const Stored* const row = transpose.lane_row();
        for_classes<kClasses>(classes, [&](int k) { logit[q][k] = static_cast<float>(row[k]); });
        label_logit[q] = static_cast<float>(row[label_or_first(q, classes)]);
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
      label_logit[q] = static_cast<float>(data[at[q] + label_or_first(q, classes) * input.class_stride]);
    }
  }

  __device__ __forceinline__ float largest(int q, int classes) const {
    float found = logit[q][0];
    for_classes<kClasses>(classes, [&](int k) { found = logit[q][k] > found ? logit[q][k] : found; });
    return found;
  }

 private:
  __device__ __forceinline__ int64_t label_or_first(int q, int classes) const {
    return code[q] < static_cast<Code>(classes) ? static_cast<int64_t>(code[q]) : 0;
  }
};

}  // namespace torchtally::cuda
