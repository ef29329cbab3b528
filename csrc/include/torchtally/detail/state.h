// The state that every metric shares: what it has counted, and how labels out of range end.
#pragma once

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torchtally/detail/streaming.h>

#include <atomic>

namespace torchtally::detail {

// What is kept: one count of everything; and integer sums over samples; or the counts of every sample, which grow.
enum class Keep { kTotal, kSums, kSamples };

// int64 tensors that add up over batches; counts of samples line up.
//   counts   [..., 3, K] or [..., K, K], for kSamples with the samples in front
//   invalid  [], or [L] of a multilabel task: pairs with a label out of range
//   sums     [E, 5], integer sums over samples; only for kSums
using State = std::vector<at::Tensor>;

template <class Function>
State each_of(const State& state, Function&& function) {
  State result;
  for (const at::Tensor& tensor : state) {
    result.push_back(function(tensor));
  }
  return result;
}

// Counts of no sample, [0, ...].
inline at::Tensor no_samples(const Counting& counting, Counted counted) {
  std::vector<int64_t> shape{0};
  if (counting.multilabel()) {
    shape.push_back(counting.num_classes);
  }
  shape.push_back(counted == Counted::kMatrix ? counting.output_classes() : 3);
  shape.push_back(counting.output_classes());
  return at::zeros(shape, at::kLong);
}

// Says once that nothing was counted. Several threads may call what is const, so it is atomic.
class Warning {
 public:
  Warning() = default;
  Warning(const Warning& other) : due_(other.due_.load()) {}
  Warning& operator=(const Warning& other) {
    due_ = other.due_.load();
    return *this;
  }
  ~Warning() = default;

  // Warns if a state holds nothing; the first that holds something is the last that is looked at.
  void look(const std::string& op, const State& state) {
    if (state[0].is_meta() || !due_.exchange(false)) {
      return;
    }
    if (!state[0].any().item<bool>()) {
      TORCH_WARN(op, ".compute: nothing is counted, because update() was not called, or every pixel was ignored");
    }
  }

 private:
  std::atomic<bool> due_{true};  // until something was counted, or it has warned
};

class CountState {
 public:
  // The means over samples are read off the counts.
  CountState(Labels labels, Counted counted, Keep keep, std::vector<StreamedMean> means = {})
      : labels_(std::move(labels)), counted_(counted), keep_(keep), means_(std::move(means)) {
    const at::Tensor none = no_samples(labels_.counting, counted);
    const at::Tensor total = none.sum(0);
    State state{keep == Keep::kSamples ? none : total, at::zeros_like(total.select(-1, 0).select(-1, 0))};
    if (keep == Keep::kSums) {
      state.push_back(sums_of(none));
    }
    load(std::move(state));
  }

  // A copy counts on its own.
  CountState(const CountState& other) : CountState(other.labels_, other.counted_, other.keep_, other.means_) {
    load(each_of(other.collected(), [](const at::Tensor& t) { return t.clone(); }));
    warning_ = other.warning_;
  }
  CountState(CountState&&) = default;
  CountState& operator=(const CountState& other) { return *this = CountState(other); }
  CountState& operator=(CountState&&) = default;
  ~CountState() = default;

  const Labels& labels() const { return labels_; }
  Counted counted() const { return counted_; }
  Keep keep() const { return keep_; }
  const std::vector<StreamedMean>& means() const { return means_; }

  // The sums [E, 5] of samples whose counts are [N, ...].
  at::Tensor sums_of(const at::Tensor& counts) const {
    std::vector<at::Tensor> sums;
    for (const StreamedMean& mean : means_) {
      sums.push_back(mean.of_samples(counts));
    }
    return at::cat(sums);
  }

  // Counts a batch. Never reads back from the device.
  void update(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask) {
    const auto check_state = [&](const at::Device& batch) {
      TORCH_CHECK_VALUE(batch == state_[0].device(), labels_.counting.op,
                        ": target must be on the device of the metric, ", state_[0].device(), ", got ", batch,
                        "; move the metric with .to('", batch, "')");
    };
    if (keep_ == Keep::kTotal && !labels_.maps.has_value() && labels_.top_k == 1) {  // the op adds to the state itself
      const Counting& counting = labels_.counting;
      const CountCall call = counting.call(preds, target, mask, false);
      check_state(target.device());
      count_into(counting.op, counted_, state_[0], state_[1], call);
      return;
    }
    auto [counts, invalid] = labels_.count(counted_, preds, target, mask, keep_ != Keep::kTotal, false);
    check_state(counts.device());
    if (keep_ == Keep::kTotal) {
      load(added(state_, {counts, invalid}));
      return;
    }
    // Sums cost some twenty small operations, so batches wait for each other.
    cells_waiting_ += counts.numel();
    waiting_.emplace_back(std::move(counts), std::move(invalid));
    if (keep_ == Keep::kSums && (cells_waiting_ > kMostCells || waiting_.size() > kMostBatches)) {
      load(collected());
    }
  }

  // Everything counted.
  State collected() const {
    if (waiting_.empty()) {
      return state_;
    }
    std::vector<at::Tensor> rows, pairs;
    for (const auto& [counts, invalid] : waiting_) {
      rows.push_back(counts);
      pairs.push_back(invalid);
    }
    const at::Tensor counts = at::cat(rows), invalid = at::cat(pairs).sum(0);
    return added(state_,
                 keep_ == Keep::kSums ? State{counts.sum(0), invalid, sums_of(counts)} : State{counts, invalid});
  }

  // Everything counted; throws for a label out of range where that is an error, and warns once where it is nothing.
  // Reads numbers back from the device.
  State without_fault() const {
    State state = collected();
    if (labels_.counting.out_of_range == OutOfRange::kError) {
      const int64_t bad = state[1].sum().item<int64_t>();
      TORCH_CHECK_VALUE(bad == 0, labels_.invalid_message(bad));
    }
    warning_.look(labels_.counting.op, state);
    return state;
  }

  // Replaces everything counted.
  void load(State state) {
    waiting_.clear();
    cells_waiting_ = 0;
    const c10::InferenceMode outside(false);  // what is made inside could not be added to later
    state_ = each_of(state, [](const at::Tensor& t) { return t.is_inference() ? t.clone() : t; });
  }

  void reset() {
    State zero = each_of(state_, [](const at::Tensor& t) { return at::zeros_like(t); });
    zero[0] = keep_ == Keep::kSamples ? zero[0].slice(0, 0, 0) : zero[0];
    load(zero);
  }

  void merge(const CountState& other) { load(added(collected(), other.moved(state_[0].device()))); }

  void to(at::Device device) { load(moved(device)); }

 private:
  static constexpr size_t kMostBatches = 64;
  static constexpr int64_t kMostCells = int64_t{1} << 20;

  State moved(at::Device device) const {
    return each_of(collected(), [&](const at::Tensor& t) {
      // There is nothing on the meta device that could be moved.
      return t.is_meta() && !device.is_meta() ? at::zeros(t.sizes(), t.options().device(device)) : t.to(device);
    });
  }

  State added(const State& first, const State& second) const {
    State sum;
    for (size_t i = 0; i < first.size(); ++i) {
      sum.push_back(i == 0 && keep_ == Keep::kSamples ? at::cat({first[i], second[i]}) : first[i] + second[i]);
    }
    return sum;
  }

  Labels labels_;
  Counted counted_;
  Keep keep_;
  std::vector<StreamedMean> means_;
  State state_;
  std::vector<std::pair<at::Tensor, at::Tensor>> waiting_;  // counts and invalid of batches
  int64_t cells_waiting_ = 0;
  mutable Warning warning_;
};

}  // namespace torchtally::detail
