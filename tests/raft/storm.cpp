#include "raft/storm.hpp"

#include <algorithm>
#include <ranges>
#include <span>

namespace holdfast::raft {

namespace {

constexpr std::size_t kPastMax = 200;

Payload value(std::uint64_t n) {
  return Payload("v" + std::to_string(n));
}

}  // namespace

Storm::Storm(std::size_t nodes, std::uint64_t seed, std::size_t voters)
    : prng_(seed),
      voters_(std::min(nodes, voters)),
      log_tail_bytes_(prng_.below(4) * 2 * sizeof(Entry)) {
  for (std::uint64_t id = 1; id <= nodes; ++id) ids_.push_back(NodeId(id));
  memberships_[Index()] = Membership::of(std::span(ids_).first(voters_));
  for (const NodeId id : ids_) start(id);
}

void Storm::start(NodeId id) {
  Config config;
  config.id = id;
  if (is_first_voter(id)) {
    config.voters.assign(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(voters_));
  }
  config.seed = prng_.next();
  config.append_entries_max = 3;
  config.window_messages = 4;
  config.log_tail_bytes = log_tail_bytes_;
  Node& node = nodes_[id];
  node.core = std::make_unique<Core>(config, node.disk, now_);
  node.handed_out = node.disk.snapshot.last.index;
}

// A power cut: what the disk had not finished is gone, or some of it is there. Files and the log
// are written by different threads.
void Storm::crash(NodeId id, const Weather& weather) {
  Node& node = nodes_.at(id);
  if (!node.core) return;
  for (std::uint64_t done = prng_.below(node.writing.size() + 1); done > 0; --done) {
    write(node.writing.front().second, node.disk);
    node.writing.pop_front();
  }
  for (std::optional<File>* file : {&node.making, &node.loading}) {
    if (!*file) continue;
    const bool is_newer = (*file)->meta.last.index > node.disk.snapshot.last.index;
    if (is_newer && chance(0.5)) node.disk.snapshot = (*file)->meta;
    file->reset();
  }
  node.core.reset();
  node.writing.clear();
  if (!chance(0.5)) return;
  for (const NodeId peer : ids_) {
    if (!nodes_.at(peer).core) continue;
    nodes_.at(peer).core->peer_lost(now_, id);
    settle(peer, weather);
  }
}

bool Storm::chance(double probability) {
  return static_cast<double>(prng_.below(1'000'000)) < probability * 1'000'000;
}

Duration Storm::time_up_to(int ms_max) {
  return std::chrono::milliseconds(prng_.below(static_cast<std::uint64_t>(ms_max) + 1));
}

void Storm::run_for(int ms, const Weather& weather) {
  for (int i = 0; i < ms; ++i) step(weather);
}

void Storm::step(const Weather& weather) {
  now_ += std::chrono::milliseconds(1);
  misbehave(weather);
  while (!network_.empty() && network_.begin()->first <= now_) {
    const Envelope envelope = std::move(network_.extract(network_.begin()).mapped());
    Node& to = nodes_.at(envelope.to);
    if (!to.core || cut_.contains({envelope.from, envelope.to})) continue;
    to.core->receive(now_, envelope);
    settle(envelope.to, weather);
  }
  deliver_snapshots();
  for (const NodeId id : ids_) {
    if (nodes_.at(id).core) act(id, weather);
  }
  check_log_matching();
}

void Storm::act(NodeId id, const Weather& weather) {
  Node& node = nodes_.at(id);
  finish_writes(node);
  finish_files(node);
  if (now_ >= node.core->next_deadline()) node.core->tick(now_);
  if (node.core->is_leader() && chance(0.2)) {
    static_cast<void>(node.core->propose(value(++next_value_)));
  }
  if (chance(0.05)) {
    const std::uint64_t token = ++next_value_;
    read_floor_[token] = chosen_.size();
    node.core->read(token);
  }
  if (node.core->is_leader() && chance(weather.change)) change_membership(*node.core);
  if (chance(weather.snapshot)) make_snapshot(node, weather);
  send_snapshots(id, weather);
  settle(id, weather);
}

void Storm::misbehave(const Weather& weather) {
  for (const NodeId id : ids_) {
    if (chance(weather.crash)) crash(id, weather);
    if (!nodes_.at(id).core && chance(0.01)) start(id);
  }
  if (chance(weather.partition)) {
    const NodeId a = any_id();
    for (const NodeId b : ids_) {
      if (chance(0.6)) cut_.insert({a, b});
      if (chance(0.6)) cut_.insert({b, a});
    }
  }
  if (chance(0.005)) cut_.clear();
  Node& node = nodes_.at(any_id());
  if (node.core && chance(weather.transfer)) {
    node.core->transfer(now_, chance(0.5) ? NodeId() : any_id());
  }
  if (node.core && chance(weather.loss / 10)) node.core->link_reset(any_id());
  if (chance(weather.nonsense) && !past_.empty()) {
    Envelope old = past_[prng_.below(past_.size())];
    network_.emplace(now_, std::move(old));
  }
}

void Storm::finish_writes(Node& node) {
  Ticket done;
  while (!node.writing.empty() && node.writing.front().first <= now_) {
    done = node.writing.front().second.ticket;
    write(node.writing.front().second, node.disk);
    node.writing.pop_front();
  }
  if (done) node.core->persisted(now_, done);
}

void Storm::settle(NodeId id, const Weather& weather) {
  Node& node = nodes_.at(id);
  Effects effects = node.core->take_effects(now_);
  check(id, effects);
  for (Persist& batch : effects.persist) {
    const auto earliest = node.writing.empty() ? now_ : node.writing.back().first;
    const Duration time = time_up_to(weather.disk_ms_max);
    node.writing.emplace_back(std::max(earliest, now_ + time), std::move(batch));
  }
  for (const Envelope& envelope : effects.messages) {
    check_promises(id, envelope);
    send(envelope, weather);
    if (chance(weather.duplication)) send(envelope, weather);
  }
}

void Storm::send(const Envelope& envelope, const Weather& weather) {
  if (chance(weather.loss)) return;
  if (past_.size() < kPastMax) {
    past_.push_back(envelope);
  } else if (chance(0.01)) {
    past_[prng_.below(kPastMax)] = envelope;
  }
  const Duration delay = std::chrono::milliseconds(1) + time_up_to(weather.delay_ms_max - 1);
  network_.emplace(now_ + delay, envelope);
}

// Of anything that is applied and not in an older one.
void Storm::make_snapshot(Node& node, const Weather& weather) {
  const Index first = node.disk.snapshot.last.index.next();
  if (node.making || node.loading || node.handed_out < first) return;
  const Index last = first.plus(prng_.below(node.handed_out.value() - first.value() + 1));
  if (!node.core->log().term_at(last)) return;
  const SnapshotMeta meta = node.core->meta_at(last);
  node.making = File{now_ + time_up_to(5 * weather.disk_ms_max), meta};
}

void Storm::finish_files(Node& node) {
  if (node.making && node.making->due <= now_) {
    const SnapshotMeta meta = std::move(node.making->meta);
    node.making.reset();
    if (meta.last.index > node.disk.snapshot.last.index) {
      node.disk.snapshot = meta;
      node.core->compact(meta.last.index);
    }
  }
  if (node.loading && node.loading->due <= now_) {
    const SnapshotMeta meta = std::move(node.loading->meta);
    node.loading.reset();
    if (meta.last.index > node.disk.snapshot.last.index) node.disk.snapshot = meta;
    if (!node.core->install(now_, meta)) return;
    node.handed_out = meta.last.index;
    ++installs_;
  }
}

void Storm::send_snapshots(NodeId id, const Weather& weather) {
  Node& node = nodes_.at(id);
  for (const NodeId peer : node.core->peers_behind_log()) {
    if (!chance(0.02)) continue;
    const SnapshotMeta& meta = node.disk.snapshot;
    node.core->snapshot_sent(peer, meta.last.index);
    if (chance(weather.loss)) continue;
    const Duration delay = time_up_to(5 * weather.delay_ms_max);
    transfers_.emplace(now_ + delay, Transfer{id, peer, node.core->term(), meta});
  }
}

// As a host does: from the leader of its term and nobody else.
void Storm::deliver_snapshots() {
  while (!transfers_.empty() && transfers_.begin()->first <= now_) {
    const Transfer transfer = std::move(transfers_.extract(transfers_.begin()).mapped());
    Node& to = nodes_.at(transfer.to);
    if (!to.core || to.loading || cut_.contains({transfer.from, transfer.to})) continue;
    if (transfer.term != to.core->term() || transfer.from != to.core->leader()) continue;
    to.loading = File{now_ + time_up_to(100), transfer.meta};
  }
}

// Something else becomes of one or two nodes; at times, of any.
void Storm::change_membership(Core& leader) {
  Membership target = leader.membership().after_change();
  for (std::uint64_t count = chance(0.1) ? ids_.size() : 1 + prng_.below(2); count > 0; --count) {
    const NodeId id = any_id();
    std::erase_if(target.members, [&](const Member& member) { return member.id == id; });
    const std::uint64_t fate = prng_.below(4);
    if (fate == 0) continue;
    Member member{.id = id, .votes = fate == 1};
    member.joins = fate == 2;
    if (member.joins && chance(0.3)) member.replaces = any_id();
    target.members.push_back(member);
  }
  if (std::ranges::none_of(target.members, &Member::votes)) return;
  std::ranges::sort(target.members, {}, &Member::id);
  static_cast<void>(leader.change_membership(now_, target));
}

bool Storm::recovers(int ms) {
  cut_.clear();
  for (const NodeId id : ids_) {
    if (!nodes_.at(id).core) start(id);
  }
  const std::size_t before = chosen_.size();
  for (int i = 0; i < ms; ++i) {
    step({});
    const Membership& members = memberships_.rbegin()->second;
    const bool all = std::ranges::all_of(members.members, [&](const Member& member) {
      return nodes_.at(member.id).handed_out.value() > before + 5;
    });
    if (all && !members.is_joint()) return true;
  }
  return false;
}

}  // namespace holdfast::raft
