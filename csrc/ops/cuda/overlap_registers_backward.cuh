// The backward kernel of overlap_sums where labels meet softmax and the classes are few, the usual case.
#pragma once

#include "ops/cuda/overlap_registers_read.cuh"

namespace torchtally::cuda {

// dx_k = p_k (base + constant_k + linear_k p_k) - smoothing_k, and for the label p slope - weight on top;
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
  const WarpTranspose<Stored> transpose(given.partition.staged ? shared : nullptr, classes);
  const bool transposed = transpose.is_used() && to.class_stride == 1 && to.pixel_stride == classes;
  for (int64_t index = blockIdx.x; index < given.partition.parts; index += gridDim.x) {
    const OverlapPart part = part_of(given.partition, problem.pixels, index);
    const auto* const class_terms = static_cast<const ClassTerms<float>*>(given.class_terms) + part.sample * classes;
    const auto* const target_terms = static_cast<const TargetTerms<float>*>(given.target_terms) + part.sample * classes;
#pragma unroll 1
    for (int64_t first = part.begin + threadIdx.x; first - threadIdx.x % kWarp < part.end; first += step) {
      RegisterPixels<Stored, kClasses, kPixels> pixels;
      pixels.read(problem, part, first, transpose);
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        const Code label = pixels.code[q];
        const bool counted = label < static_cast<Code>(classes);
        const TargetTerms<float> label_terms = target_terms[counted ? label : 0];
        const float largest = pixels.largest(q, classes);
        float total = 0.0F;
        float linear = 0.0F;
        float squares = 0.0F;
        float weights = label_terms.weight;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> terms = class_terms[k];
          const float exponential = exp_of<Stored>(pixels.logit[q][k] - largest);
          pixels.logit[q][k] = exponential;
          total += exponential;
          linear += terms.constant * exponential;
          squares += terms.linear * exponential * exponential;
          weights += terms.smoothing;
        });
        linear += label_terms.slope * exp_of<Stored>(pixels.label_logit[q] - largest);
        const float inverse = 1.0F / total;
        const float base = weights - (linear + squares * inverse) * inverse;
        for_classes<kClasses>(classes, [&](int k) {
          const ClassTerms<float> terms = class_terms[k];
          const float p = pixels.logit[q][k] * inverse;
          float value = p * (base + terms.constant + terms.linear * p) - terms.smoothing;
          if (static_cast<Code>(k) == label) {
            value += label_terms.slope * p - label_terms.weight;
          }
          pixels.logit[q][k] = counted ? value : 0.0F;
        });
        const int64_t pixel = first + int64_t{blockDim.x} * q;
        if (transposed) {
          Stored* const row = transpose.lane_row();
          for_classes<kClasses>(classes, [&](int k) { row[k] = static_cast<Stored>(pixels.logit[q][k]); });
          const int64_t of_warp = pixel - threadIdx.x % kWarp;
          transpose.store(data + part.sample * to.sample_stride + of_warp * to.pixel_stride, part.end - of_warp);
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
