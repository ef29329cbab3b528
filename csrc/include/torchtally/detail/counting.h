// The arguments of every counting op: their rules, their errors, the op's form.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_unique2.h>
#include <ATen/ops/ones_like.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torchtally/detail/class_counts.h>
#include <torchtally/detail/ops.h>
#include <torchtally/detail/text.h>
#include <torchtally/options.h>

namespace torchtally::detail {

// Limits of the compiled ops (csrc/common/counting_problem.h).
inline constexpr int64_t kMaxClasses = std::numeric_limits<int32_t>::max() - 2;
inline constexpr int64_t kMaxDims = 16;
inline constexpr size_t kMaxIgnore = 64;

// What to do about a label out of range.
inline constexpr const char* kRemedy = "Name it in ignore_index, or pass out_of_range='ignore' or 'miss'";

inline bool is_label(at::ScalarType type) {
  switch (type) {
    case at::kBool:
    case at::kByte:
    case at::kUInt16:
    case at::kUInt32:
    case at::kUInt64:
    case at::kChar:
    case at::kShort:
    case at::kInt:
    case at::kLong:
      return true;
    default:
      return false;
  }
}

inline bool is_score(at::ScalarType type) {
  return type == at::kHalf || type == at::kBFloat16 || type == at::kFloat || type == at::kDouble;
}

inline bool contains(const std::vector<int64_t>& values, int64_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Options of a counting op in the words of a user, checked once.
struct Counting {
  std::string op;           // name of the operation, for messages
  int64_t num_classes = 0;  // C, or the number of labels L of a multilabel task
  Task task = Task::kMulticlass;
  double threshold = 0.5;
  std::vector<int64_t> ignore_index = {};
  OutOfRange out_of_range = OutOfRange::kError;

  template <class Options>
  static Counting checked(std::string op, int64_t num_classes, const Options& options) {
    const Counting found{std::move(op),
                         num_classes,
                         options.task().value_or(Task::kMulticlass),
                         options.threshold().value_or(0.5),
                         options.ignore_index().value_or(std::vector<int64_t>{}),
                         options.out_of_range().value_or(OutOfRange::kError)};
    TORCH_CHECK_VALUE(num_classes >= 1 && num_classes <= kMaxClasses, found.op, ": num_classes must lie in [1, ",
                      kMaxClasses, "], got ", num_classes);
    TORCH_CHECK_VALUE(found.task != Task::kBinary || num_classes == 2, found.op,
                      ": num_classes must be 2 for task='binary', got ", num_classes);
    TORCH_CHECK_VALUE(found.ignore_index.size() <= kMaxIgnore, found.op, ": ignore_index must hold at most ",
                      kMaxIgnore, " values, got ", found.ignore_index.size());
    return found;
  }

  bool multilabel() const { return task == Task::kMultilabel; }

  bool other() const { return out_of_range == OutOfRange::kMiss; }

  // C as the compiled op takes it: 2 for every label of a multilabel task.
  int64_t op_classes() const { return multilabel() ? 2 : num_classes; }

  // K: C, and one more where labels out of range are counted as "other".
  int64_t output_classes() const { return op_classes() + (other() ? 1 : 0); }

  CallOptions call_options(bool per_sample) const {
    return {ignore_index, threshold, per_sample, multilabel(), other()};
  }

  // Checks the tensors; returns preds as the compiled op takes them.
  at::Tensor op_inputs(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask,
                       bool per_sample) const {
    const std::pair<const char*, const at::Tensor*> tensors[] = {
        {"preds", &preds}, {"target", &target}, {"mask", mask.has_value() ? &*mask : nullptr}};
    for (const auto& [name, tensor] : tensors) {
      TORCH_CHECK_TYPE(tensor == nullptr || tensor->defined(), op, ": ", name,
                       " must be a tensor, got an undefined one");
    }
    const at::ScalarType target_type = target.scalar_type();
    const at::ScalarType preds_type = preds.scalar_type();
    TORCH_CHECK_TYPE(is_label(target_type), op, ": target must be an integer or bool tensor, got ",
                     dtype_text(target_type));
    TORCH_CHECK_TYPE(is_score(preds_type) || is_label(preds_type), op,
                     ": preds must hold integer or bool labels, or float16, bfloat16, float32 or float64 scores, got ",
                     dtype_text(preds_type));
    if (mask.has_value()) {
      TORCH_CHECK_TYPE(mask->scalar_type() == at::kBool, op, ": mask must be a bool tensor, got ",
                       dtype_text(mask->scalar_type()));
      TORCH_CHECK_VALUE(mask->sizes() == target.sizes(), op, ": mask must have target's shape ", shape_text(target),
                        ", got ", shape_text(*mask));
    }
    const int64_t least = multilabel() ? 2 : per_sample ? 1 : 0;
    TORCH_CHECK_VALUE(target.dim() >= least, op, ": target must have at least ", least,
                      " dimension(s) here, got shape ", shape_text(target));
    TORCH_CHECK_VALUE(target.dim() <= kMaxDims, op, ": target must have at most ", kMaxDims, " dimensions, got ",
                      target.dim());
    if (task == Task::kMulticlass) {
      check_multiclass(preds, target);
      return preds;
    }
    const bool channel =
        task == Task::kBinary && preds.dim() == target.dim() + 1 && preds.dim() > 1 && preds.size(1) == 1;
    const at::Tensor squeezed = channel ? preds.squeeze(1) : preds;
    TORCH_CHECK_VALUE(squeezed.sizes() == target.sizes(), op, ": preds must have target's shape ", shape_text(target),
                      task == Task::kBinary ? " (or one channel in dimension 1)" : "", " for task=", quoted(task),
                      ", got ", shape_text(squeezed));
    TORCH_CHECK_VALUE(!multilabel() || target.size(1) == num_classes, op,
                      ": preds and target must be [N, L, ...] with L = num_classes = ", num_classes,
                      " for task='multilabel', got ", shape_text(target));
    return squeezed;
  }

  // Says that so many pairs have a label out of range.
  std::string invalid_message(int64_t invalid) const {
    return op + ": labels must lie in [0, " + std::to_string(op_classes()) + ") or equal ignore_index " +
           list_text(ignore_index) + ", but " + std::to_string(invalid) + " pair(s) hold another label";
  }

  // Throws if a pair has a label out of range, naming such a label. Reads one number back from the device.
  void raise_invalid(const at::Tensor& invalid, const at::Tensor& preds, const at::Tensor& target,
                     const std::optional<at::Tensor>& mask) const;

  // Counts a batch: (counts, invalid), with preds from op_inputs.
  at::Tensor count_checked(Counted counted, const at::Tensor& preds, const at::Tensor& target,
                           const std::optional<at::Tensor>& mask, bool per_sample, bool validate) const {
    const at::Tensor taken = op_inputs(preds, target, mask, per_sample);
    auto [counts, invalid] = count(counted, taken, target, op_classes(), mask, call_options(per_sample));
    if (out_of_range == OutOfRange::kError && validate) {
      raise_invalid(invalid, taken, target, mask);
    }
    return counts;
  }

 private:
  void check_multiclass(const at::Tensor& preds, const at::Tensor& target) const {
    if (!is_score(preds.scalar_type())) {
      TORCH_CHECK_VALUE(preds.sizes() == target.sizes(), op, ": integer preds must have target's shape ",
                        shape_text(target), ", got ", shape_text(preds));
      return;
    }
    TORCH_CHECK_VALUE(preds.dim() == target.dim() + 1 && target.dim() > 0, op,
                      ": floating preds are class scores [N, C, ...] for target [N, ...], got preds ",
                      shape_text(preds), " and target ", shape_text(target));
    TORCH_CHECK_VALUE(preds.size(1) == num_classes, op, ": preds must hold num_classes = ", num_classes,
                      " scores in dimension 1, got ", shape_text(preds));
    bool matches = preds.size(0) == target.size(0);
    for (int64_t d = 1; matches && d < target.dim(); ++d) {
      matches = preds.size(d + 1) == target.size(d);
    }
    TORCH_CHECK_VALUE(matches, op, ": preds [N, C, ...] must match target [N, ...] beside C, got preds ",
                      shape_text(preds), " and target ", shape_text(target));
  }
};

// The first of some int64 labels, each once and in order, as a label of the type means them.
inline std::string first_labels(const std::vector<int64_t>& labels, at::ScalarType type) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(labels.size(), 3); ++i) {
    text += i == 0 ? "" : ", ";
    text += type == at::kUInt64 ? std::to_string(static_cast<uint64_t>(labels[i])) : std::to_string(labels[i]);
  }
  return text;
}

// int64 numbers of a tensor, in order.
inline std::vector<int64_t> numbers_of(const at::Tensor& tensor) {
  const at::Tensor here = tensor.to(at::kCPU, at::kLong).contiguous();
  const int64_t* const data = here.const_data_ptr<int64_t>();
  return {data, data + here.numel()};
}

// The distinct values of labels, ascending as int64.
inline std::vector<int64_t> distinct(const at::Tensor& labels) {
  return numbers_of(std::get<0>(at::_unique2(labels.to(at::kLong))));
}

inline void Counting::raise_invalid(const at::Tensor& invalid, const at::Tensor& preds, const at::Tensor& target,
                                    const std::optional<at::Tensor>& mask) const {
  const int64_t bad = invalid.sum().item<int64_t>();
  if (bad == 0) {
    return;
  }
  at::Tensor counted = mask.has_value() ? *mask : at::ones_like(target, at::kBool);
  for (const int64_t value : ignore_index) {
    if (target.scalar_type() != at::kUInt64 || value >= 0) {  // there a negative value would be another label
      counted = counted & (target.to(at::kLong) != value);
    }
  }
  std::string examples;
  for (const auto& [name, labels] : {std::pair{"target", &target}, std::pair{"preds", &preds}}) {
    if (is_score(labels->scalar_type())) {
      continue;
    }
    const at::Tensor wide = labels->to(at::kLong);
    const auto out = distinct(wide.masked_select(counted & ((wide < 0) | (wide >= op_classes()))));
    if (!out.empty()) {
      examples +=
          (examples.empty() ? "" : "; ") + std::string(name) + " has " + first_labels(out, labels->scalar_type());
    }
  }
  TORCH_CHECK_VALUE(false, invalid_message(bad), " (", examples, "). ", kRemedy);
}

inline bool is_one_of(const char* name, std::initializer_list<const char*> names) {
  for (const char* each : names) {
    if (std::strcmp(name, each) == 0) {
      return true;
    }
  }
  return false;
}

// Throws for the first option that is set and not known.
template <class Options, class Known>
void refuse_unknown(const std::string& op, const Options& options, Known&& known) {
  Options::each(
      [&](const char* name, const auto& field) {
        TORCH_CHECK_TYPE(!field.has_value() || known(name), op, ": unknown option '", name, "'");
      },
      options);
}

}  // namespace torchtally::detail
