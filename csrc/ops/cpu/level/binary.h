// Two classes: bits are counted. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

// Codes 0 and 1, 2 out of range; any other target is ignored.
void add_binary(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table) {
  int64_t blocks = 0;  // that hold nothing but 0 and 1
  int64_t ones_target = 0;
  int64_t ones_preds = 0;
  int64_t ones_both = 0;
  for (int64_t i = 0; i < n; i += 64) {
    const Block t = Block::load(target + i);
    const Block p = Block::load(preds + i);
    if (__builtin_expect(Block::any_above_one(t, p), 0)) {
      for (uint8_t row = 0; row < 3; ++row) {
        const uint64_t is_row = t.equals(row);
        for (uint8_t column = 0; column < 3; ++column) {
          table.counts[row * table.row + column] +=
              static_cast<uint32_t>(__builtin_popcountll(is_row & p.equals(column)));
        }
      }
      continue;
    }
    const uint64_t one_target = t.odd();
    const uint64_t one_preds = p.odd();
    ++blocks;
    ones_target += __builtin_popcountll(one_target);
    ones_preds += __builtin_popcountll(one_preds);
    ones_both += __builtin_popcountll(one_target & one_preds);
  }
  table.counts[0] += static_cast<uint32_t>(64 * blocks - ones_target - ones_preds + ones_both);
  table.counts[1] += static_cast<uint32_t>(ones_preds - ones_both);
  table.counts[table.row] += static_cast<uint32_t>(ones_target - ones_both);
  table.counts[table.row + 1] += static_cast<uint32_t>(ones_both);
}
