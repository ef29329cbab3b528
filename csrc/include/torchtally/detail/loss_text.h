// Values in the words of an error message, as Python writes them, so that both languages say the same sentence.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace torchtally::detail::loss {

// "torch.float32"
inline std::string dtype_text(c10::ScalarType type) { return "torch." + std::string(c10::getDtypeNames(type).first); }

// The shortest digits that read back as the same number: "0.1", "1.0", "nan".
inline std::string number_text(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  char text[32];
  const double size = std::abs(value);
  const int whole = size >= 1.0 && size < 1e16 ? static_cast<int>(std::log10(size)) + 1 : 1;  // 100.0, not 1e+02
  for (int digits = whole; digits <= 17; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) {
      break;
    }
  }
  const std::string shortest = text;
  return shortest.find_first_of(".einf") == std::string::npos ? shortest + ".0" : shortest;
}

// "[0.5, 1.0]"
inline std::string list_text(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) {
    text += (text.size() > 1 ? ", " : "") + number_text(value);
  }
  return text + "]";
}

// "[2, 3]"
inline std::string list_text(at::IntArrayRef values) {
  std::string text = "[";
  for (const int64_t value : values) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  }
  return text + "]";
}

}  // namespace torchtally::detail::loss
