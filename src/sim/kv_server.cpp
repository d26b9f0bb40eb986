#include "sim/kv_server.hpp"

#include <charconv>
#include <iterator>
#include <utility>

namespace holdfast::sim {

namespace {

constexpr std::uint16_t kPort = 7000;

frontend::Settings make_settings(const replica::Config& config) {
  frontend::Settings settings;
  settings.node = config.raft.id;
  settings.value_bytes_max = config.value_bytes_max;
  return settings;
}

}  // namespace

Address address_of(NodeId node) {
  return {"n" + std::to_string(node.value()), kPort};
}

std::optional<NodeId> node_at(const Address& address) {
  std::uint64_t id = 0;
  const char* end = address.host.data() + address.host.size();
  if (!address.host.starts_with('n')) return std::nullopt;
  if (std::from_chars(address.host.data() + 1, end, id).ptr != end) return std::nullopt;
  return NodeId(id);
}

KvServer::KvServer(replica::Config config, raft::Restored restored, replica::Kept kept,
                   std::uint64_t nonce, Streams& streams, Instant now)
    : settings_(make_settings(config)),
      streams_(streams),
      now_(now),
      replica_(std::move(config), std::move(restored), nonce, now, std::move(kept)) {}

void KvServer::receive(Instant now, NodeId from, wire::PeerMessage message) {
  replica_.receive(now, from, std::move(message));
}

void KvServer::link_reset(Instant now, NodeId peer) {
  replica_.link_reset(now, peer);
}

void KvServer::persisted(Instant now, Ticket ticket) {
  replica_.persisted(now, ticket);
}

void KvServer::set_storage_stalled(bool stalled) {
  replica_.set_storage_stalled(stalled);
}

void KvServer::snapshot_done(Instant now, replica::SnapshotResult result) {
  replica_.snapshot_done(now, std::move(result));
}

Instant KvServer::next_deadline() const {
  return replica_.next_deadline();
}

replica::Output KvServer::end_turn(Instant now) {
  now_ = now;
  has_work_ = false;
  if (now >= tell_time_at_) {
    replica_.set_unix_time(now, unix_time_us() / 1000);
    tell_time_at_ = now + std::chrono::seconds(1);
  }
  if (now >= replica_.tick_due()) replica_.tick(now);
  replica::Output output = take_output(now);
  for (replica::Completion& completion : output.completions) {
    const auto found = connections_.find(completion.key.client);
    if (found == connections_.end()) continue;
    found->second->complete(now, completion.key.request, std::move(completion.reply));
    touched_.insert(found->first);
  }
  std::erase_if(output.completions,
                [](const auto& done) { return done.key.client != kOperatorClient; });
  for (const StreamId id : std::exchange(touched_, {})) flush(now, id);
  return output;
}

// What is urgent first, as the server sends it.
replica::Output KvServer::take_output(Instant now) {
  replica::Output urgent;
  if (replica_.is_behind()) urgent = replica_.take_urgent(now);
  replica::Output output = replica_.take_output(now);
  output.persist.insert(output.persist.begin(), std::move_iterator(urgent.persist.begin()),
                        std::move_iterator(urgent.persist.end()));
  output.messages.insert(output.messages.begin(), std::move_iterator(urgent.messages.begin()),
                         std::move_iterator(urgent.messages.end()));
  return output;
}

void KvServer::change_members(Instant now, std::uint64_t request, replica::MemberRequest change) {
  replica_.submit_member(now, {kOperatorClient, request}, std::move(change));
}

void KvServer::ask_for_snapshot(Instant now, std::uint64_t request) {
  replica_.submit_snapshot(now, {kOperatorClient, request});
}

// As the server's session does it: one piece a turn.
void KvServer::flush(Instant now, StreamId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  frontend::Connection& connection = *found->second;
  const std::string output = connection.take_output();
  if (!output.empty()) {
    streams_.send_to_client(id, output);
    connection.resume(now);
    touched_.insert(id);
    return;
  }
  connection.resume(now);
  if (!connection.should_close()) return;
  connections_.erase(found);
  replica_.forget_client(id);
  streams_.close_by_node(id);
}

void KvServer::stream_accepted(Instant now, StreamId id) {
  now_ = now;
  frontend::Port& port = *this;
  connections_.emplace(id, std::make_unique<frontend::Connection>(
                               id, "client:" + std::to_string(id), settings_, port, now));
}

void KvServer::stream_received(Instant now, StreamId id, std::string_view bytes) {
  now_ = now;
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  found->second->receive(now, bytes);
  touched_.insert(id);
}

void KvServer::stream_closed(Instant now, StreamId id) {
  now_ = now;
  if (connections_.erase(id) != 0) replica_.forget_client(id);
  touched_.erase(id);
}

void KvServer::submit_write(std::uint64_t client, std::uint64_t request, kv::Args args) {
  has_work_ = true;
  replica_.submit_write(now_, {client, request}, args);
}

void KvServer::submit_read(std::uint64_t client, std::uint64_t request, kv::Args args) {
  has_work_ = true;
  replica_.submit_read(now_, {client, request}, args);
}

void KvServer::submit_member(std::uint64_t client, std::uint64_t request,
                             replica::MemberRequest change) {
  has_work_ = true;
  replica_.submit_member(now_, {client, request}, std::move(change));
}

void KvServer::submit_snapshot(std::uint64_t client, std::uint64_t request) {
  has_work_ = true;
  replica_.submit_snapshot(now_, {client, request});
}

void KvServer::submit_fetch(std::uint64_t client, std::uint64_t request,
                            const replica::FetchRequest& wanted) {
  has_work_ = true;
  replica_.submit_fetch({client, request}, wanted);
}

// Wall clocks are kept by others, to a fraction of a second.
std::uint64_t KvServer::unix_time_us() const {
  const Duration ahead = std::chrono::milliseconds(settings_.node.value() * 37 % 100);
  return static_cast<std::uint64_t>((streams_.now() + ahead).time_since_epoch().count());
}

std::string KvServer::client_list() const {
  std::string text;
  for (const auto& [id, connection] : connections_) text += connection->describe(now_) + "\n";
  return text;
}

std::optional<std::string> KvServer::transfer_leadership(NodeId target) {
  has_work_ = true;
  if (replica_.transfer_leadership(now_, target)) return std::nullopt;
  return "ERR no such follower is up and caught up";
}

std::optional<std::string> KvServer::cut_peers(const std::vector<NodeId>&) {
  return "ERR a simulated node has no fault switch";
}

}  // namespace holdfast::sim
