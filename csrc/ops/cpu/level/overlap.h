// The sums of overlap_sums and their gradient. A chunk of pixels goes by in blocks: a block is read into planes of
// probabilities in L1, whatever its dtype and layout, and everything is computed there. Sums of a block are vectors of
// float, folded into double every kFold pixels. Included by level/kernels.cpp alone, inside its unnamed namespace (see
// labels.h).

constexpr int64_t kFold = 2048;
constexpr int kSumVectors = kVectorBytes == 64 ? 4 : 2;  // of pixels whose exponentials are summed in registers

// One chunk's memory. Planes are `plane` pixels long; a row of sums holds a vector for each class.
template <class Real>
struct Work {
  static constexpr int kLanes = Vectors<Real>::kLanes;

  const OverlapProblem& problem;
  const int64_t classes;
  const int64_t plane;
  const bool labels;
  const bool smooth;

  Real* probabilities;  // the input, then e^(x - max) or whatever the activation needs
  Real* soft;           // the target, where it has a value for each class
  void* stage;          // a block as it is stored
  Real* largest;        // of the classes of each pixel
  uint32_t* codes;      // [0, C) a label, or 0 where the target is soft; C out of range, C + 1 left out
  uint8_t* present;     // which labels a block holds
  Real* sums;           // [kOverlapRows, classes, kLanes]
  Real* loss;           // [kLanes], cross-entropy
  Real* weight;         // of each class, with what label smoothing leaves to the target
  Real* even;           // of each class, what label smoothing gives to every one
  Real even_sum = 0;
  // Coefficients of the gradient by the probability p: a t + b + c p + d sign(p - t).
  Real* a;
  Real* b;
  Real* c;
  Real* d;

  explicit Work(const OverlapChunk& chunk)
      : problem(chunk.problem),
        classes(chunk.problem.classes),
        plane(overlap_block(chunk.problem.classes, chunk.problem.input.element)),
        labels(chunk.problem.labels),
        smooth(chunk.problem.label_smoothing != 0.0),
        next_(static_cast<char*>(chunk.scratch)) {
    const int64_t block = classes * plane;
    probabilities = take<Real>(block);
    soft = take<Real>(labels ? 0 : block);
    stage = take<Real>(block);
    largest = take<Real>(plane);
    codes = take<uint32_t>(plane);
    present = take<uint8_t>(classes + 2);
    sums = take<Real>(kOverlapRows * classes * kLanes);
    loss = take<Real>(kLanes);
    weight = take<Real>(classes);
    even = take<Real>(classes);
    a = take<Real>(classes);
    b = take<Real>(classes);
    c = take<Real>(classes);
    d = take<Real>(classes);
  }

  Real* sum(int64_t row, int64_t label) const { return sums + (row * classes + label) * kLanes; }

  // Weights of the cross-entropy, times its gradient.
  void set_weights(double gradient) {
    double all = 0.0;
    const double spread = problem.activation == Activation::kSoftmax ? static_cast<double>(classes) : 2.0;
    for (int64_t k = 0; k < classes; ++k) {
      const double given = gradient * (problem.class_weight != nullptr ? problem.class_weight[k] : 1.0);
      weight[k] = static_cast<Real>((1.0 - problem.label_smoothing) * given);
      even[k] = static_cast<Real>(problem.label_smoothing / spread * given);
      all += problem.label_smoothing / spread * given;
    }
    even_sum = static_cast<Real>(all);
  }

  void set_coefficients(const double* gradient) {
    const bool fold = labels && problem.activation == Activation::kSoftmax;  // then |p - t| is p + t - 2 p t
    for (int64_t k = 0; k < classes; ++k) {
      const double difference = gradient[kDifference * classes + k];
      a[k] = static_cast<Real>(gradient[kIntersection * classes + k] - (fold ? 2.0 * difference : 0.0));
      b[k] = static_cast<Real>(gradient[kPrediction * classes + k] + (fold ? difference : 0.0));
      c[k] = static_cast<Real>(2.0 * gradient[kSquared * classes + k]);
      d[k] = static_cast<Real>(fold ? 0.0 : difference);
    }
  }

 private:
  template <class T>
  T* take(int64_t count) {
    T* const taken = reinterpret_cast<T*>(next_);
    next_ += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    return taken;
  }

  char* next_;
};

// The pixels of a block that count, are invalid, and are left out: n altogether.
struct Counted {
  int64_t count = 0;
  int64_t invalid = 0;
};

// Notes which labels a block holds; a bit each where they fit a word.
template <class Real>
void mark_present(const Work<Real>& work, int64_t n) {
  if (work.classes <= 62) {
    uint64_t bits = 0;
    for (int64_t i = 0; i < n; ++i) {
      bits |= uint64_t{1} << (work.codes[i] & 63);
    }
    for (int64_t k = 0; k < work.classes; ++k) {
      work.present[k] = static_cast<uint8_t>(bits >> k & 1);
    }
  } else {
    memset(work.present, 0, static_cast<size_t>(work.classes));
    for (int64_t i = 0; i < n; ++i) {
      work.present[work.codes[i]] = 1;
    }
  }
}

// Reads what says which pixels of a block count, and as which class.
template <class Real>
Counted read_codes(const Work<Real>& work, int64_t sample, int64_t begin, int64_t n) {
  const OverlapProblem& problem = work.problem;
  const uint32_t out_of_range = static_cast<uint32_t>(work.classes);
  const uint8_t* const mask = problem.mask.data == nullptr
                                  ? nullptr
                                  : static_cast<const uint8_t*>(problem.mask.data) +
                                        sample * problem.mask.sample_stride + begin * problem.mask.pixel_stride;
  if (work.labels) {
    const OverlapOperand& target = problem.target;
    const int64_t offset = sample * target.sample_stride + begin * target.pixel_stride;
    const LabelRow row{static_cast<const char*>(target.data) + offset * bytes_of(target.element),
                       target.element,
                       target.pixel_stride,
                       n,
                       problem.target_last,
                       out_of_range,
                       problem.ignore,
                       problem.num_ignore,
                       mask,
                       problem.mask.pixel_stride};
    read_labels(row, work.codes);
  } else {
    for (int64_t i = 0; i < n; ++i) {
      work.codes[i] = mask == nullptr || mask[i * problem.mask.pixel_stride] != 0 ? 0u : out_of_range + 1;
    }
  }
  for (int64_t i = n; i % Work<Real>::kLanes != 0; ++i) {
    work.codes[i] = out_of_range + 1;
  }
  Counted found;
  for (int64_t i = 0; i < n; ++i) {
    found.count += work.codes[i] < out_of_range;
    found.invalid += work.codes[i] == out_of_range;
  }
  if (work.labels) {
    mark_present(work, n);
  }
  return found;
}

template <class Real>
void read_target(const Work<Real>& work, int64_t sample, int64_t begin, int64_t n) {
  const OverlapOperand& from = work.problem.target;
  const int64_t offset = sample * from.sample_stride + begin * from.pixel_stride;
  // Reads elements that are computed in Real as the input is, and converts all others one at a time.
  const auto read = [&](auto stored) {
    using Stored = decltype(stored);
    if constexpr (sizeof(typename RealOf<Stored>::type) == sizeof(Real)) {
      read_planes_of<Stored>(from, offset, work.classes, n, work.plane, work.soft, work.largest, work.stage);
    } else {
      convert_planes<Stored>(from, offset, work.classes, n, work.plane, work.soft);
    }
  };
  const auto convert = [&](auto stored) {
    convert_planes<decltype(stored)>(from, offset, work.classes, n, work.plane, work.soft);
  };
  switch (from.element) {
    case Element::kHalf:
      return read(Half{});
    case Element::kBFloat16:
      return read(BFloat16{});
    case Element::kFloat:
      return read(float{});
    case Element::kDouble:
      return read(double{});
    case Element::kBool:
      return convert(Bool{});
    case Element::kBits8:
      return from.is_signed ? convert(int8_t{}) : convert(uint8_t{});
    case Element::kBits16:
      return from.is_signed ? convert(int16_t{}) : convert(uint16_t{});
    case Element::kBits32:
      return from.is_signed ? convert(int32_t{}) : convert(uint32_t{});
    default:
      return from.is_signed ? convert(int64_t{}) : convert(uint64_t{});
  }
}

template <class Real>
void read_input(const Work<Real>& work, int64_t sample, int64_t begin, int64_t n) {
  const OverlapOperand& from = work.problem.input;
  const int64_t offset = sample * from.sample_stride + begin * from.pixel_stride;
  const auto read = [&](auto stored) {
    read_planes_of<decltype(stored)>(from, offset, work.classes, n, work.plane, work.probabilities, work.largest,
                                     work.stage);
  };
  if constexpr (sizeof(Real) == 8) {
    read(double{});
  } else if (from.element == Element::kHalf) {
    read(Half{});
  } else if (from.element == Element::kBFloat16) {
    read(BFloat16{});
  } else {
    read(float{});
  }
}

template <class Real>
void write_gradient(const Work<Real>& work, const OverlapGradient& gradient, int64_t sample, int64_t begin, int64_t n) {
  const OverlapOperand& to = gradient.input;
  const int64_t offset = sample * to.sample_stride + begin * to.pixel_stride;
  const auto write = [&](auto stored) {
    write_planes_of<decltype(stored)>(work.probabilities, work.plane, work.classes, n, to, gradient.data, offset,
                                      work.stage);
  };
  if constexpr (sizeof(Real) == 8) {
    write(double{});
  } else if (to.element == Element::kHalf) {
    write(Half{});
  } else if (to.element == Element::kBFloat16) {
    write(BFloat16{});
  } else {
    write(float{});
  }
}

// The codes of a vector of pixels, in integers as wide as Real.
template <class Real>
ALWAYS_INLINE typename Vectors<Real>::Integers codes_at(const Work<Real>& work, int64_t at) {
  typedef int32_t Codes __attribute__((vector_size(4 * Vectors<Real>::kLanes)));
  Codes codes;
  memcpy(&codes, work.codes + at, sizeof(codes));
  return __builtin_convertvector(codes, typename Vectors<Real>::Integers);
}

// Which pixels hold label k, and which count.
template <class Integers>
ALWAYS_INLINE Integers holds(Integers code, int64_t k) {
  return code == static_cast<decltype(code[0] + code[0])>(k);
}
template <class Integers>
ALWAYS_INLINE Integers counts(Integers code, int64_t classes) {
  return code < static_cast<decltype(code[0] + code[0])>(classes);
}

// Sets the pixels that do not count to zero in all planes, so that no NaN among them spreads.
template <class Real>
void clear_uncounted(const Work<Real>& work, Real* planes, int64_t n) {
  using Reals = typename Vectors<Real>::Reals;
  for (int64_t i = 0; i < n; i += Work<Real>::kLanes) {
    const auto counted = counts(codes_at(work, i), work.classes);
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const at = planes + k * work.plane + i;
      store(at, counted ? load(at) : Reals{});
    }
  }
}

template <class Real>
ALWAYS_INLINE void add(Real* sum, typename Vectors<Real>::Reals values) {
  store(sum, load(sum) + values);
}

// Softmax and labels, the usual case: kVectors vectors of pixels from `at` on.
template <int kVectors, class Real>
ALWAYS_INLINE void add_softmax_labels(const Work<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  using Integers = typename Vectors<Real>::Integers;
  constexpr int kLanes = Vectors<Real>::kLanes;
  Reals top[kVectors], total[kVectors], picked[kVectors], weight[kVectors], away[kVectors];
  Integers code[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    top[v] = load(work.largest + at + v * kLanes);
    code[v] = codes_at(work, at + v * kLanes);
    total[v] = picked[v] = weight[v] = away[v] = Reals{};
  }
  if (work.smooth) {
    for (int64_t k = 0; k < work.classes; ++k) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        away[v] += work.even[k] * (top[v] - load(work.probabilities + k * work.plane + at + v * kLanes));
      }
    }
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    Reals below[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      below[v] = load(plane + v * kLanes) - top[v];
      const Reals power = exp_of(below[v]);
      store(plane + v * kLanes, power);
      total[v] += power;
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers here = holds(code[v], k);
        picked[v] = here ? below[v] : picked[v];
        weight[v] = here ? Reals{} + work.weight[k] : weight[v];
      }
    }
  }
  Reals inverse[kVectors];
  Reals loss{};
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    const Integers counted = counts(code[v], work.classes);
    const Reals log_total = log_of(total[v]);
    const Reals loss_here = weight[v] * (log_total - picked[v]) + (work.even_sum * log_total + away[v]);
    loss += counted ? loss_here : Reals{};
    inverse[v] = counted ? 1 / total[v] : Reals{};
  }
  add(work.loss, loss);
  for (int64_t k = 0; k < work.classes; ++k) {
    const Real* const plane = work.probabilities + k * work.plane + at;
    Reals probability[kVectors];
    Reals sum{}, squares{};
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      probability[v] = load(plane + v * kLanes) * inverse[v];
      sum += probability[v];
      squares += probability[v] * probability[v];
    }
    add(work.sum(kPrediction, k), sum);
    add(work.sum(kSquared, k), squares);
    if (work.present[k]) {
      Reals hits{}, targets{};
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers here = holds(code[v], k);
        hits += here ? probability[v] : Reals{};
        targets += here ? Reals{} + 1 : Reals{};
      }
      add(work.sum(kIntersection, k), hits);
      add(work.sum(kTarget, k), targets);
    }
  }
}

// The gradient of the same, where the powers stood. kSquares: some coefficient c is not zero.
template <int kVectors, bool kSquares, class Real>
ALWAYS_INLINE void differentiate_softmax_labels(const Work<Real>& work, int64_t at, Real* out, int64_t out_plane) {
  using Reals = typename Vectors<Real>::Reals;
  using Integers = typename Vectors<Real>::Integers;
  constexpr int kLanes = Vectors<Real>::kLanes;
  Reals top[kVectors], total[kVectors], linear[kVectors], squares[kVectors], weight[kVectors];
  Integers code[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    top[v] = load(work.largest + at + v * kLanes);
    code[v] = codes_at(work, at + v * kLanes);
    total[v] = linear[v] = squares[v] = weight[v] = Reals{};
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    Reals power[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      power[v] = exp_of(load(plane + v * kLanes) - top[v]);
      store(plane + v * kLanes, power[v]);
      total[v] += power[v];
      linear[v] += work.b[k] * power[v];
      if constexpr (kSquares) {
        squares[v] += work.c[k] * power[v] * power[v];
      }
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers here = holds(code[v], k);
        linear[v] += here ? work.a[k] * power[v] : Reals{};
        weight[v] = here ? Reals{} + work.weight[k] : weight[v];
      }
    }
  }
  Reals inverse[kVectors], base[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    inverse[v] = 1 / total[v];
    base[v] = weight[v] + work.even_sum - (linear[v] + squares[v] * inverse[v]) * inverse[v];
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    const Real* const plane = work.probabilities + k * work.plane + at;
    Reals gradient[kVectors], probability[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      probability[v] = load(plane + v * kLanes) * inverse[v];
      Reals by_probability = base[v] + work.b[k];
      if constexpr (kSquares) {
        by_probability += work.c[k] * probability[v];
      }
      gradient[v] = probability[v] * by_probability - work.even[k];
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        gradient[v] += holds(code[v], k) ? work.a[k] * probability[v] - work.weight[k] : Reals{};
      }
    }
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      store(out + k * out_plane + v * kLanes, gradient[v]);
    }
  }
}

// The target of a class for a vector of pixels, whatever its kind.
template <bool kLabels, class Real>
ALWAYS_INLINE typename Vectors<Real>::Reals target_at(const Work<Real>& work, int64_t k, int64_t at,
                                                      typename Vectors<Real>::Integers code) {
  using Reals = typename Vectors<Real>::Reals;
  if constexpr (kLabels) {
    return holds(code, k) ? Reals{} + 1 : Reals{};
  } else {
    return load(work.soft + k * work.plane + at);
  }
}

template <class Reals>
ALWAYS_INLINE Reals magnitude(Reals x) {
  return x < 0 ? -x : x;
}

// x * y, and 0 where x is 0, whatever y is.
template <class Reals>
ALWAYS_INLINE Reals scaled(Reals x, Reals y) {
  return x == 0 ? Reals{} : x * y;
}

template <class Reals>
ALWAYS_INLINE Reals sign_of(Reals x) {
  return x > 0 ? Reals{} + 1 : x < 0 ? Reals{} - 1 : Reals{};
}

// The sigmoid of x, what it lacks to 1, and the logarithm that its cross-entropy needs.
template <class Real>
struct Sigmoid {
  typename Vectors<Real>::Reals x, power, value, rest;

  explicit ALWAYS_INLINE Sigmoid(typename Vectors<Real>::Reals given) : x(given), power(exp_of(-magnitude(given))) {
    const auto large = 1 / (1 + power);
    const auto small = power * large;
    value = x < 0 ? small : large;
    rest = x < 0 ? large : small;
  }
  // -t log p - (1 - t) log(1 - p)
  ALWAYS_INLINE auto cross_entropy(typename Vectors<Real>::Reals t) const {
    return log_of_one_and(power) + scaled(x < 0 ? t : 1 - t, magnitude(x));
  }
};

// Everything else, one vector of pixels.
template <Activation kActivation, bool kLabels, class Real>
ALWAYS_INLINE void add_general(const Work<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  const auto code = codes_at(work, at);
  const auto counted = counts(code, work.classes);
  Reals inverse{}, loss{};
  if constexpr (kActivation == Activation::kSoftmax) {
    const Reals top = load(work.largest + at);
    Reals total{}, weights{}, away{};
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals below = load(plane) - top;
      const Reals power = exp_of(below);
      store(plane, power);
      total += power;
      const Reals weight = work.weight[k] * target_at<kLabels>(work, k, at, code) + work.even[k];
      weights += weight;
      away += scaled(weight, below);
    }
    inverse = 1 / total;
    loss = weights * log_of(total) - away;
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    const Reals value = load(work.probabilities + k * work.plane + at);
    const Reals target = target_at<kLabels>(work, k, at, code);
    Reals probability = value;
    if constexpr (kActivation == Activation::kSoftmax) {
      probability = value * inverse;
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Real> sigmoid(value);
      probability = sigmoid.value;
      // Weights are apart for the part of the target and the part of smoothing: t' w = t weight + even.
      const Reals smoothed = work.smooth ? target * static_cast<Real>(1 - work.problem.label_smoothing) +
                                               static_cast<Real>(work.problem.label_smoothing / 2)
                                         : target;
      loss += (work.weight[k] + 2 * work.even[k]) * sigmoid.cross_entropy(smoothed);
    }
    probability = counted ? probability : Reals{};
    add(work.sum(kIntersection, k), probability * target);
    add(work.sum(kPrediction, k), probability);
    add(work.sum(kSquared, k), probability * probability);
    add(work.sum(kTarget, k), target);
    add(work.sum(kTargetSquared, k), target * target);
    add(work.sum(kDifference, k), magnitude(probability - target));
  }
  add(work.loss, counted ? loss : Reals{});
}

template <Activation kActivation, bool kLabels, class Real>
ALWAYS_INLINE void differentiate_general(const Work<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  const auto code = codes_at(work, at);
  const auto by_probability = [&](int64_t k, Reals probability, Reals target) {
    return work.a[k] * target + work.b[k] + work.c[k] * probability + work.d[k] * sign_of(probability - target);
  };
  Reals base{};
  if constexpr (kActivation == Activation::kSoftmax) {
    const Reals top = load(work.largest + at);
    Reals total{};
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals power = exp_of(load(plane) - top);
      store(plane, power);
      total += power;
    }
    const Reals inverse = 1 / total;
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals probability = load(plane) * inverse;
      const Reals target = target_at<kLabels>(work, k, at, code);
      store(plane, probability);
      base += work.weight[k] * target + work.even[k] - probability * by_probability(k, probability, target);
    }
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    const Reals value = load(plane);
    const Reals target = target_at<kLabels>(work, k, at, code);
    if constexpr (kActivation == Activation::kSoftmax) {
      const Reals weight = work.weight[k] * target + work.even[k];
      store(plane, value * (base + by_probability(k, value, target)) - weight);
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Real> sigmoid(value);
      const Reals slope = sigmoid.value * sigmoid.rest * by_probability(k, sigmoid.value, target);
      const Real weight = work.weight[k] + 2 * work.even[k];
      store(plane, slope + (weight * sigmoid.value - (work.weight[k] * target + work.even[k])));
    } else {
      store(plane, by_probability(k, value, target));
    }
  }
}

template <Activation kActivation, class Real>
void add_general_block(const Work<Real>& work, int64_t n) {
  for (int64_t i = 0; i < n; i += Work<Real>::kLanes) {
    work.labels ? add_general<kActivation, true>(work, i) : add_general<kActivation, false>(work, i);
  }
}

template <Activation kActivation, class Real>
void differentiate_general_block(const Work<Real>& work, int64_t n) {
  for (int64_t i = 0; i < n; i += Work<Real>::kLanes) {
    work.labels ? differentiate_general<kActivation, true>(work, i)
                : differentiate_general<kActivation, false>(work, i);
  }
}

template <class Real>
void add_block(const Work<Real>& work, int64_t n) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  switch (work.problem.activation) {
    case Activation::kSigmoid:
      return add_general_block<Activation::kSigmoid>(work, n);
    case Activation::kNone:
      return add_general_block<Activation::kNone>(work, n);
    default:
      break;
  }
  if (!work.labels) {
    return add_general_block<Activation::kSoftmax>(work, n);
  }
  int64_t i = 0;
  for (; i + kSumVectors * kLanes <= n; i += kSumVectors * kLanes) {
    add_softmax_labels<kSumVectors>(work, i);
  }
  for (; i < n; i += kLanes) {
    add_softmax_labels<1>(work, i);
  }
}

template <bool kSquares, class Real>
void differentiate_softmax_block(const Work<Real>& work, int64_t n, Real* out, int64_t out_plane) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  int64_t i = 0;
  for (; i + kSumVectors * kLanes <= n; i += kSumVectors * kLanes) {
    differentiate_softmax_labels<kSumVectors, kSquares>(work, i, out + i, out_plane);
  }
  for (; i < n; i += kLanes) {
    differentiate_softmax_labels<1, kSquares>(work, i, out + i, out_plane);
  }
}

// Adds up the vectors of sums in double and clears them.
template <class Real>
double folded(Real* sum) {
  double all = 0.0;
  for (int k = 0; k < Vectors<Real>::kLanes; ++k) {
    all += static_cast<double>(sum[k]);
    sum[k] = 0;
  }
  return all;
}

template <class Real>
void fold(const Work<Real>& work, OverlapOutput& output) {
  for (int64_t i = 0; i < kOverlapRows * work.classes; ++i) {
    output.sums[i] += folded(work.sums + i * Vectors<Real>::kLanes);
  }
  output.cross_entropy += folded(work.loss);
}

template <class Real>
void overlap_forward_of(const OverlapChunk& chunk, OverlapOutput& output) {
  Work<Real> work(chunk);
  const int64_t classes = work.classes;
  work.set_weights(1.0);
  memset(work.sums, 0, static_cast<size_t>(kOverlapRows * classes * Work<Real>::kLanes) * sizeof(Real));
  memset(work.loss, 0, Work<Real>::kLanes * sizeof(Real));
  memset(output.sums, 0, static_cast<size_t>(kOverlapRows * classes) * sizeof(double));
  output.cross_entropy = 0.0;
  output.count = output.invalid = 0;
  int64_t unfolded = 0;
  for (int64_t begin = chunk.begin; begin < chunk.end; begin += work.plane) {
    const int64_t n = chunk.end - begin < work.plane ? chunk.end - begin : work.plane;
    const Counted found = read_codes(work, chunk.sample, begin, n);
    output.count += found.count;
    output.invalid += found.invalid;
    if (found.count == 0) {
      continue;
    }
    if (!work.labels) {
      read_target(work, chunk.sample, begin, n);
    }
    read_input(work, chunk.sample, begin, n);
    if (found.count < n) {
      clear_uncounted(work, work.probabilities, n);
      if (!work.labels) {
        clear_uncounted(work, work.soft, n);
      }
      for (int64_t i = 0; i < n; ++i) {
        work.largest[i] = work.codes[i] < static_cast<uint32_t>(classes) ? work.largest[i] : Real{0};
      }
    }
    add_block(work, n);
    unfolded += work.plane;
    if (unfolded >= kFold) {
      fold(work, output);
      unfolded = 0;
    }
  }
  fold(work, output);
  if (work.labels) {
    double* const sums = output.sums;
    for (int64_t k = 0; k < classes; ++k) {
      sums[kTargetSquared * classes + k] = sums[kTarget * classes + k];
      if (chunk.problem.activation == Activation::kSoftmax) {
        sums[kDifference * classes + k] =
            sums[kPrediction * classes + k] + sums[kTarget * classes + k] - 2.0 * sums[kIntersection * classes + k];
      }
    }
  }
}

template <class Real>
void overlap_backward_of(const OverlapChunk& chunk, const OverlapGradient& gradient) {
  Work<Real> work(chunk);
  const int64_t classes = work.classes;
  work.set_weights(gradient.cross_entropy);
  work.set_coefficients(gradient.sums);
  bool squares = false;
  for (int64_t k = 0; k < classes; ++k) {
    squares |= work.c[k] != 0;
  }
  for (int64_t begin = chunk.begin; begin < chunk.end; begin += work.plane) {
    const int64_t n = chunk.end - begin < work.plane ? chunk.end - begin : work.plane;
    const Counted found = read_codes(work, chunk.sample, begin, n);
    if (found.count == 0) {
      memset(work.probabilities, 0, static_cast<size_t>(classes * work.plane) * sizeof(Real));
      write_gradient(work, gradient, chunk.sample, begin, n);
      continue;
    }
    if (!work.labels) {
      read_target(work, chunk.sample, begin, n);
    }
    read_input(work, chunk.sample, begin, n);
    switch (chunk.problem.activation) {
      case Activation::kSigmoid:
        differentiate_general_block<Activation::kSigmoid>(work, n);
        break;
      case Activation::kNone:
        differentiate_general_block<Activation::kNone>(work, n);
        break;
      default:
        if (!work.labels) {
          differentiate_general_block<Activation::kSoftmax>(work, n);
        } else if (squares) {
          differentiate_softmax_block<true>(work, n, work.probabilities, work.plane);
        } else {
          differentiate_softmax_block<false>(work, n, work.probabilities, work.plane);
        }
    }
    if (found.count < n) {
      clear_uncounted(work, work.probabilities, n);
    }
    write_gradient(work, gradient, chunk.sample, begin, n);
  }
}

void overlap_forward(const OverlapChunk& chunk, OverlapOutput& output) {
  chunk.problem.input.element == Element::kDouble ? overlap_forward_of<double>(chunk, output)
                                                  : overlap_forward_of<float>(chunk, output);
}

void overlap_backward(const OverlapChunk& chunk, const OverlapGradient& gradient) {
  chunk.problem.input.element == Element::kDouble ? overlap_backward_of<double>(chunk, gradient)
                                                  : overlap_backward_of<float>(chunk, gradient);
}
