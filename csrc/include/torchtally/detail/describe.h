// What a metric counts, in words: metrics merge where these are the same.
#pragma once

#include <string>

#include <torchtally/detail/definitions.h>
#include <torchtally/detail/labels.h>

namespace torchtally::detail {

inline std::string text_of(const std::optional<Codes>& codes) {
  std::string text;
  for (const auto& [label, code] : codes.value_or(Codes{})) {
    text += (text.empty() ? "" : ", ") + std::to_string(label) + ": " + (code < 0 ? "None" : std::to_string(code));
  }
  return codes.has_value() ? "{" + text + "}" : "None";
}

inline std::string text_of(const Labels& labels) {
  const Counting& counting = labels.counting;
  std::string text = "num_classes=" + std::to_string(counting.num_classes) + ", task=" + quoted(counting.task) +
                     ", threshold=" + number_text(counting.threshold) +
                     ", ignore_index=" + list_text(counting.ignore_index) +
                     ", out_of_range=" + quoted(counting.out_of_range);
  if (labels.maps.has_value()) {
    text += ", label_map=" + text_of(labels.maps->target) + ", preds_map=" + text_of(labels.maps->preds);
  }
  return text + (labels.top_k == 1 ? "" : ", top_k=" + std::to_string(labels.top_k));
}

// A score whose mean over samples is kept.
inline std::string text_of(const BoundScore& score) {
  const ScorePolicy& policy = score.policy;
  const ZeroDivision& zero = policy.zero_division;
  std::string text = score.formula.text + ", average=" + quoted(policy.average) +
                     ", sample_mean=" + quoted(policy.sample_mean) +
                     ", undefined_when=" + quoted(policy.undefined_when) + ", zero_division=" +
                     (zero.is_number() ? number_text(zero.worth())
                      : zero.skips()   ? "'skip'"
                                       : "'nan'") +
                     ", include_background=" + bool_text(policy.include_background);
  if (policy.present || policy.classes.has_value()) {
    text += ", classes=" + (policy.present ? "'present'" : list_text(*policy.classes));
  }
  if (policy.class_weights.has_value()) {
    text += ", class_weights=" + list_text(*policy.class_weights, number_text);
  }
  if (policy.regions.has_value()) {
    text += ", regions=" + list_text(*policy.regions, [](const auto& region) { return list_text(region); });
  }
  return text;
}

}  // namespace torchtally::detail
