#include "cases.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

namespace torchtally::test {
namespace {

uint64_t low_bytes(uint64_t raw, int64_t bytes) { return bytes == 8 ? raw : raw & ((uint64_t{1} << 8 * bytes) - 1); }

int64_t signed_value(uint64_t raw, int64_t bytes) {
  const int64_t unused = 64 - 8 * bytes;
  return static_cast<int64_t>(raw << unused) >> unused;
}

uint64_t raw_label(uint64_t raw, Element element) { return element == Element::kBool ? raw != 0 : raw; }

// A class, or now and then something else: 255 where calm, so that wide labels all fit a byte.
uint64_t random_label(Random& random, Element element, int64_t num_classes, bool calm) {
  if (element == Element::kBool) {
    return random.one_in(2) ? 0 : static_cast<uint64_t>(random.of<int64_t>({1, 1, 255, 7}));
  }
  const int64_t bytes = bytes_of(element);
  const uint64_t top = uint64_t{1} << (8 * bytes - 1);
  const uint64_t classes = static_cast<uint64_t>(num_classes);
  const uint64_t rare = calm ? 255
                             : random.of<uint64_t>({classes, classes + 1, ~uint64_t{0}, 254, 255, 256, 300, top,
                                                    top - 1, random.bits(), uint64_t{1} << 16, uint64_t{1} << 32});
  return low_bytes(random.one_in(16) ? rare : static_cast<uint64_t>(random.below(num_classes)), bytes);
}

}  // namespace

uint64_t Random::bits() {  // splitmix64
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double score_of(uint64_t raw, Element element) {
  if (element == Element::kDouble) {
    return std::bit_cast<double>(raw);
  }
  if (element == Element::kFloat) {
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(raw)));
  }
  if (element == Element::kBFloat16) {
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(raw << 16)));
  }
  const double sign = (raw & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = static_cast<int>(raw >> 10 & 0x1f);
  const double fraction = static_cast<double>(raw & 0x3ff);
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  }
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

Buffer::Buffer(Element element, int64_t elements)
    : width_(bytes_of(element)),
      raw_(static_cast<size_t>(elements)),
      bytes_(new unsigned char[static_cast<size_t>(elements * width_)]) {}

void Buffer::set(int64_t index, uint64_t raw) {
  raw_[static_cast<size_t>(index)] = raw;
  unsigned char* const to = bytes_.get() + index * width_;
  const auto store = [&](auto value) { std::memcpy(to, &value, sizeof(value)); };
  switch (width_) {
    case 1:
      return store(static_cast<uint8_t>(raw));
    case 2:
      return store(static_cast<uint16_t>(raw));
    case 4:
      return store(static_cast<uint32_t>(raw));
    default:
      return store(raw);
  }
}

Buffer random_labels(Random& random, Element element, int64_t elements, int64_t num_classes, int64_t run) {
  Buffer buffer(element, elements);
  const bool calm = random.one_in(2);
  uint64_t label = 0;
  for (int64_t i = 0; i < elements; ++i) {
    label = i % run == 0 ? random_label(random, element, num_classes, calm) : label;
    buffer.set(i, label);
  }
  return buffer;
}

uint64_t random_ignored(Random& random, Element element, int64_t num_classes) {
  const bool usual = element != Element::kBool && random.one_in(3);
  return usual ? 255 : raw_label(random_label(random, element, num_classes, false), element);
}

Buffer random_scores(Random& random, Element element, int64_t elements) {
  const auto with = [&](uint64_t half, uint64_t bfloat16, float single, double value) {
    return element == Element::kHalf       ? half
           : element == Element::kBFloat16 ? bfloat16
           : element == Element::kFloat    ? std::bit_cast<uint32_t>(single)
                                           : std::bit_cast<uint64_t>(value);
  };
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<uint64_t> values = {
      with(0, 0, 0.0f, 0.0),
      with(0x8000, 0x8000, -0.0f, -0.0),
      with(0x3c00, 0x3f80, 1.0f, 1.0),
      with(0xbc00, 0xbf80, -1.0f, -1.0),
      with(0x7c00, 0x7f80, inf, inf),
      with(0xfc00, 0xff80, -inf, -inf),
      with(0x7e00, 0x7fc0, nan, nan),
      with(0xfe01, 0xffc1, -nan, -nan),
      with(0x0001, 0x0001, 1e-45f, 5e-324),
      with(0x8001, 0x8001, -1e-45f, -5e-324),
      with(0x7bff, 0x7f7f, 3.4e38f, 1.7e308),
  };
  const int64_t mood = random.below(3);  // any bits, few values, or nearly only ties
  Buffer buffer(element, elements);
  for (int64_t i = 0; i < elements; ++i) {
    const bool any = mood == 0 ? !random.one_in(4) : mood == 2 && random.one_in(40);
    const uint64_t few = mood == 2 ? values[static_cast<size_t>(random.below(3))] : random.of(values);
    buffer.set(i, any ? low_bytes(random.bits(), bytes_of(element)) : few);
  }
  return buffer;
}

uint64_t last_class(Element element, bool is_signed, int64_t num_classes) {
  const int64_t bits = 8 * bytes_of(element) - (is_signed ? 1 : 0);
  const uint64_t largest = element == Element::kBool ? 1 : low_bytes(~uint64_t{0}, 8) >> (64 - bits);
  return std::min(largest, static_cast<uint64_t>(num_classes - 1));
}

Code code_of(uint64_t raw, Element element, bool is_signed, int64_t num_classes) {
  const uint64_t label = raw_label(raw, element);
  const bool negative = is_signed && signed_value(raw, bytes_of(element)) < 0;
  return static_cast<Code>(negative || label >= static_cast<uint64_t>(num_classes) ? static_cast<uint64_t>(num_classes)
                                                                                   : label);
}

bool is_ignored(uint64_t raw, Element element, const uint64_t* ignore, int32_t num_ignore) {
  return std::find(ignore, ignore + num_ignore, raw_label(raw, element)) != ignore + num_ignore;
}

}  // namespace torchtally::test
