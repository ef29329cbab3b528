// Labels that are not classes yet: counted as they are, mapped on the counts.
//
// Raw labels such as the 34 ids of Cityscapes are counted by the op like any other labels, and rows and columns of that
// matrix are added up: no pass over the pixels, and no order in which one entry of a map could undo another. Only
// labels that no matrix of reasonable size holds (negative or large ids that mean a class) are rewritten pixel by
// pixel.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torchtally/detail/counting.h>

namespace torchtally::detail {

// From values of labels to classes, negative for values to ignore.
using Codes = std::map<int64_t, int64_t>;

inline constexpr int64_t kRows = 64;  // so many rows of a matrix cost less than a second value to ignore
inline constexpr int64_t kIds = 256;  // a matrix of raw labels has at most so many, or as many as classes

inline Codes identity(int64_t classes) {
  Codes codes;
  for (int64_t c = 0; c < classes; ++c) {
    codes.emplace_hint(codes.end(), c, c);
  }
  return codes;
}

inline std::optional<Codes> checked_map(const std::string& op, const char* name, const std::optional<LabelMap>& given,
                                        int64_t classes) {
  if (!given.has_value()) {
    return std::nullopt;
  }
  TORCH_CHECK_VALUE(!given->empty(), op, ": ", name, " must name at least one label, got none");
  Codes codes;
  for (const auto& [label, named] : *given) {
    TORCH_CHECK_VALUE(!named.has_value() || (*named >= 0 && *named < classes), op, ": ", name,
                      " must map to classes in [0, ", classes, ") or None, got ", *named);
    codes[label] = named.value_or(-1);
  }
  return codes;
}

// What the values of target and preds mean; nothing where they are classes already.
struct LabelMaps {
  std::optional<Codes> target;
  std::optional<Codes> preds;
  int64_t num_classes;  // C, of the classes mapped to

  static std::optional<LabelMaps> checked(const Counting& counting, const std::optional<LabelMap>& label_map,
                                          const std::optional<LabelMap>& preds_map) {
    if (!label_map.has_value() && !preds_map.has_value()) {
      return std::nullopt;
    }
    TORCH_CHECK_VALUE(!preds_map.has_value() || !counting.multilabel(), counting.op,
                      ": preds_map does not apply to task='multilabel', whose predictions are scores or 0 and 1");
    const int64_t classes = counting.op_classes();
    return LabelMaps{checked_map(counting.op, "label_map", label_map, classes),
                     checked_map(counting.op, "preds_map", preds_map, classes), classes};
  }

  // The classes that have labels, of which all are ignored.
  std::vector<int64_t> ignored_classes(const std::vector<int64_t>& ignore_index) const {
    if (!target.has_value()) {
      return ignore_index;
    }
    std::map<int64_t, bool> counted;  // of every class that is named
    for (const auto& [label, code] : *target) {
      if (code >= 0) {
        counted[code] = counted[code] || !contains(ignore_index, label);
      }
    }
    std::vector<int64_t> ignored;
    for (const auto& [code, any] : counted) {
      if (!any) {
        ignored.push_back(code);
      }
    }
    return ignored;
  }
};

// The class of each label, int32: for labels that no matrix could hold.
inline at::Tensor rewritten(const at::Tensor& labels, const Codes& named, int64_t unknown, int64_t ignored = -1) {
  std::vector<int64_t> values;
  std::vector<int32_t> codes;
  for (const auto& [value, code] : named) {
    // In uint64 a negative value would be another label.
    if (labels.scalar_type() != at::kUInt64 || value >= 0) {
      values.push_back(value);
      codes.push_back(static_cast<int32_t>(code < 0 ? ignored : code));
    }
  }
  if (values.empty()) {
    return at::full_like(labels, unknown, at::kInt);
  }
  const at::Tensor known = tensor_of(values, labels.device());
  const at::Tensor code = tensor_of(codes, labels.device());
  const at::Tensor wide = labels.to(at::kLong);
  const at::Tensor place = at::searchsorted(known, wide).clamp_max(static_cast<int64_t>(values.size()) - 1);
  return at::where(known.take(place) == wide, code.take(place), unknown);
}

// Adds rows and columns up to classes: [..., K, K] to [..., C + 1, C + 1], whose last class is "other". What is ignored
// is left out.
inline at::Tensor folded(at::Tensor matrix, const Codes& rows, const Codes& columns, int64_t classes) {
  for (const auto& [dim, named] : {std::pair{int64_t{-2}, &rows}, std::pair{int64_t{-1}, &columns}}) {
    const int64_t size = matrix.size(dim);
    std::vector<int64_t> place;
    for (int64_t value = 0; value < size - 1; ++value) {
      const auto found = named->find(value);
      const int64_t code = found == named->end() ? classes : found->second;
      place.push_back(code < 0 ? classes + 1 : code);
    }
    place.push_back(classes);
    std::vector<int64_t> shape = matrix.sizes().vec();
    shape[static_cast<size_t>(matrix.dim() + dim)] = classes + 2;
    matrix = matrix.new_zeros(shape).index_add(dim, tensor_of(place, matrix.device()), matrix);
  }
  return matrix.slice(-2, 0, classes + 1).slice(-1, 0, classes + 1);
}

// A batch as the op counts it, and what its rows and columns then mean.
struct MappedPixels {
  at::Tensor preds;
  at::Tensor target;
  int64_t op_classes = 0;
  std::vector<int64_t> ignored;  // values of target that the op ignores
  Codes rows;
  Codes columns;
  int64_t num_classes = 0;  // of the classes mapped to

  // Prepares a batch, whose tensors are checked.
  MappedPixels(const Counting& counting, const LabelMaps& maps, const at::Tensor& given_preds,
               const at::Tensor& given_target, const std::optional<at::Tensor>& mask, bool per_sample)
      : num_classes(maps.num_classes) {
    int64_t planes = num_classes;
    const bool mapped_scores = maps.preds.has_value() && counting.task == Task::kMulticlass && given_preds.defined() &&
                               given_preds.is_floating_point() && given_preds.dim() > 1;
    if (mapped_scores) {
      planes = given_preds.size(1);
    }
    Counting checking = counting;
    if (planes != num_classes) {
      checking = Counting{counting.op, planes};
    }
    preds = checking.op_inputs(given_preds, given_target, mask, per_sample);
    if (planes < num_classes) {  // the op counts as many classes as there are planes
      preds = preds.argmax(1);
    }
    const bool labels = !preds.is_floating_point() && !counting.multilabel();
    const int64_t ids = labels ? std::max(kIds, num_classes) : planes;

    read_target(counting, maps, given_target, ids);
    columns = maps.preds.has_value() ? *maps.preds : identity(num_classes);
    const auto beyond_ids = [&](const auto& entry) { return entry.first < 0 || entry.first >= ids; };
    if (labels && std::any_of(columns.begin(), columns.end(), beyond_ids)) {
      preds = rewritten(preds, columns, num_classes, num_classes + 1);
      columns = identity(num_classes);
      columns[num_classes + 1] = -1;
    }
    op_classes = planes;
    if (labels) {
      const int64_t last_row = rows.empty() ? 1 : rows.rbegin()->first;
      const int64_t last_column = columns.empty() ? 1 : columns.rbegin()->first;
      op_classes = std::max({last_row, last_column, int64_t{1}}) + 1;
    }
  }

  // The matrix [..., C + 1, C + 1] of a batch.
  at::Tensor counted(const Counting& counting, const std::optional<at::Tensor>& mask, bool per_sample) const {
    CallOptions options = counting.call_options(per_sample);
    options.ignore_index = ignored;
    options.other = true;
    const at::Tensor raw = std::get<0>(count(Counted::kMatrix, preds, target, op_classes, mask, options));
    return folded(raw, rows, columns, num_classes);
  }

 private:
  // A target whose classes are labels in [0, ids), their map, and the ignored. The target is the one given wherever the
  // op can count it so; values that mean nothing are then rows that are left out, or ignored by the op.
  void read_target(const Counting& counting, const LabelMaps& maps, const at::Tensor& given, int64_t ids) {
    if (!maps.target.has_value()) {
      target = given;
      rows = identity(num_classes);
      ignored = counting.ignore_index;
      return;
    }
    Codes named = *maps.target;
    for (const int64_t value : counting.ignore_index) {
      named[value] = -1;
    }
    bool near = true;
    int64_t last_meant = 0;
    for (const auto& [value, code] : named) {
      if (code >= 0) {
        near = near && value >= 0 && value < ids;
        last_meant = std::max(last_meant, value);
      }
    }
    // Values to ignore are rows too where few rows hold them: the op compares each pixel with each value that it
    // ignores, and a row costs no pixel anything.
    const int64_t end = std::min(ids, std::max(kRows, near ? last_meant + 1 : ids));
    for (const auto& [value, code] : named) {
      if (value >= 0 && value < end) {
        rows[value] = code;
      } else {
        ignored.push_back(value);
      }
    }
    if (near && ignored.size() <= kMaxIgnore && !counting.multilabel()) {
      target = given;
      return;
    }
    target = rewritten(given, named, num_classes);
    rows = identity(num_classes);
    ignored = {-1};
  }
};

// The matrix with the row and column "other" only where it is asked for.
inline at::Tensor without_other(const Counting& counting, const at::Tensor& matrix) {
  return counting.other() ? matrix : matrix.slice(-2, 0, -1).slice(-1, 0, -1);
}

// How many pairs of a matrix with "other" hold a label that no map names.
inline at::Tensor unknown_pairs(const at::Tensor& matrix) {
  return matrix.sum({-2, -1}) - matrix.slice(-2, 0, -1).slice(-1, 0, -1).sum({-2, -1});
}

inline std::string unknown_message(const Counting& counting, int64_t unknown, const std::string& examples = "") {
  return counting.op + ": labels must be named by label_map and preds_map, but " + std::to_string(unknown) +
         " pair(s) hold another label" + examples + ". Map it to None, or pass out_of_range='ignore' or 'miss'";
}

// Throws if a pair has a label that no map names. Reads one number back from the device.
inline void raise_unknown(const Counting& counting, const LabelMaps& maps, const at::Tensor& matrix,
                          const at::Tensor& preds, const at::Tensor& target) {
  const int64_t bad = unknown_pairs(matrix).sum().item<int64_t>();
  if (bad == 0) {
    return;
  }
  std::string examples;
  const auto add = [&](const char* name, const at::Tensor& labels, const std::optional<Codes>& named,
                       const std::vector<int64_t>& more) {
    if (labels.is_floating_point()) {
      return;
    }
    std::vector<int64_t> others;
    for (const int64_t value : distinct(labels)) {
      const bool known = named.has_value() ? named->count(value) > 0 : value >= 0 && value < maps.num_classes;
      if (!known && !contains(more, value)) {
        others.push_back(value);
      }
    }
    if (!others.empty()) {
      examples +=
          (examples.empty() ? "" : "; ") + std::string(name) + " has " + first_labels(others, labels.scalar_type());
    }
  };
  add("target", target, maps.target, counting.ignore_index);
  add("preds", preds, maps.preds, {});
  TORCH_CHECK_VALUE(false, unknown_message(counting, bad, " (" + examples + ")"));
}

}  // namespace torchtally::detail
