// In place of csrc/ops/cuda/device.h: an emulated device, which the tests choose.
#pragma once

#include <cstdint>

#include "common/cuda_launch.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

inline DeviceFacts emulated_device;

struct DeviceGuard {
  explicit DeviceGuard(int32_t /*device_index*/) {}
};

inline void check_cuda(cudaError_t /*error*/, const char* /*op*/, const char* /*action*/, int32_t /*device_index*/) {}
inline DeviceFacts device_facts(const char* /*op*/, int32_t /*device_index*/) { return emulated_device; }
inline cudaStream_t current_stream(int32_t /*device_index*/) { return nullptr; }

}  // namespace torchtally::cuda
