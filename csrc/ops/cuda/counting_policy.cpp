#include "ops/cuda/counting_policy.h"

#include <algorithm>

#include "common/integers.h"

namespace torchtally::cuda {
namespace {

constexpr int64_t kBinBytes = sizeof(uint32_t);
constexpr int64_t kReservedPerBlock = 1024;  // bytes of shared memory that the driver takes from every block
constexpr int64_t kLargestCount = (int64_t{1} << 32) - kMaxWidth;

// Which element of an aligned vector pixel 0 of group 0 is, or -1 where no element is aligned at all.
int64_t phase_of(const Operand& operand, int64_t width) {
  const auto address = reinterpret_cast<uintptr_t>(operand.data);
  const auto bytes = static_cast<uintptr_t>(bytes_of(operand.element));
  return address % bytes == 0 ? static_cast<int64_t>(address / bytes % static_cast<uintptr_t>(width)) : -1;
}

bool has_shared_counters(Tier tier) { return tier == Tier::kPairs || tier == Tier::kShared; }

int32_t most_threads(Tier tier) {
  return has_shared_counters(tier) ? kMaxSharedThreads : tier == Tier::kBits ? kMaxBitsThreads : kMaxGlobalThreads;
}

int32_t least_blocks(Tier tier) {
  return has_shared_counters(tier) ? kMinSharedBlocks : tier == Tier::kBits ? kMinBitsBlocks : kMinGlobalBlocks;
}

// Blocks that an SM holds at a time, whatever registers the kernel takes.
int64_t resident_blocks(const DeviceFacts& device, Tier tier, int64_t threads, int64_t shared_bytes) {
  const int32_t by_registers = most_threads(tier) * least_blocks(tier);
  const int64_t by_threads = std::min(device.threads_per_sm, by_registers) / threads;
  const int64_t by_shared = device.shared_per_sm / (shared_bytes + kReservedPerBlock);
  return std::max<int64_t>(1, std::min({by_threads, by_shared, int64_t{device.blocks_per_sm}}));
}

// Into how many blocks to cut each group, so that a device that holds `resident` blocks at a time is seldom waiting for
// the last of them: `wanted`, or the fewest above, up to four times as many, of which the turns are full enough. 600
// groups on 264 blocks, one a group, would take three turns of which the last is a quarter full.
int64_t filling(int64_t groups, int64_t resident, int64_t wanted, int64_t most) {
  constexpr double kFull = 0.95;
  int64_t best = std::min(wanted, most);
  double best_share = 0.0;
  for (int64_t blocks = wanted; blocks <= std::min(most, 4 * wanted); ++blocks) {
    const int64_t items = groups * blocks;
    const double share = static_cast<double>(items) / static_cast<double>(round_up(items, resident));
    if (share > best_share) {
      best = blocks;
      best_share = share;
    }
    if (share >= kFull) {
      break;
    }
  }
  return best;
}

}  // namespace

bool vectors_fit(const CountingProblem& problem) {
  const int64_t width = vector_width(problem);
  const int32_t last = problem.pixel_dims - 1;
  const int64_t phase = phase_of(problem.target, width);
  const auto whole = [&](int64_t stride) { return stride % width == 0; };
  const auto fits = [&](const Operand& operand) {
    bool fit = phase >= 0 && phase_of(operand, width) == phase && operand.pixel_stride[last] == 1 &&
               whole(operand.sample_stride - problem.target.sample_stride) &&
               whole(operand.label_stride - problem.target.label_stride);
    if (last > 0) {  // a vector must not reach into the next row, which lies elsewhere: rows are made of whole ones
      fit = fit && phase == 0 && whole(problem.pixel_size[last]) && whole(operand.sample_stride) &&
            whole(operand.label_stride);
    }
    for (int32_t d = 0; d < last; ++d) {
      fit = fit && whole(operand.pixel_stride[d]);
    }
    return fit;
  };
  const bool planes =
      problem.prediction != Prediction::kArgmax || problem.num_classes == 1 || whole(problem.class_stride);
  return planes && fits(problem.target) && fits(problem.preds) && (problem.mask.data == nullptr || fits(problem.mask));
}

Workload workload_of(const CountingProblem& problem, int64_t bins) {
  const bool labels = problem.prediction == Prediction::kLabel;
  const int64_t codes = problem.num_classes + 1;
  const bool few = bins >= problem.num_classes * problem.num_classes || problem.num_classes <= kMostPairedClasses;
  return {problem.groups(),
          problem.pixels,
          bins,
          vector_width(problem),
          vectors_fit(problem),
          labels && problem.num_classes == 2 && !problem.other && widest_label(problem) == 1,
          few ? codes * codes + 1 : 0};
}

Plan make_plan(const Policy& policy, const DeviceFacts& device, const Workload& load) {
  const auto [groups, pixels, bins, width, vectors, bits_possible, cells] = load;
  Plan plan;
  plan.vectors = policy.vectors != 0 && vectors;

  const auto chosen = [&, pixels = pixels](Tier tier, int64_t counters) {
    // Written so that the bins of a matrix of 2^31 classes do not overflow.
    const bool worth = counters <= pixels / policy.pixels_per_bin;
    const bool fits = tier == Tier::kBits || counters <= device.shared_per_block / kBinBytes;
    return fits && (policy.tier == Tier::kAuto ? worth : policy.tier == tier);
  };
  const bool bits = bits_possible && chosen(Tier::kBits, bins);
  const bool pairs = !bits && cells > 0 && chosen(Tier::kPairs, cells);
  const bool shared = !bits && !pairs && chosen(Tier::kShared, bins);
  plan.tier = bits ? Tier::kBits : pairs ? Tier::kPairs : shared ? Tier::kShared : Tier::kGlobal;
  const int64_t counters = pairs ? cells : bins;

  const int64_t turns = groups == 1 ? 1 : policy.turns;
  int64_t threads = policy.threads;
  if (has_shared_counters(plan.tier)) {
    // More copies mean fewer conflicts between lanes, but room for fewer blocks and more bins to clear and fold.
    const int64_t room = device.shared_per_sm / policy.blocks_per_sm - kReservedPerBlock;
    const int64_t budget = std::min<int64_t>(device.shared_per_block, room);
    const int64_t share =
        std::min(pixels, ceil_div(pixels * groups, int64_t{device.sms} * policy.blocks_per_sm * turns));
    const auto allowed = [&](int64_t copies) {
      return counters * copies * kBinBytes <= budget && counters * copies <= share / policy.pixels_per_bin;
    };
    while (plan.copies * 2 <= policy.max_copies && allowed(plan.copies * 2)) {
      plan.copies *= 2;
    }
    plan.shared_bytes = counters * plan.copies * kBinBytes;
    if (plan.shared_bytes > budget) {
      threads = policy.threads_alone;
    }
  }
  threads = std::min({threads, round_up(ceil_div(pixels, width), kWarp), int64_t{most_threads(plan.tier)}});
  plan.threads = static_cast<int32_t>(threads);
  if (bits) {
    plan.shared_bytes = threads / kWarp * kBinaryCells * kBinBytes;
  }

  const int64_t resident = device.sms * resident_blocks(device, plan.tier, threads, plan.shared_bytes);
  const int64_t least = threads * policy.pixels_per_thread;
  const int64_t worthwhile =
      pixels / std::max(least, has_shared_counters(plan.tier) ? counters * policy.pixels_per_bin : 1);
  const int64_t most = std::min(policy.max_pixels_per_block, kLargestCount);
  const int64_t wanted = filling(groups, resident, std::max<int64_t>(1, resident * turns / groups), worthwhile);
  const int64_t blocks = std::max({int64_t{1}, wanted, ceil_div(pixels, most)});
  // Rounded up; fewer blocks can then be enough.
  plan.pixels_per_block = round_up(ceil_div(pixels, blocks), kMaxWidth);
  plan.blocks_per_group = ceil_div(pixels, plan.pixels_per_block);
  plan.grid = std::min({groups * plan.blocks_per_group, resident, policy.max_grid});
  return plan;
}

Policy& current_policy() {
  static Policy policy;
  return policy;
}

}  // namespace torchtally::cuda
