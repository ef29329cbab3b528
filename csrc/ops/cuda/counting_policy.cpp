#include "ops/cuda/counting_policy.h"

#include <algorithm>

namespace torchtally::cuda {
namespace {

constexpr int64_t kBinBytes = sizeof(uint32_t);
constexpr int64_t kReservedPerBlock = 1024;  // bytes of shared memory that the driver takes from every block
constexpr int64_t kLargestCount = (int64_t{1} << 32) - kVector;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

bool vectors_fit(const Operand& operand, int32_t dims) {
  const int64_t bytes = bytes_of(operand.element);
  const int64_t alignment = std::min<int64_t>(16, kVector * bytes);
  const auto aligned = [&](int64_t stride) { return stride * bytes % alignment == 0; };
  bool fit = operand.pixel_stride[dims - 1] == 1 && aligned(operand.sample_stride) && aligned(operand.label_stride) &&
             reinterpret_cast<uintptr_t>(operand.data) % static_cast<uintptr_t>(alignment) == 0;
  for (int32_t d = 0; d + 1 < dims; ++d) {
    fit = fit && aligned(operand.pixel_stride[d]);
  }
  return fit;
}

// Blocks of `shared_bytes` that an SM holds at a time.
int64_t resident_blocks(const DeviceFacts& device, int64_t threads, int64_t shared_bytes) {
  const int64_t by_threads = device.threads_per_sm / threads;
  const int64_t by_shared = device.shared_per_sm / (shared_bytes + kReservedPerBlock);
  return std::max<int64_t>(1, std::min(by_threads, by_shared));
}

}  // namespace

bool vectors_fit(const CountingProblem& problem) {
  const int32_t dims = problem.pixel_dims;
  // A vector of a row must not reach into the next row, which lies elsewhere.
  const bool rows = dims == 1 || problem.pixel_size[dims - 1] % kVector == 0;
  const bool planes =
      problem.prediction != Prediction::kArgmax || problem.class_stride % kVector == 0 || problem.num_classes == 1;
  return rows && planes && vectors_fit(problem.target, dims) && vectors_fit(problem.preds, dims) &&
         (problem.mask.data == nullptr || vectors_fit(problem.mask, dims));
}

Plan make_plan(const Policy& policy, const DeviceFacts& device, const CountingProblem& problem, int64_t bins) {
  const int64_t groups = problem.groups();
  const int64_t pixels = problem.pixels;
  Plan plan;
  plan.vectors = policy.vectors != 0 && vectors_fit(problem);

  // Written so that the bins of a matrix of 2^31 classes do not overflow.
  const bool fits = bins <= device.shared_per_block / kBinBytes;
  const bool worth = pixels / policy.pixels_per_bin >= bins;
  const bool shared = policy.tier == Tier::kAuto ? fits && worth : fits && policy.tier == Tier::kShared;
  plan.tier = shared ? Tier::kShared : Tier::kGlobal;

  int64_t threads = policy.threads;
  if (shared) {
    // More copies mean fewer conflicts between lanes, but room for fewer blocks and more bins to clear and fold.
    const int64_t room = device.shared_per_sm / policy.blocks_per_sm - kReservedPerBlock;
    const int64_t budget = std::min<int64_t>(device.shared_per_block, room);
    const int64_t share = std::min(pixels, ceil_div(pixels * groups, int64_t{device.sms} * policy.blocks_per_sm));
    const auto allowed = [&](int64_t copies) {
      return bins * copies * kBinBytes <= budget && bins * copies <= share / policy.pixels_per_bin;
    };
    while (plan.copies * 2 <= policy.max_copies && allowed(plan.copies * 2)) {
      plan.copies *= 2;
    }
    plan.shared_bytes = bins * plan.copies * kBinBytes;
    if (plan.shared_bytes > budget) {
      threads = policy.threads_alone;
    }
  }
  threads = std::min(
      {threads, round_up(ceil_div(pixels, kVector), kWarp), int64_t{shared ? kMaxSharedThreads : kMaxGlobalThreads}});
  plan.threads = static_cast<int32_t>(threads);

  const int64_t resident = device.sms * resident_blocks(device, threads, plan.shared_bytes);
  const int64_t least = threads * policy.pixels_per_thread;
  const int64_t worthwhile = pixels / std::max(least, shared ? bins * policy.pixels_per_bin : 1);
  const int64_t most = std::min(policy.max_pixels_per_block, kLargestCount);
  const int64_t wanted = std::min(ceil_div(resident, groups), worthwhile);
  const int64_t blocks = std::max({int64_t{1}, wanted, ceil_div(pixels, most)});
  // Rounded up, so that vectors stay aligned; fewer blocks can then be enough.
  plan.pixels_per_block = round_up(ceil_div(pixels, blocks), kVector);
  plan.blocks_per_group = ceil_div(pixels, plan.pixels_per_block);
  plan.grid = std::min(groups * plan.blocks_per_group, policy.max_grid);
  return plan;
}

Policy& current_policy() {
  static Policy policy;
  return policy;
}

}  // namespace torchtally::cuda

torchtally::cuda::Policy* torchtally_cuda_policy() { return &torchtally::cuda::current_policy(); }
