// How a function is declared that CPU kernels, CUDA kernels and their emulation share. It is always inlined: a copy
// compiled for AVX-512 could otherwise be the one that the linker keeps for everyone.
#pragma once

#if defined(__CUDACC__)
#define TORCHTALLY_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define TORCHTALLY_HOST_DEVICE inline __attribute__((always_inline))
#endif
