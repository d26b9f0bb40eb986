#include "server/node.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <random>
#include <ranges>
#include <utility>

#include "base/overload.hpp"

namespace holdfast::server {

namespace {

// Handlers that one turn may run before it ends. A turn that took all there is would let a flood
// of requests delay the answers to the first of them.
constexpr int kHandlersPerTurn = 256;
// Nor one that has taken so long by now, while heartbeats wait.
constexpr Duration kTurnTime = std::chrono::milliseconds(5);

// Of clients that were told that another node leads; they are served as long as they stay.
constexpr std::int64_t kMoveSeconds = 10;

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
  if (restored.snapshot.membership.members.empty()) {
    restored.snapshot.membership = first_membership(options, peer_address);
  }
  return restored;
}

bool is_untouched(const raft::Restored& restored) {
  return !restored.hard_state.term && !restored.snapshot.last.index && restored.entries.empty();
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
      was_untouched_(is_untouched(parts.stored.restored)),
      added_at_(parts.stored.restored.hard_state.votes_from),
      replica_(make_config(options),
               with_first_membership(std::move(parts.stored.restored), options, peer_address_),
               random_number(), started_, std::move(parts.stored.kept)),
      clients_(std::move(parts.clients), options.max_clients, settings_, *this, *this),
      peers_(io, std::move(parts.peers), make_peers_config(options, address_, peer_address_),
             *this),
      persisted_bell_(io.get_executor()),
      snapshots_(std::move(parts.stored.snapshots), *this),
      log_(std::move(parts.stored.wal), *this) {
  statistics().tunables.maxmemory = options.maxmemory;
}

Exit Node::run() {
  std::unique_lock turns(turns_);
  wait_for_signals();
  // Before anybody connects, who would be taken for a stranger.
  follow_membership(replica_.core().membership());
  watch_for_removal();
  clients_.start();
  while (!exit_) turn(&turns);
  clients_.close_all();
  snapshots_.close();
  log_.close();
  // What the log had to say while it closed: that it failed, perhaps.
  io_.restart();
  io_.poll();
  return *exit_;
}

void Node::turn(std::unique_lock<std::mutex>* turns) {
  if (!std::exchange(has_work_, false) && !clients_.has_work()) {
    Instant until = replica_.next_deadline();
    if (stop_) until = std::min(until, stop_->until);
    io_.run_one_until(to_steady(until));
  }
  const Instant end = now() + kTurnTime;
  for (int i = 0; i < kHandlersPerTurn && now() < end && io_.poll_one() > 0; ++i) {
  }
  hear_log();
  if (replica_.is_behind()) hurry(turns);
  end_turn();
  if (write_log(turns)) {
    // What that allows goes out at once.
    end_turn();
    log_.write(std::exchange(unwritten_, {}));
  }
  if (stop_ && !exit_) go_on_stopping();
}

void Node::tell_time(Instant time) {
  constexpr Duration kInterval = std::chrono::seconds(1);
  if (time < tell_time_at_) return;
  tell_time_at_ = time + kInterval;
  replica_.set_unix_time(time, unix_time_us() / 1000);
}

void Node::end_turn() {
  if (now() >= replica_.tick_due()) {
    // After a long turn, or a sleep of the whole process, what is overdue may have arrived by now:
    // the leader's word, or followers' answers.
    peers_.read_arrived();
    replica_.tick(now());
  }
  const Instant time = now();
  tell_time(time);
  replica::Output output = replica_.take_output(time);
  tell_what_changed(output);
  distribute(std::move(output));
  peers_.flush();
  // Its disk begins before a busy leader answers.
  if (replica_.core().is_leader() && !replica_.is_free()) log_.write(std::exchange(unwritten_, {}));
  clients_.flush(time);
}

void Node::distribute(replica::Output output) {
  if (output.membership) follow_membership(*output.membership);
  std::ranges::move(output.persist, std::back_inserter(unwritten_));
  if (!output.snapshot_jobs.empty()) snapshots_.run(std::move(output.snapshot_jobs));
  for (const replica::Outgoing& outgoing : output.messages) peers_.send(outgoing);
  const Instant time = now();
  for (replica::Completion& completion : output.completions) {
    clients_.complete(time, std::move(completion));
  }
}

void Node::tell_what_changed(const replica::Output& output) {
  for (const std::string& line : output.trace) spdlog::debug("raft: {}", line);
  for (const std::string& line : output.warnings) spdlog::warn("{}", line);
  if (output.fault) {
    spdlog::critical("{}: the node stops; please report this", *output.fault);
    return end(Exit::kSafetyFault);
  }
  if (output.removed) stop_as_removed();
  const raft::Core& core = replica_.core();
  const Known current{core.leader(), core.term(), core.is_leader()};
  if (known_ == current) return;
  if (!known_ || known_->leader != current.leader) {
    current.leader
        ? spdlog::info("leader: node {}, term {}", current.leader.value(), current.term.value())
        : spdlog::info("leader: none known, term {}", current.term.value());
  }
  known_ = current;
  if (current.leader && !current.leads && now() < std::exchange(announces_until_, Instant())) {
    if (const auto address = address_to_move_to()) clients_.announce_move(*address, kMoveSeconds);
  }
}

void Node::follow_membership(const raft::Membership& membership) {
  if (removal_watch_ && !membership.members.empty()) removal_watch_->stop();
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

void Node::watch_for_removal() {
  if (!replica_.core().membership().members.empty()) return;
  if (options_.join.empty()) {
    spdlog::warn("no member has reached this node yet; with --join it would ask whether it is one");
    return;
  }
  removal_watch_.emplace(options_, added_at_, [this] {
    asio::post(io_, [this] {
      if (replica_.core().membership().members.empty()) stop_as_removed();
    });
  });
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

bool Node::knows(NodeId peer) {
  return replica_.knows(peer);
}

// An empty folder under the id of a node that has lived: it would vote as if it never had.
void Node::known_by(NodeId peer) {
  // What we ourselves have told the cluster in this life it may know.
  if (!was_untouched_ || replica_.has_introduced_itself()) return;
  spdlog::critical(
      "node {} knows this node from before, and {} is empty: its data was lost. Start it with "
      "--repair and --join instead of --cluster, so that the others add it anew",
      peer.value(), options_.data);
  end(Exit::kDamaged);
}

void Node::snapshot_done(replica::SnapshotResult result) {
  asio::post(io_, [this, result = std::move(result)]() mutable {
    replica_.snapshot_done(now(), std::move(result));
  });
}

}  // namespace holdfast::server
