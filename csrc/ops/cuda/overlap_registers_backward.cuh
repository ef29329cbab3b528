// The backward kernel of overlap_sums where labels meet softmax and the classes are few, the usual case.
#pragma once

#include "ops/cuda/overlap_registers_read.cuh"

namespace torchtally::cuda {

// Terms of a few classes at a time: kept from one loop to the next, or all read ahead, they would take more registers
// than the logits.
__device__ __forceinline__ ClassTerms<float> terms_of(const ClassTerms<float>* terms, int k) {
  constexpr int kAhead = 8;
  if (k % kAhead == 0) {
    __syncwarp();
  }
  return terms[k];
}

// dx_k = p_k (base + constant_k + linear_k p_k) - smoothing_k, and for the label p slope - weight on top;
// base = sum of the weights - sum p g.
template <class Stored, int kClasses, OverlapAccess kAccess>
__global__ void __launch_bounds__(kRegisterThreads, register_blocks(kClasses))
    overlap_registers_backward(__grid_constant__ const OverlapBackward given) {
  using Pixels = RegisterPixels<Stored, kClasses, kAccess>;
  constexpr int kPixels = Pixels::kPixels;
  const OverlapProblem& problem = given.problem;
  const int classes = static_cast<int>(problem.classes);
  TORCHTALLY_DYNAMIC_SHARED(ClassTerms<float>, class_terms);  // of the sample, 0 where the class does not exist
  auto* const target_terms = reinterpret_cast<TargetTerms<float>*>(class_terms + kClasses);
  Pixels pixels(problem, target_terms + kClasses + kClasses % 2);  // aligned for chunks
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.partition, problem.pixels, index);
    __syncthreads();
    if (threadIdx.x < kClasses) {
      const int64_t at = part.sample * classes + threadIdx.x;
      const bool exists = static_cast<int>(threadIdx.x) < classes;
      class_terms[threadIdx.x] =
          exists ? static_cast<const ClassTerms<float>*>(given.class_terms)[at] : ClassTerms<float>{};
      target_terms[threadIdx.x] =
          exists ? static_cast<const TargetTerms<float>*>(given.target_terms)[at] : TargetTerms<float>{};
    }
    __syncthreads();
    float smoothing_sum = 0.0F;
    for (int k = 0; k < classes; ++k) {
      smoothing_sum += class_terms[k].smoothing;
    }
#pragma unroll 1
    for (int64_t first = part.begin; first < part.end; first += int64_t{blockDim.x} * kPixels) {
      if (!pixels.read(part.sample, first, part.end)) {
        break;
      }
      float x[kPixels][kClasses];
      float of_label[kPixels], largest[kPixels], total[kPixels], linear[kPixels], squares[kPixels];
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        of_label[q] = pixels.take(q, x[q]);
        largest[q] = largest_of(x[q]);
        total[q] = linear[q] = squares[q] = 0.0F;
      }
#pragma unroll
      for (int k = 0; k < kClasses; ++k) {
        const ClassTerms<float> terms = terms_of(class_terms, k);
#pragma unroll
        for (int q = 0; q < kPixels; ++q) {
          x[q][k] = exp_of_difference(x[q][k] - largest[q]);
          total[q] += x[q][k];
          linear[q] += terms.constant * x[q][k];
          squares[q] += terms.linear * x[q][k] * x[q][k];
        }
      }
      float base[kPixels];
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const Code label = pixels.code[q];
        const TargetTerms<float> terms = target_terms[label < static_cast<Code>(classes) ? label : 0];
        const float inverse = approximate_reciprocal(total[q]);
        const float sloped = terms.slope * exp_of_difference(of_label[q] - largest[q]);
        base[q] = smoothing_sum + terms.weight - (linear[q] + sloped + squares[q] * inverse) * inverse;
        of_label[q] = sloped * inverse - terms.weight;
        total[q] = inverse;
      }
#pragma unroll
      for (int k = 0; k < kClasses; ++k) {
        const ClassTerms<float> terms = terms_of(class_terms, k);
#pragma unroll
        for (int q = 0; q < kPixels; ++q) {
          const float p = x[q][k] * total[q];
          float value = p * (base[q] + terms.constant + terms.linear * p) - terms.smoothing;
          value += static_cast<Code>(k) == pixels.code[q] ? of_label[q] : 0.0F;
          x[q][k] = pixels.code[q] < static_cast<Code>(classes) ? value : 0.0F;
        }
      }
      pixels.write(x, given.gradient, given.data, part.sample, first);
    }
  }
}

}  // namespace torchtally::cuda
