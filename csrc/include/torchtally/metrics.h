/// \file
/// Scores accumulated over batches, as int64 state: update(), compute(), merge(), reset(), to().
///
/// What is kept is the least that a metric needs: O(C) counts, or a matrix where regions or weights of kappa ask for
/// one; with Aggregation::kSamplewise also integer sums over samples, in which the order of samples and batches cannot
/// be seen (the fixed-point sums of the Python package, number for number); with Aggregation::kNone the counts of each
/// sample.
///
/// A label out of range does not stop an update: compute() throws, and says how many pairs hold one. update() never
/// reads back from a device. A copy counts on its own. A metric is no more synchronized than a std::vector: give each
/// thread its own and merge them. There is no reduction over processes: state() is made of int64 tensors that add up
/// (with Aggregation::kNone, that line up), for whatever carries them.
///
/// A metric is no torch::nn::Module and has no buffers: what walks over those of a model leaves it alone. It is saved
/// where that is asked for, with state_dict() or torch::save(), and what is loaded is looked at before anything
/// changes.
///
/// The options are those of the functions, less mask, which update() takes, and validate.
#pragma once

#include <torchtally/counts.h>
#include <torchtally/detail/saved_state.h>
#include <torchtally/detail/score_reader.h>
#include <torchtally/scores.h>

namespace torchtally::metrics {

/// What all metrics can do; Self is the metric.
template <class Self>
class CountingMetric {
 public:
  /// Counts a batch. The metric must be on the device of target, see to().
  ///
  /// \param preds labels of target's shape, or scores, see confusion_matrix.
  /// \param target integer or bool labels [N, ...].
  /// \param mask bool tensor of target's shape; pixels where it is false count nowhere. An undefined one is none.
  /// \throws c10::TypeError for a wrong dtype; c10::ValueError for a wrong shape.
  void update(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask = std::nullopt) {
    state_.update(preds, target, mask.has_value() && mask->defined() ? mask : std::nullopt);
  }

  /// Forgets everything counted.
  void reset() { state_.reset(); }

  /// Adds what another metric has counted, on whatever device.
  ///
  /// \throws c10::ValueError if it counts with other options.
  void merge(const Self& other) {
    TORCH_CHECK_VALUE(options_ == other.options_, name(), ".merge: other must count with the same options, ", options_,
                      ", got ", other.options_);
    state_.merge(other.state_);
  }

  /// Moves what is counted to a device. What leaves the meta device is zero.
  void to(at::Device device) { state_.to(device); }

  /// What is counted, for sums over processes: counts, pairs with a label out of range, and the sums over samples where
  /// they are kept. All int64; later updates do not change them.
  std::vector<at::Tensor> state() const {
    return detail::each_of(state_.collected(), [](const at::Tensor& t) { return t.clone(); });
  }

  /// Replaces what is counted by what state() of a metric with the same options returned.
  ///
  /// \throws c10::ValueError if the tensors are not those of such a metric; nothing is changed then.
  void load_state(const std::vector<at::Tensor>& tensors) {
    const size_t size = state_.collected().size();
    TORCH_CHECK_VALUE(tensors.size() == size, name(), ".load_state: the state must be ", size, " tensors, got ",
                      tensors.size());
    state_.load(detail::checked_state(name() + ".load_state: ", state_, tensors));
  }

  /// What is counted, for saving, by the names that Python has: counts, invalid, sums where they are kept, and the
  /// options that they depend on, as text, in _extra_state. Later updates do not change it.
  std::map<std::string, at::Tensor> state_dict() const { return detail::saved_state(state_, options_); }

  /// Replaces what is counted by a state_dict(), also one of Python, of a metric that counts with the same options.
  ///
  /// \throws c10::ValueError for other options, a part that is missing or of another dtype or shape, or a negative
  /// number; nothing is changed then.
  void load_state_dict(const std::map<std::string, at::Tensor>& saved) {
    state_.load(detail::loaded_state(state_, options_, saved));
  }

  /// torch::save(metric, "dice.pt"), with <torch/serialize.h>.
  template <class Archive>
  friend auto operator<<(Archive& archive, const CountingMetric& metric)
      -> decltype(archive.write(std::string(), at::Tensor(), true), archive) {
    for (const auto& [key, tensor] : metric.state_dict()) {
      archive.write(key, tensor, /*is_buffer=*/true);
    }
    return archive;
  }

  /// torch::load(metric, "dice.pt"); throws as load_state_dict().
  template <class Archive>
  friend auto operator>>(Archive& archive, CountingMetric& metric)
      -> decltype(archive.try_read(std::string(), std::declval<at::Tensor&>(), true), archive) {
    std::map<std::string, at::Tensor> saved;
    for (const auto& entry : metric.state_dict()) {
      at::Tensor tensor;
      if (archive.try_read(entry.first, tensor, /*is_buffer=*/true)) {
        saved[entry.first] = tensor;
      }
    }
    metric.load_state_dict(saved);
    return archive;
  }

 protected:
  CountingMetric(detail::CountState state, const std::string& more) : state_(std::move(state)) {
    static constexpr const char* kept[] = {"one count", "sums over samples", "samples"};
    options_ = state_.labels().text + ", keeps " +
               (state_.counted() == detail::Counted::kMatrix ? "matrices" : "class counts") + " as " +
               kept[static_cast<size_t>(state_.keep())] + more;
  }

  const std::string& name() const { return state_.labels().counting.op; }

  detail::CountState state_;

 private:
  std::string options_;  // what the counts depend on: metrics merge, and load, where it is the same
};

/// The confusion matrix of all batches; rows are targets, columns predictions.
class ConfusionMatrix : public CountingMetric<ConfusionMatrix> {
 public:
  /// \param num_classes C; the number of labels L for Task::kMultilabel, and 2 for Task::kBinary.
  /// \throws c10::ValueError for a wrong value, c10::TypeError for mask or validate.
  explicit ConfusionMatrix(int64_t num_classes, const CountOptions& options = {})
      : CountingMetric(counting(num_classes, options), ""),
        normalize_(options.normalize()),
        dtype_(options.dtype().value_or(at::kFloat)) {}

  /// int64 [C, C], or what torchtally::confusion_matrix returns with these options; the samples of per_sample are in
  /// the order of updates.
  ///
  /// \throws c10::ValueError if a label was out of range (OutOfRange::kError).
  at::Tensor compute() const {
    const at::Tensor counts = state_.without_fault()[0];
    return normalize_.has_value() ? detail::shares(counts, *normalize_, dtype_) : counts.clone();
  }

 private:
  static detail::CountState counting(int64_t num_classes, const CountOptions& options) {
    const char* const op = "ConfusionMatrix";
    detail::refuse_unknown(op, options, [](std::string_view name) { return name != "mask" && name != "validate"; });
    detail::check_shares(op, options);
    const bool per_sample = options.per_sample().value_or(false);
    return {detail::Labels::checked(op, num_classes, options), detail::Counted::kMatrix,
            per_sample ? detail::Keep::kSamples : detail::Keep::kTotal};
  }

  std::optional<Normalize> normalize_;
  at::ScalarType dtype_;
};

/// One score of all batches.
template <Score score>
class ScoreMetric : public CountingMetric<ScoreMetric<score>> {
 public:
  /// \param num_classes C; the number of labels L for Task::kMultilabel, and 2 for Task::kBinary.
  /// \throws c10::TypeError for an option that the score does not take; c10::ValueError for a wrong value.
  explicit ScoreMetric(int64_t num_classes, const ScoreOptions& options = {})
      : ScoreMetric(
            detail::ScoreReader(detail::definition(score).metric, num_classes, {{name_of(score), score}}, options)) {}

  /// The score of everything counted since the last reset, as the function of the same name returns it.
  ///
  /// \throws c10::ValueError if a label was out of range (OutOfRange::kError).
  at::Tensor compute() const { return reader_.values(this->state_).at(name_of(score)); }

 private:
  explicit ScoreMetric(detail::ScoreReader reader)
      : CountingMetric<ScoreMetric<score>>(reader.state(), reader.config()), reader_(std::move(reader)) {}

  detail::ScoreReader reader_;
};

// DiceScore and so on.
#define TORCHTALLY_DETAIL_METRIC(kind, of_pixels, of_counts, metric) using metric = ScoreMetric<Score::kind>;
TORCHTALLY_SCORES(TORCHTALLY_DETAIL_METRIC)
#undef TORCHTALLY_DETAIL_METRIC

/// Any set of scores from one accumulation: each batch is counted once.
///
///     ScoreSuite suite(4, {{"dice", Score::kDice},
///                          {"iou of each class", {Score::kIoU, ScoreOptions().average(Average::kNone)}}});
class ScoreSuite : public CountingMetric<ScoreSuite> {
 public:
  /// \param num_classes C; the number of labels L for Task::kMultilabel, and 2 for Task::kBinary.
  /// \param scores from the name of a result to a score and its own options, which are none of counting.
  /// \param options of counting, and of every score that takes them.
  /// \throws c10::TypeError for an option that a score does not take; c10::ValueError for a wrong value.
  explicit ScoreSuite(int64_t num_classes,
                      const std::map<std::string, SuiteScore>& scores = {{"dice", Score::kDice},
                                                                         {"iou", Score::kIoU},
                                                                         {"f1", Score::kF1}},
                      const ScoreOptions& options = {})
      : ScoreSuite(detail::ScoreReader("ScoreSuite", num_classes, scores, options)) {}

  /// Every score of everything counted since the last reset, by the name of its result.
  ///
  /// \throws c10::ValueError if a label was out of range (OutOfRange::kError).
  std::map<std::string, at::Tensor> compute() const { return reader_.values(state_); }

 private:
  explicit ScoreSuite(detail::ScoreReader reader)
      : CountingMetric(reader.state(), reader.config()), reader_(std::move(reader)) {}

  detail::ScoreReader reader_;
};

}  // namespace torchtally::metrics
