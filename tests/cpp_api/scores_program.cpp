// Evaluates the cases that Python wrote down: scores_program CASES RESULTS. Without arguments it runs scores_checks.h.
//
// A case is a dict: `call`, `tensors` (or `batches` for metrics), `num_classes`, `options`. Names are looked up, so
// that a new case needs no line here. A result is a dict: `tensors`, or `error` and `message`.
#include <ATen/core/Dict.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/serialize.h>
#include <torchtally/torchtally.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "scores_checks.h"

namespace {

using namespace torchtally;  // NOLINT(google-build-using-namespace): the program is about nothing else
using Dict = c10::impl::GenericDict;
using Tensors = std::vector<at::Tensor>;
using Mask = std::optional<at::Tensor>;

// Values of a case

// The reader of files knows no integer of more than 32 bits: those travel as words.
int64_t integer(const c10::IValue& value) { return value.isString() ? std::stoll(value.toStringRef()) : value.toInt(); }

std::vector<int64_t> integers(const c10::IValue& value) {
  if (value.isInt()) {
    return {value.toInt()};
  }
  std::vector<int64_t> numbers;
  for (const c10::IValue& each : value.toListRef()) {
    numbers.push_back(integer(each));
  }
  return numbers;
}

double number(const c10::IValue& value) {
  return value.isInt() ? static_cast<double>(value.toInt()) : value.toDouble();
}

std::vector<double> numbers(const c10::IValue& value) {
  std::vector<double> all;
  for (const c10::IValue& each : value.toListRef()) {
    all.push_back(number(each));
  }
  return all;
}

LabelMap label_map(const c10::IValue& value) {
  LabelMap map;
  for (const c10::IValue& pair : value.toListRef()) {
    const auto entry = pair.toListRef();
    map[integer(entry[0])] = entry[1].isNone() ? std::nullopt : std::optional<int64_t>(entry[1].toInt());
  }
  return map;
}

// Types that the reader of files does not know travel as signed ones.
at::Tensor tensor(const c10::IValue& value) {
  if (value.isTensor()) {
    return value.toTensor();
  }
  const auto pair = value.toListRef();
  return pair[1].toTensor().view(c10::getStringToDtypeMap().at(pair[0].toStringRef()));
}

Mask mask(const c10::IValue& value) { return value.isNone() ? Mask{} : Mask(tensor(value)); }

Tensors tensors(const c10::IValue& value) {
  Tensors all;
  for (const c10::IValue& each : value.toListRef()) {
    all.push_back(tensor(each));
  }
  return all;
}

template <class Enum>
Enum word(const c10::IValue& value) {
  return from_name<Enum>(value.toStringRef());
}

ZeroDivision zero_division(const c10::IValue& value) {
  if (!value.isString()) {
    return number(value);
  }
  return value.toStringRef() == "skip" ? ZeroDivision::kSkip : ZeroDivision::kNaN;
}

Regions regions(const c10::IValue& value) {
  Regions all;
  for (const c10::IValue& each : value.toListRef()) {
    all.push_back(integers(each));
  }
  return all;
}

// Options by name

template <class Options>
using Setters = std::map<std::string, std::function<void(Options&, const c10::IValue&)>>;

template <class Options>
Setters<Options> counting_setters() {
  using V = const c10::IValue&;
  return {
      {"task", [](Options& o, V v) { o.task(word<Task>(v)); }},
      {"threshold", [](Options& o, V v) { v.isList() ? o.threshold(numbers(v)) : o.threshold(number(v)); }},
      {"logits", [](Options& o, V v) { o.logits(v.toBool()); }},
      {"ignore_index", [](Options& o, V v) { o.ignore_index(integers(v)); }},
      {"mask", [](Options& o, V v) { o.mask(tensor(v)); }},
      {"out_of_range", [](Options& o, V v) { o.out_of_range(word<OutOfRange>(v)); }},
      {"validate", [](Options& o, V v) { o.validate(v.toBool()); }},
      {"label_map", [](Options& o, V v) { o.label_map(label_map(v)); }},
      {"preds_map", [](Options& o, V v) { o.preds_map(label_map(v)); }},
      {"top_k", [](Options& o, V v) { o.top_k(v.toInt()); }},
      {"dtype", [](Options& o, V v) { o.dtype(c10::getStringToDtypeMap().at(v.toStringRef())); }},
  };
}

template <class Options>
Setters<Options> setters();

template <>
Setters<CountOptions> setters() {
  using Options = CountOptions;
  using V = const c10::IValue&;
  Setters<Options> all = counting_setters<Options>();
  all["per_sample"] = [](Options& o, V v) { o.per_sample(v.toBool()); };
  all["normalize"] = [](Options& o, V v) { o.normalize(word<Normalize>(v)); };
  return all;
}

template <>
Setters<ScoreOptions> setters() {
  using Options = ScoreOptions;
  using V = const c10::IValue&;
  Setters<Options> all = counting_setters<Options>();
  all["average"] = [](Options& o, V v) { o.average(word<Average>(v)); };
  all["zero_division"] = [](Options& o, V v) { o.zero_division(zero_division(v)); };
  all["undefined_when"] = [](Options& o, V v) { o.undefined_when(word<UndefinedWhen>(v)); };
  all["aggregation"] = [](Options& o, V v) { o.aggregation(word<Aggregation>(v)); };
  all["sample_mean"] = [](Options& o, V v) { o.sample_mean(word<SampleMean>(v)); };
  all["classes"] = [](Options& o, V v) { v.isString() ? o.classes(kPresent) : o.classes(integers(v)); };
  all["include_background"] = [](Options& o, V v) { o.include_background(v.toBool()); };
  all["class_weights"] = [](Options& o, V v) { o.class_weights(numbers(v)); };
  all["regions"] = [](Options& o, V v) { o.regions(regions(v)); };
  all["other"] = [](Options& o, V v) { o.other(v.toBool()); };
  all["beta"] = [](Options& o, V v) { o.beta(number(v)); };
  all["alpha"] = [](Options& o, V v) { o.alpha(number(v)); };
  all["weights"] = [](Options& o, V v) { o.weights(word<KappaWeights>(v)); };
  all["weight_type"] = [](Options& o, V v) { o.weight_type(word<WeightType>(v)); };
  all["empty_weight"] = [](Options& o, V v) { o.empty_weight(word<EmptyWeight>(v)); };
  return all;
}

template <class Options>
Options options_of(const c10::IValue& named) {
  static const Setters<Options> all = setters<Options>();
  Options options;
  for (const auto& entry : named.toGenericDict()) {
    all.at(entry.key().toStringRef())(options, entry.value());
  }
  return options;
}

// Calls by name

struct ScoreFunctions {
  std::function<at::Tensor(const Tensors&, int64_t, const ScoreOptions&)> call;
  std::function<Scored(const Tensors&, int64_t, const ScoreOptions&)> with_valid;
};

// Every public function of a score, of pixels (preds, target) and of counts (a matrix, or the four class counts).
#define SCORE(kind, of_pixels, of_counts, metric)                                                                   \
  {#of_pixels,                                                                                                      \
   {[](const Tensors& t, int64_t c, const ScoreOptions& o) { return of_pixels(t[0], t[1], c, o); },                 \
    [](const Tensors& t, int64_t c, const ScoreOptions& o) { return of_pixels(kReturnValid, t[0], t[1], c, o); }}}, \
      {#of_counts,                                                                                                  \
       {[](const Tensors& t, int64_t, const ScoreOptions& o) {                                                      \
          return t.size() == 1 ? of_counts(t[0], o) : of_counts(ClassCounts{t[0], t[1], t[2], t[3]}, o);            \
        },                                                                                                          \
        [](const Tensors& t, int64_t, const ScoreOptions& o) {                                                      \
          return t.size() == 1 ? of_counts(kReturnValid, t[0], o)                                                   \
                               : of_counts(kReturnValid, ClassCounts{t[0], t[1], t[2], t[3]}, o);                   \
        }}},

const std::map<std::string, ScoreFunctions>& score_functions() {
  static const std::map<std::string, ScoreFunctions> all = {TORCHTALLY_SCORES(SCORE)};
  return all;
}

template <class Metric>
void move_state(Metric& metric) {  // through what could be saved
  std::stringstream file;
  torch::save(metric, file);
  const std::vector<at::Tensor> state = metric.state();
  metric.reset();
  metric.load_state(state);
  metric.reset();
  torch::load(metric, file);
}

// Counts batches in turn in `metric` and in a copy, puts them together, and returns the values and the state.
template <class Metric, class Values>
Tensors counted(Metric metric, const c10::IValue& batches, Values&& values) {
  Metric other = metric;
  bool first = true;
  for (const c10::IValue& batch : batches.toListRef()) {
    const auto parts = batch.toListRef();
    (first ? metric : other).update(tensor(parts[0]), tensor(parts[1]), mask(parts[2]));
    first = !first;
  }
  move_state(other);
  metric.merge(other);
  Tensors all = values(metric);
  for (const auto& [name, part] : metric.state_dict()) {
    all.push_back(part);
  }
  return all;
}

using MetricCall = std::function<Tensors(const Dict&)>;

template <class Metric, class Options>
MetricCall metric_call() {
  return [](const Dict& in) {
    const Metric metric(integer(in.at("num_classes")), options_of<Options>(in.at("options")));
    return counted(metric, in.at("batches"), [](const Metric& m) { return Tensors{m.compute()}; });
  };
}

Tensors suite_call(const Dict& in) {
  std::map<std::string, metrics::SuiteScore> scores;
  for (const auto& entry : in.at("scores").toGenericDict()) {
    const auto score = entry.value().toListRef();
    scores.emplace(entry.key().toStringRef(),
                   metrics::SuiteScore(word<Score>(score[0]), options_of<ScoreOptions>(score[1])));
  }
  const metrics::ScoreSuite suite(integer(in.at("num_classes")), scores, options_of<ScoreOptions>(in.at("options")));
  return counted(suite, in.at("batches"), [](const metrics::ScoreSuite& m) {
    Tensors all;
    for (const auto& [name, value] : m.compute()) {  // by name
      all.push_back(value);
    }
    return all;
  });
}

#define METRIC(kind, of_pixels, of_counts, metric) {#metric, metric_call<metrics::metric, ScoreOptions>()},

const std::map<std::string, MetricCall>& metric_calls() {
  static const std::map<std::string, MetricCall> all = {
      {"ConfusionMatrix", metric_call<metrics::ConfusionMatrix, CountOptions>()},
      TORCHTALLY_SCORES(METRIC){"ScoreSuite", suite_call},
  };
  return all;
}

Tensors call(const Dict& in) {
  const std::string& name = in.at("call").toStringRef();
  const auto metric = metric_calls().find(name);
  if (metric != metric_calls().end()) {
    return metric->second(in);
  }
  const Tensors given = tensors(in.at("tensors"));
  const int64_t classes = integer(in.at("num_classes"));
  if (name == "confusion_matrix") {
    return {confusion_matrix(given[0], given[1], classes, options_of<CountOptions>(in.at("options")))};
  }
  if (name == "class_counts") {
    const ClassCounts counts = class_counts(given[0], given[1], classes, options_of<CountOptions>(in.at("options")));
    return {counts.tp, counts.fp, counts.fn, counts.tn};
  }
  if (name == "normalize_confusion_matrix") {
    const Dict options = in.at("options").toGenericDict();
    return {normalize_confusion_matrix(given[0], word<Normalize>(options.at("normalize")),
                                       c10::getStringToDtypeMap().at(options.at("dtype").toStringRef()))};
  }
  const ScoreFunctions& score = score_functions().at(name);
  const ScoreOptions options = options_of<ScoreOptions>(in.at("options"));
  if (!in.at("return_valid").toBool()) {
    return {score.call(given, classes, options)};
  }
  const Scored scored = score.with_valid(given, classes, options);
  return {scored.score, scored.valid};
}

Dict result(const Dict& in) {
  Dict out(c10::StringType::get(), c10::AnyType::get());
  const auto failed = [&](const char* kind, const char* message) {
    out.insert("error", std::string(kind));
    out.insert("message", std::string(message));
  };
  try {
    out.insert("tensors", c10::IValue(call(in)));
  } catch (const c10::ValueError& error) {
    failed("ValueError", error.what_without_backtrace());
  } catch (const c10::TypeError& error) {
    failed("TypeError", error.what_without_backtrace());
  } catch (const c10::IndexError& error) {
    failed("IndexError", error.what_without_backtrace());
  } catch (const c10::Error& error) {
    failed("RuntimeError", error.what_without_backtrace());
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const auto& [name, check] : scores_test::checks()) {
      check();
      std::cout << name << "\n";
    }
    return 0;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  c10::impl::GenericList results(c10::AnyType::get());
  const c10::IValue cases = torch::jit::pickle_load(bytes);
  for (const c10::IValue& each : cases.toListRef()) {
    results.push_back(result(each.toGenericDict()));
  }
  const std::vector<char> written = torch::jit::pickle_save(results);
  std::ofstream(argv[2], std::ios::binary).write(written.data(), static_cast<std::streamsize>(written.size()));
  return 0;
}
