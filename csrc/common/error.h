// Errors of the op libraries: one sentence that names the operation, the argument, the rule and the value.
#pragma once

#include <sstream>
#include <stdexcept>

#include "include/torchtally/detail/messages.h"

namespace torchtally {

template <class Error = std::runtime_error, class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(message.str());
}

}  // namespace torchtally

// Macros, so that the parts of a message are evaluated only where the check fails.
#define TORCHTALLY_CHECK_AS(error, condition, ...) \
  do {                                             \
    if (!(condition)) [[unlikely]] {               \
      ::torchtally::fail<error>(__VA_ARGS__);      \
    }                                              \
  } while (false)

#define TORCHTALLY_CHECK(...) TORCHTALLY_CHECK_AS(std::runtime_error, __VA_ARGS__)

// For a wrong kind or dtype of an argument, and for a wrong shape or value of it. Headers of C++ callers have no other
// rules about tensors, and pass the words on: they are those of Python's own checks.
#define TORCHTALLY_CHECK_TYPE(...) TORCHTALLY_CHECK_AS(::torchtally::detail::WrongType, __VA_ARGS__)
#define TORCHTALLY_CHECK_VALUE(...) TORCHTALLY_CHECK_AS(::torchtally::detail::WrongValue, __VA_ARGS__)
