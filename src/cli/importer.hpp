#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "client/connection.hpp"
#include "resp/request_parser.hpp"

namespace holdfast::cli {

// Sends commands from a stream through one connection, many at a time, and compares what comes
// back. Memory is bounded: the stream is read no faster than the server answers.
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
  // Where a command stands in the stream.
  struct Place {
    std::uint64_t number = 0;  // from one
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
  };

  void read_all(int input);
  bool feed(std::string_view bytes);  // as take_commands()
  // False: it is over.
  bool take_commands();
  void end_of_input();
  void add_command(const Place& place);
  bool send_batch();
  void receive_all();
  std::optional<Place> next_sent();
  void check(const Place& place, const resp::Value& reply);
  void report(const Place& place, const std::string& error);
  void stop(const std::string& reason);
  bool is_stopped();

  client::Connection connection_;

  // Of the sending thread.
  resp::RequestParser parser_;
  std::uint64_t fed_ = 0;
  Place next_{.number = 1};
  std::string batch_;
  std::deque<Place> batch_places_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Place> sent_;  // not answered yet
  std::size_t sent_bytes_ = 0;
  bool is_all_sent_ = false;
  Outcome outcome_;
};

}  // namespace holdfast::cli
