#include <algorithm>

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;
using Option = std::pair<std::string_view, std::string>;

// What is so, in the words of Redis's options; nothing of it changes while the node runs.
std::vector<Option> options(const Settings& settings) {
  return {
      {"appendfsync", "always"},
      {"appendonly", "yes"},
      {"cluster-enabled", "yes"},
      {"cluster-require-full-coverage", "yes"},
      {"databases", "1"},
      {"enable-debug-command", settings.enable_debug ? "yes" : "no"},
      {"maxmemory", "0"},
      {"maxmemory-policy", "noeviction"},
      {"notify-keyspace-events", ""},
      {"proto-max-bulk-len", std::to_string(settings.value_bytes_max)},
      {"save", ""},
      {"timeout", "0"},
  };
}

}  // namespace

// CONFIG GET pattern …: each option that matches, once.
Reply do_config_get(LocalCall& call) {
  const kv::Args patterns = call.args.subspan(2);
  std::vector<Reply> items;
  for (auto& [name, value] : options(call.settings)) {
    const bool wanted = std::ranges::any_of(
        patterns, [name](std::string_view pattern) { return matches_glob(pattern, name); });
    if (!wanted) continue;
    items.push_back(Reply::bulk(std::string(name)));
    items.push_back(Reply::bulk(std::move(value)));
  }
  return Reply::map(std::move(items));
}

// To set an option to what it is already is granted; anything else would be a promise not kept.
Reply do_config_set(LocalCall& call) {
  if (call.args.size() % 2 != 0) return kv::wrong_arity("config|set");
  const auto known = options(call.settings);
  for (std::size_t at = 2; at < call.args.size(); at += 2) {
    const std::string name = lower(call.args[at].substr(0, 64));
    const auto option = std::ranges::find(known, std::string_view(name), &Option::first);
    if (option == known.end()) {
      return Reply::error("ERR Unknown option or number of arguments for CONFIG SET - " +
                          quoted(call.args[at]));
    }
    if (option->second != call.args[at + 1]) {
      return Reply::error("ERR CONFIG SET failed (possibly related to argument " +
                          quoted(call.args[at]) + ") - can't set immutable config");
    }
  }
  return Reply::ok();
}

// There are no statistics that it would have to reset.
Reply do_config_resetstat(LocalCall&) {
  return Reply::ok();
}

}  // namespace holdfast::frontend
