#include <expected>

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/planted.hpp"
#include "kv/answers.hpp"
#include "kv/integer.hpp"
#include "kv/text.hpp"
#include "kv/transaction.hpp"

// SESSION and ONCE: docs/exactly-once.md.

namespace holdfast::kv {
namespace {

struct Once {
  std::uint64_t session = 0;
  std::uint64_t request = 0;
  std::uint64_t lowest_awaited = 0;  // zero: not said
  Args command;
};

std::optional<std::uint64_t> parse_positive(std::string_view text) {
  const auto n = parse_integer(text);
  if (!n || *n <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(*n);
}

// ONCE session request [ACK lowest] command args…
std::expected<Once, Reply> parse_once(Args args) {
  if (args.size() < 4) return std::unexpected(wrong_arity("once"));
  const auto session = parse_positive(args[1]);
  const auto request = parse_positive(args[2]);
  if (!session || !request) return std::unexpected(not_an_integer());
  Once once{.session = *session, .request = *request, .command = args.subspan(3)};
  if (!same_word(args[3], "ack")) return once;
  if (args.size() < 6) return std::unexpected(wrong_arity("once"));
  const auto lowest_awaited = parse_positive(args[4]);
  if (!lowest_awaited) return std::unexpected(not_an_integer());
  if (*lowest_awaited > *request) {
    return std::unexpected(Reply::error("ERR ACK is above the number of the request itself"));
  }
  once.lowest_awaited = *lowest_awaited;
  once.command = args.subspan(5);
  return once;
}

Reply no_session(const Sessions& sessions, std::uint64_t id) {
  const std::string number = std::to_string(id);
  return id > sessions.last_id()
             ? Reply::error("NOSESSION there never was a session " + number)
             : Reply::error("NOSESSION session " + number +
                            " is not open: it has expired, was closed, or never was");
}

Reply stale_request(const Once& once, const Session& session) {
  return Reply::error("STALEREQUEST request " + std::to_string(once.request) +
                      " is below the lowest awaited " + std::to_string(session.lowest_awaited) +
                      "; it is not executed and its reply is not kept");
}

Reply session_full(const Session& session) {
  return Reply::error("SESSIONFULL " + std::to_string(session.replies.size()) +
                      " replies are kept; send ACK <lowest still awaited>");
}

Reply request_reused(const Once& once) {
  return Reply::error("REQUESTREUSED request " + std::to_string(once.request) +
                      " of this session was another command");
}

// Of a transaction: its commands. When it is asked for again, what it watches has changed, if only
// by itself, and what the node answers may have as well.
std::uint64_t fingerprint_of_transaction(Args command) {
  const auto transaction = parse_transaction(command);
  CHECK_MSG(transaction.has_value(), "malformed transaction");
  std::uint64_t sum = checksum(kExec, transaction->commands.size());
  for (const Args words : transaction->commands) {
    const Args told = words[0] == kGiven ? words.first(1) : words;
    for (const auto word : told) sum = checksum(word, sum);
  }
  return sum;
}

// Of what is executed: the arguments, and the command without regard to the case of its name.
std::uint64_t fingerprint(const CommandSpec& spec, Args command) {
  if (spec.name == kExec) return fingerprint_of_transaction(command);
  std::uint64_t sum = checksum(spec.name, command.size());
  for (const auto arg : command.subspan(1)) sum = checksum(arg, sum);
  return sum;
}

Reply decode_recorded(const RecordedReply& recorded) {
  Reader in(recorded.encoded.view());
  Reply reply = decode_reply(in);
  CHECK(in.finished());
  return reply;
}

// What the client asks for is well-formed, so only the session decides from here on.
Reply execute_once(Execution& at, const Once& once, const Command& command) {
  Session* session = at.sessions.find(once.session);
  if (session == nullptr) return no_session(at.sessions, once.session);
  at.sessions.touch(*session, at.session_time_ms);
  at.sessions.acknowledge(*session, once.lowest_awaited);
  if (once.request < session->lowest_awaited) return stale_request(once, *session);

  const std::uint64_t print = fingerprint(command.spec, once.command);
  if (const auto* recorded = Sessions::find_reply(*session, once.request)) {
    if (planted(Bug::kRetryAppliedTwice)) return execute(command, at, once.command);
    return recorded->command == print ? decode_recorded(*recorded) : request_reused(once);
  }
  // A read does no harm when it is executed again, and its reply may be as large as a value.
  if (!command.spec.is_write()) return execute(command, at, once.command);
  if (at.sessions.is_full(*session)) return session_full(*session);

  Reply reply = execute(command, at, once.command);
  // What it did may have closed the session, or moved on in it.
  session = at.sessions.find(once.session);
  const bool is_open = session != nullptr && once.request >= session->lowest_awaited &&
                       Sessions::find_reply(*session, once.request) == nullptr;
  if (is_open) at.sessions.record(*session, once.request, print, reply);
  return reply;
}

Reply describe(const Session& session, std::uint64_t session_time_ms) {
  const auto number = [](std::uint64_t n) { return Reply::integer(static_cast<std::int64_t>(n)); };
  return Reply::map({Reply::bulk("id"), number(session.id),                          //
                     Reply::bulk("lowest-awaited"), number(session.lowest_awaited),  //
                     Reply::bulk("replies"), number(session.replies.size()),         //
                     Reply::bulk("reply-bytes"), number(session.reply_bytes),        //
                     Reply::bulk("idle-ms"), number(session_time_ms - session.used_ms)});
}

Reply close_session(Sessions& sessions, std::uint64_t id) {
  return sessions.close(id) ? Reply::ok() : no_session(sessions, id);
}

}  // namespace

Args command_in_once(Args args) {
  if (args.empty() || !same_word(args[0], "once")) return {};
  const auto once = parse_once(args);
  return once ? once->command : Args();
}

Reply do_once(Execution& at, Args args) {
  const auto once = parse_once(args);
  if (!once) return once.error();
  const Command* command = find_handler(once->command);
  if (command == nullptr) return unknown_command(once->command);
  if (!arity_matches(command->spec, once->command.size())) return wrong_arity(command->spec.name);
  if (!command->once) {
    return Reply::error("ERR '" + std::string(command->spec.name) + "' is not allowed in ONCE");
  }
  return execute_once(at, *once, *command);
}

Reply do_session(Execution& at, Args args) {
  if (same_word(args[1], "open")) {
    if (args.size() != 2) return wrong_arity("session|open");
    return Reply::integer(
        static_cast<std::int64_t>(at.sessions.open(at.index, at.session_time_ms)));
  }
  const bool close = same_word(args[1], "close");
  if (!close && !same_word(args[1], "info")) {
    return Reply::error("ERR unknown subcommand '" + printable(args[1], 128) +
                        "'. Try SESSION OPEN, SESSION CLOSE <id> or SESSION INFO <id>.");
  }
  if (args.size() != 3) return wrong_arity(close ? "session|close" : "session|info");
  const auto id = parse_positive(args[2]);
  if (!id) return not_an_integer();
  if (close) return close_session(at.sessions, *id);
  const Session* session = at.sessions.find(*id);
  return session == nullptr ? no_session(at.sessions, *id) : describe(*session, at.session_time_ms);
}

}  // namespace holdfast::kv
