#include "ops/cpu/tiles.h"

#include <algorithm>
#include <type_traits>

namespace torchtally::cpu {
namespace {

int64_t bytes_of(Element element) {
  switch (element) {
    case Element::kBool:
    case Element::kBits8:
      return 1;
    case Element::kBits16:
    case Element::kHalf:
    case Element::kBFloat16:
      return 2;
    case Element::kBits32:
    case Element::kFloat:
      return 4;
    default:
      return 8;
  }
}

const void* at(const Operand& operand, int64_t offset) {
  return static_cast<const char*>(operand.data) + offset * bytes_of(operand.element);
}

// Tiles of wide elements are short, so that memory is not idle for long while a tile is counted.
int64_t tile_pixels(const CountingProblem& problem) {
  constexpr int64_t kLeast = 256;
  const bool scores = problem.prediction == Prediction::kArgmax;
  const int64_t widest = std::max(bytes_of(problem.target.element), bytes_of(problem.preds.element));
  return scores ? kLeast : std::max(kLeast, kTile / widest);
}

}  // namespace

template <class C>
TileReader<C>::TileReader(const CountingProblem& problem, int64_t group, int64_t begin, int64_t end)
    : problem_(problem), kernels_(kernels()), tile_(tile_pixels(problem)), left_(end - begin) {
  const int64_t sample = group / problem.labels;
  const int64_t label = group % problem.labels;
  const auto group_offset = [&](const Operand& operand) {
    return sample * operand.sample_stride + label * operand.label_stride;
  };
  target_offset_ = group_offset(problem.target);
  preds_offset_ = group_offset(problem.preds);
  mask_offset_ = group_offset(problem.mask);
  for (int32_t d = problem.pixel_dims - 1; d >= 0; --d) {
    index_[d] = begin % problem.pixel_size[d];
    begin /= problem.pixel_size[d];
    target_offset_ += index_[d] * problem.target.pixel_stride[d];
    preds_offset_ += index_[d] * problem.preds.pixel_stride[d];
    mask_offset_ += index_[d] * problem.mask.pixel_stride[d];
  }
}

template <class C>
int64_t TileReader<C>::next(Tile<C>& tile) {
  const int32_t inner = problem_.pixel_dims - 1;
  int64_t filled = 0;
  while (filled < tile_ && left_ > 0) {
    const int64_t n = std::min({tile_ - filled, left_, problem_.pixel_size[inner] - index_[inner]});
    read(n, tile.target() + filled, tile.preds() + filled);
    advance(n);
    filled += n;
  }
  const int64_t padded = (filled + 63) / 64 * 64;
  std::fill(tile.target() + filled, tile.target() + padded, static_cast<C>(problem_.num_classes + 1));
  std::fill(tile.preds() + filled, tile.preds() + padded, C{0});
  return filled;
}

// Reads n pixels of one row.
template <class C>
void TileReader<C>::read(int64_t n, C* target, C* preds) const {
  const int32_t inner = problem_.pixel_dims - 1;
  const Code out_of_range = static_cast<Code>(problem_.num_classes);
  const void* const mask = problem_.mask.data != nullptr ? at(problem_.mask, mask_offset_) : nullptr;
  const LabelRow target_row{at(problem_.target, target_offset_),
                            problem_.target.element,
                            problem_.target.pixel_stride[inner],
                            n,
                            problem_.target_last,
                            out_of_range,
                            problem_.ignore,
                            problem_.num_ignore,
                            static_cast<const uint8_t*>(mask),
                            problem_.mask.pixel_stride[inner]};
  const void* const from = at(problem_.preds, preds_offset_);
  const int64_t stride = problem_.preds.pixel_stride[inner];
  const LabelRow preds_row{
      from, problem_.preds.element, stride, n, problem_.preds_last, out_of_range, nullptr, 0, nullptr, 0};
  const ScoreRow score_row{from, problem_.preds.element, problem_.prediction, stride,
                           n,    problem_.class_stride,  out_of_range,        problem_.threshold};
  if constexpr (std::is_same_v<C, uint8_t>) {
    kernels_.read_labels8(target_row, target);
    problem_.prediction == Prediction::kLabel ? kernels_.read_labels8(preds_row, preds)
                                              : kernels_.read_scores8(score_row, preds);
  } else {
    kernels_.read_labels32(target_row, target);
    problem_.prediction == Prediction::kLabel ? kernels_.read_labels32(preds_row, preds)
                                              : kernels_.read_scores32(score_row, preds);
  }
}

// Moves on by n pixels, which do not reach beyond the end of the row.
template <class C>
void TileReader<C>::advance(int64_t n) {
  const int32_t inner = problem_.pixel_dims - 1;
  left_ -= n;
  index_[inner] += n;
  target_offset_ += n * problem_.target.pixel_stride[inner];
  preds_offset_ += n * problem_.preds.pixel_stride[inner];
  mask_offset_ += n * problem_.mask.pixel_stride[inner];
  for (int32_t d = inner; d > 0 && index_[d] == problem_.pixel_size[d]; --d) {
    const auto carry = [&](const Operand& operand) {
      return operand.pixel_stride[d - 1] - problem_.pixel_size[d] * operand.pixel_stride[d];
    };
    index_[d] = 0;
    ++index_[d - 1];
    target_offset_ += carry(problem_.target);
    preds_offset_ += carry(problem_.preds);
    mask_offset_ += carry(problem_.mask);
  }
}

template class TileReader<uint8_t>;
template class TileReader<uint32_t>;

}  // namespace torchtally::cpu
