// The memory in which a chunk of overlap_sums is computed, what its classes weigh, and vectors of its pixels. Included
// by level/kernels.cpp alone, inside its unnamed namespace (see labels.h).

// Planes are `plane` pixels long; a row of sums holds a vector for each class.
template <class Real>
struct Workspace {
  static constexpr int kLanes = Vectors<Real>::kLanes;

  const OverlapProblem& problem;
  const int64_t classes;
  const int64_t plane;
  const bool labels;
  const bool smooth;

  Real* probabilities;  // the input, then e^(x - largest) or whatever the activation needs; backward: the gradient
  Real* soft_target;    // where the target has a value for each class
  void* stage;          // a block as it is stored
  Real* largest;        // of the classes of each pixel
  uint32_t* codes;      // [0, C) a label, or 0 where the target is soft; C out of range, C + 1 left out
  uint8_t* present;     // which labels a block holds
  Real* sums;           // [kOverlapRows, classes, kLanes]
  Real* loss;           // [kLanes], cross-entropy
  // Of each class in the cross-entropy: of its target, and what label smoothing gives to every class.
  Real* weight;
  Real* smoothing;
  Real smoothing_sum = 0;
  // Of each class: GradientTerms.
  Real* slope;
  Real* constant;
  Real* linear;
  Real* sign;

  explicit Workspace(const OverlapChunk& chunk)
      : problem(chunk.problem),
        classes(chunk.problem.classes),
        plane(overlap_block(chunk.problem.classes, chunk.problem.input.element)),
        labels(chunk.problem.labels),
        smooth(chunk.problem.label_smoothing != 0.0),
        next_(static_cast<char*>(chunk.scratch)) {
    const int64_t block = classes * plane;
    probabilities = take<Real>(block);
    soft_target = take<Real>(labels ? 0 : block);
    stage = take<Real>(block);
    largest = take<Real>(plane);
    codes = take<uint32_t>(plane);
    present = take<uint8_t>(classes + 2);
    sums = take<Real>(kOverlapRows * classes * kLanes);
    loss = take<Real>(kLanes);
    weight = take<Real>(classes);
    smoothing = take<Real>(classes);
    slope = take<Real>(classes);
    constant = take<Real>(classes);
    linear = take<Real>(classes);
    sign = take<Real>(classes);
  }

  Real* sum(int64_t row, int64_t label) const { return sums + (row * classes + label) * kLanes; }

  // `upstream` is the gradient of the cross-entropy, 1 in a forward pass.
  void set_weights(double upstream) {
    double all = 0.0;
    for (int64_t k = 0; k < classes; ++k) {
      const double given = upstream * (problem.class_weight != nullptr ? problem.class_weight[k] : 1.0);
      weight[k] = static_cast<Real>(target_weight(problem) * given);
      smoothing[k] = static_cast<Real>(smoothing_weight(problem) * given);
      all += smoothing_weight(problem) * given;
    }
    smoothing_sum = static_cast<Real>(all);
  }

  // `upstream` is the gradient of the sums, [kOverlapRows, classes].
  void set_gradient_terms(const double* upstream) {
    const bool derived = derives_rows(problem);
    for (int64_t k = 0; k < classes; ++k) {
      const GradientTerms terms = gradient_terms(upstream, classes, k, derived);
      slope[k] = static_cast<Real>(terms.slope);
      constant[k] = static_cast<Real>(terms.constant);
      linear[k] = static_cast<Real>(terms.linear);
      sign[k] = static_cast<Real>(terms.sign);
    }
  }

 private:
  template <class T>
  T* take(int64_t count) {
    T* const taken = reinterpret_cast<T*>(next_);
    next_ += round_up(count * static_cast<int64_t>(sizeof(T)), 64);
    return taken;
  }

  char* next_;
};

// The codes of a vector of pixels, in integers as wide as Real.
template <class Real>
ALWAYS_INLINE typename Vectors<Real>::Integers codes_at(const Workspace<Real>& work, int64_t at) {
  typedef int32_t Codes __attribute__((vector_size(4 * Vectors<Real>::kLanes)));
  Codes codes;
  memcpy(&codes, work.codes + at, sizeof(codes));
  return __builtin_convertvector(codes, typename Vectors<Real>::Integers);
}

// Which pixels have label k, and which count.
template <class Integers>
ALWAYS_INLINE Integers has_label(Integers code, int64_t k) {
  return code == static_cast<decltype(code[0] + code[0])>(k);
}
template <class Integers>
ALWAYS_INLINE Integers is_counted(Integers code, int64_t classes) {
  return code < static_cast<decltype(code[0] + code[0])>(classes);
}

template <class Real>
ALWAYS_INLINE void accumulate(Real* sum, typename Vectors<Real>::Reals values) {
  store(sum, load(sum) + values);
}
