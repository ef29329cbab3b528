// How messages write values, as Python does, and what is asked of options by their names.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <torchtally/detail/messages.h>
#include <torchtally/detail/names.h>
#include <torchtally/detail/option_types.h>

namespace torchtally::detail {

inline std::string text_of(int64_t value) { return std::to_string(value); }
inline std::string text_of(double value) { return number_text(value); }
inline std::string text_of(bool value) { return value ? "True" : "False"; }
inline std::string text_of(const ZeroDivision& value) {
  return value.is_number() ? number_text(value.worth()) : value.skips() ? "'skip'" : "'nan'";
}

// torch.float32
inline std::string text_of(at::ScalarType type) { return "torch." + std::string(c10::getDtypeNames(type).first); }

// 'macro'
template <class Enum, class = decltype(Words<Enum>::option)>
std::string text_of(Enum value) {
  return std::string("'") + name_of(value) + "'";
}

// [1, 2]
template <class Value>
std::string text_of(const std::vector<Value>& values) {
  std::string all;
  for (const Value& value : values) {
    all += (all.empty() ? "" : ", ") + text_of(value);
  }
  return "[" + all + "]";
}

inline std::string text_of(const Classes& classes) { return classes.present ? "'present'" : text_of(classes.indices); }

inline std::string text_of(const LabelMap& map) {
  std::string text;
  for (const auto& [label, named] : map) {
    text += (text.empty() ? "" : ", ") + text_of(label) + ": " + (named.has_value() ? text_of(*named) : "None");
  }
  return "{" + text + "}";
}

template <class Value>
std::string text_of(const std::optional<Value>& value) {
  return value.has_value() ? text_of(*value) : "None";
}

inline std::string shape_text(const at::Tensor& tensor) { return text_of(tensor.sizes().vec()); }

template <class Values, class Value>
bool contains(const Values& values, const Value& value) {
  return std::find(std::begin(values), std::end(values), value) != std::end(values);
}

// Throws for the first option that is set and not known.
template <class Options, class Known>
void refuse_unknown(const std::string& op, const Options& options, Known&& known) {
  Options::each(
      [&](const char* name, const auto& field) {
        TORCH_CHECK_TYPE(!field.has_value() || known(name), op, ": unknown option '", name, "'");
      },
      options);
}

// The options, with the defaults of those that are not set.
template <class Options>
Options filled(Options options, const Options& defaults = Options::defaults()) {
  Options::each([](const char*, auto& own, const auto& of_default) { own = own.has_value() ? own : of_default; },
                options, defaults);
  return options;
}

// The value of an option, by its name; nothing for what no message writes.
template <class Options>
std::string text_of_option(const Options& options, std::string_view wanted) {
  std::string text;
  Options::each(
      [&](const char* name, const auto& field) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(field)>, std::optional<at::Tensor>>) {
          text = wanted == name ? text_of(field) : text;
        }
      },
      options);
  return text;
}

// Throws for an option that is not its default and has no effect beside the value of another. Both have a value for
// each option that has a default.
template <class Options>
void refuse_idle(const std::string& op, const Options& options, const Options& defaults = Options::defaults()) {
  for (const Need& need : Options::needs()) {
    const std::string own = text_of_option(options, need.option), other = text_of_option(options, need.other);
    if (own == text_of_option(defaults, need.option) || contains(need.values, other)) {
      continue;
    }
    std::string remedy;
    for (const std::string& value : need.values) {
      remedy += (remedy.empty() ? "" : " or ") + value;
    }
    TORCH_CHECK_VALUE(false, op, ": ", need.option, "=", own, " has no effect with ", need.other, "=", other, "; pass ",
                      need.other, "=", remedy);
  }
}

// The options that are wanted, set and not empty, as "name=value, name=value" in the order of their names, beside
// others.
template <class Options, class Wanted>
std::string listed(const Options& options, Wanted&& wanted, std::map<std::string, std::string> all = {}) {
  Options::each(
      [&](const char* name, const auto& field) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(field)>, std::optional<at::Tensor>>) {
          if (field.has_value() && wanted(name) && text_of(*field) != "[]") {
            all[name] = text_of(*field);
          }
        }
      },
      options);
  std::string text;
  for (const auto& [name, value] : all) {
    text += (text.empty() ? "" : ", ") + name + "=" + value;
  }
  return text;
}

inline double non_negative(const std::string& op, const char* name, double number, bool finite = true) {
  TORCH_CHECK_VALUE(!std::isnan(number) && number >= 0 && (!finite || !std::isinf(number)), op, ": ", name, " must ",
                    finite ? "be finite and" : "be", " not negative, got ", number_text(number));
  return number;
}

// Throws unless classes are named, each once.
inline void check_class_indices(const std::string& op, const std::vector<int64_t>& classes, const char* rule) {
  const std::set<int64_t> different(classes.begin(), classes.end());
  TORCH_CHECK_VALUE(!classes.empty() && different.size() == classes.size(), op, ": ", rule, ", got ", text_of(classes));
}

// Which of so many classes are scored, in the order of the result; `classes` names all where it is null.
inline std::vector<int64_t> scored_classes(const std::string& op, const std::vector<int64_t>* classes,
                                           bool include_background, int64_t num_classes) {
  std::vector<int64_t> chosen, scored;
  for (int64_t c = 0; classes == nullptr && c < num_classes; ++c) {
    chosen.push_back(c);
  }
  for (const int64_t index : chosen = classes == nullptr ? chosen : *classes) {
    TORCH_CHECK_VALUE(index >= 0 && index < num_classes, op, ": classes must lie in [0, ", num_classes, "), got ",
                      index);
    if (index != 0 || include_background) {
      scored.push_back(index);
    }
  }
  TORCH_CHECK_VALUE(!scored.empty(), op, ": classes without the background must leave a class to score, got classes ",
                    text_of(chosen));
  return scored;
}

// int64 numbers of labels, each once and ascending.
inline std::vector<int64_t> distinct(const at::Tensor& labels) {
  const at::Tensor here = std::get<0>(at::_unique2(labels.to(at::kLong))).to(at::kCPU).contiguous();
  const int64_t* const data = here.const_data_ptr<int64_t>();
  return {data, data + here.numel()};
}

// "7, 9": the first of some labels, as their dtype means them.
inline std::string first_labels(const std::vector<int64_t>& labels, at::ScalarType type) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(labels.size(), 3); ++i) {
    text += i > 0 ? ", " : "";
    text += type == at::kUInt64 ? std::to_string(static_cast<uint64_t>(labels[i])) : std::to_string(labels[i]);
  }
  return text;
}

// The pixels that a mask and values to ignore leave, bool of target's shape.
inline at::Tensor counted_pixels(const at::Tensor& target, const std::optional<at::Tensor>& mask,
                                 const std::vector<int64_t>& ignore_index) {
  at::Tensor counted = mask.has_value() ? *mask : at::ones_like(target, at::kBool);
  for (const int64_t value : ignore_index) {
    if (target.is_floating_point()) {
      counted = counted & (target != value);
    } else if (target.scalar_type() != at::kUInt64 || value >= 0) {  // there a negative value would be another label
      counted = counted & (target.to(at::kLong) != value);
    }
  }
  return counted;
}

// Whether each is its neighbour's successor, so that they can be a slice.
inline bool consecutive(const std::vector<int64_t>& values) {
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] != values[i - 1] + 1) {
      return false;
    }
  }
  return !values.empty();
}

}  // namespace torchtally::detail
