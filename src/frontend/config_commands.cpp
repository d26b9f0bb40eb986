#include <algorithm>
#include <array>

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "kv/glob.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;
using Option = std::pair<std::string_view, std::string>;

// "100", "100kb", "1gb" …, as Redis reads amounts of memory.
std::optional<std::uint64_t> parse_memory(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 7> kUnits{{{"kb", 1 << 10},
                                                                              {"mb", 1 << 20},
                                                                              {"gb", 1 << 30},
                                                                              {"k", 1000},
                                                                              {"m", 1'000'000},
                                                                              {"g", 1'000'000'000},
                                                                              {"b", 1}}};
  std::uint64_t unit = 1;
  const std::string lower_text = lower(text);
  std::string_view digits = lower_text;
  for (const auto& [name, factor] : kUnits) {
    if (!digits.ends_with(name)) continue;
    unit = factor;
    digits.remove_suffix(name.size());
    break;
  }
  const auto number = resp::parse_integer(digits);
  std::uint64_t bytes = 0;
  if (!number || *number < 0 ||
      __builtin_mul_overflow(static_cast<std::uint64_t>(*number), unit, &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto number = resp::parse_integer(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

// An option that may change while the node runs.
struct Live {
  std::string_view name;
  std::string (*get)(const Tunables&);
  bool (*set)(Tunables&, std::string_view);  // false: this is no value for it
};

template <auto Field, auto Parse>
constexpr Live live(std::string_view name) {
  return {name, [](const Tunables& t) { return std::to_string(t.*Field); },
          [](Tunables& t, std::string_view text) {
            const auto value = Parse(text);
            if (value) t.*Field = *value;
            return value.has_value();
          }};
}

constexpr std::array kLive = {
    live<&Tunables::latency_threshold_ms, parse_count>("latency-monitor-threshold"),
    live<&Tunables::maxmemory, parse_memory>("maxmemory"),
    live<&Tunables::slower_than_us, resp::parse_integer>("slowlog-log-slower-than"),
    live<&Tunables::slowlog_length_max, parse_count>("slowlog-max-len"),
};

// What is so, in the words of Redis's options, and stays while the node runs.
std::vector<Option> fixed(const Settings& settings) {
  return {
      {"appendfsync", "always"},
      {"appendonly", "yes"},
      {"cluster-enabled", "yes"},
      {"cluster-require-full-coverage", "yes"},
      {"databases", "1"},
      {"enable-debug-command", settings.enable_debug ? "yes" : "no"},
      {"maxmemory-policy", "noeviction"},
      {"notify-keyspace-events", ""},
      {"proto-max-bulk-len", std::to_string(settings.value_bytes_max)},
      {"save", ""},
      {"timeout", "0"},
  };
}

std::vector<Option> options(const LocalCall& call) {
  std::vector<Option> all = fixed(call.settings);
  for (const Live& option : kLive) {
    all.emplace_back(option.name, option.get(call.port.statistics().tunables));
  }
  std::ranges::sort(all);
  return all;
}

std::optional<Reply> set(const LocalCall& call, std::string_view name, std::string_view value,
                         Tunables& tunables) {
  const auto refuse = [&](const char* reason) {
    return Reply::error("ERR CONFIG SET failed (possibly related to argument " + quoted(name) +
                        ") - " + reason);
  };
  const auto is_named = [&](const auto& candidate) { return same_word(candidate, name); };
  if (const auto at = std::ranges::find_if(kLive, is_named, &Live::name); at != kLive.end()) {
    if (at->set(tunables, value)) return std::nullopt;
    return refuse("argument couldn't be parsed into an integer");
  }
  const auto known = fixed(call.settings);
  const auto option = std::ranges::find_if(known, is_named, &Option::first);
  if (option == known.end()) {
    return Reply::error("ERR Unknown option or number of arguments for CONFIG SET - " +
                        quoted(name));
  }
  // What is so already is granted; anything else would be a promise not kept.
  if (option->second == value) return std::nullopt;
  return refuse("can't set immutable config");
}

}  // namespace

// CONFIG GET pattern …: each option that matches, once.
Reply do_config_get(LocalCall& call) {
  const kv::Args patterns = call.args.subspan(2);
  std::vector<Reply> items;
  for (auto& [name, value] : options(call)) {
    const bool wanted = std::ranges::any_of(patterns, [&](std::string_view pattern) {
      return kv::matches_glob(pattern, name, kv::Case::kIgnored);
    });
    if (!wanted) continue;
    items.push_back(Reply::bulk(std::string(name)));
    items.push_back(Reply::bulk(std::move(value)));
  }
  return Reply::map(std::move(items));
}

// CONFIG SET option value …: all of them or none. Of this node, until it ends.
Reply do_config_set(LocalCall& call) {
  if (call.args.size() % 2 != 0) return kv::wrong_arity("config|set");
  Tunables changed = call.port.statistics().tunables;
  for (std::size_t at = 2; at < call.args.size(); at += 2) {
    if (auto error = set(call, call.args[at], call.args[at + 1], changed)) return *error;
  }
  call.port.statistics().tunables = changed;
  return Reply::ok();
}

Reply do_config_resetstat(LocalCall& call) {
  call.port.statistics().reset(call.port.status().keys_expired);
  return Reply::ok();
}

Reply do_config_rewrite(LocalCall&) {
  return Reply::error("ERR The server is running without a config file");
}

}  // namespace holdfast::frontend
