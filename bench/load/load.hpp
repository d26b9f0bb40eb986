#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "load/client.hpp"
#include "load/histogram.hpp"
#include "load/options.hpp"
#include "load/pace.hpp"

namespace holdfast::bench {

// What came of a load.
struct Outcome {
  Histogram times;  // of all that was answered or is `unsent`, from when it was due
  double seconds = 0;
  std::uint64_t offered = 0;     // due within that time; in a closed loop, asked
  std::uint64_t answered = 0;    // within that time
  std::uint64_t unsent = 0;      // due, but the client waited for earlier answers: counted as if
                                 // answered at the end, so their times are the least possible
  std::uint64_t unanswered = 0;  // some time after the end
  std::uint64_t errors = 0;
  std::uint64_t misses = 0;  // GETs that found nothing
  std::string first_error;
};

// Many clients of one server, in one thread.
class Load {
 public:
  explicit Load(const Options& options);

  // Connects, runs, and waits for the last answers. Throws when a connection breaks.
  Outcome run();

  // For the clients.
  server::asio::io_context& io() { return io_; }
  const Options& options() const { return options_; }
  std::unique_ptr<Dialogue> make_dialogue() const;
  // What the client is to ask as its operation of that number; nothing if none is due.
  std::optional<Operation> next(std::uint64_t client, std::uint64_t number, Clock::time_point now);
  void take(const std::vector<Answer>& answers);
  // Shared: a client uses them within one call.
  std::array<char, 64 << 10>& read_buffer() { return read_buffer_; }
  std::vector<Answer>& no_answers();

 private:
  void begin();
  void tick();
  void wait_for_end();
  void end_if_all_is_answered();
  void count_unsent();

  Options options_;
  std::string value_;
  Prng prng_;
  server::asio::io_context io_{1};
  server::asio::steady_timer ticks_{io_}, end_{io_};
  std::vector<std::unique_ptr<Client>> clients_;
  std::array<char, 64 << 10> read_buffer_;
  std::vector<Answer> answers_;

  std::optional<Pace> pace_;  // once it runs
  Clock::time_point begin_, until_;
  std::uint64_t line_ = 0;  // of the timetable: the first that its client was not told of
  std::uint64_t asked_ = 0, heard_ = 0;
  bool is_over_ = false;
  Outcome outcome_;
};

}  // namespace holdfast::bench
