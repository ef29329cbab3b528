// What the kernels of overlap_sums know of a tile of pixels: where its elements lie, what the threads of a block share,
// and how several threads look at the classes of one pixel.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

// What the threads of a block share of the pixels of a tile.
template <class Real>
struct TileMemory {
  Real* top;      // softmax: the largest logit
  Real* inverse;  // softmax: 1 / sum of e^(x - top)
  Real* base;     // softmax, backward: sum of the weights - sum p g
  Code* code;
  char* rest;  // for what threads tell each other: of a pixel, then for the sums of warps

  __device__ __forceinline__ explicit TileMemory(int64_t tile) {
    TORCHTALLY_DYNAMIC_SHARED(double, shared);
    top = reinterpret_cast<Real*>(shared);
    inverse = top + tile;
    base = inverse + tile;
    code = reinterpret_cast<Code*>(base + tile);
    rest = reinterpret_cast<char*>(code + tile);
  }
};

// A tile of one sample: n pixels from `begin` on.
struct Tile {
  int64_t sample;
  int64_t begin;
  int64_t n;
};

// Where the elements of a tile's pixels lie, in the input, the target or the gradient.
struct TilePlace {
  int64_t origin;
  int64_t class_stride;
  int64_t pixel_stride;

  __device__ __forceinline__ TilePlace(const OverlapOperand& operand, const Tile& tile)
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
  TilePlace input_;
  TilePlace target_;
};

// Which pixels and classes a thread looks at first: `split` threads share a pixel, each with every split-th class. They
// are in different warps, so that a warp reads pixels side by side, or next to each other where classes lie together.
struct TileTeam {
  uint32_t pixels;  // that the block looks at together
  uint32_t pixel;
  uint32_t first;      // class of this thread
  uint32_t of_pixel;   // between threads of neighbouring pixels
  uint32_t of_member;  // between threads of one pixel

  __device__ __forceinline__ TileTeam(uint32_t split, bool by_class)
      : pixels(blockDim.x / split),
        pixel(by_class ? threadIdx.x / split : threadIdx.x % pixels),
        first(by_class ? threadIdx.x % split : threadIdx.x / pixels),
        of_pixel(by_class ? split : 1),
        of_member(by_class ? 1 : pixels) {}

  __device__ __forceinline__ uint32_t thread_of(uint32_t member) const { return pixel * of_pixel + member * of_member; }
};

// The sum of e^(x - top) while the largest logit is still being found: what was added before is scaled down.
template <class Stored>
struct RunningSoftmax {
  using Real = RealOf<Stored>;
  Real top = -static_cast<Real>(INFINITY);
  Real total = 0;

  // Returns what everything that was summed before must be multiplied with; `rise` is by how much the top rose, or 0.
  __device__ __forceinline__ Real next(Real x, Real& power, Real& rise) {
    if (x > top) {
      const Real scale = exp_of<Stored>(top - x);
      rise = x - top;
      top = x;
      power = 1;
      total = total * scale + 1;
      return scale;
    }
    power = x == top ? Real{1} : exp_of<Stored>(x - top);
    rise = 0;
    total += power;
    return 1;
  }

  // By how much what was summed below `new_top` shrinks.
  __device__ __forceinline__ Real scale_to(Real new_top) const {
    return top == new_top ? Real{1} : exp_of<Stored>(top - new_top);
  }
};

// Calls done(i, code, look) for every pixel of a tile that counts, with what look_at(look, i, code, first class) of all
// threads of its team has seen. The codes are known, and all threads of the block take part.
template <class Look, class Real, class LookAt, class Done>
__device__ __forceinline__ void look_at_pixels(const OverlapParts& cut, const Tile& tile,
                                               const TileMemory<Real>& memory, Code classes, const LookAt& look_at,
                                               const Done& done) {
  const TileTeam team(cut.split, cut.by_class);
  Look* const looks = reinterpret_cast<Look*>(memory.rest);  // [threads]
  for (int64_t begin = 0; begin < tile.n; begin += team.pixels) {
    const int64_t i = begin + team.pixel;
    const Code code = i < tile.n ? memory.code[i] : classes;
    Look look;
    if (code < classes) {
      look_at(look, i, code, team.first);
    }
    const bool leads = code < classes && team.first == 0;
    if (cut.split > 1) {
      looks[threadIdx.x] = look;
      __syncthreads();
      if (leads) {
#pragma unroll 1
        for (uint32_t member = 1; member < cut.split; ++member) {
          look.add(looks[team.thread_of(member)]);
        }
      }
      __syncthreads();
    }
    if (leads) {
      done(i, code, look);
    }
  }
}

// The sigmoid of x, what it lacks to 1, and the logarithm that its cross-entropy needs.
template <class Stored>
struct SigmoidOf {
  using Real = RealOf<Stored>;
  Real x, power, value, rest;

  __device__ __forceinline__ explicit SigmoidOf(Real given) : x(given), power(exp_of<Stored>(-magnitude(given))) {
    const Real large = 1 / (1 + power);
    value = x < 0 ? power * large : large;
    rest = x < 0 ? large : power * large;
  }
  // -t log p - (1 - t) log(1 - p)
  __device__ __forceinline__ Real cross_entropy(Real t) const {
    return log_of_one_and(power) + scaled(x < 0 ? t : 1 - t, magnitude(x));
  }
};

}  // namespace torchtally::cuda
