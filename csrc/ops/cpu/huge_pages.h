// Fewer page faults for large outputs.
#pragma once

#include <cstdint>

namespace torchtally::cpu {

// Asks for huge pages under memory that is about to be written for the first time. Where an output comes straight from
// the system, faulting its pages in one by one takes longer than computing what is written. Does nothing for a small
// output, or where the system has no such request.
void prefer_huge_pages(void* data, int64_t bytes);

}  // namespace torchtally::cpu
