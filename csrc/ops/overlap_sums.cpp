// torchtally::overlap_sums: the sums behind every loss of the Dice family, and the cross-entropy, in one pass.
//
//   input   logits, or probabilities for activation "none", [N, C, ...] of float16, bfloat16, float32 or float64
//   target  integer or bool labels [N, ...], or a value for each class [N, C, ...] of any dtype (one-hot, soft)
//   mask    bool [N, ...], true where a pixel counts
//   sums    float64 [N, 6, C]: sum p t, sum p, sum p^2, sum t, sum t^2, sum |p - t|, over the pixels that count
//   cross_entropy  float64 [N]
//   count   int64 [N]: pixels that count
//   invalid int64 [N]: pixels left out because their label lies outside [0, C) and is not ignored
//
// The backward op returns the gradient of input alone, and computes the probabilities again. Argument checks:
// overlap_arguments.h.
#include <torch/csrc/stable/library.h>

STABLE_TORCH_LIBRARY_FRAGMENT(torchtally, m) {
  m.def(
      "overlap_sums(Tensor input, Tensor target, Tensor? mask=None, Tensor? class_weight=None, *, "
      "str activation=\"softmax\", int[] ignore_index=[], float label_smoothing=0.0) "
      "-> (Tensor sums, Tensor cross_entropy, Tensor count, Tensor invalid)");
  m.def(
      "overlap_sums_backward(Tensor grad_sums, Tensor grad_cross_entropy, Tensor input, Tensor target, "
      "Tensor? mask=None, Tensor? class_weight=None, *, str activation=\"softmax\", int[] ignore_index=[], "
      "float label_smoothing=0.0) -> Tensor");
}
