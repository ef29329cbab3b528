// Reads the pixels of one group as tiles of codes, whatever their dtype, layout, mask and ignore values: the counting
// loops behind it see only two arrays of uint32 in L1.
#pragma once

#include <cstdint>

#include "common/counting_problem.h"

namespace torchtally::cpu {

inline constexpr int64_t kTile = 2048;  // pixels: two tiles of codes take 16 KiB of L1

struct Tile {
  alignas(64) Code target[kTile];  // [0, C) a class, C out of range, C + 1 ignored
  alignas(64) Code preds[kTile];   // [0, C) a class, C out of range
};

class TileReader {
 public:
  // The pixels [begin, end) of `group`, in the order of CountingProblem::pixel_size.
  TileReader(const CountingProblem& problem, int64_t group, int64_t begin, int64_t end);

  // Fills up to kTile pixels and returns how many; 0 at the end.
  int64_t next(Tile& tile);

 private:
  using ReadTarget = void (*)(const CountingProblem&, int64_t offset, int64_t stride, int64_t n, Code* out);
  using ReadPreds = ReadTarget;

  const CountingProblem& problem_;
  ReadTarget read_target_;
  ReadPreds read_preds_;
  int64_t left_;
  int64_t index_[kMaxDims] = {};  // of the next pixel
  int64_t target_offset_ = 0;     // elements from the operand's data
  int64_t preds_offset_ = 0;
  int64_t mask_offset_ = 0;
};

}  // namespace torchtally::cpu
