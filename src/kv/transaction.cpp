#include "kv/transaction.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "kv/answers.hpp"
#include "kv/integer.hpp"

// MULTI and EXEC, as they stand in the log.

namespace holdfast::kv {
namespace {

std::optional<std::size_t> parse_count(std::string_view word) {
  const auto n = parse_integer(word);
  if (!n || *n < 0) return std::nullopt;
  return static_cast<std::size_t>(*n);
}

std::optional<Reply> parse_given(std::string_view encoded) {
  Reader in(encoded);
  // With room for the array around it.
  Reply reply = decode_reply(in, kReplyDepthMax - 1);
  if (!in.finished()) return std::nullopt;
  return reply;
}

// What a transaction may take, for nothing else is served meanwhile. It decides what is executed,
// so it is counted in what every node knows alike, and not in time.
struct Budget {
  // Replies are held in memory together, and one command may be worth many requests.
  std::size_t reply_bytes = 64 << 20;
  // In bytes of values that are gone through; a few tenths of a second.
  std::uint64_t work = 1 << 30;
};

// Of commands whose short words ask for much.
std::uint64_t work_of(const CommandSpec& spec, const Keyspace& keyspace, Args words) {
  constexpr std::array<std::string_view, 7> kLinear{"bitcount", "bitop",  "bitpos",  "copy",
                                                    "dump",     "rename", "renamenx"};
  // The slots count as well: they are gone through even if there is nothing in them.
  constexpr std::array<std::string_view, 6> kOfAllKeys{
      "keys", "scan", "randomkey", "cluster|getkeysinslot", "flushall", "flushdb"};
  constexpr std::uint64_t kOfPair = 16;  // of positions of which LCS compares the bytes
  constexpr std::uint64_t kOfKey = 64;
  const auto size = [&](std::string_view key) -> std::uint64_t {
    return view_or_empty(keyspace.find(key)).size();
  };
  if (std::ranges::find(kOfAllKeys, spec.name) != kOfAllKeys.end()) {
    return kOfKey * (kSlotCount + keyspace.size());
  }
  if (spec.name == "lcs") return kOfPair * size(words[1]) * size(words[2]);
  if (std::ranges::find(kLinear, spec.name) == kLinear.end()) return 0;
  std::uint64_t sum = 0;
  for (const std::string_view key : words.subspan(1)) sum += size(key);
  return sum;
}

Reply run(const Command& command, Execution& at, Args words, Budget& left) {
  const std::uint64_t work = work_of(command.spec, at.keyspace, words);
  if (left.work == 0 || work > left.work) {
    return Reply::error(
        "ERR the transaction takes too much work; this command of it was not executed");
  }
  left.work -= work;
  const bool reads = !command.spec.is_write();
  const std::size_t before = at.keyspace.bytes();
  Reply reply = left.reply_bytes == 0 && reads ? reply_too_long() : execute(command, at, words);
  // SETRANGE and SETBIT make much of few words: one may go beyond what is left.
  const std::size_t after = at.keyspace.bytes();
  left.work -= std::min<std::uint64_t>(left.work, after - std::min(before, after));
  const std::size_t bytes = full_bytes(reply);
  if (bytes > left.reply_bytes) {
    left.reply_bytes = 0;
    return reply_too_long();
  }
  left.reply_bytes -= bytes;
  return reply;
}

Reply do_exec(Execution& at, Args args) {
  const auto transaction = parse_transaction(args);
  CHECK_MSG(transaction.has_value(), "malformed transaction");
  const auto is_changed = [&](const Transaction::Watch& watch) {
    return at.keyspace.version_of(watch.key) != watch.version;
  };
  if (std::ranges::any_of(transaction->watches, is_changed)) return Reply::null_array();
  Reply::Array replies;
  replies.reserve(transaction->commands.size());
  Budget left;
  for (const Args words : transaction->commands) {
    const Command* command = find_handler(words);
    CHECK_MSG(command != nullptr && arity_matches(command->spec, words.size()), words[0]);
    replies.push_back(run(*command, at, words, left));
  }
  return Reply::array(std::move(replies));
}

Reply do_given(const Keyspace&, Args args) {
  auto reply = parse_given(args[1]);
  CHECK_MSG(reply.has_value(), "malformed reply");
  return std::move(*reply);
}

Reply do_versions(const Keyspace& keyspace, Args args) {
  Reply::Array versions;
  for (const auto key : args.subspan(1)) {
    versions.push_back(Reply::integer(static_cast<std::int64_t>(keyspace.version_of(key))));
  }
  return Reply::array(std::move(versions));
}

constexpr std::array kInternal = {
    Command{{kExec, -2, flag::kWrite, {}, "transactions", "", "", ""}, do_exec},
    Command{{kGiven, 2, flag::kReadonly, {}, "transactions", "", "", ""}, do_given},
    Command{{kVersions, -2, flag::kReadonly, {1, -1, 1, "RO"}, "transactions", "", "", ""},
            do_versions},
};

bool is_executable_inside(Args args) {
  return args[0] != kExec && is_executable(args) && find_handler(args)->once;
}

}  // namespace

const Command* find_internal(std::string_view name) {
  const auto at =
      std::ranges::find(kInternal, name, [](const Command& command) { return command.spec.name; });
  return at == kInternal.end() ? nullptr : &*at;
}

bool may_be_queued(Args args) {
  const Command* command = find_handler(args);
  return command != nullptr && command->once;
}

const CommandSpec& versions_spec() {
  return kInternal.back().spec;
}

std::optional<Transaction> parse_transaction(Args args) {
  if (args.size() < 2 || args[0] != kExec) return std::nullopt;
  const auto watches = parse_count(args[1]);
  args = args.subspan(2);
  if (!watches || *watches > args.size() / 2) return std::nullopt;
  Transaction transaction;
  for (std::size_t i = 0; i < *watches; ++i, args = args.subspan(2)) {
    const auto version = parse_count(args[1]);
    if (!version) return std::nullopt;
    transaction.watches.push_back({args[0], *version});
  }
  while (!args.empty()) {
    const auto words = parse_count(args[0]);
    args = args.subspan(1);
    if (words.value_or(0) == 0 || *words > args.size()) return std::nullopt;
    transaction.commands.push_back(args.first(*words));
    args = args.subspan(*words);
  }
  return transaction;
}

void TransactionWords::watch(std::string_view key, std::uint64_t version) {
  words_.emplace_back(key);
  words_.push_back(std::to_string(version));
}

void TransactionWords::command(Args args) {
  words_.push_back(std::to_string(args.size()));
  for (const std::string_view arg : args) bytes_ += sizeof(std::string) + arg.size();
  words_.insert(words_.end(), args.begin(), args.end());
}

void TransactionWords::answered(const Reply& reply) {
  std::string encoded;
  Writer out(encoded);
  encode(reply, out);
  command(std::array<std::string_view, 2>{kGiven, encoded});
}

bool is_executable(Args args) {
  const Command* command = find_handler(args);
  if (command == nullptr || !arity_matches(command->spec, args.size())) return false;
  if (args[0] == kGiven) return parse_given(args[1]).has_value();
  if (args[0] == kExec) {
    const auto transaction = parse_transaction(args);
    return transaction && std::ranges::all_of(transaction->commands, is_executable_inside);
  }
  // What is wrong with the rest of ONCE is the client's fault, and answered when it is executed.
  const Args inside = command_in_once(args);
  return inside.empty() || !inside[0].starts_with('|') || is_executable(inside);
}

}  // namespace holdfast::kv
