#include "lincheck/page.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <ostream>
#include <set>

#include "lincheck/store.hpp"

namespace holdfast::lincheck {

// The document of src/lincheck/page with its scripts and styles in it; the build makes it.
extern const std::string_view kPage;

namespace {

namespace json = boost::json;

constexpr std::size_t kKeysShown = 4;  // of a state

// What the keys hold that the operation has to do with.
std::string state_text(const Store& store, const Operation& operation) {
  const std::set<std::string> keys(operation.keys.begin(), operation.keys.end());
  if (keys.size() == 1) return describe(store.find(*keys.begin()));
  std::string text;
  std::size_t shown = 0;
  for (const std::string& key : keys) {
    if (shown++ == kKeysShown) return text + ", …";
    text += (shown > 1 ? ", " : "") + key + " = " + describe(store.find(key));
  }
  return text;
}

// An order, without the beginning that it shares with the first one, and what it leads to.
json::object order_json(const History& history, const std::vector<std::size_t>& order,
                        const std::vector<std::size_t>& first) {
  std::size_t same = 0;
  if (&order != &first) {
    const auto [end, other] = std::ranges::mismatch(order, first);
    same = static_cast<std::size_t>(end - order.begin());
  }
  Store store;
  json::array operations;
  json::array states;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Operation& operation = history[order[i]];
    store.apply(operation);
    if (i < same) continue;
    operations.push_back(order[i]);
    states.emplace_back(state_text(store, operation));
  }
  return {{"same", same}, {"operations", std::move(operations)}, {"states", std::move(states)}};
}

json::object part_json(const History& history, const Partition& part) {
  json::array orders;
  for (const auto& order : part.orders) {
    orders.push_back(order_json(history, order, part.orders.front()));
  }
  json::array keys;
  for (const std::string& key : part.keys) {
    keys.emplace_back(describe(Found(key)));
    if (keys.size() > kKeysShown) break;
  }
  return {{"keys", std::move(keys)},
          {"verdict", json::string(name(part.verdict))},
          {"operations", json::array(part.operations.begin(), part.operations.end())},
          {"failed", part.failed_at ? static_cast<std::int64_t>(*part.failed_at) : -1},
          {"orders", std::move(orders)}};
}

// Operations in columns. Times count from the first call.
void add_operations(const History& history, json::object& data) {
  std::vector<std::uint64_t> clients;
  std::int64_t begin = std::numeric_limits<std::int64_t>::max();
  for (const Operation& operation : history) {
    clients.push_back(operation.client);
    begin = std::min(begin, operation.call_ns);
  }
  std::ranges::sort(clients);
  clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
  json::array client, call, took, text, read;
  for (const Operation& operation : history) {
    client.push_back(std::ranges::lower_bound(clients, operation.client) - clients.begin());
    call.push_back(static_cast<double>(operation.call_ns) - static_cast<double>(begin));
    took.push_back(operation.return_ns ? static_cast<double>(*operation.return_ns) -
                                             static_cast<double>(operation.call_ns)
                                       : -1);
    text.emplace_back(describe(operation));
    read.push_back(operation.kind == Kind::kGet || operation.kind == Kind::kMget ? 1 : 0);
  }
  // As text: a client's number may be too large for the page's arithmetic.
  json::array names;
  for (const std::uint64_t id : clients) names.emplace_back(std::to_string(id));
  data["clients"] = std::move(names);
  data["client"] = std::move(client);
  data["call"] = std::move(call);
  data["took"] = std::move(took);
  data["text"] = std::move(text);
  data["read"] = std::move(read);
}

std::string facts(const Result& result) {
  return std::to_string(result.operations) + " operations, " + std::to_string(result.clients) +
         " clients, " + std::to_string(result.keys) + " keys, " + std::to_string(result.states) +
         " states searched";
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char character : text) {
    if (character == '&') {
      html += "&amp;";
    } else if (character == '<') {
      html += "&lt;";
    } else {
      html += character;
    }
  }
  return html;
}

}  // namespace

void write_page(const History& history, const Result& result, const std::string& title,
                std::ostream& out) {
  json::object data{
      {"title", title}, {"verdict", json::string(name(result.verdict))}, {"facts", facts(result)}};
  add_operations(history, data);
  json::array parts;
  for (const Partition& part : result.partitions) parts.push_back(part_json(history, part));
  data["parts"] = std::move(parts);
  std::string text = json::serialize(data);
  // No value may end the element that the data stands in.
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos;) {
    text.replace(at, 1, "\\u003c");
  }

  constexpr std::string_view kTitle = "{{title}}";
  constexpr std::string_view kData = "{{data}}";
  const std::size_t title_at = kPage.find(kTitle);
  const std::size_t data_at = kPage.find(kData);
  const std::size_t after_title = title_at + kTitle.size();
  out << kPage.substr(0, title_at) << escaped(title)
      << kPage.substr(after_title, data_at - after_title) << text
      << kPage.substr(data_at + kData.size());
}

}  // namespace holdfast::lincheck
