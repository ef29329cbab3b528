// Every activation and target of overlap_sums, a vector of pixels at a time. Included by level/kernels.cpp alone,
// inside its unnamed namespace (see labels.h).

// The target of a class for a vector of pixels.
template <bool kLabels, class Real>
ALWAYS_INLINE typename Vectors<Real>::Reals target_at(const Workspace<Real>& work, int64_t k, int64_t at,
                                                      typename Vectors<Real>::Integers code) {
  using Reals = typename Vectors<Real>::Reals;
  if constexpr (kLabels) {
    return has_label(code, k) ? Reals{} + 1 : Reals{};
  } else {
    return load(work.soft_target + k * work.plane + at);
  }
}

template <class Reals>
ALWAYS_INLINE Sigmoid<Reals> sigmoid_of(Reals x) {
  return {x, exp_of(-magnitude(x))};
}

// Adds a vector of pixels to the sums.
template <Activation kActivation, bool kLabels, class Real>
ALWAYS_INLINE void general_forward(const Workspace<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  const auto code = codes_at(work, at);
  const auto counted = is_counted(code, work.classes);
  Reals inverse{}, loss{};
  if constexpr (kActivation == Activation::kSoftmax) {
    const Reals largest = load(work.largest + at);
    Reals total{}, weights{}, weighted_logits{};
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals shifted = load(plane) - largest;
      const Reals exponential = exp_of(shifted);
      store(plane, exponential);
      total += exponential;
      const Reals weight = work.weight[k] * target_at<kLabels>(work, k, at, code) + work.smoothing[k];
      weights += weight;
      weighted_logits += scaled(weight, shifted);
    }
    inverse = 1 / total;
    loss = weights * log_of(total) - weighted_logits;
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    const Reals value = load(work.probabilities + k * work.plane + at);
    const Reals target = target_at<kLabels>(work, k, at, code);
    Reals probability = value;
    if constexpr (kActivation == Activation::kSoftmax) {
      probability = value * inverse;
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Reals> sigmoid = sigmoid_of(value);
      probability = sigmoid.value;
      // Weights are apart for the part of the target and the part of smoothing: t' w = t weight + smoothing.
      const Reals smoothed = work.smooth ? target * static_cast<Real>(1 - work.problem.label_smoothing) +
                                               static_cast<Real>(work.problem.label_smoothing / 2)
                                         : target;
      loss += (work.weight[k] + 2 * work.smoothing[k]) *
              sigmoid.cross_entropy(smoothed, log_of_one_and(sigmoid.exponential));
    }
    probability = counted ? probability : Reals{};
    accumulate(work.sum(kIntersection, k), probability * target);
    accumulate(work.sum(kPrediction, k), probability);
    accumulate(work.sum(kSquared, k), probability * probability);
    accumulate(work.sum(kTarget, k), target);
    accumulate(work.sum(kTargetSquared, k), target * target);
    accumulate(work.sum(kDifference, k), magnitude(probability - target));
  }
  accumulate(work.loss, counted ? loss : Reals{});
}

// The gradient takes the place of the input.
template <Activation kActivation, bool kLabels, class Real>
ALWAYS_INLINE void general_backward(const Workspace<Real>& work, int64_t at) {
  using Reals = typename Vectors<Real>::Reals;
  const auto code = codes_at(work, at);
  const auto by_probability = [&](int64_t k, Reals probability, Reals target) {
    return work.slope[k] * target + work.constant[k] + work.linear[k] * probability +
           work.sign[k] * sign_of(probability - target);
  };
  Reals base{};
  if constexpr (kActivation == Activation::kSoftmax) {
    const Reals largest = load(work.largest + at);
    Reals total{};
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals exponential = exp_of(load(plane) - largest);
      store(plane, exponential);
      total += exponential;
    }
    const Reals inverse = 1 / total;
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const plane = work.probabilities + k * work.plane + at;
      const Reals probability = load(plane) * inverse;
      const Reals target = target_at<kLabels>(work, k, at, code);
      store(plane, probability);
      base += work.weight[k] * target + work.smoothing[k] - probability * by_probability(k, probability, target);
    }
  }
  for (int64_t k = 0; k < work.classes; ++k) {
    Real* const plane = work.probabilities + k * work.plane + at;
    const Reals value = load(plane);
    const Reals target = target_at<kLabels>(work, k, at, code);
    if constexpr (kActivation == Activation::kSoftmax) {
      const Reals weight = work.weight[k] * target + work.smoothing[k];
      store(plane, value * (base + by_probability(k, value, target)) - weight);
    } else if constexpr (kActivation == Activation::kSigmoid) {
      const Sigmoid<Reals> sigmoid = sigmoid_of(value);
      const Reals gradient = sigmoid.value * sigmoid.complement * by_probability(k, sigmoid.value, target);
      const Real weight = work.weight[k] + 2 * work.smoothing[k];
      store(plane, gradient + (weight * sigmoid.value - (work.weight[k] * target + work.smoothing[k])));
    } else {
      store(plane, by_probability(k, value, target));
    }
  }
}

template <Activation kActivation, class Real>
void general_forward_block(const Workspace<Real>& work, int64_t n) {
  for (int64_t i = 0; i < n; i += Workspace<Real>::kLanes) {
    work.labels ? general_forward<kActivation, true>(work, i) : general_forward<kActivation, false>(work, i);
  }
}

template <Activation kActivation, class Real>
void general_backward_block(const Workspace<Real>& work, int64_t n) {
  for (int64_t i = 0; i < n; i += Workspace<Real>::kLanes) {
    work.labels ? general_backward<kActivation, true>(work, i) : general_backward<kActivation, false>(work, i);
  }
}
