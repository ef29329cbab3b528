#include "ops/cuda/overlap_policy.h"

#include <algorithm>

namespace torchtally::cuda {
namespace {

constexpr int64_t kReservedPerBlock = 1024;  // bytes of shared memory that the driver takes from every block

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

int64_t real_bytes(const OverlapProblem& problem) { return problem.input.element == Element::kDouble ? 8 : 4; }

bool fits_registers(const OverlapProblem& problem) {
  return derives_rows(problem) && problem.classes <= kMaxRegisterClasses && real_bytes(problem) == 4;
}

int32_t register_classes(int64_t classes) { return classes <= 4 ? 4 : classes <= 8 ? 8 : classes <= 16 ? 16 : 32; }

int32_t register_blocks(int32_t classes) {
  return classes == 4    ? kRegisterBlocks<4>
         : classes == 8  ? kRegisterBlocks<8>
         : classes == 16 ? kRegisterBlocks<16>
                         : kRegisterBlocks<32>;
}

// Bytes that the kernels take from dynamic shared memory, in the order of their layout.
int64_t shared_bytes(const OverlapPlan& plan, const OverlapProblem& problem, bool backward) {
  const int64_t warps = plan.threads / kWarp;
  const int64_t doubles = sizeof(double);
  if (plan.path == OverlapPath::kRegisters) {
    const int64_t totals = plan.values * doubles;
    const int64_t of_warps = plan.values * warps * int64_t{sizeof(float)};
    const int64_t columns = (2 * problem.classes + 3) * plan.threads * int64_t{sizeof(float)};
    return backward ? 0 : totals + of_warps + columns;
  }
  const int64_t of_pixels = plan.tile * (3 * real_bytes(problem) + int64_t{sizeof(uint32_t)});
  const int64_t of_warps = warps * std::max(kOverlapRows * kWarp * real_bytes(problem), 3 * doubles);
  return of_pixels + (backward ? 0 : of_warps);
}

// Blocks that an SM holds at a time, whatever registers the kernel takes.
int64_t resident_blocks(const DeviceFacts& device, const OverlapPlan& plan, const OverlapProblem& problem) {
  const bool registers = plan.path == OverlapPath::kRegisters;
  const int64_t most = registers ? kRegisterThreads * register_blocks(plan.classes)
                                 : kTileThreads * (real_bytes(problem) == 8 ? kTileBlocks<double> : kTileBlocks<float>);
  const int64_t by_threads = std::min<int64_t>(device.threads_per_sm, most) / plan.threads;
  const int64_t by_shared = device.shared_per_sm / (plan.shared_bytes + kReservedPerBlock);
  return std::max<int64_t>(1, std::min({by_threads, by_shared, int64_t{device.blocks_per_sm}}));
}

}  // namespace

OverlapPlan overlap_plan(const OverlapPolicy& policy, const DeviceFacts& device, const OverlapProblem& problem,
                         bool backward) {
  OverlapPlan plan;
  const bool registers = fits_registers(problem) && policy.path != OverlapPath::kTiles;
  plan.path = registers ? OverlapPath::kRegisters : OverlapPath::kTiles;
  plan.classes = registers ? register_classes(problem.classes) : 0;
  plan.values = summed_rows(problem) * problem.classes + 3;
  plan.fold_pixels = std::max<int64_t>(1, policy.fold_pixels);

  const int64_t most_threads = registers ? kRegisterThreads : kTileThreads;
  plan.threads = static_cast<int32_t>(
      std::min({std::max<int64_t>(policy.threads, kWarp), round_up(problem.pixels, kWarp), most_threads}));

  if (!registers) {
    const int64_t pixel = problem.classes * bytes_of(problem.input.element);
    const int64_t tile = std::clamp(policy.tile_bytes / pixel, policy.least_tile, policy.most_tile);
    plan.tile = round_up(std::min(tile, problem.pixels), kWarp);
  }

  const int64_t most_parts =
      std::min(policy.most_parts, policy.partial_bytes / (plan.values * int64_t{sizeof(double)}));
  const int64_t parts = std::max<int64_t>(1, most_parts / problem.samples);
  const int64_t wanted = std::max({policy.least_pixels, plan.tile, ceil_div(problem.pixels, parts)});
  plan.pixels_per_part = round_up(std::min(wanted, problem.pixels), kWarp);
  plan.parts_per_sample = ceil_div(problem.pixels, plan.pixels_per_part);

  plan.shared_bytes = shared_bytes(plan, problem, backward);
  plan.grid = std::min(
      {problem.samples * plan.parts_per_sample, device.sms * resident_blocks(device, plan, problem), policy.max_grid});
  return plan;
}

OverlapPolicy& current_overlap_policy() {
  static OverlapPolicy policy;
  return policy;
}

}  // namespace torchtally::cuda
