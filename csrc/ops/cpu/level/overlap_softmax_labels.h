// Softmax and labels, the usual case of overlap_sums: what only concerns the label's class runs for the classes that a
// block holds. Included by level/kernels.cpp alone, inside its unnamed namespace (see labels.h).

constexpr int kSumVectors = kVectorBytes == 64 ? 4 : 2;  // of pixels whose exponentials are summed in registers

// Adds kVectors vectors of pixels from `at` on to the sums.
template <int kVectors, class Real>
ALWAYS_INLINE void softmax_labels_forward(const Workspace<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  using Integers = typename Vectors<Real>::Integers;
  constexpr int kLanes = Vectors<Real>::kLanes;
  Reals largest[kVectors], total[kVectors], label_logit[kVectors], weight[kVectors], smoothing_loss[kVectors];
  Integers code[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    largest[v] = load(work.largest + at + v * kLanes);
    code[v] = codes_at(work, at + v * kLanes);
    total[v] = label_logit[v] = weight[v] = smoothing_loss[v] = Reals{};
  }
  if (work.smooth) {
    for (int64_t k = 0; k < work.classes; ++k) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        smoothing_loss[v] +=
            work.smoothing[k] * (largest[v] - load(work.probabilities + k * work.plane + at + v * kLanes));
      }
    }
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    Reals shifted[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      shifted[v] = load(plane + v * kLanes) - largest[v];
      const Reals exponential = exp_of(shifted[v]);
      store(plane + v * kLanes, exponential);
      total[v] += exponential;
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers is_label = has_label(code[v], k);
        label_logit[v] = is_label ? shifted[v] : label_logit[v];
        weight[v] = is_label ? Reals{} + work.weight[k] : weight[v];
      }
    }
  }
  Reals inverse[kVectors];
  Reals loss{};
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    const Integers counted = is_counted(code[v], work.classes);
    const Reals log_total = log_of(total[v]);
    const Reals pixel_loss =
        weight[v] * (log_total - label_logit[v]) + (work.smoothing_sum * log_total + smoothing_loss[v]);
    loss += counted ? pixel_loss : Reals{};
    inverse[v] = counted ? 1 / total[v] : Reals{};
  }
  accumulate(work.loss, loss);
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
    accumulate(work.sum(kPrediction, k), sum);
    accumulate(work.sum(kSquared, k), squares);
    if (work.present[k]) {
      Reals intersection{}, targets{};
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers is_label = has_label(code[v], k);
        intersection += is_label ? probability[v] : Reals{};
        targets += is_label ? Reals{} + 1 : Reals{};
      }
      accumulate(work.sum(kIntersection, k), intersection);
      accumulate(work.sum(kTarget, k), targets);
    }
  }
}

// The gradient of the same takes the place of the input. kSquares: some `linear` is not zero.
template <int kVectors, bool kSquares, class Real>
ALWAYS_INLINE void softmax_labels_backward(const Workspace<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  using Integers = typename Vectors<Real>::Integers;
  constexpr int kLanes = Vectors<Real>::kLanes;
  Reals largest[kVectors], total[kVectors], linear[kVectors], squares[kVectors], weight[kVectors];
  Integers code[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    largest[v] = load(work.largest + at + v * kLanes);
    code[v] = codes_at(work, at + v * kLanes);
    total[v] = linear[v] = squares[v] = weight[v] = Reals{};
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    Reals exponential[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      exponential[v] = exp_of(load(plane + v * kLanes) - largest[v]);
      store(plane + v * kLanes, exponential[v]);
      total[v] += exponential[v];
      linear[v] += work.constant[k] * exponential[v];
      if constexpr (kSquares) {
        squares[v] += work.linear[k] * exponential[v] * exponential[v];
      }
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const Integers is_label = has_label(code[v], k);
        linear[v] += is_label ? work.slope[k] * exponential[v] : Reals{};
        weight[v] = is_label ? Reals{} + work.weight[k] : weight[v];
      }
    }
  }
  Reals inverse[kVectors], base[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    inverse[v] = 1 / total[v];
    base[v] = weight[v] + work.smoothing_sum - (linear[v] + squares[v] * inverse[v]) * inverse[v];
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    Reals gradient[kVectors], probability[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      probability[v] = load(plane + v * kLanes) * inverse[v];
      Reals by_probability = base[v] + work.constant[k];
      if constexpr (kSquares) {
        by_probability += work.linear[k] * probability[v];
      }
      gradient[v] = probability[v] * by_probability - work.smoothing[k];
    }
    if (work.present[k]) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        gradient[v] += has_label(code[v], k) ? work.slope[k] * probability[v] - work.weight[k] : Reals{};
      }
    }
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      store(plane + v * kLanes, gradient[v]);
    }
  }
}

template <class Real>
ALWAYS_INLINE void softmax_labels_forward_block(const Workspace<Real>& work, int64_t n) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  int64_t i = 0;
  for (; i + kSumVectors * kLanes <= n; i += kSumVectors * kLanes) {
    softmax_labels_forward<kSumVectors>(work, i);
  }
  for (; i < n; i += kLanes) {
    softmax_labels_forward<1>(work, i);
  }
}

template <bool kSquares, class Real>
void softmax_labels_backward_block(const Workspace<Real>& work, int64_t n) {
  constexpr int kLanes = Vectors<Real>::kLanes;
  int64_t i = 0;
  for (; i + kSumVectors * kLanes <= n; i += kSumVectors * kLanes) {
    softmax_labels_backward<kSumVectors, kSquares>(work, i);
  }
  for (; i < n; i += kLanes) {
    softmax_labels_backward<1, kSquares>(work, i);
  }
}
