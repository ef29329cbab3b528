// Counting of pixels whose labels are classes: the options, what a task asks of shapes, labels out of range.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <torchtally/detail/class_counts.h>
#include <torchtally/detail/ops.h>
#include <torchtally/detail/text.h>
#include <torchtally/options.h>

namespace torchtally::detail {

// Limits of the compiled ops (csrc/common/counting_problem.h).
inline constexpr int64_t kMaxClasses = std::numeric_limits<int32_t>::max() - 2;
inline constexpr size_t kMaxIgnore = 64;

// What to do about a label out of range.
inline constexpr const char* kRemedy = "Name it in ignore_index, or pass out_of_range='ignore' or 'miss'";

// Adds "target has 7, 9" to examples, if there are labels.
inline void add_example(std::string& examples, const char* name, const std::vector<int64_t>& labels,
                        at::ScalarType type) {
  if (!labels.empty()) {
    examples += std::string(examples.empty() ? "" : "; ") + name + " has " + first_labels(labels, type);
  }
}

// Options of a counting op in the words of a user, checked once.
struct Counting {
  std::string op;           // name of the operation, for messages
  int64_t num_classes = 0;  // C, or the number of labels L of a multilabel task
  Task task = Task::kMulticlass;
  double threshold = 0.5;
  std::vector<int64_t> ignore_index = {};
  OutOfRange out_of_range = OutOfRange::kError;

  // Options have a value each.
  template <class Options>
  static Counting checked(std::string op, int64_t num_classes, const Options& options) {
    TORCH_CHECK_VALUE(num_classes >= 1 && num_classes <= kMaxClasses, op, ": num_classes must lie in [1, ", kMaxClasses,
                      "], got ", num_classes);
    TORCH_CHECK_VALUE(options.task() != Task::kBinary || num_classes == 2, op,
                      ": num_classes must be 2 for task='binary', got ", num_classes);
    TORCH_CHECK_VALUE(options.ignore_index()->size() <= kMaxIgnore, op, ": ignore_index must hold at most ", kMaxIgnore,
                      " values, got ", options.ignore_index()->size());
    return {std::move(op),          num_classes, *options.task(), *options.threshold(), *options.ignore_index(),
            *options.out_of_range()};
  }

  bool multilabel() const { return task == Task::kMultilabel; }
  bool other() const { return out_of_range == OutOfRange::kMiss; }

  // C as the op takes it: 2 for every label of a multilabel task.
  int64_t op_classes() const { return multilabel() ? 2 : num_classes; }

  // K: C, and one more where labels out of range are counted as "other".
  int64_t output_classes() const { return op_classes() + (other() ? 1 : 0); }

  // What the op is given. All that it does not check itself is what a task asks of shapes.
  CountCall call(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask,
                 bool per_sample) const {
    check_dense(op, "preds", preds);
    check_dense(op, "target", target);
    if (mask.has_value()) {
      check_dense(op, "mask", *mask);
    }
    check_device(op, "preds", preds, target);
    if (mask.has_value()) {
      check_device(op, "mask", *mask, target);
    }
    CountCall call{preds, target, mask, ignore_index, threshold, per_sample, multilabel(), other()};
    if (task == Task::kMulticlass) {
      TORCH_CHECK_VALUE(!preds.is_floating_point() || (preds.dim() == target.dim() + 1 && target.dim() > 0), op,
                        ": floating preds are class scores [N, C, ...] for target [N, ...], got preds ",
                        shape_text(preds), " and target ", shape_text(target));
      return call;
    }
    if (task == Task::kBinary && preds.dim() == target.dim() + 1 && preds.dim() > 1 && preds.size(1) == 1) {
      call.preds = preds.squeeze(1);
    }
    TORCH_CHECK_VALUE(call.preds.sizes() == target.sizes(), op, ": preds must have target's shape ", shape_text(target),
                      multilabel() ? "" : " (or one channel in dimension 1)", " for task=", text_of(task), ", got ",
                      shape_text(call.preds));
    TORCH_CHECK_VALUE(!multilabel() || target.dim() < 2 || target.size(1) == num_classes, op,
                      ": preds and target must be [N, L, ...] with L = num_classes = ", num_classes,
                      " for task='multilabel', got ", shape_text(target));
    return call;
  }

  // (counts, invalid) of a batch.
  std::tuple<at::Tensor, at::Tensor> count(Counted counted, const CountCall& call) const {
    return detail::count(op, counted, op_classes(), call);
  }

  // Asks the op for its rules about tensors that it is not given as they are, without a pass over their pixels: of no
  // samples, and of all only to throw in words that show their shapes.
  void check(const CountCall& call) const {
    const int64_t samples = call.target.dim() > 0 ? call.target.size(0) : -1;
    const auto has_samples = [&](const at::Tensor& tensor) { return tensor.dim() > 0 && tensor.size(0) == samples; };
    if (has_samples(call.preds) && (!call.mask.has_value() || has_samples(*call.mask))) {
      CountCall none = call;
      none.preds = call.preds.slice(0, 0, 0);
      none.target = call.target.slice(0, 0, 0);
      if (call.mask.has_value()) {
        none.mask = call.mask->slice(0, 0, 0);
      }
      try {
        count(Counted::kClasses, none);
        return;
      } catch (const c10::Error&) {  // thrown again below
      }
    }
    count(Counted::kClasses, call);
  }

  // Says that so many pairs have a label out of range.
  std::string invalid_message(int64_t invalid) const {
    return op + ": labels must lie in [0, " + std::to_string(op_classes()) + ") or equal ignore_index " +
           text_of(ignore_index) + ", but " + std::to_string(invalid) + " pair(s) hold another label";
  }

  // Throws if a pair has a label out of range, naming such a label. Reads one number back from the device.
  void raise_invalid(const at::Tensor& invalid, const CountCall& call) const {
    const int64_t bad = invalid.sum().item<int64_t>();
    if (bad == 0) {
      return;
    }
    const at::Tensor counted = counted_pixels(call.target, call.mask, ignore_index);
    std::string examples;
    for (const auto& [name, labels] : {std::pair{"target", &call.target}, std::pair{"preds", &call.preds}}) {
      if (!labels->is_floating_point()) {
        const at::Tensor wide = labels->to(at::kLong);
        const at::Tensor out = counted & ((wide < 0) | (wide >= op_classes()));
        add_example(examples, name, distinct(wide.masked_select(out)), labels->scalar_type());
      }
    }
    TORCH_CHECK_VALUE(false, invalid_message(bad), " (", examples, "). ", kRemedy);
  }
};

}  // namespace torchtally::detail
