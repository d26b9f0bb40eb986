// MULTI, EXEC and WATCH. What a client says in between is checked and kept here; EXEC makes one
// command of it, and so one entry of the log. What the node would answer by itself is answered
// when EXEC comes, and stands in the transaction as the answer that it is.

#include <algorithm>
#include <array>
#include <utility>

#include "frontend/connection.hpp"
#include "frontend/data_checks.hpp"
#include "frontend/text.hpp"
#include "kv/transaction.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;
using Excess = resp::RequestParser::Excess;
using Path = ReplyQueue::Path;

// What is never kept: it ends the transaction, or has no place in one.
bool is_never_queued(kv::Args args) {
  constexpr std::array<std::string_view, 6> kNames{"multi", "exec",  "discard",
                                                   "watch", "reset", "quit"};
  const kv::Args inside = kv::command_in_once(args);
  const std::string_view name = inside.empty() ? args[0] : inside[0];
  return std::ranges::any_of(kNames, [&](std::string_view n) { return same_word(name, n); });
}

Reply not_in_a_transaction() {
  return Reply::error("ERR Command not allowed inside a transaction");
}

std::vector<std::string_view> views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

bool Connection::queues(kv::Args args) const {
  return client_.transaction.is_open() && !is_never_queued(args);
}

void Connection::queue(kv::Args args) {
  if (auto refusal = refuse_queued(args)) {
    client_.transaction.spoil();
    return say(std::move(*refusal));
  }
  client_.transaction.add(args);
  say(Reply::status("QUEUED"));
}

std::optional<Reply> Connection::refuse_queued(kv::Args args) const {
  if (const kv::CommandSpec* spec = kv::find_command(args)) {
    if (auto refusal = refuse_data(*spec, args)) return refusal;
    if (!kv::may_be_queued(args)) return not_in_a_transaction();
  } else {
    const auto local = resolve_local(args);
    if (!local) return local.error();
    if ((*local)->submit != nullptr) return not_in_a_transaction();
  }
  const std::size_t bytes = client_.transaction.bytes() + Transaction::bytes_of(args);
  if (bytes > settings_.command_bytes_max) return too_large(Excess::kCommand, settings_);
  return std::nullopt;
}

// Whether one of its commands is about what was asked before it: WAIT.
bool Connection::transaction_looks_back() const {
  return std::ranges::any_of(client_.transaction.commands(), [](const auto& words) {
    const LocalCommand* local = find_local(words[0]);
    return local != nullptr && local->kind == LocalKind::kAfterPrevious;
  });
}

// `once` is the beginning of ONCE … EXEC, if it came so.
bool Connection::run_exec(kv::Args once) {
  if (!client_.transaction.is_open()) return say(Reply::error("ERR EXEC without MULTI")), true;
  const bool waits = !watching_.empty() || transaction_looks_back();
  if (waits && !replies_.empty()) return hold(Hold::kUntilAllAnswered);
  if (replies_.waiting(Path::kRead) > 0) return hold(Hold::kUntilReadsAnswered);
  const Transaction transaction = std::exchange(client_.transaction, {});
  client_.last_command = "exec";
  if (transaction.is_spoilt()) {
    say(Reply::error("EXECABORT Transaction discarded because of previous errors."));
    return true;
  }
  if (transaction.has_lost_a_watch()) {
    say(Reply::error("EXECABORT Transaction discarded because WATCH was not answered."));
    return true;
  }
  kv::TransactionWords words(transaction.watches().size());
  for (const auto& [key, version] : transaction.watches()) words.watch(key, version);
  for (const auto& command : transaction.commands()) {
    const auto args = views(command);
    const LocalCommand* local = kv::find_command(args) == nullptr ? *resolve_local(args) : nullptr;
    local == nullptr ? words.command(args) : words.answered(answer(*local, args));
    if (words.bytes() > settings_.command_bytes_max)
      return say(too_large(Excess::kCommand, settings_)), true;
  }
  std::vector<std::string_view> stored(once.begin(), once.end());
  stored.insert(stored.end(), words.words().begin(), words.words().end());
  const auto request = replies_.expect(Path::kLog, next_form(), request_bytes(stored), "exec");
  port_.submit_write(client_.id, request, stored);
  return true;
}

bool Connection::run_watch(kv::Args args) {
  if (client_.transaction.is_open()) {
    return say(Reply::error("ERR WATCH inside MULTI is not allowed")), true;
  }
  const std::size_t bytes = client_.transaction.bytes() + Transaction::bytes_of(args);
  if (bytes > settings_.command_bytes_max) return say(too_large(Excess::kCommand, settings_)), true;
  std::vector<std::string_view> versions(args.begin(), args.end());
  versions[0] = kv::kVersions;
  const auto request = run_data(kv::versions_spec(), versions);
  if (!request) return false;
  if (*request == 0) {
    client_.transaction.lose_a_watch();
  } else {
    watching_[*request].assign(args.begin() + 1, args.end());
  }
  return true;
}

Reply Connection::finish_watch(const std::vector<std::string>& keys, Reply reply) {
  const auto* versions = std::get_if<Reply::Array>(&reply.value);
  if (versions == nullptr) {
    client_.transaction.lose_a_watch();
    return reply;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto version = std::get<std::int64_t>((*versions)[i].value);
    client_.transaction.watch(keys[i], static_cast<std::uint64_t>(version));
  }
  return Reply::ok();
}

}  // namespace holdfast::frontend
