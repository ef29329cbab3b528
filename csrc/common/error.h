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

template <class... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]] {
    fail(parts...);
  }
}

}  // namespace torchtally
