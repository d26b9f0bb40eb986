#include "lincheck/history.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/overload.hpp"

namespace holdfast::lincheck {

namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 8> kNames{{{Kind::kPut, "put"},
                                                                   {Kind::kAppend, "append"},
                                                                   {Kind::kGet, "get"},
                                                                   {Kind::kIncr, "incr"},
                                                                   {Kind::kDel, "del"},
                                                                   {Kind::kMset, "mset"},
                                                                   {Kind::kMget, "mget"},
                                                                   {Kind::kPersist, "persist"}}};

constexpr std::size_t kShown = 48;  // bytes of a value that is not cut

void add_escaped(std::string_view bytes, std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      text += {'\\', byte};
    } else if (code >= 0x20 && code < 0x7f) {
      text += byte;
    } else {
      text += {'\\', 'x', kHex[code >> 4], kHex[code & 15]};
    }
  }
}

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  if (bytes.size() <= kShown) {
    add_escaped(bytes, text);
    return text + "\"";
  }
  add_escaped(bytes.substr(0, kShown / 2), text);
  text += "…";
  add_escaped(bytes.substr(bytes.size() - kShown / 2), text);
  return text + "\" (" + std::to_string(bytes.size()) + " bytes)";
}

bool takes_many_keys(Kind kind) {
  return kind == Kind::kDel || kind == Kind::kMset || kind == Kind::kMget;
}

std::size_t values_expected(const Operation& operation) {
  switch (operation.kind) {
    case Kind::kPut:
    case Kind::kAppend:
      return 1;
    case Kind::kMset:
      return operation.keys.size();
    case Kind::kGet:
    case Kind::kIncr:
    case Kind::kDel:
    case Kind::kMget:
    case Kind::kPersist:
      return 0;
  }
  return 0;
}

bool output_fits(const Operation& operation) {
  if (std::holds_alternative<std::monostate>(operation.output)) return true;
  switch (operation.kind) {
    case Kind::kPut:
    case Kind::kMset:
      return false;
    case Kind::kGet:
    case Kind::kMget: {
      const auto* found = std::get_if<std::vector<Found>>(&operation.output);
      return found != nullptr && found->size() == operation.keys.size();
    }
    case Kind::kAppend:
    case Kind::kIncr:
    case Kind::kDel:
    case Kind::kPersist:
      return std::holds_alternative<std::int64_t>(operation.output);
  }
  return false;
}

Operation make(std::uint64_t client, Kind kind, std::vector<std::string> keys,
               std::vector<std::string> values, std::int64_t call_ns) {
  Operation operation;
  operation.client = client;
  operation.kind = kind;
  operation.keys = std::move(keys);
  operation.values = std::move(values);
  operation.call_ns = call_ns;
  return operation;
}

}  // namespace

Operation put(std::uint64_t client, std::string key, std::string value, std::int64_t call_ns) {
  return make(client, Kind::kPut, {std::move(key)}, {std::move(value)}, call_ns);
}

Operation append(std::uint64_t client, std::string key, std::string value, std::int64_t call_ns) {
  return make(client, Kind::kAppend, {std::move(key)}, {std::move(value)}, call_ns);
}

Operation get(std::uint64_t client, std::string key, std::int64_t call_ns) {
  return make(client, Kind::kGet, {std::move(key)}, {}, call_ns);
}

Operation incr(std::uint64_t client, std::string key, std::int64_t delta, std::int64_t call_ns) {
  Operation operation = make(client, Kind::kIncr, {std::move(key)}, {}, call_ns);
  operation.delta = delta;
  return operation;
}

Operation del(std::uint64_t client, std::vector<std::string> keys, std::int64_t call_ns) {
  return make(client, Kind::kDel, std::move(keys), {}, call_ns);
}

Operation mset(std::uint64_t client, std::vector<std::string> keys, std::vector<std::string> values,
               std::int64_t call_ns) {
  CHECK(keys.size() == values.size());
  return make(client, Kind::kMset, std::move(keys), std::move(values), call_ns);
}

Operation mget(std::uint64_t client, std::vector<std::string> keys, std::int64_t call_ns) {
  return make(client, Kind::kMget, std::move(keys), {}, call_ns);
}

Operation persist(std::uint64_t client, std::string key, std::int64_t call_ns) {
  return make(client, Kind::kPersist, {std::move(key)}, {}, call_ns);
}

std::string_view name(Kind kind) {
  for (const auto& [known, text] : kNames) {
    if (known == kind) return text;
  }
  return {};
}

std::optional<Kind> find_kind(std::string_view text) {
  for (const auto& [kind, known] : kNames) {
    if (known == text) return kind;
  }
  return std::nullopt;
}

std::optional<std::string> defect(const Operation& operation) {
  const std::string kind(name(operation.kind));
  if (operation.keys.empty()) return kind + " needs a key";
  if (operation.keys.size() > 1 && !takes_many_keys(operation.kind)) return kind + " takes one key";
  if (const std::size_t expected = values_expected(operation);
      operation.values.size() != expected) {
    return kind + " needs " + std::to_string(expected) + " values here, not " +
           std::to_string(operation.values.size());
  }
  if (!output_fits(operation)) return "this is no output of " + kind;
  if (operation.return_ns && *operation.return_ns < operation.call_ns) {
    return "it returned before it was called";
  }
  const bool has_output = !std::holds_alternative<std::monostate>(operation.output);
  if (!operation.return_ns && has_output) return "it has an output but did not return";
  if (operation.expires_ns && operation.kind != Kind::kPut)
    return "what " + kind + "s can't expire";
  if (operation.kind == Kind::kPersist && operation.return_ns && !has_output) {
    return "persist that returned needs an output";
  }
  return std::nullopt;
}

std::string describe(const Found& found) {
  return found ? quoted(*found) : "nothing";
}

std::string describe(const Operation& operation) {
  std::string text(name(operation.kind));
  for (std::size_t i = 0; i < operation.keys.size(); ++i) {
    text += " " + quoted(operation.keys[i]);
    if (i < operation.values.size()) {
      text += (operation.kind == Kind::kMset ? "=" : " ") + quoted(operation.values[i]);
    }
  }
  if (operation.kind == Kind::kIncr && operation.delta != 1) {
    text += " by " + std::to_string(operation.delta);
  }
  if (operation.expires_ns) text += " until " + std::to_string(*operation.expires_ns);
  if (!operation.return_ns) return text + " -> unknown outcome";
  std::visit(Overload{[](std::monostate) {},
                      [&](const std::vector<Found>& found) {
                        text += " ->";
                        for (const Found& one : found) text += " " + describe(one);
                      },
                      [&](std::int64_t number) { text += " -> " + std::to_string(number); }},
             operation.output);
  return text;
}

}  // namespace holdfast::lincheck
