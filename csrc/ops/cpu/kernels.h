// The inner loops of the ops. level/*.cpp is compiled once for each instruction set; which one runs is chosen when the
// library is first used (kernels()).
#pragma once

#include <cstdint>

#include "common/counting_problem.h"
#include "common/export.h"
#include "common/overlap_problem.h"

namespace torchtally::cpu {

inline constexpr int64_t kTile = 2048;      // pixels read before they are counted, at most: their codes stay in L1
inline constexpr int64_t kPrefetch = 4096;  // bytes between a line asked for and one read: the hardware stops at a page
inline constexpr int64_t kByteCodes = 253;  // classes up to which a code fits a byte, out of range and ignored included

// n labels of one row, and what becomes of them: a label above `last` is out_of_range, one in `ignore` or where the
// mask is zero is out_of_range + 1.
struct LabelRow {
  const void* labels;
  Element element;
  int64_t stride;
  int64_t n;
  uint64_t last;
  Code out_of_range;
  const uint64_t* ignore;
  int32_t num_ignore;
  const uint8_t* mask;  // nullptr: none
  int64_t mask_stride;
};

// The scores of n pixels of one row: `classes` planes for an argmax, or one for a threshold.
struct ScoreRow {
  const void* scores;
  Element element;
  Prediction prediction;
  int64_t stride;
  int64_t n;
  int64_t class_stride;
  Code classes;
  double threshold;
  ValidScores valid;  // of a threshold; the code of others is `classes`
};

// What the bytes of two operands stand for: codes, or the labels of 8 bits themselves, read where they lie.
struct ByteMeaning {
  explicit ByteMeaning(int64_t num_classes);             // codes
  explicit ByteMeaning(const CountingProblem& problem);  // labels, with at most one value to ignore

  uint16_t row_of[256];     // of a target: the first cell of its row
  uint16_t column_of[256];  // of a prediction
  // The same by comparison: a byte above `last` is out of range, and the target `ignored` has a code of its own, which
  // is its usual one where nothing is ignored. Codes need no look.
  bool codes;
  uint8_t target_last = 0, preds_last = 0;
  uint8_t ignored = 0, ignored_code = 0, out_of_range = 0;
};

// Joint histograms of bytes: `copies` tables of counts[row_of[target] + column_of[preds]], `size` counters apart.
// Neighbouring pixels use different copies, so that an increment does not wait for the one before it to reach the
// cache.
struct ByteTable {
  uint32_t* counts;
  int32_t row;
  int32_t copies;  // 1, 2 or 4
  int64_t size;
  const ByteMeaning& meaning;
};

// Where the labels behind a tile lie. The loops over the tile's codes ask for them as they go, so that memory is not
// idle while a tile is counted.
struct Prefetch {
  const char* at[2];  // target, preds
  int64_t bytes[2];   // for every 64 pixels; 0 where the hardware's own prefetch keeps up
};

// Pixels [begin, end) of a sample of overlap_sums. The scratch holds overlap_scratch_bytes(problem) and is aligned
// to 64.
struct OverlapChunk {
  const OverlapProblem& problem;
  int64_t sample;
  int64_t begin;
  int64_t end;
  void* scratch;
};

// What a chunk comes to. Every field is written.
struct OverlapOutput {
  double* sums;  // [kOverlapRows, classes]
  double cross_entropy;
  int64_t count;
  int64_t invalid;
};

// The gradient that comes in for a sample, and where that of its input goes.
struct OverlapGradient {
  const double* sums;  // [kOverlapRows, classes]
  double cross_entropy;
  OverlapOperand input;  // of the gradient, stored as the problem's input
  void* data;
};

// Pixels whose probabilities wait in L1 together.
constexpr int64_t overlap_block(int64_t classes, Element input) {
  const int64_t pixel = classes * real_bytes(input);
  return pixel > (12 << 10) / 64 ? 64 : pixel > (24 << 10) / 256 ? 128 : 256;
}

constexpr int64_t overlap_scratch_bytes(const OverlapProblem& problem) {
  constexpr int64_t kWidest = 64;  // bytes of a vector
  constexpr int64_t kArrays = 16;  // each begins at a multiple of kWidest
  const int64_t real = real_bytes(problem.input.element);
  const int64_t plane = overlap_block(problem.classes, problem.input.element);
  const int64_t planes = (problem.labels ? 2 : 3) * problem.classes * plane * real;
  const int64_t pixels = plane * (real + 4);
  const int64_t classes = problem.classes * (kOverlapRows * kWidest + 6 * real + 1);
  return planes + pixels + classes + kArrays * kWidest;
}

struct Kernels {
  const char* name;

  void (*read_labels8)(const LabelRow& row, uint8_t* codes);
  void (*read_labels32)(const LabelRow& row, uint32_t* codes);
  void (*read_scores8)(const ScoreRow& row, uint8_t* codes);
  void (*read_scores32)(const ScoreRow& row, uint32_t* codes);

  // Bit i of `starts` says that pixel i differs from pixel i - 1; returns how many do. n is a multiple of 64 and
  // target[-1], preds[-1] may be read. Bytes of any meaning.
  int64_t (*find_runs)(const uint8_t* target, const uint8_t* preds, int64_t n, uint64_t* starts);
  // Adds every run of a tile at once.
  void (*add_runs)(const uint8_t* target, const uint8_t* preds, int64_t n, const uint64_t* starts,
                   const ByteTable& table, const Prefetch& prefetch);
  // Adds pixel by pixel.
  void (*add_dense)(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table,
                    const Prefetch& prefetch);
  // Adds the pixels of a problem of 2 classes by counting bits. n is a multiple of 64.
  void (*add_binary)(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table);
  // The same straight from contiguous labels of 8 bits, neither masked nor with a class to ignore.
  void (*add_binary_labels)(const LabelRow& target, const LabelRow& preds, const ByteTable& table);

  void (*overlap_forward)(const OverlapChunk& chunk, OverlapOutput& output);
  // Writes the gradient of every pixel of the chunk.
  void (*overlap_backward)(const OverlapChunk& chunk, const OverlapGradient& gradient);

  // Reads memory and does next to nothing with it: what the benchmarks compare with.
  uint64_t (*read_bytes)(const void* data, int64_t bytes);
};

// Best last; kAvx512 means Ice Lake, Zen 4 and newer (VBMI2). A level that the compiler or the processor lacks has no
// kernels.
enum class Level : int32_t { kPortable, kNeon, kAvx2, kAvx512 };
inline constexpr Level kLevels[] = {Level::kPortable, Level::kNeon, Level::kAvx2, Level::kAvx512};

// The kernels of a level, or nullptr where this machine cannot run them.
TORCHTALLY_API const Kernels* kernels_of(Level level);

// The best level of this machine, or the one that TORCHTALLY_CPU_CAPABILITY names (portable, neon, avx2, avx512).
TORCHTALLY_API const Kernels& kernels();

// Makes kernels() return a level that the machine has, for tests and benchmarks.
TORCHTALLY_API void force_level(Level level);

}  // namespace torchtally::cpu
