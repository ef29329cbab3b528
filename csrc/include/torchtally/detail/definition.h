// What a definition of a score says: score_table.h has one of each, written from those of Python.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <torchtally/detail/formulas.h>

namespace torchtally::detail {

// What a formula sees: each class alone, the scored classes together, or every class.
enum class Sees { kClass, kScored, kAll };

using Names = std::vector<std::string_view>;

// An option that takes fewer words than elsewhere.
struct Choice {
  std::string_view option;
  Names words;
};

struct ScoreDefinition {
  const char* name;    // as ScoreSuite knows it
  const char* metric;  // name of the metric class
  Sees sees;
  MakeFormula formula;
  Names parameters = {};             // its own options
  Names refused = {};                // policy options that it does not take
  ScoreOptions defaults = {};        // of its own options, and where they are others than elsewhere
  std::vector<Choice> choices = {};  // tasks among them
  Names infinite = {};               // of its own numbers, those that may be infinite
  bool bounded = true;               // whether no value is beyond 1 in size
};

}  // namespace torchtally::detail
