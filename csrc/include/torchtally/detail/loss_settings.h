// The options of one loss, checked, with their defaults.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <torchtally/detail/text.h>
#include <torchtally/loss_options.h>

namespace torchtally::detail::loss {

enum class Kind { kDice, kDiceCE, kJaccard, kTversky, kFocalTversky, kGeneralizedDice, kLogDice };

// Of what a loss is called: logits, or sums already taken.
enum class Of { kLogits, kSums };

// Every option with its value; the fields are those of LossOptions.
struct Settings {
  Kind kind = Kind::kDice;
  std::string op;  // begins every message

  Activation activation = Activation::kSoftmax;
  std::vector<int64_t> ignore_index;
  bool validate = true;
  double label_smoothing = 0.0;

  bool squared_pred = false;
  bool jaccard = false;
  bool soft_label = false;
  double smooth_nr = 0.0;
  double smooth_dr = 0.0;
  double eps = 0.0;
  double alpha = 0.0;
  double beta = 0.0;
  LossWeightType weight_type = LossWeightType::kSquare;

  std::optional<std::vector<int64_t>> classes;
  bool include_background = true;
  bool batch = false;
  LossAverage average = LossAverage::kMacro;
  Absent absent = Absent::kKeep;
  at::Tensor class_weights;  // float64 [C] or []; undefined: none
  bool normalize_weights = false;
  bool short_weights = false;
  LossForm form = LossForm::kComplement;
  double log_eps = 0.0;
  double gamma = 1.0;
  GammaOf gamma_of = GammaOf::kEntries;
  LossReduction reduction = LossReduction::kMean;

  double lambda_dice = 1.0;
  double lambda_ce = 1.0;
  at::Tensor ce_weight;  // as class_weights
  bool soft_target = false;
};

using Names = std::set<std::string_view>;  // sorted, as messages list them

// The options that a loss takes.
inline Names names_of(Kind kind, Of of) {
  Names names{"smooth_nr", "smooth_dr", "eps", "classes", "include_background", "batch", "reduction"};
  const bool dice = kind == Kind::kDice || kind == Kind::kDiceCE || kind == Kind::kLogDice;
  const bool tversky = kind == Kind::kTversky || kind == Kind::kFocalTversky;
  if (of == Of::kLogits) {
    names.insert({"activation", "ignore_index", "validate"});
  }
  if (kind == Kind::kGeneralizedDice) {
    names.insert("weight_type");
    return names;
  }
  names.insert({"squared_pred", "soft_label", "average", "absent", "class_weights", "normalize_weights",
                "short_weights", "form", "log_eps"});
  if (dice) {
    names.insert("jaccard");
  } else {
    names.insert({"gamma", "gamma_of"});
  }
  if (tversky) {
    names.insert({"alpha", "beta"});
  }
  if (kind == Kind::kDiceCE) {
    names.insert({"lambda_dice", "lambda_ce", "ce_weight"});
    if (of == Of::kLogits) {
      names.insert("label_smoothing");
    } else {
      names.insert({"activation", "soft_target"});
    }
  }
  return names;
}

inline void check_names(const std::string& op, const LossOptions& options, const Names& taken) {
  LossOptions::each(
      [&](std::string_view name, const auto& value) {
        if (!value || taken.count(name) > 0) {
          return;
        }
        std::string list;
        for (const std::string_view other : taken) {
          list += (list.empty() ? "" : ", ") + std::string(other);
        }
        TORCH_CHECK_TYPE(false, op, ": unknown option '", name, "'; it takes ", list);
      },
      options);
}

inline double non_negative(const std::string& op, const char* name, double value) {
  TORCH_CHECK_VALUE(value >= 0.0 && value < std::numeric_limits<double>::infinity(), op, ": ", name,
                    " must be finite and not negative, got ", number_text(value));
  return value;
}

// Returns weights as float64 [C] or [], on the device they are on; the values of CPU tensors are looked at.
inline at::Tensor checked_weights(const std::string& op, const char* name, const std::optional<at::Tensor>& weights) {
  if (!weights || !weights->defined()) {
    return {};
  }
  TORCH_CHECK_VALUE(weights->dim() <= 1 && !weights->is_complex() && weights->scalar_type() != at::kBool, op, ": ",
                    name, " must be a real [C] tensor, got ", dtype_text(weights->scalar_type()), " of shape ",
                    shape_text(*weights));
  at::Tensor tensor = weights->detach().to(at::kDouble);
  if (tensor.is_cpu()) {
    const at::Tensor contiguous = tensor.contiguous();
    const double* first = contiguous.const_data_ptr<double>();
    const std::vector<double> values(first, first + contiguous.numel());
    const bool good =
        std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value) && value >= 0; });
    TORCH_CHECK_VALUE(good, op, ": ", name, " must be finite and not negative, got ", list_text(values, number_text));
  }
  return tensor;
}

inline void check_classes(const std::string& op, const std::vector<int64_t>& classes) {
  const std::set<int64_t> different(classes.begin(), classes.end());
  TORCH_CHECK_VALUE(!classes.empty() && different.size() == classes.size(), op,
                    ": classes must name at least one class, each once, got ", list_text(classes));
}

// What options ask for that cannot be.
inline void check_together(const Settings& settings, Of of) {
  const std::string& op = settings.op;
  TORCH_CHECK_VALUE(settings.gamma > 0, op, ": gamma must be greater than 0, got ", number_text(settings.gamma));
  TORCH_CHECK_VALUE(settings.form != LossForm::kNegative || settings.gamma == 1, op,
                    ": gamma must be 1 with form='negative', whose losses are below 0, got ",
                    number_text(settings.gamma));
  const bool power_of_mean = settings.gamma_of == GammaOf::kMean && settings.gamma != 1;
  TORCH_CHECK_VALUE(!power_of_mean || settings.reduction == LossReduction::kMean, op,
                    ": gamma_of='mean' needs reduction='mean', got ",
                    settings.reduction == LossReduction::kSum ? "'sum'" : "'none'");
  if (settings.kind != Kind::kDiceCE) {
    return;
  }
  if (of == Of::kSums) {
    TORCH_CHECK_VALUE(settings.activation != Activation::kNone, op,
                      ": activation must be one of 'softmax', 'sigmoid', got 'none'");
    return;
  }
  TORCH_CHECK_VALUE(settings.label_smoothing <= 1, op, ": label_smoothing must lie in [0, 1], got ",
                    number_text(settings.label_smoothing));
  TORCH_CHECK_VALUE(settings.activation != Activation::kNone, op,
                    ": activation='none' leaves no logits for the cross-entropy; pass logits with 'softmax' or "
                    "'sigmoid'");
  TORCH_CHECK_VALUE(settings.reduction != LossReduction::kNone || !settings.batch, op,
                    ": reduction='none' is a loss for each sample, so batch must be False");
}

// Returns the options of a loss, or throws c10::TypeError or c10::ValueError.
inline Settings checked(Kind kind, Of of, const std::string& op, const LossOptions& options) {
  check_names(op, options, names_of(kind, of));
  const bool focal = kind == Kind::kFocalTversky;
  Settings s;
  s.kind = kind;
  s.op = op;
  s.class_weights = checked_weights(op, "class_weights", options.class_weights());
  s.ce_weight = checked_weights(op, "ce_weight", options.ce_weight());

  s.classes = options.classes();
  if (s.classes) {
    check_classes(op, *s.classes);
  }
  s.include_background = options.include_background().value_or(true);
  s.batch = options.batch().value_or(false);
  s.average = options.average().value_or(LossAverage::kMacro);
  s.absent = options.absent().value_or(Absent::kKeep);
  s.normalize_weights = options.normalize_weights().value_or(false);
  s.short_weights = options.short_weights().value_or(false);
  s.form = options.form().value_or(kind == Kind::kLogDice ? LossForm::kLog : LossForm::kComplement);
  s.log_eps = non_negative(op, "log_eps", options.log_eps().value_or(1e-7));
  s.gamma = non_negative(op, "gamma", options.gamma().value_or(focal ? 0.75 : 1.0));
  s.gamma_of = options.gamma_of().value_or(GammaOf::kEntries);
  s.reduction = options.reduction().value_or(LossReduction::kMean);

  s.squared_pred = options.squared_pred().value_or(false);
  s.jaccard = options.jaccard().value_or(false);
  s.soft_label = options.soft_label().value_or(false);
  s.smooth_nr = non_negative(op, "smooth_nr", options.smooth_nr().value_or(1e-5));
  s.smooth_dr = non_negative(op, "smooth_dr", options.smooth_dr().value_or(1e-5));
  s.eps = non_negative(op, "eps", options.eps().value_or(0.0));
  s.alpha = non_negative(op, "alpha", options.alpha().value_or(focal ? 0.3 : 0.5));
  s.beta = non_negative(op, "beta", options.beta().value_or(focal ? 0.7 : 0.5));
  s.weight_type = options.weight_type().value_or(LossWeightType::kSquare);
  s.lambda_dice = non_negative(op, "lambda_dice", options.lambda_dice().value_or(1.0));
  s.lambda_ce = non_negative(op, "lambda_ce", options.lambda_ce().value_or(1.0));
  s.soft_target = options.soft_target().value_or(false);

  s.activation = options.activation().value_or(Activation::kSoftmax);
  s.ignore_index = options.ignore_index().value_or(std::vector<int64_t>());
  s.validate = options.validate().value_or(true);
  s.label_smoothing = non_negative(op, "label_smoothing", options.label_smoothing().value_or(0.0));
  check_together(s, of);
  return s;
}

}  // namespace torchtally::detail::loss
