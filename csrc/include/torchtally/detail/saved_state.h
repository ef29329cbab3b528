// What a metric saves, and what it takes out of what was saved; python/torchtally/metrics/_saved.py, word for word.
#pragma once

#include <torchtally/detail/state.h>

#include <map>

namespace torchtally::detail {

using NamedTensors = std::map<std::string, at::Tensor>;

inline constexpr const char* kStateNames[] = {"counts", "invalid", "sums"};
inline constexpr const char* kOptionsName = "_extra_state";

// Throws unless a tensor may take the place of another; `what` names it in the message.
inline void check_counts(const std::string& what, const at::Tensor& given, const at::Tensor& wanted, bool samples,
                         bool sums) {
  TORCH_CHECK_VALUE(
      given.defined() && given.scalar_type() == at::kLong && given.dim() == wanted.dim() &&
          given.sizes().slice(samples) == wanted.sizes().slice(samples),
      what, " must be int64 of shape ", shape_text(wanted), samples ? " beside the samples" : "", ", got ",
      given.defined() ? text_of(given.scalar_type()) + " " + shape_text(given) : std::string("an undefined one"));
  const at::Tensor numbers = sums ? given.slice(1, 2) : given;  // high and low parts have a sign
  if (numbers.numel() > 0 && !numbers.is_meta()) {
    const int64_t least = numbers.min().item<int64_t>();
    TORCH_CHECK_VALUE(least >= 0, what, " must not be negative, got ", least);
  }
}

// Tensors of a state as a metric may keep them, or throws; nothing is changed. `prefix` begins the messages.
inline State checked_state(const std::string& prefix, const CountState& own, const State& given) {
  const State now = own.collected();
  State loaded;
  for (size_t i = 0; i < now.size(); ++i) {
    check_counts(prefix + kStateNames[i], given[i], now[i], i == 0 && own.keep() == Keep::kSamples, i == 2);
  }
  for (size_t i = 0; i < now.size(); ++i) {
    loaded.push_back(given[i].to(now[i].device(), at::kLong, /*non_blocking=*/false, /*copy=*/true).contiguous());
  }
  return loaded;
}

inline NamedTensors saved_state(const CountState& own, const std::string& options) {
  NamedTensors saved;
  const State state = own.collected();
  for (size_t i = 0; i < state.size(); ++i) {
    saved[kStateNames[i]] = state[i].clone();
  }
  const at::Tensor text = at::empty({static_cast<int64_t>(options.size())}, at::kByte);
  std::copy(options.begin(), options.end(), text.mutable_data_ptr<uint8_t>());
  saved[kOptionsName] = text;
  return saved;
}

// The state that was saved, or throws; nothing is changed.
inline State loaded_state(const CountState& own, const std::string& options, const NamedTensors& saved) {
  const std::string& op = own.labels().counting.op;
  std::vector<std::string> names(std::begin(kStateNames), std::begin(kStateNames) + own.collected().size());
  names.emplace_back(kOptionsName);
  std::string all, missing;
  for (const std::string& name : names) {
    all += (all.empty() ? "" : ", ") + name;
    missing += saved.count(name) > 0 ? "" : (missing.empty() ? "" : ", ") + name;
  }
  TORCH_CHECK_VALUE(missing.empty(), op, ": the saved state must hold ", all, ", lacks ", missing);
  const at::Tensor& text = saved.at(kOptionsName);
  std::string written = text.defined() ? text_of(text.scalar_type()) : "an undefined one";
  if (text.defined() && text.scalar_type() == at::kByte && !text.is_meta()) {
    const at::Tensor bytes = text.to(at::kCPU).contiguous();
    const auto* const data = bytes.const_data_ptr<uint8_t>();
    written.assign(data, data + bytes.numel());
  }
  TORCH_CHECK_VALUE(written == options, op, ": the saved state must be counted with the same options, ", options,
                    ", got ", written);
  State given;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    given.push_back(saved.at(names[i]));
  }
  return checked_state(op + ": ", own, given);
}

}  // namespace torchtally::detail
