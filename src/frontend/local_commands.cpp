#include <algorithm>
#include <array>

#include "frontend/handlers.hpp"

namespace holdfast::frontend {

namespace {

using Kind = LocalCommand::Kind;

constexpr LocalCommand row(std::string_view name, int arity, LocalHandler run,
                           std::string_view group, std::string_view since, std::string_view summary,
                           Kind kind = Kind::kPlain) {
  return {{name, arity, false, 0, 0, 0, group, summary, since}, run, kind};
}

constexpr LocalCommand submitted(std::string_view name, int arity, SubmitHandler submit,
                                 std::string_view summary) {
  return {{name, arity, false, 0, 0, 0, "raft", summary, "7.2.0"}, nullptr, Kind::kPlain, submit};
}

// Sorted by name.
constexpr std::array kRows = {
    row("asking", 1, do_asking, "cluster", "3.0.0",
        "Signals that a cluster client is following an -ASK redirect."),
    row("auth", -2, do_auth, "connection", "1.0.0", "Authenticates the connection.",
        Kind::kBeforeAuth),
    row("client", -2, nullptr, "connection", "2.4.0", "A container for client connection commands.",
        Kind::kContainer),
    row("client|capa", -3, do_client_accept, "connection", "8.0.0",
        "A client declares its capabilities."),
    row("client|getname", 2, do_client_getname, "connection", "2.6.9",
        "Returns the name of the connection."),
    row("client|id", 2, do_client_id, "connection", "5.0.0",
        "Returns the unique client ID of the connection."),
    row("client|info", 2, do_client_info, "connection", "6.2.0",
        "Returns information about the connection."),
    row("client|kill", -3, do_client_kill, "connection", "2.4.0", "Terminates open connections."),
    row("client|list", -2, do_client_list, "connection", "2.4.0", "Lists open connections."),
    row("client|maint_notifications", -3, do_client_maint_notifications, "connection", "8.4.0",
        "Asks to be told when the client should move to another node."),
    row("client|no-evict", 3, do_client_on_off, "connection", "7.0.0",
        "Sets the client eviction mode of the connection."),
    row("client|no-touch", 3, do_client_on_off, "connection", "7.2.0",
        "Controls whether commands sent by the client affect the LRU/LFU of accessed keys."),
    row("client|reply", 3, do_client_reply, "connection", "3.2.0",
        "Instructs the server whether to reply to commands."),
    row("client|setinfo", 4, do_client_setinfo, "connection", "7.2.0",
        "Sets information specific to the client or connection."),
    row("client|setname", 3, do_client_setname, "connection", "2.6.9", "Sets the connection name."),
    row("client|tracking", -3, do_client_tracking, "connection", "6.0.0",
        "Refused: client-side caching is not supported."),
    row("cluster", -2, nullptr, "cluster", "3.0.0", "A container for Redis Cluster commands.",
        Kind::kContainer),
    row("cluster|countkeysinslot", 3, nullptr, "cluster", "3.0.0",
        "Returns the number of keys in a hash slot.", Kind::kStored),
    row("cluster|getkeysinslot", 4, nullptr, "cluster", "3.0.0",
        "Returns the key names in a hash slot.", Kind::kStored),
    row("cluster|info", 2, do_cluster_info, "cluster", "3.0.0",
        "Returns information about the state of a node."),
    row("cluster|keyslot", 3, do_cluster_keyslot, "cluster", "3.0.0",
        "Returns the hash slot for a key."),
    row("cluster|myid", 2, do_cluster_myid, "cluster", "3.0.0", "Returns the ID of a node."),
    row("cluster|nodes", 2, do_cluster_nodes, "cluster", "3.0.0",
        "Returns the cluster configuration for a node."),
    row("cluster|shards", 2, do_cluster_shards, "cluster", "7.0.0",
        "Returns the mapping of cluster slots to shards."),
    row("cluster|slots", 2, do_cluster_slots, "cluster", "3.0.0",
        "Returns the mapping of cluster slots to nodes."),
    row("command", -1, do_command, "server", "2.8.13",
        "Returns detailed information about all commands.", Kind::kContainer),
    row("command|count", 2, do_command_count, "server", "2.8.13", "Returns a count of commands."),
    row("command|docs", -2, do_command_docs, "server", "7.0.0",
        "Returns documentary information about one, multiple or all commands."),
    row("command|getkeys", -3, do_command_getkeys, "server", "2.8.13",
        "Extracts the key names from an arbitrary command."),
    row("command|info", -2, do_command_info, "server", "2.8.13",
        "Returns information about one, multiple or all commands."),
    row("command|list", -2, do_command_list, "server", "7.0.0", "Returns a list of command names."),
    row("config", -2, nullptr, "server", "2.0.0", "A container for server configuration commands.",
        Kind::kContainer),
    row("config|get", -3, do_config_get, "server", "2.0.0",
        "Returns the effective values of configuration parameters."),
    row("config|resetstat", 2, do_config_resetstat, "server", "2.0.0",
        "Resets the server's statistics."),
    row("config|set", -4, do_config_set, "server", "2.0.0",
        "Refuses any value but the one in force."),
    row("debug", -2, nullptr, "server", "1.0.0", "A container for debugging commands.",
        Kind::kContainer),
    row("debug|set-active-expire", 3, do_debug_accept, "server", "1.0.0",
        "Accepted; nothing expires by itself."),
    row("debug|sleep", 3, do_debug_sleep, "server", "1.0.0", "Stops the server for some seconds."),
    row("echo", 2, do_echo, "connection", "1.0.0", "Returns the given string."),
    row("function", -2, nullptr, "scripting", "7.0.0", "A container for function commands.",
        Kind::kContainer),
    row("function|flush", -2, do_function_flush, "scripting", "7.0.0",
        "Deletes all libraries and functions."),
    row("hello", -1, do_hello, "connection", "6.0.0", "Handshakes with the server.",
        Kind::kBeforeAuth),
    row("info", -1, do_info, "server", "1.0.0",
        "Returns information and statistics about the server."),
    row("lolwut", -1, do_lolwut, "server", "5.0.0", "Displays the version."),
    row("ping", -1, do_ping, "connection", "1.0.0", "Returns the server's liveliness response."),
    row("quit", -1, do_quit, "connection", "1.0.0", "Closes the connection.", Kind::kBeforeAuth),
    row("raft", -2, nullptr, "raft", "7.2.0", "A container for commands about the replicas.",
        Kind::kContainer),
    submitted("raft|add", -4, submit_raft_add, "Makes a node a member, a voter if not LEARNER."),
    row("raft|cut", -3, do_raft_cut, "raft", "7.2.0",
        "Drops all messages to and from some nodes, for tests."),
    submitted("raft|fetch", -4, submit_raft_fetch,
              "Returns a part of the file of this replica's newest snapshot."),
    row("raft|heal", 2, do_raft_heal, "raft", "7.2.0", "Ends what RAFT CUT began."),
    row("raft|members", 2, do_raft_members, "raft", "7.2.0", "Returns the members of the cluster."),
    submitted("raft|move", 4, submit_raft_move, "Changes the address of a member."),
    submitted("raft|promote", 3, submit_raft_promote, "Makes a learner a voter."),
    submitted("raft|remove", 3, submit_raft_remove, "Takes a member out of the cluster."),
    submitted("raft|snapshot", 2, submit_raft_snapshot, "Makes a snapshot of this replica."),
    row("raft|status", 2, do_raft_status, "raft", "7.2.0", "Returns the state of this replica."),
    row("raft|transfer", -2, do_raft_transfer, "raft", "7.2.0",
        "Hands leadership to another node."),
    row("readonly", -1, do_readonly, "cluster", "3.0.0",
        "Enables read-only queries for a connection to a Redis Cluster replica node."),
    row("readwrite", 1, do_readwrite, "cluster", "3.0.0",
        "Enables read-write queries for a connection to a Redis Cluster replica node."),
    row("reset", 1, do_reset, "connection", "6.2.0", "Resets the connection.", Kind::kBeforeAuth),
    row("role", 1, do_role, "server", "2.8.12", "Returns the replication role."),
    row("select", 2, do_select, "connection", "1.0.0", "Changes the selected database."),
    row("shutdown", -1, do_shutdown, "server", "1.0.0", "Shuts down the server."),
    row("time", 1, do_time, "server", "2.6.0", "Returns the server time."),
    row("wait", 3, do_wait, "generic", "3.0.0",
        "Returns how many nodes besides the leader have all earlier writes of the connection.",
        Kind::kAfterPrevious),
};

constexpr std::string_view name_of(const LocalCommand& command) {
  return command.spec.name;
}
static_assert(std::ranges::is_sorted(kRows, {}, name_of));

}  // namespace

std::span<const LocalCommand> local_commands() {
  return kRows;
}

}  // namespace holdfast::frontend
