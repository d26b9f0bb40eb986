#include <algorithm>

#include "frontend/cluster_view.hpp"
#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

Reply index_reply(Index index) {
  return Reply::integer(static_cast<std::int64_t>(index.value()));
}

bool is_member(const LocalCall& call, NodeId id) {
  return call.port.status().membership.contains(id);
}

Reply no_such_node(std::string_view text) {
  return Reply::error("ERR no such node: " + std::string(text.substr(0, 32)));
}

Reply done_or(const std::optional<std::string>& error) {
  return error ? Reply::error(*error) : Reply::ok();
}

Reply match_map(const replica::Status& status) {
  std::vector<Reply> items;
  for (const auto& [node, index] : status.match) {
    items.push_back(Reply::bulk(std::to_string(node.value())));
    items.push_back(index_reply(index));
  }
  return Reply::map(std::move(items));
}

}  // namespace

std::optional<NodeId> parse_node(std::string_view text) {
  const auto id = resp::parse_integer(text);
  if (!id || *id <= 0 || *id > kNodeIdMax) return std::nullopt;
  return NodeId(static_cast<std::uint64_t>(*id));
}

// RAFT STATUS [DIGEST]: for `holdfast status` and for people; names and order may be relied on. The
// digest takes time for what changed since it was last asked for, and is for comparing replicas:
// whoever watches a node all the time does without.
Reply do_raft_status(LocalCall& call) {
  const bool has_digest = call.args.size() == 3 && same_word(call.args[2], "DIGEST");
  if (call.args.size() > 2 && !has_digest) return syntax_error();
  const replica::Status status = call.port.status();
  const auto leader = status.leader ? call.port.client_address(status.leader) : std::nullopt;
  std::vector<Reply> items;
  const auto add = [&items](const char* key, Reply value) {
    items.push_back(Reply::bulk(key));
    items.push_back(std::move(value));
  };
  const auto add_number = [&add](const char* key, std::uint64_t value) {
    add(key, Reply::integer(static_cast<std::int64_t>(value)));
  };
  add_number("id", status.id.value());
  add("role", Reply::bulk(std::string(replica::to_string(status.role))));
  add_number("term", status.term.value());
  add_number("leader", status.leader.value());
  add("leader_address", Reply::bulk(leader ? leader->to_string() : ""));
  add_number("voted_for", status.voted_for.value());
  add_number("last_index", status.last_index.value());
  add_number("commit_index", status.commit_index.value());
  add_number("applied_index", status.applied_index.value());
  if (has_digest) add("digest", Reply::bulk(hex16(call.port.state_digest())));
  add_number("keys", status.keys);
  add_number("sessions", status.sessions);
  add_number("pending_writes", status.pending_writes);
  add_number("pending_reads", status.pending_reads);
  add_number("pending_bytes", status.pending_bytes);
  add_number("cluster_time_ms", status.cluster_time_ms);
  add_number("storage_stalled", status.storage_stalled ? 1 : 0);
  Reply::Array voters;
  for (const NodeId id : status.voters) {
    voters.push_back(Reply::integer(static_cast<std::int64_t>(id.value())));
  }
  add("voters", Reply::array(std::move(voters)));
  add("match", match_map(status));
  add("cluster", Reply::bulk(hex16(call.settings.cluster)));
  add("membership", Reply::bulk(raft::to_string(status.membership)));
  add_number("membership_settled", status.membership_settled ? 1 : 0);
  add_number("first_index", status.first_index.value());
  add_number("snapshot_index", status.snapshot_index.value());
  add_number("log_bytes", status.log_bytes);
  add_number("making_snapshot", status.making_snapshot ? 1 : 0);
  add_number("snapshots_sending", status.snapshots_sending);
  add_number("snapshot_received", status.snapshot_received);
  add_number("snapshot_total", status.snapshot_total);
  add("snapshot_trouble", Reply::bulk(status.snapshot_trouble));
  return Reply::map(std::move(items));
}

// RAFT TRANSFER [id]
Reply do_raft_transfer(LocalCall& call) {
  if (call.args.size() > 3) return syntax_error();
  NodeId target;
  if (call.args.size() == 3) {
    const auto id = parse_node(call.args[2]);
    if (!id || !is_member(call, *id)) return no_such_node(call.args[2]);
    target = *id;
    if (call.port.leader() == call.settings.node) {
      const std::string name = "ERR node " + std::string(call.args[2]);
      if (target == call.settings.node) return Reply::error(name + " leads already");
      if (!call.port.status().membership.find(target)->votes) {
        return Reply::error(name + " is a learner, which can't lead");
      }
    }
  }
  return done_or(call.port.transfer_leadership(target));
}

// RAFT CUT id …
Reply do_raft_cut(LocalCall& call) {
  std::vector<NodeId> peers;
  for (const std::string_view text : call.args.subspan(2)) {
    const auto id = parse_node(text);
    if (!id || !is_member(call, *id)) return no_such_node(text);
    peers.push_back(*id);
  }
  return done_or(call.port.cut_peers(peers));
}

Reply do_raft_heal(LocalCall& call) {
  return done_or(call.port.cut_peers({}));
}

// Of the leader: ["master", offset, [[host, port, offset] …]];
// of another: ["slave", host, port, state, offset].
Reply do_role(LocalCall& call) {
  const replica::Status status = call.port.status();
  const NodeId leader = call.port.leader();
  if (leader != call.settings.node) {
    const auto address = leader ? call.port.client_address(leader) : std::nullopt;
    return Reply::array({Reply::bulk("slave"), Reply::bulk(address ? address->host : ""),
                         Reply::integer(address ? address->port : 0),
                         Reply::bulk(leader ? "connected" : "connect"),
                         index_reply(status.applied_index)});
  }
  Reply::Array replicas;
  for (const auto& [node, index] : status.match) {
    const auto address = node == leader ? std::nullopt : call.port.client_address(node);
    if (!address) continue;
    replicas.push_back(
        Reply::array({Reply::bulk(address->host), Reply::bulk(std::to_string(address->port)),
                      Reply::bulk(std::to_string(index.value()))}));
  }
  return Reply::array(
      {Reply::bulk("master"), index_reply(status.commit_index), Reply::array(std::move(replicas))});
}

// WAIT replicas timeout: how many nodes besides the leader have all this client's writes. It runs
// when those were answered, so a majority has them; the leader may know of more. There is
// nothing to wait for.
Reply do_wait(LocalCall& call) {
  const auto timeout = resp::parse_integer(call.args[2]);
  if (!resp::parse_integer(call.args[1]) || !timeout) return not_an_integer();
  if (*timeout < 0) return Reply::error("ERR timeout is negative");
  const replica::Status status = call.port.status();
  const std::size_t certain = status.voters.size() / 2;
  const auto has_all = [&](const auto& match) {
    return match.first != call.settings.node && match.second >= status.commit_index;
  };
  const auto known = static_cast<std::size_t>(std::ranges::count_if(status.match, has_all));
  return Reply::integer(static_cast<std::int64_t>(std::max(certain, known)));
}

}  // namespace holdfast::frontend
