// Random problems in heap blocks of exactly their size, and the obvious way to count them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/counting_problem.h"

namespace torchtally::test {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits();
  int64_t below(int64_t n) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(n)); }
  int64_t between(int64_t first, int64_t last) { return first + below(last - first + 1); }
  bool one_in(int64_t n) { return below(n) == 0; }
  template <class T>
  T of(const std::vector<T>& values) {
    return values[static_cast<size_t>(below(static_cast<int64_t>(values.size())))];
  }

 private:
  uint64_t state_;
};

inline const std::vector<Element> kLabelElements = {Element::kBool, Element::kBits8, Element::kBits16, Element::kBits32,
                                                    Element::kBits64};
inline const std::vector<Element> kScoreElements = {Element::kHalf, Element::kBFloat16, Element::kFloat,
                                                    Element::kDouble};

double score_of(uint64_t raw, Element element);

// Elements that end where their heap block ends, so that a sanitizer sees a read beyond them.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Element element, int64_t elements);

  void set(int64_t index, uint64_t raw);
  uint64_t operator[](int64_t index) const { return raw_[static_cast<size_t>(index)]; }
  const void* data(int64_t offset = 0) const { return bytes_.get() + offset * width_; }
  int64_t size() const { return static_cast<int64_t>(raw_.size()); }

 private:
  int64_t width_ = 1;
  std::vector<uint64_t> raw_;
  std::unique_ptr<unsigned char[]> bytes_;
};

// Runs of one length of labels that are mostly classes, or scores with ties and special values.
Buffer random_labels(Random& random, Element element, int64_t elements, int64_t num_classes, int64_t run);
Buffer random_scores(Random& random, Element element, int64_t elements);
// Something to ignore: often 255, as users have it.
uint64_t random_ignored(Random& random, Element element, int64_t num_classes);

// The largest raw label that is a class.
uint64_t last_class(Element element, bool is_signed, int64_t num_classes);
// The code of a raw label, told by its value.
Code code_of(uint64_t raw, Element element, bool is_signed, int64_t num_classes);
bool is_ignored(uint64_t raw, Element element, const uint64_t* ignore, int32_t num_ignore);

// An operand in memory, as Operand tells it to the kernels.
struct Placed {
  Buffer buffer;
  int64_t offset = 0;
  std::vector<int64_t> strides;  // samples, labels, classes, pixel dimensions
  Operand operand;
};

struct Case {
  CountingProblem problem;
  bool target_signed = false;
  bool preds_signed = false;
  Placed target, preds, mask;
  std::vector<double> thresholds;  // of each label; the problem points here

  std::string text() const;
};

// What is not left to chance.
struct Wanted {
  std::optional<int64_t> offset = std::nullopt;  // every operand is contiguous behind this many elements
  bool binary_bytes = false;                     // labels of one byte, two classes, without `other`
  bool plain_bytes = false;                      // labels of 8 bits, without a mask
};

Case random_case(Random& random, const Wanted& wanted = {});

struct Counts {
  std::vector<int64_t> matrix, class_counts, invalid;
};

Counts count_naively(const Case& given);

}  // namespace torchtally::test
