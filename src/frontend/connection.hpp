#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/client_state.hpp"
#include "frontend/local_command.hpp"
#include "frontend/port.hpp"
#include "frontend/reply_queue.hpp"
#include "frontend/settings.hpp"
#include "resp/request_parser.hpp"

namespace holdfast::frontend {

// One client's brain: bytes in, bytes out, requests to the Port. No I/O, no clock, no thread; all
// calls on the node's one thread. Settings and Port outlive it.
//
// A host feeds it while wants_read(), sends what take_output() gives, one piece at a time, and
// calls resume() when a piece was sent. When should_close() is true and the last piece was sent,
// it closes the socket.
//
// Order. Replies come in the order of requests. Requests that are under way at the same time are
// all reads or all on the log: a read behind a write goes through the log too, and a write
// behind reads waits for their answers. So a pipeline sees what it would see command by command.
//
// Bounds. What waits (requests, their bytes, replies) is bounded by Settings; at a bound the
// parser rests and wants_read() is false. Beyond that a connection holds what one receive()
// brought.
class Connection {
 public:
  Connection(std::uint64_t id, std::string address, const Settings& settings, Port& port,
             Instant now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void receive(Instant now, std::string_view bytes);
  // The client sends no more: what it asked is still answered, then should_close().
  void end_of_input() { input_ended_ = true; }
  // The answer to a request that was submitted through the Port under this number.
  void complete(Instant now, std::uint64_t request, kv::Reply reply,
                const replica::Cost& cost = {});
  // A line of MONITOR. False: the client doesn't listen.
  bool hear(std::string_view line);
  // Tells a client that has asked for that, in RESP3, to be at `address` within so many seconds.
  // False: it has not asked.
  bool announce_move(const Address& address, std::int64_t seconds, std::int64_t number);
  // To be called when what take_output() gave was sent: there may be more, or more to parse.
  void resume(Instant now);

  std::string take_output();
  bool wants_read() const;
  bool should_close() const;
  // The client let more replies pile up than Settings allow: to be closed without waiting for it
  // to take the last piece.
  bool overflowed() const { return overflowed_; }

  std::uint64_t id() const { return client_.id; }
  const std::string& address() const { return client_.address; }
  // For CLIENT LIST, without a line end.
  std::string describe(Instant now) const;

 private:
  using LocalKind = LocalCommand::Kind;
  // What a parsed command waits for before it may run.
  enum class Hold : std::uint8_t { kNone, kUntilReadsAnswered, kUntilAllAnswered };

  // What waits in the replica for one request.
  static std::size_t request_bytes(kv::Args args);

  void pump();
  bool may_parse() const;
  bool is_released() const;
  // False: the command is held.
  bool run_command();
  // Its number under way; zero: it was answered. Nothing: it is held.
  std::optional<std::uint64_t> run_data(const kv::CommandSpec& spec, kv::Args args);
  std::optional<kv::Reply> refuse_data(const kv::CommandSpec& spec, kv::Args args) const;
  bool run_local(kv::Args args);
  // The row of a well-formed command, or what is to be answered instead of running one.
  std::expected<const LocalCommand*, kv::Reply> resolve_local(kv::Args args) const;
  kv::Reply answer(const LocalCommand& command, kv::Args args);
  void tell_monitors(kv::Args args);
  void count(std::string_view name, const kv::Reply& reply, const replica::Cost& cost);
  void submit(const LocalCommand& command, kv::Args args);
  // connection_transaction.cpp
  bool queues(kv::Args args) const;
  void queue(kv::Args args);
  std::optional<kv::Reply> refuse_queued(kv::Args args) const;
  bool transaction_looks_back() const;
  bool run_exec(kv::Args once);
  bool run_watch(kv::Args args);
  kv::Reply finish_watch(const std::vector<std::string>& keys, kv::Reply reply);

  bool hold(Hold until);
  void say(kv::Reply reply);
  void reject(std::string_view name, kv::Reply reply);
  void fail(const std::string& protocol_error);
  void close_if_output_overflows();
  void apply_limits();
  ReplyQueue::Form next_form();
  ConnectionLoad load() const;

  const Settings& settings_;
  Port& port_;
  ClientState client_;
  resp::RequestParser parser_;
  ReplyQueue replies_;
  std::map<std::uint64_t, std::vector<std::string>> watching_;  // WATCHes under way: their keys
  std::string output_;
  Hold hold_ = Hold::kNone;
  bool overflowed_ = false;
  bool input_ended_ = false;
  Instant now_;
};

}  // namespace holdfast::frontend
