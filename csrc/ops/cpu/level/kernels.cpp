// The kernels of one instruction set. CMake compiles this file once for each, with TORCHTALLY_LEVEL naming the set and
// the compiler's flags for it. Everything but the table at the end has internal linkage.
#include "ops/cpu/kernels.h"

#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

#include "common/integers.h"
#include "common/overlap_math.h"
#include "common/overlap_terms.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(TORCHTALLY_NEON)
#include <arm_neon.h>
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))

namespace torchtally::cpu {
namespace {

// A stride of 1 that the compiler knows.
struct UnitStride {
  constexpr operator int64_t() const { return 1; }
};

#include "ops/cpu/level/labels.h"

#include "ops/cpu/level/scores.h"

#include "ops/cpu/level/block.h"

#include "ops/cpu/level/runs.h"

#include "ops/cpu/level/dense.h"

#include "ops/cpu/level/binary.h"

#include "ops/cpu/level/math.h"

#include "ops/cpu/level/planes.h"

#include "ops/cpu/level/overlap_workspace.h"

#include "ops/cpu/level/overlap_read.h"

#include "ops/cpu/level/overlap_softmax_labels.h"

#include "ops/cpu/level/overlap_general.h"

#include "ops/cpu/level/overlap_passes.h"

#include "ops/cpu/level/streaming_read.h"

}  // namespace

#define TORCHTALLY_JOIN(a, b) a##b
#define TORCHTALLY_KERNELS(level) TORCHTALLY_JOIN(kernels_, level)
#define TORCHTALLY_TEXT(name) #name
#define TORCHTALLY_NAME(level) TORCHTALLY_TEXT(level)

extern const Kernels TORCHTALLY_KERNELS(TORCHTALLY_LEVEL);
const Kernels TORCHTALLY_KERNELS(TORCHTALLY_LEVEL) = {
    TORCHTALLY_NAME(TORCHTALLY_LEVEL),
    read_labels<uint8_t>,
    read_labels<uint32_t>,
    read_scores<uint8_t>,
    read_scores<uint32_t>,
    find_runs,
    add_runs,
    add_dense,
    add_binary,
    add_binary_labels,
    overlap_forward,
    overlap_backward,
    read_bytes,
};

}  // namespace torchtally::cpu
