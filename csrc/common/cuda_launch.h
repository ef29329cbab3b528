// The one header that every .cuh includes: CUDA under nvcc, and under a plain C++ compiler the emulation of
// tests/cuda_emulation, which runs the same device code on the CPU. Both define
//
//   TORCHTALLY_DYNAMIC_SHARED(type, name)   the block's dynamic shared memory as an array
//   SharedCounters(words).increment(index)  an atomic addition of one in shared memory
//   launch({grid, threads, shared_bytes, stream}, kernel, arguments...)
//   approximate_exp2, approximate_log2, approximate_reciprocal   of float: one instruction each, denormals are 0
//   wide_product(x, y)                      of uint32_t, as one instruction with the addition of an address
//   copy_to_shared(to, from)                16 bytes, both aligned; they have arrived behind wait_for_copies()
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

// The compiler keeps such a number instead of computing it again, in a loop, from special registers.
__device__ __forceinline__ uint32_t kept_in_register(uint32_t value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Counters in shared memory, whose address the compiler keeps too.
class SharedCounters {
 public:
  SharedCounters() = default;
  __device__ __forceinline__ explicit SharedCounters(uint32_t* words)
      : address_(kept_in_register(static_cast<uint32_t>(__cvta_generic_to_shared(words)))) {}

  __device__ __forceinline__ void increment(uint32_t index) const {
    asm volatile("red.shared.add.u32 [%0], 1;" ::"r"(address_ + index * 4) : "memory");
  }

 private:
  uint32_t address_;
};

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

__device__ __forceinline__ float approximate_exp2(float x) {
  asm("ex2.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
}
__device__ __forceinline__ float approximate_log2(float x) {
  asm("lg2.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
}
__device__ __forceinline__ float approximate_reciprocal(float x) {
  asm("rcp.approx.ftz.f32 %0, %0;" : "+f"(x));
  return x;
}

// Hidden from the compiler, which makes shifts and 64-bit products of it where y is a constant.
__device__ __forceinline__ uint64_t wide_product(uint32_t x, uint32_t y) {
  uint64_t product;
  asm("mul.wide.u32 %0, %1, %2;" : "=l"(product) : "r"(x), "r"(y));
  return product;
}

// Before compute capability 8.0 the bytes pass through registers.
__device__ __forceinline__ void copy_to_shared(void* to, const void* from) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(static_cast<unsigned>(__cvta_generic_to_shared(to))),
               "l"(from)
               : "memory");
#else
  *static_cast<uint4*>(to) = *static_cast<const uint4*>(from);
#endif
}
__device__ __forceinline__ void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
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
