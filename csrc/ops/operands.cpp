#include "ops/operands.h"

#include <algorithm>
#include <cctype>
#include <iomanip>
#include <limits>
#include <new>
#include <sstream>
#include <utility>

#include "common/error.h"

#if defined(__GNUC__) && !defined(_WIN32)
// Of torch's shim from 2.12 on, which the library must do without.
extern "C" __attribute__((weak)) const char* torch_exception_get_what_without_backtrace();
#else
static const char* (*const torch_exception_get_what_without_backtrace)() = nullptr;
#endif

namespace torchtally {
namespace {

using torch::headeronly::ScalarType;

int width_bits(Element element) { return static_cast<int>(8 * bytes_of(element)); }

// As Python writes it: cpu, cuda:0.
std::string device_text(const Tensor& tensor) {
  return tensor.is_cpu() ? "cpu" : "cuda:" + std::to_string(tensor.get_device_index());
}

uint64_t largest_label(const LabelType& type) {
  return type.bits == 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << type.bits) - 1;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ShapeText& shape) {
  out << "[";
  for (size_t d = 0; d < shape.dims; ++d) {
    out << (d ? ", " : "") << shape.sizes[d];
  }
  return out << "]";
}

ShapeText shape_of(const Tensor& tensor) { return {tensor.sizes().data(), tensor.sizes().size()}; }

std::vector<int64_t> sizes_of(const Tensor& tensor) { return {tensor.sizes().begin(), tensor.sizes().end()}; }

std::string dtype_text(ScalarType type) {
  static const std::pair<ScalarType, const char*> renamed[] = {{ScalarType::Byte, "uint8"},
                                                               {ScalarType::Char, "int8"},
                                                               {ScalarType::Short, "int16"},
                                                               {ScalarType::Int, "int32"},
                                                               {ScalarType::Long, "int64"},
                                                               {ScalarType::Half, "float16"},
                                                               {ScalarType::Float, "float32"},
                                                               {ScalarType::Double, "float64"},
                                                               {ScalarType::ComplexHalf, "complex32"},
                                                               {ScalarType::ComplexFloat, "complex64"},
                                                               {ScalarType::ComplexDouble, "complex128"}};
  std::string name = torch::headeronly::toString(type);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [known, python] : renamed) {
    name = type == known ? python : name;
  }
  return "torch." + name;
}

bool is_floating(ScalarType type) {
  return type == ScalarType::Half || type == ScalarType::BFloat16 || type == ScalarType::Float ||
         type == ScalarType::Double;
}

Element score_element(ScalarType type) {
  switch (type) {
    case ScalarType::Half:
      return Element::kHalf;
    case ScalarType::BFloat16:
      return Element::kBFloat16;
    case ScalarType::Float:
      return Element::kFloat;
    default:
      return Element::kDouble;
  }
}

std::optional<LabelType> label_type(ScalarType type) {
  switch (type) {
    case ScalarType::Bool:
      return LabelType{Element::kBool, 8};
    case ScalarType::Byte:
      return LabelType{Element::kBits8, 8};
    case ScalarType::Char:
      return LabelType{Element::kBits8, 7};
    case ScalarType::UInt16:
      return LabelType{Element::kBits16, 16};
    case ScalarType::Short:
      return LabelType{Element::kBits16, 15};
    case ScalarType::UInt32:
      return LabelType{Element::kBits32, 32};
    case ScalarType::Int:
      return LabelType{Element::kBits32, 31};
    case ScalarType::UInt64:
      return LabelType{Element::kBits64, 64};
    case ScalarType::Long:
      return LabelType{Element::kBits64, 63};
    default:
      return std::nullopt;
  }
}

bool is_signed(const LabelType& type) { return type.bits == width_bits(type.element) - 1; }

uint64_t last_valid(const LabelType& type, int64_t num_classes) {
  return std::min(largest_label(type), static_cast<uint64_t>(num_classes) - 1);
}

std::optional<uint64_t> raw_bits(int64_t value, const LabelType& type) {
  if (value < 0) {
    const int64_t smallest = is_signed(type) ? -static_cast<int64_t>(largest_label(type)) - 1 : 0;
    if (value < smallest) {
      return std::nullopt;
    }
  } else if (static_cast<uint64_t>(value) > largest_label(type)) {
    return std::nullopt;
  }
  const int width = width_bits(type.element);
  const uint64_t bits = static_cast<uint64_t>(value);
  return width == 64 ? bits : bits & ((uint64_t{1} << width) - 1);
}

void not_allocated(const char* op, const char* what, const ShapeText& shape, int64_t bytes_each,
                   const std::exception& error) {
  const bool ours = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  std::string words;
  if (!ours && torch_exception_get_what_without_backtrace != nullptr) {
    words = torch_exception_get_what_without_backtrace();
  }
  bool of_memory = ours || words.empty();
  for (const char* const word : {"alloc", "out of memory", "overflow"}) {
    of_memory = of_memory || words.find(word) != std::string::npos;
  }
  double bytes = static_cast<double>(bytes_each);
  for (size_t d = 0; d < shape.dims; ++d) {
    bytes *= static_cast<double>(shape.sizes[d]);
  }
  std::ostringstream size;
  size << std::fixed << std::setprecision(1) << bytes / (1 << 30);
  TORCHTALLY_CHECK_AS(detail::NoMemory, !of_memory, op, ": ", what, " of shape ", shape, " take ", size.str(),
                      " GiB, which could not be allocated");
  fail(op, ": ", what, " of shape ", shape, " could not be made: ", words);
}

Tensor contiguous(const char* op, const char* what, const Tensor& tensor) {
  return allocated(op, what, shape_of(tensor), static_cast<int64_t>(tensor.element_size()),
                   [&] { return torch::stable::contiguous(tensor); });
}

void check_same_device(const char* op, const char* name, const Tensor& tensor, const Tensor& target) {
  TORCHTALLY_CHECK_VALUE(tensor.is_cpu() == target.is_cpu() && tensor.get_device_index() == target.get_device_index(),
                         op, ": ", name, " must be on the device of target, ", device_text(target), ", got ",
                         device_text(tensor));
}

}  // namespace torchtally
