// Counts that a caller took before: what they may hold, and the type in which they are added up.
#pragma once

#include <torchtally/detail/class_counts.h>
#include <torchtally/detail/ops.h>

namespace torchtally::detail {

// By so many steps of the largest count may a difference of floating counts be off.
inline constexpr double kRounding = 16;

// A count, and the name that messages call it.
struct NamedCount {
  std::string name;
  at::Tensor tensor;
};

inline double step_of(at::ScalarType type) {
  switch (type) {
    case at::kHalf:
      return std::ldexp(1.0, -10);
    case at::kBFloat16:
      return std::ldexp(1.0, -7);
    case at::kFloat:
      return std::numeric_limits<float>::epsilon();
    default:
      return std::numeric_limits<double>::epsilon();
  }
}

// Throws for a count that is not finite, or negative beyond rounding.
inline void check_bounds(const std::string& op, const std::vector<NamedCount>& given,
                         const std::vector<at::Tensor>& wide) {
  std::vector<std::pair<at::Scalar, at::Scalar>> bounds;
  double most = 0;
  for (const at::Tensor& counts : wide) {
    const auto [low, high] = at::aminmax(counts);
    bounds.emplace_back(low.item(), high.item());
    most = std::isfinite(high.item().toDouble()) ? std::max(most, high.item().toDouble()) : most;
  }
  for (size_t i = 0; i < wide.size(); ++i) {
    const auto& [low, high] = bounds[i];
    const at::ScalarType type = given[i].tensor.scalar_type();
    const double least = at::isFloatingType(type) ? -kRounding * step_of(type) * most : 0;
    const bool not_negative = low.toDouble() >= least;
    if (not_negative && high.toDouble() < std::numeric_limits<double>::infinity()) {
      continue;
    }
    const at::Scalar& wrong = not_negative ? high : low;
    TORCH_CHECK_VALUE(type != at::kUInt64, op, ": ", given[i].name, " must fit int64, got ",
                      static_cast<uint64_t>(wrong.toLong()));
    TORCH_CHECK_VALUE(false, op, ": ", given[i].name, " must be finite and not negative, got ",
                      wrong.isIntegral(false) ? text_of(wrong.toLong()) : text_of(wrong.toDouble()));
  }
}

// Counts of one shape as int64 or float64, whose sums neither wrap nor lose a pixel. Values are looked at on CPU only.
inline std::vector<at::Tensor> checked_counts(const std::string& op, const std::vector<NamedCount>& given) {
  std::vector<at::Tensor> wide;
  for (const auto& [name, tensor] : given) {
    check_dense(op, name, tensor);
    const at::ScalarType type = tensor.scalar_type();
    const bool floating = type == at::kHalf || type == at::kBFloat16 || type == at::kFloat || type == at::kDouble;
    TORCH_CHECK_TYPE(floating || at::isIntegralType(type, false), op, ": ", name,
                     " must hold integers, or floating numbers where pixels are weighted, got ", text_of(type));
    const at::Tensor& first = given.front().tensor;
    TORCH_CHECK_VALUE(tensor.sizes() == first.sizes(), op, ": ", name, " must have the shape ", shape_text(first),
                      " of the other counts, got ", shape_text(tensor));
    TORCH_CHECK_VALUE(tensor.device() == first.device(), op, ": ", name, " must be on the device of the other counts, ",
                      first.device(), ", got ", tensor.device());
    wide.push_back(tensor.to(floating ? at::kDouble : at::kLong));
  }
  if (wide.front().is_cpu() && wide.front().numel() > 0) {
    check_bounds(op, given, wide);
  }
  return wide;
}

inline at::Tensor checked_counts(const std::string& op, const char* name, const at::Tensor& matrix) {
  return checked_counts(op, {{name, matrix}}).front();
}

inline ClassCounts checked_counts(const std::string& op, const ClassCounts& counts) {
  const auto wide = checked_counts(
      op, {{"counts.tp", counts.tp}, {"counts.fp", counts.fp}, {"counts.fn", counts.fn}, {"counts.tn", counts.tn}});
  return {wide[0], wide[1], wide[2], wide[3]};
}

}  // namespace torchtally::detail
