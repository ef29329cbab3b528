// The CUDA ops of overlap_sums under the emulator, as torch.ops.torchtally_emulated on tensors of the CPU: schemas,
// argument checks, memory, plans, launches and device code are those of the libraries.
#include <torch/csrc/stable/library.h>

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#undef STABLE_TORCH_LIBRARY_FRAGMENT
#undef STABLE_TORCH_LIBRARY_IMPL
#define STABLE_TORCH_LIBRARY_FRAGMENT(ns, m) _STABLE_TORCH_LIBRARY_FRAGMENT(torchtally_emulated, m, C10_UID)
#define STABLE_TORCH_LIBRARY_IMPL(ns, key, m) _STABLE_TORCH_LIBRARY_IMPL(torchtally_emulated, CPU, m, C10_UID)

#include "ops/cuda/overlap_registers_backward.cu"
#include "ops/cuda/overlap_registers_forward.cu"
#include "ops/cuda/overlap_sums_kernel.cu"
#include "ops/cuda/overlap_tiles_backward.cu"
#include "ops/cuda/overlap_tiles_forward.cu"
#include "ops/overlap_sums.cpp"

namespace cuda = torchtally::cuda;

#define EMULATION_API extern "C" __attribute__((visibility("default")))

// `order` shuffles the threads of a block; 0 leaves them in that of their index.
EMULATION_API void set_overlap(const cuda::OverlapPolicy* policy, uint32_t order) {
  cuda::current_overlap_policy() = *policy;
  cuda::emulation::machine.order = order;
}

EMULATION_API void default_overlap_policy(cuda::OverlapPolicy* policy) { *policy = cuda::OverlapPolicy(); }

EMULATION_API int64_t overlap_policy_size() { return sizeof(cuda::OverlapPolicy); }

// The kernels that were launched, a line each: how often, then the name. This library exports them.
EMULATION_API const char* overlap_launches() {
  static std::string lines;
  lines.clear();
  for (const auto& [kernel, times] : cuda::emulation::machine.launches) {
    Dl_info found{};
    dladdr(kernel, &found);
    char* const name = abi::__cxa_demangle(found.dli_sname, nullptr, nullptr, nullptr);
    lines += std::to_string(times) + " " + (name != nullptr ? name : "?") + "\n";
    std::free(name);
  }
  cuda::emulation::machine.launches.clear();
  return lines.c_str();
}
