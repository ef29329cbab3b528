// The kernels of one level, called row by row on blocks of exactly the size that they may touch.
#pragma once

#include "ops/cpu/kernels.h"

namespace torchtally::test {

// Throws std::runtime_error at the first difference.
void check_rows(const cpu::Kernels& kernels);

}  // namespace torchtally::test
