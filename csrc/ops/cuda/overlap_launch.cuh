// The launches of a call of overlap_sums, in their order, on memory that the caller gives. The emulation runs them too.
#pragma once

#include <algorithm>

#include "ops/cuda/overlap_sums_kernel.cuh"

namespace torchtally::cuda {

// What terms are made of: float64 on the device.
struct TermInputs {
  const double* class_weight = nullptr;        // [classes], or nullptr: 1 each
  const double* grad_sums = nullptr;           // backward: [samples, kOverlapRows, classes]
  const double* grad_cross_entropy = nullptr;  // backward: [samples]
};

// [samples, kOverlapRows, classes], and [samples] each.
struct OverlapOutputs {
  double* sums;
  double* cross_entropy;
  int64_t* count;
  int64_t* invalid;
};

// Bytes of the terms of so many samples: ClassTerms, then TargetTerms. Without class weights a forward pass needs none.
inline int64_t term_bytes(const OverlapProblem& problem, int64_t samples) {
  return 6 * real_bytes(problem.input.element) * samples * problem.classes;
}

inline const void* target_terms(const OverlapProblem& problem, int64_t samples, const void* terms) {
  return static_cast<const char*>(terms) + term_bytes(problem, samples) / 6 * 4;
}

inline int64_t grid_of(int64_t threads) {
  constexpr int64_t kMost = 1 << 16;
  return std::min((threads + kFoldThreads - 1) / kFoldThreads, kMost);
}

inline cudaError_t launch_terms(const OverlapProblem& problem, const TermInputs& term_inputs, int64_t samples,
                                void* terms, cudaStream_t stream) {
  const OverlapTerms given{samples,
                           problem.classes,
                           term_inputs.grad_sums,
                           term_inputs.grad_cross_entropy,
                           term_inputs.class_weight,
                           target_weight(problem),
                           smoothing_weight(problem),
                           derives_rows(problem),
                           terms,
                           const_cast<void*>(target_terms(problem, samples, terms))};
  return launch({grid_of(samples * problem.classes), kFoldThreads, 0, stream}, overlap_terms_kernel_for(problem),
                given);
}

// `terms` is nullptr without class weights.
inline cudaError_t launch_forward(const OverlapProblem& problem, const OverlapPlan& plan, const TermInputs& term_inputs,
                                  void* terms, double* partials, const OverlapOutputs& outputs, cudaStream_t stream) {
  if (terms != nullptr) {
    const cudaError_t error = launch_terms(problem, term_inputs, 1, terms, stream);
    if (error != cudaSuccess) {
      return error;
    }
  }
  const OverlapForward forward{problem,
                               overlap_partition(problem, plan),
                               terms,
                               terms == nullptr ? nullptr : target_terms(problem, 1, terms),
                               terms != nullptr,
                               static_cast<float>(target_weight(problem)),
                               target_weight(problem),
                               smoothing_weight(problem),
                               problem.label_smoothing != 0.0,
                               summed_rows(problem),
                               partials};
  const cudaError_t error =
      launch({plan.grid, plan.threads, plan.shared_bytes, stream}, overlap_forward_kernel_for(problem, plan), forward);
  if (error != cudaSuccess) {
    return error;
  }
  const OverlapFold fold{problem.samples, problem.classes,       summed_rows(problem), plan.parts_per_sample, partials,
                         outputs.sums,    outputs.cross_entropy, outputs.count,        outputs.invalid};
  constexpr int64_t kMostBlocks = 1 << 20;
  const int32_t threads = plan.parts_per_sample < kFoldThreads ? kWarp : kFoldThreads;
  return launch({std::min(problem.samples * (problem.classes + 1), kMostBlocks), threads,
                 kOverlapRows * threads / kWarp * int64_t{sizeof(double)}, stream},
                &overlap_fold_kernel<kFoldThreads>, fold);
}

// Writes the gradient of every pixel to `data`, as `gradient` lays it out.
inline cudaError_t launch_backward(const OverlapProblem& problem, const OverlapPlan& plan,
                                   const TermInputs& term_inputs, void* terms, const OverlapOperand& gradient,
                                   void* data, cudaStream_t stream) {
  const cudaError_t error = launch_terms(problem, term_inputs, problem.samples, terms, stream);
  if (error != cudaSuccess) {
    return error;
  }
  const OverlapBackward backward{
      problem, overlap_partition(problem, plan), terms, target_terms(problem, problem.samples, terms), gradient, data};
  OverlapPlan of_both = plan;
  if (!allows_access(plan.access, problem, gradient, data)) {
    of_both.access = OverlapAccess::kElements;
  }
  return launch({plan.grid, plan.threads, plan.shared_bytes, stream}, overlap_backward_kernel_for(problem, of_both),
                backward);
}

}  // namespace torchtally::cuda
