#include "ops/cuda/overlap_policy.h"

#include <algorithm>
#include <bit>

#include "common/integers.h"

namespace torchtally::cuda {
namespace {

bool fits_registers(const OverlapProblem& problem) {
  return derives_rows(problem) && problem.classes <= kMaxRegisterClasses && real_bytes(problem.input.element) == 4;
}

int32_t register_classes(int64_t classes) { return classes <= 4 ? 4 : classes <= 8 ? 8 : classes <= 16 ? 16 : 32; }

// Pixels of a part where the sums of parts are no concern.
int64_t pixels_of_part(const OverlapPolicy& policy, const OverlapProblem& problem) {
  const int64_t few = ceil_div(problem.samples * problem.pixels, policy.fewest_parts);
  return std::max(std::min(few, policy.least_pixels), policy.fewest_pixels);
}

// Pixels of a tile: as many as a cache keeps, and no more than leave enough parts.
int64_t pixels_of_tile(const OverlapPolicy& policy, const OverlapProblem& problem) {
  const int64_t pixel = problem.classes * bytes_of(problem.input.element);
  const int64_t cached = std::max(std::min(policy.tile_bytes / pixel, policy.most_tile), policy.least_tile);
  // Whole turns of a block, or a part of its threads that the others can share the classes with.
  const int64_t whole = cached >= kTileThreads ? cached / kTileThreads * kTileThreads
                                               : static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(cached)));
  return round_up(std::min({whole, pixels_of_part(policy, problem), problem.pixels}), kWarp);
}

// Warps that take a class at a time, of few classes no more than have one; a power of two, which divides a tile.
int64_t warps_of_classes(int64_t classes) {
  constexpr int64_t kMost = kTileThreads / kWarp;
  constexpr int64_t kHalf = kMost / 2;
  if (classes <= 2 * kMost && round_up(classes, kHalf) < round_up(classes, kMost)) {
    return classes <= 2 ? classes : kHalf;
  }
  return kMost;
}

int64_t threads_of(const OverlapPlan& plan, const OverlapProblem& problem) {
  if (plan.path == OverlapPath::kRegisters) {
    return std::min<int64_t>(kRegisterThreads, round_up(problem.pixels, kWarp));
  }
  return plan.by_class ? std::min<int64_t>(kTileThreads, problem.pixels * kWarp)
                       : warps_of_classes(problem.classes) * kWarp;
}

// Threads that share the first read of a pixel's classes: as many as would have no pixel of their own, and where
// classes lie together, enough to read whole sectors. A power of two.
int64_t threads_per_pixel_of(const OverlapPlan& plan, const OverlapProblem& problem) {
  if (plan.path != OverlapPath::kTiles || problem.activation != Activation::kSoftmax) {
    return 1;
  }
  constexpr int64_t kSectors = 8;
  const int64_t pixels = plan.by_class ? std::min(plan.tile, problem.pixels) : std::max<int64_t>(plan.tile, kWarp);
  int64_t threads = 1;
  while (2 * threads <= std::min<int64_t>(problem.classes, kWarp) &&
         (plan.threads >= 2 * threads * pixels || (plan.by_class && threads < kSectors))) {
    threads *= 2;
  }
  return threads;
}

// Bytes that the kernels take from dynamic shared memory, in the order of their layout: below the 48 KB that every
// device gives a block, or the 64 KB that it lets a block ask for where classes pass through it.
int64_t shared_bytes(const OverlapPlan& plan, const OverlapProblem& problem, bool backward) {
  const int64_t warps = plan.threads / kWarp;
  const int64_t doubles = sizeof(double);
  if (plan.path == OverlapPath::kRegisters) {
    const int64_t totals = plan.values * doubles;
    const int64_t of_warps = plan.values * warps * int64_t{sizeof(float)};
    const int64_t columns = (2 * problem.classes + 3) * plan.threads * int64_t{sizeof(float)};
    const int64_t stage = plan.threads * (problem.classes | 1) * bytes_of(problem.input.element);
    return (backward ? 0 : totals + of_warps + columns) + (plan.staged ? stage : 0);
  }
  const int64_t of_pixels = plan.tile * (3 * real_bytes(problem.input.element) + int64_t{sizeof(uint32_t)});
  const int64_t statistics =
      plan.threads_per_pixel > 1 ? plan.threads * (backward ? 6 : 4) * real_bytes(problem.input.element) : 0;
  const int64_t of_warps = warps * std::max(kOverlapRows * kWarp * real_bytes(problem.input.element), 3 * doubles);
  return of_pixels + (backward ? statistics : std::max(statistics, of_warps));
}

}  // namespace

OverlapPlan overlap_plan(const OverlapPolicy& policy, const OverlapProblem& problem, bool backward) {
  OverlapPlan plan;
  const OverlapOperand& input = problem.input;
  const bool registers = fits_registers(problem) && policy.path != OverlapPath::kTiles;
  plan.path = registers ? OverlapPath::kRegisters : OverlapPath::kTiles;
  plan.classes = registers ? register_classes(problem.classes) : 0;
  plan.values = summed_rows(problem) * problem.classes + 3;
  plan.fold_pixels = std::max<int64_t>(1, policy.fold_pixels);
  plan.by_class = !registers && problem.classes >= policy.least_lanes &&
                  (input.class_stride < input.pixel_stride || problem.pixels == 1);
  plan.staged = registers && problem.classes >= policy.least_staged && input.class_stride == 1 &&
                input.pixel_stride == problem.classes;
  plan.threads = static_cast<int32_t>(std::min(std::max<int64_t>(policy.threads, kWarp), threads_of(plan, problem)));
  plan.tile = registers ? 0 : pixels_of_tile(policy, problem);
  plan.threads_per_pixel = threads_per_pixel_of(plan, problem);

  int64_t wanted = registers ? pixels_of_part(policy, problem) : plan.tile;
  if (!backward) {
    const int64_t logits = problem.samples * problem.classes * problem.pixels * bytes_of(input.element);
    const int64_t bytes = std::max(policy.partial_bytes, logits / policy.partial_share);
    const int64_t most_parts = std::min(policy.most_parts, bytes / (plan.values * int64_t{sizeof(double)}));
    wanted = std::max(wanted, ceil_div(problem.pixels, std::max<int64_t>(1, most_parts / problem.samples)));
  }
  plan.pixels_per_part = round_up(std::min(wanted, problem.pixels), registers ? int64_t{kWarp} : plan.tile);
  plan.parts_per_sample = ceil_div(problem.pixels, plan.pixels_per_part);

  plan.shared_bytes = shared_bytes(plan, problem, backward);
  plan.grid = std::min(problem.samples * plan.parts_per_sample, policy.max_grid);
  return plan;
}

int64_t partial_bytes(const OverlapProblem& problem, const OverlapPlan& plan) {
  return problem.samples * plan.values * plan.parts_per_sample * int64_t{sizeof(double)};
}

OverlapPolicy& current_overlap_policy() {
  static OverlapPolicy policy;
  return policy;
}

}  // namespace torchtally::cuda
