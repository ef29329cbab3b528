// Counts of classes: how they are read off what the ops return, and what scores do with them.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <torchtally/detail/text.h>

namespace torchtally {

/// True and false positives and negatives of each class, int64 [C].
///
/// With a sample dimension the shapes are [N, C]. For a multilabel task the "classes" are the L labels, and the counts
/// are those of a set label.
struct ClassCounts {
  at::Tensor tp;
  at::Tensor fp;
  at::Tensor fn;
  at::Tensor tn;

  /// Reads the counts off confusion matrices [..., C, C].
  static ClassCounts from_matrix(const at::Tensor& matrix) {
    const at::Tensor tp = matrix.diagonal(0, -2, -1);
    const at::Tensor fp = matrix.sum(-2) - tp;
    const at::Tensor fn = matrix.sum(-1) - tp;
    return {tp, fp, fn, matrix.sum({-2, -1}).unsqueeze(-1) - tp - fp - fn};
  }
};

namespace detail {

// Unpacks what the op counts: [..., 3, C], or [..., L, 3, 2] of a multilabel task.
inline ClassCounts unpacked(const at::Tensor& rows, bool multilabel) {
  // Every pair has one target class, so tp + fn over the classes is their number.
  at::Tensor total = (rows.select(-2, 0) + rows.select(-2, 2)).sum(-1);
  const at::Tensor each = multilabel ? rows.select(-1, 1) : rows;
  const int64_t dim = multilabel ? -1 : -2;
  if (!multilabel) {
    total = total.unsqueeze(-1);
  }
  const at::Tensor tp = each.select(dim, 0);
  const at::Tensor fp = each.select(dim, 1);
  const at::Tensor fn = each.select(dim, 2);
  return {tp, fp, fn, total - tp - fp - fn};
}

template <class Function>
ClassCounts map(const ClassCounts& counts, Function&& function) {
  return {function(counts.tp), function(counts.fp), function(counts.fn), function(counts.tn)};
}

// The counts of all classes added up, [..., 1].
inline ClassCounts pooled(const ClassCounts& counts) {
  return map(counts, [](const at::Tensor& t) { return t.sum(-1, true); });
}

// Labels counted as pixels of two classes, not set and set: [..., 2].
inline ClassCounts two_classes(const ClassCounts& counts) {
  const ClassCounts all = pooled(counts);
  return {at::cat({all.tn, all.tp}, -1), at::cat({all.fn, all.fp}, -1), at::cat({all.fp, all.fn}, -1),
          at::cat({all.tp, all.tn}, -1)};
}

// A tensor of numbers. Made on the host: on another device it is a copy.
template <class Number>
at::Tensor tensor_of(const std::vector<Number>& numbers, at::Device device) {
  return at::tensor(at::ArrayRef<Number>(numbers)).to(device);
}

// Elements of a dimension, in the order of indices.
inline at::Tensor index_select(const at::Tensor& tensor, int64_t dim, const std::vector<int64_t>& indices) {
  return tensor.index_select(dim, tensor_of(indices, tensor.device()));
}

// Selects classes, as a view where they are consecutive.
inline at::Tensor select_classes(const at::Tensor& counts, const std::vector<int64_t>& classes) {
  return consecutive(classes) ? counts.slice(-1, classes.front(), classes.back() + 1)
                              : index_select(counts, -1, classes);
}

}  // namespace detail
}  // namespace torchtally
