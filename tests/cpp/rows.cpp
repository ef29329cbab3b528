#include "rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

#include "cases.h"
#include "common/error.h"

namespace torchtally::test {
namespace {

using cpu::ByteMeaning;
using cpu::ByteTable;
using cpu::Kernels;
using cpu::LabelRow;
using cpu::Prefetch;
using cpu::ScoreRow;

const std::vector<int64_t> kSizes = {0,  1,  2,   7,   8,   9,   15,  16,  17,  31,  32,  33,   63,
                                     64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 2047, 2048};

// A heap block without room to spare, unlike a vector's.
template <class C>
std::unique_ptr<C[]> block(int64_t n) {
  return std::make_unique<C[]>(static_cast<size_t>(n));
}

int64_t extent(int64_t n, int64_t stride) { return n == 0 ? 0 : (n - 1) * stride + 1; }

template <class C>
void check_labels(void (*read)(const LabelRow&, C*), Random& random, Element element, int64_t n, int64_t stride) {
  const int64_t num_classes = random.of<int64_t>(sizeof(C) == 1 ? std::vector<int64_t>{1, 2, 3, 19, 127, 128, 252, 253}
                                                                : std::vector<int64_t>{1, 2, 254, 255, 256, 70000});
  const bool is_signed = element != Element::kBool && random.one_in(2);
  const int64_t offset = random.between(0, 9);
  const Buffer labels = random_labels(random, element, offset + extent(n, stride), num_classes, random.between(1, 70));
  const int64_t mask_stride = random.between(0, 3);  // 0: no mask
  const Buffer mask = random_labels(random, Element::kBool, extent(n, mask_stride), 2, random.between(1, 3));
  uint64_t ignore[5];
  const int32_t num_ignore = random.of<int32_t>({0, 1, 2, 5});
  for (uint64_t& value : ignore) {
    value = random_ignored(random, element, num_classes);
  }
  const Code out_of_range = static_cast<Code>(num_classes);
  const LabelRow row{labels.data(offset),
                     element,
                     stride,
                     n,
                     last_class(element, is_signed, num_classes),
                     out_of_range,
                     ignore,
                     num_ignore,
                     mask_stride == 0 ? nullptr : static_cast<const uint8_t*>(mask.data()),
                     mask_stride};
  const auto codes = block<C>(n);
  read(row, codes.get());
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t raw = labels[offset + i * stride];
    const bool ignored =
        is_ignored(raw, element, ignore, num_ignore) || (mask_stride != 0 && mask[i * mask_stride] == 0);
    const Code wanted = ignored ? out_of_range + 1 : code_of(raw, element, is_signed, num_classes);
    TORCHTALLY_CHECK(codes[static_cast<size_t>(i)] == wanted, "read_labels: element ", static_cast<int>(element), " n ",
                     n, " stride ", stride, " classes ", num_classes, " pixel ", i, ": ",
                     +codes[static_cast<size_t>(i)], " instead of ", wanted);
  }
}

template <class C>
void check_scores(void (*read)(const ScoreRow&, C*), Random& random, Element element, int64_t n,
                  Prediction prediction) {
  const bool argmax = prediction == Prediction::kArgmax;
  const int64_t classes = argmax ? random.of<int64_t>({1, 2, 3, 4, 16, 17, 40}) : 1;
  const bool classes_last = random.one_in(2);
  const int64_t step = random.of<int64_t>({1, 1, 2, 3});
  const int64_t stride = classes_last ? step * classes : step;
  const int64_t class_stride = classes_last ? step : std::max<int64_t>(1, n * step);
  const int64_t offset = random.between(0, 9);
  const int64_t size = n == 0 ? 0 : (n - 1) * stride + (classes - 1) * class_stride + 1;
  const Buffer scores = random_scores(random, element, offset + size);
  const double threshold = size == 0 ? 0.5 : score_of(scores[offset + random.below(size)], element);
  const auto valid = random.of<ValidScores>({ValidScores::kAll, ValidScores::kNumbers, ValidScores::kProbabilities});
  const ScoreRow row{
      scores.data(offset), element, prediction, stride, n, class_stride, static_cast<Code>(argmax ? classes : 2),
      threshold,           valid};
  const auto codes = block<C>(n);
  read(row, codes.get());
  for (int64_t i = 0; i < n; ++i) {
    const auto score = [&](int64_t c) { return score_of(scores[offset + i * stride + c * class_stride], element); };
    Code wanted = score(0) > threshold ? 1 : 0;
    const bool in = valid == ValidScores::kProbabilities ? score(0) >= 0 && score(0) <= 1 : !std::isnan(score(0));
    wanted = valid == ValidScores::kAll || in ? wanted : 2;
    if (argmax) {
      wanted = 0;
      for (int64_t c = 1; c < classes; ++c) {
        const double best = score(wanted);
        wanted = score(c) > best || (std::isnan(score(c)) && !std::isnan(best)) ? static_cast<Code>(c) : wanted;
      }
    }
    TORCHTALLY_CHECK(codes[static_cast<size_t>(i)] == wanted, "read_scores: element ", static_cast<int>(element),
                     " argmax ", argmax, " valid ", static_cast<int>(valid), " n ", n, " stride ", stride,
                     " class stride ", class_stride, " classes ", classes, " pixel ", i, ": ",
                     +codes[static_cast<size_t>(i)], " instead of ", wanted);
  }
}

// Bytes up to `last` for n pixels, in runs, with one more in front when runs are looked for.
std::unique_ptr<uint8_t[]> random_codes(Random& random, int64_t n, int64_t last) {
  auto codes = block<uint8_t>(n);
  const int64_t run = random.of<int64_t>({1, 2, 5, 63, 64, 65, 500});
  for (int64_t i = 0; i < n; ++i) {
    const bool starts = i == 0 || i % run == 0;
    codes[static_cast<size_t>(i)] =
        starts ? static_cast<uint8_t>(random.between(0, last)) : codes[static_cast<size_t>(i - 1)];
  }
  return codes;
}

void check_histograms(const Kernels& kernels, Random& random, int64_t n, int64_t num_classes, int32_t copies) {
  const int64_t padded = (n + 63) / 64 * 64;
  const int32_t row = static_cast<int32_t>(num_classes + 1);
  const int64_t cells = (num_classes + 2) * row;
  // add_dense touches n codes; the other loops touch all of the last 64, and find_runs one in front.
  const auto targets = random_codes(random, padded + 1, num_classes + 1);
  const auto found = random_codes(random, padded + 1, num_classes);
  std::fill(targets.get() + 1 + n, targets.get() + 1 + padded, static_cast<uint8_t>(num_classes + 1));
  std::fill(found.get() + 1 + n, found.get() + 1 + padded, uint8_t{0});
  const uint8_t* const target = targets.get() + 1;
  const uint8_t* const preds = found.get() + 1;
  std::vector<uint32_t> wanted(static_cast<size_t>(cells), 0);
  for (int64_t i = 0; i < n; ++i) {
    ++wanted[static_cast<size_t>(target[i] * row + preds[i])];
  }

  const ByteMeaning codes(num_classes);
  const auto check_loop = [&](const char* name, const auto& add, const ByteMeaning& meaning) {
    const auto counts = block<uint32_t>(cells * copies);
    add(ByteTable{counts.get(), row, copies, cells, meaning});
    // The row of ignored targets is not told, as no one reads it.
    for (int64_t cell = 0; cell < (num_classes + 1) * row; ++cell) {
      uint32_t sum = 0;
      for (int32_t copy = 0; copy < copies; ++copy) {
        sum += counts[static_cast<size_t>(copy * cells + cell)];
      }
      TORCHTALLY_CHECK(sum == wanted[static_cast<size_t>(cell)], name, ": n ", n, " classes ", num_classes, " copies ",
                       copies, " cell ", cell, ": ", sum, " instead of ", wanted[static_cast<size_t>(cell)]);
    }
  };

  const auto dense_target = block<uint8_t>(n);
  const auto dense_preds = block<uint8_t>(n);
  std::copy(target, target + n, dense_target.get());
  std::copy(preds, preds + n, dense_preds.get());
  check_loop(
      "add_dense",
      [&](const ByteTable& table) { kernels.add_dense(dense_target.get(), dense_preds.get(), n, table, Prefetch{}); },
      codes);
  if (n == 0) {
    return;
  }
  const auto starts = block<uint64_t>(padded / 64);
  const int64_t runs = kernels.find_runs(target, preds, padded, starts.get());
  int64_t wanted_runs = 0;
  for (int64_t i = 0; i < padded; ++i) {
    const bool differs = target[i] != target[i - 1] || preds[i] != preds[i - 1];
    TORCHTALLY_CHECK((starts[static_cast<size_t>(i / 64)] >> i % 64 & 1) == differs, "find_runs: n ", n, " pixel ", i);
    wanted_runs += differs;
  }
  TORCHTALLY_CHECK(runs == wanted_runs, "find_runs: ", runs, " runs instead of ", wanted_runs);
  check_loop(
      "add_runs",
      [&](const ByteTable& table) { kernels.add_runs(target, preds, padded, starts.get(), table, Prefetch{}); }, codes);
  if (num_classes == 2) {
    check_loop("add_binary", [&](const ByteTable& table) { kernels.add_binary(target, preds, padded, table); }, codes);
    check_loop(
        "add_binary_labels",
        [&](const ByteTable& table) {
          // Code 3, ignored, is the label 200 here; 2 is out of range as it is.
          std::replace(dense_target.get(), dense_target.get() + n, uint8_t{3}, uint8_t{200});
          const uint64_t ignored = 200;
          const auto row_of = [&](const uint8_t* labels, int32_t ignores) {
            return LabelRow{labels, Element::kBits8, 1, n, 1, 2, &ignored, ignores, nullptr, 0};
          };
          kernels.add_binary_labels(row_of(dense_target.get(), 1), row_of(dense_preds.get(), 0), table);
        },
        codes);
  }
}

// The same loops on labels where they lie, which are any byte: out of range, negative, ignored.
void check_labels_in_place(const Kernels& kernels, Random& random, int64_t n, int64_t num_classes, int32_t copies) {
  const int64_t row = num_classes + 1;
  const int64_t cells = (num_classes + 2) * row;
  const bool is_signed = random.one_in(2);
  CountingProblem problem;
  problem.num_classes = num_classes;
  problem.target_last = last_class(Element::kBits8, is_signed, num_classes);
  problem.preds_last = last_class(Element::kBits8, random.one_in(2), num_classes);
  problem.num_ignore = random.of<int32_t>({0, 1});
  problem.ignore[0] = static_cast<uint64_t>(random.of<int64_t>({0, num_classes - 1, num_classes % 256, 127, 255}));
  const auto targets = random_codes(random, n + 1, random.of<int64_t>({num_classes, 255}));
  const auto found = random_codes(random, n + 1, random.of<int64_t>({num_classes, 255}));
  const uint8_t* const target = targets.get() + 1;
  const uint8_t* const preds = found.get() + 1;
  std::vector<uint32_t> wanted(static_cast<size_t>(cells), 0);
  for (int64_t i = 0; i < n; ++i) {
    const bool ignored = problem.num_ignore > 0 && target[i] == problem.ignore[0];
    const int64_t t = ignored ? num_classes + 1 : target[i] <= problem.target_last ? target[i] : num_classes;
    const int64_t p = preds[i] <= problem.preds_last ? preds[i] : num_classes;
    ++wanted[static_cast<size_t>(t * row + p)];
  }
  const ByteMeaning labels(problem);
  const auto check_loop = [&](const char* name, const auto& add) {
    const auto counts = block<uint32_t>(cells * copies);
    add(ByteTable{counts.get(), static_cast<int32_t>(row), copies, cells, labels});
    for (int64_t cell = 0; cell < cells; ++cell) {
      uint32_t sum = 0;
      for (int32_t copy = 0; copy < copies; ++copy) {
        sum += counts[static_cast<size_t>(copy * cells + cell)];
      }
      TORCHTALLY_CHECK(sum == wanted[static_cast<size_t>(cell)], name, " in place: n ", n, " classes ", num_classes,
                       " cell ", cell, ": ", sum, " instead of ", wanted[static_cast<size_t>(cell)]);
    }
  };
  check_loop("add_dense", [&](const ByteTable& table) { kernels.add_dense(target, preds, n, table, Prefetch{}); });
  if (n > 0 && n % 64 == 0) {
    const auto starts = block<uint64_t>(n / 64);
    kernels.find_runs(target, preds, n, starts.get());
    check_loop("add_runs",
               [&](const ByteTable& table) { kernels.add_runs(target, preds, n, starts.get(), table, Prefetch{}); });
  }
}

}  // namespace

void check_rows(const Kernels& kernels) {
  Random random(1);
  for (const int64_t n : kSizes) {
    for (const int64_t stride : {1, 1, 2, 5}) {
      for (const Element element : kLabelElements) {
        check_labels(kernels.read_labels8, random, element, n, stride);
        check_labels(kernels.read_labels32, random, element, n, stride);
      }
      for (const Element element : kScoreElements) {
        for (const Prediction prediction : {Prediction::kArgmax, Prediction::kThreshold}) {
          check_scores(kernels.read_scores8, random, element, n, prediction);
          check_scores(kernels.read_scores32, random, element, n, prediction);
        }
      }
    }
    for (const int64_t num_classes : {1, 2, 3, 40, 128, 253}) {
      for (const int32_t copies : {1, 2, 4}) {
        if (copies * (num_classes + 2) * (num_classes + 1) <= 1 << 16) {
          check_histograms(kernels, random, n, num_classes, copies);
          check_labels_in_place(kernels, random, n, num_classes, copies);
        }
      }
    }
    const auto bytes = random_codes(random, n, 255);
    const auto before = block<uint8_t>(n);
    std::copy(bytes.get(), bytes.get() + n, before.get());
    kernels.read_bytes(bytes.get(), n);
    TORCHTALLY_CHECK(std::equal(bytes.get(), bytes.get() + n, before.get()), "read_bytes wrote");
  }
}

}  // namespace torchtally::test
