#include "ops/cuda/overlap_policy.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "common/integers.h"

namespace torchtally::cuda {
namespace {

bool fits_registers(const OverlapProblem& problem) {
  return derives_rows(problem) && problem.classes <= kMaxRegisterClasses && real_bytes(problem.input.element) == 4;
}

int32_t register_classes(int64_t classes) {
  return *std::lower_bound(std::begin(kRegisterKernels), std::end(kRegisterKernels), classes);
}

OverlapAccess access_of(const OverlapPolicy& policy, const OverlapProblem& problem) {
  const OverlapOperand& input = problem.input;
  if (problem.classes >= policy.least_staged && allows_access(OverlapAccess::kRows, problem, input, input.data)) {
    return OverlapAccess::kRows;
  }
  // A pixel a thread needs no packs.
  const bool packs = register_pixels(bytes_of(input.element), problem.classes) > 1 &&
                     allows_access(OverlapAccess::kPacks, problem, input, input.data);
  return packs ? OverlapAccess::kPacks : OverlapAccess::kElements;
}

// Pixels of a part where the sums of parts are no concern.
int64_t pixels_of_part(const OverlapPolicy& policy, const OverlapProblem& problem, bool registers) {
  const int64_t fewest_parts = registers ? policy.register_parts : policy.fewest_parts;
  const int64_t few = ceil_div(problem.samples * problem.pixels, fewest_parts);
  return std::max(std::min(few, registers ? policy.register_pixels : policy.least_pixels), policy.fewest_pixels);
}

// Pixels of a tile: as many as a cache keeps, and no more than leave enough parts.
int64_t pixels_of_tile(const OverlapPolicy& policy, const OverlapProblem& problem) {
  const int64_t pixel = problem.classes * bytes_of(problem.input.element);
  const int64_t cached = std::max(std::min(policy.tile_bytes / pixel, policy.most_tile), policy.least_tile);
  // Whole turns of a block, or a part of its threads that the others can share the classes with.
  const int64_t whole = cached >= kTileThreads ? cached / kTileThreads * kTileThreads
                                               : static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(cached)));
  return round_up(std::min({whole, pixels_of_part(policy, problem, false), problem.pixels}), kWarp);
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
    const int64_t bytes = bytes_of(problem.input.element);
    const int64_t columns = 2 * (problem.classes + 2) * kRegisterThreads * int64_t{sizeof(float)};
    const int64_t terms = 6 * round_up(plan.classes, 2) * int64_t{sizeof(float)};
    const int64_t rows =
        plan.threads * register_pixels(bytes, plan.classes) * row_pitch(problem.classes, bytes) * bytes;
    return (backward ? terms : columns) + (plan.access == OverlapAccess::kRows ? rows : 0);
  }
  const int64_t of_pixels = plan.tile * (3 * real_bytes(problem.input.element) + int64_t{sizeof(uint32_t)});
  const int64_t statistics =
      plan.threads_per_pixel > 1 ? plan.threads * (backward ? 6 : 4) * real_bytes(problem.input.element) : 0;
  const int64_t of_warps = warps * std::max(kOverlapRows * kWarp * real_bytes(problem.input.element), 3 * doubles);
  return of_pixels + (backward ? statistics : std::max(statistics, of_warps));
}

}  // namespace

bool allows_access(OverlapAccess access, const OverlapProblem& problem, const OverlapOperand& operand,
                   const void* data) {
  const int64_t bytes = bytes_of(operand.element);
  const int64_t address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(data));
  if (access == OverlapAccess::kRows) {
    return operand.class_stride == 1 && operand.pixel_stride == problem.classes &&
           (address | operand.sample_stride * bytes) % kRowChunk == 0;
  }
  const int64_t pixels = register_pixels(bytes, problem.classes);
  const int64_t class_stride = problem.classes == 1 ? 0 : operand.class_stride;
  return access == OverlapAccess::kElements || (operand.pixel_stride == 1 && address % (pixels * bytes) == 0 &&
                                                (operand.sample_stride | class_stride | problem.pixels) % pixels == 0);
}

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
  plan.access = registers ? access_of(policy, problem) : OverlapAccess::kElements;
  plan.threads = static_cast<int32_t>(std::min(std::max<int64_t>(policy.threads, kWarp), threads_of(plan, problem)));
  plan.tile = registers ? 0 : pixels_of_tile(policy, problem);
  plan.threads_per_pixel = threads_per_pixel_of(plan, problem);

  int64_t wanted = registers ? pixels_of_part(policy, problem, true) : plan.tile;
  if (!backward) {
    const int64_t logits = problem.samples * problem.classes * problem.pixels * bytes_of(input.element);
    const int64_t bytes = std::max(policy.partial_bytes, logits / policy.partial_share);
    const int64_t most_parts = std::min(policy.most_parts, bytes / (plan.values * int64_t{sizeof(double)}));
    wanted = std::max(wanted, ceil_div(problem.pixels, std::max<int64_t>(1, most_parts / problem.samples)));
  }
  // Of the registers, whole turns of a block.
  const int64_t turn = plan.access == OverlapAccess::kElements
                           ? plan.threads
                           : plan.threads * register_pixels(bytes_of(input.element), problem.classes);
  const int64_t unit = !registers ? plan.tile : wanted < turn ? kWarp : turn;
  plan.pixels_per_part = round_up(std::min(wanted, problem.pixels), unit);
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
