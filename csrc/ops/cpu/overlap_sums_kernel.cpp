#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/integers.h"
#include "ops/cpu/huge_pages.h"
#include "ops/cpu/kernels.h"
#include "ops/cpu/policy.h"
#include "ops/operands.h"
#include "ops/overlap_arguments.h"

namespace torchtally::cpu {
namespace {

using torch::headeronly::ScalarType;

// Pixels that are summed by one thread. The sums of chunks are added in their order, so that they do not depend on how
// many threads there are.
constexpr int64_t kChunk = 16384;

// Gives every chunk of every sample to work(chunk, index), on torch's threads.
template <class DoChunk>
void for_chunks(const OverlapProblem& problem, const DoChunk& work) {
  kernels();  // where the environment asks for a level that is not there, this says so; inside, the message is lost
  const int64_t chunks = ceil_div(problem.pixels, kChunk);
  // A thread is worth waking for as many logits as an image of few classes has pixels.
  const int64_t logits = problem.classes * std::min(problem.pixels, kChunk);
  const int64_t grain = std::max<int64_t>(1, current_policy().pixels_per_thread / logits);
  torch::stable::parallel_for(0, problem.samples * chunks, grain, [&](int64_t first, int64_t last) {
    constexpr int64_t kAlign = 64;
    const auto scratch =
        std::make_unique_for_overwrite<char[]>(static_cast<size_t>(overlap_scratch_bytes(problem) + kAlign));
    char* const aligned = scratch.get() + (kAlign - reinterpret_cast<intptr_t>(scratch.get()) % kAlign);
    for (int64_t item = first; item < last; ++item) {
      const int64_t begin = item % chunks * kChunk;
      work(OverlapChunk{problem, item / chunks, begin, std::min(begin + kChunk, problem.pixels), aligned}, item);
    }
  });
}

// class_weight in double, where the problem asks for it.
std::vector<double> weights_of(const OverlapArguments& given, OverlapProblem& problem) {
  std::vector<double> weights;
  if (given.class_weight.has_value()) {
    Tensor weight = torch::stable::to(*given.class_weight, ScalarType::Double);
    const double* const values = static_cast<const double*>(weight.const_data_ptr());
    for (int64_t k = 0; k < problem.classes; ++k) {
      weights.push_back(values[k * weight.stride(0)]);
    }
    problem.class_weight = weights.data();
  }
  return weights;
}

std::tuple<Tensor, Tensor, Tensor, Tensor> overlap_sums(const Tensor& input, const Tensor& target,
                                                        std::optional<Tensor> mask, std::optional<Tensor> class_weight,
                                                        std::string activation, std::vector<int64_t> ignore_index,
                                                        double label_smoothing) {
  OverlapArguments given{input, target, mask, class_weight, activation, ignore_index, label_smoothing};
  OverlapProblem problem = overlap_problem("overlap_sums", given);
  const std::vector<double> weights = weights_of(given, problem);
  const int64_t cells = kOverlapRows * problem.classes;
  const std::vector<int64_t> per_sample{problem.samples};
  const auto zeros = [&](const std::vector<int64_t>& shape, ScalarType type) {
    return new_zeros("overlap_sums", "sums", input, shape, type);
  };
  const Tensor sums = zeros({problem.samples, kOverlapRows, problem.classes}, ScalarType::Double);
  const Tensor cross_entropy = zeros(per_sample, ScalarType::Double);
  const Tensor count = zeros(per_sample, ScalarType::Long);
  const Tensor invalid = zeros(per_sample, ScalarType::Long);
  const int64_t chunks = ceil_div(problem.pixels, kChunk);
  if (problem.samples == 0 || chunks == 0) {
    return {sums, cross_entropy, count, invalid};
  }
  double* const out = static_cast<double*>(sums.mutable_data_ptr());
  // The sums of a sample of one chunk are written where they belong.
  const int64_t of_parts[] = {chunks == 1 ? 0 : problem.samples * chunks, kOverlapRows, problem.classes};
  std::vector<double> parts = allocated("overlap_sums", "sums of parts", {of_parts, 3}, sizeof(double),
                                        [&] { return std::vector<double>(static_cast<size_t>(of_parts[0] * cells)); });
  std::vector<OverlapOutput> found(static_cast<size_t>(problem.samples * chunks));
  for_chunks(problem, [&](const OverlapChunk& chunk, int64_t item) {
    OverlapOutput& output = found[static_cast<size_t>(item)];
    output.sums = (chunks == 1 ? out : parts.data()) + item * cells;
    kernels().overlap_forward(chunk, output);
  });
  for (int64_t sample = 0; sample < problem.samples; ++sample) {
    for (int64_t item = sample * chunks; item < (sample + 1) * chunks; ++item) {
      const OverlapOutput& part = found[static_cast<size_t>(item)];
      for (int64_t i = 0; chunks > 1 && i < cells; ++i) {
        out[sample * cells + i] += part.sums[i];
      }
      static_cast<double*>(cross_entropy.mutable_data_ptr())[sample] += part.cross_entropy;
      static_cast<int64_t*>(count.mutable_data_ptr())[sample] += part.count;
      static_cast<int64_t*>(invalid.mutable_data_ptr())[sample] += part.invalid;
    }
  }
  return {sums, cross_entropy, count, invalid};
}

Tensor overlap_sums_backward(const Tensor& grad_sums, const Tensor& grad_cross_entropy, const Tensor& input,
                             const Tensor& target, std::optional<Tensor> mask, std::optional<Tensor> class_weight,
                             std::string activation, std::vector<int64_t> ignore_index, double label_smoothing) {
  OverlapArguments given{input, target, mask, class_weight, activation, ignore_index, label_smoothing};
  OverlapProblem problem = overlap_problem("overlap_sums_backward", given);
  const std::vector<double> weights = weights_of(given, problem);
  const OverlapUpstream upstream = overlap_upstream(grad_sums, grad_cross_entropy, problem, input);
  const OverlapResult result(input);
  if (problem.samples == 0 || problem.pixels == 0) {
    return result.gradient;
  }
  const OverlapOperand operand = result.operand();
  const double* const sums = static_cast<const double*>(upstream.sums.const_data_ptr());
  const double* const cross_entropy = static_cast<const double*>(upstream.cross_entropy.const_data_ptr());
  void* const data = result.written.mutable_data_ptr();
  prefer_huge_pages(data, result.written.numel() * bytes_of(operand.element));
  for_chunks(problem, [&](const OverlapChunk& chunk, int64_t /*item*/) {
    kernels().overlap_backward(
        chunk, {sums + chunk.sample * kOverlapRows * problem.classes, cross_entropy[chunk.sample], operand, data});
  });
  result.finish();
  return result.gradient;
}

}  // namespace

}  // namespace torchtally::cpu

STABLE_TORCH_LIBRARY_IMPL(torchtally, CPU, m) {
  m.impl("overlap_sums", TORCH_BOX(&torchtally::cpu::overlap_sums));
  m.impl("overlap_sums_backward", TORCH_BOX(&torchtally::cpu::overlap_sums_backward));
}
