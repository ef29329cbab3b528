// The options of a policy: their rules and their errors.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <torchtally/detail/text.h>
#include <torchtally/options.h>

namespace torchtally::detail {

inline double non_negative(const std::string& op, const char* name, double number, bool finite = true) {
  TORCH_CHECK_VALUE(!std::isnan(number) && number >= 0 && (!finite || !std::isinf(number)), op, ": ", name, " must ",
                    finite ? "be finite and" : "be", " not negative, got ", number_text(number));
  return number;
}

inline bool each_once(const std::vector<int64_t>& values) {
  return !values.empty() && std::set<int64_t>(values.begin(), values.end()).size() == values.size();
}

inline void check_class_indices(const std::string& op, const std::vector<int64_t>& classes) {
  TORCH_CHECK_VALUE(each_once(classes), op, ": classes must name at least one class, each once, got ",
                    list_text(classes));
}

// Which of so many classes are scored, in the order of the result.
inline std::vector<int64_t> scored_classes(const std::string& op, const std::optional<std::vector<int64_t>>& classes,
                                           bool include_background, int64_t num_classes) {
  std::vector<int64_t> chosen;
  for (int64_t c = 0; !classes.has_value() && c < num_classes; ++c) {
    chosen.push_back(c);
  }
  chosen = classes.value_or(chosen);
  std::vector<int64_t> scored;
  for (const int64_t index : chosen) {
    TORCH_CHECK_VALUE(index >= 0 && index < num_classes, op, ": classes must lie in [0, ", num_classes, "), got ",
                      index);
    if (index != 0 || include_background) {
      scored.push_back(index);
    }
  }
  TORCH_CHECK_VALUE(!scored.empty(), op, ": classes without the background must leave a class to score, got classes ",
                    list_text(chosen));
  return scored;
}

inline void check_regions(const std::string& op, const Regions& regions) {
  TORCH_CHECK_VALUE(!regions.empty(), op, ": regions must hold at least one region, got none");
  for (const auto& region : regions) {
    TORCH_CHECK_VALUE(each_once(region), op, ": regions must name at least one class each, each once, got ",
                      list_text(region));
  }
}

inline void check_class_weights(const std::string& op, const std::vector<double>& weights, Average average) {
  TORCH_CHECK_VALUE(average == Average::kMacro, op,
                    ": class_weights weigh the classes of average='macro', got average=", quoted(average));
  const auto good = [](double weight) { return std::isfinite(weight) && weight >= 0; };
  const auto any = [](double weight) { return weight != 0; };
  TORCH_CHECK_VALUE(
      std::all_of(weights.begin(), weights.end(), good) && std::any_of(weights.begin(), weights.end(), any), op,
      ": class_weights must be finite, not negative and not all zero, got ", list_text(weights, number_text));
}

inline void check_score_dtype(const std::string& op, at::ScalarType type) {
  TORCH_CHECK_VALUE(type == at::kFloat || type == at::kDouble, op,
                    ": dtype must be torch.float32 or torch.float64, got ", dtype_text(type));
}

}  // namespace torchtally::detail
