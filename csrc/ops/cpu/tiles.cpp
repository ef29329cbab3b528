#include "ops/cpu/tiles.h"

#include <algorithm>
#include <type_traits>

namespace torchtally::cpu {
namespace {

// Tiles of wide elements are short, so that memory is not idle for long while a tile is counted. Those of wide codes
// are not: cells are fetched ahead within a tile.
template <class C>
int64_t tile_pixels(const CountingProblem& problem) {
  constexpr int64_t kLeast = 256;
  if (sizeof(C) > 1) {
    return kTile;
  }
  const bool scores = problem.prediction == Prediction::kArgmax;
  const int64_t widest = std::max(bytes_of(problem.target.element), bytes_of(problem.preds.element));
  return scores ? kLeast : std::max(kLeast, kTile / widest);
}

// Bytes of 64 pixels of an operand that are to be asked for while others are counted: of wide labels side by side. The
// hardware keeps up with bytes, and scores are asked for as they are compared.
int64_t bytes_ahead(const Operand& operand, int32_t inner) {
  const int64_t width = bytes_of(operand.element);
  return operand.pixel_stride[inner] == 1 && width > 1 ? 64 * width : 0;
}

}  // namespace

bool labels_in_place(const CountingProblem& problem, bool binary) {
  // Two classes take a bool as it is; others begin and end a row in a tile, which short rows are not worth.
  const int32_t inner = problem.pixel_dims - 1;
  const int64_t shortest = binary ? 64 : kTile;
  const auto bytes = [&](const Operand& operand) {
    const bool one_byte = operand.element == Element::kBits8 || (binary && operand.element == Element::kBool);
    return one_byte && operand.pixel_stride[inner] == 1;
  };
  const auto is_class = [&](uint64_t value) { return value <= problem.target_last; };
  const bool plain_ignores =
      binary ? std::none_of(problem.ignore, problem.ignore + problem.num_ignore, is_class) : problem.num_ignore <= 1;
  return problem.prediction == Prediction::kLabel && bytes(problem.target) && bytes(problem.preds) &&
         problem.pixel_size[inner] >= shortest && problem.mask.data == nullptr && plain_ignores;
}

template <class C>
TileReader<C>::TileReader(const CountingProblem& problem, int64_t group, int64_t begin, int64_t end)
    : problem_(problem), kernels_(kernels()), tile_(tile_pixels<C>(problem)), left_(end - begin) {
  const int32_t inner = problem.pixel_dims - 1;
  left_in_row_ = problem.pixel_size[inner] - begin % problem.pixel_size[inner];
  for (int32_t d = inner; d >= 0; --d) {
    row_[d] = begin % problem.pixel_size[d];
    begin /= problem.pixel_size[d];
  }
  const int64_t sample = group / problem.labels;
  const int64_t label = group % problem.labels;
  target_ = cursor(problem.target, sample, label);
  preds_ = cursor(problem.preds, sample, label);
  mask_ = problem.mask.data != nullptr ? cursor(problem.mask, sample, label) : Cursor{nullptr, 0};

  target_ahead_ = bytes_ahead(problem.target, inner);
  preds_ahead_ = problem.prediction == Prediction::kLabel ? bytes_ahead(problem.preds, inner) : 0;

  const Code out_of_range = static_cast<Code>(problem.num_classes);
  const int64_t preds_stride = problem.preds.pixel_stride[inner];
  target_row_ = {nullptr,
                 problem.target.element,
                 problem.target.pixel_stride[inner],
                 0,
                 problem.target_last,
                 out_of_range,
                 problem.ignore,
                 problem.num_ignore,
                 nullptr,
                 problem.mask.pixel_stride[inner]};
  preds_row_ = {nullptr, problem.preds.element, preds_stride, 0, problem.preds_last, out_of_range, nullptr, 0, nullptr,
                0};
  score_row_ = {nullptr,      problem.preds.element,       problem.prediction,  preds_stride, 0, problem.class_stride,
                out_of_range, problem.threshold_of(label), problem.valid_scores};
}

// At pixel row_ of a group.
template <class C>
typename TileReader<C>::Cursor TileReader<C>::cursor(const Operand& operand, int64_t sample, int64_t label) const {
  int64_t offset = sample * operand.sample_stride + label * operand.label_stride;
  for (int32_t d = 0; d < problem_.pixel_dims; ++d) {
    offset += row_[d] * operand.pixel_stride[d];
  }
  const int64_t bytes = bytes_of(operand.element);
  return {static_cast<const char*>(operand.data) + offset * bytes,
          operand.pixel_stride[problem_.pixel_dims - 1] * bytes};
}

template <class C>
bool TileReader<C>::next_labels(LabelRow& target, LabelRow& preds) {
  const int64_t n = std::min(left_, left_in_row_);
  if (n == 0) {
    return false;
  }
  target = target_row_;
  preds = preds_row_;
  target.labels = target_.at;
  preds.labels = preds_.at;
  target.n = preds.n = n;
  advance(n);
  return true;
}

template <class C>
int64_t TileReader<C>::next(Tile<C>& tile) {
  int64_t filled = 0;
  while (filled < tile_ && left_ > 0) {
    const int64_t n = std::min({tile_ - filled, left_, left_in_row_});
    read(n, tile.target() + filled, tile.preds() + filled);
    advance(n);
    filled += n;
  }
  tile.prefetch = {{target_.at + kPrefetch, preds_.at + kPrefetch}, {target_ahead_, preds_ahead_}};
  tile.pad(filled, problem_.num_classes);
  return filled;
}

// Reads n pixels of a row.
template <class C>
void TileReader<C>::read(int64_t n, C* target, C* preds) {
  constexpr bool kBytes = std::is_same_v<C, uint8_t>;
  target_row_.labels = target_.at;
  target_row_.mask = reinterpret_cast<const uint8_t*>(mask_.at);
  target_row_.n = n;
  if constexpr (kBytes) {
    kernels_.read_labels8(target_row_, target);
  } else {
    kernels_.read_labels32(target_row_, target);
  }
  if (problem_.prediction == Prediction::kLabel) {
    preds_row_.labels = preds_.at;
    preds_row_.n = n;
    if constexpr (kBytes) {
      kernels_.read_labels8(preds_row_, preds);
    } else {
      kernels_.read_labels32(preds_row_, preds);
    }
  } else {
    score_row_.scores = preds_.at;
    score_row_.n = n;
    if constexpr (kBytes) {
      kernels_.read_scores8(score_row_, preds);
    } else {
      kernels_.read_scores32(score_row_, preds);
    }
  }
}

// Moves on by n pixels, which do not reach beyond the end of the row.
template <class C>
void TileReader<C>::advance(int64_t n) {
  left_ -= n;
  left_in_row_ -= n;
  target_.at += n * target_.step;
  preds_.at += n * preds_.step;
  if (mask_.at != nullptr) {
    mask_.at += n * mask_.step;
  }
  if (left_in_row_ > 0 || left_ == 0) {
    return;
  }
  const int32_t inner = problem_.pixel_dims - 1;
  left_in_row_ = problem_.pixel_size[inner];
  row_[inner] = problem_.pixel_size[inner];
  for (int32_t d = inner; d > 0 && row_[d] == problem_.pixel_size[d]; --d) {
    const auto carry = [&](const Operand& operand) {
      return (operand.pixel_stride[d - 1] - problem_.pixel_size[d] * operand.pixel_stride[d]) *
             bytes_of(operand.element);
    };
    row_[d] = 0;
    ++row_[d - 1];
    target_.at += carry(problem_.target);
    preds_.at += carry(problem_.preds);
    if (mask_.at != nullptr) {
      mask_.at += carry(problem_.mask);
    }
  }
}

template class TileReader<uint8_t>;
template class TileReader<uint32_t>;

}  // namespace torchtally::cpu
