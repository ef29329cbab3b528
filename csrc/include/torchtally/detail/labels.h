// What labels and scores mean: classes as they are, mapped to classes, or the top k. Functions and metrics share it.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <torchtally/detail/counting.h>
#include <torchtally/detail/label_maps.h>
#include <torchtally/detail/top_k.h>

namespace torchtally::detail {

// The options that say what is counted, checked once.
struct Labels {
  Counting counting;
  std::optional<LabelMaps> maps;  // nothing where labels are classes
  int64_t top_k = 1;              // 1 where the op finds the highest score

  template <class Options>
  static Labels checked(std::string op, int64_t num_classes, const Options& options) {
    Labels labels{Counting::checked(std::move(op), num_classes, options), std::nullopt, options.top_k().value_or(1)};
    labels.maps = LabelMaps::checked(labels.counting, options.label_map(), options.preds_map());
    check_top_k(labels.counting, labels.top_k, labels.maps.has_value());
    return labels;
  }

  // The classes of which every label is ignored, which are not scored.
  std::vector<int64_t> ignored_classes() const {
    return maps.has_value() ? maps->ignored_classes(counting.ignore_index) : counting.ignore_index;
  }

  // preds as they are, or the labels that top_k makes of them.
  at::Tensor counted_preds(const at::Tensor& preds, const at::Tensor& target,
                           const std::optional<at::Tensor>& mask) const {
    if (top_k == 1) {
      return preds;
    }
    counting.op_inputs(preds, target, mask, false);
    return top_k_labels(counting, preds, target, top_k);
  }

  // The confusion matrix of the classes that pixels mean; throws for a label out of range where that is asked for.
  at::Tensor count_matrix(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask,
                          bool per_sample, bool validate) const {
    const at::Tensor taken = counted_preds(preds, target, mask);
    if (!maps.has_value()) {
      return counting.count_checked(Counted::kMatrix, taken, target, mask, per_sample, validate);
    }
    const at::Tensor matrix =
        MappedPixels(counting, *maps, taken, target, mask, per_sample).counted(counting, mask, per_sample);
    if (counting.out_of_range == OutOfRange::kError && validate) {
      raise_unknown(counting, *maps, matrix, taken, target);
    }
    return without_other(counting, matrix);
  }

  // The counts of classes, where labels are classes.
  ClassCounts count_classes(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask,
                            bool per_sample, bool validate) const {
    const at::Tensor taken = counted_preds(preds, target, mask);
    const at::Tensor rows = counting.count_checked(Counted::kClasses, taken, target, mask, per_sample, validate);
    return unpacked(rows, counting.multilabel());
  }

  // (counts, invalid) of a batch, which never throws for a label out of range.
  std::tuple<at::Tensor, at::Tensor> counts_and_invalid(Counted counted, const at::Tensor& preds,
                                                        const at::Tensor& target, const std::optional<at::Tensor>& mask,
                                                        bool per_sample) const {
    const at::Tensor taken = counted_preds(preds, target, mask);
    if (!maps.has_value()) {
      const at::Tensor inputs = counting.op_inputs(taken, target, mask, per_sample);
      return count(counted, inputs, target, counting.op_classes(), mask, counting.call_options(per_sample));
    }
    const at::Tensor matrix =
        MappedPixels(counting, *maps, taken, target, mask, per_sample).counted(counting, mask, per_sample);
    const at::Tensor classes = without_other(counting, matrix);
    if (counted == Counted::kMatrix) {
      return {classes, unknown_pairs(matrix)};
    }
    const ClassCounts each = ClassCounts::from_matrix(classes);
    return {at::stack({each.tp, each.fp, each.fn}, -2), unknown_pairs(matrix)};
  }

  // Says that so many pairs have a label out of range, and what to do.
  std::string invalid_message(int64_t invalid) const {
    return maps.has_value() ? unknown_message(counting, invalid) : counting.invalid_message(invalid) + ". " + kRemedy;
  }
};

}  // namespace torchtally::detail
