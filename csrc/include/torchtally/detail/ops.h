// How the headers reach the ops: typed calls through torch's dispatcher, compiled in the caller's own unit against the
// caller's torch. The op library itself is on the stable ABI and serves every torch from 2.10 on.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <torchtally/detail/messages.h>

// Of the op library. Nothing else in it is called by name, so this reference is what makes a linker keep it.
extern "C" int torchtally_abi_version();
#if defined(TORCHTALLY_WITH_CUDA)
// Of the CUDA library, for the same reason; find_package(TorchTally) defines the macro where it links that library.
extern "C" int torchtally_cuda_abi_version();
#endif

namespace torchtally::detail {

// What these headers know of the ops: the number grows when an op changes its schema, which it may only under another
// name (see docs/abi.md), or when one is added that the headers call.
inline constexpr int kAbiVersion = 1;

// Initialised wherever a header is included, so that the library is there even for a program that reaches its ops only
// through an AOTInductor package.
inline const int loaded_abi_version = torchtally_abi_version();
#if defined(TORCHTALLY_WITH_CUDA)
inline const int loaded_cuda_abi_version = torchtally_cuda_abi_version();
#endif

// The op torchtally::<name>, by the C++ signature of its schema.
template <class Signature>
c10::TypedOperatorHandle<Signature> find_op(const char* name) {
  TORCH_CHECK(loaded_abi_version >= kAbiVersion, "torchtally: the headers need version ", kAbiVersion,
              " of the op library, and version ", loaded_abi_version,
              " is loaded; build and run against one torchtally");
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow((std::string("torchtally::") + name).c_str(), "")
      .typed<Signature>();
}

// Calls an op in the name of an operation: what the op finds wrong with its arguments is thrown as torch's errors are.
template <class Call>
auto call_op(const std::string& name, Call&& call) {
  const auto words = [&](const std::exception& error) {
    const std::string text = error.what();
    return name + text.substr(std::min(text.find(": "), text.size()));
  };
  try {
    return call();
  } catch (const WrongType& error) {
    TORCH_CHECK_TYPE(false, words(error));
  } catch (const WrongValue& error) {
    TORCH_CHECK_VALUE(false, words(error));
  } catch (const NoMemory& error) {
    TORCH_CHECK_WITH(OutOfMemoryError, false, words(error));
  }
}

// The ops know of no undefined tensor.
inline void check_defined(const std::string& name, const char* argument, const at::Tensor& tensor) {
  TORCH_CHECK_TYPE(tensor.defined(), name, ": ", argument, " must be a tensor, got an undefined one");
}

// As Python writes it: torch.sparse_coo.
inline const char* layout_text(at::Layout layout) {
  switch (layout) {
    case at::kSparse:
      return "torch.sparse_coo";
    case at::kSparseCsr:
      return "torch.sparse_csr";
    case at::kSparseCsc:
      return "torch.sparse_csc";
    case at::kSparseBsr:
      return "torch.sparse_bsr";
    case at::kSparseBsc:
      return "torch.sparse_bsc";
    default:
      return "torch._mkldnn";
  }
}

// The ops know of no undefined, sparse, nested or quantized tensor.
inline void check_dense(const std::string& name, const std::string& argument, const at::Tensor& tensor) {
  check_defined(name, argument.c_str(), tensor);
  TORCH_CHECK_TYPE(!tensor.is_nested(), name, ": ", argument,
                   " must be a dense tensor, got a nested one; pass its tensors one by one, or pad them and pass mask");
  TORCH_CHECK_TYPE(tensor.layout() == at::kStrided, name, ": ", argument, " must be a dense tensor, got layout ",
                   layout_text(tensor.layout()), "; pass ", argument, ".to_dense()");
  TORCH_CHECK_TYPE(!tensor.is_quantized(), name, ": ", argument, " must not be quantized, got torch.",
                   c10::getDtypeNames(tensor.scalar_type()).first, "; pass ", argument, ".dequantize() or ", argument,
                   ".int_repr()");
}

inline void check_device(const std::string& name, const char* argument, const at::Tensor& tensor,
                         const at::Tensor& target) {
  TORCH_CHECK_VALUE(tensor.device() == target.device(), name, ": ", argument, " must be on the device of target, ",
                    target.device(), ", got ", tensor.device());
}

// What has no gradient would otherwise keep none in silence. `rule` says where gradients go.
inline void check_constant(const std::string& name, const char* argument, const at::Tensor& tensor, const char* rule) {
  TORCH_CHECK_VALUE(!tensor.requires_grad() || !at::GradMode::is_enabled(), name, ": ", argument,
                    " must not require a gradient, which ", rule, "; pass ", argument, ".detach()");
}

// What is counted: a matrix [K, K] or class counts [3, K], each with the leading dimensions that the call keeps apart.
enum class Counted { kMatrix, kClasses };

// What a counting op is given, csrc/ops/confusion_matrix.cpp and class_counts.cpp.
struct CountCall {
  at::Tensor preds;
  at::Tensor target;
  std::optional<at::Tensor> mask;
  std::vector<int64_t> ignore_index;
  std::optional<std::vector<double>> threshold;
  bool logits = false;
  bool per_sample = false;
  bool per_label = false;
  bool other = false;
};

inline std::optional<at::ArrayRef<double>> thresholds(const CountCall& call) {
  return call.threshold.has_value() ? std::optional<at::ArrayRef<double>>(*call.threshold) : std::nullopt;
}

// (counts, invalid) of a batch. Counts are integers, so no autograd node is made for them.
inline std::tuple<at::Tensor, at::Tensor> count(const std::string& name, Counted counted, int64_t classes,
                                                const CountCall& c) {
  using Signature = std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&, int64_t,
                                                       const std::optional<at::Tensor>&, at::IntArrayRef,
                                                       std::optional<at::ArrayRef<double>>, bool, bool, bool, bool);
  static const auto matrix = find_op<Signature>("confusion_matrix");
  static const auto rows = find_op<Signature>("class_counts");
  const at::AutoDispatchBelowAutograd no_autograd;
  return call_op(name, [&] {
    return (counted == Counted::kMatrix ? matrix : rows)
        .call(c.preds, c.target, classes, c.mask, c.ignore_index, thresholds(c), c.logits, c.per_sample, c.per_label,
              c.other);
  });
}

// Adds a batch to counts and invalid.
inline void count_into(const std::string& name, Counted counted, const at::Tensor& counts, const at::Tensor& invalid,
                       const CountCall& c) {
  using Signature =
      void(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
           at::IntArrayRef, std::optional<at::ArrayRef<double>>, bool, bool, bool, bool);
  static const auto matrix = find_op<Signature>("confusion_matrix_");
  static const auto rows = find_op<Signature>("class_counts_");
  const at::AutoDispatchBelowAutograd no_autograd;
  call_op(name, [&] {
    (counted == Counted::kMatrix ? matrix : rows)
        .call(counts, invalid, c.preds, c.target, c.mask, c.ignore_index, thresholds(c), c.logits, c.per_sample,
              c.per_label, c.other);
  });
}

}  // namespace torchtally::detail
