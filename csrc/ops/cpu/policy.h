// Every tuning number of the CPU counting kernels, and the plan that follows from them.
#pragma once

#include <cstdint>

#include "common/export.h"

namespace torchtally::cpu {

// Where a thread counts before the result reaches the output.
enum class Strategy : int32_t {
  kAuto,
  kTable,   // a table of its own, added to the output once
  kDirect,  // the output itself: for few pixels, or where a table does not fit
};

// How a tile of byte codes reaches a table.
enum class Loop : int32_t {
  kAuto,
  kRuns,    // one add for each run of equal pairs
  kDense,   // one add for each pixel, into several copies of the table
  kBinary,  // 2 classes: bits are counted; other numbers of classes take kDense
};

struct Policy {
  Strategy strategy = Strategy::kAuto;
  Loop loop = Loop::kAuto;
  int64_t pixels_per_thread = 1 << 15;      // a thread is worth waking for this many
  int64_t table_bytes = int64_t{64} << 20;  // the tables of all threads together stay below this
  int64_t four_copies = 40;                 // up to this many classes the dense loop has 4 copies of the table,
  int64_t two_copies = 64;                  // and up to this many 2: more would not stay in L1
  int64_t runs_percent = 40;                // runs a 100 pixels above which a tile takes the dense loop
  int64_t most_skipped = 15;                // tiles that then take it unseen; doubles from 1 as it happens again
};

struct Plan {
  Strategy strategy = Strategy::kDirect;
  int64_t segments = 1;  // of each group; the segments of a group may run on different threads
};

// table_cells: counters in one thread's table. With kDirect a group is one segment, so that no two threads write to the
// same output.
TORCHTALLY_API Plan make_plan(const Policy& policy, int64_t groups, int64_t pixels, int64_t table_cells,
                              int64_t threads);

// The policy of this process, read once a call. Tests and benchmarks change it between calls.
TORCHTALLY_API Policy& current_policy();

}  // namespace torchtally::cpu
