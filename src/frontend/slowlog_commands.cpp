// SLOWLOG and LATENCY: where the time went.

#include <algorithm>

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

// As Redis has it. What the time was spent on stands behind the arguments, where Redis puts what it
// has to say of them: clients know these six fields and no others.
Reply describe(const SlowLog::Entry& entry) {
  Reply::Array args;
  for (const std::string& arg : entry.args) args.push_back(Reply::bulk(arg));
  args.push_back(Reply::bulk("(" + to_string(entry.spent) + ")"));
  return Reply::array({number_reply(entry.id), number_reply(entry.unix_seconds),
                       Reply::integer(entry.spent.total.count()), Reply::array(std::move(args)),
                       Reply::bulk(entry.address), Reply::bulk(entry.client_name)});
}

Reply describe(const std::string& name, const Statistics::Event& event) {
  const Statistics::Spike& last = event.history.back();
  return Reply::array({Reply::bulk(name), number_reply(last.unix_seconds),
                       number_reply(last.milliseconds), number_reply(event.milliseconds_max)});
}

Reply histogram_of(const Statistics::OfCommand& command) {
  std::vector<Reply> buckets;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < command.by_time.size(); ++i) {
    if (command.by_time[i] == 0) continue;
    so_far += command.by_time[i];
    buckets.push_back(number_reply(std::uint64_t{1} << i));
    buckets.push_back(number_reply(so_far));
  }
  return Reply::map({Reply::bulk("calls"), number_reply(command.calls),
                     Reply::bulk("histogram_usec"), Reply::map(std::move(buckets))});
}

}  // namespace

// SLOWLOG GET [count]: 10 if it is not said, all if it is -1.
Reply do_slowlog_get(LocalCall& call) {
  if (call.args.size() > 3) return kv::wrong_arity("slowlog|get");
  std::int64_t count = 10;
  if (call.args.size() == 3) {
    const auto asked = resp::parse_integer(call.args[2]);
    if (!asked || *asked < -1) {
      return Reply::error("ERR count should be greater than or equal to -1");
    }
    count = *asked;
  }
  const auto& entries = call.port.statistics().slowlog.entries();
  const std::size_t end =
      count < 0 ? entries.size() : std::min(entries.size(), static_cast<std::size_t>(count));
  Reply::Array shown;
  for (std::size_t i = 0; i < end; ++i) shown.push_back(describe(entries[i]));
  return Reply::array(std::move(shown));
}

Reply do_slowlog_len(LocalCall& call) {
  return number_reply(call.port.statistics().slowlog.entries().size());
}

Reply do_slowlog_reset(LocalCall& call) {
  call.port.statistics().slowlog.clear();
  return Reply::ok();
}

Reply do_latency_latest(LocalCall& call) {
  Reply::Array events;
  for (const auto& [name, event] : call.port.statistics().latency()) {
    events.push_back(describe(name, event));
  }
  return Reply::array(std::move(events));
}

Reply do_latency_history(LocalCall& call) {
  const auto& events = call.port.statistics().latency();
  const auto event = events.find(call.args[2]);
  Reply::Array spikes;
  if (event == events.end()) return Reply::array({});
  for (const Statistics::Spike& spike : event->second.history) {
    spikes.push_back(
        Reply::array({number_reply(spike.unix_seconds), number_reply(spike.milliseconds)}));
  }
  return Reply::array(std::move(spikes));
}

// LATENCY RESET [event …]
Reply do_latency_reset(LocalCall& call) {
  auto& events = call.port.statistics().latency();
  std::int64_t count = 0;
  if (call.args.size() == 2) {
    count = static_cast<std::int64_t>(events.size());
    events.clear();
  }
  for (const std::string_view name : call.args.subspan(2)) {
    const auto event = events.find(name);
    if (event == events.end()) continue;
    events.erase(event);
    ++count;
  }
  return Reply::integer(count);
}

// LATENCY HISTOGRAM [command …]: so many calls took at most so many microseconds.
Reply do_latency_histogram(LocalCall& call) {
  const kv::Args wanted = call.args.subspan(2);
  std::vector<Reply> items;
  for (const auto& [name, command] : call.port.statistics().commands()) {
    const bool is_wanted = wanted.empty() || std::ranges::any_of(wanted, [&](std::string_view w) {
                             return same_word(w, name);
                           });
    if (!is_wanted || command.calls == 0) continue;
    items.push_back(Reply::bulk(std::string(name)));
    items.push_back(histogram_of(command));
  }
  return Reply::map(std::move(items));
}

Reply do_latency_doctor(LocalCall& call) {
  const Statistics& statistics = call.port.statistics();
  if (statistics.tunables.latency_threshold_ms == 0) {
    return Reply::verbatim(
        "Nothing is remembered: CONFIG SET latency-monitor-threshold <milliseconds> turns it "
        "on.\n");
  }
  std::string text;
  for (const auto& [name, event] : call.port.statistics().latency()) {
    text += name + ": " + std::to_string(event.history.size()) + " times over the threshold, " +
            std::to_string(event.milliseconds_max) + " ms at most\n";
  }
  if (text.empty()) return Reply::verbatim("Nothing took longer than the threshold.\n");
  return Reply::verbatim(
      text +
      "waiting: a busy node or leader; disk: this node's fdatasync; quorum: the other nodes' disks "
      "or the network; apply: large commands.\n");
}

}  // namespace holdfast::frontend
