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
#elif defined(TORCHTALLY_ARM64)
extern const Kernels kernels_neon;
#endif

namespace {

std::atomic<const Kernels*> chosen{nullptr};

// The best level that TORCHTALLY_CPU_CAPABILITY names, or any where it is not set.
const Kernels* wanted() {
  const char* const text = std::getenv("TORCHTALLY_CPU_CAPABILITY");
  const std::string_view name = text != nullptr ? text : "";
  TORCHTALLY_CHECK(name.empty() || name == "portable" || name == "neon" || name == "avx2" || name == "avx512",
                   "torchtally: TORCHTALLY_CPU_CAPABILITY must be portable, neon, avx2 or avx512, got ", name);
  const Kernels* found = nullptr;
  for (const Level level : kLevels) {
    const Kernels* const kernels = kernels_of(level);
    if (kernels != nullptr && (name.empty() || name == kernels->name)) {
      found = kernels;
    }
  }
  TORCHTALLY_CHECK(found != nullptr, "torchtally: TORCHTALLY_CPU_CAPABILITY asks for ", name,
                   ", which this machine does not have");
  return found;
}

}  // namespace

ByteMeaning::ByteMeaning(int64_t num_classes) : codes(true) {
  for (int64_t byte = 0; byte < 256; ++byte) {
    row_of[byte] = static_cast<uint16_t>(byte * (num_classes + 1));
    column_of[byte] = static_cast<uint16_t>(byte);
  }
}

ByteMeaning::ByteMeaning(const CountingProblem& problem)
    : codes(false),
      target_last(static_cast<uint8_t>(problem.target_last)),
      preds_last(static_cast<uint8_t>(problem.preds_last)),
      out_of_range(static_cast<uint8_t>(problem.num_classes)) {
  if (problem.num_ignore > 0) {
    ignored = static_cast<uint8_t>(problem.ignore[0]);
    ignored_code = static_cast<uint8_t>(out_of_range + 1);
  }
  for (int64_t byte = 0; byte < 256; ++byte) {
    const int64_t in_range = byte <= target_last ? byte : out_of_range;
    row_of[byte] = static_cast<uint16_t>((byte == ignored ? ignored_code : in_range) * (problem.num_classes + 1));
    column_of[byte] = static_cast<uint16_t>(byte <= preds_last ? byte : out_of_range);
  }
}

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
#elif defined(TORCHTALLY_ARM64)
  if (level == Level::kNeon) {
    return &kernels_neon;
  }
#endif
  return level == Level::kPortable ? &kernels_portable : nullptr;
}

const Kernels& kernels() {
  const Kernels* found = chosen.load(std::memory_order_acquire);
  if (found == nullptr) {
    found = wanted();
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
