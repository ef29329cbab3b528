// In place of csrc/ops/cuda/device.h, for ops that ask nothing of the device.
#pragma once

#include <cstdint>

#include "common/cuda_launch.h"

namespace torchtally::cuda {

struct DeviceGuard {
  explicit DeviceGuard(int32_t /*device_index*/) {}
};

inline void check_cuda(cudaError_t /*error*/, const char* /*op*/, const char* /*action*/, int32_t /*device_index*/) {}
inline cudaStream_t current_stream(int32_t /*device_index*/) { return nullptr; }

}  // namespace torchtally::cuda
