// The arguments of overlap_sums: their rules, in the words of the Python package.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <torchtally/detail/text.h>

namespace torchtally::detail::overlap {

inline bool is_label(c10::ScalarType type) { return c10::isIntegralType(type, /*includeBool=*/true); }

inline bool is_score(c10::ScalarType type) {
  return type == at::kHalf || type == at::kBFloat16 || type == at::kFloat || type == at::kDouble;
}

// The shape of labels [N, ...] for an input [N, C, ...].
inline std::vector<int64_t> label_shape(const at::Tensor& input) {
  std::vector<int64_t> shape = input.sizes().vec();
  shape.erase(shape.begin() + 1);
  return shape;
}

inline void check_target(const at::Tensor& input, const at::Tensor& target, const std::vector<int64_t>& ignore_index) {
  const auto shape = label_shape(input);
  TORCH_CHECK_TYPE(is_label(target.scalar_type()) || is_score(target.scalar_type()),
                   "overlap_sums: target must hold integer or bool labels, or floating values for each class, got ",
                   dtype_text(target.scalar_type()));
  if (target.dim() == input.dim()) {
    auto channel = shape;
    channel.insert(channel.begin() + 1, 1);
    TORCH_CHECK_VALUE(target.sizes() == input.sizes(),
                      "overlap_sums: target with a class dimension must have input's shape ", shape_text(input),
                      ", got ", shape_text(target),
                      target.sizes() == channel ? "; for labels pass target.squeeze(1)" : "");
    TORCH_CHECK_VALUE(
        ignore_index.empty(),
        "overlap_sums: ignore_index is for labels [N, ...], got a target of input's shape; pass mask instead");
    return;
  }
  TORCH_CHECK_VALUE(target.sizes() == shape, "overlap_sums: target must be labels [N, ...] = ", list_text(shape),
                    " or have input's shape ", shape_text(input), ", got ", shape_text(target));
  TORCH_CHECK_TYPE(is_label(target.scalar_type()), "overlap_sums: labels must be an integer or bool tensor, got ",
                   dtype_text(target.scalar_type()));
}

inline void check(const at::Tensor& input, const at::Tensor& target, const std::vector<int64_t>& ignore_index,
                  const std::optional<at::Tensor>& mask, const std::optional<at::Tensor>& class_weight,
                  double label_smoothing) {
  TORCH_CHECK_TYPE(input.defined(), "overlap_sums: input must be a tensor, got an undefined one");
  TORCH_CHECK_TYPE(target.defined(), "overlap_sums: target must be a tensor, got an undefined one");
  TORCH_CHECK_TYPE(is_score(input.scalar_type()),
                   "overlap_sums: input must be float16, bfloat16, float32 or float64, got ",
                   dtype_text(input.scalar_type()));
  TORCH_CHECK_VALUE(input.dim() >= 2 && input.size(1) >= 1,
                    "overlap_sums: input must be [N, C, ...] with at least one class, got shape ", shape_text(input));
  check_target(input, target, ignore_index);
  if (mask) {
    const auto shape = label_shape(input);
    TORCH_CHECK_TYPE(mask->scalar_type() == at::kBool, "overlap_sums: mask must be a bool tensor, got ",
                     dtype_text(mask->scalar_type()));
    TORCH_CHECK_VALUE(mask->sizes() == shape, "overlap_sums: mask must be [N, ...] = ", list_text(shape), ", got ",
                      shape_text(*mask));
  }
  if (class_weight) {
    TORCH_CHECK_TYPE(is_score(class_weight->scalar_type()),
                     "overlap_sums: class_weight must be a floating tensor, got ",
                     dtype_text(class_weight->scalar_type()));
    TORCH_CHECK_VALUE(class_weight->dim() == 1 && class_weight->size(0) == input.size(1),
                      "overlap_sums: class_weight must have shape [", input.size(1), "], got ",
                      shape_text(*class_weight));
  }
  TORCH_CHECK_VALUE(label_smoothing >= 0.0 && label_smoothing <= 1.0,
                    "overlap_sums: label_smoothing must lie in [0, 1], got ", number_text(label_smoothing));
}

// Whether values can be read without a wait.
inline bool may_look(const at::Tensor& tensor) {
  return tensor.is_cpu() && !tensor.unsafeGetTensorImpl()->is_python_dispatch();
}

// Raises where a label of a CPU tensor is out of range.
inline void check_invalid(const at::Tensor& invalid, int64_t classes, const std::vector<int64_t>& ignore_index) {
  if (!may_look(invalid)) {
    return;
  }
  const auto bad = invalid.sum().item<int64_t>();
  TORCH_CHECK_VALUE(bad == 0, "overlap_sums: labels must lie in [0, ", classes, ") or equal ignore_index ",
                    list_text(ignore_index), ", but ", bad, " pixel(s) hold another label");
}

}  // namespace torchtally::detail::overlap
