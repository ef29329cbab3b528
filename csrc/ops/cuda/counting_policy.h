// Every tuning number of the CUDA counting kernels, and the launch that follows from them. Plain C++, in libtorchtally:
// the emulation, _core and a build without CUDA read it too.
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
  kBits,    // registers of each thread, four pixels at a time: for two classes in labels of one byte
  kPairs,   // uint32 cells in shared memory, of each pair of codes: where there are few
};

inline constexpr int32_t kWarp = 32;
inline constexpr int32_t kLoadBytes = 16;         // of the widest load: a vector is what fits one in every operand
inline constexpr int32_t kMaxWidth = kLoadBytes;  // pixels of a vector, of labels of one byte
inline constexpr int32_t kBinaryCells = 5;        // the matrix of two classes, and the invalid cell

// The kernels of a tier are compiled for blocks of at most kMax..Threads, of which an SM holds kMin..Blocks: that
// limits them to 64, 80 and 96 registers, and none spills. A block that shares its bins can be alone on its SM and then
// wants to be large. Without bins there is no such need, and addresses of 64 bits take more registers. Even 640 threads
// with 64 bytes of loads in flight each are 40 KB an SM; a Hopper needs about 25 KB to keep its memory busy.
inline constexpr int32_t kMaxSharedThreads = 1024;
inline constexpr int32_t kMinSharedBlocks = 1;
inline constexpr int64_t kMostPairedClasses = 32;  // whose pairs are counted where only counts of classes are wanted
inline constexpr int32_t kMaxBitsThreads = 256;
inline constexpr int32_t kMinBitsBlocks = 3;
inline constexpr int32_t kMaxGlobalThreads = 128;
inline constexpr int32_t kMinGlobalBlocks = 5;

struct Policy {
  Tier tier = Tier::kAuto;                          // anything else is taken wherever it fits
  int32_t max_copies = 32;                          // of the bins, a power of two: lanes of a warp hit different copies
  int32_t threads = 512;                            // of a block, and no more than its tier's most
  int32_t threads_alone = 1024;                     // of a block whose bins leave no room for a second one
  int32_t blocks_per_sm = 2;                        // copies are dropped until this many blocks fit an SM
  int32_t turns = 4;                                // of a block, for several groups: not all have a last one
  int32_t vectors = 1;                              // 0: read one pixel a load even where vectors are aligned
  int64_t pixels_per_thread = 16;                   // a thread is worth starting for this many
  int64_t pixels_per_bin = 2;                       // a block clears and folds a bin for no fewer pixels than this
  int64_t max_pixels_per_block = int64_t{1} << 31;  // below 2^32: a bin is 32 bits wide, flushed before it can overflow
  int64_t max_grid = (int64_t{1} << 31) - 1;        // blocks of a launch; what CUDA allows
};

// What the plan must know of a device.
struct DeviceFacts {
  int32_t sms = 0;
  int32_t threads_per_sm = 0;
  int32_t blocks_per_sm = 0;
  int32_t shared_per_sm = 0;     // bytes
  int32_t shared_per_block = 0;  // bytes, the most that a kernel can opt in to
};

// What the plan must know of a problem.
struct Workload {
  int64_t groups = 1;
  int64_t pixels = 0;  // of one group
  int64_t bins = 1;    // counters of one group, its invalid cell included
  int32_t width = 1;   // pixels of a vector
  bool vectors = false;
  bool bits = false;  // whether Tier::kBits can count it
  int64_t cells = 0;  // counters of Tier::kPairs: of each pair of codes, and of what is left out; 0: not to be taken
};

struct Plan {
  Tier tier = Tier::kGlobal;
  int32_t copies = 1;
  int32_t threads = kWarp;
  bool vectors = false;
  int64_t shared_bytes = 0;
  int64_t blocks_per_group = 1;  // parts of a group, each counted by a block in one turn
  int64_t pixels_per_block = 0;  // of a part: a multiple of kMaxWidth, so that every part is aligned like the first
  int64_t grid = 0;              // no more blocks than the device holds at a time; they take turns
};

TORCHTALLY_API Workload workload_of(const CountingProblem& problem, int64_t bins);

// The workload has at least one group and one pixel.
TORCHTALLY_API Plan make_plan(const Policy& policy, const DeviceFacts& device, const Workload& load);

// The width in bytes of the widest label that a kernel of labels reads: its template argument.
inline int64_t widest_label(const CountingProblem& problem) {
  const int64_t target = bytes_of(problem.target.element);
  const int64_t preds = bytes_of(problem.preds.element);
  return target > preds ? target : preds;
}

// Pixels of a vector of labels, none wider than so many bytes: a load of the widest, or two where they are so wide that
// finding a vector's place would cost as much as counting it.
constexpr int64_t labels_of_a_vector(int64_t bytes) { return bytes == 8 ? 4 : kLoadBytes / bytes; }

// Pixels of a vector: of the widest label, or a load of the scores.
inline int32_t vector_width(const CountingProblem& problem) {
  const bool labels = problem.prediction == Prediction::kLabel;
  return static_cast<int32_t>(labels ? labels_of_a_vector(widest_label(problem))
                                     : kLoadBytes / bytes_of(problem.preds.element));
}

// Whether the vectors of every operand can be aligned at the same pixels, in every group.
bool vectors_fit(const CountingProblem& problem);

// The policy of this process, read once a call. Tests and benchmarks change it between calls.
TORCHTALLY_API Policy& current_policy();

}  // namespace torchtally::cuda
