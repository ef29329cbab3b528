// What every op asks of its tensors: how they are stored, whether they lie on one device, how a message writes them.
#pragma once

#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/counting_problem.h"
#include "common/export.h"

namespace torchtally {

using torch::stable::Tensor;

// Streams as [2, 3]. Made only where a check fails.
struct ShapeText {
  const int64_t* sizes;
  size_t dims;
};

std::ostream& operator<<(std::ostream& out, const ShapeText& shape);

ShapeText shape_of(const Tensor& tensor);

// The same for the remedies of include/torchtally/detail/messages.h.
std::vector<int64_t> sizes_of(const Tensor& tensor);

// As Python writes it: torch.float32.
std::string dtype_text(torch::headeronly::ScalarType type);

bool is_floating(torch::headeronly::ScalarType type);

// float16, bfloat16, float32 or float64.
Element score_element(torch::headeronly::ScalarType type);

struct LabelType {
  Element element;
  int bits;  // that a non-negative label can use
};

// The storage of an integer or bool label, or nothing where the type is another.
std::optional<LabelType> label_type(torch::headeronly::ScalarType type);

bool is_signed(const LabelType& type);

// The largest raw label that is a class.
uint64_t last_valid(const LabelType& type, int64_t num_classes);

// The bits that a target of this type holds for `value`, or nothing where the type cannot hold it.
std::optional<uint64_t> raw_bits(int64_t value, const LabelType& type);

// Throws detail::NoMemory where `error` says that memory of this shape could not be allocated, else std::runtime_error;
// with the words that torch has for it, which the stable ABI leaves out.
[[noreturn]] TORCHTALLY_API void not_allocated(const char* op, const char* what, const ShapeText& shape,
                                               int64_t bytes_each, const std::exception& error);

// What a call that takes memory of this shape returns.
template <class Call>
auto allocated(const char* op, const char* what, const ShapeText& shape, int64_t bytes_each, Call&& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    not_allocated(op, what, shape, bytes_each, error);
  }
}

// 8 bytes each: int64 or float64, on the device of `like`. Here, because a name with torch's types between the two
// libraries would not be of the stable ABI.
inline Tensor new_zeros(const char* op, const char* what, const Tensor& like, const std::vector<int64_t>& shape,
                        torch::headeronly::ScalarType type) {
  return allocated(op, what, {shape.data(), shape.size()}, sizeof(int64_t),
                   [&] { return torch::stable::new_zeros(like, shape, type); });
}

TORCHTALLY_API Tensor contiguous(const char* op, const char* what, const Tensor& tensor);

void check_same_device(const char* op, const char* name, const Tensor& tensor, const Tensor& target);

}  // namespace torchtally
