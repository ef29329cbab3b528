// torchtally::class_counts: true positives, false positives and false negatives of each class, in O(C) memory.
//
//   counts  int64 [3, K], with the dimensions N (per_sample) and L (per_label) in front; rows true positives, false
//           positives, false negatives. The number of pairs counted is the sum of rows 0 and 2.
//
// The other arguments, and `invalid`, are those of confusion_matrix.
#include <torch/csrc/stable/library.h>

STABLE_TORCH_LIBRARY_FRAGMENT(torchtally, m) {
  m.def(
      "class_counts(Tensor preds, Tensor target, int num_classes, Tensor? mask=None, *, int[] ignore_index=[], "
      "float[]? threshold=None, bool logits=False, bool per_sample=False, bool per_label=False, bool other=False) "
      "-> (Tensor counts, Tensor invalid)");
  m.def(
      "class_counts_(Tensor(a!) counts, Tensor(b!) invalid, Tensor preds, Tensor target, Tensor? mask=None, *, "
      "int[] ignore_index=[], float[]? threshold=None, bool logits=False, bool per_sample=False, bool per_label=False, "
      "bool other=False) -> ()");
}
