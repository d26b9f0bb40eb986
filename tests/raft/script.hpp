#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "raft/core.hpp"

namespace holdfast::raft {

// Runs a dialogue between cores, written as text: who times out, what is lost, which disk is slow,
// and what must be seen then. scripts/README.md lists the commands. Each node has a clock of its
// own, which moves only when the script says so. Messages lie on the wire until they are
// delivered, dropped or copied.
class Script {
 public:
  // What was expected and seen, with file and line; empty if all went as written.
  static std::string run(const std::string& file);
  static std::string run(std::istream& in, const std::string& name);

 private:
  struct Node {
    std::unique_ptr<Core> core;
    Config config;
    Restored disk;
    std::map<Index, SnapshotMeta> snapshots;  // that were made or installed here, by last entry
    std::deque<Persist> writing;
    bool slow_disk = false;
    Instant now{std::chrono::seconds(1)};
    std::vector<std::string> committed;  // payloads handed out since the start
    std::map<std::uint64_t, std::string> reads;
    std::string refusal = "none";  // of the last change of the membership
  };
  using Words = std::vector<std::string>;
  using Link = std::pair<NodeId, NodeId>;

  void execute(const Words& words);
  void make_cluster(const Words& words);
  static void make_timeless(Config& config);
  void make_stranger(Node& node);
  static Membership parse_members(const Words& words);
  void change_members(Node& node, const Words& words);
  void snapshot(Node& node, Index last);
  SnapshotMeta receive(Node& node, const Words& words);
  void install(Node& node, const Words& words);
  void restore(const Words& words);
  void timeout(Node& node);
  void tick(Node& node);
  void propose(Node& node, const Words& words);
  void read(Node& node, const Words& words);
  void disk(Node& node, const std::string& what);
  void crash(Node& node);
  void restart(Node& node);
  void wire(const std::string& command, const Words& words);
  void inject(const Words& words);
  void expect(const Words& words);
  void expect_wire(const Words& words, bool wanted);

  void settle(Node& node);
  void write_to_disk(Node& node, std::size_t batches);
  void deliver(const Envelope& envelope);
  void deliver_all();
  Node& node(const std::string& name);
  bool is_cut(const Envelope& envelope) const;
  std::string look(const Node& node, const std::string& field) const;

  std::map<NodeId, Node> nodes_;
  std::deque<Envelope> wire_;
  std::set<Link> cut_;
};

}  // namespace holdfast::raft
