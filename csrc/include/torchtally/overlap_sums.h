/// \file
/// `torchtally::overlap_sums`, the differentiable sums behind the losses of the Dice family. With
/// `torchtally/losses.h`, C++ training code gets the losses and gradients of the Python package.
#pragma once

#include <torchtally/detail/overlap_function.h>
#include <torchtally/detail/text.h>
#include <torchtally/enums.h>

namespace torchtally {

/// Options of overlap_sums, named and chained: `OverlapOptions().ignore_index(255).mask(mask)`.
class OverlapOptions {
  using Self = OverlapOptions;

 public:
  /// Default: Activation::kSoftmax.
  TORCHTALLY_DETAIL_OPTION(Activation, activation)
  /// Labels that count nowhere, one or several, of any value. Only for labels [N, ...].
  TORCHTALLY_DETAIL_LIST_OPTION(int64_t, ignore_index)
  /// bool [N, ...], true where a pixel counts.
  TORCHTALLY_DETAIL_TENSOR_OPTION(mask)
  /// Weights of the classes in the cross-entropy alone, floating [C].
  TORCHTALLY_DETAIL_TENSOR_OPTION(class_weight)
  /// Of the cross-entropy alone, in [0, 1]. Default: 0.
  TORCHTALLY_DETAIL_OPTION(double, label_smoothing)
};

/// Sums over the pixels that count, of a probability p and a target t: float64 `[N, C]`, for each sample and class.
/// Gradients flow to the input from every field that depends on p, and never to the target.
struct OverlapSums {
  at::Tensor intersection;    ///< sum of p t
  at::Tensor prediction;      ///< sum of p
  at::Tensor squared;         ///< sum of p^2
  at::Tensor target;          ///< sum of t
  at::Tensor target_squared;  ///< sum of t^2
  at::Tensor difference;      ///< sum of |p - t|
  at::Tensor cross_entropy;   ///< float64 `[N]`, summed over pixels
  at::Tensor count;           ///< int64 `[N]`, pixels that count
  at::Tensor invalid;         ///< int64 `[N]`, pixels left out because their label is out of range
};

/// Sums what the losses of the Dice family are made of, in one pass over the pixels.
///
/// Neither the forward nor the backward pass stores probabilities or a one-hot target: one costs no memory, the other
/// the gradient. float16 and bfloat16 are computed in float32, autocast changes nothing, and sums are float64.
///
/// \param input  logits, or probabilities for `Activation::kNone`: float16, bfloat16, float32 or float64 `[N, C, ...]`,
///               of any strides.
/// \param target integer or bool labels `[N, ...]`; or of input's shape and any dtype, a value for each class.
/// \param options how pixels count.
/// \return the sums. A node of autograd is made only where `input` needs a gradient.
/// \throws c10::TypeError for a wrong dtype.
/// \throws c10::ValueError for a wrong shape or value, or a target that requires a gradient; on CPU, for a label out of
///                         range.
/// \throws c10::NotImplementedError from a backward pass through the gradient (double backward).
inline OverlapSums overlap_sums(const at::Tensor& input, const at::Tensor& target, const OverlapOptions& options = {}) {
  namespace overlap = detail::overlap;
  const auto ignored = options.ignore_index().value_or(std::vector<int64_t>());
  const overlap::Arguments arguments{options.mask(), options.class_weight(),
                                     name_of(options.activation().value_or(Activation::kSoftmax)), ignored,
                                     options.label_smoothing().value_or(0.0)};
  detail::check_dense("overlap_sums", "input", input);
  detail::check_dense("overlap_sums", "target", target);
  detail::check_constant("overlap_sums", "target", target, "flows to input alone");
  if (options.class_weight().has_value()) {
    detail::check_constant("overlap_sums", "class_weight", *options.class_weight(), "flows to input alone");
  }
  const auto fields = overlap::differentiable(input, target, arguments);
  const at::Tensor& invalid = fields[8];
  if (target.dim() < input.dim() && overlap::may_look(invalid)) {
    const auto bad = invalid.sum().item<int64_t>();
    const auto named = [&] {  // some of the labels
      const at::Tensor labels = target.to(at::kLong);
      const at::Tensor counted = detail::counted_pixels(target, overlap::given(options.mask()), ignored);
      const at::Tensor out = counted & ((labels < 0) | (labels >= input.size(1)));
      return detail::first_labels(detail::distinct(labels.masked_select(out)), target.scalar_type());
    };
    TORCH_CHECK_VALUE(bad == 0, "overlap_sums: labels must lie in [0, ", input.size(1), ") or equal ignore_index ",
                      detail::text_of(ignored), ", but ", bad, " pixel(s) hold another label (target has ", named(),
                      ")");
  }
  return {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7], invalid};
}

}  // namespace torchtally
