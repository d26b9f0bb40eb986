#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace holdfast::bench {

using Clock = std::chrono::steady_clock;

// When operations are due. In a closed loop that is whenever a client has room for one; in an open
// loop (a rate) it is a timetable that does not care how the server is doing: the clients take its
// lines in turn, and one that is late for its line is measured from the time that stands there.
// A load that waits for a slow answer before it sends the next request would leave out those
// requests that would have suffered most.
class Pace {
 public:
  // A rate of zero: a closed loop.
  Pace(Clock::time_point begin, double rate, std::uint64_t clients)
      : begin_(begin), rate_(rate), clients_(clients) {}

  bool is_open() const { return rate_ > 0; }
  // Open: of the line in the timetable.
  Clock::time_point due(std::uint64_t line) const {
    const std::chrono::duration<double> since(static_cast<double>(line) / rate_);
    return begin_ + std::chrono::duration_cast<Clock::duration>(since);
  }
  // When this client's operation of that number, from zero, is due; nothing if that is later.
  std::optional<Clock::time_point> due(std::uint64_t client, std::uint64_t number,
                                       Clock::time_point now) const {
    if (!is_open()) return now;
    const Clock::time_point time = due(number * clients_ + client);
    return time <= now ? std::optional(time) : std::nullopt;
  }
  // Open: how many lines are before `until`.
  std::uint64_t lines_until(Clock::time_point until) const {
    const std::chrono::duration<double> since = until - begin_;
    auto lines = static_cast<std::uint64_t>(since.count() * rate_);
    while (due(lines) < until) ++lines;
    while (lines > 0 && due(lines - 1) >= until) --lines;
    return lines;
  }

 private:
  Clock::time_point begin_;
  double rate_;
  std::uint64_t clients_;
};

}  // namespace holdfast::bench
