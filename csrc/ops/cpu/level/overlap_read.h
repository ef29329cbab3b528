// Reads a block of overlap_sums into its workspace, whatever its dtypes and layouts, and writes its gradient. Included
// by level/kernels.cpp alone, inside its unnamed namespace (see labels.h).

// The pixels of a block that count, and those that are invalid.
struct PixelCounts {
  int64_t counted = 0;
  int64_t invalid = 0;
};

// Notes which labels a block holds; a bit each where they fit a word.
template <class Real>
void mark_present(const Workspace<Real>& work, int64_t n) {
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
PixelCounts read_codes(const Workspace<Real>& work, int64_t sample, int64_t begin, int64_t n) {
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
  for (int64_t i = n; i % Workspace<Real>::kLanes != 0; ++i) {
    work.codes[i] = out_of_range + 1;
  }
  PixelCounts found;
  for (int64_t i = 0; i < n; ++i) {
    found.counted += work.codes[i] < out_of_range;
    found.invalid += work.codes[i] == out_of_range;
  }
  if (work.labels) {
    mark_present(work, n);
  }
  return found;
}

template <class Real>
void read_soft_target(const Workspace<Real>& work, int64_t sample, int64_t begin, int64_t n) {
  const OverlapOperand& from = work.problem.target;
  const int64_t offset = sample * from.sample_stride + begin * from.pixel_stride;
  // Reads elements that are computed in Real as the input is, and converts all others one at a time.
  const auto read = [&](auto stored) {
    using Stored = decltype(stored);
    if constexpr (std::is_same_v<RealOf<Stored>, Real>) {
      read_planes_of<Stored>(from, offset, work.classes, n, work.plane, work.soft_target, work.largest, work.stage);
    } else {
      convert_planes<Stored>(from, offset, work.classes, n, work.plane, work.soft_target);
    }
  };
  const auto convert = [&](auto stored) {
    convert_planes<decltype(stored)>(from, offset, work.classes, n, work.plane, work.soft_target);
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

// Calls body(stored) with a number as inputs that are computed in Real may be stored.
template <class Real, class Body>
void with_stored(Element element, const Body& body) {
  if constexpr (std::is_same_v<Real, double>) {
    body(double{});
  } else if (element == Element::kHalf) {
    body(Half{});
  } else if (element == Element::kBFloat16) {
    body(BFloat16{});
  } else {
    body(float{});
  }
}

template <class Real>
void read_input(const Workspace<Real>& work, int64_t sample, int64_t begin, int64_t n) {
  const OverlapOperand& from = work.problem.input;
  const int64_t offset = sample * from.sample_stride + begin * from.pixel_stride;
  with_stored<Real>(from.element, [&](auto stored) {
    read_planes_of<decltype(stored)>(from, offset, work.classes, n, work.plane, work.probabilities, work.largest,
                                     work.stage);
  });
}

template <class Real>
NEVER_INLINE void write_gradient(const Workspace<Real>& work, const OverlapGradient& gradient, int64_t sample,
                                 int64_t begin, int64_t n) {
  const OverlapOperand& to = gradient.input;
  const int64_t offset = sample * to.sample_stride + begin * to.pixel_stride;
  with_stored<Real>(to.element, [&](auto stored) {
    write_planes_of<decltype(stored)>(work.probabilities, work.plane, work.classes, n, to, gradient.data, offset,
                                      work.stage);
  });
}

// Sets the pixels that do not count to zero in all planes, so that no NaN among them spreads.
template <class Real>
void clear_uncounted(const Workspace<Real>& work, Real* planes, int64_t n) {
  using Reals = typename Vectors<Real>::Reals;
  for (int64_t i = 0; i < n; i += Workspace<Real>::kLanes) {
    const auto counted = is_counted(codes_at(work, i), work.classes);
    for (int64_t k = 0; k < work.classes; ++k) {
      Real* const at = planes + k * work.plane + i;
      store(at, counted ? load(at) : Reals{});
    }
  }
}
