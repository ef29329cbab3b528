// Reads the pixels of one group as tiles of codes, whatever their dtype, layout, mask and ignore values: the counting
// loops behind it see only two arrays in L1. C is uint8_t up to kByteCodes classes, and uint32_t above.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/counting_problem.h"
#include "ops/cpu/kernels.h"

namespace torchtally::cpu {

template <class C>
class Tile {
 public:
  Tile() {
    target_[kFront - 1] = 0;
    preds_[kFront - 1] = 0;
  }

  C* target() { return target_ + kFront; }  // [0, C) a class, C out of range, C + 1 ignored
  C* preds() { return preds_ + kFront; }    // [0, C) a class, C out of range
  const C* target() const { return target_ + kFront; }
  const C* preds() const { return preds_ + kFront; }
  Prefetch prefetch{};

  // Fills the rest of the last 64 behind n pixels with ignored ones.
  void pad(int64_t n, int64_t num_classes) {
    const int64_t whole = (n + 63) / 64 * 64;
    std::fill(target() + n, target() + whole, static_cast<C>(num_classes + 1));
    std::fill(preds() + n, preds() + whole, C{0});
  }

 private:
  static constexpr int64_t kFront = 64;  // one element is read before the first, when runs are looked for

  alignas(64) C target_[kFront + kTile];
  alignas(64) C preds_[kFront + kTile];
};

// Whether the labels of both operands are bytes side by side and need no tile: without a mask, and with no more to
// ignore than a comparison of bits (two classes, where no class may be ignored) or of bytes (one value) finds.
bool labels_in_place(const CountingProblem& problem, bool binary);

template <class C>
class TileReader {
 public:
  // The pixels [begin, end) of `group`, in the order of CountingProblem::pixel_size.
  TileReader(const CountingProblem& problem, int64_t group, int64_t begin, int64_t end);

  // Instead of next(), where labels_in_place(): the next labels of a row as they are; false at the end.
  bool next_labels(LabelRow& target, LabelRow& preds);

  // Fills a tile and returns how many pixels it holds; 0 at the end. The rest of the last 64 is filled with ignored
  // pixels.
  int64_t next(Tile<C>& tile);

 private:
  // Where the next pixel of an operand lies, and how far it is to the one behind it.
  struct Cursor {
    const char* at;
    int64_t step;  // bytes, along the innermost dimension
  };

  Cursor cursor(const Operand& operand, int64_t sample, int64_t label) const;
  void read(int64_t n, C* target, C* preds);
  void advance(int64_t n);

  const CountingProblem& problem_;
  const Kernels& kernels_;
  const int64_t tile_;     // pixels read before they are counted
  int64_t left_;           // pixels of the segment
  int64_t left_in_row_;    // pixels of the innermost dimension
  int64_t row_[kMaxDims];  // index of that row in the dimensions outside it
  Cursor target_;
  Cursor preds_;
  Cursor mask_;
  int64_t target_ahead_;  // bytes of Prefetch
  int64_t preds_ahead_;
  LabelRow target_row_;
  LabelRow preds_row_;
  ScoreRow score_row_;
};

}  // namespace torchtally::cpu
