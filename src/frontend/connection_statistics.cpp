// What a connection tells others of its commands: statistics, the slow log, MONITOR.

#include <algorithm>

#include "frontend/connection.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

constexpr std::uint64_t kMicros = 1'000'000;

TimeSpent spent_on(const replica::Cost& cost, Instant now) {
  TimeSpent spent;
  Instant at = cost.asked;
  const auto until = [&at](Instant next) {
    const Duration time = next > at ? next - at : Duration();
    at = std::max(at, next);
    return time;
  };
  spent.waiting = until(cost.sent);
  spent.disk = until(cost.durable);
  spent.quorum = until(cost.committed);
  spent.applying = until(now);
  spent.total = now - cost.asked;
  return spent;
}

// As MONITOR writes an argument.
std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const auto at = std::string_view("\n\r\t\a\b\"\\").find(byte);
    if (at != std::string_view::npos) {
      out += {'\\', std::string_view("nrtab\"\\")[at]};
    } else if (code >= 0x20 && code < 0x7f) {
      out += byte;
    } else {
      out += {'\\', 'x', kHex[code >> 4], kHex[code & 15]};
    }
  }
  return out + '"';
}

}  // namespace

void Connection::count(std::string_view name, const kv::Reply& reply, const replica::Cost& cost) {
  Statistics& statistics = port_.statistics();
  const bool is_measured = cost.asked > Instant();
  const TimeSpent spent = is_measured ? spent_on(cost, now_) : TimeSpent();
  statistics.answered(now_, name, spent.total, reply);
  const Tunables& bounds = statistics.tunables;
  const bool is_slow = bounds.slower_than_us >= 0 && spent.total.count() >= bounds.slower_than_us;
  const bool is_spike =
      bounds.latency_threshold_ms != 0 &&
      static_cast<std::uint64_t>(spent.total.count()) >= bounds.latency_threshold_ms * 1000;
  if (!is_measured || !(is_slow || is_spike)) return;
  const std::uint64_t unix_seconds = port_.unix_time_us() / kMicros;
  if (is_spike) statistics.note_latency(unix_seconds, spent);
  if (!is_slow) return;
  Reader in(cost.command);
  std::vector<std::string_view> args;
  kv::get_command(in, args);
  statistics.slowlog.add({.unix_seconds = unix_seconds,
                          .spent = spent,
                          .args = SlowLog::shorten(args),
                          .address = client_.address,
                          .client_name = client_.name},
                         bounds.slowlog_length_max);
}

// A password is nobody's business.
void Connection::tell_monitors(kv::Args args) {
  if (same_word(args[0], "auth") || same_word(args[0], "hello")) return;
  const std::uint64_t time = port_.unix_time_us();
  const std::string micros = std::to_string(time % kMicros);
  std::string line = std::to_string(time / kMicros) + '.' + std::string(6 - micros.size(), '0') +
                     micros + " [0 " + client_.address + "]";
  for (const std::string_view arg : args) line += ' ' + escaped(arg);
  port_.tell_monitors(line);
}

}  // namespace holdfast::frontend
