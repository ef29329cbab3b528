// Arithmetic of overlap_sums that is the same on every device. T is a number, or a vector of GCC's and Clang's own,
// whose comparisons are masks: ?: chooses in each lane.
#pragma once

#include <type_traits>

#include "common/host_device.h"

namespace torchtally {

// What a stored number is computed in.
template <class Stored>
using RealOf = std::conditional_t<std::is_same_v<Stored, double>, double, float>;

template <class T>
TORCHTALLY_HOST_DEVICE T magnitude(T x) {
  return x < 0 ? -x : x;
}

template <class T>
TORCHTALLY_HOST_DEVICE T sign_of(T x) {
  return x > 0 ? T{} + 1 : x < 0 ? T{} - 1 : T{};
}

// x * y, and 0 where x is 0, whatever y is.
template <class T>
TORCHTALLY_HOST_DEVICE T scaled(T x, T y) {
  return x == 0 ? T{} : x * y;
}

// The sigmoid p of x. Every device has its own exponential and logarithm, so their values are given.
template <class T>
struct Sigmoid {
  T x;
  T exponential;  // e^-|x|
  T value;        // p
  T complement;   // 1 - p

  TORCHTALLY_HOST_DEVICE Sigmoid(T logit, T exponential_of_logit)
      : Sigmoid(logit, exponential_of_logit, 1 / (1 + exponential_of_logit)) {}
  // `large` is 1 / (1 + exponential).
  TORCHTALLY_HOST_DEVICE Sigmoid(T logit, T exponential_of_logit, T large)
      : x(logit), exponential(exponential_of_logit) {
    const T small = exponential * large;
    value = x < 0 ? small : large;
    complement = x < 0 ? large : small;
  }

  // -t log p - (1 - t) log(1 - p), given log(1 + exponential).
  TORCHTALLY_HOST_DEVICE T cross_entropy(T t, T log_of_one_and_exponential) const {
    return log_of_one_and_exponential + scaled(x < 0 ? t : 1 - t, magnitude(x));
  }
};

}  // namespace torchtally
