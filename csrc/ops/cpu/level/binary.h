// Two classes: bits are counted. Included by level/kernels.cpp alone, inside
// its unnamed namespace (see labels.h).

// Codes 0 and 1, 2 out of range; any other target is ignored.
struct BinaryCounts {
  int64_t blocks = 0;  // that held nothing but 0 and 1
  int64_t ones_target = 0;
  int64_t ones_preds = 0;
  int64_t ones_both = 0;

  // Adds 64 pixels that hold nothing but 0 and 1.
  ALWAYS_INLINE void add(const Block& target, const Block& preds) {
    const uint64_t one_target = target.odd();
    const uint64_t one_preds = preds.odd();
    ++blocks;
    ones_target += __builtin_popcountll(one_target);
    ones_preds += __builtin_popcountll(one_preds);
    ones_both += __builtin_popcountll(one_target & one_preds);
  }

  ALWAYS_INLINE void flush(const ByteTable& table) const {
    table.counts[0] += static_cast<uint32_t>(64 * blocks - ones_target - ones_preds + ones_both);
    table.counts[1] += static_cast<uint32_t>(ones_preds - ones_both);
    table.counts[table.row] += static_cast<uint32_t>(ones_target - ones_both);
    table.counts[table.row + 1] += static_cast<uint32_t>(ones_both);
  }
};

// Adds 64 pixels of any codes.
void add_block(const Block& target, const Block& preds, const ByteTable& table) {
  for (uint8_t row = 0; row < 3; ++row) {
    const uint64_t is_row = target.equals(row);
    for (uint8_t column = 0; column < 3; ++column) {
      table.counts[row * table.row + column] +=
          static_cast<uint32_t>(__builtin_popcountll(is_row & preds.equals(column)));
    }
  }
}

void add_binary(const uint8_t* target, const uint8_t* preds, int64_t n, const ByteTable& table) {
  BinaryCounts counts;
  for (int64_t i = 0; i < n; i += 64) {
    const Block t = Block::load(target + i);
    const Block p = Block::load(preds + i);
    if (__builtin_expect(Block::any_above_one(t, p), 0)) {
      add_block(t, p, table);
    } else {
      counts.add(t, p);
    }
  }
  counts.flush(table);
}

// n codes of a row, at most 64; the rest of the block is `fill`.
ALWAYS_INLINE Block read_block(LabelRow row, int64_t begin, int64_t n, uint8_t fill) {
  alignas(64) uint8_t codes[64];
  memset(codes, fill, 64);
  row.labels = static_cast<const uint8_t*>(row.labels) + begin;
  row.n = n;
  read_labels(row, codes);
  return Block::load(codes);
}

// Labels of 0 and 1 are their own codes; where there are others, a block of codes is made. Nothing is asked for ahead:
// the hardware keeps up with bytes, and asking as well took longer.
void add_binary_labels(const LabelRow& target, const LabelRow& preds, const ByteTable& table) {
  const uint8_t* const targets = static_cast<const uint8_t*>(target.labels);
  const uint8_t* const predictions = static_cast<const uint8_t*>(preds.labels);
  const int64_t n = target.n;
  const auto add_codes = [&](int64_t i, int64_t count) {
    const uint8_t ignored = static_cast<uint8_t>(target.out_of_range + 1);
    add_block(read_block(target, i, count, ignored), read_block(preds, i, count, 0), table);
  };
  BinaryCounts counts;
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    const Block t = Block::load(targets + i);
    const Block p = Block::load(predictions + i);
    if (__builtin_expect(Block::any_above_one(t, p), 0)) {
      add_codes(i, 64);
    } else {
      counts.add(t, p);
    }
  }
  if (i < n) {
    add_codes(i, n - i);
  }
  counts.flush(table);
}
