#include "ops/cpu/kernels.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

#include "common/error.h"

namespace torchtally::cpu {

extern const Kernels kernels_portable;
#if defined(TORCHTALLY_X86)
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
#endif

namespace {

std::atomic<const Kernels*> chosen{nullptr};

const Kernels* best() {
  for (const Level level : {Level::kAvx512, Level::kAvx2}) {
    if (const Kernels* const found = kernels_of(level)) {
      return found;
    }
  }
  return &kernels_portable;
}

const Kernels* from_environment() {
  const char* const text = std::getenv("TORCHTALLY_CPU_CAPABILITY");
  const std::string_view name = text != nullptr ? text : "";
  if (name.empty()) {
    return best();
  }
  TORCHTALLY_CHECK(name == "portable" || name == "avx2" || name == "avx512",
                   "torchtally: TORCHTALLY_CPU_CAPABILITY must be portable, avx2 or avx512, got ", name);
  const Kernels* const found = kernels_of(name == "avx512" ? Level::kAvx512
                                          : name == "avx2" ? Level::kAvx2
                                                           : Level::kPortable);
  TORCHTALLY_CHECK(found != nullptr, "torchtally: TORCHTALLY_CPU_CAPABILITY asks for ", name,
                   ", which this machine does not have");
  return found;
}

}  // namespace

const Kernels* kernels_of(Level level) {
#if defined(TORCHTALLY_X86)
  // What cmake/CpuLevels.cmake compiles the level for, nothing less.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("fma");
  if (level == Level::kAvx512) {
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
                        __builtin_cpu_supports("avx512vbmi2");
    return avx512 ? &kernels_avx512 : nullptr;
  }
  if (level == Level::kAvx2) {
    return avx2 ? &kernels_avx2 : nullptr;
  }
#endif
  return level == Level::kPortable ? &kernels_portable : nullptr;
}

const Kernels& kernels() {
  const Kernels* found = chosen.load(std::memory_order_acquire);
  if (found == nullptr) {
    found = from_environment();
    chosen.store(found, std::memory_order_release);
  }
  return *found;
}

void force_level(Level level) {
  const Kernels* const found = kernels_of(level);
  TORCHTALLY_CHECK(found != nullptr, "force_level: this machine does not have the level ", static_cast<int32_t>(level));
  chosen.store(found, std::memory_order_release);
}

}  // namespace torchtally::cpu
