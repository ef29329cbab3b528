#include "ops/cpu/tiles.h"

#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <algorithm>
#include <type_traits>

namespace torchtally::cpu {
namespace {

// Calls body(stride) with stride 1 as a compile-time constant, so that the usual case vectorises.
template <class Body>
void with_stride(int64_t stride, const Body& body) {
  if (stride == 1) {
    body(std::integral_constant<int64_t, 1>{});
  } else {
    body(stride);
  }
}

// A byte of a bool tensor, which need not be 0 or 1 where another library wrote it.
struct Bool {
  uint8_t byte;
  operator uint8_t() const { return byte != 0; }
};

// What a stored element reads as.
template <class T>
using Raw = std::conditional_t<std::is_same_v<T, Bool>, uint8_t, T>;

template <class T>
void read_labels(const Operand& operand, int64_t offset, int64_t stride, int64_t n, Raw<T> last, Code out_of_range,
                 Code* out) {
  const T* const labels = static_cast<const T*>(operand.data) + offset;
  with_stride(stride, [&](auto step) {
    for (int64_t i = 0; i < n; ++i) {
      const Raw<T> label = labels[i * step];
      out[i] = label <= last ? static_cast<Code>(label) : out_of_range;
    }
  });
}

template <class T>
void read_label_preds(const CountingProblem& problem, int64_t offset, int64_t stride, int64_t n, Code* out) {
  read_labels<T>(problem.preds, offset, stride, n, static_cast<Raw<T>>(problem.preds_last),
                 static_cast<Code>(problem.num_classes), out);
}

template <class T>
void read_target(const CountingProblem& problem, int64_t offset, int64_t stride, int64_t n, Code* out) {
  const Code ignored = static_cast<Code>(problem.num_classes) + 1;
  read_labels<T>(problem.target, offset, stride, n, static_cast<Raw<T>>(problem.target_last),
                 static_cast<Code>(problem.num_classes), out);
  const T* const labels = static_cast<const T*>(problem.target.data) + offset;
  for (int32_t k = 0; k < problem.num_ignore; ++k) {
    const Raw<T> value = static_cast<Raw<T>>(problem.ignore[k]);
    with_stride(stride, [&](auto step) {
      for (int64_t i = 0; i < n; ++i) {
        out[i] = labels[i * step] == value ? ignored : out[i];
      }
    });
  }
}

void apply_mask(const CountingProblem& problem, int64_t offset, int64_t stride, int64_t n, Code* out) {
  const Code ignored = static_cast<Code>(problem.num_classes) + 1;
  const uint8_t* const mask = static_cast<const uint8_t*>(problem.mask.data) + offset;
  with_stride(stride, [&](auto step) {
    for (int64_t i = 0; i < n; ++i) {
      out[i] = mask[i * step] != 0 ? out[i] : ignored;
    }
  });
}

// float16 and bfloat16 are compared as float32, which holds them exactly.
template <class S>
using Compare = std::conditional_t<std::is_same_v<S, double>, double, float>;

// torch.argmax: the first maximum wins, and a NaN is larger than anything.
template <class A>
bool exceeds(A score, A best) {
  return score > best || (score != score && best == best);
}

template <class S>
void read_argmax(const CountingProblem& problem, int64_t offset, int64_t stride, int64_t n, Code* out) {
  using A = Compare<S>;
  const S* const scores = static_cast<const S*>(problem.preds.data) + offset;
  const Code classes = static_cast<Code>(problem.num_classes);
  const int64_t class_stride = problem.class_stride;
  if (class_stride < stride) {  // channels_last: the classes of a pixel are neighbours
    for (int64_t i = 0; i < n; ++i) {
      const S* const pixel = scores + i * stride;
      A best = static_cast<A>(pixel[0]);
      Code arg = 0;
      for (Code c = 1; c < classes; ++c) {
        const A score = static_cast<A>(pixel[c * class_stride]);
        const bool wins = exceeds(score, best);
        best = wins ? score : best;
        arg = wins ? c : arg;
      }
      out[i] = arg;
    }
    return;
  }
  alignas(64) A best[kTile];
  with_stride(stride, [&](auto step) {
    for (int64_t i = 0; i < n; ++i) {
      best[i] = static_cast<A>(scores[i * step]);
      out[i] = 0;
    }
    for (Code c = 1; c < classes; ++c) {
      const S* const plane = scores + c * class_stride;
      for (int64_t i = 0; i < n; ++i) {
        const A score = static_cast<A>(plane[i * step]);
        const bool wins = exceeds(score, best[i]);
        best[i] = wins ? score : best[i];
        out[i] = wins ? c : out[i];
      }
    }
  });
}

template <class S>
void read_threshold(const CountingProblem& problem, int64_t offset, int64_t stride, int64_t n, Code* out) {
  using A = Compare<S>;
  const S* const scores = static_cast<const S*>(problem.preds.data) + offset;
  const A threshold = static_cast<A>(problem.threshold);
  with_stride(stride, [&](auto step) {
    for (int64_t i = 0; i < n; ++i) {
      out[i] = static_cast<A>(scores[i * step]) > threshold ? 1 : 0;
    }
  });
}

using Read = void (*)(const CountingProblem&, int64_t, int64_t, int64_t, Code*);

Read target_reader(Element element) {
  switch (element) {
    case Element::kBool:
      return read_target<Bool>;
    case Element::kBits8:
      return read_target<uint8_t>;
    case Element::kBits16:
      return read_target<uint16_t>;
    case Element::kBits32:
      return read_target<uint32_t>;
    default:
      return read_target<uint64_t>;
  }
}

Read label_reader(Element element) {
  switch (element) {
    case Element::kBool:
      return read_label_preds<Bool>;
    case Element::kBits8:
      return read_label_preds<uint8_t>;
    case Element::kBits16:
      return read_label_preds<uint16_t>;
    case Element::kBits32:
      return read_label_preds<uint32_t>;
    default:
      return read_label_preds<uint64_t>;
  }
}

template <class Half, class BFloat16>
Read score_reader(Element element, Prediction prediction) {
  const bool argmax = prediction == Prediction::kArgmax;
  switch (element) {
    case Element::kHalf:
      return argmax ? read_argmax<Half> : read_threshold<Half>;
    case Element::kBFloat16:
      return argmax ? read_argmax<BFloat16> : read_threshold<BFloat16>;
    case Element::kFloat:
      return argmax ? read_argmax<float> : read_threshold<float>;
    default:
      return argmax ? read_argmax<double> : read_threshold<double>;
  }
}

Read preds_reader(const CountingProblem& problem) {
  return problem.prediction == Prediction::kLabel ? label_reader(problem.preds.element)
                                                  : score_reader<torch::headeronly::Half, torch::headeronly::BFloat16>(
                                                        problem.preds.element, problem.prediction);
}

}  // namespace

TileReader::TileReader(const CountingProblem& problem, int64_t group, int64_t begin, int64_t end)
    : problem_(problem),
      read_target_(target_reader(problem.target.element)),
      read_preds_(preds_reader(problem)),
      left_(end - begin) {
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

int64_t TileReader::next(Tile& tile) {
  const int32_t inner = problem_.pixel_dims - 1;
  const int64_t target_stride = problem_.target.pixel_stride[inner];
  const int64_t preds_stride = problem_.preds.pixel_stride[inner];
  const int64_t mask_stride = problem_.mask.pixel_stride[inner];
  int64_t filled = 0;
  while (filled < kTile && left_ > 0) {
    const int64_t n = std::min({kTile - filled, left_, problem_.pixel_size[inner] - index_[inner]});
    read_target_(problem_, target_offset_, target_stride, n, tile.target + filled);
    read_preds_(problem_, preds_offset_, preds_stride, n, tile.preds + filled);
    if (problem_.mask.data != nullptr) {
      apply_mask(problem_, mask_offset_, mask_stride, n, tile.target + filled);
    }
    filled += n;
    left_ -= n;
    index_[inner] += n;
    target_offset_ += n * target_stride;
    preds_offset_ += n * preds_stride;
    mask_offset_ += n * mask_stride;
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
  return filled;
}

}  // namespace torchtally::cpu
