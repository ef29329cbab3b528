// The words of enums, which are those of the Python package.
#pragma once

#include <c10/util/Exception.h>

#include <cstddef>
#include <string>

namespace torchtally {
namespace detail {

// Specialised for every enum: `option`, the name of the option that takes it, and `words`, one a value, in order.
template <class Enum>
struct Words;

#define TORCHTALLY_DETAIL_WORDS(Enum, name, ...)          \
  template <>                                             \
  struct Words<Enum> {                                    \
    static constexpr const char* option = name;           \
    static constexpr const char* words[] = {__VA_ARGS__}; \
  };

// 'a', 'b', 'c'
template <class Strings>
std::string quoted_list(const Strings& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "'" : ", '") + std::string(word) + "'";
  }
  return text;
}

}  // namespace detail

/// The word of a value: name_of(Average::kMicro) is "micro".
template <class Enum>
const char* name_of(Enum value) {
  return detail::Words<Enum>::words[static_cast<size_t>(value)];
}

/// The value of a word, as a configuration file holds it: from_name<Average>("micro").
///
/// Throws c10::ValueError for another word.
template <class Enum>
Enum from_name(const std::string& name) {
  size_t index = 0;
  for (const char* word : detail::Words<Enum>::words) {
    if (name == word) {
      return static_cast<Enum>(index);
    }
    ++index;
  }
  TORCH_CHECK_VALUE(false, "from_name: ", detail::Words<Enum>::option, " must be one of ",
                    detail::quoted_list(detail::Words<Enum>::words), ", got '", name, "'");
}

}  // namespace torchtally
