// Runs CUDA device code on the CPU, unchanged. Every CUDA thread is a fiber of the one calling thread, so a run is
// deterministic, cheap, and knows of every thread what it waits for.
//
// Only what the kernels use exists, in one dimension. __shared__ is left undefined on purpose: all shared memory is
// dynamic, of the exact size that was asked for, and filled with a pattern, so that a missing clear or an index past
// the end shows. Memory order: __syncthreads and __syncwarp order memory, shuffles do not, atomics are relaxed. A
// thread that waits where the others never arrive, or in a shuffle that does not name it, is an error.
//
// Under ThreadSanitizer every fiber is a thread of its own, and only what orders memory on the device orders it here:
// switches between fibers do not. Blocks are unordered among themselves, hence two alternating pools of fibers, shared
// memory and barriers of their own for every block, and nothing freed before the launch ends.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__

// Code of the emulator itself, which the sanitizers must not see.
#define TORCHTALLY_EMULATOR __attribute__((no_sanitize_thread, no_sanitize_address, noinline))

#if defined(__SANITIZE_THREAD__)
extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* object);
void __tsan_release(void* object);
}
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

using cudaStream_t = void*;
using cudaError_t = int;  // what goes wrong here is thrown
inline constexpr cudaError_t cudaSuccess = 0;

namespace torchtally::cuda {

struct Launch {
  int64_t grid;
  int32_t threads;
  int64_t shared_bytes;
  cudaStream_t stream = nullptr;
};

namespace emulation {

inline constexpr size_t kStackBytes = size_t{256} << 10;
inline constexpr unsigned kMaxBlock = 1024;
inline constexpr unsigned kWarpLanes = 32;
inline constexpr int kPoison = 0xA5;

struct Index {
  unsigned x;
};

enum class State : uint8_t { kReady, kAtBarrier, kInShuffle, kExited };

struct Fiber {
  ucontext_t context{};
  void* stack = nullptr;
  void* tsan = nullptr;       // ThreadSanitizer's thread
  void* asan_fake = nullptr;  // AddressSanitizer's stack for use after return
  unsigned thread = 0;
  State state = State::kExited;
  int line = 0;                                       // of what it waits at
  uint32_t mask = 0;                                  // of the shuffle: its lanes
  unsigned source = 0;                                // of the shuffle: the lane whose value it takes
  uint32_t given = 0;                                 // to the shuffle
  uint32_t received = 0;                              // from it
  unsigned warp_phase = 0;                            // of __syncwarp
  std::vector<std::pair<void*, const void*>> copies;  // on their way to shared memory
};

// What one block owns until its launch ends.
struct BlockMemory {
  std::unique_ptr<char, void (*)(void*)> shared{nullptr, std::free};
  // ThreadSanitizer's objects, one a phase: they only lend their addresses.
  char barriers[2] = {};
  char warp_barriers[kMaxBlock / kWarpLanes][2] = {};
};

struct Machine {
  std::vector<Fiber> pools[2];
  Fiber* fibers = nullptr;   // of the running block
  Fiber* current = nullptr;  // nullptr: the scheduler
  ucontext_t scheduler{};
  void* scheduler_tsan = nullptr;
  void* scheduler_fake = nullptr;
  const void* scheduler_stack = nullptr;
  size_t scheduler_stack_bytes = 0;

  Index grid{}, block{}, block_index{};
  const std::function<void()>* kernel = nullptr;
  std::vector<std::unique_ptr<BlockMemory>> memory;
  char* shared = nullptr;  // of the running block, as `barriers`
  char* barriers = nullptr;
  char (*warp_barriers)[2] = nullptr;
  unsigned phase = 0;
  std::map<const void*, int64_t> launches;  // by kernel
  uint32_t order = 0;                       // 0: threads run in the order of their index; else the seed of a shuffle
  char begin = 0, end = 0;                  // ThreadSanitizer's objects between host and kernel
};

inline Machine machine;

TORCHTALLY_EMULATOR inline void acquire([[maybe_unused]] void* object) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(object);
#endif
}

TORCHTALLY_EMULATOR inline void release([[maybe_unused]] void* object) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(object);
#endif
}

TORCHTALLY_EMULATOR inline void switch_to_scheduler() {
  Fiber* const self = machine.current;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(self->state == State::kExited ? nullptr : &self->asan_fake, machine.scheduler_stack,
                                 machine.scheduler_stack_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(machine.scheduler_tsan, 1);  // 1: a switch that orders nothing
#endif
  swapcontext(&self->context, &machine.scheduler);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(self->asan_fake, &machine.scheduler_stack, &machine.scheduler_stack_bytes);
#endif
}

TORCHTALLY_EMULATOR inline void switch_to(Fiber& fiber) {
  machine.current = &fiber;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&machine.scheduler_fake, fiber.stack, kStackBytes);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(fiber.tsan, 1);
#endif
  swapcontext(&machine.scheduler, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(machine.scheduler_fake, nullptr, nullptr);
#endif
  machine.current = nullptr;
}

TORCHTALLY_EMULATOR inline void run_thread() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &machine.scheduler_stack, &machine.scheduler_stack_bytes);
#endif
  acquire(&machine.begin);
  machine.current->copies.clear();
  (*machine.kernel)();
  release(&machine.end);
  machine.current->state = State::kExited;
  switch_to_scheduler();
}

TORCHTALLY_EMULATOR inline void wait_at_barrier(int line) {
  Fiber& self = *machine.current;
  self.state = State::kAtBarrier;
  self.line = line;
  char* const barrier = machine.barriers + machine.phase;
  release(barrier);
  switch_to_scheduler();
  acquire(barrier);
}

TORCHTALLY_EMULATOR inline uint32_t wait_in_shuffle(uint32_t mask, uint32_t value, unsigned source, int line) {
  Fiber& self = *machine.current;
  self.state = State::kInShuffle;
  self.mask = mask;
  self.given = value;
  self.source = source;
  self.line = line;
  switch_to_scheduler();
  return self.received;
}

// Lanes of a full warp meet as in a shuffle of their own values, which orders memory as well.
TORCHTALLY_EMULATOR inline void wait_for_warp(int line) {
  Fiber& self = *machine.current;
  char* const barrier = &machine.warp_barriers[self.thread / kWarpLanes][self.warp_phase];
  self.warp_phase ^= 1;
  release(barrier);
  wait_in_shuffle(0xffffffffU, 0, self.thread % kWarpLanes, line);
  acquire(barrier);
}

[[noreturn]] TORCHTALLY_EMULATOR inline void fail(const Fiber& fiber, const std::string& what) {
  throw std::runtime_error("block " + std::to_string(machine.block_index.x) + ", thread " +
                           std::to_string(fiber.thread) + ", line " + std::to_string(fiber.line) + ": " + what);
}

// Whether every lane that a waiting thread names waits in the same shuffle.
TORCHTALLY_EMULATOR inline bool shuffle_is_complete(const Fiber& waiting) {
  const unsigned first = waiting.thread / kWarpLanes * kWarpLanes;
  if ((waiting.mask >> (waiting.thread - first) & 1) == 0) {
    fail(waiting, "a shuffle whose mask leaves its own lane out");
  }
  if ((waiting.mask >> waiting.source & 1) == 0) {
    fail(waiting, "a shuffle reads lane " + std::to_string(waiting.source) + ", which its mask leaves out");
  }
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if ((waiting.mask >> lane & 1) == 0) {
      continue;
    }
    if (first + lane >= machine.block.x || machine.fibers[first + lane].state == State::kExited) {
      fail(waiting, "a shuffle waits for lane " + std::to_string(lane) + ", which has exited");
    }
    const Fiber& other = machine.fibers[first + lane];
    if (other.state != State::kInShuffle || other.mask != waiting.mask || other.line != waiting.line) {
      return false;
    }
  }
  return true;
}

// Ends the shuffles that every lane of theirs has reached. Returns whether there was one.
TORCHTALLY_EMULATOR inline bool end_shuffles() {
  bool any = false;
  for (unsigned i = 0; i < machine.block.x; ++i) {
    Fiber* const warp = machine.fibers + i / kWarpLanes * kWarpLanes;
    const uint32_t mask = machine.fibers[i].mask;
    if (machine.fibers[i].state != State::kInShuffle || !shuffle_is_complete(machine.fibers[i])) {
      continue;
    }
    for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
      if ((mask >> lane & 1) != 0) {
        warp[lane].received = warp[warp[lane].source].given;
        warp[lane].state = State::kReady;
      }
    }
    any = true;
  }
  return any;
}

// Lets every waiting thread pass, or throws where they wait at different places. A thread that has exited counts as
// arrived, as on the device. Returns false where all have exited.
TORCHTALLY_EMULATOR inline bool open_barrier() {
  const Fiber* first = nullptr;
  for (unsigned i = 0; i < machine.block.x; ++i) {
    const Fiber& fiber = machine.fibers[i];
    if (fiber.state == State::kInShuffle) {
      fail(fiber, "a shuffle that not all of its lanes reach");
    }
    if (fiber.state != State::kAtBarrier) {
      continue;
    }
    if (first == nullptr) {
      first = &fiber;
    } else if (fiber.line != first->line) {
      fail(fiber, "divergent __syncthreads: thread " + std::to_string(first->thread) + " waits in line " +
                      std::to_string(first->line));
    }
  }
  for (unsigned i = 0; i < machine.block.x; ++i) {
    Fiber& fiber = machine.fibers[i];
    fiber.state = fiber.state == State::kAtBarrier ? State::kReady : fiber.state;
  }
  machine.phase ^= 1;
  return first != nullptr;
}

TORCHTALLY_EMULATOR inline void run_block() {
  std::vector<unsigned> order(machine.block.x);
  for (unsigned i = 0; i < machine.block.x; ++i) {
    order[i] = i;
  }
  uint32_t random = machine.order + machine.block_index.x;
  do {
    for (unsigned i = machine.block.x - 1; machine.order != 0 && i > 0; --i) {
      random = random * 1664525U + 1013904223U;
      std::swap(order[i], order[(random >> 8) % (i + 1)]);
    }
    for (const unsigned i : order) {
      if (machine.fibers[i].state == State::kReady) {
        switch_to(machine.fibers[i]);
      }
    }
  } while (end_shuffles() || open_barrier());
}

// Makes a fiber start the kernel as a thread of the next block.
TORCHTALLY_EMULATOR inline void prepare_fiber(Fiber& fiber, unsigned thread) {
  if (fiber.stack == nullptr) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* const stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (stack == MAP_FAILED) {
      throw std::bad_alloc();
    }
    fiber.stack = stack;
#if defined(__SANITIZE_THREAD__)
    fiber.tsan = __tsan_create_fiber(0);
#endif
  }
  fiber.thread = thread;
  fiber.state = State::kReady;
  fiber.asan_fake = nullptr;
  fiber.warp_phase = 0;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, run_thread, 0);
}

TORCHTALLY_EMULATOR inline void prepare_block(unsigned block, int64_t shared_bytes) {
  auto memory = std::make_unique<BlockMemory>();
  void* shared = nullptr;
  const size_t bytes = static_cast<size_t>(shared_bytes);
  if (posix_memalign(&shared, 16, bytes == 0 ? 1 : bytes) != 0) {
    throw std::bad_alloc();
  }
  memory->shared.reset(static_cast<char*>(shared));
  for (size_t i = 0; i < bytes; ++i) {
    static_cast<char*>(shared)[i] = static_cast<char>(kPoison);
  }
  machine.shared = memory->shared.get();
  machine.barriers = memory->barriers;
  machine.warp_barriers = memory->warp_barriers;
  machine.memory.push_back(std::move(memory));
  machine.block_index = {block};
  machine.phase = 0;

  std::vector<Fiber>& pool = machine.pools[block & 1];
  pool.resize(kMaxBlock);
  machine.fibers = pool.data();
  for (unsigned i = 0; i < machine.block.x; ++i) {
    prepare_fiber(pool[i], i);
  }
}

TORCHTALLY_EMULATOR inline void run_grid(const Launch& at, const std::function<void()>& kernel) {
  if (at.grid < 1 || at.grid > 0x7fffffff || at.threads < 1 || at.threads > int32_t{kMaxBlock}) {
    throw std::runtime_error("invalid launch: grid " + std::to_string(at.grid) + ", threads " +
                             std::to_string(at.threads));
  }
  machine.grid = {static_cast<unsigned>(at.grid)};
  machine.block = {static_cast<unsigned>(at.threads)};
  machine.kernel = &kernel;
#if defined(__SANITIZE_THREAD__)
  machine.scheduler_tsan = __tsan_get_current_fiber();
#endif
  struct FreeAtEnd {
    ~FreeAtEnd() {
      acquire(&machine.end);
      machine.memory.clear();
    }
  } const free_at_end;
  for (unsigned block = 0; block < machine.grid.x; ++block) {
    prepare_block(block, at.shared_bytes);
    release(&machine.begin);
    run_block();
  }
}

TORCHTALLY_EMULATOR inline Index thread_index() { return {machine.current->thread}; }
TORCHTALLY_EMULATOR inline void* shared_memory() { return machine.shared; }

}  // namespace emulation

inline float approximate_exp2(float x) { return std::exp2(x); }
inline float approximate_log2(float x) { return std::log2(x); }
inline uint64_t wide_product(uint32_t x, uint32_t y) { return uint64_t{x} * y; }
inline float approximate_reciprocal(float x) { return 1.0F / x; }

// Arrives as late as it may.
inline void copy_to_shared(void* to, const void* from) {
  if (reinterpret_cast<uintptr_t>(to) % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) {
    throw std::runtime_error("copy_to_shared: an address is not a multiple of 16");
  }
  emulation::machine.current->copies.emplace_back(to, from);
}
inline void wait_for_copies() {
  for (const auto& [to, from] : emulation::machine.current->copies) {
    std::memcpy(to, from, 16);
  }
  emulation::machine.current->copies.clear();
}

template <class... Params, class... Arguments>
cudaError_t launch(const Launch& at, void (*kernel)(Params...), const Arguments&... arguments) {
  ++emulation::machine.launches[reinterpret_cast<const void*>(kernel)];
  emulation::run_grid(at, [&] { kernel(arguments...); });
  return cudaSuccess;
}

}  // namespace torchtally::cuda

#define TORCHTALLY_DYNAMIC_SHARED(type, name) \
  type* const name = static_cast<type*>(::torchtally::cuda::emulation::shared_memory())

#define threadIdx (::torchtally::cuda::emulation::thread_index())
#define blockIdx (::torchtally::cuda::emulation::machine.block_index)
#define blockDim (::torchtally::cuda::emulation::machine.block)
#define gridDim (::torchtally::cuda::emulation::machine.grid)

inline void __syncthreads(int line = __builtin_LINE()) { torchtally::cuda::emulation::wait_at_barrier(line); }

inline void __syncwarp(int line = __builtin_LINE()) { torchtally::cuda::emulation::wait_for_warp(line); }

inline uint32_t __shfl_xor_sync(unsigned mask, uint32_t value, int lanes, int line = __builtin_LINE()) {
  const unsigned source = threadIdx.x % 32 ^ static_cast<unsigned>(lanes);
  return torchtally::cuda::emulation::wait_in_shuffle(mask, value, source, line);
}

inline unsigned __dp4a(unsigned a, unsigned b, unsigned sum) {
  for (int byte = 0; byte < 32; byte += 8) {
    sum += (a >> byte & 255) * (b >> byte & 255);
  }
  return sum;
}

template <class T>
T atomicAdd(T* at, T value) {
  static_assert(std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>, "CUDA has no such atomicAdd");
  return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
}

namespace torchtally::cuda {

inline uint32_t kept_in_register(uint32_t value) { return value; }

class SharedCounters {
 public:
  SharedCounters() = default;
  explicit SharedCounters(uint32_t* words) : words_(words) {}
  void increment(uint32_t index) const { atomicAdd(words_ + index, 1U); }

 private:
  uint32_t* words_ = nullptr;
};

}  // namespace torchtally::cuda
