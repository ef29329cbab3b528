// What one call of overlap_sums asks for, as plain data: filled from tensors by ops/overlap_arguments.cpp and read by
// the kernels. No torch type appears here.
#pragma once

#include <cstdint>

#include "common/counting_problem.h"

namespace torchtally {

// How an input becomes the probabilities p of the classes.
enum class Activation : int32_t {
  kSoftmax,  // over the classes of a pixel
  kSigmoid,  // each class by itself
  kNone,     // the input holds probabilities
};

// One tensor seen as [samples, classes, pixels]; strides count elements.
struct OverlapOperand {
  const void* data = nullptr;
  Element element = Element::kFloat;
  bool is_signed = false;  // an integer element that may be negative
  int64_t sample_stride = 0;
  int64_t class_stride = 0;
  int64_t pixel_stride = 0;
};

struct OverlapProblem {
  Activation activation = Activation::kSoftmax;
  int64_t samples = 0;
  int64_t classes = 0;
  int64_t pixels = 0;  // of one sample

  OverlapOperand input;  // floating

  bool labels = true;        // target holds one label a pixel; else a value for each class of it
  OverlapOperand target;     // class_stride is 0 for labels
  uint64_t target_last = 0;  // labels: raw bits above this are out of range
  int32_t num_ignore = 0;
  uint64_t ignore[kMaxIgnore] = {};  // raw bits of the target's element

  OverlapOperand mask;  // data == nullptr: every pixel counts; else one byte a pixel, zero means left out

  const double* class_weight = nullptr;  // [classes], or nullptr: 1 each
  double label_smoothing = 0.0;
};

// Rows of the sums, [samples, kOverlapRows, classes].
inline constexpr int64_t kOverlapRows = 6;
enum OverlapRow : int64_t {
  kIntersection,   // sum p t
  kPrediction,     // sum p
  kSquared,        // sum p^2
  kTarget,         // sum t
  kTargetSquared,  // sum t^2
  kDifference,     // sum |p - t|
};

// Where labels meet softmax, t^2 and |p - t| follow from the other sums: the first four rows are enough.
constexpr bool derives_rows(const OverlapProblem& problem) {
  return problem.labels && problem.activation == Activation::kSoftmax;
}
constexpr int64_t summed_rows(const OverlapProblem& problem) {
  return derives_rows(problem) ? int64_t{kTargetSquared} : kOverlapRows;
}

// Bytes of what an input is computed in.
constexpr int64_t real_bytes(Element input) { return input == Element::kDouble ? 8 : 4; }

}  // namespace torchtally
