// The one symbol of the CUDA library that C++ callers link to, as csrc/ops/abi.cpp has one for the op library.
#include "common/export.h"

extern "C" TORCHTALLY_API int torchtally_cuda_abi_version();

extern "C" int torchtally_cuda_abi_version() { return 1; }
