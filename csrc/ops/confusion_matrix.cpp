// torchtally::confusion_matrix: the joint histogram of (target, prediction).
//
//   preds   integer or bool labels of target's shape, or floating scores: [N, C, ...] for an argmax over dimension 1,
//           or target's shape for `score > threshold` (num_classes = 2)
//   threshold  none: scores are probabilities, cut at 0.5, or with `logits` logits, cut at 0; one outside [0, 1], or a
//           NaN, is out of range as a label is. One number, or one a label with per_label: scores as they are
//   target  integer or bool labels [N, ...]; [N, L, ...] with per_label
//   matrix  int64 [K, K], with the dimensions N (per_sample) and L (per_label) in front; rows target, columns
//           prediction; K = num_classes, and one more for every label out of range with `other`
//   invalid int64 [], [N], [L] or [N, L]: pairs that are not ignored and have a label outside [0, num_classes)
//
// The twin with an underscore adds to counts that exist. Argument checks: counting_arguments.h.
#include <torch/csrc/stable/library.h>

STABLE_TORCH_LIBRARY_FRAGMENT(torchtally, m) {
  m.def(
      "confusion_matrix(Tensor preds, Tensor target, int num_classes, Tensor? mask=None, *, int[] ignore_index=[], "
      "float[]? threshold=None, bool logits=False, bool per_sample=False, bool per_label=False, bool other=False) "
      "-> (Tensor matrix, Tensor invalid)");
  m.def(
      "confusion_matrix_(Tensor(a!) matrix, Tensor(b!) invalid, Tensor preds, Tensor target, Tensor? mask=None, *, "
      "int[] ignore_index=[], float[]? threshold=None, bool logits=False, bool per_sample=False, bool per_label=False, "
      "bool other=False) -> ()");
}
