// The C++ losses for tests/cpp_api/loss_parity.py and test_cpp_losses.py: a program, and the same as a library that is
// loaded into a Python process.
//
//   losses_program cases IN OUT   computes what the pickle IN asks for, a list of dicts
//   losses_program checks OUT     what only C++ can tell: graphs, finite differences, training
//   losses_program docs           the program of docs/losses.md
#include <torch/serialize.h>
#include <torchtally/loss_presets.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <type_traits>

#include "losses_checks.h"

[[gnu::weak]] int docs_main();  // the snippet, compiled by itself; not in every program

namespace {

using c10::IValue;
using namespace losses_test;

// Options by name, as Python gives them.

template <class T>
T read(const IValue& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.toBool();
  } else if constexpr (std::is_same_v<T, double>) {
    return value.isInt() ? static_cast<double>(value.toInt()) : value.toDouble();
  } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
    if (value.isInt()) {
      return {value.toInt()};
    }
    T values;
    for (const IValue& one : value.toListRef()) {
      values.push_back(one.toInt());
    }
    return values;
  } else if constexpr (std::is_same_v<T, Tensor>) {
    if (value.isTensor()) {
      return value.toTensor();
    }
    if (!value.isList()) {
      return at::scalar_tensor(read<double>(value), at::kDouble);
    }
    std::vector<double> values;
    for (const IValue& one : value.toListRef()) {
      values.push_back(read<double>(one));
    }
    return at::tensor(values, at::kDouble);
  } else {
    return torchtally::from_name<T>(value.toStringRef());
  }
}

LossOptions read_options(const Dict& given, LossOptions options) {
  LossOptions::each(
      [&](const char* name, auto& field) {
        const auto found = given.find(name);
        if (found != given.end() && !found->value().isNone()) {
          field = read<typename std::decay_t<decltype(field)>::value_type>(found->value());
        }
      },
      options);
  return options;
}

torchtally::OverlapOptions read_overlap_options(const Dict& given, const Mask& mask) {
  torchtally::OverlapOptions options;
  options.mask(mask.value_or(Tensor()));
  for (const auto& item : given) {
    const std::string& name = item.key().toStringRef();
    const IValue& value = item.value();
    if (value.isNone()) {
      continue;
    }
    if (name == "activation") {
      options.activation(read<torchtally::Activation>(value));
    } else if (name == "ignore_index") {
      options.ignore_index(read<std::vector<int64_t>>(value));
    } else if (name == "class_weight") {
      options.class_weight(read<Tensor>(value));
    } else if (name == "label_smoothing") {
      options.label_smoothing(read<double>(value));
    } else {
      TORCH_CHECK(false, "overlap_sums has no option ", name);
    }
  }
  return options;
}

LossOptions preset(const std::string& name) {
  namespace of = torchtally::presets;
  static const std::map<std::string, std::function<LossOptions()>> all = {
      {"", [] { return LossOptions(); }},
      {"monai_dice", [] { return of::monai_dice(); }},
      {"monai_dice_ce", [] { return of::monai_dice_ce(); }},
      {"monai_jaccard", [] { return of::monai_jaccard(); }},
      {"monai_tversky", [] { return of::monai_tversky(); }},
      {"monai_generalized_dice", [] { return of::monai_generalized_dice(); }},
      {"smp_dice", [] { return of::smp_dice(); }},
      {"smp_dice_smooth", [] { return of::smp_dice(1.0); }},
      {"smp_jaccard", [] { return of::smp_jaccard(); }},
      {"smp_tversky", [] { return of::smp_tversky(); }},
      {"nnunet_dice", [] { return of::nnunet_dice(); }},
      {"nnunet_dice_ce", [] { return of::nnunet_dice_ce(); }},
      {"kornia_dice", [] { return of::kornia_dice(); }},
      {"kornia_dice_macro", [] { return of::kornia_dice(torchtally::LossAverage::kMacro); }},
  };
  return all.at(name)();
}

// Cases: values and gradients, or the error.

std::vector<Tensor> fields(const OverlapSums& s) {
  return {s.intersection, s.prediction,    s.squared, s.target, s.target_squared,
          s.difference,   s.cross_entropy, s.count,   s.invalid};
}

// Weighs every number of the outputs differently, so that no gradient is a sum that hides another.
Tensor weighed(const std::vector<Tensor>& outputs) {
  Tensor total = at::zeros({}, at::kDouble);
  for (const Tensor& output : outputs) {
    if (output.is_floating_point()) {
      total = total + (output.flatten().to(at::kDouble) * at::arange(1, output.numel() + 1, at::kDouble)).sum();
    }
  }
  return total;
}

std::vector<Tensor> called(const Dict& given, const Tensor& logits) {
  const std::string name = given.at("call").toStringRef();
  const Tensor target = given.at("target").toTensor();
  const IValue masked = given.at("mask");
  const Mask mask = masked.isNone() ? Mask() : masked.toTensor();
  const Dict options = given.at("options").toGenericDict();
  const Dict of_sums = given.at("sums_options").toGenericDict();
  if (name == "overlap_sums") {
    return fields(torchtally::overlap_sums(logits, target, read_overlap_options(of_sums, mask)));
  }
  const LossOptions chosen = read_options(options, preset(given.at("preset").toStringRef()));
  const auto found = functions_of_sums().find(name);
  if (found != functions_of_sums().end()) {
    return {found->second(torchtally::overlap_sums(logits, target, read_overlap_options(of_sums, mask)), chosen)};
  }
  return {functions().at(name)(logits, target, chosen, mask)};
}

Dict solve(const Dict& given) {
  Dict found = answer();
  try {
    const Tensor logits = given.at("logits").toTensor().detach();
    logits.requires_grad_(logits.is_floating_point());
    std::vector<Tensor> outputs = called(given, logits);
    weighed(outputs).backward();
    for (Tensor& output : outputs) {
      output = output.detach();
    }
    found.insert("outputs", outputs);
    found.insert("gradient", logits.grad().defined() ? logits.grad() : at::zeros_like(logits));
  } catch (const c10::Error& error) {
    found.insert("error", kind_of(error) + ": " + error.what_without_backtrace());
  }
  return found;
}

IValue load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return torch::pickle_load(bytes);
}

void save(const std::string& path, const IValue& value) {
  const std::vector<char> bytes = torch::pickle_save(value);
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void run_cases(const std::string& in, const std::string& out) {
  c10::impl::GenericList all(c10::AnyType::get());
  const IValue asked = load(in);
  for (const IValue& given : asked.toListRef()) {
    all.push_back(solve(given.toGenericDict()));
  }
  save(out, all);
}

}  // namespace

// For a Python process, which has loaded torchtally.
extern "C" int losses_in_python(const char* in, const char* out, const char* checks_out) {
  try {
    run_cases(in, out);
    save(checks_out, checks());
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 3 && arguments[0] == "cases") {
    run_cases(arguments[1], arguments[2]);
  } else if (arguments.size() == 2 && arguments[0] == "checks") {
    save(arguments[1], checks());
  } else if (arguments.size() == 1 && arguments[0] == "docs" && docs_main != nullptr) {
    return docs_main();
  } else {
    std::cerr << "usage: losses_program cases IN OUT | checks OUT | docs\n";
    return 2;
  }
  return 0;
}
