#include "overlap.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include "common/error.h"
#include "overlap_cases.h"

namespace torchtally::test {
namespace {

using cpu::Kernels;

void check_problem(const Kernels& kernels, Random& random) {
  const auto given = random_overlap_case(random);
  const OverlapProblem& problem = given->problem;
  const Element element = problem.input.element;
  const std::vector<double>& up = given->up;
  constexpr size_t kAlign = 64;
  const size_t bytes = (static_cast<size_t>(cpu::overlap_scratch_bytes(problem)) + kAlign - 1) / kAlign * kAlign;
  const std::unique_ptr<void, void (*)(void*)> scratch(std::aligned_alloc(kAlign, bytes), std::free);
  Placed3 gradient(random, element, problem, problem.classes);
  const double limit = overlap_limit(element);
  for (int64_t sample = 0; sample < problem.samples; ++sample) {
    const int64_t begin = random.below(problem.pixels);
    const int64_t end = random.between(begin + 1, problem.pixels);
    const Expected wanted = expected_of(*given, sample, begin, end);
    std::vector<double> sums(wanted.sums.size(), 7.0);
    const cpu::OverlapChunk chunk{problem, sample, begin, end, scratch.get()};
    cpu::OverlapOutput output{sums.data(), 7.0, 7, 7};
    kernels.overlap_forward(chunk, output);
    for (size_t i = 0; i < sums.size(); ++i) {
      check_close("a sum", sums[i], wanted.sums[i], limit);
    }
    check_close("cross-entropy", output.cross_entropy, wanted.cross_entropy, limit);
    TORCHTALLY_CHECK(output.count == wanted.count && output.invalid == wanted.invalid, "count ", output.count,
                     " instead of ", wanted.count, ", invalid ", output.invalid, " instead of ", wanted.invalid);
    kernels.overlap_backward(chunk, {up.data(), up.back(), gradient.operand, const_cast<void*>(gradient.operand.data)});
    for (int64_t k = 0; k < problem.classes; ++k) {
      for (int64_t i = begin; i < end; ++i) {
        check_close("a gradient", gradient_at(gradient, sample, k, i),
                    wanted.gradient[static_cast<size_t>(k * (end - begin) + i - begin)], gradient_limit(element));
      }
    }
  }
}

}  // namespace

void check_overlap(const Kernels& kernels, uint64_t seed) {
  Random random(seed);
  for (int64_t i = 0; i < 300; ++i) {
    try {
      check_problem(kernels, random);
    } catch (const std::exception& error) {
      fail("overlap_sums of ", kernels.name, ", problem ", i, ": ", error.what());
    }
  }
}

}  // namespace torchtally::test
