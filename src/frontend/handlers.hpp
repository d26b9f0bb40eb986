#pragma once

#include "frontend/local_command.hpp"

namespace holdfast::frontend {

// hello_commands.cpp: who speaks, and how
kv::Reply do_auth(LocalCall& call);
kv::Reply do_echo(LocalCall& call);
kv::Reply do_hello(LocalCall& call);
kv::Reply do_ping(LocalCall& call);
kv::Reply do_quit(LocalCall& call);
kv::Reply do_reset(LocalCall& call);
kv::Reply do_select(LocalCall& call);

// client_commands.cpp
kv::Reply do_client_accept(LocalCall& call);  // what asks for nothing that could be missed
kv::Reply do_client_getname(LocalCall& call);
kv::Reply do_client_getredir(LocalCall& call);
kv::Reply do_client_id(LocalCall& call);
kv::Reply do_client_info(LocalCall& call);
kv::Reply do_client_kill(LocalCall& call);
kv::Reply do_client_list(LocalCall& call);
kv::Reply do_client_maint_notifications(LocalCall& call);
kv::Reply do_client_on_off(LocalCall& call);  // NO-EVICT, NO-TOUCH: nothing is evicted here
kv::Reply do_client_reply(LocalCall& call);
kv::Reply do_client_setinfo(LocalCall& call);
kv::Reply do_client_setname(LocalCall& call);
kv::Reply do_client_tracking(LocalCall& call);
kv::Reply do_client_trackinginfo(LocalCall& call);
kv::Reply do_client_unblock(LocalCall& call);

// cluster_commands.cpp
kv::Reply do_asking(LocalCall& call);
kv::Reply do_cluster_info(LocalCall& call);
kv::Reply do_cluster_keyslot(LocalCall& call);
kv::Reply do_cluster_myid(LocalCall& call);
kv::Reply do_cluster_nodes(LocalCall& call);
kv::Reply do_cluster_shards(LocalCall& call);
kv::Reply do_cluster_slots(LocalCall& call);
kv::Reply do_readonly(LocalCall& call);
kv::Reply do_readwrite(LocalCall& call);

// command_commands.cpp: COMMAND
kv::Reply do_command(LocalCall& call);
kv::Reply do_command_count(LocalCall& call);
kv::Reply do_command_docs(LocalCall& call);
kv::Reply do_command_getkeys(LocalCall& call);
kv::Reply do_command_getkeysandflags(LocalCall& call);
kv::Reply do_command_info(LocalCall& call);
kv::Reply do_command_list(LocalCall& call);

// transaction_commands.cpp; EXEC and WATCH are the connection's own
kv::Reply do_discard(LocalCall& call);
kv::Reply do_multi(LocalCall& call);
kv::Reply do_unwatch(LocalCall& call);

// slowlog_commands.cpp
kv::Reply do_latency_doctor(LocalCall& call);
kv::Reply do_latency_histogram(LocalCall& call);
kv::Reply do_latency_history(LocalCall& call);
kv::Reply do_latency_latest(LocalCall& call);
kv::Reply do_latency_reset(LocalCall& call);
kv::Reply do_slowlog_get(LocalCall& call);
kv::Reply do_slowlog_len(LocalCall& call);
kv::Reply do_slowlog_reset(LocalCall& call);

// memory_commands.cpp
kv::Reply do_memory_doctor(LocalCall& call);
kv::Reply do_memory_purge(LocalCall& call);
kv::Reply do_memory_stats(LocalCall& call);
kv::Reply do_monitor(LocalCall& call);

// config_commands.cpp
kv::Reply do_config_get(LocalCall& call);
kv::Reply do_config_resetstat(LocalCall& call);
kv::Reply do_config_rewrite(LocalCall& call);
kv::Reply do_config_set(LocalCall& call);

// info_commands.cpp: what this node tells of itself
kv::Reply do_info(LocalCall& call);

// fetch_command.cpp
std::optional<kv::Reply> submit_raft_fetch(LocalCall& call, std::uint64_t request);

// member_commands.cpp
kv::Reply do_raft_members(LocalCall& call);
std::optional<kv::Reply> submit_raft_add(LocalCall& call, std::uint64_t request);
std::optional<kv::Reply> submit_raft_move(LocalCall& call, std::uint64_t request);
std::optional<kv::Reply> submit_raft_promote(LocalCall& call, std::uint64_t request);
std::optional<kv::Reply> submit_raft_remove(LocalCall& call, std::uint64_t request);
std::optional<kv::Reply> submit_raft_snapshot(LocalCall& call, std::uint64_t request);

// raft_commands.cpp
kv::Reply do_raft_cut(LocalCall& call);
kv::Reply do_raft_heal(LocalCall& call);
kv::Reply do_raft_status(LocalCall& call);
kv::Reply do_raft_transfer(LocalCall& call);
kv::Reply do_role(LocalCall& call);
kv::Reply do_wait(LocalCall& call);

// server_commands.cpp
kv::Reply do_debug_accept(LocalCall& call);
kv::Reply do_debug_sleep(LocalCall& call);
kv::Reply do_function_flush(LocalCall& call);
kv::Reply do_lolwut(LocalCall& call);
kv::Reply do_shutdown(LocalCall& call);
kv::Reply do_time(LocalCall& call);

// What several of them use.
std::optional<NodeId> parse_node(std::string_view text);
inline kv::Reply number_reply(std::uint64_t n) {
  return kv::Reply::integer(static_cast<std::int64_t>(n));
}
inline kv::Reply syntax_error() {
  return kv::Reply::error("ERR syntax error");
}
inline kv::Reply not_an_integer() {
  return kv::Reply::error("ERR value is not an integer or out of range");
}

}  // namespace holdfast::frontend
