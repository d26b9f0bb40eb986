#include "frontend/cluster_view.hpp"
#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

constexpr std::int64_t kLastSlot = 16383;
constexpr std::int64_t kMaxStaleMs = 24 * 60 * 60 * 1000;

// A client that asks who is who can follow -MOVED from now on.
ClusterView view_for_aware_client(LocalCall& call) {
  call.client.cluster_aware = true;
  return view_cluster(call.port, call.settings);
}

Reply shard_node(const ClusterNode& node, const replica::Status& status) {
  std::vector<Reply> items;
  const auto add = [&items](const char* key, Reply value) {
    items.push_back(Reply::bulk(key));
    items.push_back(std::move(value));
  };
  add("id", Reply::bulk(node_name(node.id)));
  add("port", Reply::integer(node.address.port));
  add("ip", Reply::bulk(node.address.host));
  add("endpoint", Reply::bulk(node.address.host));
  add("role", Reply::bulk(node.is_master ? "master" : "replica"));
  add("replication-offset", Reply::integer(static_cast<std::int64_t>(status.commit_index.value())));
  add("health", Reply::bulk("online"));
  return Reply::map(std::move(items));
}

}  // namespace

// [[first slot, last slot, [host, port, id, metadata] of the master and of each replica]]
Reply do_cluster_slots(LocalCall& call) {
  const ClusterView view = view_for_aware_client(call);
  if (view.nodes.empty()) return Reply::array({});
  Reply::Array range = {Reply::integer(0), Reply::integer(kLastSlot)};
  for (const ClusterNode& node : view.nodes) {
    range.push_back(Reply::array({Reply::bulk(node.address.host), Reply::integer(node.address.port),
                                  Reply::bulk(node_name(node.id)), Reply::array({})}));
  }
  return Reply::array({Reply::array(std::move(range))});
}

Reply do_cluster_shards(LocalCall& call) {
  const ClusterView view = view_for_aware_client(call);
  Reply::Array nodes;
  for (const ClusterNode& node : view.nodes) nodes.push_back(shard_node(node, view.status));
  return Reply::array({Reply::map({Reply::bulk("slots"),
                                   Reply::array({Reply::integer(0), Reply::integer(kLastSlot)}),
                                   Reply::bulk("nodes"), Reply::array(std::move(nodes))})});
}

// One line for each node; there is no cluster bus, so its port is 0.
Reply do_cluster_nodes(LocalCall& call) {
  const ClusterView view = view_for_aware_client(call);
  std::string text;
  std::string master = "-";
  const std::string epoch = std::to_string(view.status.term.value());
  for (const ClusterNode& node : view.nodes) {
    if (node.is_master) master = node_name(node.id);
    text += node_name(node.id) + " " + node.address.to_string() + "@0 ";
    if (node.is_self) text += "myself,";
    text += node.is_master ? "master -" : "slave " + master;
    text += " 0 0 " + epoch + " connected";
    if (node.is_master) text += " 0-" + std::to_string(kLastSlot);
    text += "\n";
  }
  return Reply::verbatim(std::move(text));
}

Reply do_cluster_info(LocalCall& call) {
  const replica::Status status = call.port.status();
  const bool led = static_cast<bool>(call.port.leader());
  const std::string term = std::to_string(status.term.value());
  std::string text = led ? "cluster_state:ok\r\n" : "cluster_state:fail\r\n";
  text +=
      "cluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_slots_pfail:0\r\n"
      "cluster_slots_fail:0\r\n";
  text += "cluster_known_nodes:" + std::to_string(status.voters.size()) + "\r\n";
  text +=
      "cluster_size:1\r\ncluster_current_epoch:" + term + "\r\ncluster_my_epoch:" + term + "\r\n";
  return Reply::verbatim(std::move(text));
}

Reply do_cluster_myid(LocalCall& call) {
  return Reply::bulk(node_name(call.settings.node));
}

Reply do_cluster_keyslot(LocalCall& call) {
  return Reply::integer(kv::key_slot(call.args[2]));
}

// READONLY [MAXSTALE ms]
Reply do_readonly(LocalCall& call) {
  Duration max_stale{};
  if (call.args.size() > 1) {
    if (call.args.size() != 3 || !same_word(call.args[1], "maxstale")) return syntax_error();
    const auto ms = resp::parse_integer(call.args[2]);
    if (!ms) return not_an_integer();
    if (*ms < 0 || *ms > kMaxStaleMs) {
      return Reply::error("ERR MAXSTALE is a number of milliseconds from 0 to 86400000");
    }
    max_stale = std::chrono::milliseconds(*ms);
  }
  call.client.read_only = true;
  call.client.max_stale = max_stale;
  return Reply::ok();
}

Reply do_readwrite(LocalCall& call) {
  call.client.read_only = false;
  call.client.max_stale = Duration();
  return Reply::ok();
}

// No slot ever moves, so nobody is sent here with -ASK.
Reply do_asking(LocalCall&) {
  return Reply::ok();
}

}  // namespace holdfast::frontend
