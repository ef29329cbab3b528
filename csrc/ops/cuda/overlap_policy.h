// Every tuning number of the CUDA kernels of overlap_sums, and the launch that follows from them. Plain C++, in
// libtorchtally: the emulation, _core and a build without CUDA read it too.
#pragma once

#include <cstdint>

#include "common/export.h"
#include "common/host_device.h"
#include "common/overlap_problem.h"
#include "ops/cuda/counting_policy.h"

namespace torchtally::cuda {

// How the registers read their pixels, and write them: kernels differ.
enum class OverlapAccess : int32_t {
  kElements,  // a pixel a thread, of any strides
  kPacks,     // neighbouring pixels, aligned as loads of several need it
  kRows,      // neighbouring classes, which pass through shared memory
};

// How the pixels of a part are summed.
enum class OverlapPath : int32_t {
  kAuto,
  kRegisters,  // softmax and labels, at most kMaxRegisterClasses of float: a pixel's classes are read once, by a thread
  kTiles,      // everything else: the logits of a tile of pixels are read once, to shared memory
};

// Classes that kernels of the registers are compiled for: the least that is enough is taken. Blocks are small, because
// every thread has two counters of each class in shared memory: 32 KB at 32 classes.
inline constexpr int32_t kRegisterKernels[] = {2, 3, 4, 8, 12, 16, 19, 21, 24, 32};
inline constexpr int32_t kMaxRegisterClasses = 32;
inline constexpr int32_t kRegisterThreads = 128;
inline constexpr int32_t kTileThreads = 256;
// Of an SM: leaves 64 registers, 80 for softmax, or 128 where they hold doubles.
template <class Stored, Activation kActivation>
inline constexpr int32_t kTileBlocks = sizeof(Stored) == 8                   ? 2
                                       : kActivation == Activation::kSoftmax ? 3
                                                                             : 4;
// Neighbouring pixels of a tile that a thread takes together: 8 bytes of the input.
template <class Stored>
inline constexpr int32_t kTileVector = 8 / sizeof(Stored);
// Of a block, where threads share a pixel: what each has come to lies in shared memory, 4 KB of float a sum.
inline constexpr int32_t kSharedStatistics = 1024;
// Bytes of a tile with all that lies beside it: what every device has.
inline constexpr int32_t kMostTileBytes = 63 << 10;
// Numbers that the lanes of a warp sum together.
inline constexpr int32_t kLaneSums = 8;
inline constexpr int32_t kFoldThreads = 128;

// Of the kernel for so many classes: neighbouring pixels of a thread, 48 to 144 bytes with labels of 64 bits, and
// blocks of an SM that registers must leave room for: 6 leave 80 registers a thread, 5 96, 4 128, 3 168, 2 255.
constexpr int32_t register_pixels(int64_t element_bytes, int64_t classes) {
  return classes <= 4 ? 4 : classes <= 8 || element_bytes == 2 ? 2 : 1;
}
template <class Stored, int kClasses, OverlapAccess kAccess>
inline constexpr int32_t kRegisterPixels =
    kAccess == OverlapAccess::kElements ? 1 : register_pixels(sizeof(Stored), kClasses);
constexpr int32_t register_blocks(int64_t classes) {
  return classes <= 2 ? 6 : classes <= 8 ? 5 : classes <= 19 ? 4 : classes <= 24 ? 3 : 2;
}

// Rows of classes that pass through shared memory: bytes that are moved at once, and elements from row to row, so that
// lanes that read a chunk of a row each, or an element, find it in different banks or in two turns.
inline constexpr int32_t kRowChunk = 16;
TORCHTALLY_HOST_DEVICE int64_t row_pitch(int64_t classes, int64_t element_bytes) {
  return classes * element_bytes % (2 * kRowChunk) == 0 ? classes + kRowChunk / element_bytes : classes;
}

struct OverlapPolicy {
  OverlapPath path = OverlapPath::kAuto;      // anything else is taken wherever it fits
  int64_t threads = kTileThreads;             // of a block, and no more than its kernel's most
  int64_t least_pixels = 1024;                // of a part: adding a block's sums up costs as much as 300 pixels
  int64_t register_pixels = 4096;             // the same, of the registers
  int64_t register_parts = 264;               // as fewest_parts, for each block of an SM: two waves of 132 SMs
  int64_t fewest_parts = 512;                 // of all samples together: smaller ones where they would be fewer,
  int64_t fewest_pixels = 128;                // but not smaller than this
  int64_t most_parts = 4096;                  // of all samples together, beyond one a sample; forward
  int64_t partial_bytes = int64_t{16} << 20;  // of the sums of all parts together, beyond one a sample,
  int64_t partial_share = 16;                 // or the logits' bytes over this, whichever is more
  int64_t tile_bytes = int64_t{47} << 10;     // of a tile in shared memory, which has 16 KB beside it at most
  int64_t least_tile = 32;                    // pixels: where fewer fit, the classes come in groups
  int64_t most_tile = 8192;                   // pixels
  int64_t least_lanes = 16;                   // classes that lie together, for lanes of a warp to take one each
  int64_t least_staged = 2;                   // classes that lie together, to pass through shared memory to registers
  int64_t fold_pixels = 64;                   // of a thread, summed in float before they are added to a double
  int64_t max_grid = (int64_t{1} << 31) - 1;  // blocks of a launch; what CUDA allows
};

// How a block takes a tile, and where what its threads share lies in shared memory: bytes behind the staged logits.
struct OverlapTile {
  int32_t pixels = 0;             // whose elements lie in shared memory together; a power of two, at least 32
  int32_t classes = 0;            // the same: all, or a group of them
  int32_t threads_per_pixel = 1;  // softmax: that share the statistics of a pixel's classes
  int32_t segments = 1;           // of the pixels of a class: as many warps take one each
  int32_t label_rows = 0;         // softmax and labels, forward: warps that sum what concerns only the label's class
  int32_t input_pitch = 0;        // elements from class to class in shared memory
  int32_t target_pitch = 0;
  bool by_class = false;         // logits: neighbouring classes lie together, and lanes that move them take one each
  bool target_by_class = false;  // soft targets: the same
  bool coded = false;            // pixels may be left out or have labels
  int32_t target = 0;            // soft targets: [classes, target_pitch]
  int32_t largest = 0;           // softmax: the largest logit of each pixel
  int32_t inverse = 0;           // softmax: 1 / sum of e^(x - largest)
  int32_t third = 0;             // softmax: log of that sum, or backward the sum of the weights - sum p g
  int32_t label = 0;             // softmax and labels: the label's probability, or backward e^(x - largest)
  int32_t code = 0;              // which class a pixel counts as
  int32_t rows = 0;              // [label_rows, classes, 2]
  int32_t scratch = 0;           // what threads, then warps tell each other
  int32_t sums = 0;              // of the part, forward, where it has several tiles; 0: they lie in global memory
  int32_t bytes = 0;             // of all
};

// The launches of one call. A part is a run of pixels of one sample; its sums are written apart and added up by the
// fold, in their order. Nothing here depends on the device, so results do not either; the device decides how many
// blocks it holds at a time, and hands out the next as one ends.
struct OverlapPlan {
  OverlapPath path = OverlapPath::kTiles;
  int32_t classes = 0;  // that the kernel of the registers is compiled for
  int32_t threads = 0;
  OverlapAccess access = OverlapAccess::kElements;  // registers
  OverlapTile tile;                                 // tiles
  int64_t pixels_per_part = 0;                      // a multiple of 32, and of the tile
  int64_t parts_per_sample = 0;                     // of all, the last may be shorter
  int64_t values = 0;  // sums of a part: rows of each class, then cross-entropy, count and invalid
  int64_t fold_pixels = 0;
  int64_t shared_bytes = 0;
  int64_t grid = 0;
};

// Whether a tensor of the problem's shape, the logits or their gradient, lies in memory as an access needs it.
TORCHTALLY_API bool allows_access(OverlapAccess access, const OverlapProblem& problem, const OverlapOperand& operand,
                                  const void* data);

// The problem has at least one sample and one pixel.
TORCHTALLY_API OverlapPlan overlap_plan(const OverlapPolicy& policy, const OverlapProblem& problem, bool backward);

// Bytes of the sums of all parts, which only a forward pass has.
TORCHTALLY_API int64_t partial_bytes(const OverlapProblem& problem, const OverlapPlan& plan);

// The policy of this process, read once a call. Tests and benchmarks change it between calls.
TORCHTALLY_API OverlapPolicy& current_overlap_policy();

}  // namespace torchtally::cuda
