// Counting of pixels whose labels are classes: the options, what a task asks of shapes, labels out of range.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
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

inline constexpr const char* kLeaveOut = "pass mask to leave out pixels that hold NaN";

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
  std::optional<std::vector<double>> threshold = std::nullopt;  // one, or one a label; none for probabilities, logits
  bool logits = false;
  std::vector<int64_t> ignore_index = {};
  OutOfRange out_of_range = OutOfRange::kError;

  // Options have a value each.
  template <class Options>
  static Counting checked(std::string op, int64_t num_classes, const Options& options) {
    TORCH_CHECK_VALUE(num_classes >= 1 && num_classes <= kMaxClasses, op, ": num_classes must lie in [1, ", kMaxClasses,
                      "], got ", num_classes);
    TORCH_CHECK_VALUE(options.task() != Task::kBinary || num_classes == 2, op,
                      ": num_classes must be 2 for task='binary', got ", num_classes);
    auto threshold = checked_threshold(op, num_classes, *options.task(), options.threshold(), *options.logits());
    TORCH_CHECK_VALUE(options.ignore_index()->size() <= kMaxIgnore, op, ": ignore_index must hold at most ", kMaxIgnore,
                      " values, got ", options.ignore_index()->size());
    return {std::move(op),          num_classes,       *options.task(),
            std::move(threshold),   *options.logits(), *options.ignore_index(),
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
    CountCall call{preds, target, mask, ignore_index, threshold, logits, per_sample, multilabel(), other()};
    const bool scores = preds.is_floating_point();
    const Shape full = preds.sizes().vec(), shape = target.sizes().vec();
    check_target_type(target);
    if (task == Task::kMulticlass) {
      TORCH_CHECK_VALUE(!scores || (full.size() == shape.size() + 1 && !shape.empty()), op,
                        ": floating preds are class scores [N, C, ...] for target [N, ...], got preds ",
                        shape_text(preds), " and target ", shape_text(target),
                        full == shape ? one_hot_remedy("target", shape, without_classes(full), num_classes)
                                      : channel_remedy("target", shape, without_classes(full)));
      if (!scores && target.is_cpu()) {
        look_for_one_hot(preds, target);
      }
      return call;
    }
    TORCH_CHECK_VALUE(scores || (!logits && !threshold.has_value()), op, ": ", logits ? "logits" : "threshold",
                      " has no effect on preds of ", text_of(preds.scalar_type()), ", which are labels; leave it out");
    check_cut(preds, target);
    if (preds.dim() > target.dim()) {
      call.preds = preds.squeeze(1);
    }
    if (target.is_floating_point()) {
      call.target = labels_of(target);
    }
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

  // Refuses a pair of integers [N, C, ...] that is one-hot, which reads as labels 0 and 1. Of few pixels, which may be
  // so by chance, nothing is said. Waits for the device.
  void look_for_one_hot(const at::Tensor& preds, const at::Tensor& target) const {
    const int64_t least = num_classes == 2 ? 16 : 4;  // pixels: labels of two classes that alternate look so too
    if (target.dim() < 2 || preds.sizes() != target.sizes() || num_classes < 2 || target.size(1) != num_classes ||
        target.numel() < least * num_classes) {
      return;
    }
    TORCH_CHECK_VALUE(!is_one_hot(target) || !is_one_hot(preds), op, ": integer preds and target ", shape_text(target),
                      " are one-hot over dimension 1, which task='multiclass' reads as labels 0 and 1: pass "
                      "preds.argmax(1) and target.argmax(1), or task='multilabel'. Labels that only look so pass as "
                      "preds.unsqueeze(1) and target.unsqueeze(1)");
  }

  // Says that so many pairs have a label or a score out of range. The pairs are gone, so it says what either must be.
  std::string invalid_message(int64_t invalid) const {
    const auto [scores, hold, remedy] = words_of_scores();
    return op + ": " + rule_of_labels() + scores + ", but " + std::to_string(invalid) + " pair(s) hold another label" +
           hold + ". " + kRemedy + remedy;
  }

  // What a message on labels says of scores too, where they may be out of range.
  std::tuple<std::string, std::string, std::string> words_of_scores() const {
    if (task == Task::kMulticlass || threshold.has_value()) {
      return {};
    }
    return {std::string(", and scores ") + rule_of_scores(), " or score",
            ". Of scores: " + remedy_of_scores(std::nan(""))};
  }

  // A sentence on the scores out of range that count; empty without any, or where none can be.
  std::string fault_of_scores(const at::Tensor& preds, const at::Tensor& counted) const {
    if (task == Task::kMulticlass || threshold.has_value() || !preds.is_floating_point()) {
      return "";
    }
    const at::Tensor invalid = logits ? preds.isnan() : ~((preds >= 0) & (preds <= 1));
    const at::Tensor bad = preds.masked_select(counted & invalid);
    if (bad.numel() == 0) {
      return "";
    }
    const double example = bad[0].item<double>();
    return op + ": scores must " + rule_of_scores() + ", but " + std::to_string(bad.numel()) + " do not, such as " +
           short_text(example, 6) + "; " + remedy_of_scores(example);
  }

  // Throws if a pair has a label or a score out of range, naming it. Reads one number back from the device. `target` is
  // the one given, of which the call may hold labels.
  void raise_invalid(const at::Tensor& invalid, const CountCall& call, const at::Tensor& target) const {
    const int64_t bad = invalid.sum().item<int64_t>();
    if (bad == 0) {
      return;
    }
    const at::Tensor counted = counted_pixels(target, call.mask, ignore_index);
    at::Tensor wrong = at::zeros_like(counted);
    std::string examples;
    if (target.is_floating_point()) {
      const at::Tensor out = counted & (target != 0) & (target != 1);
      const at::Tensor values = target.masked_select(out);
      if (values.numel() > 0) {
        wrong = wrong | out;
        examples = "target has " + short_text(values[0].item<double>(), 6);
      }
    }
    for (const auto& [name, labels] : {std::pair{"target", &target}, std::pair{"preds", &call.preds}}) {
      if (!labels->is_floating_point()) {
        const at::Tensor wide = labels->to(at::kLong);
        const at::Tensor out = counted & ((wide < 0) | (wide >= op_classes()));
        wrong = wrong | out;
        add_example(examples, name, distinct(wide.masked_select(out)), labels->scalar_type());
      }
    }
    std::string fault;
    if (!examples.empty()) {
      fault = op + ": " + rule_of_labels() + ", but " + std::to_string(wrong.sum().item<int64_t>()) +
              " pair(s) hold another label (" + examples + "). " + kRemedy +
              (examples.rfind("target has nan", 0) == 0 ? std::string("; ") + kLeaveOut : "");
    }
    const std::string of_scores = fault_of_scores(call.preds, counted);
    TORCH_CHECK_VALUE(false, fault, fault.empty() || of_scores.empty() ? "" : ". ", of_scores);
  }

 private:
  static std::optional<std::vector<double>> checked_threshold(const std::string& op, int64_t num_classes, Task task,
                                                              std::optional<std::vector<double>> threshold,
                                                              bool logits) {
    TORCH_CHECK_VALUE(task != Task::kMulticlass || (!threshold.has_value() && !logits), op, ": ",
                      logits ? "logits" : "threshold",
                      " has no effect with task='multiclass', where the highest score wins; it is an option of "
                      "task='binary' and task='multilabel'");
    TORCH_CHECK_VALUE(!threshold.has_value() || !logits, op,
                      ": logits=True cuts scores at 0; pass it or threshold, not both");
    if (!threshold.has_value()) {
      return threshold;
    }
    for (const double value : *threshold) {
      TORCH_CHECK_VALUE(!std::isnan(value), op, ": threshold must be a number, got nan");
    }
    const bool labels = task == Task::kMultilabel;
    const int64_t given = static_cast<int64_t>(threshold->size());
    TORCH_CHECK_VALUE(given == 1 || (labels && given == num_classes), op, ": threshold must be one number",
                      labels ? ", or one for each of " + std::to_string(num_classes) + " labels" : std::string(),
                      " for task=", text_of(task), ", got ", given);
    if (std::set<double>(threshold->begin(), threshold->end()).size() == 1) {
      threshold->resize(1);
    }
    return threshold;
  }

  void check_target_type(const at::Tensor& target) const {
    if (!target.is_floating_point() || task != Task::kMulticlass) {
      return;
    }
    const bool one_hot = target.dim() > 1 && target.size(1) == num_classes;
    TORCH_CHECK_TYPE(false, op, ": target must be an integer or bool tensor, got ", text_of(target.scalar_type()),
                     one_hot ? "; for one-hot pass target.argmax(1)" : "; pass target.to(torch.int64) for labels");
  }

  // The shapes of a binary or multilabel task.
  void check_cut(const at::Tensor& preds, const at::Tensor& target) const {
    const Shape full = preds.sizes().vec(), shape = target.sizes().vec();
    const auto remedy = [&] {
      return !multilabel() && has_more(full, 1, 2, shape) ? "; for scores of two classes leave task='binary' out"
                                                          : channel_remedy("target", shape, full);
    };
    TORCH_CHECK_VALUE(full == shape || (!multilabel() && has_more(full, 1, 1, shape)), op,
                      ": preds must have target's shape ", shape_text(target),
                      multilabel() ? "" : " (or one channel in dimension 1)", " for task=", text_of(task), ", got ",
                      shape_text(preds), remedy());
    TORCH_CHECK_VALUE(!multilabel() || shape.size() < 2 || shape[1] == num_classes, op,
                      ": preds and target must be [N, L, ...] with L = num_classes = ", num_classes,
                      " for task='multilabel', got ", shape_text(target),
                      shape.back() == num_classes    ? "; for labels in the last dimension pass both .movedim(-1, 1)"
                      : shape.front() == num_classes ? "; without a batch dimension pass both .unsqueeze(0)"
                                                     : "");
  }

  // A floating target as labels: 0 and 1, and values to ignore, are what they are; any other value, NaN too, becomes a
  // label out of range, so that it is counted like one, without a wait for the device.
  at::Tensor labels_of(const at::Tensor& target) const {
    const at::Tensor some = target != 0;
    at::Tensor labels = some.to(at::kByte) + (some & (target != 1));
    if (ignore_index.empty()) {
      return labels;
    }
    int64_t other = 2;
    while (contains(ignore_index, other)) {
      ++other;
    }
    labels = labels.to(at::kLong);
    labels = labels.masked_fill(labels == 2, other);
    for (const int64_t value : ignore_index) {
      labels = labels.masked_fill(target == value, value);
    }
    return labels;
  }

  static bool is_one_hot(const at::Tensor& labels) {
    const auto has_one_of_each = [](const at::Tensor& some, int64_t dim) {
      const at::Tensor wide = some.to(at::kLong);
      const at::Tensor ones = wide == 1;
      return ((ones.sum(dim) == 1).all() & (ones | (wide == 0)).all()).item<bool>();
    };
    at::Tensor first = labels.select(0, 0);  // [C, ...]: nearly always enough
    while (first.dim() > 2) {
      first = first.select(1, 0);
    }
    return has_one_of_each(first.dim() > 1 ? first.slice(1, 0, 64) : first, 0) && has_one_of_each(labels, 1);
  }

  std::string rule_of_labels() const {
    return "labels must lie in [0, " + std::to_string(op_classes()) + ") or equal ignore_index " +
           text_of(ignore_index);
  }

  const char* rule_of_scores() const {
    return logits ? "be numbers, as logits are" : "lie in [0, 1], as probabilities";
  }

  // Of scores out of range, of which one may be known.
  std::string remedy_of_scores(double example) const {
    const std::string remedy = "pass logits=True for logits, or threshold for scores as they are";
    return logits ? kLeaveOut : std::isnan(example) ? remedy + "; " + kLeaveOut : remedy;
  }
};

}  // namespace torchtally::detail
