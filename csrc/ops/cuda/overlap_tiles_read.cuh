// A tile of pixels of overlap_sums in shared memory: how the elements get there and back, whatever their layout, and
// how a thread reads a few neighbouring pixels of a class.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

// A tile of one sample: n pixels from `begin` on.
struct Tile {
  int64_t sample;
  int64_t begin;
  uint32_t n;
};

// Of all classes, or of one group after the other: `n` from `first` on.
struct ClassGroup {
  int64_t first;
  uint32_t n;
};

template <class T, int kCount>
struct alignas(sizeof(T) * kCount < kLoadBytes ? sizeof(T) * kCount : kLoadBytes) Vector {
  T of[kCount];
};

// Neighbouring numbers of aligned memory.
template <class T, class To, int kCount>
__device__ __forceinline__ void load(const T* from, To (&to)[kCount]) {
  const auto vector = *reinterpret_cast<const Vector<T, kCount>*>(from);
#pragma unroll
  for (int v = 0; v < kCount; ++v) {
    to[v] = static_cast<To>(vector.of[v]);
  }
}

template <class T, class From, int kCount>
__device__ __forceinline__ void store(T* to, const From (&from)[kCount]) {
  Vector<T, kCount> vector;
#pragma unroll
  for (int v = 0; v < kCount; ++v) {
    vector.of[v] = static_cast<T>(from[v]);
  }
  *reinterpret_cast<Vector<T, kCount>*>(to) = vector;
}

// Where the elements of a tile lie in shared memory: class after class, `pitch` elements apart.
struct StagedArea {
  void* data;
  uint32_t pitch;
  uint32_t pixels;  // of a whole tile
  bool by_class;    // lanes of a warp move neighbouring classes, not pixels
};

// Moves the elements of a tile's classes to shared memory or back: 16 bytes at once where memory allows it, else an
// element, eight of them on their way together. wait_for_copies() and a barrier must follow.
template <bool kToShared, class Bits>
__device__ __forceinline__ void move_elements(const OverlapOperand& operand, void* data, const StagedArea& area,
                                              const Tile& tile, const ClassGroup& group) {
  constexpr uint32_t kWidth = 16 / sizeof(Bits);
  Bits* const memory = static_cast<Bits*>(data) + tile.sample * operand.sample_stride +
                       tile.begin * operand.pixel_stride + group.first * operand.class_stride;
  Bits* const shared = static_cast<Bits*>(area.data);
  uint32_t moved = 0;  // pixels of every class
  if (operand.pixel_stride == 1 && (group.n == 1 || operand.class_stride % kWidth == 0) && area.pitch % kWidth == 0 &&
      reinterpret_cast<uintptr_t>(memory) % 16 == 0) {
    const uint32_t row = area.pixels / kWidth;  // a power of two
    const uint32_t rows = blockDim.x < row ? 1 : blockDim.x / row;
    const uint32_t whole = tile.n / kWidth;
    const uint32_t first_class = row <= blockDim.x ? threadIdx.x / row : 0;
    if (first_class < rows) {
      for (uint32_t k = first_class; k < group.n; k += rows) {
        for (uint32_t v = row <= blockDim.x ? threadIdx.x % row : threadIdx.x; v < whole; v += blockDim.x) {
          Bits* const at = memory + k * operand.class_stride + v * kWidth;
          Bits* const staged = shared + k * area.pitch + v * kWidth;
          if constexpr (kToShared) {
            copy_to_shared(staged, at);
          } else {
            *reinterpret_cast<Vector<Bits, kWidth>*>(at) = *reinterpret_cast<const Vector<Bits, kWidth>*>(staged);
          }
        }
      }
    }
    moved = whole * kWidth;
    if (moved == tile.n) {
      return;
    }
  }
  const uint32_t lane = threadIdx.x % kWarp;
  const uint32_t warp = threadIdx.x / kWarp;
  const uint32_t warps = blockDim.x / kWarp;
  const uint32_t class_step = area.by_class ? kWarp : warps;
  const uint32_t pixel_step = area.by_class ? warps : kWarp;
  const int64_t memory_step = pixel_step * operand.pixel_stride;
  constexpr uint32_t kBatch = 8;
  for (uint32_t k = area.by_class ? lane : warp; k < group.n; k += class_step) {
    uint32_t i = moved + (area.by_class ? warp : lane);
    Bits* from = memory + i * operand.pixel_stride + k * operand.class_stride;
    Bits* const staged = shared + k * area.pitch;
    for (; i + (kBatch - 1) * pixel_step < tile.n; i += kBatch * pixel_step) {
      Bits batch[kBatch];
      Bits* at = from;
#pragma unroll
      for (uint32_t j = 0; j < kBatch; ++j, at += memory_step) {
        batch[j] = kToShared ? *at : staged[i + j * pixel_step];
      }
#pragma unroll
      for (uint32_t j = 0; j < kBatch; ++j, from += memory_step) {
        (kToShared ? staged[i + j * pixel_step] : *from) = batch[j];
      }
    }
    for (; i < tile.n; i += pixel_step, from += memory_step) {
      (kToShared ? staged[i] : *from) = kToShared ? *from : staged[i];
    }
  }
}

// What the threads of a block share of a tile.
template <class Stored>
class TileMemory {
 public:
  using Real = RealOf<Stored>;
  static constexpr int kVector = kTileVector<Stored>;

  __device__ __forceinline__ TileMemory(const OverlapProblem& problem, const OverlapTile& plan)
      : problem_(problem), plan_(plan) {
    TORCHTALLY_DYNAMIC_SHARED(char, shared);
    shared_ = shared;
  }

  __device__ __forceinline__ Stored* logits(uint32_t k, uint32_t i) const {
    return reinterpret_cast<Stored*>(shared_) + k * static_cast<uint32_t>(plan_.input_pitch) + i;
  }
  __device__ __forceinline__ void* targets() const { return shared_ + plan_.target; }
  __device__ __forceinline__ Real* largest() const { return at<Real>(plan_.largest); }
  __device__ __forceinline__ Real* inverse() const { return at<Real>(plan_.inverse); }
  __device__ __forceinline__ Real* log_total() const { return at<Real>(plan_.third); }  // forward
  __device__ __forceinline__ Real* base() const { return at<Real>(plan_.third); }       // backward
  __device__ __forceinline__ Real* label() const { return at<Real>(plan_.label); }
  __device__ __forceinline__ Real* rows() const { return at<Real>(plan_.rows); }
  __device__ __forceinline__ double* sums() const { return at<double>(plan_.sums); }
  __device__ __forceinline__ Code* code() const { return at<Code>(plan_.code); }
  template <class T>
  __device__ __forceinline__ T* scratch() const {
    return at<T>(plan_.scratch);
  }

  // Calls body(group) for one group of classes after the other.
  template <class Body>
  __device__ __forceinline__ void for_groups(const Body& body) const {
    for (int64_t first = 0; first < problem_.classes; first += plan_.classes) {
      const int64_t left = problem_.classes - first;
      body(ClassGroup{first, static_cast<uint32_t>(left < plan_.classes ? left : plan_.classes)});
    }
  }
  __device__ __forceinline__ bool is_one_group() const { return plan_.classes == problem_.classes; }

  // Starts to bring the logits and soft targets of a group.
  __device__ __forceinline__ void stage(const Tile& tile, const ClassGroup& group) const {
    move_elements<true, BitsOf<sizeof(Stored)>>(problem_.input, const_cast<void*>(problem_.input.data), input_area(),
                                                tile, group);
    if (problem_.labels) {
      return;
    }
    const OverlapOperand& target = problem_.target;
    const StagedArea area{targets(), static_cast<uint32_t>(plan_.target_pitch), static_cast<uint32_t>(plan_.pixels),
                          plan_.target_by_class};
    void* const data = const_cast<void*>(target.data);
    switch (target.element) {
      case Element::kBool:
      case Element::kBits8:
        return move_elements<true, uint8_t>(target, data, area, tile, group);
      case Element::kBits16:
      case Element::kHalf:
      case Element::kBFloat16:
        return move_elements<true, uint16_t>(target, data, area, tile, group);
      case Element::kBits32:
      case Element::kFloat:
        return move_elements<true, uint32_t>(target, data, area, tile, group);
      default:
        return move_elements<true, uint64_t>(target, data, area, tile, group);
    }
  }
  // Writes what has taken the place of the logits.
  __device__ __forceinline__ void unstage(const OverlapOperand& to, void* data, const Tile& tile,
                                          const ClassGroup& group) const {
    move_elements<false, BitsOf<sizeof(Stored)>>(to, data, input_area(), tile, group);
  }

  // Finds the codes of the whole tile, where its pixels have some: C + 1 past its end. Calls count(code) for each.
  template <class Count>
  __device__ __forceinline__ void find_codes(const Tile& tile, const Count& count) const {
    const Code left_out = static_cast<Code>(problem_.classes) + 1;
    const uint32_t pixels = plan_.coded ? static_cast<uint32_t>(plan_.pixels) : 0;
    for (uint32_t i = threadIdx.x; i < pixels; i += blockDim.x) {
      Code found = left_out;
      if (i < tile.n) {
        found = overlap_code(problem_, tile.sample, tile.begin + i);
        count(found);
      }
      code()[i] = found;
    }
  }

  // The codes of a thread's pixels, where they have some.
  __device__ __forceinline__ void read_codes(const Tile& tile, uint32_t i, Code (&codes)[kVector]) const {
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      codes[v] = i + v < tile.n ? 0 : static_cast<Code>(problem_.classes) + 1;
    }
    if (plan_.coded) {
      load(code() + i, codes);
    }
  }

  // Whether all of a thread's pixels count.
  __device__ __forceinline__ bool all_count(const Tile& tile, uint32_t i) const {
    bool all = i + kVector <= tile.n;
    if (plan_.coded) {
      Code codes[kVector];
      load(code() + i, codes);
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        all = all && codes[v] < static_cast<Code>(problem_.classes);
      }
    }
    return all;
  }

 private:
  template <class T>
  __device__ __forceinline__ T* at(int32_t bytes) const {
    return reinterpret_cast<T*>(shared_ + bytes);
  }
  template <size_t kBytes>
  using BitsOf = std::conditional_t<kBytes == 2, uint16_t, std::conditional_t<kBytes == 4, uint32_t, uint64_t>>;
  __device__ __forceinline__ StagedArea input_area() const {
    return {shared_, static_cast<uint32_t>(plan_.input_pitch), static_cast<uint32_t>(plan_.pixels), plan_.by_class};
  }

  const OverlapProblem& problem_;
  const OverlapTile& plan_;
  char* shared_;
};

// What the targets are, so that loops over the elements need not ask.
enum class TargetKind { kLabels, kBytes, kAsInput, kFloat, kOther };

// Calls body(the kind as a constant).
template <class Stored, class Body>
__device__ __forceinline__ void with_target_kind(const OverlapProblem& problem, const Body& body) {
  constexpr Element kInput = std::is_same_v<Stored, double>     ? Element::kDouble
                             : std::is_same_v<Stored, float>    ? Element::kFloat
                             : std::is_same_v<Stored, BFloat16> ? Element::kBFloat16
                                                                : Element::kHalf;
  const Element element = problem.target.element;
  if (problem.labels) {
    body(std::integral_constant<TargetKind, TargetKind::kLabels>());
  } else if (element == kInput) {
    body(std::integral_constant<TargetKind, TargetKind::kAsInput>());
  } else if (element == Element::kFloat) {
    body(std::integral_constant<TargetKind, TargetKind::kFloat>());
  } else if (element == Element::kBool || (element == Element::kBits8 && !problem.target.is_signed)) {
    body(std::integral_constant<TargetKind, TargetKind::kBytes>());
  } else {
    body(std::integral_constant<TargetKind, TargetKind::kOther>());
  }
}

// Reads staged targets, or makes them of labels.
template <class Stored, TargetKind kKind>
class TargetReader {
 public:
  using Real = RealOf<Stored>;
  static constexpr int kVector = kTileVector<Stored>;

  __device__ __forceinline__ TargetReader(const OverlapProblem& problem, const OverlapTile& plan,
                                          const TileMemory<Stored>& memory)
      : staged_(problem.target),
        pitch_(static_cast<uint32_t>(plan.target_pitch)),
        most_(problem.target.element == Element::kBool ? 1 : 255),
        codes_(memory.code()) {
    staged_.data = memory.targets();
  }

  // Of class group.first + k.
  __device__ __forceinline__ void read(const ClassGroup& group, uint32_t k, uint32_t i,
                                       Real (&targets)[kVector]) const {
    const uint32_t at = k * pitch_ + i;
    if constexpr (kKind == TargetKind::kLabels) {
      const Code label = static_cast<Code>(group.first) + k;
      Code codes[kVector];
      load(codes_ + i, codes);
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        targets[v] = codes[v] == label ? Real{1} : Real{0};
      }
    } else if constexpr (kKind == TargetKind::kAsInput) {
      load(static_cast<const Stored*>(staged_.data) + at, targets);
    } else if constexpr (kKind == TargetKind::kFloat) {
      load(static_cast<const float*>(staged_.data) + at, targets);
    } else if constexpr (kKind == TargetKind::kBytes) {
      uint32_t bytes[kVector];
      load(static_cast<const uint8_t*>(staged_.data) + at, bytes);
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        targets[v] = static_cast<Real>(bytes[v] < most_ ? bytes[v] : most_);
      }
    } else {
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        targets[v] = soft_target<Real>(staged_, at + v);
      }
    }
  }

 private:
  OverlapOperand staged_;
  uint32_t pitch_;
  uint32_t most_;  // of a byte: bool is 0 or 1
  const Code* codes_;
};

}  // namespace torchtally::cuda
