// Host helpers of the CUDA kernels. Nothing here waits for the device.
#pragma once

#include <cuda_runtime_api.h>
#include <torch/csrc/stable/accelerator.h>

#include <cstdint>

#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

using torch::stable::accelerator::DeviceGuard;

// Throws where a CUDA call of `op` did not succeed; `action` completes "could not ...".
void check_cuda(cudaError_t error, const char* op, const char* action, int32_t device_index);

// Asked of the driver once a device.
DeviceFacts device_facts(const char* op, int32_t device_index);

// The stream that torch's caller works on.
cudaStream_t current_stream(int32_t device_index);

}  // namespace torchtally::cuda
