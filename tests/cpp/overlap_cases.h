// Random problems of overlap_sums, and the obvious way to sum and differentiate them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cases.h"
#include "common/overlap_problem.h"

namespace torchtally::test {

// [samples, classes, pixels] in memory, planar or channels_last, with gaps now and then.
struct Placed3 {
  Buffer buffer;
  OverlapOperand operand;

  Placed3() = default;
  Placed3(Random& random, Element element, const OverlapProblem& problem, int64_t classes);

  int64_t index(int64_t sample, int64_t label, int64_t pixel) const {
    return sample * operand.sample_stride + label * operand.class_stride + pixel * operand.pixel_stride;
  }
};

// What the pointers of a problem point to.
struct OverlapCase {
  OverlapProblem problem;  // class_weight, like everything else, on the host
  Placed3 input;
  Placed3 target;
  Buffer mask;
  bool masked = false;
  std::vector<double> weights;
  std::vector<double> up;  // gradients of a sample's sums, [kOverlapRows, classes], then of its cross-entropy
};

std::unique_ptr<OverlapCase> random_overlap_case(Random& random);

// Pixels of a sample in plain loops and double: the sums, and with the gradients that come in those of the input.
struct Expected {
  std::vector<double> sums;
  double cross_entropy = 0.0;
  int64_t count = 0, invalid = 0;
  std::vector<double> gradient;  // [classes, pixels of the chunk]
};

Expected expected_of(const OverlapCase& given, int64_t sample, int64_t begin, int64_t end);

// Largest error of a sum in relation to 1 + |sum|, and of a gradient, that rounding explains.
double overlap_limit(Element element);
double gradient_limit(Element element);

// Throws where `found` is not `wanted`.
void check_close(const char* what, double found, double wanted, double limit);

// What a number of the gradient came to.
double gradient_at(const Placed3& gradient, int64_t sample, int64_t label, int64_t pixel);

}  // namespace torchtally::test
