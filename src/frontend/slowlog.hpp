#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "kv/batch.hpp"

namespace holdfast::frontend {

// Where the time of a request went.
struct TimeSpent {
  Duration total{};
  Duration waiting{};   // until it was in the log of the leader, or on the way there
  Duration disk{};      // until it was durable here; of writes at the leader only
  Duration quorum{};    // until a majority had it, or the leader had answered
  Duration applying{};  // until it was executed and answered
};
std::string to_string(const TimeSpent& spent);

// The last requests that took long, newest first.
class SlowLog {
 public:
  struct Entry {
    std::uint64_t id = 0;
    std::uint64_t unix_seconds = 0;
    TimeSpent spent;
    std::vector<std::string> args;  // shortened as Redis does it
    std::string address;
    std::string client_name;
  };

  void add(Entry entry, std::size_t length_max);
  const std::deque<Entry>& entries() const { return entries_; }
  void clear() { entries_.clear(); }

  // So many arguments, and so many bytes of each.
  static std::vector<std::string> shorten(kv::Args args);

 private:
  std::deque<Entry> entries_;
  std::uint64_t next_id_ = 0;
};

}  // namespace holdfast::frontend
