#include "ops/cpu/huge_pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace torchtally::cpu {

void prefer_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr intptr_t kHugePage = intptr_t{2} << 20;
  constexpr int64_t kFewest = 4;  // huge pages that are worth a system call
  const intptr_t begin = (reinterpret_cast<intptr_t>(data) + kHugePage - 1) / kHugePage * kHugePage;
  const intptr_t end = (reinterpret_cast<intptr_t>(data) + bytes) / kHugePage * kHugePage;
  if (end - begin >= kFewest * kHugePage) {
    // An answer that it cannot be done changes nothing.
    (void)madvise(reinterpret_cast<void*>(begin), static_cast<size_t>(end - begin), MADV_HUGEPAGE);
  }
#endif
}

}  // namespace torchtally::cpu
