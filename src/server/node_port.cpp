// What a client's commands ask of the node.
#include <spdlog/spdlog.h>

#include <set>
#include <thread>
#include <utility>

#include "server/host_info.hpp"
#include "server/node.hpp"

namespace holdfast::server {

void Node::submit_write(std::uint64_t client, std::uint64_t request, kv::Args args) {
  has_work_ = true;
  replica_.submit_write(now(), {client, request}, std::move(args));
}

void Node::submit_stale_read(std::uint64_t client, std::uint64_t request, kv::Args args,
                             Duration max_stale) {
  has_work_ = true;
  replica_.submit_read(now(), {client, request}, std::move(args), max_stale);
}

void Node::submit_read(std::uint64_t client, std::uint64_t request, kv::Args args) {
  has_work_ = true;
  replica_.submit_read(now(), {client, request}, std::move(args));
}

void Node::submit_member(std::uint64_t client, std::uint64_t request,
                         replica::MemberRequest change) {
  has_work_ = true;
  replica_.submit_member(now(), {client, request}, std::move(change));
}

void Node::submit_snapshot(std::uint64_t client, std::uint64_t request) {
  has_work_ = true;
  replica_.submit_snapshot(now(), {client, request});
}

void Node::submit_fetch(std::uint64_t client, std::uint64_t request,
                        const replica::FetchRequest& wanted) {
  has_work_ = true;
  replica_.submit_fetch({client, request}, wanted);
}

replica::Status Node::status() const {
  return replica_.status();
}

NodeId Node::leader() const {
  return replica_.core().leader();
}

std::uint64_t Node::state_digest() {
  return replica_.digest();
}

std::uint64_t Node::unix_time_us() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Duration>(since).count());
}

std::optional<Address> Node::client_address(NodeId node) const {
  return node == options_.id ? address_ : peers_.client_address(node);
}

bool Node::is_connected(NodeId node) const {
  return node == options_.id || peers_.is_connected(node);
}

std::string Node::client_list() const {
  return clients_.list(now());
}

std::size_t Node::client_count() const {
  return clients_.count();
}

std::size_t Node::used_memory() const {
  constexpr Duration kInterval = std::chrono::milliseconds(200);
  const Instant time = now();
  if (used_memory_ == 0 || time - memory_asked_at_ >= kInterval) {
    used_memory_ = allocated_bytes();
    memory_asked_at_ = time;
  }
  return used_memory_;
}

void Node::tell_monitors(const std::string& line) {
  clients_.tell_monitors(line);
}

std::size_t Node::kill_clients(std::optional<std::uint64_t> id,
                               std::optional<std::string> address) {
  return clients_.kill(id, address);
}

std::vector<std::pair<std::string, std::string>> Node::host_info() const {
  auto lines = process_info(now() - started_, used_memory());
  lines.emplace_back("tcp_port", std::to_string(address_.port));
  lines.emplace_back("maxclients", std::to_string(options_.max_clients));
  lines.emplace_back("total_connections_received", std::to_string(clients_.accepted()));
  lines.emplace_back("rejected_connections", std::to_string(clients_.refused()));
  return lines;
}

std::optional<std::string> Node::transfer_leadership(NodeId target) {
  if (replica_.status().role != replica::Role::kLeader) {
    return "ERR this node is not the leader; RAFT STATUS names it";
  }
  if (!replica_.transfer_leadership(now(), target)) {
    if (replica_.core().is_transferring()) return "ERR leadership is being handed over already";
    if (!target) return "ERR there is no other voter";
    return "ERR node " + std::to_string(target.value()) + " does not answer";
  }
  has_work_ = true;
  announces_until_ = now() + 2 * options_.election_timeout_max;
  return std::nullopt;
}

std::optional<std::string> Node::shutdown() {
  // Later: the connection that asks is in the middle of its command.
  asio::post(io_, [this] { begin_stop("SHUTDOWN"); });
  return std::nullopt;
}

std::optional<std::string> Node::stall(Duration duration) {
  if (!options_.enable_debug_command) return "ERR DEBUG needs --enable-debug-command";
  spdlog::warn("stalling the node: DEBUG SLEEP");
  std::this_thread::sleep_for(duration);
  return std::nullopt;
}

std::optional<std::string> Node::cut_peers(const std::vector<NodeId>& peers) {
  if (!options_.enable_fault_injection) {
    return "ERR the server was started without --enable-fault-injection";
  }
  peers_.cut({peers.begin(), peers.end()});
  peers.empty() ? spdlog::warn("fault injection: healed")
                : spdlog::warn("fault injection: cut from {} peers", peers.size());
  return std::nullopt;
}

}  // namespace holdfast::server
