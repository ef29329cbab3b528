// Counts two labels through the dispatcher and prints the matrix, the C++ standard and the op library's version.
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <torchtally/detail/dispatch.h>

#include <cstdint>
#include <iostream>
#include <optional>
#include <tuple>
#include <vector>

using ConfusionMatrix = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, int64_t,
                                                           const std::optional<at::Tensor>&, at::IntArrayRef, double,
                                                           bool, bool, bool);

int main() {
  const at::Tensor target = at::tensor(std::vector<int64_t>{0, 0, 1, 2, 7});
  const at::Tensor preds = at::tensor(std::vector<int64_t>{0, 1, 1, 2, 1});
  const auto op = torchtally::detail::find_op<ConfusionMatrix>("confusion_matrix");
  const auto [matrix, invalid] = op.call(preds, target, 3, std::nullopt, {}, 0.5, false, false, false);
  for (int64_t row = 0; row < 3; ++row) {
    for (int64_t column = 0; column < 3; ++column) {
      std::cout << matrix[row][column].item<int64_t>() << (column < 2 ? " " : "; ");
    }
  }
  std::cout << "invalid " << invalid.item<int64_t>() << "; C++ " << __cplusplus / 100 % 100 << "; ops version "
            << torchtally::detail::loaded_abi_version << "\n";
}
