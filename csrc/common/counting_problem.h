// What one counting call asks for, as plain data: filled from tensors by ops/counting_arguments.cpp and read by the
// CPU kernels, the CUDA kernels and their emulation. No torch type appears here.
#pragma once

#include <cstdint>

#include "common/host_device.h"

namespace torchtally {

inline constexpr int32_t kMaxDims = 16;    // dimensions of a target
inline constexpr int32_t kMaxIgnore = 64;  // ignore values that the target's dtype can hold

// How the elements of an operand are stored. Only the width of a label matters to a kernel: a signed label is read as
// raw bits, and Labels::last makes every negative value compare as out of range.
enum class Element : int32_t {
  kBits8,
  kBits16,
  kBits32,
  kBits64,
  kHalf,
  kBFloat16,
  kFloat,
  kDouble,
  kBool,  // one byte: 0, or label 1 whatever else it holds
};

constexpr int64_t bytes_of(Element element) {
  switch (element) {
    case Element::kBool:
    case Element::kBits8:
      return 1;
    case Element::kBits16:
    case Element::kHalf:
    case Element::kBFloat16:
      return 2;
    case Element::kBits32:
    case Element::kFloat:
      return 4;
    default:
      return 8;
  }
}

// How the predicted class of a pixel is found.
enum class Prediction : int32_t {
  kLabel,      // preds holds labels
  kArgmax,     // preds holds a score per class: first maximum, a NaN is the maximum (as torch.argmax)
  kThreshold,  // preds holds one score: class 1 where score > threshold, compared in the dtype of the scores
};

// Which scores a threshold is compared with. Any other is out of range, as a label can be.
enum class ValidScores : int32_t {
  kAll,            // the caller's own threshold: scores are taken as they are, and a NaN exceeds nothing
  kNumbers,        // logits: every number, no NaN
  kProbabilities,  // [0, 1]
};

// One tensor seen as [samples, labels, pixels...]; strides count elements.
struct Operand {
  const void* data = nullptr;
  Element element = Element::kBits8;
  int64_t sample_stride = 0;
  int64_t label_stride = 0;
  int64_t pixel_stride[kMaxDims] = {};
};

// A pair (target, prediction) is counted in group sample * labels + label. Every group has the same number of pixels,
// which are visited as the index space pixel_size, slowest dimension first. pixel_dims is at least 1.
struct CountingProblem {
  int64_t num_classes = 0;  // C
  bool other = false;       // true: a class C is added to the output that holds every label out of range

  int64_t samples = 1;
  int64_t labels = 1;
  int64_t pixels = 0;  // of one group
  int32_t pixel_dims = 1;
  int64_t pixel_size[kMaxDims] = {};

  Operand target;
  uint64_t target_last = 0;  // raw target bits above this are out of range

  Prediction prediction = Prediction::kLabel;
  Operand preds;
  uint64_t preds_last = 0;   // kLabel: raw bits above this are out of range
  int64_t class_stride = 0;  // kArgmax: elements between two classes of a pixel
  double threshold = 0.0;    // kThreshold: already rounded to the dtype of the scores
  const double* thresholds =
      nullptr;  // kThreshold: one for each label instead, where the kernel runs; likewise rounded
  ValidScores valid_scores = ValidScores::kAll;  // kThreshold

  Operand mask;  // data == nullptr: every pixel counts; else one byte a pixel, zero means ignored

  int32_t num_ignore = 0;
  uint64_t ignore[kMaxIgnore] = {};  // raw bits of the target's element

  int64_t groups() const { return samples * labels; }
  TORCHTALLY_HOST_DEVICE double threshold_of(int64_t label) const {
    return thresholds != nullptr ? thresholds[label] : threshold;
  }
  int64_t output_classes() const { return num_classes + (other ? 1 : 0); }  // K
};

// The code of a label inside every kernel: [0, C) is a class, C is out of range, C + 1 is ignored (targets only).
using Code = uint32_t;

// Where counts are added, never overwritten. K is CountingProblem::output_classes().
//   confusion_matrix: counts is [groups, K, K], row target, column prediction
//   class_counts:     counts is [groups, 3, K], rows true positives, false positives, false negatives
// invalid is [groups]: the pairs that are not ignored and have a label out of range. Without `other` such a pair is
// counted only there.
struct CountingOutput {
  int64_t* counts = nullptr;
  int64_t* invalid = nullptr;
};

}  // namespace torchtally
