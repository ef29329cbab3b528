// Checks of the C++ losses that need no data from Python: graphs, finite differences, training.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/autograd.h>
#include <torch/nn.h>
#include <torch/optim.h>
#include <torchtally/loss_modules.h>
#include <torchtally/losses.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace losses_test {

using at::Tensor;
using torchtally::LossOptions;
using torchtally::OverlapSums;
using Dict = c10::impl::GenericDict;
using Mask = std::optional<Tensor>;

// What can be called, by its name.

using OfLogits = Tensor (*)(const Tensor&, const Tensor&, const LossOptions&, const Mask&);
using OfSums = Tensor (*)(const OverlapSums&, const LossOptions&);

template <class Module>
Tensor by_module(const Tensor& logits, const Tensor& target, const LossOptions& options, const Mask& mask) {
  return Module(options)->forward(logits, target, mask);
}

#define LOSS(kind, of_logits, of_sums, module) {#of_logits, tt::of_logits}, {#module, by_module<tt::module>},
#define LOSS_OF_SUMS(kind, of_logits, of_sums, module) {#of_sums, tt::of_sums},

inline const std::map<std::string, OfLogits>& functions() {
  namespace tt = torchtally;
  static const std::map<std::string, OfLogits> all = {TORCHTALLY_LOSSES(LOSS)};
  return all;
}

inline const std::map<std::string, OfSums>& functions_of_sums() {
  namespace tt = torchtally;
  static const std::map<std::string, OfSums> all = {TORCHTALLY_LOSSES(LOSS_OF_SUMS)};
  return all;
}

inline std::string kind_of(const c10::Error& error) {
  if (dynamic_cast<const c10::ValueError*>(&error) != nullptr) {
    return "ValueError";
  }
  if (dynamic_cast<const c10::TypeError*>(&error) != nullptr) {
    return "TypeError";
  }
  return dynamic_cast<const c10::NotImplementedError*>(&error) != nullptr ? "NotImplementedError" : "RuntimeError";
}

inline Dict answer() { return Dict(c10::StringType::get(), c10::AnyType::get()); }

struct Example {
  Tensor logits, labels;
};

inline Example example(at::ScalarType type = at::kDouble) {
  torch::manual_seed(0);
  return {at::randn({2, 3, 4, 5}, at::kDouble).to(type), at::randint(0, 3, {2, 4, 5}, at::kLong)};
}

// The greatest difference of a gradient and central differences, over all losses and activations.
inline double finite_differences() {
  constexpr double kStep = 1e-5;
  const auto data = example();
  double worst = 0.0;
  for (const auto& [name, function] : functions()) {
    for (const auto activation : {torchtally::Activation::kSoftmax, torchtally::Activation::kSigmoid}) {
      const auto options = LossOptions().activation(activation).ignore_index(2);
      const auto loss = [&, call = function](const Tensor& x) { return call(x, data.labels, options, {}); };
      Tensor x = data.logits.clone().requires_grad_();
      const Tensor gradient = torch::autograd::grad({loss(x)}, {x})[0].flatten();
      const torch::NoGradGuard no_grad;
      for (int64_t i = 0; i < x.numel(); i += 7) {
        const auto shifted = [&](double step) {
          Tensor moved = data.logits.clone();
          moved.view(-1)[i] += step;
          return loss(moved).item<double>();
        };
        const double slope = (shifted(kStep) - shifted(-kStep)) / (2 * kStep);
        worst = std::max(worst, std::abs(slope - gradient[i].item<double>()));
      }
    }
  }
  return worst;
}

inline std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const c10::Error& error) {
    return kind_of(error) + ": " + error.what_without_backtrace();
  }
  return "";
}

// The names of all nodes that lead to a tensor.
inline std::vector<std::string> nodes(const Tensor& of) {
  std::vector<std::string> names;
  std::set<const torch::autograd::Node*> seen;
  std::function<void(const torch::autograd::Node*)> visit = [&](const torch::autograd::Node* node) {
    if (node == nullptr || !seen.insert(node).second) {
      return;
    }
    names.push_back(node->name());
    for (const auto& edge : node->next_edges()) {
      visit(edge.function.get());
    }
  };
  visit(of.grad_fn().get());
  return names;
}

inline void check_autograd(Dict& found) {
  const auto data = example();
  Tensor x = data.logits.clone().requires_grad_();
  found.insert("nodes", nodes(torchtally::dice_ce_loss(x, data.labels)));
  const auto sums = torchtally::overlap_sums(x, data.labels);
  found.insert("differentiable", sums.intersection.requires_grad() && sums.cross_entropy.requires_grad());
  found.insert("integers_differentiable", sums.count.requires_grad() || sums.invalid.requires_grad());
  found.insert("target_differentiable", sums.target.requires_grad() || sums.target_squared.requires_grad());
  using Node = torch::autograd::CppNode<torchtally::detail::overlap::Sums>;
  const auto* node = dynamic_cast<const Node*>(sums.cross_entropy.grad_fn().get());
  bool only_arguments = node != nullptr;
  for (const Tensor& saved : node->ctx_.get_saved_variables()) {
    only_arguments = only_arguments && (!saved.defined() || saved.is_alias_of(x) || saved.is_alias_of(data.labels));
  }
  found.insert("saves_only_arguments", only_arguments);

  // Outputs that are not used count as gradients of zero.
  const Tensor whole = torch::autograd::grad({sums.cross_entropy.sum()}, {x}, {}, /*retain_graph=*/true)[0];
  const Tensor expected = x.detach().softmax(1) - at::one_hot(data.labels, 3).movedim(-1, 1);
  found.insert("one_output_used", (whole - expected).abs().max().item<double>());

  const Tensor first = torch::autograd::grad({sums.squared.sum()}, {x}, {}, true, /*create_graph=*/true)[0];
  found.insert("first_of_two", at::equal(first, torch::autograd::grad({sums.squared.sum()}, {x}, {}, true)[0]));
  found.insert("double_backward", error_of([&] { first.square().sum().backward(); }));

  const auto changed = torchtally::overlap_sums(x, data.labels);
  {
    const torch::NoGradGuard no_grad;
    x.add_(1.0);
  }
  found.insert("changed_input", error_of([&] { changed.squared.sum().backward(); }));

  bool plain = !torchtally::dice_loss(data.logits, data.labels).requires_grad();
  {
    const torch::NoGradGuard no_grad;
    plain = plain && !torchtally::overlap_sums(x, data.labels).squared.requires_grad();
  }
  {
    const c10::InferenceMode inference;
    plain = plain && torchtally::dice_loss(at::ones({1, 2, 3}), at::zeros({1, 3}, at::kLong)).is_inference();
  }
  found.insert("no_node_without_need", plain);

  Tensor soft = at::rand_like(x).requires_grad_();
  found.insert("gradient_of_target", error_of([&] { torchtally::overlap_sums(x, soft); }));
  found.insert("target_alone", error_of([&] { torchtally::dice_loss(data.logits, soft); }));
  const auto weights = LossOptions().class_weights(at::ones({3}, at::kDouble).requires_grad_());
  found.insert("gradient_of_weights", error_of([&] { torchtally::dice_loss(x, data.labels, weights); }));
  const torch::NoGradGuard no_grad;
  found.insert("target_without_gradient", torchtally::dice_loss(x, soft).isfinite().item<bool>());
}

inline void check_autocast(Dict& found) {
  const auto data = example(at::kBFloat16);
  Tensor x = data.logits.clone().requires_grad_();
  const auto run = [&] {
    const Tensor loss = torchtally::dice_ce_loss(x, data.labels);
    return std::make_pair(loss.detach(), torch::autograd::grad({loss}, {x})[0]);
  };
  const auto plain = run();
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const auto under = run();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  found.insert("autocast_changes_nothing", at::equal(plain.first, under.first) &&
                                               at::equal(plain.second, under.second) &&
                                               under.second.scalar_type() == at::kBFloat16);
}

inline void check_module(Dict& found) {
  const auto data = example();
  torchtally::DiceCELoss loss(LossOptions().class_weights({0.1, 1.0, 2.0}).ce_weight({1.0, 2.0, 3.0}));
  const Tensor expected = loss(data.logits, data.labels);
  loss->to(at::kHalf);
  loss->to(at::kCPU, at::kHalf);
  const auto copy = std::dynamic_pointer_cast<torchtally::DiceCELossImpl>(loss->clone());
  found.insert("module_keeps_weights", at::equal(loss(data.logits, data.labels), expected) &&
                                           at::equal(copy->forward(data.logits, data.labels), expected));
  found.insert("module_saves_nothing", loss->parameters().empty() && loss->buffers().empty());
  torchtally::DiceLoss plain;  // no options
  torch::nn::AnyModule any(plain);
  const Tensor of_function = torchtally::dice_loss(data.logits, data.labels);
  found.insert("module_without_options", at::equal(plain(data.logits, data.labels), of_function) &&
                                             at::equal(any.forward(data.logits, data.labels, Mask()), of_function));
  std::ostringstream text;
  text << loss;
  found.insert("module_text", text.str());
}

// Trains a small network to tell bright and dark discs from noise; returns its losses.
inline std::vector<double> train() {
  torch::manual_seed(0);
  const Tensor labels = at::zeros({4, 24, 24}, at::kByte);
  for (int64_t n = 0; n < 4; ++n) {
    labels[n].slice(0, 2 + n, 9 + n).slice(1, 3, 10).fill_(1);
    labels[n].slice(0, 13, 20).slice(1, 12 - n, 19 - n).fill_(2);
  }
  const Tensor shade = labels.to(at::kFloat).eq(1).to(at::kFloat) - labels.eq(2).to(at::kFloat);
  const Tensor images = (shade + at::randn({4, 24, 24}) * 0.3).unsqueeze(1);
  labels.slice(1, 0, 1).fill_(255);
  torch::nn::Sequential model(torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3).padding(1)), torch::nn::ReLU(),
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 3, 1)));
  torchtally::DiceCELoss loss(LossOptions().ignore_index(255));
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(0.02));
  std::vector<double> losses;
  for (int step = 0; step < 60; ++step) {
    optimizer.zero_grad();
    const Tensor value = loss(model->forward(images), labels);
    value.backward();
    optimizer.step();
    losses.push_back(value.item<double>());
  }
  return losses;
}

// All of the above, by name.
inline Dict checks() {
  Dict found = answer();
  check_autograd(found);
  check_autocast(found);
  check_module(found);
  found.insert("finite_differences", finite_differences());
  found.insert("training", train());
  return found;
}

}  // namespace losses_test
