#include "sim/network.hpp"

#include "base/checksum.hpp"
#include "base/overload.hpp"
#include "wire/frame.hpp"

namespace holdfast::sim {

namespace {

using std::chrono::milliseconds;

constexpr Duration kHoldMin = milliseconds(200);
constexpr Duration kHoldRange = milliseconds(1999);
constexpr Duration kAtOnce = std::chrono::microseconds(200);
constexpr std::uint64_t kFrame = std::uint64_t{1} << 56;  // of Events::at's `what`
constexpr std::uint64_t kReset = std::uint64_t{2} << 56;
constexpr std::uint64_t kLost = std::uint64_t{20} << 56;
constexpr Duration kReconnect = milliseconds(1);

std::uint64_t subject(NodeId from, NodeId to) {
  return from.value() << 8 | to.value();
}

}  // namespace

Weather mit_reliable() {
  Weather weather;
  weather.delay_min = std::chrono::microseconds(0);
  weather.delay_max = kAtOnce;
  return weather;
}

Weather mit_unreliable() {
  Weather weather;
  weather.delay_min = milliseconds(0);
  weather.delay_max = milliseconds(26);
  weather.uniform = true;
  weather.reply_delay_max = kAtOnce;
  weather.loss = 0.1;
  return weather;
}

Weather mit_long_reordering() {
  Weather weather = mit_unreliable();
  weather.reply_hold = 600.0 / 900.0;
  return weather;
}

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::kArrives:
      return "arrives";
    case Fate::kLost:
      return "lost";
    case Fate::kCut:
      return "cut";
    case Fate::kDamaged:
      return "damaged";
  }
  return {};
}

std::string_view to_string(Health health) {
  switch (health) {
    case Health::kUp:
      return "up";
    case Health::kDown:
      return "down";
    case Health::kPaused:
      return "paused";
    case Health::kRefused:
      return "refused to start";
  }
  return {};
}

bool is_reply(const wire::PeerMessage& message) {
  const auto* raft = std::get_if<raft::Message>(&message);
  return raft != nullptr && (std::holds_alternative<raft::VoteResponse>(*raft) ||
                             std::holds_alternative<raft::AppendResponse>(*raft) ||
                             std::holds_alternative<raft::HeartbeatResponse>(*raft) ||
                             std::holds_alternative<raft::ReadIndexResponse>(*raft));
}

std::string_view name_of(const wire::PeerMessage& message) {
  if (std::holds_alternative<wire::Forward>(message)) return "Forward";
  if (std::holds_alternative<wire::SnapshotChunk>(message)) return "SnapshotChunk";
  if (std::holds_alternative<wire::SnapshotAck>(message)) return "SnapshotAck";
  using View = std::string_view;
  return std::visit(
      Overload{[](const raft::VoteRequest& m) -> View { return m.pre ? "PreVote" : "RequestVote"; },
               [](const raft::VoteResponse& m) -> View { return m.granted ? "Vote" : "NoVote"; },
               [](const raft::AppendRequest&) -> View { return "AppendEntries"; },
               [](const raft::AppendResponse& m) -> View { return m.accepted ? "Ack" : "Reject"; },
               [](const raft::Heartbeat&) -> View { return "Heartbeat"; },
               [](const raft::HeartbeatResponse&) -> View { return "HeartbeatAck"; },
               [](const raft::ReadIndexRequest&) -> View { return "ReadIndex"; },
               [](const raft::ReadIndexResponse&) -> View { return "ReadIndexAnswer"; },
               [](const raft::TimeoutNow&) -> View { return "TimeoutNow"; },
               [](const raft::Removed&) -> View { return "Removed"; }},
      std::get<raft::Message>(message));
}

void Network::send(NodeId from, NodeId to, const wire::PeerMessage& message) {
  const Link link{from, to};
  const bool reply = is_reply(message);
  const Duration delay = draw_delay(link, reply);
  if (is_cut(from, to)) {
    ++counts_.cut;
    see(link, message, delay, Fate::kCut);
    return;
  }
  if (dice_.chance(weather_.loss)) {
    ++counts_.lost;
    see(link, message, delay, Fate::kLost);
    return;
  }
  std::string frame = wire::encode(message).flatten();
  events_.note(checksum(frame));
  if (dice_.chance(weather_.tear)) {
    return tear(see(link, message, delay, Fate::kDamaged), delay, std::move(frame));
  }
  if (dice_.chance(weather_.duplication)) {
    ++counts_.duplicated;
    const Duration again = draw_delay(link, reply);
    carry(see(link, message, again, Fate::kArrives), again, frame);
  }
  const bool damaged = dice_.chance(weather_.damage);
  if (damaged) {
    ++counts_.damaged;
    const std::uint64_t bit = dice_.below(frame.size() * 8);
    frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ (1 << bit % 8));
  }
  carry(see(link, message, delay, damaged ? Fate::kDamaged : Fate::kArrives), delay,
        std::move(frame));
}

Duration Network::draw_delay(const Link& link, bool is_reply) {
  const Duration low = weather_.delay_min;
  const Duration high =
      is_reply ? weather_.reply_delay_max.value_or(weather_.delay_max) : weather_.delay_max;
  Duration delay = weather_.uniform ? dice_.between(low, high) : dice_.mostly_low(low, high);
  if (dice_.chance(weather_.hold) || (is_reply && dice_.chance(weather_.reply_hold))) {
    ++counts_.held;
    delay += kHoldMin + dice_.between(Duration(0), dice_.between(Duration(0), kHoldRange));
  }
  if (const auto slow = slow_.find(link); slow != slow_.end()) delay += slow->second;
  return delay;
}

void Network::carry(const Flight& flight, Duration delay, std::string frame) {
  events_.after(delay, kFrame | subject(flight.link.first, flight.link.second),
                [this, flight, frame = std::move(frame)] { arrive(flight, frame); });
}

void Network::arrive(const Flight& flight, const std::string& frame) {
  const auto& [from, to] = flight.link;
  if (cut_.contains(flight.link) || lives_[flight.link] != flight.life) {
    ++counts_.cut;
    if (observer_ != nullptr) observer_->message_cut(events_.now(), flight.number);
    return;
  }
  flight.is_reply ? ++counts_.replies : ++counts_.requests;
  if (!flight.is_reply) ++requests_to_[to];
  counts_.bytes += frame.size();
  host_.frame_arrived(to, from, frame);
}

void Network::tear(Flight flight, Duration delay, std::string frame) {
  ++counts_.torn;
  flight.is_reply = true;  // half a request is not counted as one
  frame.resize(dice_.below(frame.size()));
  const auto& [from, to] = flight.link;
  events_.after(delay, kFrame | subject(from, to), [this, flight, frame = std::move(frame)] {
    arrive(flight, frame);
    if (lives_[flight.link] == flight.life) reset_link(flight.link.first, flight.link.second);
  });
}

void Network::reset_link(NodeId a, NodeId b) {
  ++lives_[{a, b}];
  ++lives_[{b, a}];
  events_.after(kReconnect, kReset | subject(a, b), [this, a, b] { host_.link_was_reset(a, b); });
}

void Network::process_ended(NodeId node, NodeId peer) {
  const Duration delay = draw_delay({node, peer}, true);
  events_.after(delay, kLost | subject(node, peer), [this, node, peer] {
    if (!is_cut(node, peer)) host_.peer_was_lost(peer, node);
  });
}

void Network::cut(NodeId from, NodeId to) {
  if (!cut_.insert({from, to}).second || observer_ == nullptr) return;
  observer_->link(events_.now(), from, to, true);
}

void Network::cut_both(NodeId a, NodeId b) {
  cut(a, b);
  cut(b, a);
}

void Network::heal() {
  while (!cut_.empty()) erase_cut(*cut_.begin());
}

void Network::heal_both(NodeId a, NodeId b) {
  erase_cut({a, b});
  erase_cut({b, a});
}

void Network::erase_cut(Link link) {
  if (cut_.erase(link) == 0 || observer_ == nullptr) return;
  observer_->link(events_.now(), link.first, link.second, false);
}

void Network::slow_down(NodeId from, NodeId to, Duration by) {
  slow_[{from, to}] = by;
}

std::uint64_t Network::requests_to(NodeId to) const {
  const auto found = requests_to_.find(to);
  return found == requests_to_.end() ? 0 : found->second;
}

Network::Flight Network::see(const Link& link, const wire::PeerMessage& message, Duration delay,
                             Fate fate) {
  ++last_number_;
  if (observer_ != nullptr) {
    observer_->message({last_number_, link.first, link.second, events_.now(), events_.now() + delay,
                        fate, message});
  }
  return {link, lives_[link], last_number_, is_reply(message)};
}

}  // namespace holdfast::sim
