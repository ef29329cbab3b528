// What the classes weigh in overlap_sums and its gradient, in double: every kernel rounds these once to what it
// computes in.
#pragma once

#include "common/host_device.h"
#include "common/overlap_problem.h"

namespace torchtally {

// What label smoothing leaves to the target of a class, and gives to every class.
TORCHTALLY_HOST_DEVICE double target_weight(const OverlapProblem& problem) { return 1.0 - problem.label_smoothing; }
TORCHTALLY_HOST_DEVICE double smoothing_weight(const OverlapProblem& problem) {
  const double spread = problem.activation == Activation::kSoftmax ? static_cast<double>(problem.classes) : 2.0;
  return problem.label_smoothing / spread;
}

// The gradient of a sample's sums by the probability p of a class whose target is t:
//   g = slope t + constant + linear p + sign sign(p - t)
struct GradientTerms {
  double slope;
  double constant;
  double linear;
  double sign;
};

// Of class k, from the upstream gradient of the sums [kOverlapRows, classes]. derived: derives_rows(problem).
TORCHTALLY_HOST_DEVICE GradientTerms gradient_terms(const double* upstream, int64_t classes, int64_t k, bool derived) {
  const double difference = upstream[kDifference * classes + k];
  return {upstream[kIntersection * classes + k] - (derived ? 2.0 * difference : 0.0),
          upstream[kPrediction * classes + k] + (derived ? difference : 0.0), 2.0 * upstream[kSquared * classes + k],
          derived ? 0.0 : difference};
}

// The sum of |p - t| where t is 0 or 1 and p in [0, 1]: p + t - 2 p t.
TORCHTALLY_HOST_DEVICE double derived_difference(double prediction, double target, double intersection) {
  return prediction + target - 2.0 * intersection;
}

}  // namespace torchtally
