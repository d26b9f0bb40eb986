#include "server/peer_network.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/overload.hpp"
#include "server/options.hpp"
#include "server/peer_socket.hpp"

namespace holdfast::server {

namespace {

// A peer needs two; more are left over from connections that it believes broken.
constexpr std::size_t kInboxesMax = 256;
constexpr std::size_t kGuestsMax = 64;
constexpr std::size_t kComplaintsMax = 100;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

bool is_bulk(const wire::PeerMessage& message) {
  if (std::holds_alternative<wire::Forward>(message)) return true;
  if (std::holds_alternative<wire::SnapshotChunk>(message)) return true;
  const auto* raft = std::get_if<raft::Message>(&message);
  const auto* append = raft != nullptr ? std::get_if<raft::AppendRequest>(raft) : nullptr;
  return append != nullptr && !append->entries.empty();
}

}  // namespace

PeerNetwork::PeerNetwork(asio::io_context& io, tcp::acceptor acceptor, Config config, Host& host)
    : io_(io),
      acceptor_(std::move(acceptor)),
      accept_pause_(io),
      config_(std::move(config)),
      host_(host),
      prng_(config_.seed) {
  accept();
}

// Who is no member any more but still connected becomes a guest: it may have something to ask.
void PeerNetwork::set_members(const std::map<NodeId, Address>& members) {
  for (auto& [id, peer] : peers_) peer.is_guest = !members.contains(id);
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.is_guest && inbox_of(entry.first) == nullptr;
  });
  for (const auto& [id, address] : members) {
    if (id == config_.self) continue;
    link_to(id, address);
  }
}

// Leaves the links alone that lead there already.
void PeerNetwork::link_to(NodeId id, const Address& address) {
  Peer& peer = peers_[id];
  if (peer.control && peer.address == address) return;
  peer.address = address;
  peer.control = make_link(id, address);
  peer.bulk = make_link(id, address);
  peer.said_up = false;
  peer.said_reason.clear();
  host_.peer_link_reset(id);
}

std::unique_ptr<PeerLink> PeerNetwork::make_link(NodeId id, const Address& address) {
  PeerLink::Config config{.hello = hello_to(id), .address = address};
  config.seed = prng_.next();
  PeerLink::Host& host = *this;
  return std::make_unique<PeerLink>(io_, std::move(config), host);
}

const PeerInbox* PeerNetwork::inbox_of(NodeId peer) const {
  const auto found =
      std::ranges::find_if(inboxes_, [&](const auto& inbox) { return inbox->peer() == peer; });
  return found == inboxes_.end() ? nullptr : found->get();
}

bool PeerNetwork::is_guest(NodeId peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.is_guest;
}

void PeerNetwork::send(const replica::Outgoing& outgoing) {
  const auto found = peers_.find(outgoing.to);
  if (found == peers_.end() || cut_.contains(outgoing.to)) return;
  (is_bulk(outgoing.message) ? found->second.bulk : found->second.control)->send(outgoing.message);
}

void PeerNetwork::flush() {
  for (const Peer& peer : peers_ | std::views::values) {
    peer.control->flush();
    peer.bulk->flush();
  }
}

void PeerNetwork::read_arrived() {
  // One that closes is taken out of the list.
  const auto inboxes = inboxes_;
  for (const auto& inbox : inboxes) {
    if (inbox->peer()) inbox->read_arrived();
  }
}

void PeerNetwork::cut(std::set<NodeId> peers) {
  cut_ = std::move(peers);
  for (const NodeId id : peers_ | std::views::keys) host_.peer_link_reset(id);
}

std::optional<Address> PeerNetwork::client_address(NodeId peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? std::nullopt : found->second.client_address;
}

bool PeerNetwork::is_connected(NodeId peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.control->is_up();
}

void PeerNetwork::accept() {
  acceptor_.async_accept(
      [this](const ErrorCode& error, tcp::socket socket) { took(error, std::move(socket)); });
}

void PeerNetwork::took(const ErrorCode& error, tcp::socket socket) {
  if (error) {
    spdlog::warn("can't accept a peer: {}", error.message());
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](const ErrorCode& cancelled) {
      if (!cancelled) accept();
    });
    return;
  }
  make_room_for_inbox();
  PeerInbox::Host& host = *this;
  const auto inbox = inboxes_.emplace_back(std::make_shared<PeerInbox>(std::move(socket), host));
  inbox->start();
  accept();
}

// The oldest that has said nothing yet makes room, else the oldest of a guest: a crowd of strangers
// must not keep a member out.
void PeerNetwork::make_room_for_inbox() {
  if (inboxes_.size() < kInboxesMax) return;
  auto found = std::ranges::find_if(inboxes_, [](const auto& inbox) { return !inbox->peer(); });
  if (found == inboxes_.end()) {
    found = std::ranges::find_if(inboxes_, [&](const auto& i) { return is_guest(i->peer()); });
  }
  const auto victim = found != inboxes_.end() ? *found : inboxes_.front();
  victim->close("too many connections");
}

wire::Hello PeerNetwork::hello_to(NodeId to) {
  wire::Hello hello;
  hello.cluster = config_.cluster;
  hello.from = config_.self;
  hello.to = to;
  hello.client_address = config_.client_address;
  hello.peer_address = config_.peer_address;
  hello.knows_receiver = host_.knows(to);
  return hello;
}

void PeerNetwork::learn(const wire::Hello& hello) {
  if (hello.knows_receiver) host_.known_by(hello.from);
  if (const auto address = Address::parse(hello.client_address)) {
    peers_.at(hello.from).client_address = address;
  }
}

void PeerNetwork::link_up(NodeId id, const wire::Hello& hello) {
  learn(hello);
  Peer& peer = peers_.at(id);
  if (!peer.said_up) spdlog::info("peer {}: connected", id.value());
  peer.said_up = true;
  peer.said_reason.clear();
  host_.peer_link_reset(id);
}

void PeerNetwork::link_down(NodeId id, const PeerLink::Broken& broken) {
  Peer& peer = peers_.at(id);
  if (peer.said_reason != broken.reason) {
    spdlog::warn("peer {} at {}: {}; trying again", id.value(), peer.address.to_string(),
                 broken.reason);
  }
  peer.said_up = false;
  peer.said_reason = broken.reason;
  host_.peer_link_reset(id);
  if (broken.by_peer && inbox_of(id) == nullptr) lost(id);
}

void PeerNetwork::link_overflowed(NodeId id) {
  spdlog::warn("peer {}: it takes messages too slowly; dropped what waited", id.value());
  host_.peer_link_reset(id);
}

std::optional<std::string> PeerNetwork::judge(const wire::Hello& hello) {
  if (auto objection = object_to(hello, config_.cluster, config_.self)) return objection;
  const std::string name = "it says that it is node " + std::to_string(hello.from.value());
  if (hello.from == config_.self) return name + ", which is this one: check its --id";
  if (!hello.from || hello.from.value() > kNodeIdMax) return name + ", which can't be";
  // One process has one address; that of an earlier one is gone when its connections are.
  const PeerInbox* other = inbox_of(hello.from);
  if (other != nullptr && other->hello().peer_address != hello.peer_address) {
    return name + ", and so does one at " + other->hello().peer_address + ": check its --id";
  }
  const bool is_member = peers_.contains(hello.from) && !is_guest(hello.from);
  return is_member ? std::nullopt : object_to_guest(hello);
}

std::optional<std::string> PeerNetwork::object_to_guest(const wire::Hello& hello) const {
  if (!Address::parse(hello.peer_address)) return "it is no member and does not say where it is";
  const auto guests =
      std::ranges::count_if(peers_ | std::views::values, [](const Peer& p) { return p.is_guest; });
  if (!peers_.contains(hello.from) && static_cast<std::size_t>(guests) >= kGuestsMax) {
    return "too many nodes that are no members are connected";
  }
  return std::nullopt;
}

void PeerNetwork::greeted(const wire::Hello& hello) {
  if (!peers_.contains(hello.from)) {
    spdlog::info("node {} at {}, which is no member, has connected", hello.from.value(),
                 hello.peer_address);
    peers_[hello.from].is_guest = true;
  }
  if (is_guest(hello.from)) link_to(hello.from, *Address::parse(hello.peer_address));
  learn(hello);
  // It is there: no need to wait out the pause after earlier failures.
  peers_.at(hello.from).control->dial_now();
  peers_.at(hello.from).bulk->dial_now();
}

void PeerNetwork::received(NodeId from, wire::PeerMessage message) {
  // Its connections to us may outlive a cut network that broke ours to it.
  if (const auto peer = peers_.find(from); peer != peers_.end()) {
    peer->second.control->redial_if_hung();
    peer->second.bulk->redial_if_hung();
  }
  if (!cut_.contains(from)) host_.peer_message(from, std::move(message));
}

void PeerNetwork::closed(PeerInbox& inbox, const std::string& reason) {
  inboxes_.remove_if([&inbox](const auto& kept) { return kept.get() == &inbox; });
  if (!reason.empty()) complain(inbox, reason);
  if (inbox.peer() && inbox_of(inbox.peer()) == nullptr) lost(inbox.peer());
}

void PeerNetwork::lost(NodeId id) {
  if (is_guest(id)) peers_.erase(id);
  if (!cut_.contains(id)) host_.peer_lost(id);
}

void PeerNetwork::complain(const PeerInbox& inbox, const std::string& reason) {
  // A stranger that comes again and again must not fill the disk with log lines.
  if (complaints_.size() >= kComplaintsMax) complaints_.clear();
  if (++complaints_[inbox.address().substr(0, inbox.address().rfind(':')) + reason] > 1) return;
  spdlog::warn("closed a connection from {} to the peers' port: {}", inbox.address(), reason);
}

}  // namespace holdfast::server
