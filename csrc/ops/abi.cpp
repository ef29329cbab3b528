// The one symbol that C++ callers link to: csrc/include/torchtally/detail/ops.h refers to it, so that no linker
// drops a library whose ops only register themselves.
#include "common/export.h"

extern "C" TORCHTALLY_API int torchtally_abi_version();

extern "C" int torchtally_abi_version() { return 1; }
