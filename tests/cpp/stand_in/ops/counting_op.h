// Stands in for csrc/ops/counting_op.h: the same ops on a CountingProblem, without tensors. Each op registers itself
// under its name.
#pragma once

#include <map>
#include <string>

#include "common/counting_problem.h"

namespace torchtally {

struct Tensor {};

using Count = void (*)(const CountingProblem&, const CountingOutput&);

struct Registry {
  std::map<std::string, Count> ops;
  void impl(const char* name, Count count) { ops[name] = count; }
};

inline Registry& registry() {
  static Registry instance;
  return instance;
}

template <class Op>
void counted(const CountingProblem& problem, const CountingOutput& output) {
  Op::count(problem, output, Tensor());
}

template <class Op>
void count_into(const CountingProblem& problem, const CountingOutput& output) {
  Op::count(problem, output, Tensor());
}

}  // namespace torchtally

#define TORCH_BOX(function) (function)
#define STABLE_TORCH_LIBRARY_IMPL(library, key, m)                                              \
  static void register_ops(torchtally::Registry& m);                                            \
  [[maybe_unused]] static const bool registered = (register_ops(torchtally::registry()), true); \
  static void register_ops(torchtally::Registry& m)
