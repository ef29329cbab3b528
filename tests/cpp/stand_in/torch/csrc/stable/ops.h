// Stands in for the header of torch: parallel_for on threads of its own, whose number the test sets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace torch::stable {

inline uint32_t threads_of_test = 1;

inline uint32_t get_num_threads() { return threads_of_test; }

template <class F>
void parallel_for(int64_t begin, int64_t end, int64_t grain, const F& f) {
  const int64_t parts = std::min<int64_t>(threads_of_test, (end - begin + grain - 1) / grain);
  if (parts <= 1) {
    f(begin, end);
    return;
  }
  const int64_t length = (end - begin + parts - 1) / parts;
  std::vector<std::thread> threads;
  for (int64_t first = begin; first < end; first += length) {
    threads.emplace_back([&f, first, last = std::min(first + length, end)] { f(first, last); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace torch::stable
