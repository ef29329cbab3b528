// A tile of pixels of overlap_sums: where its elements lie, and what the threads of a block share of its pixels.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

// What the threads of a block share of the pixels of a tile.
template <class Real>
struct TileMemory {
  Real* largest;  // softmax: the largest logit
  Real* inverse;  // softmax: 1 / sum of e^(x - largest)
  Real* base;     // softmax, backward: sum of the weights - sum p g
  Code* code;
  char* scratch;  // for what threads tell each other: of a pixel, then for the sums of warps

  __device__ __forceinline__ explicit TileMemory(int64_t tile) {
    TORCHTALLY_DYNAMIC_SHARED(double, shared);
    largest = reinterpret_cast<Real*>(shared);
    inverse = largest + tile;
    base = inverse + tile;
    code = reinterpret_cast<Code*>(base + tile);
    scratch = reinterpret_cast<char*>(code + tile);
  }
};

// A tile of one sample: n pixels from `begin` on.
struct Tile {
  int64_t sample;
  int64_t begin;
  int64_t n;
};

// Where the elements of a tile's pixels lie, in the input, the target or the gradient.
struct TileLayout {
  int64_t origin;
  int64_t class_stride;
  int64_t pixel_stride;

  __device__ __forceinline__ TileLayout(const OverlapOperand& operand, const Tile& tile)
      : origin(tile.sample * operand.sample_stride + tile.begin * operand.pixel_stride),
        class_stride(operand.class_stride),
        pixel_stride(operand.pixel_stride) {}
  __device__ __forceinline__ int64_t at(int64_t i, int64_t k) const {
    return origin + i * pixel_stride + k * class_stride;
  }
};

// Reads the logits and targets of a tile.
template <class Stored>
class TileReader {
 public:
  using Real = RealOf<Stored>;

  __device__ __forceinline__ TileReader(const OverlapProblem& problem, const Tile& tile)
      : problem_(problem), input_(problem.input, tile), target_(problem.target, tile) {}

  __device__ __forceinline__ Real input(int64_t i, int64_t k) const {
    return number_at<Real, Stored>(problem_.input.data, input_.at(i, k));
  }
  // Of a pixel that counts as `code`.
  __device__ __forceinline__ Real target(int64_t i, int64_t k, Code code) const {
    if (problem_.labels) {
      return static_cast<Code>(k) == code ? Real{1} : Real{0};
    }
    return soft_target<Real>(problem_.target, target_.at(i, k));
  }

 private:
  const OverlapProblem& problem_;
  TileLayout input_;
  TileLayout target_;
};

}  // namespace torchtally::cuda
