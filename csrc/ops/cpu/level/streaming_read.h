// The floor that benchmarks compare with. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

uint64_t read_bytes(const void* data, int64_t bytes) {
  const char* const from = static_cast<const char*>(data);
  uint64_t sums[32] = {};
  int64_t i = 0;
  for (; i + 256 <= bytes; i += 256) {
    uint64_t words[32];
    memcpy(words, from + i, 256);
    for (int k = 0; k < 32; ++k) {
      sums[k] ^= words[k];
    }
  }
  uint64_t all = 0;
  for (int k = 0; k < 32; ++k) {
    all ^= sums[k];
  }
  for (; i < bytes; ++i) {
    all ^= static_cast<uint8_t>(from[i]);
  }
  return all;
}
