// What labels and scores mean: classes as they are, mapped to classes, or the top k. Functions and metrics share it.
//
// Raw labels such as the 34 ids of Cityscapes are counted by the op like any other labels, and rows and columns of that
// matrix are added up: no pass over the pixels, and no order in which one entry of a map could undo another. Only
// labels that no matrix of reasonable size holds (negative or large ids that mean a class, or more classes than a
// matrix is counted for where class counts are enough) are rewritten pixel by pixel. The operations are those of
// python/torchtally/functional/_label_maps.py.
#pragma once

#include <torchtally/detail/counting.h>

namespace torchtally::detail {

// From values of labels to classes, negative for values to ignore.
using Codes = std::map<int64_t, int64_t>;

inline constexpr int64_t kRows = 64;         // so many rows of a matrix cost less than a second value to ignore
inline constexpr int64_t kIds = 256;         // a matrix of raw labels has at most so many, or as many as classes
inline constexpr uint64_t kTable = 1 << 16;  // a table of classes has so many entries, or 16 for each id

inline Codes identity(int64_t classes) {
  Codes codes;
  for (int64_t c = 0; c < classes; ++c) {
    codes.emplace_hint(codes.end(), c, c);
  }
  return codes;
}

// What the values of target and preds mean; nothing where they are classes already.
struct LabelMaps {
  std::optional<Codes> target;
  std::optional<Codes> preds;
  int64_t num_classes;  // C, of the classes mapped to

  template <class Options>
  static std::optional<LabelMaps> checked(const Counting& counting, const Options& options) {
    if (!options.label_map().has_value() && !options.preds_map().has_value()) {
      return std::nullopt;
    }
    TORCH_CHECK_VALUE(!options.preds_map().has_value() || !counting.multilabel(), counting.op,
                      ": preds_map does not apply to task='multilabel', whose predictions are scores or 0 and 1");
    const auto codes = [&](const char* name, const std::optional<LabelMap>& given) -> std::optional<Codes> {
      if (!given.has_value()) {
        return std::nullopt;
      }
      TORCH_CHECK_VALUE(!given->empty(), counting.op, ": ", name, " must name at least one label, got none");
      Codes checked;
      for (const auto& [label, named] : *given) {
        TORCH_CHECK_VALUE(!named.has_value() || (*named >= 0 && *named < counting.op_classes()), counting.op, ": ",
                          name, " must map to classes in [0, ", counting.op_classes(), ") or None, got ", *named);
        checked[label] = named.value_or(-1);
      }
      return checked;
    };
    return LabelMaps{codes("label_map", options.label_map()), codes("preds_map", options.preds_map()),
                     counting.op_classes()};
  }

  // How many planes of class scores preds_map is about; `labels` where there are none.
  int64_t planes(const at::Tensor& scores, int64_t labels) const {
    const bool mapped = preds.has_value() && scores.defined() && scores.is_floating_point() && scores.dim() > 1;
    return mapped ? scores.size(1) : labels;
  }

  // Whether raw labels may be counted as a matrix, which is folded to classes. It costs no pass over the pixels; beyond
  // some classes it would cost memory.
  bool folds(const at::Tensor& scores) const { return std::max(planes(scores, 1), num_classes) <= kIds; }

  // The classes that have labels, of which all are ignored.
  std::vector<int64_t> ignored_classes(const std::vector<int64_t>& ignore_index) const {
    if (!target.has_value()) {
      return ignore_index;
    }
    std::map<int64_t, bool> counted;  // of every class that is named
    for (const auto& [label, code] : *target) {
      counted[code] = counted[code] || !contains(ignore_index, label);
    }
    std::vector<int64_t> ignored;
    for (const auto& [code, any] : counted) {
      if (code >= 0 && !any) {
        ignored.push_back(code);
      }
    }
    return ignored;
  }
};

// The class of each label, int32: for labels that no matrix could hold. Looked up in a table where ids lie close
// together, else searched for.
inline at::Tensor rewritten(const at::Tensor& labels, const Codes& named, int64_t unknown, int64_t ignored = -1) {
  std::vector<int64_t> values;
  std::vector<int32_t> codes;
  for (const auto& [value, code] : named) {
    if (labels.scalar_type() != at::kUInt64 || value >= 0) {  // there a negative value would be another label
      values.push_back(value);
      codes.push_back(static_cast<int32_t>(code < 0 ? ignored : code));
    }
  }
  if (values.empty()) {
    return at::full_like(labels, unknown, at::kInt);
  }
  const at::Tensor known = tensor_of(values, labels.device());
  const at::Tensor code = tensor_of(codes, labels.device());
  const at::Tensor wide = labels.to(at::kLong);
  const int64_t first = values.front(), last = values.back();
  // As unsigned numbers, whose difference does not overflow.
  const uint64_t span = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
  if (first > std::numeric_limits<int64_t>::min() && span < std::max<uint64_t>(kTable, 16 * values.size())) {
    const int64_t before = first - 1;  // of which the table says unknown, as of what follows last
    const at::Tensor table = code.new_full({last - first + 3}, unknown).index_copy(0, known - before, code);
    return table.take(wide.clamp(before, last + 1) - before);
  }
  const at::Tensor place = at::searchsorted(known, wide).clamp_max(static_cast<int64_t>(values.size()) - 1);
  return at::where(known.take(place) == wide, code.take(place), unknown);
}

// Adds rows and columns up to classes: [..., K, K] to [..., C + 1, C + 1], whose last class is "other". What is ignored
// is left out.
inline at::Tensor folded(at::Tensor matrix, const Codes& rows, const Codes& columns, int64_t classes) {
  for (const auto& [dim, named] : {std::pair{int64_t{-2}, &rows}, std::pair{int64_t{-1}, &columns}}) {
    std::vector<int64_t> place;
    for (int64_t value = 0; value < matrix.size(dim) - 1; ++value) {
      const auto found = named->find(value);
      const int64_t code = found == named->end() ? classes : found->second;
      place.push_back(code < 0 ? classes + 1 : code);
    }
    place.push_back(classes);
    std::vector<int64_t> shape = matrix.sizes().vec();
    shape[static_cast<size_t>(matrix.dim() + dim)] = classes + 2;
    matrix = matrix.new_zeros(shape).index_add(dim, tensor_of(place, matrix.device()), matrix);
  }
  return matrix.slice(-2, 0, -1).slice(-1, 0, -1);
}

// Counts a batch as the op can, and folds what it counted to classes.
class MappedPixels {
 public:
  MappedPixels(const Counting& counting, const LabelMaps& maps) : counting_(counting), maps_(maps) {}

  // (counts, invalid) of a batch.
  std::tuple<at::Tensor, at::Tensor> count(Counted counted, const at::Tensor& preds, const at::Tensor& target,
                                           const std::optional<at::Tensor>& mask, bool per_sample) {
    const int64_t classes = maps_.num_classes;
    const int64_t planes = counting_.task == Task::kMulticlass ? maps_.planes(preds, classes) : classes;
    Counting checking = counting_;
    if (planes != classes) {
      checking = Counting{counting_.op, planes};
    }
    TORCH_CHECK_TYPE(!target.is_floating_point() || counting_.task == Task::kMulticlass, counting_.op,
                     ": target must be an integer or bool tensor for label_map and preds_map, got ",
                     text_of(target.scalar_type()), "; pass target.to(torch.int64)");
    CountCall call = checking.call(preds, target, mask, per_sample);
    const CountCall given = call;
    if (counted == Counted::kClasses && !maps_.folds(preds)) {
      checking.check(given);
      rewrite(call);
      call.other = counting_.other();
      return counting_.count(counted, call);
    }
    if (planes < classes) {  // the op counts as many classes as there are planes
      call.preds = preds.argmax(1);
    }
    const bool labels = !call.preds.is_floating_point() && !counting_.multilabel();
    const int64_t ids = labels ? std::max(kIds, classes) : planes;

    read_target(call, ids);
    columns_ = maps_.preds.has_value() ? *maps_.preds : identity(classes);
    if (labels && (columns_.begin()->first < 0 || columns_.rbegin()->first >= ids)) {
      call.preds = rewritten(call.preds, columns_, classes, classes + 1);
      columns_ = identity(classes);
      columns_[classes + 1] = -1;
    }
    int64_t width = planes;
    if (labels) {
      width = std::max({rows_.empty() ? 1 : rows_.rbegin()->first, columns_.rbegin()->first, int64_t{1}}) + 1;
    }
    if (!call.preds.is_same(given.preds) || !call.target.is_same(given.target)) {
      checking.check(given);
    }
    call.other = true;
    const at::Tensor raw = std::get<0>(detail::count(counting_.op, Counted::kMatrix, width, call));
    const at::Tensor matrix = folded(raw, rows_, columns_, classes);
    const at::Tensor inside = matrix.slice(-2, 0, -1).slice(-1, 0, -1);
    const at::Tensor unknown = matrix.sum({-2, -1}) - inside.sum({-2, -1});
    const at::Tensor counts = counting_.other() ? matrix : inside;
    if (counted == Counted::kMatrix) {
      return {counts, unknown};
    }
    const ClassCounts each = ClassCounts::from_matrix(counts);
    return {at::stack({each.tp, each.fp, each.fn}, -2), unknown};
  }

 private:
  // Makes classes of preds and target, C where unknown; ignored targets are -1. A pass over the pixels, for more
  // classes than a matrix of raw labels may have.
  void rewrite(CountCall& call) const {
    const int64_t classes = maps_.num_classes;
    Codes named = maps_.target.has_value() ? *maps_.target : identity(classes);
    for (const int64_t value : counting_.ignore_index) {
      named[value] = -1;
    }
    call.target = rewritten(call.target, named, classes);
    if (maps_.preds.has_value()) {
      call.preds = rewritten(call.preds.is_floating_point() ? call.preds.argmax(1) : call.preds, *maps_.preds, classes);
      call.target = call.target.masked_fill(call.preds < 0, -1);
    }
    call.ignore_index = {-1};
  }

  // Makes the classes of target labels in [0, ids), and says what those and the ignored values are. The target is the
  // one given wherever the op can count it so; values that mean nothing are then rows that are left out, or ignored by
  // the op.
  void read_target(CountCall& call, int64_t ids) {
    call.ignore_index = counting_.ignore_index;
    rows_ = identity(maps_.num_classes);
    if (!maps_.target.has_value()) {
      return;
    }
    Codes named = *maps_.target;
    for (const int64_t value : counting_.ignore_index) {
      named[value] = -1;
    }
    bool near = true;
    int64_t last_meant = 0;
    for (const auto& [value, code] : named) {
      if (code >= 0) {
        near = near && value >= 0 && value < ids;
        last_meant = std::max(last_meant, value);
      }
    }
    // Values to ignore are rows too where few rows hold them: the op compares each pixel with each value that it
    // ignores, and a row costs no pixel anything.
    const int64_t end = std::min(ids, std::max(kRows, near ? last_meant + 1 : ids));
    Codes rows;
    std::vector<int64_t> beyond;
    for (const auto& [value, code] : named) {
      if (value >= 0 && value < end) {
        rows[value] = code;
      } else {
        beyond.push_back(value);
      }
    }
    if (near && beyond.size() <= kMaxIgnore && !counting_.multilabel()) {
      rows_ = rows;
      call.ignore_index = beyond;
      return;
    }
    call.target = rewritten(call.target, named, maps_.num_classes);
    call.ignore_index = {-1};
  }

  const Counting& counting_;
  const LabelMaps& maps_;
  Codes rows_, columns_;  // what the labels of target and preds that the op counts mean
};

// Also of scores out of range, where they may be.
inline std::string unknown_message(const Counting& counting, int64_t unknown, bool or_score,
                                   const std::string& examples = "") {
  std::string scores, hold, remedy;
  if (or_score) {
    std::tie(scores, hold, remedy) = counting.words_of_scores();
  }
  return counting.op + ": labels must be named by label_map and preds_map" + scores + ", but " +
         std::to_string(unknown) + " pair(s) hold another label" + hold + examples +
         ". Map it to None, or pass out_of_range='ignore' or 'miss'" + remedy;
}

// Throws if a pair has a label that no map names, or a score out of range. Reads one number back from the device.
inline void raise_unknown(const Counting& counting, const LabelMaps& maps, const at::Tensor& unknown,
                          const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask) {
  const int64_t bad = unknown.sum().item<int64_t>();
  if (bad == 0) {
    return;
  }
  std::string examples;
  const auto add = [&](const char* name, const at::Tensor& labels, const std::optional<Codes>& named,
                       const std::vector<int64_t>& more) {
    std::vector<int64_t> others;
    for (const int64_t value : labels.is_floating_point() ? others : distinct(labels)) {
      const bool known = named.has_value() ? named->count(value) > 0 : value >= 0 && value < maps.num_classes;
      if (!known && !contains(more, value)) {
        others.push_back(value);
      }
    }
    add_example(examples, name, others, labels.scalar_type());
  };
  add("target", target, maps.target, counting.ignore_index);
  add("preds", preds, maps.preds, {});
  std::vector<int64_t> ignored = counting.ignore_index;
  for (const auto& [value, code] : maps.target.value_or(Codes{})) {
    if (code < 0) {
      ignored.push_back(value);
    }
  }
  const bool channel = preds.dim() > target.dim() && counting.task == Task::kBinary;
  const std::string fault =
      counting.fault_of_scores(channel ? preds.squeeze(1) : preds, counted_pixels(target, mask, ignored));
  TORCH_CHECK_VALUE(false, examples.empty() && !fault.empty()
                               ? fault
                               : unknown_message(counting, bad, !fault.empty(), " (" + examples + ")"));
}

// So many scores are ranked at a time: what caches hold, or what keeps a device busy.
inline constexpr int64_t kRanked = 1 << 20, kRankedOnDevice = 1 << 24;

// int64 labels: target where it is among the k highest scores, else the highest. Ties and NaN are ranked as argmax
// finds the highest: the lower class first, NaN above all. A label out of range is in no top k.
inline at::Tensor ranked(const at::Tensor& preds, const at::Tensor& target, int64_t top_k) {
  const int64_t num_classes = preds.size(1);
  const at::Tensor wide = target.to(at::kLong).unsqueeze(1);
  const at::Tensor inside = (wide >= 0) & (wide < num_classes);
  const at::Tensor wanted = wide.clamp(0, num_classes - 1);
  const at::Tensor score = preds.gather(1, wanted);
  std::vector<int64_t> planes(static_cast<size_t>(preds.dim()), 1);
  planes[1] = -1;
  const at::Tensor classes = at::arange(num_classes, preds.options().dtype(at::kLong)).view(planes);
  const at::Tensor missing = preds.isnan(), no_score = score.isnan();
  const at::Tensor above = (preds > score) | (missing & ~no_score);
  const at::Tensor level = (preds == score) | (missing & no_score);
  const at::Tensor rank = (above | (level & (classes < wanted))).sum(1, true);
  return at::where(inside & (rank < top_k), wanted, preds.argmax(1, true)).squeeze(1);
}

// Writes labels, from so many scores at a time, cut along the outer dimensions.
inline void rank_in_parts(const at::Tensor& labels, const at::Tensor& preds, const at::Tensor& target, int64_t top_k,
                          int64_t most) {
  int64_t outer = 0;
  while (outer < target.dim() && target.size(outer) <= 1) {
    ++outer;
  }
  if (preds.numel() <= most || outer == target.dim()) {
    labels.copy_(ranked(preds, target, top_k));
    return;
  }
  const int64_t size = target.size(outer), step = std::max<int64_t>(1, size * most / preds.numel());
  for (int64_t start = 0; start < size; start += step) {
    const int64_t end = std::min(start + step, size);
    rank_in_parts(labels.slice(outer, start, end), preds.slice(outer + (outer > 0 ? 1 : 0), start, end),
                  target.slice(outer, start, end), top_k, most);
  }
}

// The labels that the top k make, in 2 or 4 bytes a pixel and memory that does not grow with the batch.
inline at::Tensor top_k_labels(const Counting& counting, const at::Tensor& preds, const at::Tensor& target,
                               int64_t top_k) {
  TORCH_CHECK_TYPE(preds.is_floating_point(), counting.op, ": top_k=", top_k,
                   " needs class scores [N, C, ...], got preds of ", text_of(preds.scalar_type()));
  const int64_t most = preds.is_cpu() ? kRanked : kRankedOnDevice;
  if (preds.numel() <= most) {
    return ranked(preds, target, top_k);
  }
  const bool narrow = counting.num_classes <= std::numeric_limits<int16_t>::max();
  const at::Tensor labels = at::empty(target.sizes(), target.options().dtype(narrow ? at::kShort : at::kInt));
  rank_in_parts(labels, preds, target, top_k, most);
  return labels;
}

// The options that say what is counted, checked once.
struct Labels {
  Counting counting;
  std::optional<LabelMaps> maps;  // nothing where labels are classes
  int64_t top_k;                  // 1 where the op finds the highest score
  std::string text;               // of these options: metrics merge where it is the same

  template <class Options>
  static Labels checked(std::string name, int64_t num_classes, const Options& given) {
    const Options options = filled(given);
    Counting counting = Counting::checked(std::move(name), num_classes, options);
    auto maps = LabelMaps::checked(counting, options);
    const std::string& op = counting.op;
    const int64_t top_k = *options.top_k();
    TORCH_CHECK_VALUE(top_k == 1 || (counting.task == Task::kMulticlass && top_k >= 1 && top_k <= num_classes), op,
                      ": top_k must be 1, or lie in [1, ", num_classes, "] for task='multiclass', got top_k=", top_k,
                      " and task=", text_of(counting.task));
    TORCH_CHECK_VALUE(
        top_k == 1 || !maps.has_value(), op,
        ": top_k looks for the target among the scores, so label_map and preds_map do not apply, got top_k=", top_k);
    const auto of_counting = [](std::string_view option) {
      return contains(kCounting, option) && option != "validate";
    };
    const std::set<int64_t> ignored(counting.ignore_index.begin(), counting.ignore_index.end());
    Options in_order = options;  // what means the same looks the same
    in_order.ignore_index(std::vector<int64_t>(ignored.begin(), ignored.end()));
    if (counting.threshold.has_value()) {
      in_order.threshold(*counting.threshold);
    }
    return {std::move(counting), std::move(maps), top_k,
            listed(in_order, of_counting, {{"num_classes", std::to_string(num_classes)}})};
  }

  // The classes of which every label is ignored, which are not scored.
  std::vector<int64_t> ignored_classes() const {
    return maps.has_value() ? maps->ignored_classes(counting.ignore_index) : counting.ignore_index;
  }

  // What the op is given where labels are classes: preds as they are, or the labels that top_k makes of them.
  CountCall call(const at::Tensor& preds, const at::Tensor& target, const std::optional<at::Tensor>& mask,
                 bool per_sample) const {
    CountCall call = counting.call(preds, target, mask, per_sample && top_k == 1);
    if (top_k > 1) {
      counting.check(call);
      call = counting.call(top_k_labels(counting, preds, target, top_k), target, mask, per_sample);
    }
    return call;
  }

  // (counts, invalid) of a batch; throws for a label out of range where that is asked for.
  std::tuple<at::Tensor, at::Tensor> count(Counted counted, const at::Tensor& preds, const at::Tensor& target,
                                           const std::optional<at::Tensor>& mask, bool per_sample,
                                           bool validate) const {
    const bool raises = validate && counting.out_of_range == OutOfRange::kError;
    if (!maps.has_value()) {
      const CountCall given = call(preds, target, mask, per_sample);
      auto found = counting.count(counted, given);
      if (raises) {
        counting.raise_invalid(std::get<1>(found), given, target);
        if (target.is_cuda() && counting.task == Task::kMulticlass && !preds.is_floating_point()) {
          counting.look_for_one_hot(preds, target);
        }
      }
      return found;
    }
    auto found = MappedPixels(counting, *maps).count(counted, preds, target, mask, per_sample);
    if (raises) {
      raise_unknown(counting, *maps, std::get<1>(found), preds, target, mask);
    }
    return found;
  }

  // Says that so many pairs have a label out of range, and what to do.
  std::string invalid_message(int64_t invalid) const {
    return maps.has_value() ? unknown_message(counting, invalid, true) : counting.invalid_message(invalid);
  }
};

}  // namespace torchtally::detail
