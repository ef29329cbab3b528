/// \file
/// Counts of pixels: the joint histogram of (target, prediction), as a matrix or for each class.
///
/// Orientation: rows are targets, columns predictions. Counts are int64 and exact.
///
/// Errors are c10::TypeError for a wrong kind or dtype and c10::ValueError for a wrong shape or value, with the words
/// of the Python package; what_without_backtrace() has them.
#pragma once

#include <torchtally/detail/checked_counts.h>
#include <torchtally/detail/labels.h>
#include <torchtally/detail/policy.h>

namespace torchtally {

namespace detail {

// Throws for what is no dtype of shares, or a dtype where there are none.
inline void check_shares(const std::string& op, const CountOptions& options) {
  if (options.normalize().has_value()) {
    check_score_dtype(op, options.dtype().value_or(at::kFloat));
  } else {
    refuse_idle(op, filled(options));
  }
}

// Matrices of int64 or float64 divided by their rows, columns or total.
inline at::Tensor shares(const at::Tensor& matrix, Normalize normalize, at::ScalarType dtype) {
  const at::Tensor total = normalize == Normalize::kTrue   ? matrix.sum(-1, true)
                           : normalize == Normalize::kPred ? matrix.sum(-2, true)
                                                           : matrix.sum({-2, -1}, true);
  return (matrix.to(at::kDouble) / total.to(at::kDouble)).to(dtype);
}

}  // namespace detail

/// Divides confusion matrices by their rows, columns or total.
///
/// \param matrix counts [..., C, C]: integers, or floating numbers where pixels are weighted; never changed.
/// \param dtype at::kFloat or at::kDouble; shares are computed in float64 either way.
/// \return shares of matrix's shape; NaN where there is nothing to be a share of.
/// \throws c10::TypeError for what is no matrix of numbers; c10::ValueError for another dtype, a matrix that is not
///   square, or, on CPU, a count that is negative or not finite.
inline at::Tensor normalize_confusion_matrix(const at::Tensor& matrix, Normalize normalize,
                                             at::ScalarType dtype = at::kFloat) {
  const char* const op = "normalize_confusion_matrix";
  detail::check_dense(op, "matrix", matrix);
  TORCH_CHECK_VALUE(matrix.dim() >= 2 && matrix.size(-1) == matrix.size(-2), op,
                    ": matrix must be [..., C, C], got shape ", detail::shape_text(matrix));
  detail::check_score_dtype(op, dtype);
  return detail::shares(detail::checked_counts(op, "matrix", matrix), normalize, dtype);
}

/// Counts how often each class was predicted for each class of the target.
///
/// The inputs are read as they are: any integer dtype or bool, any strides, no copy.
///
/// \param preds labels of target's shape, or class scores [N, C, ...] (float16, bfloat16, float32 or float64; the first
///   maximum wins and a NaN is a maximum, as in argmax). For Task::kBinary and kMultilabel also scores of target's
///   shape, of which those above the threshold are class 1.
/// \param target integer or bool labels [N, ...]; [N, L, ...] for Task::kMultilabel.
/// \param num_classes C; the number of labels L for Task::kMultilabel, and 2 for Task::kBinary.
/// \return int64 [C, C], or [N, C, C] per sample; [L, 2, 2] or [N, L, 2, 2] for Task::kMultilabel; one more row and
///   column with OutOfRange::kMiss; shares of that shape with normalize.
/// \throws c10::TypeError for a wrong dtype; c10::ValueError for a wrong shape or value, or a label out of range.
inline at::Tensor confusion_matrix(const at::Tensor& preds, const at::Tensor& target, int64_t num_classes,
                                   const CountOptions& options = {}) {
  const char* const op = "confusion_matrix";
  const at::ScalarType dtype = options.dtype().value_or(at::kFloat);
  detail::check_shares(op, options);
  const auto [matrix, invalid] = detail::Labels::checked(op, num_classes, options)
                                     .count(detail::Counted::kMatrix, preds, target, options.mask(),
                                            options.per_sample().value_or(false), options.validate().value_or(true));
  return options.normalize().has_value() ? detail::shares(matrix, *options.normalize(), dtype) : matrix;
}

/// Counts true and false positives and negatives of each class, in O(C) memory.
///
/// The arguments are those of confusion_matrix, less label_map, preds_map, top_k, normalize and dtype.
///
/// \return int64 [C] each, or [N, C] per sample. OutOfRange::kMiss appends the class "other". For Task::kMultilabel C
///   is the number of labels.
/// \throws as confusion_matrix.
inline ClassCounts class_counts(const at::Tensor& preds, const at::Tensor& target, int64_t num_classes,
                                const CountOptions& options = {}) {
  const char* const op = "class_counts";
  detail::refuse_unknown(op, options, [](std::string_view name) {
    constexpr std::string_view of_matrices[] = {"label_map", "preds_map", "top_k", "normalize", "dtype"};
    return !detail::contains(of_matrices, name);
  });
  const auto [rows, invalid] = detail::Labels::checked(op, num_classes, options)
                                   .count(detail::Counted::kClasses, preds, target, options.mask(),
                                          options.per_sample().value_or(false), options.validate().value_or(true));
  return detail::unpacked(rows, options.task() == Task::kMultilabel);
}

}  // namespace torchtally
