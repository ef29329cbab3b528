// The floor of every benchmark: memory read once by torch's threads, as fast as the chosen kernels can.
#pragma once

#include <cstdint>

#include "common/export.h"

namespace torchtally::cpu {

// The exclusive or of the bytes, in words; it only keeps the reads from being removed.
TORCHTALLY_API uint64_t streaming_read(const void* data, int64_t bytes);

}  // namespace torchtally::cpu
