// Who belongs to the cluster, and changes of that. A change is the leader's affair, and answered
// when it is done.

#include "frontend/handlers.hpp"
#include "frontend/text.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;
using replica::MemberRequest;
using Change = MemberRequest::Kind;

std::string_view standing_of(const raft::Member& member) {
  if (member.votes) return member.voted ? "voter" : "becoming-voter";
  if (member.voted || member.leaves) return "leaving";
  return member.joins ? "joining" : "learner";
}

Reply number(std::uint64_t value) {
  return Reply::integer(static_cast<std::int64_t>(value));
}

// What it lacks is known to the leader only.
Reply describe_member(const raft::Member& member, const replica::Status& status, const Port& port) {
  std::vector<Reply> items;
  const auto add = [&items](const char* key, Reply value) {
    items.push_back(Reply::bulk(key));
    items.push_back(std::move(value));
  };
  const auto clients = port.client_address(member.id);
  const auto match = status.match.find(member.id);
  const bool is_known = match != status.match.end();
  const std::uint64_t has = is_known ? match->second.value() : 0;
  add("id", number(member.id.value()));
  add("address", Reply::bulk(member.address));
  add("client_address", Reply::bulk(clients ? clients->to_string() : ""));
  add("standing", Reply::bulk(std::string(standing_of(member))));
  add("replaces", number(member.replaces.value()));
  add("leader", number(member.id == status.leader ? 1 : 0));
  add("connected", number(port.is_connected(member.id) ? 1 : 0));
  add("match", is_known ? number(has) : Reply::null());
  add("lag", is_known ? number(status.last_index.value() - has) : Reply::null());
  return Reply::map(std::move(items));
}

std::optional<Reply> refuse_unless_leader(const LocalCall& call) {
  const NodeId leader = call.port.leader();
  if (leader == call.settings.node) return std::nullopt;
  if (!leader) return Reply::error("CLUSTERDOWN no leader is known here; nothing was changed");
  const auto address = call.port.client_address(leader);
  const std::string name = "node " + std::to_string(leader.value());
  return Reply::error("ERR this node is not the leader; " +
                      (address ? name + " at " + address->to_string() : name) + " is");
}

Reply no_node_id(std::string_view text) {
  return Reply::error("ERR " + quoted(text) + " is no node id, a number from 1 to " +
                      std::to_string(kNodeIdMax));
}

// It is shown to people, in lines: anything may stand in an argument.
std::optional<Address> parse_address(std::string_view text) {
  constexpr std::size_t kHostBytesMax = 255;  // of a name (RFC 1035, 2.3.4)
  auto address = Address::parse(text);
  const bool is_usable = address && address->port != 0 && is_plain_name(address->host) &&
                         address->host.size() <= kHostBytesMax;
  return is_usable ? address : std::nullopt;
}

std::optional<Reply> submit(LocalCall& call, std::uint64_t request, MemberRequest change) {
  if (auto refusal = refuse_unless_leader(call)) return refusal;
  call.port.submit_member(call.client.id, request, std::move(change));
  return std::nullopt;
}

// For the commands whose one argument is a node.
std::optional<Reply> submit_for_node(LocalCall& call, std::uint64_t request, Change kind) {
  const auto node = parse_node(call.args[2]);
  if (!node) return no_node_id(call.args[2]);
  MemberRequest change;
  change.kind = kind;
  change.node = *node;
  return submit(call, request, std::move(change));
}

// Sets node and address from the arguments; an error if they aren't that.
std::optional<Reply> parse_place(const LocalCall& call, MemberRequest& change) {
  const auto node = parse_node(call.args[2]);
  if (!node) return no_node_id(call.args[2]);
  const auto address = parse_address(call.args[3]);
  if (!address) return Reply::error("ERR " + quoted(call.args[3]) + " is not HOST:PORT");
  change.node = *node;
  change.address = address->to_string();
  return std::nullopt;
}

}  // namespace

Reply do_raft_members(LocalCall& call) {
  const replica::Status status = call.port.status();
  Reply::Array members;
  for (const raft::Member& member : status.membership.members) {
    members.push_back(describe_member(member, status, call.port));
  }
  return Reply::array(std::move(members));
}

// RAFT ADD id host:port [LEARNER | REPLACES id]
std::optional<Reply> submit_raft_add(LocalCall& call, std::uint64_t request) {
  MemberRequest change;
  if (auto error = parse_place(call, change)) return error;
  const kv::Args options = call.args.subspan(4);
  if (options.size() == 1 && same_word(options[0], "learner")) {
    change.kind = Change::kAddLearner;
  } else if (options.size() == 2 && same_word(options[0], "replaces")) {
    const auto replaced = parse_node(options[1]);
    if (!replaced) return no_node_id(options[1]);
    change.kind = Change::kReplace;
    change.replaces = *replaced;
  } else if (!options.empty()) {
    return syntax_error();
  }
  return submit(call, request, std::move(change));
}

// RAFT MOVE id host:port
std::optional<Reply> submit_raft_move(LocalCall& call, std::uint64_t request) {
  MemberRequest change;
  change.kind = Change::kMove;
  if (auto error = parse_place(call, change)) return error;
  return submit(call, request, std::move(change));
}

std::optional<Reply> submit_raft_promote(LocalCall& call, std::uint64_t request) {
  return submit_for_node(call, request, Change::kPromote);
}

std::optional<Reply> submit_raft_remove(LocalCall& call, std::uint64_t request) {
  return submit_for_node(call, request, Change::kRemove);
}

// Each node makes its own.
std::optional<Reply> submit_raft_snapshot(LocalCall& call, std::uint64_t request) {
  call.port.submit_snapshot(call.client.id, request);
  return std::nullopt;
}

}  // namespace holdfast::frontend
