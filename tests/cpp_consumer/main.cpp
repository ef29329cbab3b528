// Counts labels; prints the matrix, the C++ standard and the op library's version.
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <torchtally/counts.h>

#include <cstdint>
#include <iostream>
#include <vector>

int main() {
  const at::Tensor target = at::tensor(std::vector<int64_t>{0, 0, 1, 2, 7});
  const at::Tensor preds = at::tensor(std::vector<int64_t>{0, 1, 1, 2, 1});
  const at::Tensor matrix = torchtally::confusion_matrix(preds, target, 3, torchtally::CountOptions().ignore_index(7));
  for (int64_t row = 0; row < 3; ++row) {
    for (int64_t column = 0; column < 3; ++column) {
      std::cout << matrix[row][column].item<int64_t>() << (column < 2 ? " " : "; ");
    }
  }
  std::cout << "C++ " << __cplusplus / 100 % 100 << "; ops version " << torchtally::detail::loaded_abi_version << "\n";
}
