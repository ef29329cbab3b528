// Checks of what only C++ has: options as a user writes them, metrics as values, what does not merge.
#pragma once

#include <ATen/ops/randint.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torchtally/torchtally.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace scores_test {

using namespace torchtally;  // NOLINT(google-build-using-namespace): the checks are about nothing else

template <class Error, class Function>
void refuses(Function&& function, const std::string& words) {
  std::string found = "nothing was thrown";
  try {
    function();
  } catch (const Error& error) {
    found = error.what_without_backtrace();
  }
  TORCH_CHECK(found.find(words) != std::string::npos, "wanted ", words, ", got ", found);
}

inline at::Tensor of(std::vector<int64_t> labels) { return at::tensor(labels).view({1, -1}); }

inline void options_chain() {
  const auto options = ScoreOptions().ignore_index(255).average(Average::kNone).classes({2, 0}).zero_division(0);
  static_assert(std::is_same_v<decltype(options), const ScoreOptions>);
  TORCH_CHECK(options.average() == Average::kNone && options.ignore_index()->size() == 1);
  TORCH_CHECK(options.classes()->indices == (std::vector<int64_t>{2, 0}) && !options.classes()->present);
  TORCH_CHECK(options.zero_division()->is_number() && !options.zero_division()->skips());
  TORCH_CHECK(!options.beta().has_value() && !options.mask().has_value());
  TORCH_CHECK(ScoreOptions().classes(kPresent).classes()->present);
  TORCH_CHECK(ScoreOptions().ignore_index({}).ignore_index()->empty());
  TORCH_CHECK(ScoreOptions().ignore_index({255, -1}).ignore_index()->size() == 2);
  TORCH_CHECK(ScoreOptions().zero_division(ZeroDivision::kSkip).zero_division()->skips());
  const ZeroDivision nan = std::numeric_limits<double>::quiet_NaN();
  TORCH_CHECK(!nan.skips() && !nan.is_number());
  const at::Tensor same = of({0, 1, 2});
  refuses<c10::ValueError>([&] { dice_score(same, same, 3, ScoreOptions().classes({})); }, "must name at least one");
  TORCH_CHECK(iou_score(same, same, 3, ScoreOptions().regions({{1, 2}}).average(Average::kNone)).sizes() ==
              at::IntArrayRef({1}));
}

inline void words() {
  TORCH_CHECK(std::string(name_of(SampleMean::kJoint)) == "joint");
  TORCH_CHECK(from_name<Score>("cohen_kappa") == Score::kCohenKappa);
  refuses<c10::ValueError>([] { from_name<Aggregation>("mean"); },
                           "from_name: aggregation must be one of 'global', 'samplewise', 'none', got 'mean'");
}

inline void undefined_tensors() {
  const at::Tensor same = of({0, 1});
  refuses<c10::TypeError>([&] { dice_score({}, same, 2); }, "dice_score: preds must be a tensor, got an undefined one");
  refuses<c10::TypeError>([&] { confusion_matrix(same, {}, 2); }, "target must be a tensor");
  metrics::DiceScore(2).update(same, same, at::Tensor());  // no mask
  TORCH_CHECK(!ScoreOptions().mask(at::Tensor()).mask().has_value());
  refuses<c10::TypeError>([&] { dice_from_counts(at::Tensor()); }, "counts must be a tensor");
}

inline void inputs_stay() {
  const at::Tensor target = of({0, 1, 255}), preds = of({1, 1, 0}), before = target.clone();
  const at::Tensor matrix = confusion_matrix(preds, target, 2, CountOptions().ignore_index(255));
  const at::Tensor counted = matrix.clone();
  dice_from_counts(matrix, ScoreOptions().average(Average::kNone));
  TORCH_CHECK(target.equal(before) && matrix.equal(counted));
}

template <class Metric, class Options>
void metric_is_a_value(const Options& options) {
  const at::Tensor target = of({0, 1, 1, 2}), preds = of({0, 1, 2, 2});
  Metric metric(3, options);
  metric.update(preds, target);
  const at::Tensor first = metric.compute().clone(), returned = metric.compute();
  Metric copy = metric;
  const auto saved = metric.state();
  copy.update(target.flip(1), target);
  TORCH_CHECK(metric.compute().equal(first), "a copy counts on its own");
  metric.update(target.flip(1), target);
  TORCH_CHECK(returned.equal(first), "what was returned stays");
  TORCH_CHECK(metric.compute().equal(copy.compute()));
  const at::Tensor both = metric.compute().clone();
  metric.load_state(saved);
  TORCH_CHECK(metric.compute().equal(first), "a state can be loaded");
  metric = copy;
  metric.to(at::kCPU);
  TORCH_CHECK(metric.compute().equal(both));
  Metric moved = std::move(copy);
  TORCH_CHECK(moved.compute().equal(both));
  metric.reset();
  metric.update(preds, target);
  TORCH_CHECK(metric.compute().equal(first), "reset forgets");
}

inline void metrics_are_values() {
  for (const auto aggregation : {Aggregation::kGlobal, Aggregation::kSamplewise, Aggregation::kNone}) {
    metric_is_a_value<metrics::DiceScore>(ScoreOptions().aggregation(aggregation));
  }
  metric_is_a_value<metrics::IoUScore>(ScoreOptions().label_map({{0, 0}, {1, 1}, {2, 2}}));
  metric_is_a_value<metrics::ConfusionMatrix>(CountOptions());
  metric_is_a_value<metrics::ConfusionMatrix>(CountOptions().per_sample(true));
}

inline void what_does_not_merge() {
  const auto means = [](double worth) {
    return ScoreOptions().aggregation(Aggregation::kSamplewise).zero_division(worth);
  };
  metrics::DiceScore metric(3), of_means(3, means(0.0));
  for (const auto& other :
       {metrics::DiceScore(4), metrics::DiceScore(3, ScoreOptions().ignore_index(0)),
        metrics::DiceScore(3, ScoreOptions().task(Task::kMultilabel)), metrics::DiceScore(3, means(0.0)),
        metrics::DiceScore(3, ScoreOptions().label_map({{0, 0}}))}) {
    refuses<c10::ValueError>([&] { metric.merge(other); }, "DiceScore.merge: other must count with the same options");
  }
  refuses<c10::ValueError>([&] { of_means.merge(metrics::DiceScore(3, means(1.0))); }, "zero_division=1.0");
  metric.merge(metrics::DiceScore(3, ScoreOptions().zero_division(1.0)));  // counts, whatever is read off them later
  refuses<c10::ValueError>([&] { metric.load_state(of_means.state()); }, "DiceScore.load_state: the state must be 2");
  refuses<c10::ValueError>([&] { metric.load_state(metrics::DiceScore(4).state()); },
                           "DiceScore.load_state: counts must be int64 of shape [3, 3], got torch.int64 [3, 4]");
  std::vector<at::Tensor> negative = metric.state();
  negative[0].fill_(-7);
  refuses<c10::ValueError>([&] { metric.load_state(negative); },
                           "DiceScore.load_state: counts must not be negative, got -7");
}

// A metric that counted otherwise, or what became of its state, is refused and changes nothing.
inline void what_does_not_load() {
  const at::Tensor labels = of({0, 1, 2});
  const auto means = ScoreOptions().aggregation(Aggregation::kSamplewise);
  metrics::DiceScore metric(3, ScoreOptions().ignore_index(255)), of_means(3, means);
  metric.update(labels, labels);
  of_means.update(labels, labels);
  const auto saved = metric.state_dict(), saved_means = of_means.state_dict();
  const auto stays = [&](auto& one, const auto& given, const std::string& words) {
    const std::vector<at::Tensor> before = one.state();
    refuses<c10::ValueError>([&] { one.load_state_dict(given); }, words);
    const std::vector<at::Tensor> after = one.state();
    for (size_t i = 0; i < before.size(); ++i) {
      TORCH_CHECK(before[i].equal(after[i]));
    }
  };
  const std::string options = "DiceScore: the saved state must be counted with the same options, ignore_index=[255], ";
  stays(metric, metrics::DiceScore(3).state_dict(), options);
  stays(metric, metrics::ConfusionMatrix(3).state_dict(), "keeps class counts as one count, got logits=False, ");
  metrics::DiceScore of_ones(3, ScoreOptions(means).zero_division(1.0));
  stays(of_means, of_ones.state_dict(), "zero_division=1.0");
  metrics::ScoreSuite suite(3, {{"a", Score::kDice}, {"b", Score::kIoU}}, means);
  stays(suite, metrics::ScoreSuite(3, {{"b", Score::kDice}, {"a", Score::kIoU}}, means).state_dict(), "b: dice, ");
  const auto changed = [](auto state, const char* name, const at::Tensor& tensor) {
    state[name] = tensor;
    return state;
  };
  const at::Tensor counts = saved.at("counts");
  stays(metric, changed(saved, "counts", counts - 9), "DiceScore: counts must not be negative, got -9");
  stays(metric, changed(saved, "invalid", at::full({}, -1, at::kLong)), "invalid must not be negative, got -1");
  stays(metric, changed(saved, "counts", counts.to(at::kHalf)), "int64 of shape [3, 3], got torch.float16 [3, 3]");
  stays(metric, changed(saved, "counts", counts.slice(0, 1)), "int64 of shape [3, 3], got torch.int64 [2, 3]");
  stays(metric, changed(saved, "counts", at::Tensor()), "got an undefined one");
  stays(of_means, changed(saved_means, "sums", -saved_means.at("sums")), "sums must not be negative, got -1");
  std::vector<at::Tensor> negative = of_means.state();
  negative[2].neg_();
  refuses<c10::ValueError>([&] { of_means.load_state(negative); }, "DiceScore.load_state: sums must not be negative");
  auto part = saved;
  part.erase("invalid");
  stays(metric, part, "DiceScore: the saved state must hold counts, invalid, _extra_state, lacks invalid");
  metrics::IoUScore reader(3, ScoreOptions().ignore_index(255));  // counts, whatever is read off them
  reader.load_state_dict(saved);
  TORCH_CHECK(reader.compute().item<double>() == 1.0);
}

inline void inference_mode_may_come_and_go() {
  const at::Tensor labels = of({0, 1, 2});
  for (const auto& options :
       {ScoreOptions(), ScoreOptions().aggregation(Aggregation::kSamplewise),
        ScoreOptions().aggregation(Aggregation::kNone), ScoreOptions().label_map({{0, 0}, {1, 1}, {2, 2}})}) {
    std::vector<metrics::DiceScore> all;
    {
      const c10::InferenceMode inside;
      metrics::DiceScore metric(3, options), loaded(3, options), merged(3, options), back(3, options);
      metric.update(labels, labels);
      loaded.load_state_dict(metric.state_dict());
      merged.merge(metric);
      back.to(at::kMeta);
      back.to(at::kCPU);
      all = {metric, loaded, merged, back};
      all.back().reset();
      all.back().update(labels, labels);
    }
    for (metrics::DiceScore& metric : all) {
      metric.update(labels, labels);
      TORCH_CHECK(!metric.state().at(1).is_inference());
      TORCH_CHECK(metric.state().at(0).sum().item<int64_t>() == 6);
    }
  }
}

struct Told : c10::WarningHandler {
  void process(const c10::Warning& warning) override { words.push_back(warning.msg()); }
  std::vector<std::string> words;
};

inline void nothing_counted_warns_once() {
  Told told;
  const c10::WarningUtils::WarningHandlerGuard guard(&told);
  const at::Tensor labels = of({0, 1, 2});
  for (const auto aggregation : {Aggregation::kGlobal, Aggregation::kSamplewise, Aggregation::kNone}) {
    metrics::DiceScore metric(3, ScoreOptions().aggregation(aggregation));
    const metrics::DiceScore copy = metric;
    metric.compute();
    metric.compute();
    copy.compute();
    TORCH_CHECK(told.words == std::vector<std::string>(2,
                                                       "DiceScore.compute: nothing is counted, because update() was "
                                                       "not called, or every pixel was ignored"));
    told.words.clear();
    metrics::DiceScore counted(3, ScoreOptions().aggregation(aggregation));
    counted.update(labels, labels);
    counted.compute();
    counted.reset();
    counted.compute();  // it has been updated
    TORCH_CHECK(told.words.empty());
  }
  metrics::ConfusionMatrix(3).compute();
  metrics::ScoreSuite(3).compute();
  TORCH_CHECK(told.words.size() == 2 && told.words[1].find("ScoreSuite.compute: nothing is counted") == 0);
}

inline void tensors_that_hold_no_pixels() {
  const at::Tensor labels = of({0, 1, 2}), sparse = labels.to_sparse(), meta = labels.to(at::kMeta);
  refuses<c10::TypeError>([&] { dice_score(labels, sparse, 3); },
                          "dice_score: target must be a dense tensor, got layout torch.sparse_coo; pass "
                          "target.to_dense()");
  refuses<c10::TypeError>([&] { dice_from_counts(at::eye(2, at::kLong).to_sparse_csr()); },
                          "dice_from_counts: counts must be a dense tensor, got layout torch.sparse_csr");
  refuses<c10::TypeError>([&] { overlap_sums(at::rand({1, 3, 3}), sparse); },
                          "overlap_sums: target must be a dense tensor");
  refuses<c10::ValueError>([&] { dice_score(meta, labels, 3); },
                           "dice_score: preds must be on the device of target, cpu, got meta");
  refuses<c10::ValueError>([&] { dice_score(labels, labels, 3, ScoreOptions().mask((labels > 0).to(at::kMeta))); },
                           "dice_score: mask must be on the device of target, cpu, got meta");
  for (const auto aggregation : {Aggregation::kGlobal, Aggregation::kSamplewise}) {
    metrics::DiceScore metric(3, ScoreOptions().aggregation(aggregation));
    metric.to(at::kMeta);
    refuses<c10::ValueError>([&] { metric.update(labels, labels); },
                             "DiceScore: target must be on the device of the metric, meta, got cpu; move the metric "
                             "with .to('cpu')");
  }
}

inline void memory_that_is_not_there() {
  const at::Tensor labels = of({0, 1, 2});
  refuses<c10::OutOfMemoryError>([&] { confusion_matrix(labels, labels, 2147483645); },
                                 "confusion_matrix: counts of shape [2147483645, 2147483645] take 34359738272.0 GiB");
}

inline void equal_options_merge() {
  using Labels = std::vector<int64_t>;
  metrics::DiceScore metric(3, ScoreOptions().ignore_index(Labels{255, -1, 255}));
  metric.merge(metrics::DiceScore(
      3, ScoreOptions().ignore_index(Labels{-1, 255}).task(Task::kMulticlass).average(Average::kMicro)));
  const auto means = [](std::vector<Labels> regions) {
    return ScoreOptions().aggregation(Aggregation::kSamplewise).regions(std::move(regions));
  };
  metrics::DiceScore of_means(3, means({{1, 2}, {2}}));
  of_means.merge(metrics::DiceScore(3, means({{2, 1}, {2}}).average(Average::kMacro).dtype(at::kDouble)));
  refuses<c10::ValueError>([&] { of_means.merge(metrics::DiceScore(3, means({{2}, {2, 1}}))); }, "regions=");
}

inline void order_cannot_be_seen() {
  const at::Tensor target = at::randint(0, 4, {130, 6}, at::kLong), preds = at::randint(0, 4, {130, 6}, at::kLong);
  const auto options = ScoreOptions().aggregation(Aggregation::kSamplewise).dtype(at::kDouble);
  metrics::IoUScore whole(4, options), backwards(4, options);
  whole.update(preds, target);
  for (int64_t n = 130; n-- > 0;) {  // more batches than may wait
    backwards.update(preds.slice(0, n, n + 1), target.slice(0, n, n + 1));
  }
  TORCH_CHECK(whole.compute().equal(backwards.compute()));
  TORCH_CHECK(whole.state().at(2).equal(backwards.state().at(2)));
}

inline void threads_merge() {
  const at::Tensor target = at::randint(0, 5, {8, 200}, at::kLong), preds = at::randint(0, 5, {8, 200}, at::kLong);
  std::vector<metrics::ConfusionMatrix> parts(4, metrics::ConfusionMatrix(5));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < parts.size(); ++i) {
    threads.emplace_back([&preds, &target, &part = parts[i], n = static_cast<int64_t>(2 * i)] {
      part.update(preds.slice(0, n, n + 2), target.slice(0, n, n + 2));
    });
  }
  std::for_each(threads.begin(), threads.end(), [](std::thread& thread) { thread.join(); });
  for (size_t i = 1; i < parts.size(); ++i) {
    parts[0].merge(parts[i]);
  }
  TORCH_CHECK(parts[0].compute().equal(confusion_matrix(preds, target, 5)));
}

inline const std::map<std::string, void (*)()>& checks() {
  static const std::map<std::string, void (*)()> all = {
      {"options chain", options_chain},
      {"words", words},
      {"undefined tensors", undefined_tensors},
      {"inputs stay", inputs_stay},
      {"metrics are values", metrics_are_values},
      {"what does not merge", what_does_not_merge},
      {"what does not load", what_does_not_load},
      {"inference mode may come and go", inference_mode_may_come_and_go},
      {"nothing counted warns once", nothing_counted_warns_once},
      {"tensors that hold no pixels", tensors_that_hold_no_pixels},
      {"memory that is not there", memory_that_is_not_there},
      {"equal options merge", equal_options_merge},
      {"order cannot be seen", order_cannot_be_seen},
      {"threads merge", threads_merge},
  };
  return all;
}

}  // namespace scores_test
