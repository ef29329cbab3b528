// What options of counts and scores hold, and how classes of options declare them.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace torchtally {

/// From the values of labels to classes, all at once: {{0, 1}, {1, 0}} swaps. A value mapped to std::nullopt is
/// ignored, one that is not named is out of range.
using LabelMap = std::map<int64_t, std::optional<int64_t>>;

/// Unions of classes that are scored instead of classes; they may overlap.
using Regions = std::vector<std::vector<int64_t>>;

/// What an undefined entry is worth.
class ZeroDivision {
 public:
  enum Rule {
    kSkip,  ///< it is left out: NaN where each class is shown, and where nothing is left
    kNaN,   ///< NaN, which propagates through means
  };
  ZeroDivision(Rule rule) : skips_(rule == kSkip) {}  // NOLINT(google-explicit-constructor)
  ZeroDivision(double number) : worth_(number) {}     // NOLINT(google-explicit-constructor): NaN is kNaN
  bool skips() const { return skips_; }
  bool is_number() const { return !std::isnan(worth_); }
  /// The number, or NaN.
  double worth() const { return worth_; }

 private:
  bool skips_ = false;
  double worth_ = std::numeric_limits<double>::quiet_NaN();
};

/// The classes with a target or predicted pixel, in each sample where samples are scored.
struct Present {
  explicit constexpr Present(int /*unused*/) {}
};
inline constexpr Present kPresent{0};

/// Which classes are scored.
struct Classes {
  bool present = false;          ///< kPresent
  std::vector<int64_t> indices;  ///< else these
};

namespace detail {

// An option that has an effect beside some values of another only, as messages write them.
struct Need {
  std::string_view option;
  std::string_view other;
  std::vector<std::string> values;
};

}  // namespace detail
}  // namespace torchtally

// A setter that chains, a getter, and the field.
#define TORCHTALLY_DETAIL_GETTER(type, name)                  \
  const std::optional<type>& name() const { return name##_; } \
                                                              \
 private:                                                     \
  std::optional<type> name##_;                                \
                                                              \
 public:

#define TORCHTALLY_DETAIL_OPTION(type, name) \
  Self& name(type value) {                   \
    name##_ = std::move(value);              \
    return static_cast<Self&>(*this);        \
  }                                          \
  TORCHTALLY_DETAIL_GETTER(type, name)

#define TORCHTALLY_DETAIL_LIST_OPTION(type, name) \
  Self& name(at::ArrayRef<type> values) {         \
    name##_ = values.vec();                       \
    return static_cast<Self&>(*this);             \
  }                                               \
  TORCHTALLY_DETAIL_GETTER(std::vector<type>, name)

#define TORCHTALLY_DETAIL_NUMBERS_OPTION(name) \
  Self& name(double value) {                   \
    name##_ = std::vector<double>{value};      \
    return static_cast<Self&>(*this);          \
  }                                            \
  TORCHTALLY_DETAIL_LIST_OPTION(double, name)

#define TORCHTALLY_DETAIL_TENSOR_OPTION(name)                                               \
  Self& name(at::Tensor value) { /* an undefined tensor is none */                          \
    name##_ = value.defined() ? std::optional<at::Tensor>(std::move(value)) : std::nullopt; \
    return static_cast<Self&>(*this);                                                       \
  }                                                                                         \
  TORCHTALLY_DETAIL_GETTER(at::Tensor, name)

#define TORCHTALLY_DETAIL_WEIGHTS_OPTION(name) \
  TORCHTALLY_DETAIL_TENSOR_OPTION(name)        \
  Self& name(const std::vector<double>& weights) { return name(at::tensor(weights, at::kDouble)); }

#define TORCHTALLY_DETAIL_CLASSES_OPTION(name) \
  Self& name(at::IntArrayRef indices) {        \
    name##_ = Classes{false, indices.vec()};   \
    return static_cast<Self&>(*this);          \
  }                                            \
  Self& name(Present /*present*/) {            \
    name##_ = Classes{true, {}};               \
    return static_cast<Self&>(*this);          \
  }                                            \
  TORCHTALLY_DETAIL_GETTER(Classes, name)
