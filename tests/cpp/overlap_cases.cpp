#include "overlap_cases.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/error.h"
#include "common/integers.h"

namespace torchtally::test {
namespace {

// The bits of some number in (-4, 4), or in [0, 1).
uint64_t random_number(Random& random, Element element, bool probability) {
  const double value = static_cast<double>(random.below(1 << 20)) / (1 << 20);
  const double number = probability ? value : 8 * value - 4;
  switch (element) {
    case Element::kDouble:
      return std::bit_cast<uint64_t>(number);
    case Element::kFloat:
      return std::bit_cast<uint32_t>(static_cast<float>(number));
    case Element::kBFloat16:
      return std::bit_cast<uint32_t>(static_cast<float>(number)) >> 16;
    default:  // from 2^-10 on, and below 1 or 4
      return static_cast<uint64_t>(random.between(5, probability ? 14 : 16)) << 10 |
             static_cast<uint64_t>(random.below(1 << 10)) |
             (probability ? 0 : static_cast<uint64_t>(random.below(2)) << 15);
  }
}

}  // namespace

Placed3::Placed3(Random& random, Element element, const OverlapProblem& problem, int64_t classes) {
  operand.element = element;
  const int64_t gap = random.one_in(3) ? random.between(1, 3) : 0;
  if (random.one_in(2)) {
    operand.pixel_stride = 1;
    operand.class_stride = problem.pixels + gap;
  } else {
    operand.class_stride = 1;
    operand.pixel_stride = classes + gap;
  }
  operand.sample_stride = operand.class_stride * (classes - 1) + operand.pixel_stride * (problem.pixels - 1) + 1;
  if (random.one_in(2)) {  // samples that all begin where a vector may
    operand.sample_stride = round_up(operand.sample_stride, 16);
  }
  buffer = Buffer(element, problem.samples * operand.sample_stride);
  operand.data = buffer.data();
}

std::unique_ptr<OverlapCase> random_overlap_case(Random& random) {
  auto given = std::make_unique<OverlapCase>();
  OverlapProblem& problem = given->problem;
  problem.activation =
      random.of<Activation>({Activation::kSoftmax, Activation::kSoftmax, Activation::kSigmoid, Activation::kNone});
  problem.labels = !random.one_in(3);
  problem.samples = random.between(1, 2);
  problem.classes = random.of<int64_t>({1, 2, 3, 8, 9, 19, 30});
  problem.pixels = random.of<int64_t>({1, 7, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600, 2100});
  problem.label_smoothing = random.of<double>({0.0, 0.2});
  const Element element = random.of(kScoreElements);
  Placed3& input = given->input = Placed3(random, element, problem, problem.classes);
  const Element target_element = random.of(problem.labels ? kLabelElements : kScoreElements);
  Placed3& target = given->target = Placed3(random, target_element, problem, problem.labels ? 1 : problem.classes);
  problem.input = input.operand;
  problem.target = target.operand;
  problem.target_last = last_class(target_element, false, problem.classes);
  problem.num_ignore = problem.labels ? random.of<int32_t>({0, 1, 2}) : 0;
  problem.ignore[0] = random.one_in(2) ? 0 : 1;
  problem.ignore[1] = target_element == Element::kBool ? 0 : 200;
  for (int64_t i = 0; i < input.buffer.size(); ++i) {
    input.buffer.set(i, random_number(random, element, problem.activation == Activation::kNone));
  }
  for (int64_t i = 0; i < target.buffer.size(); ++i) {
    target.buffer.set(i, !problem.labels                    ? random_number(random, target_element, true)
                         : target_element == Element::kBool ? static_cast<uint64_t>(random.below(2))
                         : random.one_in(20)                ? 200
                                                            : static_cast<uint64_t>(random.below(problem.classes)));
  }
  given->mask = random_labels(random, Element::kBool, problem.samples * problem.pixels, 2, random.between(1, 300));
  given->masked = random.one_in(2);
  if (given->masked) {
    problem.mask.data = given->mask.data();
    problem.mask.element = Element::kBool;
    problem.mask.sample_stride = problem.pixels;
    problem.mask.pixel_stride = 1;
  }
  for (int64_t k = 0; k < problem.classes; ++k) {
    given->weights.push_back(static_cast<double>(random.between(1, 8)) / 4);
  }
  problem.class_weight = random.one_in(2) ? given->weights.data() : nullptr;
  for (int64_t i = 0; i <= kOverlapRows * problem.classes; ++i) {
    given->up.push_back(static_cast<double>(random.between(-8, 8)) / 8);
  }
  return given;
}

Expected expected_of(const OverlapCase& given, int64_t sample, int64_t begin, int64_t end) {
  const OverlapProblem& problem = given.problem;
  const int64_t classes = problem.classes;
  const double smoothing = problem.label_smoothing;
  const auto at = [&](int64_t row, int64_t k) { return static_cast<size_t>(row * classes + k); };
  Expected out;
  out.sums.resize(at(kOverlapRows, 0));
  out.gradient.resize(static_cast<size_t>(classes * (end - begin)));
  std::vector<double> p(at(1, 0)), t(at(1, 0)), g(at(1, 0));
  for (int64_t i = begin; i < end; ++i) {
    bool counted = !given.masked || given.mask[sample * problem.pixels + i] != 0;
    if (counted && problem.labels) {
      const uint64_t label = given.target.buffer[given.target.index(sample, 0, i)];
      const bool ignored = is_ignored(label, problem.target.element, problem.ignore, problem.num_ignore);
      counted = !ignored && label < static_cast<uint64_t>(classes);
      out.invalid += !ignored && !counted;
    }
    if (!counted) {
      continue;
    }
    ++out.count;
    double total = 0.0, weights = 0.0, dot = 0.0;
    std::vector<double> x(at(1, 0)), a(at(1, 0));
    for (int64_t k = 0; k < classes; ++k) {
      const size_t c = at(0, k);
      x[c] = score_of(given.input.buffer[given.input.index(sample, k, i)], problem.input.element);
      t[c] = problem.labels ? given.target.buffer[given.target.index(sample, 0, i)] == static_cast<uint64_t>(k)
                            : score_of(given.target.buffer[given.target.index(sample, k, i)], problem.target.element);
      total += std::exp(x[c]);
    }
    for (int64_t k = 0; k < classes; ++k) {
      const size_t c = at(0, k);
      const double weight = problem.class_weight != nullptr ? problem.class_weight[k] : 1.0;
      if (problem.activation == Activation::kSoftmax) {
        p[c] = std::exp(x[c]) / total;
        a[c] = weight * (t[c] * (1 - smoothing) + smoothing / static_cast<double>(classes));
        out.cross_entropy += a[c] * (std::log(total) - x[c]);
        weights += a[c];
      } else if (problem.activation == Activation::kSigmoid) {
        p[c] = 1 / (1 + std::exp(-x[c]));
        const double smooth = t[c] * (1 - smoothing) + smoothing / 2;
        out.cross_entropy -= weight * (smooth * std::log(p[c]) + (1 - smooth) * std::log(1 - p[c]));
        a[c] = weight * (p[c] - smooth);
      } else {
        p[c] = x[c];
      }
      out.sums[at(kIntersection, k)] += p[c] * t[c];
      out.sums[at(kPrediction, k)] += p[c];
      out.sums[at(kSquared, k)] += p[c] * p[c];
      out.sums[at(kTarget, k)] += t[c];
      out.sums[at(kTargetSquared, k)] += t[c] * t[c];
      out.sums[at(kDifference, k)] += std::abs(p[c] - t[c]);
      const double sign = p[c] > t[c] ? 1.0 : p[c] < t[c] ? -1.0 : 0.0;
      g[c] = given.up[at(kIntersection, k)] * t[c] + given.up[at(kPrediction, k)] +
             2 * given.up[at(kSquared, k)] * p[c] + given.up[at(kDifference, k)] * sign;
      dot += p[c] * g[c];
    }
    const double entropy = given.up.back();
    for (int64_t k = 0; k < classes; ++k) {
      const size_t c = at(0, k);
      double& gradient = out.gradient[static_cast<size_t>(k * (end - begin) + i - begin)];
      gradient = problem.activation == Activation::kSoftmax   ? p[c] * (g[c] - dot) + entropy * (weights * p[c] - a[c])
                 : problem.activation == Activation::kSigmoid ? p[c] * (1 - p[c]) * g[c] + entropy * a[c]
                                                              : g[c];
    }
  }
  return out;
}

double overlap_limit(Element element) { return element == Element::kDouble ? 1e-11 : 1e-4; }

double gradient_limit(Element element) {
  return element == Element::kHalf || element == Element::kBFloat16 ? 1e-2 : overlap_limit(element);
}

void check_close(const char* what, double found, double wanted, double limit) {
  TORCHTALLY_CHECK(std::abs(found - wanted) <= limit * (1 + std::abs(wanted)), what, " is ", found, " instead of ",
                   wanted);
}

double gradient_at(const Placed3& gradient, int64_t sample, int64_t label, int64_t pixel) {
  uint64_t raw = 0;
  const Element element = gradient.operand.element;
  std::copy_n(static_cast<const char*>(gradient.buffer.data(gradient.index(sample, label, pixel))), bytes_of(element),
              reinterpret_cast<char*>(&raw));
  return score_of(raw, element);
}

}  // namespace torchtally::test
