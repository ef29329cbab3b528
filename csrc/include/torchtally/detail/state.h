// The state that every metric shares: what it has counted, and how labels out of range end.
#pragma once

#include <torchtally/detail/streaming.h>

namespace torchtally::detail {

// What is kept: one count of everything; and integer sums over samples; or the counts of every sample, which grow.
enum class Keep { kTotal, kSums, kSamples };

// int64 tensors that add up over batches; counts of samples line up.
struct State {
  at::Tensor counts;   // [..., 3, K] or [..., K, K], for kSamples with the samples in front
  at::Tensor invalid;  // [], or [L] of a multilabel task: pairs with a label out of range
  at::Tensor sums;     // [E, 5], integer sums over samples; undefined unless kSums

  template <class Function>
  State each(Function&& function) const {
    return {function(counts), function(invalid), sums.defined() ? function(sums) : sums};
  }
};

class CountState {
 public:
  CountState(Labels labels, Counted counted, Keep keep) : labels_(std::move(labels)), counted_(counted), keep_(keep) {
    const Counting& counting = labels_.counting;
    if (counting.multilabel()) {
      group_.push_back(counting.num_classes);
    }
    state_.invalid = at::zeros(group_, at::kLong);
    group_.push_back(counted == Counted::kMatrix ? counting.output_classes() : 3);
    group_.push_back(counting.output_classes());
    state_.counts = keep == Keep::kSamples ? no_samples() : at::zeros(group_, at::kLong);
    in_place_ = keep == Keep::kTotal && !labels_.maps.has_value() && labels_.top_k == 1;
  }

  // A copy counts on its own.
  CountState(const CountState& other) : CountState(other.labels_, other.counted_, other.keep_) {
    means_ = other.means_;
    state_ = other.collected().each([](const at::Tensor& t) { return t.clone(); });
  }
  CountState(CountState&&) = default;
  CountState& operator=(const CountState& other) { return *this = CountState(other); }
  CountState& operator=(CountState&&) = default;
  ~CountState() = default;

  // Counts of no sample, [0, ...].
  at::Tensor no_samples() const {
    std::vector<int64_t> shape = group_;
    shape.insert(shape.begin(), 0);
    return at::zeros(shape, at::kLong);
  }

  // Reads these means over samples off the counts.
  void set_means(std::vector<StreamedMean> means) {
    means_ = std::move(means);
    if (keep_ == Keep::kSums) {
      int64_t entries = 0;
      for (const StreamedMean& mean : means_) {
        entries += mean.entries();
      }
      state_.sums = at::zeros({entries, kSumColumns}, at::kLong);
    }
  }

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
    if (in_place_) {
      const CountCall call = labels_.counting.call(preds, target, mask, false);
      count_into(labels_.counting.op, counted_, state_.counts, state_.invalid, call);
      return;
    }
    auto [counts, invalid] = labels_.count(counted_, preds, target, mask, keep_ != Keep::kTotal, false);
    if (keep_ == Keep::kTotal) {
      add({counts, invalid, {}});
      return;
    }
    // Sums cost some twenty small operations, so batches wait for each other.
    cells_ += counts.numel();
    waiting_.emplace_back(std::move(counts), std::move(invalid));
    if (keep_ == Keep::kSums && (cells_ > kMostCells || waiting_.size() > kMostBatches)) {
      collect();
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
    const at::Tensor counts = at::cat(rows);
    const at::Tensor invalid = state_.invalid + at::cat(pairs).sum(0);
    if (keep_ == Keep::kSamples) {
      return {at::cat({state_.counts, counts}), invalid, {}};
    }
    return {state_.counts + counts.sum(0), invalid, state_.sums + sums_of(counts)};
  }

  // Everything counted; throws for a label out of range where that is an error. Reads one number back from the device.
  State without_fault() const {
    State state = collected();
    if (labels_.counting.out_of_range == OutOfRange::kError) {
      const int64_t bad = state.invalid.sum().item<int64_t>();
      TORCH_CHECK_VALUE(bad == 0, labels_.invalid_message(bad));
    }
    return state;
  }

  // Replaces everything counted.
  void load(const State& state) {
    forget_waiting();
    state_ = state;
  }

  void reset() {
    const at::Device device = state_.counts.device();
    State zero = state_.each([](const at::Tensor& t) { return at::zeros_like(t); });
    if (keep_ == Keep::kSamples) {
      zero.counts = no_samples().to(device);
    }
    load(zero);
  }

  void merge(const CountState& other) {
    const at::Device device = state_.counts.device();
    const State more = other.collected().each([&](const at::Tensor& t) { return t.to(device); });
    collect();
    add(more);
  }

  void to(at::Device device) {
    load(collected().each([&](const at::Tensor& t) { return t.to(device); }));
  }

 private:
  static constexpr size_t kMostBatches = 64;
  static constexpr int64_t kMostCells = int64_t{1} << 20;

  void add(const State& more) {
    state_.invalid = state_.invalid + more.invalid;
    if (keep_ == Keep::kSamples) {
      state_.counts = at::cat({state_.counts, more.counts});
      return;
    }
    state_.counts = state_.counts + more.counts;
    if (more.sums.defined()) {
      state_.sums = state_.sums + more.sums;
    }
  }

  void collect() { load(collected()); }

  void forget_waiting() {
    waiting_.clear();
    cells_ = 0;
  }

  Labels labels_;
  Counted counted_;
  Keep keep_;
  std::vector<int64_t> group_;  // shape of the counts of one sample
  bool in_place_ = false;       // whether the op may add to the state itself
  std::vector<StreamedMean> means_;
  State state_;
  std::vector<std::pair<at::Tensor, at::Tensor>> waiting_;  // counts and invalid of batches
  int64_t cells_ = 0;                                       // that wait
};

}  // namespace torchtally::detail
