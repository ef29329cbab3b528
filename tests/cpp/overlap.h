// The kernels of overlap_sums of one level, on blocks of exactly the size that they may touch.
#pragma once

#include <cstdint>

#include "ops/cpu/kernels.h"

namespace torchtally::test {

// Throws std::runtime_error at the first difference.
void check_overlap(const cpu::Kernels& kernels, uint64_t seed);

}  // namespace torchtally::test
