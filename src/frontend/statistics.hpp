#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "frontend/slowlog.hpp"
#include "kv/reply.hpp"

namespace holdfast::frontend {

// Settings that CONFIG SET may change while the node runs.
struct Tunables {
  std::uint64_t maxmemory = 0;           // bytes; zero: no bound
  std::int64_t slower_than_us = 10'000;  // goes to the slow log; negative: nothing does
  std::uint64_t slowlog_length_max = 128;
  std::uint64_t latency_threshold_ms = 0;  // of events that LATENCY remembers; zero: none
};

// Counts by the second.
class PerSecond {
 public:
  void add(Instant now, std::uint64_t count);
  // Of the last second that is over.
  std::uint64_t at(Instant now) const;

 private:
  Instant second_;  // that is under way
  std::uint64_t in_this_ = 0;
  std::uint64_t in_last_ = 0;
};

// What was asked of a node since it started, or since CONFIG RESETSTAT. One thread.
class Statistics {
 public:
  struct OfCommand {
    std::uint64_t calls = 0;
    std::uint64_t microseconds = 0;
    std::uint64_t rejected = 0;               // before it was executed
    std::uint64_t failed = 0;                 // its reply was an error
    std::array<std::uint64_t, 32> by_time{};  // by the binary logarithm of its microseconds

    // Microseconds within which this share of the calls was answered, rounded up to a power of two.
    std::uint64_t percentile_us(double share) const;
  };
  struct Spike {
    std::uint64_t unix_seconds = 0;
    std::uint64_t milliseconds = 0;
  };
  struct Event {
    std::deque<Spike> history;  // the last ones, oldest first, one for a second
    std::uint64_t milliseconds_max = 0;
  };

  // `name` is of a command table and outlives this.
  void answered(Instant now, std::string_view name, Duration took, const kv::Reply& reply);
  void rejected(std::string_view name, const kv::Reply& reply);
  void received(Instant now, std::size_t bytes);
  void sent(Instant now, std::size_t bytes);
  // Remembers what parts of it took longer than the threshold.
  void note_latency(std::uint64_t unix_seconds, const TimeSpent& spent);
  // The node has removed so many expired keys by then.
  void reset(std::uint64_t keys_expired);

  const std::map<std::string_view, OfCommand>& commands() const { return commands_; }
  // By the error's first word.
  const std::map<std::string, std::uint64_t>& errors() const { return errors_; }
  std::uint64_t commands_total() const { return total_; }
  std::uint64_t errors_total() const;
  std::uint64_t commands_per_second(Instant now) const { return commands_rate_.at(now); }
  std::uint64_t bytes_in_per_second(Instant now) const { return bytes_in_rate_.at(now); }
  std::uint64_t bytes_out_per_second(Instant now) const { return bytes_out_rate_.at(now); }
  // Of the keys that GET, GETEX and MGET asked for: those that were there, and those that weren't.
  std::uint64_t keyspace_hits() const { return hits_; }
  std::uint64_t keyspace_misses() const { return misses_; }
  std::uint64_t keys_expired_before() const { return keys_expired_before_; }
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  std::map<std::string, Event, std::less<>>& latency() { return latency_; }

  Tunables tunables;
  std::size_t monitors = 0;  // connections that listen to MONITOR
  SlowLog slowlog;

 private:
  void count_keys(const kv::Reply& reply);
  void count_error(const kv::Reply& reply);
  void note(const char* event, std::uint64_t unix_seconds, Duration time);

  std::map<std::string_view, OfCommand> commands_;
  std::map<std::string, std::uint64_t> errors_;
  std::map<std::string, Event, std::less<>> latency_;
  std::uint64_t total_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t keys_expired_before_ = 0;
  PerSecond commands_rate_;
  PerSecond bytes_in_rate_;
  PerSecond bytes_out_rate_;
};

}  // namespace holdfast::frontend
