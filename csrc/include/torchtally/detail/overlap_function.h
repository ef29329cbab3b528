// The ops overlap_sums and overlap_sums_backward under torch's autograd, for C++.
//
// The op library is on the stable ABI, which knows of no autograd, so the formula is registered in each language: in
// Python with torch.library, here as a torch::autograd::Function around a call below autograd. Nothing is registered
// with the dispatcher, so any number of units may include this, and a process that has loaded the Python package still
// gets one node.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <string_view>

#include <torchtally/detail/ops.h>

namespace torchtally::detail::overlap {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// An undefined tensor is none.
inline std::optional<at::Tensor> given(const std::optional<at::Tensor>& tensor) {
  return tensor.has_value() && tensor->defined() ? tensor : std::nullopt;
}

// What both ops take beside input and target.
struct Arguments {
  std::optional<at::Tensor> mask;          // bool [N, ...]
  std::optional<at::Tensor> class_weight;  // [C]
  std::string activation;
  std::vector<int64_t> ignore_index;
  double label_smoothing = 0.0;
};

// The sums of each class, [N, C], which come first of what call_forward returns.
constexpr size_t kRows = 6;

// Returns the fields of OverlapSums, without a gradient.
inline variable_list call_forward(const at::Tensor& input, const at::Tensor& target, const Arguments& a) {
  using Signature = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, const std::optional<at::Tensor>&,
      std::string_view, at::IntArrayRef, double);
  static const auto op = find_op<Signature>("overlap_sums");
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  auto [sums, cross_entropy, count, invalid] = call_op("overlap_sums", [&] {
    return op.call(input, target, a.mask, a.class_weight, a.activation, a.ignore_index, a.label_smoothing);
  });
  variable_list fields = sums.unbind(1);
  fields.insert(fields.end(), {std::move(cross_entropy), std::move(count), std::move(invalid)});
  return fields;
}

// Returns the gradient of input, like input.
inline at::Tensor call_backward(const at::Tensor& grad_sums, const at::Tensor& grad_cross_entropy,
                                const at::Tensor& input, const at::Tensor& target, const Arguments& a) {
  using Signature = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                               const std::optional<at::Tensor>&, const std::optional<at::Tensor>&, std::string_view,
                               at::IntArrayRef, double);
  static const auto op = find_op<Signature>("overlap_sums_backward");
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  return call_op("overlap_sums_backward", [&] {
    return op.call(grad_sums, grad_cross_entropy, input, target, a.mask, a.class_weight, a.activation, a.ignore_index,
                   a.label_smoothing);
  });
}

// The gradient, which has none: without a node of its own, one of a gradient would be a silent zero.
struct Gradient : torch::autograd::Function<Gradient> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& grad_sums, const at::Tensor& grad_cross_entropy,
                            const at::Tensor& input, const at::Tensor& target, const Arguments& arguments) {
    return call_backward(grad_sums, grad_cross_entropy, input, target, arguments);
  }

  static variable_list backward(AutogradContext*, const variable_list&) {
    TORCH_CHECK_NOT_IMPLEMENTED(false,
                                "overlap_sums: the gradient of its gradient is not implemented; call backward without "
                                "create_graph, or build the loss from torch operations");
    return {};
  }
};

// Saves the arguments and nothing else: the backward op computes the probabilities again. Sums of the target alone have
// no gradient. The others are outputs of their own, so that a row which no loss looks at costs a step nothing.
struct Sums : torch::autograd::Function<Sums> {
  static variable_list forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& target,
                               const Arguments& arguments) {
    context->save_for_backward(
        {input, target, arguments.mask.value_or(at::Tensor()), arguments.class_weight.value_or(at::Tensor())});
    context->saved_data["activation"] = arguments.activation;
    context->saved_data["ignore_index"] = arguments.ignore_index;
    context->saved_data["label_smoothing"] = arguments.label_smoothing;
    variable_list fields = call_forward(input, target, arguments);
    context->mark_non_differentiable({fields[3], fields[4], fields[7], fields[8]});
    context->set_materialize_grads(false);
    return fields;
  }

  // The gradient of a field that is not used comes in undefined.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list fields(gradients.begin(), gradients.begin() + kRows + 1);
    const bool any = std::any_of(fields.begin(), fields.end(), [](const at::Tensor& field) { return field.defined(); });
    if (!context->needs_input_grad(0) || !any) {
      return {at::Tensor(), at::Tensor(), at::Tensor()};
    }
    const auto saved = context->get_saved_variables();
    const at::Tensor zeros = saved[0].new_zeros({saved[0].size(0), saved[0].size(1)}, at::kDouble);
    const at::Tensor of_entropy = fields[kRows].defined() ? fields[kRows] : zeros.new_zeros({zeros.size(0)});
    fields.pop_back();
    for (at::Tensor& row : fields) {
      row = row.defined() ? row : zeros;
    }
    const at::Tensor rows = at::stack(fields, 1);
    auto& data = context->saved_data;
    const Arguments arguments{given(saved[2]), given(saved[3]), data["activation"].toStringRef(),
                              data["ignore_index"].toIntVector(), data["label_smoothing"].toDouble()};
    const bool again = at::GradMode::is_enabled();  // create_graph
    auto gradient = again ? Gradient::apply(rows, of_entropy, saved[0], saved[1], arguments)
                          : call_backward(rows, of_entropy, saved[0], saved[1], arguments);
    return {std::move(gradient), at::Tensor(), at::Tensor()};
  }
};

// As call_forward, with a node where input needs a gradient.
inline variable_list differentiable(const at::Tensor& input, const at::Tensor& target, const Arguments& arguments) {
  const bool needed = at::GradMode::is_enabled() && input.requires_grad();
  return needed ? Sums::apply(input, target, arguments) : call_forward(input, target, arguments);
}

// Whether values can be read without a wait.
inline bool may_look(const at::Tensor& tensor) {
  return tensor.is_cpu() && !tensor.unsafeGetTensorImpl()->is_python_dispatch();
}

}  // namespace torchtally::detail::overlap
