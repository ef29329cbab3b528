// Random problems counted by the emulated CUDA kernels and by a loop over pixels: what runs under the sanitizers.
//
//   counting_test [cases] [seed]
//
// -DTORCHTALLY_SOURCE=... -DTORCHTALLY_TIER=... compiles only the kernels of one source and tier, in a moment.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "cases.h"
#include "common/error.h"
#include "kernel_names.h"
#include "ops/cuda/class_counts_kernel.cuh"
#include "ops/cuda/confusion_matrix_kernel.cuh"

namespace torchtally::test {
namespace {

using namespace torchtally::cuda;

// Two multiprocessors, so that small inputs already take several blocks.
constexpr DeviceFacts kDevice = {2, 1024, 16, 65536, 49152};

template <class Source, class ChosenTier>
constexpr bool is_compiled() {
#if defined(TORCHTALLY_SOURCE)
  return std::is_same_v<Source, TORCHTALLY_SOURCE> && std::is_same_v<ChosenTier, TORCHTALLY_TIER>;
#else
  return true;
#endif
}

// nullptr where the kernel is not compiled.
CountingKernel kernel_for(bool matrix, const CountingProblem& problem, const Plan& plan) {
  return choose_kernel(problem, plan, [&](auto source, auto tier) -> CountingKernel {
    using Source = decltype(source);
    using ChosenTier = decltype(tier);
    if constexpr (is_compiled<Source, ChosenTier>()) {
      return matrix ? &confusion_matrix_kernel<Source, ChosenTier> : &class_counts_kernel<Source, ChosenTier>;
    } else {
      return nullptr;
    }
  });
}

Policy random_policy(Random& random) {
  Policy policy;
  policy.tier = random.of<Tier>({Tier::kAuto, Tier::kPairs, Tier::kShared, Tier::kGlobal, Tier::kBits});
  policy.max_copies = random.of<int32_t>({1, 2, 8, 32});
  policy.threads = random.of<int32_t>({32, 64, 96});
  policy.threads_alone = random.of<int32_t>({32, 128});
  policy.turns = random.of<int32_t>({1, 4});
  policy.vectors = random.one_in(4) ? 0 : 1;
  policy.pixels_per_thread = random.of<int64_t>({1, 16});
  policy.pixels_per_bin = random.of<int64_t>({1, 2});
  policy.max_pixels_per_block = random.of<int64_t>({100, 1000, int64_t{1} << 31});
  policy.max_grid = random.of<int64_t>({1, 3, 1 << 20});
  return policy;
}

struct Call {
  bool matrix;
  Plan plan;
  int64_t bins;
  CountingKernel kernel;  // nullptr where it is not compiled
};

Call call_of(bool matrix, const CountingProblem& problem, const Policy& policy) {
  const int64_t classes = problem.output_classes();
  const int64_t bins = matrix ? MatrixPairs::bins(classes) : ClassPairs::bins(classes);
  const Plan plan = make_plan(policy, kDevice, workload_of(problem, bins));
  return {matrix, plan, bins, kernel_for(matrix, problem, plan)};
}

// Counts into blocks of exactly the size of the output, and compares.
void check_call(const Call& call, const CountingProblem& problem, const std::vector<int64_t>& counts,
                const std::vector<int64_t>& invalid, int64_t base) {
  const auto state = std::make_unique<int64_t[]>(counts.size());
  const auto bad = std::make_unique<int64_t[]>(invalid.size());
  std::fill_n(state.get(), counts.size(), base);
  std::fill_n(bad.get(), invalid.size(), base);
  launch({call.plan.grid, call.plan.threads, call.plan.shared_bytes}, call.kernel,
         counting_arguments(problem, {state.get(), bad.get()}, call.plan, call.bins));
  const std::string name = kernel_name(call.matrix, problem, call.plan);
  for (size_t i = 0; i < counts.size(); ++i) {
    TORCHTALLY_CHECK(state[i] - base == counts[i], name, ": wrong result: count ", i, " is ", state[i] - base,
                     " instead of ", counts[i]);
  }
  for (size_t i = 0; i < invalid.size(); ++i) {
    TORCHTALLY_CHECK(bad[i] - base == invalid[i], name, ": wrong result: invalid ", i, " is ", bad[i] - base,
                     " instead of ", invalid[i]);
  }
}

// Returns false where none of its kernels is compiled.
bool check_case(Random& random, const Case& given, std::set<std::string>& seen) {
  std::vector<Call> calls;
  for (const bool matrix : {true, false}) {
    calls.push_back(call_of(matrix, given.problem, random_policy(random)));
  }
  std::erase_if(calls, [](const Call& call) { return call.kernel == nullptr; });
  if (calls.empty()) {
    return false;
  }
  const Counts expected = count_naively(given);
  for (const Call& call : calls) {
    emulation::machine.order = static_cast<uint32_t>(random.below(3));
    const int64_t base = random.of<int64_t>({0, std::numeric_limits<int64_t>::max() - 1'000'000});
    check_call(call, given.problem, call.matrix ? expected.matrix : expected.class_counts, expected.invalid, base);
    seen.insert(kernel_name(call.matrix, given.problem, call.plan));
  }
  return true;
}

// Rows a gigabyte apart, in pages that take no memory until they are touched.
void check_far_rows() {
  constexpr int64_t kRows = 4, kWidth = 48, kStride = (int64_t{1} << 30) + 16;
  constexpr size_t kBytes = static_cast<size_t>((kRows - 1) * kStride + kWidth);
  void* const far = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (far == MAP_FAILED) {
    std::printf("no address space for rows a gigabyte apart\n");
    return;
  }
  std::vector<int64_t> matrix(9), counts(9);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t i = 0; i < kWidth; ++i) {
      const int64_t label = (row + i) % 3;
      static_cast<uint8_t*>(far)[row * kStride + i] = static_cast<uint8_t>(label);
      ++matrix[static_cast<size_t>(4 * label)];
      ++counts[static_cast<size_t>(label)];
    }
  }
  CountingProblem problem;
  problem.num_classes = 3;
  problem.pixels = kRows * kWidth;
  problem.pixel_dims = 2;
  problem.pixel_size[0] = kRows;
  problem.pixel_size[1] = kWidth;
  problem.target.data = far;
  problem.target.pixel_stride[0] = kStride;
  problem.target.pixel_stride[1] = 1;
  problem.target_last = problem.preds_last = 2;
  problem.preds = problem.target;
  for (const Tier tier : {Tier::kShared, Tier::kGlobal}) {
    for (const int32_t vectors : {0, 1}) {
      Policy policy;
      policy.tier = tier;
      policy.vectors = vectors;
      for (const bool is_matrix : {true, false}) {
        const Call call = call_of(is_matrix, problem, policy);
        if (call.kernel != nullptr) {
          check_call(call, problem, is_matrix ? matrix : counts, {0}, 0);
        }
      }
    }
  }
  munmap(far, kBytes);
}

// A bin of 32 bits cannot overflow before a block adds it to the output, whatever the policy allows.
void check_huge_parts() {
  Policy policy;
  policy.max_pixels_per_block = int64_t{1} << 40;
  for (const bool bits : {false, true}) {
    const Plan plan = make_plan(policy, kDevice, {3, (int64_t{1} << 36) + 1, 5, 16, true, bits});
    TORCHTALLY_CHECK(plan.pixels_per_block < int64_t{1} << 32, "overflow: a part of ", plan.pixels_per_block,
                     " pixels may not fit a bin");
  }
}

int run(int64_t cases, uint64_t seed) {
  Random random(seed);
  std::set<std::string> seen;
  check_huge_parts();
  check_far_rows();
  for (int64_t done = 0; done < cases;) {
    Wanted wanted;
    if (!random.one_in(4)) {
      wanted.offset = random.of<int64_t>({0, 0, 1, 5});
    }
    wanted.binary_bytes = is_compiled<Labels<1>, BitsTier>() && random.one_in(8);
    const Case given = random_case(random, wanted);
    try {
      done += check_case(random, given, seen);
    } catch (const std::exception& error) {
      fail("seed ", seed, " case ", done, ", ", given.text(), ": ", error.what());
    }
  }
  std::printf("%lld random problems agree, on %zu kernels\n", static_cast<long long>(cases), seen.size());
  for (const std::string& name : seen) {
    std::printf("  %s\n", name.c_str());
  }
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
