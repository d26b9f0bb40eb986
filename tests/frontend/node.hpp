#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/connection.hpp"

namespace holdfast::frontend {

// The node that a connection runs in, as far as it can see: what is submitted waits here until
// the test answers it.
class FakeNode final : public Port {
 public:
  struct Submitted {
    std::uint64_t request = 0;
    bool is_write = false;
    std::vector<std::string> args;
  };
  struct Change {
    std::uint64_t request = 0;
    replica::MemberRequest asked;
  };

  void submit_write(std::uint64_t, std::uint64_t request, kv::Args args) override {
    submitted.push_back({request, true, {args.begin(), args.end()}});
  }
  void submit_stale_read(std::uint64_t client, std::uint64_t request, kv::Args args,
                         Duration stale) override {
    max_stale = stale;
    submit_read(client, request, args);
  }
  void submit_read(std::uint64_t, std::uint64_t request, kv::Args args) override {
    submitted.push_back({request, false, {args.begin(), args.end()}});
  }
  void submit_member(std::uint64_t, std::uint64_t request, replica::MemberRequest change) override {
    changes.push_back({request, std::move(change)});
  }
  void submit_snapshot(std::uint64_t, std::uint64_t request) override {
    snapshots.push_back(request);
  }
  void submit_fetch(std::uint64_t, std::uint64_t, const replica::FetchRequest& wanted) override {
    fetches.push_back(wanted);
  }
  replica::Status status() const override { return now; }
  std::uint64_t state_digest() override { return ++digests_asked, 0xabc; }
  std::uint64_t unix_time_us() const override { return 1'700'000'000'000'042; }
  std::optional<Address> client_address(NodeId node) const override {
    const auto found = addresses.find(node);
    return found == addresses.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_connected(NodeId node) const override { return node != NodeId(3); }
  std::string client_list() const override { return "id=1 addr=a:1\nid=12 addr=b:2\n"; }
  std::size_t client_count() const override { return 2; }
  std::size_t used_memory() const override { return memory; }
  void tell_monitors(const std::string& line) override { monitored.push_back(line); }
  std::size_t kill_clients(std::optional<std::uint64_t>, std::optional<std::string>) override {
    return ++kills;
  }
  std::vector<std::pair<std::string, std::string>> host_info() const override {
    return {{"tcp_port", "7001"}, {"used_memory", "1"}};
  }
  std::optional<std::string> transfer_leadership(NodeId target) override {
    transferred_to = target;
    return std::nullopt;
  }
  std::optional<std::string> shutdown() override {
    is_shut_down = true;
    return std::nullopt;
  }
  std::optional<std::string> cut_peers(const std::vector<NodeId>& peers) override {
    cut = peers;
    return std::nullopt;
  }

  bool was_asked() const {
    return !submitted.empty() || !changes.empty() || !snapshots.empty() || !fetches.empty();
  }

  replica::Status now = leads();
  std::map<NodeId, Address> addresses{
      {NodeId(1), {"one", 7001}}, {NodeId(2), {"two", 7002}}, {NodeId(3), {"three", 7003}}};
  Duration max_stale{};
  std::deque<Submitted> submitted;
  std::vector<Change> changes;
  std::vector<std::uint64_t> snapshots;
  std::vector<replica::FetchRequest> fetches;
  std::size_t kills = 0;
  std::size_t memory = 1'500'000;
  std::vector<std::string> monitored;
  NodeId transferred_to;
  int digests_asked = 0;
  bool is_shut_down = false;
  std::vector<NodeId> cut;

 private:
  static replica::Status leads() {
    replica::Status status;
    status.id = status.leader = NodeId(1);
    status.role = replica::Role::kLeader;
    status.term = Term(4);
    status.commit_index = status.applied_index = Index(9);
    status.voters = {NodeId(1), NodeId(2), NodeId(3)};
    status.membership = raft::Membership::of(status.voters);
    return status;
  }
};

// One client of node 1, and the bytes between them.
class Client {
 public:
  explicit Client(Settings with = {}) : settings(std::move(with)) {
    settings.node = NodeId(1);
    connection.emplace(5, "client:9", settings, node, Instant());
  }

  // Sends this and returns what comes back by now.
  std::string says(std::string_view bytes) {
    connection->receive(Instant(), bytes);
    return hears();
  }
  std::string hears() {
    std::string all;
    for (std::string piece = connection->take_output(); !piece.empty();
         piece = connection->take_output()) {
      all += piece;
      connection->resume(Instant());
    }
    return all;
  }
  // A command as client libraries write it.
  std::string calls(const std::vector<std::string>& args) { return says(request(args)); }
  static std::string request(const std::vector<std::string>& args) {
    std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
    for (const auto& arg : args) bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
    return bytes;
  }
  // The node's answer to the oldest request that it was given.
  std::string answered(kv::Reply reply, Instant now = {}, const replica::Cost& cost = {}) {
    const auto request = node.submitted.front().request;
    node.submitted.pop_front();
    connection->complete(now, request, std::move(reply), cost);
    return hears();
  }

  // Its answer to the last change of the membership that it was asked for.
  std::string changed(kv::Reply reply) {
    connection->complete(Instant(), node.changes.back().request, std::move(reply));
    return hears();
  }

  Settings settings;
  FakeNode node;
  std::optional<Connection> connection;
};

}  // namespace holdfast::frontend
