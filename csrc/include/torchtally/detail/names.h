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

// 'a', 'b', 'c'
template <class Enum>
std::string quoted_words() {
  std::string text;
  for (const char* word : Words<Enum>::words) {
    text += std::string(text.empty() ? "'" : ", '") + word + "'";
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
  TORCH_CHECK_VALUE(false, "from_name: ", detail::Words<Enum>::option, " must be one of ", detail::quoted_words<Enum>(),
                    ", got '", name, "'");
}

}  // namespace torchtally
