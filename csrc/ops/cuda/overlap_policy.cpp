#include "ops/cuda/overlap_policy.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "common/integers.h"

namespace torchtally::cuda {
namespace {

// Classes lie at most 2^32 bytes apart, also those of the gradient: as the input's, or as those of a tensor without
// gaps.
bool fits_registers(const OverlapProblem& problem) {
  constexpr int64_t kMostBytes = (int64_t{1} << 32) - 1;
  const int64_t most = kMostBytes / bytes_of(problem.input.element);
  return derives_rows(problem) && problem.classes <= kMaxRegisterClasses && real_bytes(problem.input.element) == 4 &&
         std::max(problem.input.class_stride, problem.pixels) <= most;
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
int64_t pixels_of_part(const OverlapPolicy& policy, const OverlapProblem& problem, int64_t fewest_parts, int64_t most) {
  const int64_t few = ceil_div(problem.samples * problem.pixels, fewest_parts);
  return std::max(std::min(few, most), policy.fewest_pixels);
}

int64_t power_of_two_below(int64_t n) { return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(n))); }
int64_t power_of_two_above(int64_t n) { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(n))); }

// Bytes of shared memory that a pixel of a class takes, and what it takes beside its classes.
int64_t bytes_of_class(const OverlapProblem& problem) {
  return bytes_of(problem.input.element) + (problem.labels ? 0 : bytes_of(problem.target.element));
}
int64_t bytes_of_pixel(const OverlapProblem& problem) {
  const int64_t code = sizeof(uint32_t);
  return problem.activation == Activation::kSoftmax ? 4 * real_bytes(problem.input.element) + code : code;
}

// Pixels of a tile: as many as shared memory is meant for, and no more than leave enough parts.
int64_t pixels_of_tile(const OverlapPolicy& policy, const OverlapProblem& problem) {
  const int64_t fit = policy.tile_bytes / (problem.classes * bytes_of_class(problem) + bytes_of_pixel(problem));
  const int64_t wanted = std::min({std::max(fit, policy.least_tile), policy.most_tile,
                                   pixels_of_part(policy, problem, policy.fewest_parts, policy.most_tile)});
  return std::max<int64_t>(kWarp, std::min(power_of_two_below(wanted), power_of_two_above(problem.pixels)));
}

bool is_by_class(const OverlapPolicy& policy, const OverlapProblem& problem, const OverlapOperand& operand) {
  return problem.classes >= policy.least_lanes && (operand.class_stride < operand.pixel_stride || problem.pixels == 1);
}

// Warps that take one class: enough that not many of them have nothing to do where classes are few.
int64_t segments_of(int64_t items, int64_t warps, int64_t most) {
  int64_t segments = 1;
  while (2 * segments <= most && 5 * items * segments < 4 * round_up(items * segments, warps)) {
    segments *= 2;
  }
  return segments;
}

OverlapTile tile_of(const OverlapPolicy& policy, const OverlapProblem& problem, int64_t threads, bool backward) {
  const bool softmax = problem.activation == Activation::kSoftmax;
  const int64_t element = bytes_of(problem.input.element);
  const int64_t real = real_bytes(problem.input.element);
  const int64_t vector = 8 / element;
  const int64_t pixels = pixels_of_tile(policy, problem);
  // Rows of classes are a little longer where lanes take a class each.
  const int64_t fit =
      (policy.tile_bytes - pixels * bytes_of_pixel(problem)) / ((pixels + vector) * bytes_of_class(problem));
  const int64_t classes = std::clamp<int64_t>(fit, 1, problem.classes);
  const int64_t warps = threads / kWarp;
  const int64_t lanes = std::min<int64_t>(kWarp, pixels / vector);
  const int64_t together = kWarp / lanes * (derives_rows(problem) && !backward ? kLaneSums / 2 : 1);
  OverlapTile tile;
  tile.pixels = static_cast<int32_t>(pixels);
  tile.classes = static_cast<int32_t>(classes);
  tile.by_class = is_by_class(policy, problem, problem.input);
  tile.target_by_class = !problem.labels && is_by_class(policy, problem, problem.target);
  tile.coded = softmax || problem.labels || problem.mask.data != nullptr;
  tile.segments = static_cast<int32_t>(segments_of(ceil_div(classes, together), warps, pixels / vector / lanes));
  if (softmax) {
    tile.threads_per_pixel = static_cast<int32_t>(
        std::max<int64_t>(1, std::min({threads * vector / pixels, kSharedStatistics / pixels, classes})));
  }
  // Rows that begin at other banks, for lanes that take a class each.
  tile.input_pitch = static_cast<int32_t>(pixels + (tile.by_class ? vector : 0));
  tile.target_pitch = static_cast<int32_t>(pixels + (tile.target_by_class ? vector : 0));

  int64_t end = 0;
  const auto place = [&](int64_t bytes) {
    const int64_t begin = end;
    end = round_up(end + bytes, 16);
    return static_cast<int32_t>(begin);
  };
  place(classes * tile.input_pitch * element);
  tile.target = place(problem.labels ? 0 : classes * tile.target_pitch * bytes_of(problem.target.element));
  const int64_t of_pixels = softmax ? pixels * real : 0;
  tile.largest = place(of_pixels);
  tile.inverse = place(of_pixels);
  tile.third = place(of_pixels);
  int64_t shared = 0;
  if (tile.threads_per_pixel > 1 || (softmax && classes < problem.classes)) {
    const int64_t sums = backward ? problem.labels ? 3 : 4 : 1;
    shared = sums * tile.threads_per_pixel * pixels * real;
  }
  if (derives_rows(problem)) {
    tile.label = place(of_pixels);
  }
  if (!backward) {
    if (derives_rows(problem)) {
      constexpr int64_t kMostBytes = 8 << 10;
      const int64_t most = std::min({warps, pixels / kWarp, kMostBytes / (2 * classes * real)});
      tile.label_rows = static_cast<int32_t>(std::max<int64_t>(1, most));
      tile.rows = place(tile.label_rows * 2 * classes * real);
    }
    const int64_t of_segments = tile.segments > 1 ? tile.segments * classes * kLaneSums * real : 0;
    shared = std::max({shared, of_segments, 3 * warps * int64_t{sizeof(double)}});
  }
  tile.code = place(tile.coded ? pixels * int64_t{sizeof(uint32_t)} : 0);
  tile.scratch = place(shared);
  tile.bytes = static_cast<int32_t>(end);
  return tile;
}

// Bytes that the kernels of the registers take from dynamic shared memory, in the order of their layout.
int64_t register_bytes(const OverlapPlan& plan, const OverlapProblem& problem, bool backward) {
  const int64_t bytes = bytes_of(problem.input.element);
  const int64_t columns = 2 * (problem.classes + 2) * kRegisterThreads * int64_t{sizeof(float)};
  const int64_t terms = 6 * round_up(plan.classes, 2) * int64_t{sizeof(float)};
  const int64_t rows = plan.threads * register_pixels(bytes, plan.classes) * row_pitch(problem.classes, bytes) * bytes;
  return (backward ? terms : columns) + (plan.access == OverlapAccess::kRows ? rows : 0);
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
  plan.fold_pixels = std::clamp<int64_t>(policy.fold_pixels, 1, 1 << 20);
  plan.access = registers ? access_of(policy, problem) : OverlapAccess::kElements;
  const int64_t most_threads =
      registers ? std::min<int64_t>(kRegisterThreads, round_up(problem.pixels, kWarp)) : kTileThreads;
  plan.threads = static_cast<int32_t>(std::min(std::max<int64_t>(policy.threads, kWarp), most_threads));
  int64_t wanted = registers ? pixels_of_part(policy, problem, policy.register_parts * register_blocks(plan.classes),
                                              policy.register_pixels)
                             : pixels_of_part(policy, problem, policy.fewest_parts, policy.least_pixels);
  int64_t unit = kWarp;
  if (!registers) {
    plan.tile = tile_of(policy, problem, plan.threads, backward);
    unit = plan.tile.pixels;
    wanted = backward ? unit : std::max(wanted, unit);
  }
  if (!backward) {
    const int64_t logits = problem.samples * problem.classes * problem.pixels * bytes_of(input.element);
    const int64_t bytes = std::max(policy.partial_bytes, logits / policy.partial_share);
    const int64_t most_parts = std::min(policy.most_parts, bytes / (plan.values * int64_t{sizeof(double)}));
    wanted = std::max(wanted, ceil_div(problem.pixels, std::max<int64_t>(1, most_parts / problem.samples)));
  }
  if (registers) {  // whole turns of a block
    const int64_t turn = plan.access == OverlapAccess::kElements
                             ? plan.threads
                             : plan.threads * register_pixels(bytes_of(input.element), problem.classes);
    unit = wanted < turn ? kWarp : turn;
  }
  plan.pixels_per_part = round_up(std::min(wanted, problem.pixels), unit);
  plan.parts_per_sample = ceil_div(problem.pixels, plan.pixels_per_part);

  // Sums that each tile adds to: in global memory, whose sectors hold those of four parts, they would weigh as much as
  // the logits.
  const int64_t sums = summed_rows(problem) * problem.classes * int64_t{sizeof(double)};
  if (!registers && !backward && plan.pixels_per_part > unit &&
      plan.tile.bytes + round_up(sums, 16) <= kMostTileBytes) {
    plan.tile.sums = plan.tile.bytes;
    plan.tile.bytes += static_cast<int32_t>(round_up(sums, 16));
  }
  plan.shared_bytes = registers ? register_bytes(plan, problem, backward) : plan.tile.bytes;
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
