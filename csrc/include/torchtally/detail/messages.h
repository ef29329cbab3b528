// Errors that the op library throws for an argument, and how messages write numbers. No part of torch, so that the
// library and the headers share it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

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

}  // namespace torchtally::detail
