// Every tuning number of the CUDA counting kernels, and the launch that follows from them. Plain C++: the emulation and
// a build without CUDA read it too.
#pragma once

#include <cstdint>

#include "common/counting_problem.h"
#include "common/export.h"

namespace torchtally::cuda {

// Where a block counts before the result reaches the output.
enum class Tier : int32_t {
  kAuto,
  kShared,  // uint32 bins in shared memory, added to the output once
  kGlobal,  // the output itself: for few pixels, or where the bins do not fit
};

inline constexpr int32_t kWarp = 32;
inline constexpr int32_t kVector = 4;  // consecutive pixels that a thread reads with one load

// Threads of a block that the kernels of a tier are compiled for. A block that shares its bins can be alone on its SM
// and then wants to be large; without bins there is no such need, and small blocks leave more registers.
inline constexpr int32_t kMaxSharedThreads = 1024;
inline constexpr int32_t kMaxGlobalThreads = 256;

struct Policy {
  Tier tier = Tier::kAuto;                          // anything else is taken wherever it fits
  int32_t max_copies = 32;                          // of the bins, a power of two: lanes of a warp hit different copies
  int32_t threads = 512;                            // of a block with bins; without, at most kMaxGlobalThreads
  int32_t threads_alone = 1024;                     // of a block whose bins leave no room for a second one
  int32_t blocks_per_sm = 2;                        // copies are dropped until this many blocks fit an SM
  int32_t vectors = 1;                              // 0: read one pixel at a time even where four lie together
  int64_t pixels_per_thread = 16;                   // a thread is worth starting for this many
  int64_t pixels_per_bin = 2;                       // a block clears and folds a bin for no fewer pixels than this
  int64_t max_pixels_per_block = int64_t{1} << 31;  // below 2^32: a bin is 32 bits wide
  int64_t max_grid = (int64_t{1} << 31) - 1;        // blocks of a launch; above it, a block takes several turns
};

// What the plan must know of a device.
struct DeviceFacts {
  int32_t sms = 0;
  int32_t threads_per_sm = 0;
  int32_t shared_per_sm = 0;     // bytes
  int32_t shared_per_block = 0;  // bytes, the most that a kernel can opt in to
};

struct Plan {
  Tier tier = Tier::kGlobal;
  int32_t copies = 1;
  int32_t threads = kWarp;
  bool vectors = false;
  int64_t shared_bytes = 0;
  int64_t blocks_per_group = 1;
  int64_t pixels_per_block = 0;  // a multiple of kVector
  int64_t grid = 0;
};

// bins: the counters of one group, its invalid cell included. The problem has at least one group and one pixel.
Plan make_plan(const Policy& policy, const DeviceFacts& device, const CountingProblem& problem, int64_t bins);

// Whether kVector consecutive pixels of every operand can be read with one aligned load, in every group.
bool vectors_fit(const CountingProblem& problem);

// The policy of this process, read once a call. Tests and benchmarks change it between calls.
Policy& current_policy();

}  // namespace torchtally::cuda

// The same for a test that holds the loaded library and no header of it.
extern "C" TORCHTALLY_API torchtally::cuda::Policy* torchtally_cuda_policy();
