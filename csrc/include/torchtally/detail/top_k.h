// Top-k predictions, as labels that any score can be counted from.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <vector>

#include <torchtally/detail/counting.h>

namespace torchtally::detail {

// Throws unless so many of the highest scores may count.
inline void check_top_k(const Counting& counting, int64_t top_k, bool mapped) {
  if (top_k == 1) {
    return;
  }
  TORCH_CHECK_VALUE(counting.task == Task::kMulticlass && top_k >= 1 && top_k <= counting.num_classes, counting.op,
                    ": top_k must be 1, or lie in [1, ", counting.num_classes,
                    "] for task='multiclass', got top_k=", top_k, " and task=", quoted(counting.task));
  TORCH_CHECK_VALUE(
      !mapped, counting.op,
      ": top_k looks for the target among the scores, so label_map and preds_map do not apply, got top_k=", top_k);
}

// int64 labels: target where it is among the k highest scores, else the highest. Ties and NaN are ranked as argmax
// finds the highest: the lower class first, NaN above all. A label out of range is in no top k.
inline at::Tensor top_k_labels(const Counting& counting, const at::Tensor& preds, const at::Tensor& target,
                               int64_t top_k) {
  TORCH_CHECK_TYPE(preds.is_floating_point(), counting.op, ": top_k=", top_k,
                   " needs class scores [N, C, ...], got preds of ", dtype_text(preds.scalar_type()));
  const at::Tensor wide = target.to(at::kLong).unsqueeze(1);
  const at::Tensor inside = (wide >= 0) & (wide < counting.num_classes);
  const at::Tensor wanted = wide.clamp(0, counting.num_classes - 1);
  const at::Tensor score = preds.gather(1, wanted);
  std::vector<int64_t> planes(static_cast<size_t>(preds.dim()), 1);
  planes[1] = -1;
  const at::Tensor classes = at::arange(counting.num_classes, preds.options().dtype(at::kLong)).view(planes);
  const at::Tensor missing = preds.isnan();
  const at::Tensor no_score = score.isnan();
  const at::Tensor above = (preds > score) | (missing & ~no_score);
  const at::Tensor level = (preds == score) | (missing & no_score);
  const at::Tensor rank = (above | (level & (classes < wanted))).sum(1, true);
  const at::Tensor hit = inside & (rank < top_k);
  return at::where(hit, wanted, preds.argmax(1, true)).squeeze(1);
}

}  // namespace torchtally::detail
