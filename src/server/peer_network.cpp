#include "server/peer_network.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/overload.hpp"
#include "server/peer_socket.hpp"

namespace holdfast::server {

namespace {

// A peer needs two; more are left over from connections that it believes broken.
constexpr std::size_t kInboxesMax = 256;
constexpr std::size_t kComplaintsMax = 100;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

bool is_bulk(const wire::PeerMessage& message) {
  if (std::holds_alternative<wire::Forward>(message)) return true;
  const auto* append = std::get_if<raft::AppendRequest>(&std::get<raft::Message>(message));
  return append != nullptr && !append->entries.empty();
}

}  // namespace

PeerNetwork::PeerNetwork(asio::io_context& io, tcp::acceptor acceptor, Config config, Host& host)
    : acceptor_(std::move(acceptor)), accept_pause_(io), config_(std::move(config)), host_(host) {
  Prng prng(config_.seed);
  for (const auto& [id, address] : config_.nodes) {
    if (id == config_.self) continue;
    PeerLink::Config link{hello_to(id), address};
    PeerLink::Host& links = *this;
    link.seed = prng.next();
    peers_[id].control = std::make_unique<PeerLink>(io, link, links);
    link.seed = prng.next();
    peers_[id].bulk = std::make_unique<PeerLink>(io, link, links);
  }
  accept();
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

void PeerNetwork::cut(std::set<NodeId> peers) {
  cut_ = std::move(peers);
  for (const NodeId id : peers_ | std::views::keys) host_.peer_link_reset(id);
}

std::optional<Address> PeerNetwork::client_address(NodeId peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? std::nullopt : found->second.client_address;
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

// The oldest that has said nothing yet makes room: a crowd of silent strangers must not keep a
// peer out.
void PeerNetwork::make_room_for_inbox() {
  if (inboxes_.size() < kInboxesMax) return;
  const auto silent =
      std::ranges::find_if(inboxes_, [](const auto& inbox) { return !inbox->peer(); });
  const auto victim = silent != inboxes_.end() ? *silent : inboxes_.front();
  victim->close("too many connections");
}

wire::Hello PeerNetwork::hello_to(NodeId to) const {
  wire::Hello hello;
  hello.cluster = config_.cluster;
  hello.from = config_.self;
  hello.to = to;
  hello.client_address = config_.client_address;
  return hello;
}

void PeerNetwork::learn(const wire::Hello& hello) {
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

void PeerNetwork::link_down(NodeId id, const std::string& reason) {
  Peer& peer = peers_.at(id);
  if (peer.said_reason != reason) {
    spdlog::warn("peer {} at {}: {}; trying again", id.value(), config_.nodes.at(id).to_string(),
                 reason);
  }
  peer.said_up = false;
  peer.said_reason = reason;
  host_.peer_link_reset(id);
}

void PeerNetwork::link_overflowed(NodeId id) {
  spdlog::warn("peer {}: it takes messages too slowly; dropped what waited", id.value());
  host_.peer_link_reset(id);
}

std::optional<std::string> PeerNetwork::judge(const wire::Hello& hello) {
  if (auto objection = object_to(hello, config_.cluster, config_.self)) return objection;
  if (!peers_.contains(hello.from)) {
    return "it says that it is node " + std::to_string(hello.from.value()) +
           ", which is not another node of --cluster";
  }
  return std::nullopt;
}

void PeerNetwork::greeted(const wire::Hello& hello) {
  learn(hello);
  // It is there: no need to wait out the pause after earlier failures.
  peers_.at(hello.from).control->dial_now();
  peers_.at(hello.from).bulk->dial_now();
}

void PeerNetwork::received(NodeId from, wire::PeerMessage message) {
  if (!cut_.contains(from)) host_.peer_message(from, std::move(message));
}

void PeerNetwork::closed(PeerInbox& inbox, const std::string& reason) {
  inboxes_.remove_if([&inbox](const auto& kept) { return kept.get() == &inbox; });
  if (reason.empty()) return;
  // A stranger that comes again and again must not fill the disk with log lines.
  if (complaints_.size() >= kComplaintsMax) complaints_.clear();
  if (++complaints_[inbox.address().substr(0, inbox.address().rfind(':')) + reason] > 1) return;
  spdlog::warn("closed a connection from {} to the peers' port: {}", inbox.address(), reason);
}

}  // namespace holdfast::server
