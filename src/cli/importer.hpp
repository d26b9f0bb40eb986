#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "cli/refused_commands.hpp"
#include "client/connection.hpp"
#include "resp/request_parser.hpp"

namespace holdfast::cli {

// Sends commands from a stream through one connection, many at a time, and compares what comes
// back. Memory is bounded: the stream is read no faster than the server answers.
//
// What the cluster has refused, since it had no leader or too much to do, is sent again when all
// that was sent is answered, for a minute without any success; but not if a later command that
// writes the same key was executed.
//
// One thread reads and sends, another receives: a server that waits for its replies to be taken
// must not wait for us to send.
class Importer {
 public:
  struct Outcome {
    std::uint64_t answered = 0;    // commands, with or without an error
    std::uint64_t errors = 0;      // error replies, and commands that were not sent for their form
    std::uint64_t unanswered = 0;  // sent, and the connection broke: nobody knows
    // Why not all of the input was sent, or nothing.
    std::optional<std::string> stopped;
  };

  explicit Importer(client::Connection connection) : connection_(std::move(connection)) {}

  // Until the stream ends. Prints the first errors to stderr, each with its place.
  Outcome run(int input);

 private:
  void read_all(int input);
  bool feed(std::string_view bytes);  // as take_commands()
  // False: it is over.
  bool take_commands();
  void end_of_input();
  void add_command(std::uint64_t number, std::uint64_t offset);
  bool send_batch();
  // Waits until it is so, and sends again what was refused. False: it is over.
  template <class Condition>
  bool wait_until(Condition is_ready);
  bool send(std::deque<StreamCommand> commands);
  void receive_all();
  bool awaits_reply();
  void check(const resp::Value& reply);
  bool is_to_be_sent_again(const resp::Value::Error& error);
  void report_refused(const std::deque<RefusedCommands::Refused>& refused);
  void report(std::uint64_t number, std::uint64_t offset, const std::string& error);
  void stop(const std::string& reason);
  bool is_stopped();

  client::Connection connection_;

  // Of the sending thread.
  resp::RequestParser parser_;
  std::uint64_t fed_ = 0;
  std::uint64_t next_number_ = 1;
  std::uint64_t next_offset_ = 0;
  std::deque<StreamCommand> batch_;
  std::size_t batch_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamCommand> sent_;  // not answered yet
  std::size_t sent_bytes_ = 0;
  RefusedCommands refused_;
  std::optional<client::Clock::time_point> refused_since_;  // without a success
  bool is_all_sent_ = false;
  Outcome outcome_;
};

}  // namespace holdfast::cli
