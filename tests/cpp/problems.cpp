// Random problems of any layout, and the loop over pixels that the kernels must agree with.
#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "cases.h"

namespace torchtally::test {
namespace {

// Strides of the dimensions [samples, labels, classes, pixels...] in an order of their own, with gaps, or expanded; or
// one after the other in memory, from `offset` on.
void place(Random& random, const std::vector<int64_t>& sizes, const std::optional<int64_t>& offset, Placed& placed) {
  std::vector<size_t> order(sizes.size());
  for (size_t d = 0; d < order.size(); ++d) {
    order[d] = order.size() - 1 - d;
  }
  const bool anyhow = !offset.has_value();
  if (anyhow && random.one_in(2)) {
    for (size_t d = order.size(); d > 1; --d) {
      std::swap(order[d - 1], order[static_cast<size_t>(random.below(static_cast<int64_t>(d)))]);
    }
  }
  placed.strides.assign(sizes.size(), 0);
  int64_t stride = anyhow && random.one_in(4) ? random.between(2, 3) : 1;
  int64_t last = 0;
  for (const size_t d : order) {
    if (anyhow && random.one_in(12)) {
      continue;
    }
    placed.strides[d] = stride;
    last += (sizes[d] - 1) * stride;
    stride = stride * sizes[d] + (anyhow && random.one_in(4) ? random.between(1, 5) : 0);
  }
  placed.offset = !anyhow ? *offset : random.one_in(2) ? random.between(1, 9) : 0;
  placed.buffer = Buffer(placed.operand.element, placed.offset + last + 1);
}

void fill_operand(Placed& placed) {
  placed.operand.data = placed.buffer.data(placed.offset);
  placed.operand.sample_stride = placed.strides[0];
  placed.operand.label_stride = placed.strides[1];
  std::copy(placed.strides.begin() + 3, placed.strides.end(), placed.operand.pixel_stride);
}

int64_t random_run(Random& random) { return random.of<int64_t>({1, 1, 2, 3, 7, 63, 64, 65, 127, 1000, 5000}); }

std::vector<int64_t> random_pixel_sizes(Random& random) {
  static const std::vector<int64_t> around = {1,   2,   7,   8,   15,  16,  17,   31,   32,   33,   63,   64,   65,
                                              127, 128, 129, 255, 256, 257, 1000, 2047, 2048, 2049, 4095, 4096, 4097};
  if (random.one_in(2)) {
    return {random.of(around)};
  }
  std::vector<int64_t> sizes;
  int64_t left = 6000;
  for (int64_t dims = random.between(2, 5); dims > 0 && left > 0; --dims) {
    const int64_t size = std::min(left, random.one_in(3) ? random.of(around) : random.between(1, 9));
    sizes.push_back(size);
    left /= size;
  }
  return sizes;
}

Element label_element(Random& random, const Wanted& wanted, bool& is_signed) {
  const Element element = wanted.plain_bytes    ? Element::kBits8
                          : wanted.binary_bytes ? random.of<Element>({Element::kBool, Element::kBits8})
                                                : random.of(kLabelElements);
  is_signed = element != Element::kBool && random.one_in(2);
  return element;
}

// The offset of a pixel, found from its index in every dimension.
int64_t offset_of(const CountingProblem& problem, const Placed& placed, int64_t group, int64_t pixel) {
  int64_t offset =
      placed.offset + group / problem.labels * placed.strides[0] + group % problem.labels * placed.strides[1];
  for (int32_t d = problem.pixel_dims - 1; d >= 0; --d) {
    offset += pixel % problem.pixel_size[d] * placed.strides[static_cast<size_t>(d) + 3];
    pixel /= problem.pixel_size[d];
  }
  return offset;
}

Code cut(double score, double threshold, ValidScores valid, Code out_of_range) {
  const bool in = valid == ValidScores::kProbabilities ? score >= 0 && score <= 1 : !std::isnan(score);
  return valid == ValidScores::kAll || in ? static_cast<Code>(score > threshold) : out_of_range;
}

Code predicted(const Case& given, int64_t group, int64_t offset) {
  const CountingProblem& problem = given.problem;
  const Buffer& buffer = given.preds.buffer;
  const Element element = problem.preds.element;
  if (problem.prediction == Prediction::kLabel) {
    return code_of(buffer[offset], element, given.preds_signed, problem.num_classes);
  }
  if (problem.prediction == Prediction::kThreshold) {
    const double threshold =
        given.thresholds.empty() ? problem.threshold : given.thresholds[static_cast<size_t>(group % problem.labels)];
    return cut(score_of(buffer[offset], element), threshold, problem.valid_scores, 2);
  }
  Code best = 0;
  double most = score_of(buffer[offset], element);
  for (int64_t c = 1; c < problem.num_classes; ++c) {
    const double score = score_of(buffer[offset + c * problem.class_stride], element);
    if (score > most || (std::isnan(score) && !std::isnan(most))) {
      most = score;
      best = static_cast<Code>(c);
    }
  }
  return best;
}

}  // namespace

Case random_case(Random& random, const Wanted& wanted) {
  static const std::vector<int64_t> classes = {1,  1,  2,  2,  2,  3,  3,   5,   8,   15,  16,  17,  19,  31,  32,
                                               33, 40, 41, 63, 64, 65, 127, 128, 129, 181, 252, 253, 254, 255, 300};
  Case given;
  CountingProblem& problem = given.problem;
  problem.prediction = random.of<Prediction>({Prediction::kLabel, Prediction::kArgmax, Prediction::kThreshold});
  if (wanted.binary_bytes || wanted.plain_bytes) {
    problem.prediction = Prediction::kLabel;
  }
  const bool argmax = problem.prediction == Prediction::kArgmax;
  const bool binary = wanted.binary_bytes || problem.prediction == Prediction::kThreshold;
  problem.num_classes = binary ? 2 : random.of(classes);
  problem.other = random.one_in(2) && !wanted.binary_bytes;
  problem.samples = random.one_in(2) ? 1 : random.between(2, problem.num_classes > 65 ? 2 : 4);
  problem.labels = argmax || random.one_in(2) ? 1 : random.between(2, 3);
  const std::vector<int64_t> sizes = random_pixel_sizes(random);
  problem.pixels = 1;
  problem.pixel_dims = static_cast<int32_t>(sizes.size());
  for (size_t d = 0; d < sizes.size(); ++d) {
    problem.pixel_size[d] = sizes[d];
    problem.pixels *= sizes[d];
  }
  std::vector<int64_t> dims = {problem.samples, problem.labels, 1};
  dims.insert(dims.end(), sizes.begin(), sizes.end());

  given.target.operand.element = label_element(random, wanted, given.target_signed);
  place(random, dims, wanted.offset, given.target);
  given.target.buffer = random_labels(random, given.target.operand.element, given.target.buffer.size(),
                                      problem.num_classes, random_run(random));
  fill_operand(given.target);
  problem.target = given.target.operand;
  problem.target_last = last_class(problem.target.element, given.target_signed, problem.num_classes);

  Element& preds_element = given.preds.operand.element;
  dims[2] = argmax ? problem.num_classes : 1;
  if (problem.prediction == Prediction::kLabel) {
    preds_element = label_element(random, wanted, given.preds_signed);
    place(random, dims, wanted.offset, given.preds);
    given.preds.buffer =
        random_labels(random, preds_element, given.preds.buffer.size(), problem.num_classes, random_run(random));
    problem.preds_last = last_class(preds_element, given.preds_signed, problem.num_classes);
  } else {
    preds_element = random.of(kScoreElements);
    place(random, dims, wanted.offset, given.preds);
    given.preds.buffer = random_scores(random, preds_element, given.preds.buffer.size());
    problem.class_stride = given.preds.strides[2];
    const auto any_score = [&] {
      return score_of(given.preds.buffer[random.below(given.preds.buffer.size())], preds_element);
    };
    problem.threshold = any_score();
    if (problem.prediction == Prediction::kThreshold) {
      problem.valid_scores =
          random.of<ValidScores>({ValidScores::kAll, ValidScores::kNumbers, ValidScores::kProbabilities});
      const int64_t several = random.one_in(2) ? problem.labels : 0;
      for (int64_t label = 0; label < several; ++label) {
        given.thresholds.push_back(any_score());
      }
      problem.thresholds = given.thresholds.empty() ? nullptr : given.thresholds.data();
    }
  }
  fill_operand(given.preds);
  problem.preds = given.preds.operand;

  if (random.one_in(3) && !wanted.plain_bytes) {
    dims[2] = 1;
    given.mask.operand.element = Element::kBool;
    place(random, dims, wanted.offset, given.mask);
    given.mask.buffer = random_labels(random, Element::kBool, given.mask.buffer.size(), 2, random_run(random));
    fill_operand(given.mask);
    problem.mask = given.mask.operand;
  }
  problem.num_ignore = random.of<int32_t>({0, 0, 0, 1, 1, 2, 3, kMaxIgnore});
  for (int32_t k = 0; k < problem.num_ignore; ++k) {
    problem.ignore[k] = random_ignored(random, problem.target.element, problem.num_classes);
  }
  return given;
}

Counts count_naively(const Case& given) {
  const CountingProblem& problem = given.problem;
  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const size_t k = static_cast<size_t>(problem.output_classes());
  const size_t groups = static_cast<size_t>(problem.groups());
  Counts counts{std::vector<int64_t>(groups * k * k), std::vector<int64_t>(groups * 3 * k),
                std::vector<int64_t>(groups)};
  for (size_t group = 0; group < groups; ++group) {
    for (int64_t pixel = 0; pixel < problem.pixels; ++pixel) {
      const auto offset = [&](const Placed& placed) {
        return offset_of(problem, placed, static_cast<int64_t>(group), pixel);
      };
      const uint64_t raw = given.target.buffer[offset(given.target)];
      const bool masked = problem.mask.data != nullptr && given.mask.buffer[offset(given.mask)] == 0;
      if (masked || is_ignored(raw, problem.target.element, problem.ignore, problem.num_ignore)) {
        continue;
      }
      const Code t = code_of(raw, problem.target.element, given.target_signed, problem.num_classes);
      const Code p = predicted(given, static_cast<int64_t>(group), offset(given.preds));
      const bool invalid = t == out_of_range || p == out_of_range;
      counts.invalid[group] += invalid;
      if (invalid && !problem.other) {
        continue;
      }
      ++counts.matrix[group * k * k + t * k + p];
      int64_t* const rows = counts.class_counts.data() + group * 3 * k;
      if (t == p) {
        ++rows[t];
      } else {
        ++rows[k + p];
        ++rows[2 * k + t];
      }
    }
  }
  return counts;
}

std::string Case::text() const {
  std::ostringstream out;
  out << "classes " << problem.num_classes << " other " << problem.other << " samples " << problem.samples << " labels "
      << problem.labels << " pixels";
  for (int32_t d = 0; d < problem.pixel_dims; ++d) {
    out << ' ' << problem.pixel_size[d];
  }
  out << " target " << static_cast<int>(problem.target.element) << " preds " << static_cast<int>(problem.preds.element)
      << " prediction " << static_cast<int>(problem.prediction) << " ignore " << problem.num_ignore << " mask "
      << (problem.mask.data != nullptr);
  return out.str();
}

}  // namespace torchtally::test
