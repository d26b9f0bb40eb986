#include "frontend/statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace holdfast::frontend {

namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
// As Redis: names that clients make up must not fill the memory.
constexpr std::size_t kErrorsMax = 128;
constexpr std::size_t kSpikesMax = 160;

}  // namespace

void PerSecond::add(Instant now, std::uint64_t count) {
  if (now - second_ >= kSecond) {
    in_last_ = now - second_ < 2 * kSecond ? in_this_ : 0;
    in_this_ = 0;
    second_ = now;
  }
  in_this_ += count;
}

std::uint64_t PerSecond::at(Instant now) const {
  if (now - second_ >= 2 * kSecond) return 0;
  return now - second_ >= kSecond ? in_this_ : in_last_;
}

std::uint64_t Statistics::OfCommand::percentile_us(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(calls) * share));
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < by_time.size(); ++i) {
    so_far += by_time[i];
    if (so_far >= wanted) return std::uint64_t{1} << i;
  }
  return 0;
}

void Statistics::answered(Instant now, std::string_view name, Duration took,
                          const kv::Reply& reply) {
  OfCommand& command = commands_[name];
  const auto us = static_cast<std::uint64_t>(std::max<Duration::rep>(took.count(), 0));
  ++command.calls;
  command.microseconds += us;
  ++command.by_time[std::min<std::size_t>(std::bit_width(us), command.by_time.size() - 1)];
  if (reply.is_error()) {
    ++command.failed;
    count_error(reply);
  }
  if (name == "get" || name == "getex" || name == "mget") count_keys(reply);
  ++total_;
  commands_rate_.add(now, 1);
}

void Statistics::received(Instant now, std::size_t bytes) {
  bytes_in_ += bytes;
  bytes_in_rate_.add(now, bytes);
}

void Statistics::sent(Instant now, std::size_t bytes) {
  bytes_out_ += bytes;
  bytes_out_rate_.add(now, bytes);
}

void Statistics::rejected(std::string_view name, const kv::Reply& reply) {
  if (!name.empty()) ++commands_[name].rejected;
  count_error(reply);
}

void Statistics::count_keys(const kv::Reply& reply) {
  if (const auto* all = std::get_if<kv::Reply::Array>(&reply.value)) {
    for (const kv::Reply& one : *all) count_keys(one);
  } else if (!reply.is_error()) {
    ++(std::holds_alternative<kv::Reply::Null>(reply.value) ? misses_ : hits_);
  }
}

void Statistics::count_error(const kv::Reply& reply) {
  const auto* error = std::get_if<kv::Reply::Error>(&reply.value);
  if (error == nullptr) return;
  std::string prefix = error->text.substr(0, error->text.find(' '));
  if (errors_.size() < kErrorsMax || errors_.contains(prefix)) ++errors_[std::move(prefix)];
}

std::uint64_t Statistics::errors_total() const {
  std::uint64_t total = 0;
  for (const auto& [prefix, count] : errors_) total += count;
  return total;
}

void Statistics::note_latency(std::uint64_t unix_seconds, const TimeSpent& spent) {
  note("command", unix_seconds, spent.total);
  note("waiting", unix_seconds, spent.waiting);
  note("disk", unix_seconds, spent.disk);
  note("quorum", unix_seconds, spent.quorum);
  note("apply", unix_seconds, spent.applying);
}

void Statistics::note(const char* name, std::uint64_t unix_seconds, Duration time) {
  const auto ms = static_cast<std::uint64_t>(std::max<Duration::rep>(time.count(), 0)) / 1000;
  if (tunables.latency_threshold_ms == 0 || ms < tunables.latency_threshold_ms) return;
  Event& event = latency_[name];
  event.milliseconds_max = std::max(event.milliseconds_max, ms);
  if (!event.history.empty() && event.history.back().unix_seconds == unix_seconds) {
    auto& last = event.history.back().milliseconds;
    last = std::max(last, ms);
    return;
  }
  event.history.push_back({unix_seconds, ms});
  if (event.history.size() > kSpikesMax) event.history.pop_front();
}

void Statistics::reset(std::uint64_t keys_expired) {
  keys_expired_before_ = keys_expired;
  commands_.clear();
  errors_.clear();
  total_ = hits_ = misses_ = bytes_in_ = bytes_out_ = 0;
}

}  // namespace holdfast::frontend
