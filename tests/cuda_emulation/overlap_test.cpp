// Random problems of overlap_sums through the emulated CUDA kernels, forward and backward, and by a loop over pixels:
// what runs under the sanitizers.
//
//   overlap_test [cases] [seed]
#include <sys/mman.h>

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
#include "ops/cuda/overlap_launch.cuh"
#include "ops/cuda/overlap_registers_backward.cu"
#include "ops/cuda/overlap_registers_forward.cu"
#include "ops/cuda/overlap_tiles_backward.cu"
#include "ops/cuda/overlap_tiles_forward.cu"
#include "overlap_cases.h"

namespace torchtally::test {
namespace {

using namespace torchtally::cuda;

OverlapPolicy random_policy(Random& random) {
  OverlapPolicy policy;
  policy.path = random.of<OverlapPath>({OverlapPath::kAuto, OverlapPath::kAuto, OverlapPath::kTiles});
  policy.threads = random.of<int64_t>({32, 64, 96, 256});
  policy.least_pixels = random.of<int64_t>({32, 100, 2048});
  policy.register_pixels = random.of<int64_t>({32, 2048});
  policy.register_parts = random.of<int64_t>({1, 264});
  policy.fewest_pixels = random.of<int64_t>({32, 100});
  policy.most_parts = random.of<int64_t>({1, 3, 4096});
  policy.partial_bytes = random.of<int64_t>({1, 1 << 24});
  policy.tile_bytes = random.of<int64_t>({1, 1000, 47 << 10});
  policy.least_tile = random.of<int64_t>({32, 64});
  policy.most_tile = random.of<int64_t>({64, 1024});
  policy.least_lanes = random.of<int64_t>({1, 16});
  policy.least_staged = random.of<int64_t>({1, 1, 100});
  policy.fold_pixels = random.of<int64_t>({1, 3, 64});
  policy.max_grid = random.of<int64_t>({1, 3, 1 << 20});
  return policy;
}

// Heap memory of exactly its size, aligned as torch's.
template <class T>
struct Block {
  std::unique_ptr<void, void (*)(void*)> memory{nullptr, std::free};

  explicit Block(int64_t bytes) {
    void* found = nullptr;
    TORCHTALLY_CHECK(posix_memalign(&found, 64, static_cast<size_t>(std::max<int64_t>(bytes, 1))) == 0, "no memory");
    memory.reset(found);
  }
  T* data() const { return static_cast<T*>(memory.get()); }
};

void check_forward(const OverlapCase& given, const OverlapPolicy& policy) {
  const OverlapProblem& problem = given.problem;
  const OverlapPlan plan = overlap_plan(policy, problem, false);
  const int64_t cells = kOverlapRows * problem.classes;
  const Block<double> partials(partial_bytes(problem, plan));
  const bool weighted = problem.class_weight != nullptr;
  const Block<char> terms(weighted ? term_bytes(problem, 1) : 0);
  std::vector<double> sums(static_cast<size_t>(problem.samples * cells), 7.0);
  std::vector<double> cross_entropy(static_cast<size_t>(problem.samples), 7.0);
  std::vector<int64_t> count(cross_entropy.size(), 7), invalid(cross_entropy.size(), 7);
  launch_forward(problem, plan, {problem.class_weight}, weighted ? terms.data() : nullptr, partials.data(),
                 {sums.data(), cross_entropy.data(), count.data(), invalid.data()}, nullptr);
  const double limit = overlap_limit(problem.input.element);
  for (int64_t sample = 0; sample < problem.samples; ++sample) {
    const size_t n = static_cast<size_t>(sample);
    const Expected wanted = expected_of(given, sample, 0, problem.pixels);
    for (int64_t i = 0; i < cells; ++i) {
      check_close("wrong result: a sum", sums[static_cast<size_t>(sample * cells + i)],
                  wanted.sums[static_cast<size_t>(i)], limit);
    }
    check_close("wrong result: cross-entropy", cross_entropy[n], wanted.cross_entropy, limit);
    TORCHTALLY_CHECK(count[n] == wanted.count && invalid[n] == wanted.invalid, "wrong result: count ", count[n],
                     " instead of ", wanted.count, ", invalid ", invalid[n], " instead of ", wanted.invalid);
  }
}

void check_backward(Random& random, const OverlapCase& given, const OverlapPolicy& policy) {
  const OverlapProblem& problem = given.problem;
  const OverlapPlan plan = overlap_plan(policy, problem, true);
  std::vector<double> up, up_loss;
  for (int64_t sample = 0; sample < problem.samples; ++sample) {
    up.insert(up.end(), given.up.begin(), given.up.end() - 1);
    up_loss.push_back(given.up.back());
  }
  const Block<char> terms(term_bytes(problem, problem.samples));
  const Placed3 gradient(random, problem.input.element, problem, problem.classes);
  launch_backward(problem, plan, {problem.class_weight, up.data(), up_loss.data()}, terms.data(), gradient.operand,
                  const_cast<void*>(gradient.operand.data), nullptr);
  for (int64_t sample = 0; sample < problem.samples; ++sample) {
    const Expected wanted = expected_of(given, sample, 0, problem.pixels);
    for (int64_t k = 0; k < problem.classes; ++k) {
      for (int64_t i = 0; i < problem.pixels; ++i) {
        check_close("wrong result: a gradient", gradient_at(gradient, sample, k, i),
                    wanted.gradient[static_cast<size_t>(k * problem.pixels + i)],
                    gradient_limit(problem.input.element));
      }
    }
  }
}

// The sums of samples, classes and pixels that lie so far apart, in memory that is only taken where it is written.
std::vector<double> sums_at_strides(const OverlapPolicy& policy, int64_t sample_stride, int64_t class_stride) {
  constexpr int64_t kSamples = 2, kClasses = 3, kPixels = 40;
  const size_t bytes =
      static_cast<size_t>((kSamples - 1) * sample_stride + (kClasses - 1) * class_stride + kPixels) * sizeof(float);
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  TORCHTALLY_CHECK(memory != MAP_FAILED, "no address space");
  const std::vector<uint8_t> labels(kSamples * kPixels, 2);
  for (int64_t i = 0; i < kSamples * kClasses * kPixels; ++i) {
    static_cast<float*>(
        memory)[i / (kClasses * kPixels) * sample_stride + i / kPixels % kClasses * class_stride + i % kPixels] =
        static_cast<float>(i % 7);
  }
  OverlapProblem problem;
  problem.samples = kSamples;
  problem.classes = kClasses;
  problem.pixels = kPixels;
  problem.input = {memory, Element::kFloat, false, sample_stride, class_stride, 1};
  problem.target = {labels.data(), Element::kBits8, false, kPixels, 0, 1};
  problem.target_last = kClasses - 1;
  const OverlapPlan plan = overlap_plan(policy, problem, false);
  const Block<double> partials(partial_bytes(problem, plan));
  std::vector<double> sums(kSamples * kOverlapRows * kClasses), cross_entropy(kSamples);
  std::vector<int64_t> count(kSamples), invalid(kSamples);
  launch_forward(problem, plan, {}, nullptr, partials.data(),
                 {sums.data(), cross_entropy.data(), count.data(), invalid.data()}, nullptr);
  munmap(memory, bytes);
  return sums;
}

void check_far_samples() {
  constexpr int64_t kMostOfRegisters = (int64_t{1} << 30) - 8;  // classes less than 2^32 bytes apart
  OverlapPolicy registers, tiles;
  tiles.path = OverlapPath::kTiles;
  const auto check = [](const OverlapPolicy& far, int64_t class_stride, const OverlapPolicy& near) {
    TORCHTALLY_CHECK(sums_at_strides(far, (int64_t{1} << 32) + 8, class_stride) == sums_at_strides(near, 120, 40),
                     "wrong result: sums beyond 2^31 elements");
  };
  check(registers, kMostOfRegisters, registers);
  check(registers, kMostOfRegisters + 16, tiles);
  check(tiles, kMostOfRegisters + 16, tiles);
}

// Rows of classes that lie together, in several turns of a block: rare among random problems, and a turn writes where
// the one before has read.
void check_rows_in_turns(Random random) {
  for (int checked = 0; checked < 2;) {
    const auto given = random_overlap_case(random);
    OverlapPolicy policy;
    policy.least_staged = 1;
    policy.register_parts = 1;
    policy.register_pixels = 2048;
    const OverlapPlan plan = overlap_plan(policy, given->problem, false);
    if (plan.path == OverlapPath::kRegisters && plan.access == OverlapAccess::kRows && given->problem.pixels >= 600) {
      check_forward(*given, policy);
      check_backward(random, *given, policy);
      ++checked;
    }
  }
}

int run(int64_t cases, uint64_t seed) {
  Random random(seed);
  check_far_samples();
  check_rows_in_turns(random);
  for (int64_t done = 0; done < cases; ++done) {
    const auto given = random_overlap_case(random);
    const OverlapPolicy policy = random_policy(random);
    emulation::machine.order = random.of<uint32_t>({0, 1, 77});
    try {
      check_forward(*given, policy);
      check_backward(random, *given, policy);
    } catch (const std::exception& error) {
      fail("seed ", seed, " case ", done, ", ", given->problem.samples, " x ", given->problem.classes, " x ",
           given->problem.pixels, ", path ", static_cast<int>(policy.path), ": ", error.what());
    }
  }
  std::printf("%lld random problems agree, on %zu kernels\n", static_cast<long long>(cases),
              emulation::machine.launches.size());
  return 0;
}

}  // namespace
}  // namespace torchtally::test

int main(int argc, char** argv) {
  try {
    return torchtally::test::run(argc > 1 ? std::atoll(argv[1]) : 300,
                                 argc > 2 ? static_cast<uint64_t>(std::atoll(argv[2])) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
