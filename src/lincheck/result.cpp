#include <algorithm>
#include <array>
#include <utility>

#include "lincheck/check.hpp"
#include "lincheck/store.hpp"

namespace holdfast::lincheck {

namespace {

constexpr std::size_t kOperationsShown = 5;

constexpr std::array<std::pair<ModelKind, std::string_view>, 4> kModels{
    {{ModelKind::kKv, "kv"},
     {ModelKind::kRegister, "register"},
     {ModelKind::kCounter, "counter"},
     {ModelKind::kMulti, "multi"}}};

std::string line(const Operation& operation) {
  std::string text = "client " + std::to_string(operation.client) + ": " + describe(operation) +
                     "  [" + std::to_string(operation.call_ns) + ", ";
  text += operation.return_ns ? std::to_string(*operation.return_ns) + "]" : "never returned]";
  return text;
}

std::string keys_text(const Partition& partition) {
  std::string text = partition.keys.size() == 1 ? "key" : "keys";
  for (std::size_t i = 0; i < partition.keys.size() && i < kOperationsShown; ++i) {
    text += (i == 0 ? " " : ", ") + describe(Found(partition.keys[i]));
  }
  if (partition.keys.size() > kOperationsShown) text += ", …";
  return text;
}

void add_order(const Partition& partition, const History& history, std::string& text) {
  const std::vector<std::size_t>& order = partition.orders.front();
  Store store;
  for (const std::size_t operation : order) store.apply(history[operation]);
  const std::size_t shown = std::min(order.size(), kOperationsShown);
  text += "  until then an order of " + std::to_string(order.size()) + " operations explains all";
  text += shown == 0 ? "\n" : "; it ends with\n";
  for (std::size_t i = order.size() - shown; i < order.size(); ++i) {
    text += "    " + line(history[order[i]]) + "\n";
  }
  for (std::size_t i = 0; i < partition.keys.size() && i < kOperationsShown; ++i) {
    const std::string& key = partition.keys[i];
    text += "  and leaves " + describe(Found(key)) + " = " + describe(store.find(key)) + "\n";
  }
}

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLinearizable:
      return "linearizable";
    case Verdict::kNotLinearizable:
      return "not linearizable";
    case Verdict::kUnknown:
      return "unknown";
  }
  return {};
}

std::string_view name(ModelKind model) {
  for (const auto& [known, text] : kModels) {
    if (known == model) return text;
  }
  return {};
}

std::optional<ModelKind> find_model(std::string_view text) {
  for (const auto& [model, known] : kModels) {
    if (known == text) return model;
  }
  return std::nullopt;
}

std::optional<std::string> defect(const Operation& operation, ModelKind model) {
  const Kind kind = operation.kind;
  const bool fits = model == ModelKind::kRegister  ? kind == Kind::kPut || kind == Kind::kGet
                    : model == ModelKind::kCounter ? kind == Kind::kIncr || kind == Kind::kGet
                                                   : true;
  if (!fits) return "a " + std::string(name(model)) + " has no " + std::string(name(kind));
  if (operation.expires_ns && model == ModelKind::kRegister) return "a register keeps its value";
  return defect(operation);
}

const Partition* Result::failure() const {
  const auto failed = std::ranges::find(partitions, Verdict::kNotLinearizable, &Partition::verdict);
  return failed == partitions.end() ? nullptr : &*failed;
}

std::string Result::text(const History& history) const {
  std::string text(name(verdict));
  const Partition* failed = failure();
  if (failed == nullptr) {
    const auto open = std::ranges::count(partitions, Verdict::kUnknown, &Partition::verdict);
    if (open > 0) text += ": a limit was met with " + std::to_string(open) + " parts unsettled";
    return text + "\n";
  }
  text += ": " + keys_text(*failed) + ", " + std::to_string(failed->operations.size()) +
          " operations\n";
  if (!failed->failed_at) return text;
  text += "  no order explains the answer of\n    " + line(history[*failed->failed_at]) + "\n";
  if (!failed->orders.empty()) add_order(*failed, history, text);
  return text;
}

}  // namespace holdfast::lincheck
