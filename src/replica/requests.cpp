// Writes and reads on their way: to the leader, into the log, from a majority.

#include <algorithm>

#include "base/check.hpp"
#include "replica/state.hpp"

namespace holdfast::replica {

namespace {

// Longer than a majority nearby takes for an entry, and little beside the way to one far away.
constexpr Duration kGatheringTime = std::chrono::milliseconds(1);

}  // namespace

// An entry that is under way may already do it.
Instant Replica::State::expiry_deadline() {
  const auto next = machine.next_expiry_ms();
  const bool leads = core.is_leader() && leader_term == core.term();
  const bool is_ours = leads && !core.is_transferring() && !stalled;
  if (!next || !is_ours || time_proposed > machine.applied_index()) return Instant::max();
  const std::uint64_t time = cluster_time_ms();
  if (*next <= time) return now;
  constexpr std::uint64_t kLongest = 24ULL * 60 * 60 * 1000;
  return now + std::chrono::milliseconds(std::min(*next - time, kLongest));
}

void Replica::State::receive_forward(NodeId from, const wire::Forward& forward) {
  // Not ours to propose, or more than we can take: the sender will send it again, where it belongs.
  if (!core.is_leader() || core.is_transferring() || forward.term != core.term()) return;
  if (stalled || forwarded_bytes > config.window_bytes) return;
  // What it may hear as a stranger the core tells it; its writes are no concern of this cluster.
  if (!core.membership().contains(from)) {
    output.trace.push_back("dropped a forward from node " + std::to_string(from.value()) +
                           ", which is no member");
    return;
  }
  Reader reader(forward.section.view());
  const auto section = kv::get_section(reader);
  const auto origin = [](const kv::Section& s) {
    return std::visit([](const auto& any) { return any.origin; }, s);
  };
  if (!section || !reader.finished() || origin(*section) != from) {
    output.trace.push_back("dropped a malformed forward from node " + std::to_string(from.value()));
    return;
  }
  forwarded_bytes += forward.section.size();
  forwarded.push_back(forward.section);
}

void Replica::State::send_writes() {
  if (core.fault()) return;
  if (core.is_leader()) {
    if (is_gathering()) return;
    if (!core.is_transferring()) propose_writes();
  } else if (core.leader()) {
    forward_writes();
  }
  forwarded.clear();
  forwarded_bytes = 0;
}

// While the disk is busy with the entry before, what comes would only wait there, each turn's
// writes as an entry of their own. A few writes gather here instead: an entry costs each node a
// disk write, messages, and what wakes its threads. Where a majority is about to have the entry
// before, those it answers will ask again at once, and share the next.
bool Replica::State::is_gathering() const {
  constexpr std::size_t kFew = 64 << 10;  // bytes
  const bool is_on_disk = time_proposed <= core.durable_index() && now >= gathers_until;
  const bool is_under_way = time_proposed > core.commit_index() && !is_on_disk;
  return is_under_way && !core.is_transferring() && writes.unsent_bytes() + forwarded_bytes < kFew;
}

// When what gathers is no longer to wait for a majority that is far away.
Instant Replica::State::gathering_deadline() const {
  const bool waits = core.is_leader() && writes.unsent_bytes() + forwarded_bytes > 0;
  return waits && now < gathers_until ? gathers_until : Instant::max();
}

// All that arrived in this turn becomes one entry, or few if it is much: each of our own sections
// would not have fitted in with the one before, those of others join while they do.
void Replica::State::propose_writes() {
  std::string batch;
  const auto begin = [&](std::string sections) {
    if (!batch.empty()) propose(std::move(batch));
    batch = std::move(sections);
    std::string header;
    Writer writer(header);
    kv::put_batch_header({cluster_time_ms(), clock.take_unled()}, writer);
    batch.replace(0, kv::kBatchHeaderBytes, header);
  };
  const auto next = [&] { return writes.next_section(now, kv::kBatchHeaderBytes); };
  for (std::string own = next(); !own.empty(); own = next()) begin(std::move(own));
  for (const Payload& section : forwarded) {
    if (batch.size() + section.size() > config.section_bytes_max || batch.empty()) begin({});
    batch += section.view();
  }
  const bool is_only_time = batch.empty() && expiry_deadline() <= now;
  if (is_only_time) begin({});
  if (!batch.empty()) propose(std::move(batch));
}

void Replica::State::propose(std::string batch) {
  // What others passed on their clients wait for.
  is_awaited = !forwarded.empty();
  const auto index = core.propose(Payload(std::move(batch)), is_awaited);
  CHECK(index.has_value());
  time_proposed = *index;
  gathers_until = now + kGatheringTime;
  entry_times.proposed(*index);
}

void Replica::State::forward_writes() {
  for (std::string own = writes.next_section(now); !own.empty(); own = writes.next_section(now)) {
    output.messages.push_back({core.leader(), wire::Forward{core.term(), Payload(std::move(own))}});
  }
}

void Replica::State::ask_reads() {
  if (!core.leader()) return;
  if (const std::uint64_t token = reads.next_question(now)) core.read(token);
}

// A leader whose disk is full can't take writes; a follower that has everything has room.
void Replica::State::hand_over_if_stalled() {
  if (!stalled || !core.is_leader() || now < next_hand_over) return;
  next_hand_over = now + config.resend_interval;
  core.transfer(now, NodeId());
}

// A follower whose disk is full learns of no more commits, so some reads would wait until there
// is room. Those that ask for what it has go on.
void Replica::State::refuse_reads_if_stalled() {
  if (!stalled || core.is_leader()) return;
  reads.refuse_above(core.commit_index(),
                     disk_is_full("it lacks the newest writes; read at another node"));
}

kv::Reply Replica::State::disk_is_full(const std::string& consequence) const {
  return kv::Reply::error("MISCONF the disk of node " + std::to_string(core.id().value()) +
                          " is full: " + consequence);
}

}  // namespace holdfast::replica
