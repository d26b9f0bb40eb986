// COMMAND DOCS.

#include <algorithm>
#include <array>

#include "frontend/handlers.hpp"
#include "frontend/syntax.hpp"

namespace holdfast::frontend {

namespace {

using kv::CommandSpec;
using kv::Reply;

// A map that grows.
class Fields {
 public:
  void add(std::string_view key, Reply value) {
    items_.push_back(Reply::bulk(std::string(key)));
    items_.push_back(std::move(value));
  }
  void add(std::string_view key, std::string_view text) {
    add(key, Reply::bulk(std::string(text)));
  }
  Reply take() { return Reply::map(std::move(items_)); }

 private:
  std::vector<Reply> items_;
};

bool is_key(std::string_view name) {
  constexpr std::array<std::string_view, 6> kKeys{"destination", "key",    "key1",
                                                  "key2",        "newkey", "source"};
  return std::ranges::find(kKeys, name) != kKeys.end();
}

bool is_integer(std::string_view name) {
  constexpr std::array<std::string_view, 24> kIntegers{
      "bit",     "count",  "cursor",    "decrement", "end",     "frequency",
      "id",      "index",  "increment", "length",    "lowest",  "milliseconds",
      "node",    "offset", "protocol",  "replicas",  "request", "seconds",
      "session", "size",   "slot",      "start",     "timeout", "ttl"};
  return std::ranges::binary_search(kIntegers, name);
}

std::string_view type_of(const CommandSpec& spec, const Argument& argument) {
  switch (argument.type) {
    case Argument::Type::kToken:
      return "pure-token";
    case Argument::Type::kOneOf:
      return "oneof";
    case Argument::Type::kBlock:
      return "block";
    case Argument::Type::kName:
      break;
  }
  if (spec.keys.first > 0 && is_key(argument.name)) return "key";
  if (argument.name.starts_with("unix-")) return "unix-time";
  if (argument.name == "pattern") return "pattern";
  if (argument.name == "increment" && spec.name == "incrbyfloat") return "double";
  return is_integer(argument.name) ? "integer" : "string";
}

// Of the entries of COMMAND INFO's key specifications, the one that a key falls under.
std::int64_t key_specification(const CommandSpec& spec, bool is_first_key) {
  const bool differ = spec.keys.use.find('|') != std::string_view::npos;
  return differ && !is_first_key ? 1 : 0;
}

Reply describe_all(const CommandSpec& spec, const std::vector<Argument>& arguments, bool& any_key);

Reply describe(const CommandSpec& spec, const Argument& argument, bool& any_key) {
  Fields fields;
  const std::string_view type = type_of(spec, argument);
  fields.add("name", argument.name);
  fields.add("type", type);
  if (type == "key") {
    fields.add("key_spec_index", Reply::integer(key_specification(spec, !any_key)));
    any_key = true;
  }
  if (!argument.token.empty()) fields.add("token", argument.token);
  std::vector<Reply> flags;
  if (argument.optional) flags.push_back(Reply::status("optional"));
  if (argument.multiple) flags.push_back(Reply::status("multiple"));
  if (!flags.empty()) fields.add("flags", Reply::set(std::move(flags)));
  if (!argument.arguments.empty()) {
    fields.add("arguments", describe_all(spec, argument.arguments, any_key));
  }
  return fields.take();
}

Reply describe_all(const CommandSpec& spec, const std::vector<Argument>& arguments, bool& any_key) {
  Reply::Array described;
  for (const Argument& argument : arguments) {
    described.push_back(describe(spec, argument, any_key));
  }
  return Reply::array(std::move(described));
}

Reply docs_of(const CommandSpec& spec) {
  Fields fields;
  fields.add("summary", spec.summary);
  fields.add("since", spec.since);
  fields.add("group", spec.group);
  if (const auto arguments = parse_syntax(spec.syntax); !arguments.empty()) {
    bool any_key = false;
    fields.add("arguments", describe_all(spec, arguments, any_key));
  }
  const Specs subs = subcommands(spec);
  Fields docs;
  for (const CommandSpec* sub : subs) docs.add(sub->name, docs_of(*sub));
  if (!subs.empty()) fields.add("subcommands", docs.take());
  return fields.take();
}

}  // namespace

// Of all commands, or of those that are named; a name that is no command's is left out.
Reply do_command_docs(LocalCall& call) {
  Specs wanted = call.args.size() == 2 ? top_specs() : Specs();
  for (const std::string_view name : call.args.subspan(2)) {
    if (const CommandSpec* spec = find_spec(name)) wanted.push_back(spec);
  }
  Fields docs;
  for (const CommandSpec* spec : wanted) docs.add(spec->name, docs_of(*spec));
  return docs.take();
}

}  // namespace holdfast::frontend
