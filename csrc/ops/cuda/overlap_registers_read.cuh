// How overlap_sums reads pixels into registers, and writes them back, where labels meet softmax and the classes are
// few: a thread holds all classes of its pixels, so that the logits are read once. All loads of a thread are under way
// before the first of them is used: no branch lies between them that depends on what was read.
#pragma once

#include "ops/cuda/overlap_device.cuh"

namespace torchtally::cuda {

// The fewest classes that come to the kernel for kClasses: those need not ask whether they exist.
template <int kClasses>
inline constexpr int kFewestClasses = [] {
  int before = 0;
  for (const int32_t classes : kRegisterKernels) {
    before = classes < kClasses ? classes : before;
  }
  return before + 1;
}();

// Calls body(k, whether the class exists) for every class of a kernel, unrolled, so that k may index registers.
template <int kClasses, class Body>
__device__ __forceinline__ void for_classes(int classes, const Body& body) {
#pragma unroll
  for (int k = 0; k < kClasses; ++k) {
    body(k, k < kFewestClasses<kClasses> || k < classes);
  }
}

// Neighbouring numbers that one instruction reads or writes.
template <class Stored, int kCount>
struct alignas(sizeof(Stored) * kCount) Pack {
  static constexpr int kOfWord = int{sizeof(uint32_t)} / int{sizeof(Stored)};
  static_assert(kCount % kOfWord == 0);
  uint32_t words[kCount / kOfWord];

  __device__ __forceinline__ float get(int i) const {
    if constexpr (kOfWord == 1) {
      return float_of(words[i]);
    } else if constexpr (std::is_same_v<Stored, BFloat16> && kCount < 8) {  // a float's upper half; chunks would spill
      return float_of(i % 2 == 0 ? words[i / 2] << 16 : words[i / 2] & 0xffff0000U);
    } else {
      const uint32_t bits = words[i / 2] >> i % 2 * 16 & 0xffffU;
      return static_cast<float>(Stored(static_cast<uint16_t>(bits), Stored::from_bits()));
    }
  }
  // All numbers, number(i) each.
  template <class Number>
  __device__ __forceinline__ void set(const Number& number) {
#pragma unroll
    for (int i = 0; i < kCount; i += kOfWord) {
      if constexpr (kOfWord == 1) {
        words[i] = bits_of(number(i));
      } else {
        words[i / 2] = static_cast<Stored>(number(i)).x | uint32_t{static_cast<Stored>(number(i + 1)).x} << 16;
      }
    }
  }
};

// Rows of classes that lie together (channels_last), of a warp's pixels: they pass between memory and the lanes through
// shared memory, where memory is followed in chunks of 16 bytes. Rows that lanes would find in the same banks are a
// chunk apart.
template <class Stored, int kClasses, int kPixels>
class WarpRows {
  static constexpr int kElements = kRowChunk / int{sizeof(Stored)};                 // of a chunk
  static constexpr int kChunks = (kPixels * kClasses + kElements - 1) / kElements;  // of a lane
  using Chunk = Pack<Stored, kElements>;

 public:
  // `memory` is that of the block.
  __device__ __forceinline__ WarpRows(void* memory, int classes)
      : classes_(static_cast<uint32_t>(classes)),
        pitch_(static_cast<uint32_t>(row_pitch(classes, sizeof(Stored)))),
        chunks_of_row_(classes_ / kElements),
        reciprocal_(chunks_of_row_ == 0 ? 0 : kOne / chunks_of_row_ + 1),
        rows_(static_cast<Stored*>(memory) + threadIdx.x / kWarp * kWarp * kPixels * pitch_) {}

  // All lanes of the warp, which wait for each other behind it. `pixels` rows that follow each other in memory.
  __device__ __forceinline__ void load(const Stored* from, int pixels) const {
    const uint32_t elements = elements_of(pixels);
    Chunk chunks[kChunks];  // all, before the first is stored
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      const uint32_t at = chunk_of_lane(i);
      chunks[i] = at < elements / kElements ? reinterpret_cast<const Chunk*>(from)[at] : Chunk{};
    }
    __syncwarp();  // the rows before these have been read
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (const uint32_t at = chunk_of_lane(i); at < elements / kElements) {
        *place_of(at) = chunks[i];
      }
    }
    for_rest(elements, [&](uint32_t at) { rows_[at] = from[at]; });
  }
  __device__ __forceinline__ void store(Stored* to, int pixels) const {
    const uint32_t elements = elements_of(pixels);
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      if (const uint32_t at = chunk_of_lane(i); at < elements / kElements) {
        reinterpret_cast<Chunk*>(to)[at] = *place_of(at);
      }
    }
    for_rest(elements, [&](uint32_t at) { to[at] = rows_[at]; });
  }

  // The row of a lane's pixel q, and all its classes.
  __device__ __forceinline__ Stored* row(int q) const {
    return rows_ + (static_cast<uint32_t>(q) * kWarp + threadIdx.x % kWarp) * pitch_;
  }
  template <class Body>
  __device__ __forceinline__ void read(int q, const Body& body) const {
    if (is_whole()) {
#pragma unroll
      for (int i = 0; i < kClasses / kElements; ++i) {
        if (static_cast<uint32_t>(i) < chunks_of_row_) {
          const Chunk chunk = reinterpret_cast<const Chunk*>(row(q))[i];
#pragma unroll
          for (int e = 0; e < kElements; ++e) {
            body(i * kElements + e, chunk.get(e));
          }
        }
      }
      return;
    }
    for_classes<kClasses>(static_cast<int>(classes_), [&](int k, bool exists) {
      if (exists) {
        body(k, static_cast<float>(row(q)[k]));
      }
    });
  }

 private:
  static constexpr uint32_t kOne = 1 << 16;  // a warp has at most 2^10 chunks, so that reciprocals are exact

  // Whether a row is chunks and nothing else.
  __device__ __forceinline__ bool is_whole() const { return classes_ % kElements == 0; }

  __device__ __forceinline__ uint32_t elements_of(int pixels) const {
    constexpr int kMost = kWarp * kPixels;
    return static_cast<uint32_t>(pixels < kMost ? pixels : kMost) * classes_;
  }
  __device__ __forceinline__ uint32_t chunk_of_lane(int i) const {
    return threadIdx.x % kWarp + static_cast<uint32_t>(i) * kWarp;
  }
  // Where a chunk of memory lies here.
  __device__ __forceinline__ Chunk* place_of(uint32_t chunk) const {
    const uint32_t gaps = pitch_ == classes_ ? 0 : chunk * reciprocal_ / kOne;  // chunk / chunks_of_row_
    return reinterpret_cast<Chunk*>(rows_) + chunk + gaps;
  }
  // What does not fill a chunk: at the end of a sample, of rows that are not whole and hence not apart.
  template <class Body>
  __device__ __forceinline__ void for_rest(uint32_t elements, const Body& body) const {
    for (uint32_t at = elements / kElements * kElements + threadIdx.x % kWarp; at < elements; at += kWarp) {
      body(at);
    }
  }

  uint32_t classes_;
  uint32_t pitch_;  // elements from row to row
  uint32_t chunks_of_row_;
  uint32_t reciprocal_;
  Stored* rows_;  // [kPixels kWarp, pitch]
};

// The pixels of a thread: neighbours, or where rows of classes pass through shared memory one in each of the warp's
// runs of 32.
template <class Stored, int kClasses, OverlapAccess kAccess>
class RegisterPixels {
 public:
  static constexpr int kPixels = kRegisterPixels<Stored, kClasses, kAccess>;

  Code code[kPixels];

  // `shared` is where rows pass through.
  __device__ __forceinline__ RegisterPixels(const OverlapProblem& problem, void* shared)
      : problem_(problem),
        classes_(static_cast<int>(problem.classes)),
        rows_(shared, classes_),
        packed_labels_(has_packed_labels(problem)) {}

  // The block's pixels from `first` to `end`, those that all its threads hold at most. Returns whether this warp has
  // any; then all its lanes read one, and those past the end read another for nothing.
  __device__ __forceinline__ bool read(int64_t sample, int64_t first, int64_t end) {
    constexpr int64_t kMost = int64_t{kRegisterThreads} * kPixels;
    left_ = static_cast<int>(end - first < kMost ? end - first : kMost);
    if (of_warp() >= left_) {
      return false;
    }
    uint64_t label[kPixels];
    uint32_t kept[kPixels];
    read_labels(sample, first, label, kept);
    const OverlapOperand& input = problem_.input;
    const Stored* const data =
        static_cast<const Stored*>(input.data) + (sample * input.sample_stride + first * input.pixel_stride);
    const Stored* const from = data + existing(0) * pixel_stride(input);
    if constexpr (kAccess == OverlapAccess::kRows) {
      rows_.load(data + of_warp() * pixel_stride(input), left_ - of_warp());
    } else {
      for_classes<kClasses>(classes_, [&](int k, bool exists) {
        if (exists) {
          read_[k] = *reinterpret_cast<const Read*>(of_class(from, input, static_cast<uint32_t>(k)));
        } else {
          read_[k] = Read{};
        }
      });
    }
    __syncwarp();  // the rows are there; and the compiler moves no load past this, behind the wait for the labels
    decode(label, kept);
    if constexpr (kAccess != OverlapAccess::kRows) {
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {  // again, from L1, where an index may be computed
        of_label_[q] = of_class(from, input, label_or_first(q))[q];
      }
    }
    return true;
  }

  // The logits of pixel q, -inf where the class does not exist, and that of its label.
  __device__ __forceinline__ float take(int q, float (&logits)[kClasses]) const {
    for_classes<kClasses>(classes_, [&](int k, bool exists) {
      logits[k] = kAbsent;
      if constexpr (kAccess == OverlapAccess::kPacks) {
        logits[k] = exists ? read_[k].get(q) : kAbsent;
      } else if constexpr (kAccess == OverlapAccess::kElements) {
        logits[k] = exists ? static_cast<float>(read_[k]) : kAbsent;
      }
    });
    if constexpr (kAccess == OverlapAccess::kRows) {
      rows_.read(q, [&](int k, float value) { logits[k] = value; });
      return static_cast<float>(rows_.row(q)[label_or_first(q)]);
    } else {
      return static_cast<float>(of_label_[q]);
    }
  }

  // Writes numbers in the place of the logits. `to` is laid out as kAccess asks for.
  __device__ __forceinline__ void write(const float (&numbers)[kPixels][kClasses], const OverlapOperand& to,
                                        void* memory, int64_t sample, int64_t first) const {
    Stored* const data = static_cast<Stored*>(memory) + (sample * to.sample_stride + first * to.pixel_stride);
    if constexpr (kAccess == OverlapAccess::kRows) {
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        Stored* const row = rows_.row(q);
        for_classes<kClasses>(classes_, [&](int k, bool exists) {
          if (exists) {
            row[k] = static_cast<Stored>(numbers[q][k]);
          }
        });
      }
      rows_.store(data + of_warp() * pixel_stride(to), left_ - of_warp());
    } else if (exists(0)) {
      Stored* const own = data + offset(0) * pixel_stride(to);
      for_classes<kClasses>(classes_, [&](int k, bool exists) {
        if (exists) {
          Stored* const at = of_class(own, to, static_cast<uint32_t>(k));
          if constexpr (kAccess == OverlapAccess::kPacks) {
            Read pack;
            pack.set([&](int q) { return numbers[q][k]; });
            *reinterpret_cast<Read*>(at) = pack;
          } else {
            *at = static_cast<Stored>(numbers[0][k]);
          }
        }
      });
    }
  }

 private:
  // What a load reads of a class.
  static constexpr int kOfPack = kAccess == OverlapAccess::kPacks ? kPixels : int{sizeof(uint32_t)};
  using Read = std::conditional_t<kAccess == OverlapAccess::kPacks, Pack<Stored, kOfPack>, Stored>;
  static constexpr float kAbsent = -INFINITY;
  static constexpr int kLabels = 2;  // of 64 bits that one load reads
  struct alignas(16) PackedLabels {
    uint64_t values[kLabels];
  };

  static __device__ __forceinline__ bool has_packed_labels(const OverlapProblem& problem) {
    const OverlapOperand& target = problem.target;
    return kAccess == OverlapAccess::kPacks && kPixels >= kLabels && target.element == Element::kBits64 &&
           target.pixel_stride == 1 && (target.sample_stride | problem.pixels) % kLabels == 0 &&
           reinterpret_cast<uintptr_t>(target.data) % sizeof(PackedLabels) == 0;
  }

  // Behind the block's first pixel: what this warp starts with, pixel q of this thread, and another one in its place
  // where that is past the end.
  __device__ __forceinline__ int of_warp() const { return static_cast<int>(threadIdx.x / kWarp) * kWarp * kPixels; }
  __device__ __forceinline__ int offset(int q) const {
    return kAccess == OverlapAccess::kRows ? of_warp() + static_cast<int>(threadIdx.x % kWarp) + q * kWarp
                                           : static_cast<int>(threadIdx.x) * kPixels + q;
  }
  __device__ __forceinline__ bool exists(int q) const { return offset(q) < left_; }
  __device__ __forceinline__ int64_t existing(int q) const {
    if constexpr (kAccess == OverlapAccess::kRows) {
      return exists(q) ? offset(q) : 0;
    }
    return exists(0) ? offset(q) : q;  // all of a thread's pixels exist or none
  }

  // Known where access says so.
  __device__ __forceinline__ int64_t pixel_stride(const OverlapOperand& operand) const {
    return kAccess == OverlapAccess::kElements ? operand.pixel_stride : kAccess == OverlapAccess::kPacks ? 1 : classes_;
  }

  // The same pixel's number of class k: one instruction, because classes lie less than 2^32 bytes apart.
  template <class Number>
  static __device__ __forceinline__ Number* of_class(Number* first, const OverlapOperand& operand, uint32_t k) {
    const uint64_t bytes = wide_product(static_cast<uint32_t>(operand.class_stride) * uint32_t{sizeof(Number)}, k);
    using Byte = std::conditional_t<std::is_const_v<Number>, const char, char>;
    return reinterpret_cast<Number*>(reinterpret_cast<Byte*>(first) + bytes);
  }

  __device__ __forceinline__ uint32_t label_or_first(int q) const {
    return code[q] < static_cast<Code>(classes_) ? static_cast<uint32_t>(code[q]) : 0;
  }

  // As they are in memory.
  __device__ __forceinline__ void read_labels(int64_t sample, int64_t first, uint64_t (&label)[kPixels],
                                              uint32_t (&kept)[kPixels]) const {
    const OverlapOperand& mask = problem_.mask;
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      kept[q] = 1;
    }
    if (mask.data != nullptr) {
      const uint8_t* const data =
          static_cast<const uint8_t*>(mask.data) + (sample * mask.sample_stride + first * mask.pixel_stride);
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        kept[q] = data[existing(q) * mask.pixel_stride];
      }
    }
    const OverlapOperand& target = problem_.target;
    const int64_t at = sample * target.sample_stride + first * target.pixel_stride;
    if constexpr (kPixels >= kLabels) {
      if (packed_labels_) {
        const uint64_t* const data = static_cast<const uint64_t*>(target.data) + at + existing(0);
#pragma unroll
        for (int q = 0; q < kPixels; q += kLabels) {
          const PackedLabels labels = *reinterpret_cast<const PackedLabels*>(data + q);
          label[q] = labels.values[0];
          label[q + 1] = labels.values[1];
        }
        return;
      }
    }
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      label[q] = raw_label(target, at + existing(q) * target.pixel_stride);
    }
  }

  __device__ __forceinline__ void decode(const uint64_t (&label)[kPixels], uint32_t (&kept)[kPixels]) {
#pragma unroll 1
    for (int32_t i = 0; i < problem_.num_ignore; ++i) {
      const uint64_t ignored = problem_.ignore[i];
#pragma unroll
      for (int q = 0; q < kPixels; ++q) {
        kept[q] = label[q] == ignored ? 0 : kept[q];
      }
    }
    const Code out_of_range = static_cast<Code>(classes_);
#pragma unroll
    for (int q = 0; q < kPixels; ++q) {
      code[q] = label[q] > problem_.target_last ? out_of_range : static_cast<Code>(label[q]);
      code[q] = kept[q] != 0 && exists(q) ? code[q] : out_of_range + 1;
    }
  }

  const OverlapProblem& problem_;
  int classes_;
  WarpRows<Stored, kClasses, kPixels> rows_;
  bool packed_labels_;
  Read read_[kClasses];
  Stored of_label_[kPixels];
  int left_ = 0;  // pixels of the block
};

template <int kClasses>
__device__ __forceinline__ float largest_of(const float (&logits)[kClasses]) {
  float found = logits[0];
#pragma unroll
  for (int k = 1; k < kClasses; ++k) {
    found = fmaxf(found, logits[k]);
  }
  return found;
}

}  // namespace torchtally::cuda
