#include "ops/counting_arguments.h"

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <algorithm>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>

#include "common/error.h"
#include "ops/operands.h"

namespace torchtally {
namespace {

using torch::headeronly::ScalarType;

// `scores > threshold` in PyTorch compares in the dtype of the scores.
double rounded_to(Element element, double threshold) {
  const float single = static_cast<float>(threshold);
  switch (element) {
    case Element::kHalf:
      return static_cast<float>(torch::headeronly::Half(single));
    case Element::kBFloat16:
      return static_cast<float>(torch::headeronly::BFloat16(single));
    case Element::kFloat:
      return single;
    default:
      return threshold;
  }
}

// Which scores are class 1, and which of them are valid: probabilities above 0.5, logits above 0, or whatever is above
// a threshold of the caller's own.
void set_threshold(const char* op, const CountingOptions& options, CountingProblem& problem) {
  problem.valid_scores = options.logits ? ValidScores::kNumbers : ValidScores::kProbabilities;
  problem.threshold = options.logits ? 0.0 : 0.5;
  if (!options.threshold.has_value()) {
    return;
  }
  std::vector<double>& thresholds = *options.threshold;
  const int64_t given = static_cast<int64_t>(thresholds.size());
  TORCHTALLY_CHECK_VALUE(given == 1 || (options.per_label && given == problem.labels), op,
                         ": threshold must be one number, or one for each of the ", problem.labels, " label(s), got ",
                         given);
  for (double& threshold : thresholds) {
    threshold = rounded_to(problem.preds.element, threshold);
  }
  problem.valid_scores = ValidScores::kAll;
  problem.threshold = thresholds.front();
  problem.thresholds = given == 1 ? nullptr : thresholds.data();
}

// Drops dimensions of size 1 and merges neighbours that every operand can step through with one stride. The order of
// pixels is free, so the dimensions are first sorted by the target's strides: a transposed pair reads contiguously.
void merge_pixel_dims(CountingProblem& problem) {
  struct Dim {
    int64_t size;
    int64_t target, preds, mask;
  };
  Dim dims[kMaxDims];
  int count = 0;
  for (int32_t d = 0; d < problem.pixel_dims; ++d) {
    if (problem.pixel_size[d] != 1) {
      dims[count++] = {problem.pixel_size[d], problem.target.pixel_stride[d], problem.preds.pixel_stride[d],
                       problem.mask.pixel_stride[d]};
    }
  }
  std::stable_sort(dims, dims + count, [](const Dim& a, const Dim& b) {
    return a.target != b.target ? a.target > b.target : a.preds > b.preds;
  });
  int merged = 0;
  for (int d = 0; d < count; ++d) {
    if (merged > 0) {
      Dim& outer = dims[merged - 1];
      const Dim& inner = dims[d];
      if (outer.target == inner.target * inner.size && outer.preds == inner.preds * inner.size &&
          outer.mask == inner.mask * inner.size) {
        outer = {outer.size * inner.size, inner.target, inner.preds, inner.mask};
        continue;
      }
    }
    dims[merged++] = dims[d];
  }
  if (merged == 0) {
    dims[merged++] = {1, 1, 1, 1};
  }
  problem.pixel_dims = merged;
  for (int d = 0; d < merged; ++d) {
    problem.pixel_size[d] = dims[d].size;
    problem.target.pixel_stride[d] = dims[d].target;
    problem.preds.pixel_stride[d] = dims[d].preds;
    problem.mask.pixel_stride[d] = dims[d].mask;
  }
}

std::string labels_remedy(const detail::Shape& preds, const detail::Shape& target, int64_t num_classes) {
  for (const std::string& remedy :
       {detail::channel_remedy("target", target, preds), detail::channel_remedy("preds", preds, target),
        detail::one_hot_remedy("preds", preds, target, num_classes),
        detail::one_hot_remedy("target", target, preds, num_classes)}) {
    if (!remedy.empty()) {
      return remedy;
    }
  }
  return "";
}

}  // namespace

CountingProblem counting_problem(const char* op, const Tensor& preds, const Tensor& target, int64_t num_classes,
                                 const CountingOptions& options) {
  const auto target_sizes = target.sizes();
  const auto target_strides = target.strides();
  const auto preds_sizes = preds.sizes();
  const auto preds_strides = preds.strides();
  const int64_t dims = static_cast<int64_t>(target_sizes.size());
  const int64_t preds_dims = static_cast<int64_t>(preds_sizes.size());
  const int64_t group_dims = options.per_label ? 2 : options.per_sample ? 1 : 0;
  const ScalarType preds_scalar = preds.scalar_type();
  const auto target_type = label_type(target.scalar_type());
  const auto preds_type = label_type(preds_scalar);
  const bool scores = is_floating(preds_scalar);
  const Tensor* mask = options.mask.has_value() ? &options.mask.value() : nullptr;
  TORCHTALLY_CHECK_VALUE(num_classes >= 1 && num_classes <= std::numeric_limits<int32_t>::max() - 2, op,
                         ": num_classes must lie in [1, 2147483645], got ", num_classes);
  TORCHTALLY_CHECK_TYPE(target_type.has_value(), op, ": target must be an integer or bool tensor, got ",
                        dtype_text(target.scalar_type()));
  TORCHTALLY_CHECK_TYPE(
      scores || preds_type.has_value(), op,
      ": preds must hold integer or bool labels, or float16, bfloat16, float32 or float64 scores, got ",
      dtype_text(preds_scalar));
  if (mask != nullptr) {
    TORCHTALLY_CHECK_TYPE(mask->scalar_type() == ScalarType::Bool, op, ": mask must be a bool tensor, got ",
                          dtype_text(mask->scalar_type()));
    TORCHTALLY_CHECK_VALUE(
        std::equal(mask->sizes().begin(), mask->sizes().end(), target_sizes.begin(), target_sizes.end()), op,
        ": mask must have target's shape ", shape_of(target), ", got ", shape_of(*mask),
        detail::has_more(sizes_of(*mask), 1, 1, sizes_of(target)) ? "; pass mask.squeeze(1)" : "");
    check_same_device(op, "mask", *mask, target);
  }
  TORCHTALLY_CHECK_VALUE(dims >= group_dims, op, ": target must have at least ", group_dims,
                         " dimension(s) here, got shape ", shape_of(target));
  TORCHTALLY_CHECK_VALUE(dims <= kMaxDims, op, ": target must have at most ", kMaxDims, " dimensions, got ", dims);
  check_same_device(op, "preds", preds, target);

  CountingProblem problem;
  problem.num_classes = num_classes;
  problem.other = options.other;

  // Where preds has a class dimension, it is dimension 1; every other dimension lines up with target's.
  const bool argmax = scores && preds_dims == dims + 1;
  if (argmax) {
    TORCHTALLY_CHECK_VALUE(!options.per_label, op, ": per_label takes one score a label, got preds of shape ",
                           shape_of(preds), " for target of shape ", shape_of(target));
    TORCHTALLY_CHECK_VALUE(dims >= 1, op, ": class scores [N, C, ...] need a target with a batch dimension, got shape ",
                           shape_of(target));
    TORCHTALLY_CHECK_VALUE(preds_sizes[1] == num_classes, op, ": preds must hold num_classes = ", num_classes,
                           " scores in dimension 1, got ", shape_of(preds),
                           detail::scores_remedy("preds", sizes_of(preds), sizes_of(target)));
    problem.prediction = Prediction::kArgmax;
    problem.class_stride = preds_strides[1];
  } else if (scores) {
    TORCHTALLY_CHECK_VALUE(num_classes == 2, op,
                           ": preds of target's shape hold one score a pixel, which needs num_classes = 2, got ",
                           num_classes);
    problem.prediction = Prediction::kThreshold;
  }
  TORCHTALLY_CHECK_VALUE(!options.logits || !options.threshold.has_value(), op,
                         ": logits=True cuts at 0; pass it or threshold, not both");
  TORCHTALLY_CHECK_VALUE(
      problem.prediction == Prediction::kThreshold || (!options.logits && !options.threshold.has_value()), op, ": ",
      options.logits ? "logits" : "threshold", " is an option of scores of target's shape, which preds does not hold");
  const auto preds_dim = [&](int64_t d) { return static_cast<size_t>(argmax && d >= 1 ? d + 1 : d); };
  bool same_shape = preds_dims == dims + (argmax ? 1 : 0);
  for (int64_t d = 0; same_shape && d < dims; ++d) {
    same_shape = preds_sizes[preds_dim(d)] == target_sizes[static_cast<size_t>(d)];
  }
  TORCHTALLY_CHECK_VALUE(
      same_shape || !argmax, op, ": preds [N, C, ...] must match target [N, ...] beside C, got preds ", shape_of(preds),
      " and target ", shape_of(target), detail::scores_remedy("preds", sizes_of(preds), sizes_of(target)));
  TORCHTALLY_CHECK_VALUE(same_shape || scores, op, ": integer preds must have target's shape ", shape_of(target),
                         ", got ", shape_of(preds), labels_remedy(sizes_of(preds), sizes_of(target), num_classes));
  TORCHTALLY_CHECK_VALUE(same_shape, op, ": preds must have target's shape ", shape_of(target),
                         ", or that shape with a class dimension after the first, got ", shape_of(preds));

  problem.target.data = target.const_data_ptr();
  problem.target.element = target_type->element;
  problem.target_last = last_valid(*target_type, num_classes);
  problem.preds.data = preds.const_data_ptr();
  if (scores) {
    problem.preds.element = score_element(preds_scalar);
  } else {
    problem.preds.element = preds_type->element;
    problem.preds_last = last_valid(*preds_type, num_classes);
  }

  if (mask != nullptr) {
    problem.mask.data = mask->const_data_ptr();
  }

  for (const int64_t value : options.ignore_index) {
    if (const auto bits = raw_bits(value, *target_type)) {
      TORCHTALLY_CHECK_VALUE(problem.num_ignore < kMaxIgnore, op, ": ignore_index must hold at most ", kMaxIgnore,
                             " values that target's dtype can represent, got ", options.ignore_index.size());
      problem.ignore[problem.num_ignore++] = *bits;
    }
  }

  problem.pixels = 1;
  problem.pixel_dims = 0;
  for (int64_t d = 0; d < dims; ++d) {
    const int64_t size = target_sizes[static_cast<size_t>(d)];
    const int64_t target_stride = target_strides[static_cast<size_t>(d)];
    const int64_t preds_stride = preds_strides[preds_dim(d)];
    const int64_t mask_stride = mask != nullptr ? mask->stride(d) : 0;
    if (options.per_sample && d == 0) {
      problem.samples = size;
      problem.target.sample_stride = target_stride;
      problem.preds.sample_stride = preds_stride;
      problem.mask.sample_stride = mask_stride;
    } else if (options.per_label && d == 1) {
      problem.labels = size;
      problem.target.label_stride = target_stride;
      problem.preds.label_stride = preds_stride;
      problem.mask.label_stride = mask_stride;
    } else {
      const int32_t p = problem.pixel_dims++;
      problem.pixels *= size;
      problem.pixel_size[p] = size;
      problem.target.pixel_stride[p] = target_stride;
      problem.preds.pixel_stride[p] = preds_stride;
      problem.mask.pixel_stride[p] = mask_stride;
    }
  }
  if (problem.prediction == Prediction::kThreshold) {
    set_threshold(op, options, problem);
  }
  if (problem.pixels > 0) {
    merge_pixel_dims(problem);
  }
  return problem;
}

std::vector<int64_t> group_shape(const CountingProblem& problem, const CountingOptions& options) {
  std::vector<int64_t> shape;
  if (options.per_sample) {
    shape.push_back(problem.samples);
  }
  if (options.per_label) {
    shape.push_back(problem.labels);
  }
  return shape;
}

Tensor zero_counts(const char* op, const Tensor& like, const std::vector<int64_t>& shape) {
  return new_zeros(op, "counts", like, shape, ScalarType::Long);
}

void check_state(const char* op, const char* name, const Tensor& state, const std::vector<int64_t>& shape,
                 const Tensor& target) {
  TORCHTALLY_CHECK_TYPE(state.scalar_type() == ScalarType::Long, op, ": ", name, " must be an int64 tensor, got ",
                        dtype_text(state.scalar_type()));
  const auto sizes = state.sizes();
  TORCHTALLY_CHECK_VALUE(std::equal(sizes.begin(), sizes.end(), shape.begin(), shape.end()), op, ": ", name,
                         " must have shape ", ShapeText{shape.data(), shape.size()}, " for these inputs, got ",
                         ShapeText{sizes.data(), sizes.size()});
  TORCHTALLY_CHECK_VALUE(state.is_contiguous(), op, ": ", name, " must be contiguous");
  check_same_device(op, name, state, target);
}

CountingOutput output_of(const Tensor& counts, const Tensor& invalid) {
  return {static_cast<int64_t*>(counts.mutable_data_ptr()), static_cast<int64_t*>(invalid.mutable_data_ptr())};
}

}  // namespace torchtally
