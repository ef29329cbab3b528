#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ops/cuda/device.h"
#include "ops/cuda/overlap_launch.cuh"
#include "ops/operands.h"
#include "ops/overlap_arguments.h"

namespace torchtally::cuda {
namespace {

using torch::headeronly::ScalarType;

// Memory for the launches of a call. It may be freed before they have run: torch hands it out again only to work behind
// them on the same stream.
Tensor scratch(const char* op, const Tensor& like, int64_t bytes) {
  return allocated(op, "bytes of scratch memory", {&bytes, 1}, 1,
                   [&] { return torch::stable::new_empty(like, {bytes}, ScalarType::Byte); });
}

Tensor as_double(const Tensor& tensor) {
  return torch::stable::contiguous(torch::stable::to(tensor, ScalarType::Double));
}

const double* doubles(const Tensor& tensor) { return static_cast<const double*>(tensor.const_data_ptr()); }

std::tuple<Tensor, Tensor, Tensor, Tensor> overlap_sums(const Tensor& input, const Tensor& target,
                                                        std::optional<Tensor> mask, std::optional<Tensor> class_weight,
                                                        std::string activation, std::vector<int64_t> ignore_index,
                                                        double label_smoothing) {
  constexpr const char* op = "overlap_sums";
  OverlapArguments given{input, target, mask, class_weight, activation, ignore_index, label_smoothing};
  const OverlapProblem problem = overlap_problem(op, given);
  const std::vector<int64_t> per_sample{problem.samples};
  const std::vector<int64_t> per_class{problem.samples, kOverlapRows, problem.classes};
  if (problem.samples == 0 || problem.pixels == 0) {
    return {new_zeros(op, "sums", input, per_class, ScalarType::Double),
            new_zeros(op, "sums", input, per_sample, ScalarType::Double),
            new_zeros(op, "sums", input, per_sample, ScalarType::Long),
            new_zeros(op, "sums", input, per_sample, ScalarType::Long)};
  }
  const int32_t device_index = input.get_device_index();
  const DeviceGuard guard(device_index);
  const auto empty = [&](const std::vector<int64_t>& shape, ScalarType type) {
    return allocated(op, "sums", {shape.data(), shape.size()}, sizeof(double),
                     [&] { return torch::stable::new_empty(input, shape, type); });
  };
  const Tensor sums = empty(per_class, ScalarType::Double);
  const Tensor cross_entropy = empty(per_sample, ScalarType::Double);
  const Tensor count = empty(per_sample, ScalarType::Long);
  const Tensor invalid = empty(per_sample, ScalarType::Long);
  const cudaStream_t stream = current_stream(device_index);
  const OverlapPlan plan = overlap_plan(current_overlap_policy(), problem, false);
  const Tensor partials = scratch(op, input, partial_bytes(problem, plan));
  TermInputs term_inputs;
  std::optional<Tensor> weight, terms;
  if (class_weight.has_value()) {
    weight = as_double(*class_weight);
    terms = scratch(op, input, term_bytes(problem, 1));
    term_inputs.class_weight = doubles(*weight);
  }
  const OverlapOutputs outputs{
      static_cast<double*>(sums.mutable_data_ptr()), static_cast<double*>(cross_entropy.mutable_data_ptr()),
      static_cast<int64_t*>(count.mutable_data_ptr()), static_cast<int64_t*>(invalid.mutable_data_ptr())};
  check_cuda(launch_forward(problem, plan, term_inputs, terms.has_value() ? terms->mutable_data_ptr() : nullptr,
                            static_cast<double*>(partials.mutable_data_ptr()), outputs, stream),
             op, "launch the kernels", device_index);
  return {sums, cross_entropy, count, invalid};
}

Tensor overlap_sums_backward(const Tensor& grad_sums, const Tensor& grad_cross_entropy, const Tensor& input,
                             const Tensor& target, std::optional<Tensor> mask, std::optional<Tensor> class_weight,
                             std::string activation, std::vector<int64_t> ignore_index, double label_smoothing) {
  constexpr const char* op = "overlap_sums_backward";
  OverlapArguments given{input, target, mask, class_weight, activation, ignore_index, label_smoothing};
  const OverlapProblem problem = overlap_problem(op, given);
  const OverlapUpstream upstream = overlap_upstream(grad_sums, grad_cross_entropy, problem, input);
  const OverlapResult result(input);
  if (problem.samples == 0 || problem.pixels == 0) {
    return result.gradient;
  }
  const int32_t device_index = input.get_device_index();
  const DeviceGuard guard(device_index);
  const cudaStream_t stream = current_stream(device_index);
  const OverlapPlan plan = overlap_plan(current_overlap_policy(), problem, true);
  const Tensor terms = scratch(op, input, term_bytes(problem, problem.samples));
  TermInputs term_inputs{nullptr, doubles(upstream.sums), doubles(upstream.cross_entropy)};
  std::optional<Tensor> weight;
  if (class_weight.has_value()) {
    weight = as_double(*class_weight);
    term_inputs.class_weight = doubles(*weight);
  }
  check_cuda(launch_backward(problem, plan, term_inputs, terms.mutable_data_ptr(), result.operand(),
                             result.written.mutable_data_ptr(), stream),
             op, "launch the kernels", device_index);
  result.finish();
  return result.gradient;
}

}  // namespace
}  // namespace torchtally::cuda

STABLE_TORCH_LIBRARY_IMPL(torchtally, CUDA, m) {
  m.impl("overlap_sums", TORCH_BOX(&torchtally::cuda::overlap_sums));
  m.impl("overlap_sums_backward", TORCH_BOX(&torchtally::cuda::overlap_sums_backward));
}
