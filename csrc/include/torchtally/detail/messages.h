// Errors that the op library throws for an argument, and how messages write numbers. No part of torch, so that the
// library and the headers share it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(_WIN32)
#define TORCHTALLY_THROWN
#else
#define TORCHTALLY_THROWN __attribute__((visibility("default")))  // one type in all libraries of a process
#endif

namespace torchtally::detail {

// detail/ops.h makes c10::TypeError and c10::ValueError of them. In Python both are RuntimeError, behind the package's
// own checks.
struct TORCHTALLY_THROWN WrongType : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct TORCHTALLY_THROWN WrongValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For memory that is not there: c10::OutOfMemoryError.
struct TORCHTALLY_THROWN NoMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// As Python writes it: the fewest digits that mean this number, and a point or an exponent: 1.0, 0.1, 1e-05, nan.
inline std::string number_text(double number) {
  if (!std::isfinite(number)) {
    return std::isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
  }
  char text[32];
  int digits = 0;
  do {
    std::snprintf(text, sizeof(text), "%.*e", digits, number);
  } while (std::strtod(text, nullptr) != number && ++digits < 17);
  const int exponent = std::atoi(std::strchr(text, 'e') + 1);
  if (exponent >= -4 && exponent < 16) {
    std::snprintf(text, sizeof(text), "%.*f", std::max(1, digits - exponent), number);
  }
  return text;
}

// "0.5", with so many digits at most.
inline std::string short_text(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*g", digits, value);
  return std::isnan(value) ? "nan" : text;
}

// What tensors of an unusual shape were meant to be, and the remedy, as python/torchtally/ops/_shapes.py says it.
using Shape = std::vector<int64_t>;

// Whether one shape is another with a dimension `at` of so many entries; -1 for any number.
inline bool has_more(const Shape& longer, size_t at, int64_t entries, Shape shorter) {
  if (longer.size() != shorter.size() + 1 || shorter.empty() || (entries >= 0 && longer[at] != entries)) {
    return false;
  }
  shorter.insert(shorter.begin() + static_cast<std::ptrdiff_t>(at), longer[at]);
  return longer == shorter;
}

// [N, ...] of [N, C, ...].
inline Shape without_classes(Shape shape) {
  if (shape.size() > 1) {
    shape.erase(shape.begin() + 1);
  }
  return shape;
}

// For [N, 1, ...] in place of [N, ...].
inline std::string channel_remedy(const std::string& name, const Shape& tensor, const Shape& wanted) {
  return has_more(tensor, 1, 1, wanted) ? "; for labels pass " + name + ".squeeze(1)" : "";
}

// For [N, C, ...] in place of [N, ...].
inline std::string one_hot_remedy(const std::string& name, const Shape& tensor, const Shape& wanted, int64_t classes) {
  return classes > 1 && has_more(tensor, 1, classes, wanted) ? "; for one-hot pass " + name + ".argmax(1)" : "";
}

// For scores and target of which neither is [N, C, ...].
inline std::string scores_remedy(const std::string& name, const Shape& scores, const Shape& target) {
  if (has_more(scores, 0, -1, target)) {
    return "; for [C, ...] without a batch dimension pass " + name + ".unsqueeze(0) and target.unsqueeze(0)";
  }
  if (has_more(scores, target.size(), -1, target)) {
    return "; for scores in the last dimension pass " + name + ".movedim(-1, 1)";
  }
  return channel_remedy("target", target, without_classes(scores));
}

}  // namespace torchtally::detail
