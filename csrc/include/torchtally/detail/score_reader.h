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

// Scores by the name of their result, bound to their options.
class ScoreReader {
 public:
  ScoreReader(const char* op, int64_t num_classes, const std::map<std::string, metrics::SuiteScore>& scores,
              const ScoreOptions& shared)
      : labels_(checked_labels(op, num_classes, scores, shared)) {
    bool samples = false;
    for (const auto& [result, score] : scores) {
      ScoreOptions options = score.options;
      ScoreOptions::each(
          [&, &which = definition(score.score)](const char* name, auto& own, const auto& of_all) {
            own = own.has_value() || !(is_own_option(which, name) || is_of_counting(name)) ? own : of_all;
          },
          options, shared);
      BoundScore bound = BoundScore::checked(op, definition(score.score), options, labels_.ignored_classes(),
                                             labels_.counting.other());
      counted_ = bound.needs_matrix() ? Counted::kMatrix : counted_;
      samples = samples || (bound.policy.options.aggregation() != Aggregation::kGlobal && !is_mean(bound));
      has_means_ = has_means_ || is_mean(bound);
      scores_.emplace(result, std::move(bound));
    }
    keep_ = samples ? Keep::kSamples : has_means_ ? Keep::kSums : Keep::kTotal;
  }

  // The empty state of what the scores need; options that do not fit the classes are refused.
  CountState state() const {
    const at::Tensor none = no_samples(labels_.counting, counted_);
    std::vector<StreamedMean> means;
    for (const auto& [result, score] : scores_) {
      if (is_mean(score)) {
        means.emplace_back(score, counted_, none);
      } else {
        score.of_counted(counted_, none);
      }
    }
    return {labels_, counted_, keep_, std::move(means)};
  }

  // What the sums over samples depend on; metrics that merge share it.
  std::string config() const {
    std::string text;
    for (const auto& [result, score] : scores_) {
      if (keep_ != Keep::kSums || !is_mean(score)) {
        continue;
      }
      ScoreOptions options = score.policy.options;
      if (auto unions = options.regions()) {
        for (auto& each : *unions) {
          std::sort(each.begin(), each.end());
        }
        options.regions(*unions);
      }
      const auto says = [&, &which = *score.definition](std::string_view name) {
        return is_own_option(which, name) && name != "aggregation" && name != "dtype";
      };
      text += "; " + result + ": " + score.definition->name + ", " + listed(options, says);
    }
    return text;
  }

  // Every score; throws for a label out of range where that is an error.
  std::map<std::string, at::Tensor> values(const CountState& counted) const {
    const State state = counted.without_fault();
    at::Tensor sums = keep_ == Keep::kSums ? state[2] : has_means_ ? counted.sums_of(state[0]) : at::Tensor();
    std::map<std::string, at::Tensor> values;
    auto mean = counted.means().begin();
    for (const auto& [result, score] : scores_) {
      if (is_mean(score)) {
        values[result] = mean->value(sums.slice(0, 0, mean->entries()));
        sums = sums.slice(0, mean->entries());
        ++mean;
      } else {
        values[result] = score.of_counted(counted_, state[0]).score;
      }
    }
    return values;
  }

 private:
  // Whether a mean over samples can be kept as integers, whose unit is a share of the greatest value.
  static bool is_mean(const BoundScore& score) {
    return score.policy.options.aggregation() == Aggregation::kSamplewise && score.definition->bounded;
  }

  // What is counted; options that no score takes are refused first.
  static Labels checked_labels(const char* op, int64_t num_classes,
                               const std::map<std::string, metrics::SuiteScore>& scores, const ScoreOptions& shared) {
    TORCH_CHECK_VALUE(!scores.empty(), op, ": scores must name at least one score, got none");
    check_options(op, scores, shared);
    return Labels::checked(op, num_classes, shared);
  }

  static void check_options(const char* op, const std::map<std::string, metrics::SuiteScore>& scores,
                            const ScoreOptions& shared) {
    for (const auto& entry : scores) {
      ScoreOptions::each(
          [&](const char* option, const auto& field) {
            TORCH_CHECK_VALUE(!field.has_value() || !is_of_counting(option), op, ": ", option,
                              " must be the same for every score; pass them to ScoreSuite instead of scores['",
                              entry.first, "']");
          },
          entry.second.options);
    }
    const auto takes = [](std::string_view option) {
      return [option](const auto& entry) { return is_own_option(definition(entry.second.score), option); };
    };
    refuse_unknown(op, shared, [&](std::string_view option) {
      return is_of_counting(option) || std::any_of(scores.begin(), scores.end(), takes(option));
    });
    for (const auto& entry : scores) {
      refuse_unknown(op, entry.second.options, [&](std::string_view option) { return takes(option)(entry); });
    }
  }

  Labels labels_;
  Counted counted_ = Counted::kClasses;
  Keep keep_ = Keep::kTotal;
  bool has_means_ = false;
  std::map<std::string, BoundScore> scores_;
};

}  // namespace detail
}  // namespace torchtally
