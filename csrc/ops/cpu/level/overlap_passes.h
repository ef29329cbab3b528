// The forward and backward pass of overlap_sums over a chunk of pixels, which goes by in blocks: a block is read into
// planes in L1, and everything is computed there. Included by level/kernels.cpp alone, inside its unnamed namespace
// (see labels.h).

constexpr int64_t kFoldPixels = 2048;  // whose sums are vectors of Real before they are added to doubles

// GCC contracts products and sums within a basic block: the last bits of a result follow from what is inlined here.
template <class Real>
void forward_block(const Workspace<Real>& work, int64_t n) {
  switch (work.problem.activation) {
    case Activation::kSigmoid:
      return general_forward_block<Activation::kSigmoid>(work, n);
    case Activation::kNone:
      return general_forward_block<Activation::kNone>(work, n);
    default:
      return work.labels ? softmax_labels_forward_block(work, n) : general_forward_block<Activation::kSoftmax>(work, n);
  }
}

// squares: some class has a gradient of sum p^2. Inlined, because the workspace's pointers then stay in registers.
template <class Real>
ALWAYS_INLINE void backward_block(const Workspace<Real>& work, int64_t n, bool squares) {
  switch (work.problem.activation) {
    case Activation::kSigmoid:
      return general_backward_block<Activation::kSigmoid>(work, n);
    case Activation::kNone:
      return general_backward_block<Activation::kNone>(work, n);
    default:
      if (!work.labels) {
        return general_backward_block<Activation::kSoftmax>(work, n);
      }
      return squares ? softmax_labels_backward_block<true>(work, n) : softmax_labels_backward_block<false>(work, n);
  }
}

// Adds up a vector of sums in double and clears it.
template <class Real>
double sum_and_clear(Real* sum) {
  double all = 0.0;
  for (int k = 0; k < Vectors<Real>::kLanes; ++k) {
    all += static_cast<double>(sum[k]);
    sum[k] = 0;
  }
  return all;
}

template <class Real>
void fold_sums(const Workspace<Real>& work, OverlapOutput& output) {
  for (int64_t i = 0; i < kOverlapRows * work.classes; ++i) {
    output.sums[i] += sum_and_clear(work.sums + i * Vectors<Real>::kLanes);
  }
  output.cross_entropy += sum_and_clear(work.loss);
}

// The rows of labels that follow from the others.
void derive_rows(const OverlapProblem& problem, double* sums) {
  const int64_t classes = problem.classes;
  for (int64_t k = 0; problem.labels && k < classes; ++k) {
    sums[kTargetSquared * classes + k] = sums[kTarget * classes + k];
    if (derives_rows(problem)) {
      sums[kDifference * classes + k] = derived_difference(sums[kPrediction * classes + k], sums[kTarget * classes + k],
                                                           sums[kIntersection * classes + k]);
    }
  }
}

template <class Real>
void overlap_forward_of(const OverlapChunk& chunk, OverlapOutput& output) {
  Workspace<Real> work(chunk);
  const int64_t classes = work.classes;
  work.set_weights(1.0);
  memset(work.sums, 0, static_cast<size_t>(kOverlapRows * classes * Workspace<Real>::kLanes) * sizeof(Real));
  memset(work.loss, 0, Workspace<Real>::kLanes * sizeof(Real));
  memset(output.sums, 0, static_cast<size_t>(kOverlapRows * classes) * sizeof(double));
  output.cross_entropy = 0.0;
  output.count = output.invalid = 0;
  int64_t unfolded = 0;
  for (int64_t begin = chunk.begin; begin < chunk.end; begin += work.plane) {
    const int64_t n = chunk.end - begin < work.plane ? chunk.end - begin : work.plane;
    const PixelCounts found = read_codes(work, chunk.sample, begin, n);
    output.count += found.counted;
    output.invalid += found.invalid;
    if (found.counted == 0) {
      continue;
    }
    if (!work.labels) {
      read_soft_target(work, chunk.sample, begin, n);
    }
    read_input(work, chunk.sample, begin, n);
    if (found.counted < n) {
      clear_uncounted(work, work.probabilities, n);
      if (!work.labels) {
        clear_uncounted(work, work.soft_target, n);
      }
      for (int64_t i = 0; i < n; ++i) {
        work.largest[i] = work.codes[i] < static_cast<uint32_t>(classes) ? work.largest[i] : Real{0};
      }
    }
    forward_block(work, n);
    unfolded += work.plane;
    if (unfolded >= kFoldPixels) {
      fold_sums(work, output);
      unfolded = 0;
    }
  }
  fold_sums(work, output);
  derive_rows(chunk.problem, output.sums);
}

template <class Real>
void overlap_backward_of(const OverlapChunk& chunk, const OverlapGradient& gradient) {
  Workspace<Real> work(chunk);
  const int64_t classes = work.classes;
  work.set_weights(gradient.cross_entropy);
  work.set_gradient_terms(gradient.sums);
  bool squares = false;
  for (int64_t k = 0; k < classes; ++k) {
    squares |= work.linear[k] != 0;
  }
  for (int64_t begin = chunk.begin; begin < chunk.end; begin += work.plane) {
    const int64_t n = chunk.end - begin < work.plane ? chunk.end - begin : work.plane;
    const PixelCounts found = read_codes(work, chunk.sample, begin, n);
    if (found.counted == 0) {
      memset(work.probabilities, 0, static_cast<size_t>(classes * work.plane) * sizeof(Real));
      write_gradient(work, gradient, chunk.sample, begin, n);
      continue;
    }
    if (!work.labels) {
      read_soft_target(work, chunk.sample, begin, n);
    }
    read_input(work, chunk.sample, begin, n);
    backward_block(work, n, squares);
    if (found.counted < n) {
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
