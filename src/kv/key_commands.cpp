#include <expected>

#include "kv/answers.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

namespace holdfast::kv {
namespace {

bool is_slot(std::int64_t number) {
  return number >= 0 && number < static_cast<std::int64_t>(kSlotCount);
}

// With the value go the expiry and nothing else.
void copy(Keyspace& keyspace, const Entry& from, std::string_view to) {
  const Value value = from.value();
  keyspace.set(to, value.view(), from.expires_ms);
}

void move(Keyspace& keyspace, const Entry& from, std::string_view key, std::string_view to) {
  if (key == to) return;
  copy(keyspace, from, to);
  keyspace.erase(key);
}

struct CopyOptions {
  bool replace = false;
};

std::expected<CopyOptions, Reply> parse_copy_options(Args words) {
  CopyOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (same_word(words[i], "replace")) {
      options.replace = true;
    } else if (same_word(words[i], "db") && i + 1 < words.size()) {
      const auto database = parse_integer(words[++i]);
      if (!database) return std::unexpected(not_an_integer());
      if (*database < INT32_MIN || *database > INT32_MAX) {
        return std::unexpected(Reply::error(
            "ERR value is out of range, value must between -2147483648 and 2147483647"));
      }
      if (*database != 0) return std::unexpected(Reply::error("ERR DB index is out of range"));
    } else {
      return std::unexpected(syntax_error());
    }
  }
  return options;
}

}  // namespace

Reply do_count_keys_in_slot(const Keyspace& keyspace, Args args) {
  const auto slot = parse_integer(args[2]);
  if (!slot) return not_an_integer();
  if (!is_slot(*slot)) return Reply::error("ERR Invalid slot");
  return size_reply(keyspace.size_of_slot(static_cast<std::uint16_t>(*slot)));
}

Reply do_get_keys_in_slot(const Keyspace& keyspace, Args args) {
  const auto slot = parse_integer(args[2]);
  const auto count = parse_integer(args[3]);
  if (!slot || !count) return not_an_integer();
  if (!is_slot(*slot) || *count < 0) return Reply::error("ERR Invalid slot or number of keys");
  const auto wanted = static_cast<std::size_t>(*count);
  Reply::Array keys;
  std::size_t bytes = 0;
  for (const auto& [place, key, has_expired] :
       keyspace.keys_from(static_cast<std::uint16_t>(*slot), 0, wanted)) {
    if (keys.size() == wanted) break;
    bytes += key.size();
    if (bytes > kReplyBytesMax) return reply_too_long();
    keys.push_back(Reply::bulk(std::string(key)));
  }
  return Reply::array(std::move(keys));
}

Reply do_dbsize(const Keyspace& keyspace, Args) {
  return size_reply(keyspace.size());
}

Reply do_exists(const Keyspace& keyspace, Args args) {
  std::int64_t found = 0;
  for (const auto key : args.subspan(1)) found += keyspace.find(key) != nullptr ? 1 : 0;
  return Reply::integer(found);
}

Reply do_revision(const Keyspace& keyspace, Args args) {
  const Entry* entry = keyspace.find(args[1]);
  return entry == nullptr ? Reply::null()
                          : Reply::integer(static_cast<std::int64_t>(entry->revision));
}

Reply do_type(const Keyspace& keyspace, Args args) {
  return Reply::status(keyspace.find(args[1]) == nullptr ? "none" : "string");
}

// COPY source destination [DB number] [REPLACE]; there is one database.
Reply do_copy(Execution& at, Args args) {
  const auto options = parse_copy_options(args.subspan(3));
  if (!options) return options.error();
  if (args[1] == args[2]) {
    return Reply::error("ERR source and destination objects are the same");
  }
  const Entry* from = at.keyspace.find(args[1]);
  if (from == nullptr) return Reply::integer(0);
  if (!options->replace && at.keyspace.find(args[2]) != nullptr) return Reply::integer(0);
  copy(at.keyspace, *from, args[2]);
  return Reply::integer(1);
}

Reply do_del(Execution& at, Args args) {
  std::int64_t erased = 0;
  for (const auto key : args.subspan(1)) erased += at.keyspace.erase(key) ? 1 : 0;
  return Reply::integer(erased);
}

Reply do_flush(Execution& at, Args args) {
  const bool valid =
      args.size() == 1 ||
      (args.size() == 2 && (same_word(args[1], "async") || same_word(args[1], "sync")));
  if (!valid) return syntax_error();
  at.keyspace.clear();
  return Reply::ok();
}

Reply do_rename(Execution& at, Args args) {
  const Entry* from = at.keyspace.find(args[1]);
  if (from == nullptr) return no_such_key();
  move(at.keyspace, *from, args[1], args[2]);
  return Reply::ok();
}

Reply do_renamenx(Execution& at, Args args) {
  const Entry* from = at.keyspace.find(args[1]);
  if (from == nullptr) return no_such_key();
  if (at.keyspace.find(args[2]) != nullptr) return Reply::integer(0);
  move(at.keyspace, *from, args[1], args[2]);
  return Reply::integer(1);
}

}  // namespace holdfast::kv
