#include "ops/cuda/device.h"

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/stable/macros.h>
#include <torch/headeronly/util/shim_utils.h>

#include <map>
#include <mutex>
#include <string>

#include "common/error.h"

#if !defined(USE_CUDA)
// torch's headers declare it only with USE_CUDA; every CUDA build of torch exports it.
extern "C" AOTITorchError aoti_torch_get_current_cuda_stream(int32_t device_index, void** ret_stream);
#endif

namespace torchtally::cuda {
namespace {

// 13000 is 13.0.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

int attribute(const char* op, cudaDeviceAttr which, int32_t device_index) {
  int value = 0;
  check_cuda(cudaDeviceGetAttribute(&value, which, device_index), op, "read a device attribute", device_index);
  return value;
}

[[noreturn]] void fail_for_old_driver(const char* op) {
  int driver = 0;
  int runtime = 0;
  (void)cudaDriverGetVersion(&driver);
  (void)cudaRuntimeGetVersion(&runtime);
  fail(op, ": the NVIDIA driver supports CUDA ", version_text(driver), ", older than the CUDA ", version_text(runtime),
       " runtime that torchtally was built with; update the driver or rebuild torchtally with an older toolkit");
}

[[noreturn]] void fail_for_missing_kernel(const char* op, int32_t device_index) {
  int major = 0;
  int minor = 0;
  (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device_index);
  (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device_index);
  fail(op, ": torchtally was built for the CUDA architectures ", TORCHTALLY_CUDA_ARCHS, ", and device ", device_index,
       " has compute capability ", major, ".", minor, "; rebuild it with TORCH_CUDA_ARCH_LIST=", major, ".", minor);
}

}  // namespace

void check_cuda(cudaError_t error, const char* op, const char* action, int32_t device_index) {
  if (error == cudaSuccess) [[likely]] {
    return;
  }
  (void)cudaGetLastError();  // what is reported here must not surface again in the next launch check
  if (error == cudaErrorInsufficientDriver) {
    fail_for_old_driver(op);
  }
  if (error == cudaErrorNoKernelImageForDevice) {
    fail_for_missing_kernel(op, device_index);
  }
  fail(op, ": could not ", action, " on CUDA device ", device_index, ": ", cudaGetErrorString(error));
}

DeviceFacts device_facts(const char* op, int32_t device_index) {
  static std::mutex mutex;
  static std::map<int32_t, DeviceFacts> known;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = known.find(device_index);
  if (found != known.end()) {
    return found->second;
  }
  DeviceFacts facts;
  facts.sms = attribute(op, cudaDevAttrMultiProcessorCount, device_index);
  facts.threads_per_sm = attribute(op, cudaDevAttrMaxThreadsPerMultiProcessor, device_index);
  facts.blocks_per_sm = attribute(op, cudaDevAttrMaxBlocksPerMultiprocessor, device_index);
  facts.shared_per_sm = attribute(op, cudaDevAttrMaxSharedMemoryPerMultiprocessor, device_index);
  facts.shared_per_block = attribute(op, cudaDevAttrMaxSharedMemoryPerBlockOptin, device_index);
  known.emplace(device_index, facts);
  return facts;
}

cudaStream_t current_stream(int32_t device_index) {
  void* stream = nullptr;
  // Unchecked by torch's own macro, whose name differs between the versions that the library builds with.
  if (aoti_torch_get_current_cuda_stream(device_index, &stream) != 0) {
    fail("torchtally: torch has no current stream of CUDA device ", device_index);
  }
  return static_cast<cudaStream_t>(stream);
}

}  // namespace torchtally::cuda
