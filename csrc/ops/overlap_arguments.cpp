#include "ops/overlap_arguments.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <limits>

#include "common/error.h"
#include "ops/operands.h"

namespace torchtally {
namespace {

using torch::headeronly::ScalarType;

Activation activation_of(const char* op, const std::string& name) {
  TORCHTALLY_CHECK_VALUE(name == "softmax" || name == "sigmoid" || name == "none", op,
                         ": activation must be 'softmax', 'sigmoid' or 'none', got '", name, "'");
  return name == "softmax" ? Activation::kSoftmax : name == "sigmoid" ? Activation::kSigmoid : Activation::kNone;
}

// Whether `tensor` is [N, ...] for an input [N, C, ...].
bool has_label_shape(const Tensor& tensor, const Tensor& input) {
  bool same = tensor.dim() == input.dim() - 1 && tensor.size(0) == input.size(0);
  for (int64_t d = 1; same && d < tensor.dim(); ++d) {
    same = tensor.size(d) == input.size(d + 1);
  }
  return same;
}

bool has_shape(const Tensor& tensor, const Tensor& input) {
  bool same = tensor.dim() == input.dim();
  for (int64_t d = 0; same && d < tensor.dim(); ++d) {
    same = tensor.size(d) == input.size(d);
  }
  return same;
}

// The operand of `tensor`, or of a contiguous copy that takes its place.
OverlapOperand readable(const char* op, const char* copy, Tensor& tensor, bool class_dim) {
  if (const auto operand = overlap_operand(tensor, class_dim)) {
    return *operand;
  }
  tensor = contiguous(op, copy, tensor);
  return *overlap_operand(tensor, class_dim);
}

// An upstream gradient: float64, of this shape, contiguous.
Tensor upstream_gradient(const char* name, const Tensor& gradient, const std::vector<int64_t>& shape,
                         const Tensor& input) {
  constexpr const char* op = "overlap_sums_backward";
  const auto sizes = gradient.sizes();
  TORCHTALLY_CHECK_TYPE(gradient.scalar_type() == ScalarType::Double, op, ": ", name, " must be float64, got ",
                        dtype_text(gradient.scalar_type()));
  TORCHTALLY_CHECK_VALUE(std::equal(sizes.begin(), sizes.end(), shape.begin(), shape.end()), op, ": ", name,
                         " must have shape ", ShapeText{shape.data(), shape.size()}, ", got ", shape_of(gradient));
  check_same_device(op, name, gradient, input);
  return contiguous(op, "contiguous gradients", gradient);
}

template <class Call>
Tensor gradient_like(const Tensor& input, Call&& call) {
  return allocated("overlap_sums_backward", "gradients", shape_of(input), static_cast<int64_t>(input.element_size()),
                   call);
}

}  // namespace

std::optional<OverlapOperand> overlap_operand(const Tensor& tensor, bool class_dim) {
  OverlapOperand operand;
  const ScalarType type = tensor.scalar_type();
  if (const auto integer = label_type(type)) {
    operand.element = integer->element;
    operand.is_signed = is_signed(*integer);
  } else {
    operand.element = score_element(type);
  }
  operand.data = tensor.const_data_ptr();
  operand.sample_stride = tensor.stride(0);
  operand.class_stride = class_dim ? tensor.stride(1) : 0;
  int64_t next = 0;  // what the next dimension's stride must be; 0: any
  operand.pixel_stride = 1;
  if (tensor.numel() == 0) {  // contiguous to torch, whatever its strides are
    return operand;
  }
  for (int64_t d = tensor.dim() - 1; d > (class_dim ? 1 : 0); --d) {
    if (tensor.size(d) == 1) {
      continue;
    }
    if (next == 0) {
      operand.pixel_stride = tensor.stride(d);
    } else if (tensor.stride(d) != next) {
      return std::nullopt;
    }
    next = tensor.stride(d) * tensor.size(d);
    if (next == 0) {  // repeated pixels
      return std::nullopt;
    }
  }
  return operand;
}

OverlapProblem overlap_problem(const char* op, OverlapArguments& given) {
  Tensor& input = given.input;
  Tensor& target = given.target;
  OverlapProblem problem;
  problem.activation = activation_of(op, given.activation);
  const auto sizes = input.sizes();
  TORCHTALLY_CHECK_TYPE(is_floating(input.scalar_type()), op,
                        ": input must be float16, bfloat16, float32 or float64, got ", dtype_text(input.scalar_type()));
  TORCHTALLY_CHECK_VALUE(input.dim() >= 2 && sizes[1] >= 1, op,
                         ": input must be [N, C, ...] with at least one class, got shape ", shape_of(input));
  TORCHTALLY_CHECK_VALUE(input.dim() <= kMaxDims && sizes[1] <= std::numeric_limits<int32_t>::max() - 2, op,
                         ": input must have at most ", kMaxDims, " dimensions and 2147483645 classes, got shape ",
                         shape_of(input));
  check_same_device(op, "input", input, target);
  std::vector<int64_t> without_classes(sizes.begin(), sizes.end());
  without_classes.erase(without_classes.begin() + 1);
  const ShapeText label_shape{without_classes.data(), without_classes.size()};

  const auto target_type = label_type(target.scalar_type());
  TORCHTALLY_CHECK_TYPE(target_type.has_value() || is_floating(target.scalar_type()), op,
                        ": target must hold integer or bool labels, or floating values for each class, got ",
                        dtype_text(target.scalar_type()));
  problem.labels = target.dim() != input.dim();
  if (problem.labels) {
    TORCHTALLY_CHECK_VALUE(has_label_shape(target, input), op, ": target must be labels [N, ...] = ", label_shape,
                           " or have input's shape ", shape_of(input), ", got ", shape_of(target),
                           detail::scores_remedy("input", sizes_of(input), sizes_of(target)));
    TORCHTALLY_CHECK_TYPE(target_type.has_value(), op, ": labels must be an integer or bool tensor, got ",
                          dtype_text(target.scalar_type()),
                          sizes[1] == 1 ? "; for values of one class pass target.unsqueeze(1)" : "");
    problem.target_last = last_valid(*target_type, sizes[1]);
    for (const int64_t value : given.ignore_index) {
      if (const auto bits = raw_bits(value, *target_type)) {
        TORCHTALLY_CHECK_VALUE(problem.num_ignore < kMaxIgnore, op, ": ignore_index must hold at most ", kMaxIgnore,
                               " values that target's dtype can represent, got ", given.ignore_index.size());
        problem.ignore[problem.num_ignore++] = *bits;
      }
    }
  } else {
    TORCHTALLY_CHECK_VALUE(
        has_shape(target, input), op, ": target with a class dimension must have input's shape ", shape_of(input),
        ", got ", shape_of(target),
        detail::channel_remedy("target", sizes_of(target), detail::without_classes(sizes_of(input))));
    TORCHTALLY_CHECK_VALUE(given.ignore_index.empty(), op,
                           ": ignore_index is for labels [N, ...], got a target of input's shape; pass mask instead");
  }
  if (given.mask.has_value()) {
    const Tensor& mask = *given.mask;
    TORCHTALLY_CHECK_TYPE(mask.scalar_type() == ScalarType::Bool, op, ": mask must be a bool tensor, got ",
                          dtype_text(mask.scalar_type()));
    check_same_device(op, "mask", mask, target);
    TORCHTALLY_CHECK_VALUE(has_label_shape(mask, input), op, ": mask must be [N, ...] = ", label_shape, ", got ",
                           shape_of(mask));
  }
  if (given.class_weight.has_value()) {
    const Tensor& weight = *given.class_weight;
    TORCHTALLY_CHECK_TYPE(is_floating(weight.scalar_type()), op, ": class_weight must be a floating tensor, got ",
                          dtype_text(weight.scalar_type()));
    check_same_device(op, "class_weight", weight, target);
    TORCHTALLY_CHECK_VALUE(weight.dim() == 1 && weight.size(0) == sizes[1], op, ": class_weight must have shape [",
                           sizes[1], "], got ", shape_of(weight));
  }
  TORCHTALLY_CHECK_VALUE(given.label_smoothing >= 0.0 && given.label_smoothing <= 1.0, op,
                         ": label_smoothing must lie in [0, 1], got ", detail::number_text(given.label_smoothing));
  problem.label_smoothing = given.label_smoothing;

  problem.samples = input.size(0);
  problem.classes = input.size(1);
  problem.pixels = 1;
  for (int64_t d = 2; d < input.dim(); ++d) {
    problem.pixels *= input.size(d);
  }
  problem.input = readable(op, "contiguous numbers of input", input, true);
  problem.target = readable(op, "contiguous numbers of target", target, !problem.labels);
  if (given.mask.has_value()) {
    problem.mask = readable(op, "contiguous values of mask", *given.mask, false);
  }
  return problem;
}

OverlapUpstream overlap_upstream(const Tensor& grad_sums, const Tensor& grad_cross_entropy,
                                 const OverlapProblem& problem, const Tensor& input) {
  return {upstream_gradient("grad_sums", grad_sums, {problem.samples, kOverlapRows, problem.classes}, input),
          upstream_gradient("grad_cross_entropy", grad_cross_entropy, {problem.samples}, input)};
}

OverlapResult::OverlapResult(const Tensor& input)
    : gradient(gradient_like(input, [&] { return torch::stable::empty_like(input); })),
      written(overlap_operand(gradient, true).has_value() ? gradient : gradient_like(input, [&] {
        return torch::stable::new_empty(input, input.sizes());
      })) {}

OverlapOperand OverlapResult::operand() const { return *overlap_operand(written, true); }

void OverlapResult::finish() const {
  if (!overlap_operand(gradient, true).has_value()) {
    Tensor whole = gradient;
    torch::stable::copy_(whole, written);
  }
}

}  // namespace torchtally
