#include "ops/cpu/streaming_read.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <atomic>

#include "ops/cpu/kernels.h"

namespace torchtally::cpu {

uint64_t streaming_read(const void* data, int64_t bytes) {
  constexpr int64_t kBlock = 1 << 16;
  const Kernels& level = kernels();
  std::atomic<uint64_t> all{0};
  torch::stable::parallel_for(0, (bytes + kBlock - 1) / kBlock, 16, [&](int64_t first, int64_t last) {
    const int64_t begin = first * kBlock;
    all ^= level.read_bytes(static_cast<const char*>(data) + begin, std::min(last * kBlock, bytes) - begin);
  });
  return all;
}

}  // namespace torchtally::cpu
