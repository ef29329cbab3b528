// Errors of the op libraries: one sentence that names the operation, the argument, the rule and the value.
#pragma once

#include <sstream>
#include <stdexcept>

namespace torchtally {

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw std::runtime_error(message.str());
}

}  // namespace torchtally

// A macro, so that the parts of a message are evaluated only where the check fails.
#define TORCHTALLY_CHECK(condition, ...) \
  do {                                   \
    if (!(condition)) [[unlikely]] {     \
      ::torchtally::fail(__VA_ARGS__);   \
    }                                    \
  } while (false)
