#include "frontend/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/planted.hpp"
#include "frontend/data_checks.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using Event = resp::RequestParser::Event;
using Path = ReplyQueue::Path;

kv::Reply not_authenticated() {
  return kv::Reply::error("NOAUTH Authentication required.");
}

// A browser that was tricked into talking to this port: Redis closes without a word, too.
bool is_http(std::string_view name) {
  return same_word(name, "post") || same_word(name, "host:");
}

}  // namespace

std::size_t Connection::request_bytes(kv::Args args) {
  constexpr std::size_t kOverhead = 128;  // besides the arguments' bytes
  std::size_t bytes = kOverhead;
  for (const std::string_view arg : args) bytes += arg.size() + sizeof(arg);
  return bytes;
}

Connection::Connection(std::uint64_t id, std::string address, const Settings& settings, Port& port,
                       Instant now)
    : settings_(settings), port_(port), now_(now) {
  client_.id = id;
  client_.address = std::move(address);
  client_.connected_at = client_.last_heard_at = now;
  client_.authenticated = settings.password.empty();
  apply_limits();
}

Connection::~Connection() {
  if (client_.is_monitor) --port_.statistics().monitors;
}

void Connection::receive(Instant now, std::string_view bytes) {
  port_.statistics().received(now, bytes.size());
  now_ = client_.last_heard_at = now;
  if (client_.closing || overflowed_) return;
  parser_.feed(bytes);
  pump();
}

void Connection::complete(Instant now, std::uint64_t request, kv::Reply reply,
                          const replica::Cost& cost) {
  now_ = now;
  if (overflowed_) return;
  if (auto watch = watching_.extract(request)) {
    reply = finish_watch(watch.mapped(), std::move(reply));
  }
  count(replies_.name_of(request), reply, cost);
  replies_.complete(request, std::move(reply));
  pump();
}

bool Connection::hear(std::string_view line) {
  if (!client_.is_monitor || client_.closing || overflowed_) return false;
  resp::ReplyWriter(output_, client_.protocol).status(line);
  close_if_output_overflows();
  return true;
}

// Between two replies: what is in output_ are whole ones. The form is that of Redis Enterprise,
// whose clients know it: ["MOVING", number, seconds, "host:port" or null].
bool Connection::announce_move(const Address& address, std::int64_t seconds, std::int64_t number) {
  const bool can_be_told = client_.wants_moves && client_.protocol == resp::Protocol::kResp3;
  if (!can_be_told || client_.closing || overflowed_) return false;
  resp::ReplyWriter writer(output_, client_.protocol);
  writer.push(4);
  writer.bulk("MOVING");
  writer.integer(number);
  writer.integer(seconds);
  client_.wants_no_address ? writer.null() : writer.bulk(address.to_string());
  return true;
}

void Connection::resume(Instant now) {
  now_ = now;
  pump();
}

std::string Connection::take_output() {
  port_.statistics().sent(now_, output_.size());
  return std::exchange(output_, {});
}

bool Connection::wants_read() const {
  return !input_ended_ && hold_ == Hold::kNone && may_parse();
}

bool Connection::should_close() const {
  const bool ends = client_.closing || (input_ended_ && hold_ == Hold::kNone);
  return overflowed_ || (ends && replies_.empty() && output_.empty());
}

std::string Connection::describe(Instant now) const {
  return frontend::describe(client_, load(), now);
}

void Connection::pump() {
  for (;;) {
    replies_.write_to(output_, settings_.output_bytes_pause);
    close_if_output_overflows();
    if (!may_parse()) return;
    if (hold_ == Hold::kNone) {
      const Event event = parser_.next();
      if (event == Event::kNeedMore) return;
      if (event == Event::kError) return fail(parser_.error());
      if (event == Event::kTooLarge) {
        client_.transaction.spoil();
        say(too_large(parser_.excess(), settings_));
        continue;
      }
    } else if (!is_released()) {
      return;
    }
    hold_ = Hold::kNone;
    if (!run_command()) return;
  }
}

bool Connection::may_parse() const {
  return !client_.closing && !overflowed_ && replies_.size() < settings_.pending_requests_max &&
         (replies_.empty() || replies_.bytes() < settings_.pending_bytes_max) &&
         output_.size() < settings_.output_bytes_pause;
}

bool Connection::is_released() const {
  switch (hold_) {
    case Hold::kNone:
      return true;
    case Hold::kUntilReadsAnswered:
      return replies_.waiting(Path::kRead) == 0;
    case Hold::kUntilAllAnswered:
      return replies_.empty();
  }
  return true;
}

bool Connection::run_command() {
  const kv::Args args = parser_.args();
  if (port_.statistics().monitors > 0) tell_monitors(args);
  if (queues(args)) return queue(args), true;
  const kv::CommandSpec* spec = kv::find_command(args);
  if (spec == nullptr) return run_local(args);
  const kv::Args once = kv::command_in_once(args);
  if (once.size() == 1 && same_word(once[0], "exec")) return run_exec(args.first(args.size() - 1));
  return run_data(*spec, args).has_value();
}

std::optional<std::uint64_t> Connection::run_data(const kv::CommandSpec& spec, kv::Args args) {
  const bool behind_write = replies_.waiting(Path::kLog) > 0 && !planted(Bug::kReadOvertakesWrite);
  const Path path = spec.is_write() || behind_write ? Path::kLog : Path::kRead;
  if (path == Path::kLog && replies_.waiting(Path::kRead) > 0) {
    hold(Hold::kUntilReadsAnswered);
    return std::nullopt;
  }
  client_.last_command = spec.name;
  if (auto refusal = refuse_data(spec, args)) return reject(spec.name, std::move(*refusal)), 0;
  const auto request = replies_.expect(path, next_form(), request_bytes(args), spec.name);
  // What is read behind a WATCH must not be older than what that has seen.
  const bool may_be_stale = client_.max_stale > Duration() && watching_.empty();
  if (path == Path::kLog) {
    port_.submit_write(client_.id, request, args);
  } else if (may_be_stale) {
    port_.submit_stale_read(client_.id, request, args, client_.max_stale);
  } else {
    port_.submit_read(client_.id, request, args);
  }
  return request;
}

std::optional<kv::Reply> Connection::refuse_data(const kv::CommandSpec& spec, kv::Args args) const {
  if (!kv::arity_matches(spec, args.size())) return kv::wrong_arity(spec.name);
  if (!client_.authenticated) return not_authenticated();
  return refuse_data_command(spec, args, client_, settings_, port_);
}

std::expected<const LocalCommand*, kv::Reply> Connection::resolve_local(kv::Args args) const {
  const LocalCommand* command = find_local(args[0]);
  if (command == nullptr) return std::unexpected(kv::unknown_command(args));
  const LocalCommand* container = command->kind == LocalKind::kContainer ? command : nullptr;
  if (container != nullptr && args.size() > 1) {
    command = find_local(args[0], args[1]);
    const bool asks_help = same_word(args[1], "help") && args.size() == 2;
    if (command == nullptr && asks_help) {
      return std::unexpected(client_.authenticated ? help(*container) : not_authenticated());
    }
    if (command == nullptr) return std::unexpected(unknown_subcommand(*container, args[1]));
  }
  if (!kv::arity_matches(command->spec, args.size())) {
    return std::unexpected(kv::wrong_arity(command->spec.name));
  }
  const bool may_be_anybody = (command->spec.flags & kv::flag::kNoAuth) != 0;
  if (!client_.authenticated && !may_be_anybody) return std::unexpected(not_authenticated());
  return command;
}

bool Connection::run_local(kv::Args args) {
  if (is_http(args[0])) {
    client_.closing = true;
    return true;
  }
  const auto command = resolve_local(args);
  if (!command) return reject({}, command.error()), true;
  const LocalKind kind = (*command)->kind;
  if (kind == LocalKind::kAfterPrevious && !replies_.empty()) {
    return hold(Hold::kUntilAllAnswered);
  }
  if (kind == LocalKind::kExec) return run_exec({});
  if (kind == LocalKind::kWatch) return run_watch(args);
  if ((*command)->submit != nullptr) return submit(**command, args), true;
  say(answer(**command, args));
  return true;
}

kv::Reply Connection::answer(const LocalCommand& command, kv::Args args) {
  client_.last_command = command.spec.name;
  const ConnectionLoad now_loaded = load();
  LocalCall call{args, client_, now_loaded, settings_, port_, now_};
  kv::Reply reply = command.run(call);
  apply_limits();
  port_.statistics().answered(now_, command.spec.name, Duration(), reply);
  return reply;
}

// Behind it reads go through the log, so that they wait for nothing but their turn to be answered.
void Connection::submit(const LocalCommand& command, kv::Args args) {
  client_.last_command = command.spec.name;
  const ConnectionLoad now_loaded = load();
  LocalCall call{args, client_, now_loaded, settings_, port_, now_};
  const auto request =
      replies_.expect(Path::kLog, next_form(), request_bytes(args), command.spec.name);
  if (auto refusal = command.submit(call, request)) {
    port_.statistics().rejected(command.spec.name, *refusal);
    replies_.complete(request, std::move(*refusal));
  }
}

bool Connection::hold(Hold until) {
  hold_ = until;
  return false;
}

void Connection::reject(std::string_view name, kv::Reply reply) {
  port_.statistics().rejected(name, reply);
  say(std::move(reply));
}

void Connection::say(kv::Reply reply) {
  replies_.put(std::move(reply), next_form());
}

void Connection::fail(const std::string& protocol_error) {
  say(kv::Reply::error(protocol_error));
  client_.closing = true;
  replies_.write_to(output_, settings_.output_bytes_pause);
}

// A client that asks and does not take what it asked for costs this much and no more.
void Connection::close_if_output_overflows() {
  if (output_.size() + replies_.reply_bytes() <= settings_.output_bytes_max) return;
  overflowed_ = true;
  replies_ = {};
  std::string().swap(output_);
}

void Connection::apply_limits() {
  resp::RequestLimits limits;
  limits.authenticated = client_.authenticated;
  limits.argument_bytes_max = std::max(settings_.value_bytes_max, settings_.key_bytes_max);
  limits.command_bytes_max = settings_.command_bytes_max;
  parser_.set_limits(limits);
}

// To be asked once for each command, after it ran: CLIENT REPLY decides about its own reply.
ReplyQueue::Form Connection::next_form() {
  const bool silent = client_.replies_off || client_.skips_this_reply || client_.skips_next_reply;
  client_.skips_this_reply = std::exchange(client_.skips_next_reply, false);
  return {client_.protocol, silent};
}

ConnectionLoad Connection::load() const {
  return {parser_.buffered_bytes(), replies_.size(), output_.size() + replies_.reply_bytes()};
}

}  // namespace holdfast::frontend
