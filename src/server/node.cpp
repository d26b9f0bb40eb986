#include "server/node.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <random>
#include <ranges>
#include <utility>

#include "base/overload.hpp"

namespace holdfast::server {

namespace {

// Handlers that one turn may run before it ends. A turn that took all there is would let a flood
// of requests delay the answers to the first of them.
constexpr int kHandlersPerTurn = 256;
// Nobody tells a node that was removed what became of its clients' requests.
constexpr Duration kStopTimeRemoved = std::chrono::milliseconds(200);

std::uint64_t random_number() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

Address bound_address(const tcp::acceptor& acceptor, const std::string& host) {
  return {host, acceptor.local_endpoint().port()};
}

frontend::Settings make_settings(const Options& options) {
  frontend::Settings settings;
  settings.node = options.id;
  settings.cluster = cluster_id(options);
  settings.password = options.password;
  settings.enable_debug = options.enable_debug_command;
  settings.key_bytes_max = options.key_bytes_max;
  settings.value_bytes_max = options.value_bytes_max;
  settings.command_bytes_max = options.value_bytes_max + options.value_bytes_max / 2;
  settings.pending_bytes_max = options.value_bytes_max;
  return settings;
}

replica::Config make_config(const Options& options) {
  replica::Config config;
  config.raft.id = options.id;
  for (const NodeId id : options.cluster | std::views::keys) config.raft.voters.push_back(id);
  config.raft.election_timeout_min = options.election_timeout_min;
  config.raft.election_timeout_max = options.election_timeout_max;
  config.raft.heartbeat_interval = options.heartbeat_interval;
  config.raft.lease_reads = options.lease_reads;
  config.raft.seed = random_number();
  config.value_bytes_max = static_cast<std::uint32_t>(options.value_bytes_max);
  config.command_bytes_max = options.value_bytes_max + options.value_bytes_max / 2;
  config.request_timeout = options.request_timeout;
  config.snapshot_log_bytes = options.snapshot_log_bytes;
  config.snapshot_bytes_per_second = options.snapshot_bytes_per_second;
  config.pending_bytes_max = options.pending_bytes_max;
  return config;
}

PeerNetwork::Config make_peers_config(const Options& options, const Address& client_address,
                                      const Address& peer_address) {
  PeerNetwork::Config config;
  config.cluster = cluster_id(options);
  config.self = options.id;
  config.client_address = client_address.to_string();
  config.peer_address = peer_address.to_string();
  config.seed = random_number();
  return config;
}

// Before its first snapshot a node goes by the membership with which the cluster began.
raft::Restored with_first_membership(raft::Restored restored, const Options& options,
                                     const Address& peer_address) {
  if (!restored.snapshot.last.index) {
    restored.snapshot.membership = first_membership(options, peer_address);
  }
  return restored;
}

}  // namespace

Node::Node(asio::io_context& io, const Options& options, Parts parts)
    : io_(io),
      keeps_running_(io.get_executor()),
      signals_(io, SIGTERM, SIGINT),
      options_(options),
      settings_(make_settings(options)),
      address_(advertised_address(options, bound_address(parts.clients, options.listen.host))),
      peer_address_(
          advertised_peer_address(options, bound_address(parts.peers, options.peer_listen.host))),
      started_(now()),
      replica_(make_config(options),
               with_first_membership(std::move(parts.stored.restored), options, peer_address_),
               random_number(), started_, std::move(parts.stored.kept)),
      clients_(std::move(parts.clients), options.max_clients, settings_, *this, *this),
      peers_(io, std::move(parts.peers), make_peers_config(options, address_, peer_address_),
             *this),
      snapshots_(std::move(parts.stored.snapshots), *this),
      log_(std::move(parts.stored.wal), *this) {}

Exit Node::run() {
  wait_for_signals();
  clients_.start();
  while (!exit_) turn();
  clients_.close_all();
  snapshots_.close();
  log_.close();
  // What the log had to say while it closed: that it failed, perhaps.
  io_.restart();
  io_.poll();
  return *exit_;
}

void Node::turn() {
  if (!std::exchange(has_work_, false) && !clients_.has_work()) {
    Instant until = replica_.next_deadline();
    if (stop_deadline_) until = std::min(until, *stop_deadline_);
    io_.run_one_until(to_steady(until));
  }
  for (int i = 0; i < kHandlersPerTurn && io_.poll_one() > 0; ++i) {
  }
  end_turn();
  if (stop_deadline_ && !exit_ && may_stop()) end(Exit::kClean);
}

void Node::end_turn() {
  const Instant time = now();
  if (time >= replica_.next_deadline()) replica_.tick(time);
  replica::Output output = replica_.take_output(time);
  tell_what_changed(output);
  distribute(std::move(output));
  clients_.flush(time);
  peers_.flush();
}

void Node::distribute(replica::Output output) {
  if (output.membership) follow_membership(*output.membership);
  if (!output.persist.empty()) log_.write(std::move(output.persist));
  if (!output.snapshot_jobs.empty()) snapshots_.run(std::move(output.snapshot_jobs));
  for (const replica::Outgoing& outgoing : output.messages) peers_.send(outgoing);
  const Instant time = now();
  for (replica::Completion& completion : output.completions) {
    clients_.complete(time, std::move(completion));
  }
}

void Node::tell_what_changed(const replica::Output& output) {
  for (const std::string& line : output.trace) spdlog::debug("raft: {}", line);
  if (output.fault) {
    spdlog::critical("{}: the node stops; please report this", *output.fault);
    return end(Exit::kSafetyFault);
  }
  if (output.removed) begin_stop("this node was removed from the cluster", kStopTimeRemoved);
  const raft::Core& core = replica_.core();
  const Known current{core.leader(), core.term(), core.is_leader()};
  if (known_ == current) return;
  if (!known_ || known_->leader != current.leader) {
    current.leader
        ? spdlog::info("leader: node {}, term {}", current.leader.value(), current.term.value())
        : spdlog::info("leader: none known, term {}", current.term.value());
  }
  known_ = current;
}

void Node::follow_membership(const raft::Membership& membership) {
  std::map<NodeId, Address> members;
  for (const raft::Member& member : membership.members) {
    if (member.id == options_.id) continue;
    const auto address = Address::parse(member.address);
    address ? void(members.emplace(member.id, *address))
            : spdlog::error("node {} can't be reached: its address is '{}'", member.id.value(),
                            member.address);
  }
  peers_.set_members(members);
}

void Node::wait_for_signals() {
  signals_.async_wait([this](const ErrorCode& error, int number) {
    if (error) return;
    if (stop_deadline_) {
      spdlog::warn("told again to stop: stopping at once");
      return end(Exit::kClean);
    }
    begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT", kStopTime);
    wait_for_signals();
  });
}

void Node::begin_stop(const std::string& why, Duration time) {
  if (stop_deadline_) return;
  spdlog::info("stopping ({})", why);
  stop_deadline_ = now() + time;
  if (replica_.transfer_leadership(now())) spdlog::info("handing leadership over");
  clients_.drain();
}

// A leader that is still one has handed nothing over yet, unless it is alone.
bool Node::may_stop() const {
  if (now() >= *stop_deadline_) return true;
  const replica::Status current = replica_.status();
  const bool leads_others = current.role == replica::Role::kLeader && current.voters.size() > 1;
  return !leads_others && current.pending_writes == 0 && current.pending_reads == 0 &&
         clients_.is_idle();
}

void Node::end(Exit code) {
  if (!exit_ || code != Exit::kClean) exit_ = code;
}

void Node::client_closed(std::uint64_t id) {
  replica_.forget_client(id);
}

void Node::peer_message(NodeId from, wire::PeerMessage message) {
  replica_.receive(now(), from, std::move(message));
}

void Node::peer_link_reset(NodeId peer) {
  replica_.link_reset(now(), peer);
}

void Node::peer_lost(NodeId peer) {
  spdlog::debug("peer {}: lost", peer.value());
  replica_.peer_lost(now(), peer);
}

void Node::log_persisted(Ticket ticket) {
  asio::post(io_, [this, ticket] { replica_.persisted(now(), ticket); });
}

void Node::snapshot_done(replica::SnapshotResult result) {
  asio::post(io_, [this, result = std::move(result)]() mutable {
    replica_.snapshot_done(now(), std::move(result));
  });
}

void Node::log_stalled(std::optional<std::string> reason) {
  asio::post(io_, [this, reason = std::move(reason)] {
    reason ? spdlog::error("{}: writes are refused until there is room", *reason)
           : spdlog::info("the disk has room again: writes are taken");
    replica_.set_storage_stalled(reason.has_value());
  });
}

void Node::log_failed(const std::string& reason) {
  asio::post(io_, [this, reason] {
    spdlog::critical("{}: the node stops, for nobody knows what is on the disk now", reason);
    end(Exit::kDiskFailed);
  });
}

}  // namespace holdfast::server
