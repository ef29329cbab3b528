// How the headers reach the ops: typed calls through torch's dispatcher, compiled in the caller's own unit against the
// caller's torch. The op library itself is on the stable ABI and serves every torch from 2.10 on.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/Exception.h>

#include <string>

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

}  // namespace torchtally::detail
