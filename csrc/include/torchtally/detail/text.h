// How messages write values: as Python does, so that both languages say the same.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <torchtally/options.h>

namespace torchtally::detail {

// [1, 2]
template <class Values, class Text>
std::string list_text(const Values& values, Text&& text) {
  std::string all;
  for (const auto& value : values) {
    all += (all.empty() ? "" : ", ") + text(value);
  }
  return "[" + all + "]";
}

inline std::string list_text(at::IntArrayRef values) {
  return list_text(values, [](int64_t value) { return std::to_string(value); });
}

// The fewest digits that mean this number, and always a point or an exponent: 1.0, 0.1, 1e-05, nan.
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

inline std::string dtype_text(at::ScalarType type) { return "torch." + std::string(c10::getDtypeNames(type).first); }

inline std::string shape_text(const at::Tensor& tensor) { return list_text(tensor.sizes()); }

inline const char* bool_text(bool value) { return value ? "True" : "False"; }

// 'macro'
template <class Enum>
std::string quoted(Enum value) {
  return std::string("'") + name_of(value) + "'";
}

inline std::string classes_text(const std::optional<Classes>& classes) {
  return !classes ? "None" : classes->present ? "'present'" : list_text(classes->indices);
}

}  // namespace torchtally::detail
