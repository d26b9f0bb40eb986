#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "frontend/port.hpp"
#include "replica/replica.hpp"
#include "replica/stored.hpp"
#include "server/bell.hpp"
#include "server/clients.hpp"
#include "server/log_thread.hpp"
#include "server/options.hpp"
#include "server/peer_network.hpp"
#include "server/removal_watch.hpp"
#include "server/server.hpp"
#include "server/snapshot_thread.hpp"

namespace holdfast::server {

// The node's one thread. A turn is whatever has arrived by now, then end_turn(): one take_output()
// of the replica for all of it, so that all writes of a turn share a log entry, a disk write and
// a message to each peer. Other threads report to the same loop.
class Node final : private frontend::Port,
                   private Clients::Host,
                   private PeerNetwork::Host,
                   private LogThread::Listener,
                   private SnapshotThread::Listener {
 public:
  struct Parts {
    tcp::acceptor clients;
    tcp::acceptor peers;
    replica::Stored stored;
  };

  // Members that outlive the call of run(), like `options`, belong to the caller.
  Node(asio::io_context& io, const Options& options, Parts parts);

  // Serves until told to stop.
  Exit run();

 private:
  struct Known {
    NodeId leader;
    Term term;
    bool leads = false;
    bool operator==(const Known&) const = default;
  };

  // With a lock that may be lent: by the node's own thread.
  void turn(std::unique_lock<std::mutex>* turns);
  void hurry(std::unique_lock<std::mutex>* turns);
  bool write_log(std::unique_lock<std::mutex>* turns);
  void hear_log();
  void tell_time(Instant time);
  void end_turn();
  void tell_what_changed(const replica::Output& output);
  void distribute(replica::Output output);
  // Called with each membership that comes into force; connects to its nodes.
  void follow_membership(const raft::Membership& membership);
  void watch_for_removal();

  // Stopping, within a few seconds (node_stop.cpp).
  struct Stop {
    enum class Step : std::uint8_t { kHandOver, kMove, kAnswer };
    Step step = Step::kHandOver;
    Instant until;  // of the step
    bool led = false;
  };
  void wait_for_signals();
  void begin_stop(const std::string& why);
  void begin_answering(Duration time);
  void stop_as_removed();
  void go_on_stopping();
  bool has_handed_over();
  bool has_answered() const;
  std::optional<Address> address_to_move_to() const;
  void end(Exit code);

  // frontend::Port
  void submit_write(std::uint64_t client, std::uint64_t request, kv::Args args) override;
  void submit_read(std::uint64_t client, std::uint64_t request, kv::Args args) override;
  void submit_stale_read(std::uint64_t client, std::uint64_t request, kv::Args args,
                         Duration max_stale) override;
  void submit_member(std::uint64_t client, std::uint64_t request,
                     replica::MemberRequest change) override;
  void submit_snapshot(std::uint64_t client, std::uint64_t request) override;
  void submit_fetch(std::uint64_t client, std::uint64_t request,
                    const replica::FetchRequest& wanted) override;
  replica::Status status() const override;
  NodeId leader() const override;
  std::uint64_t state_digest() override;
  std::uint64_t unix_time_us() const override;
  std::optional<Address> client_address(NodeId node) const override;
  bool is_connected(NodeId node) const override;
  std::string client_list() const override;
  std::size_t client_count() const override;
  std::size_t used_memory() const override;
  void tell_monitors(const std::string& line) override;
  std::size_t kill_clients(std::optional<std::uint64_t> id,
                           std::optional<std::string> address) override;
  std::vector<std::pair<std::string, std::string>> host_info() const override;
  std::optional<std::string> transfer_leadership(NodeId target) override;
  std::optional<std::string> shutdown() override;
  std::optional<std::string> stall(Duration duration) override;
  std::optional<std::string> cut_peers(const std::vector<NodeId>& peers) override;

  void client_closed(std::uint64_t id) override;
  void peer_message(NodeId from, wire::PeerMessage message) override;
  void peer_link_reset(NodeId peer) override;
  void peer_lost(NodeId peer) override;
  bool knows(NodeId peer) override;
  void known_by(NodeId peer) override;
  void log_persisted(Ticket ticket) override;
  void log_stalled(std::optional<std::string> reason) override;
  void log_failed(const std::string& reason) override;
  void stand_in() override;
  void dismiss_stand_in() override;
  void snapshot_done(replica::SnapshotResult result) override;

  asio::io_context& io_;
  asio::executor_work_guard<asio::io_context::executor_type> keeps_running_;
  asio::signal_set signals_;
  const Options& options_;
  frontend::Settings settings_;
  Address address_;       // where clients reach this node
  Address peer_address_;  // where its peers do
  Instant started_;
  bool was_untouched_;       // its folder, at the start
  raft::Position added_at_;  // if it was added
  replica::Replica replica_;
  Clients clients_;
  PeerNetwork peers_;

  std::mutex turns_;                          // whose holder may touch the rest
  std::vector<raft::Persist> unwritten_;      // of this turn
  std::atomic<std::uint64_t> persisted_ = 0;  // the newest ticket, as the log's thread told it
  Bell persisted_bell_;
  Ticket heard_;                // of them
  bool has_work_ = false;       // something was submitted while the turn ended
  std::optional<Known> known_;  // as last told to the log
  std::optional<Stop> stop_;
  Instant tell_time_at_;
  mutable Instant memory_asked_at_;
  mutable std::size_t used_memory_ = 0;  // then
  Instant announces_until_;  // a transfer was asked for: clients are told when it has succeeded
  std::optional<Exit> exit_;
  // Last: their threads call the rest.
  SnapshotThread snapshots_;
  LogThread log_;
  std::optional<RemovalWatch> removal_watch_;
};

}  // namespace holdfast::server
