#pragma once

#include <map>
#include <memory>
#include <set>

#include "frontend/connection.hpp"
#include "sim/program.hpp"

namespace holdfast::sim {

// Where a node serves clients, as its address is told and understood.
Address address_of(NodeId node);
std::optional<NodeId> node_at(const Address& address);

// A whole Holdfast server without its sockets: the production replica and one production
// connection for each stream.
class KvServer final : public Program, private frontend::Port {
 public:
  KvServer(replica::Config config, raft::Restored restored, replica::Kept kept, std::uint64_t nonce,
           Streams& streams, Instant now);

  void receive(Instant now, NodeId from, wire::PeerMessage message) override;
  void link_reset(Instant now, NodeId peer) override;
  void peer_lost(Instant now, NodeId peer) override { replica_.peer_lost(now, peer); }
  void persisted(Instant now, Ticket ticket) override;
  void set_storage_stalled(bool stalled) override;
  void snapshot_done(Instant now, replica::SnapshotResult result) override;
  Instant next_deadline() const override;
  replica::Output end_turn(Instant now) override;
  bool has_work() const override { return has_work_ || !touched_.empty(); }

  const raft::Core& core() const override { return replica_.core(); }
  Index applied_index() const override { return replica_.status().applied_index; }
  std::uint64_t digest() override { return replica_.digest(); }
  std::size_t pending_bytes() const override { return replica_.status().pending_bytes; }

  void hand_over(Instant now) override { replica_.transfer_leadership(now); }
  void change_members(Instant now, std::uint64_t request, replica::MemberRequest change) override;
  void ask_for_snapshot(Instant now, std::uint64_t request) override;

  void stream_accepted(Instant now, StreamId id) override;
  void stream_received(Instant now, StreamId id, std::string_view bytes) override;
  void stream_closed(Instant now, StreamId id) override;

 private:
  using Connections = std::map<StreamId, std::unique_ptr<frontend::Connection>>;

  replica::Output take_output(Instant now);
  void flush(Instant now, StreamId id);

  void submit_write(std::uint64_t client, std::uint64_t request, kv::Args args) override;
  void submit_read(std::uint64_t client, std::uint64_t request, kv::Args args) override;
  void submit_member(std::uint64_t client, std::uint64_t request,
                     replica::MemberRequest change) override;
  void submit_snapshot(std::uint64_t client, std::uint64_t request) override;
  void submit_fetch(std::uint64_t client, std::uint64_t request,
                    const replica::FetchRequest& wanted) override;
  replica::Status status() const override { return replica_.status(); }
  NodeId leader() const override { return replica_.core().leader(); }
  std::uint64_t state_digest() override { return replica_.digest(); }
  std::uint64_t unix_time_us() const override;
  std::optional<Address> client_address(NodeId node) const override { return address_of(node); }
  bool is_connected(NodeId) const override { return true; }
  std::string client_list() const override;
  std::size_t client_count() const override { return connections_.size(); }
  std::size_t kill_clients(std::optional<std::uint64_t>, std::optional<std::string>) override {
    return 0;
  }
  std::vector<std::pair<std::string, std::string>> host_info() const override { return {}; }
  std::optional<std::string> transfer_leadership(NodeId target) override;
  std::optional<std::string> shutdown() override { return "ERR a simulated node does not stop"; }
  std::optional<std::string> cut_peers(const std::vector<NodeId>&) override;

  frontend::Settings settings_;
  Streams& streams_;
  Instant now_;
  Instant tell_time_at_;
  replica::Replica replica_;
  Connections connections_;
  std::set<StreamId> touched_;
  bool has_work_ = false;
};

}  // namespace holdfast::sim
