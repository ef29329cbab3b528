// Drives the CPU kernels without torch, at every level that the machine has, to run under sanitizers: rows of exactly
// the size that a kernel may touch, and random problems against a loop over pixels.
//
//   counting_test [cases] [seed]
#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cases.h"
#include "common/error.h"
#include "ops/counting_op.h"
#include "ops/cpu/kernels.h"
#include "ops/cpu/policy.h"
#include "ops/cpu/streaming_read.h"
#include "overlap.h"
#include "rows.h"

namespace torchtally::test {
namespace {

using cpu::Level;
using cpu::Loop;
using cpu::Strategy;

std::vector<Level> levels() {
  std::vector<Level> found;
  for (const Level level : cpu::kLevels) {
    if (cpu::kernels_of(level) != nullptr) {
      found.push_back(level);
    }
  }
  return found;
}

cpu::Policy random_policy(Random& random, Loop loop) {
  cpu::Policy policy;
  policy.strategy = random.of<Strategy>({Strategy::kAuto, Strategy::kTable, Strategy::kTable, Strategy::kDirect});
  policy.loop = loop;
  policy.pixels_per_thread = random.of<int64_t>({1, 7, 500, 2048, 4097, 1 << 15});
  policy.table_bytes = random.of<int64_t>({1, 1000, 100'000, int64_t{64} << 20});
  const int64_t copies = random.below(4);
  if (copies < 3) {  // one, two or four copies, whatever the classes
    policy.four_copies = copies == 2 ? 1000 : 0;
    policy.two_copies = copies == 1 ? 1000 : 0;
  }
  policy.runs_percent = random.of<int64_t>({0, 10, 40, 100});
  policy.most_skipped = random.of<int64_t>({1, 2, 15});
  return policy;
}

// Adds to counts that are not zero, in blocks of exactly their size.
void check_op(const char* name, const Case& given, const std::vector<int64_t>& counts,
              const std::vector<int64_t>& invalid, int64_t base) {
  const auto state = std::make_unique<int64_t[]>(counts.size());
  const auto bad = std::make_unique<int64_t[]>(invalid.size());
  std::fill_n(state.get(), counts.size(), base);
  std::fill_n(bad.get(), invalid.size(), base);
  registry().ops.at(name)(given.problem, {state.get(), bad.get()});
  for (size_t i = 0; i < counts.size(); ++i) {
    TORCHTALLY_CHECK(state[i] - base == counts[i], name, ": count ", i, " is ", state[i] - base, " instead of ",
                     counts[i]);
  }
  for (size_t i = 0; i < invalid.size(); ++i) {
    TORCHTALLY_CHECK(bad[i] - base == invalid[i], name, ": invalid ", i, " is ", bad[i] - base, " instead of ",
                     invalid[i]);
  }
}

void check_case(Random& random, const Case& given) {
  const Counts counts = count_naively(given);
  for (const Level level : levels()) {
    cpu::force_level(level);
    for (const Loop loop : {Loop::kAuto, Loop::kRuns, Loop::kDense, Loop::kBinary}) {
      const cpu::Policy policy = random_policy(random, loop);
      cpu::current_policy() = policy;
      torch::stable::threads_of_test = random.of<uint32_t>({1, 1, 1, 2, 3, 4});
      const int64_t base = random.of<int64_t>({0, 1, std::numeric_limits<int64_t>::max() - 1'000'000});
      try {
        check_op("confusion_matrix", given, counts.matrix, counts.invalid, base);
        check_op("class_counts", given, counts.class_counts, counts.invalid, base);
      } catch (const std::exception& error) {
        fail(cpu::kernels().name, " loop ", static_cast<int>(loop), " strategy ", static_cast<int>(policy.strategy),
             " threads ", torch::stable::threads_of_test, ": ", error.what());
      }
    }
  }
}

void check_streaming_read(Random& random) {
  for (const Level level : levels()) {
    cpu::force_level(level);
    torch::stable::threads_of_test = 3;
    for (const int64_t bytes : {1, 255, 256, 257, 65535, 65536, 65537, 3'000'001}) {
      const Buffer buffer = random_labels(random, Element::kBits8, bytes, 200, 1);
      cpu::streaming_read(buffer.data(), bytes);
    }
  }
}

int run(int64_t cases, uint64_t seed) {
  for (const Level level : levels()) {
    std::printf("rows of %s\n", cpu::kernels_of(level)->name);
    std::fflush(stdout);
    check_rows(*cpu::kernels_of(level));
    check_overlap(*cpu::kernels_of(level), seed);
  }
  Random random(seed);
  check_streaming_read(random);
  for (int64_t i = 0; i < cases; ++i) {
    const Case given = random_case(random);
    try {
      check_case(random, given);
    } catch (const std::exception& error) {
      fail("seed ", seed, " case ", i, ", ", given.text(), ": ", error.what());
    }
  }
  std::printf("%lld random problems agree\n", static_cast<long long>(cases));
  return 0;
}

}  // namespace
}  // namespace torchtally::test

int main(int argc, char** argv) {
  try {
    return torchtally::test::run(argc > 1 ? std::atoll(argv[1]) : 500,
                                 argc > 2 ? static_cast<uint64_t>(std::atoll(argv[2])) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
