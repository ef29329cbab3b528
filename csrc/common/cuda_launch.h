// The one header that every .cuh includes: CUDA under nvcc, and under a plain C++ compiler the emulation of
// tests/cuda_emulation, which runs the same device code on the CPU. Both define
//
//   TORCHTALLY_DYNAMIC_SHARED(type, name)   the block's dynamic shared memory as an array
//   launch({grid, threads, shared_bytes, stream}, kernel, arguments...)
#pragma once

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

// One untyped symbol, because instantiations that disagree about its type do not link.
#define TORCHTALLY_DYNAMIC_SHARED(type, name)           \
  extern __shared__ uint4 torchtally_dynamic_shared_[]; \
  type* const name = reinterpret_cast<type*>(torchtally_dynamic_shared_)

namespace torchtally::cuda {

struct Launch {
  int64_t grid;
  int32_t threads;
  int64_t shared_bytes;
  cudaStream_t stream;
};

// Allows a kernel as much dynamic shared memory as the device has. The limit is the kernel's, for all threads of the
// process: set to the bytes of one launch, it could fall under those of a launch that another thread is about to make.
inline cudaError_t allow_shared_memory(const void* kernel) {
  static std::mutex mutex;
  static std::set<std::pair<const void*, int>> allowed;
  int device = 0;
  cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) {
    return error;
  }
  const std::lock_guard<std::mutex> lock(mutex);
  if (allowed.count({kernel, device}) != 0) {
    return cudaSuccess;
  }
  int most = 0;
  error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  cudaFuncAttributes attributes{};
  if (error == cudaSuccess) {
    error = cudaFuncGetAttributes(&attributes, kernel);
  }
  if (error == cudaSuccess) {
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 most - static_cast<int>(attributes.sharedSizeBytes));
  }
  if (error == cudaSuccess) {
    allowed.insert({kernel, device});
  }
  return error;
}

template <class... Params, class... Arguments>
cudaError_t launch(const Launch& at, void (*kernel)(Params...), const Arguments&... arguments) {
  constexpr int64_t kWithoutOptIn = 48 << 10;
  if (at.shared_bytes > kWithoutOptIn) {
    const cudaError_t error = allow_shared_memory(reinterpret_cast<const void*>(kernel));
    if (error != cudaSuccess) {
      return error;
    }
  }
  kernel<<<static_cast<unsigned>(at.grid), static_cast<unsigned>(at.threads), static_cast<size_t>(at.shared_bytes),
           at.stream>>>(arguments...);
  return cudaGetLastError();
}

}  // namespace torchtally::cuda

#else

#include "cuda_emulator.h"

#endif
