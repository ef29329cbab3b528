// What metrics of scores share: one accumulation, read by any number of scores.
#pragma once

#include <torchtally/detail/state.h>

namespace torchtally {
namespace metrics {

/// A score of a suite, and its own options.
struct SuiteScore {
  SuiteScore(Score which, ScoreOptions own = {}) : score(which), options(std::move(own)) {}  // NOLINT
  Score score;
  ScoreOptions options;
};

}  // namespace metrics

namespace detail {

// Whether an option of metrics is one of counting, and so the same for every score. Each batch has a mask of its own.
inline bool is_of_counting(std::string_view name) {
  return contains(kCounting, name) && name != "mask" && name != "validate";
}

// A score whose mean over samples is kept, in words.
inline std::string text_of(const BoundScore& score) {
  const auto says = [&](std::string_view name) {
    return is_own_option(*score.definition, name) && name != "aggregation" && name != "dtype";
  };
  return score.definition->name + text_of(score.policy.options, says);
}

// Scores by the name of their result, bound to their options.
class ScoreReader {
 public:
  ScoreReader(const char* op, int64_t num_classes, const std::map<std::string, metrics::SuiteScore>& scores,
              const ScoreOptions& shared)
      : labels_(Labels::checked(op, num_classes, shared)) {
    TORCH_CHECK_VALUE(!scores.empty(), op, ": scores must name at least one score, got none");
    check_options(op, scores, shared);
    bool matrix = false, each_sample = false;
    const std::vector<int64_t> ignored = labels_.ignored_classes();
    for (const auto& [result, score] : scores) {
      const ScoreOptions options = combined(score, shared);
      BoundScore bound = BoundScore::checked(op, definition(score.score), options, ignored, labels_.counting.other());
      matrix = matrix || bound.needs_matrix();
      const auto aggregation = bound.policy.options.aggregation();
      each_sample = each_sample || (aggregation != Aggregation::kGlobal && !is_mean(bound));
      samplewise_ = samplewise_ || is_mean(bound);
      scores_.emplace(result, std::move(bound));
    }
    counted_ = matrix ? Counted::kMatrix : Counted::kClasses;
    keep_ = each_sample ? Keep::kSamples : samplewise_ ? Keep::kSums : Keep::kTotal;
  }

  // The empty state of what the scores need; options that do not fit the classes are refused.
  CountState state() const {
    CountState state(labels_, counted_, keep_);
    std::vector<StreamedMean> means;
    for (const auto& [result, score] : scores_) {
      if (is_mean(score)) {
        means.emplace_back(score, counted_, state.no_samples());
      } else {
        score.of_counted(counted_, state.no_samples());
      }
    }
    state.set_means(std::move(means));
    return state;
  }

  // What the sums over samples depend on; metrics that merge share it.
  std::string config() const {
    std::string text;
    for (const auto& [result, score] : scores_) {
      text += keep_ == Keep::kSums ? "; " + result + ": " + text_of(score) : "";
    }
    return text;
  }

  // Every score; throws for a label out of range where that is an error.
  std::map<std::string, at::Tensor> values(const CountState& counted) const {
    const State state = counted.without_fault();
    at::Tensor sums = state.sums;
    if (keep_ == Keep::kSamples && samplewise_) {
      sums = counted.sums_of(state.counts);
    }
    std::map<std::string, at::Tensor> values;
    auto mean = counted.means().begin();
    for (const auto& [result, score] : scores_) {
      if (is_mean(score)) {
        values[result] = mean->value(sums.slice(0, 0, mean->entries()));
        sums = sums.slice(0, mean->entries());
        ++mean;
      } else {
        values[result] = score.of_counted(counted_, state.counts).score;
      }
    }
    return values;
  }

 private:
  // Whether a mean over samples can be kept as integers, whose unit is a share of the greatest value.
  static bool is_mean(const BoundScore& score) {
    return score.policy.options.aggregation() == Aggregation::kSamplewise && score.definition->bounded;
  }

  static void check_options(const char* op, const std::map<std::string, metrics::SuiteScore>& scores,
                            const ScoreOptions& shared) {
    for (const auto& [result, score] : scores) {
      const std::string& name = result;
      ScoreOptions::each(
          [&](const char* option, const auto& field) {
            TORCH_CHECK_VALUE(!field.has_value() || !is_of_counting(option), op, ": ", option,
                              " must be the same for every score; pass them to ScoreSuite instead of scores['", name,
                              "']");
          },
          score.options);
    }
    refuse_unknown(op, shared, [&](const char* option) {
      return is_of_counting(option) || std::any_of(scores.begin(), scores.end(), [&](const auto& entry) {
               return is_own_option(definition(entry.second.score), option);
             });
    });
    for (const auto& entry : scores) {
      refuse_unknown(op, entry.second.options,
                     [&](const char* option) { return is_own_option(definition(entry.second.score), option); });
    }
  }

  // A score's own options, and the shared ones that it takes.
  static ScoreOptions combined(const metrics::SuiteScore& score, const ScoreOptions& shared) {
    ScoreOptions options = score.options;
    options.task(shared.task().value_or(Task::kMulticlass));
    ScoreOptions::each(
        [&](const char* option, auto& own, const auto& of_all) {
          if (!own.has_value() && is_own_option(definition(score.score), option)) {
            own = of_all;
          }
        },
        options, shared);
    return options;
  }

  Labels labels_;
  Counted counted_ = Counted::kClasses;
  Keep keep_ = Keep::kTotal;
  bool samplewise_ = false;
  std::map<std::string, BoundScore> scores_;
};

}  // namespace detail
}  // namespace torchtally
