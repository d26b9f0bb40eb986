#include "kv/answers.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"

// OBJECT and MEMORY: what Redis tells of how a value is kept, as far as it makes sense here.

namespace holdfast::kv {
namespace {

// In Redis, from this size on a string has memory of its own.
constexpr std::size_t kEmbeddedMax = 44;

const char* encoding_of(std::string_view value) {
  if (parse_integer(value)) return "int";
  return value.size() <= kEmbeddedMax ? "embstr" : "raw";
}

// Null if there is no such key.
template <class Answer>
Reply of_entry(const Keyspace& keyspace, std::string_view key, const Answer& answer) {
  const Entry* entry = keyspace.find(key);
  return entry == nullptr ? Reply::null() : answer(*entry);
}

}  // namespace

// As Redis would keep a value that SET wrote.
Reply do_object_encoding(const Keyspace& keyspace, Args args) {
  return of_entry(keyspace, args[2],
                  [](const Entry& entry) { return Reply::bulk(encoding_of(entry.view())); });
}

Reply do_object_freq(const Keyspace& keyspace, Args args) {
  return of_entry(keyspace, args[2], [](const Entry&) {
    return Reply::error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
        "that when switching between policies at runtime LRU and LFU data will take some time to "
        "adjust.");
  });
}

// When a key was last read is not kept.
Reply do_object_idletime(const Keyspace& keyspace, Args args) {
  return of_entry(keyspace, args[2], [](const Entry&) { return Reply::integer(0); });
}

Reply do_object_refcount(const Keyspace& keyspace, Args args) {
  return of_entry(keyspace, args[2], [](const Entry&) { return Reply::integer(1); });
}

// MEMORY USAGE key [SAMPLES count]
Reply do_memory_usage(const Keyspace& keyspace, Args args) {
  for (std::size_t i = 3; i < args.size(); i += 2) {
    if (!same_word(args[i], "samples") || i + 1 == args.size()) return syntax_error();
    const auto samples = parse_integer(args[i + 1]);
    if (!samples) return not_an_integer();
    if (*samples < 0) return syntax_error();
  }
  return of_entry(keyspace, args[2], [](const Entry& entry) {
    return size_reply(sizeof(EntryHandle) + sizeof(Entry) + entry.key().size() + entry.size());
  });
}

}  // namespace holdfast::kv
