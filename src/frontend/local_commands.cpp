#include <algorithm>
#include <array>

#include "frontend/handlers.hpp"

namespace holdfast::frontend {

namespace {

using Kind = LocalCommand::Kind;
using kv::Flags;
namespace flag = kv::flag;

constexpr Flags kNone = 0;
constexpr Flags kFast = flag::kFast;
constexpr Flags kAdmin = flag::kAdmin;
constexpr Flags kLocal = flag::kLoading | flag::kStale;

constexpr LocalCommand row(std::string_view name, int arity, Flags flags, LocalHandler run,
                           std::string_view group, std::string_view since, std::string_view syntax,
                           std::string_view summary, Kind kind = Kind::kPlain) {
  flags |= kLocal | (kind == Kind::kBeforeAuth ? flag::kNoAuth : kNone);
  return {{name, arity, flags, {}, group, since, syntax, summary}, run, kind};
}

constexpr LocalCommand submitted(std::string_view name, int arity, SubmitHandler submit,
                                 std::string_view syntax, std::string_view summary) {
  return {{name, arity, kAdmin | kLocal, {}, "raft", "7.2.0", syntax, summary},
          nullptr,
          Kind::kPlain,
          submit};
}

constexpr LocalCommand with_keys(kv::Keys keys, LocalCommand command) {
  command.spec.keys = keys;
  return command;
}

// Sorted by name.
constexpr std::array kRows = {
    row("asking", 1, kFast, do_asking, "cluster", "3.0.0", "",
        "Signals that a cluster client is following an -ASK redirect."),
    row("auth", -2, kFast, do_auth, "connection", "1.0.0", "[username] password",
        "Authenticates the connection.", Kind::kBeforeAuth),
    row("client", -2, kNone, nullptr, "connection", "2.4.0", "",
        "A container for client connection commands.", Kind::kContainer),
    row("client|capa", -3, kNone, do_client_accept, "connection", "8.0.0",
        "capability [capability ...]", "A client declares its capabilities."),
    row("client|getname", 2, kNone, do_client_getname, "connection", "2.6.9", "",
        "Returns the name of the connection."),
    row("client|getredir", 2, kNone, do_client_getredir, "connection", "6.0.0", "",
        "Returns the client ID to which the connection's tracking notifications are redirected."),
    row("client|id", 2, kNone, do_client_id, "connection", "5.0.0", "",
        "Returns the unique client ID of the connection."),
    row("client|info", 2, kNone, do_client_info, "connection", "6.2.0", "",
        "Returns information about the connection."),
    row("client|kill", -3, kAdmin, do_client_kill, "connection", "2.4.0",
        "address | [ID id] [ADDR address] [SKIPME <YES | NO>]", "Terminates open connections."),
    row("client|list", -2, kAdmin, do_client_list, "connection", "2.4.0",
        "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB> | ID id [id ...]]", "Lists open connections."),
    row("client|maint_notifications", -3, kNone, do_client_maint_notifications, "connection",
        "8.4.0", "<ON | OFF> [MOVING-ENDPOINT-TYPE type]",
        "Asks to be told when the client should move to another node."),
    row("client|no-evict", 3, kAdmin, do_client_on_off, "connection", "7.0.0", "ON | OFF",
        "Sets the client eviction mode of the connection."),
    row("client|no-touch", 3, kNone, do_client_on_off, "connection", "7.2.0", "ON | OFF",
        "Controls whether commands sent by the client affect the LRU/LFU of accessed keys."),
    row("client|reply", 3, kNone, do_client_reply, "connection", "3.2.0", "ON | OFF | SKIP",
        "Instructs the server whether to reply to commands."),
    row("client|setinfo", 4, kNone, do_client_setinfo, "connection", "7.2.0",
        "LIB-NAME name | LIB-VER version",
        "Sets information specific to the client or connection."),
    row("client|setname", 3, kNone, do_client_setname, "connection", "2.6.9", "name",
        "Sets the connection name."),
    row("client|tracking", -3, kNone, do_client_tracking, "connection", "6.0.0",
        "<ON | OFF> [option ...]", "Refused: client-side caching is not supported."),
    row("client|trackinginfo", 2, kNone, do_client_trackinginfo, "connection", "6.2.0", "",
        "Returns information about server-assisted client-side caching for the connection."),
    row("client|unblock", -3, kAdmin, do_client_unblock, "connection", "5.0.0",
        "client-id [TIMEOUT | ERROR]", "Unblocks a client blocked by a blocking command."),
    row("cluster", -2, kNone, nullptr, "cluster", "3.0.0", "",
        "A container for Redis Cluster commands.", Kind::kContainer),
    row("cluster|info", 2, kNone, do_cluster_info, "cluster", "3.0.0", "",
        "Returns information about the state of a node."),
    row("cluster|keyslot", 3, kNone, do_cluster_keyslot, "cluster", "3.0.0", "key",
        "Returns the hash slot for a key."),
    row("cluster|myid", 2, kNone, do_cluster_myid, "cluster", "3.0.0", "",
        "Returns the ID of a node."),
    row("cluster|nodes", 2, kNone, do_cluster_nodes, "cluster", "3.0.0", "",
        "Returns the cluster configuration for a node."),
    row("cluster|shards", 2, kNone, do_cluster_shards, "cluster", "7.0.0", "",
        "Returns the mapping of cluster slots to shards."),
    row("cluster|slots", 2, kNone, do_cluster_slots, "cluster", "3.0.0", "",
        "Returns the mapping of cluster slots to nodes."),
    row("command", -1, kNone, do_command, "server", "2.8.13", "",
        "Returns detailed information about all commands.", Kind::kContainer),
    row("command|count", 2, kNone, do_command_count, "server", "2.8.13", "",
        "Returns a count of commands."),
    row("command|docs", -2, kNone, do_command_docs, "server", "7.0.0", "[command ...]",
        "Returns documentary information about one, multiple or all commands."),
    row("command|getkeys", -3, kNone, do_command_getkeys, "server", "2.8.13",
        "command [argument ...]", "Extracts the key names from an arbitrary command."),
    row("command|getkeysandflags", -3, kNone, do_command_getkeysandflags, "server", "7.0.0",
        "command [argument ...]",
        "Extracts the key names and access flags for an arbitrary command."),
    row("command|info", -2, kNone, do_command_info, "server", "2.8.13", "[command ...]",
        "Returns information about one, multiple or all commands."),
    row("command|list", -2, kNone, do_command_list, "server", "7.0.0",
        "[FILTERBY <MODULE name | ACLCAT category | PATTERN pattern>]",
        "Returns a list of command names."),
    row("config", -2, kNone, nullptr, "server", "2.0.0", "",
        "A container for server configuration commands.", Kind::kContainer),
    row("config|get", -3, kAdmin, do_config_get, "server", "2.0.0", "pattern [pattern ...]",
        "Returns the effective values of configuration parameters."),
    row("config|resetstat", 2, kAdmin, do_config_resetstat, "server", "2.0.0", "",
        "Resets the server's statistics."),
    row("config|rewrite", 2, kAdmin, do_config_rewrite, "server", "2.8.0", "",
        "Refused: settings are given at the start."),
    row("config|set", -4, kAdmin, do_config_set, "server", "2.0.0",
        "parameter value [parameter value ...]", "Changes settings of this node while it runs."),
    row("debug", -2, kNone, nullptr, "server", "1.0.0", "", "A container for debugging commands.",
        Kind::kContainer),
    row("debug|set-active-expire", 3, kAdmin, do_debug_accept, "server", "1.0.0", "0 | 1",
        "Accepted, and changes nothing."),
    row("debug|sleep", 3, kAdmin, do_debug_sleep, "server", "1.0.0", "seconds",
        "Stops the server for some seconds."),
    row("discard", 1, kFast, do_discard, "transactions", "2.0.0", "", "Discards a transaction.",
        Kind::kAfterPrevious),
    row("echo", 2, kFast, do_echo, "connection", "1.0.0", "message", "Returns the given string."),
    row("exec", 1, kNone, nullptr, "transactions", "1.2.0", "",
        "Executes all commands in a transaction.", Kind::kExec),
    row("function", -2, kNone, nullptr, "scripting", "7.0.0", "",
        "A container for function commands.", Kind::kContainer),
    row("function|flush", -2, kAdmin, do_function_flush, "scripting", "7.0.0", "[ASYNC | SYNC]",
        "Deletes all libraries and functions."),
    row("hello", -1, kFast, do_hello, "connection", "6.0.0",
        "[protocol [AUTH username password] [SETNAME name]]", "Handshakes with the server.",
        Kind::kBeforeAuth),
    row("info", -1, kNone, do_info, "server", "1.0.0", "[section ...]",
        "Returns information and statistics about the server."),
    row("latency", -2, kNone, nullptr, "server", "2.8.13", "",
        "A container for latency diagnostics commands.", Kind::kContainer),
    row("latency|doctor", 2, kAdmin, do_latency_doctor, "server", "2.8.13", "",
        "Returns a report of what took long."),
    row("latency|histogram", -2, kAdmin, do_latency_histogram, "server", "7.0.0", "[command ...]",
        "Returns the cumulative distribution of latencies of a subset or all commands."),
    row("latency|history", 3, kAdmin, do_latency_history, "server", "2.8.13", "event",
        "Returns timestamp-latency samples for an event."),
    row("latency|latest", 2, kAdmin, do_latency_latest, "server", "2.8.13", "",
        "Returns the latest latency samples for all events."),
    row("latency|reset", -2, kAdmin, do_latency_reset, "server", "2.8.13", "[event ...]",
        "Resets the latency data for one or more events."),
    row("lolwut", -1, kFast, do_lolwut, "server", "5.0.0", "[VERSION version]",
        "Displays the version."),
    row("memory", -2, kNone, nullptr, "server", "4.0.0", "",
        "A container for memory diagnostics commands.", Kind::kContainer),
    row("memory|doctor", 2, kNone, do_memory_doctor, "server", "4.0.0", "",
        "Outputs a memory problems report."),
    row("memory|purge", 2, kNone, do_memory_purge, "server", "4.0.0", "",
        "Asks the allocator to release memory."),
    row("memory|stats", 2, kNone, do_memory_stats, "server", "4.0.0", "",
        "Returns details about memory usage."),
    row("monitor", 1, kAdmin, do_monitor, "server", "1.0.0", "",
        "Listens for all requests received by the server in real-time."),
    row("multi", 1, kFast, do_multi, "transactions", "1.2.0", "", "Starts a transaction."),
    row("object", -2, kNone, nullptr, "generic", "2.2.3", "",
        "A container for object introspection commands.", Kind::kContainer),
    row("ping", -1, kFast, do_ping, "connection", "1.0.0", "[message]",
        "Returns the server's liveliness response."),
    row("quit", -1, kFast, do_quit, "connection", "1.0.0", "", "Closes the connection.",
        Kind::kBeforeAuth),
    row("raft", -2, kNone, nullptr, "raft", "7.2.0", "",
        "A container for commands about the replicas.", Kind::kContainer),
    submitted("raft|add", -4, submit_raft_add, "node address [LEARNER | REPLACES node]",
              "Makes a node a member, a voter if not LEARNER."),
    row("raft|cut", -3, kAdmin, do_raft_cut, "raft", "7.2.0", "node [node ...]",
        "Drops all messages to and from some nodes, for tests."),
    submitted("raft|fetch", -4, submit_raft_fetch, "offset size [snapshot]",
              "Returns a part of the file of this replica's newest snapshot."),
    row("raft|heal", 2, kAdmin, do_raft_heal, "raft", "7.2.0", "", "Ends what RAFT CUT began."),
    row("raft|members", 2, kNone, do_raft_members, "raft", "7.2.0", "",
        "Returns the members of the cluster."),
    submitted("raft|move", 4, submit_raft_move, "node address", "Changes the address of a member."),
    submitted("raft|promote", 3, submit_raft_promote, "node", "Makes a learner a voter."),
    submitted("raft|remove", 3, submit_raft_remove, "node", "Takes a member out of the cluster."),
    submitted("raft|snapshot", 2, submit_raft_snapshot, "", "Makes a snapshot of this replica."),
    row("raft|status", -2, kNone, do_raft_status, "raft", "7.2.0", "[DIGEST]",
        "Returns the state of this replica."),
    row("raft|transfer", -2, kAdmin, do_raft_transfer, "raft", "7.2.0", "[node]",
        "Hands leadership to another node."),
    row("readonly", -1, kFast, do_readonly, "cluster", "3.0.0", "[MAXSTALE milliseconds]",
        "Enables read-only queries for a connection to a Redis Cluster replica node."),
    row("readwrite", 1, kFast, do_readwrite, "cluster", "3.0.0", "",
        "Enables read-write queries for a connection to a Redis Cluster replica node."),
    row("reset", 1, kFast | flag::kNoAuth, do_reset, "connection", "6.2.0", "",
        "Resets the connection.", Kind::kAfterPrevious),
    row("role", 1, kFast, do_role, "server", "2.8.12", "", "Returns the replication role."),
    row("select", 2, kFast, do_select, "connection", "1.0.0", "index",
        "Changes the selected database."),
    row("shutdown", -1, kAdmin, do_shutdown, "server", "1.0.0", "[NOSAVE | SAVE] [NOW] [FORCE]",
        "Shuts down the server."),
    row("slowlog", -2, kNone, nullptr, "server", "2.2.12", "", "A container for slow log commands.",
        Kind::kContainer),
    row("slowlog|get", -2, kAdmin, do_slowlog_get, "server", "2.2.12", "[count]",
        "Returns the slow log's entries."),
    row("slowlog|len", 2, kAdmin, do_slowlog_len, "server", "2.2.12", "",
        "Returns the number of entries in the slow log."),
    row("slowlog|reset", 2, kAdmin, do_slowlog_reset, "server", "2.2.12", "",
        "Clears all entries from the slow log."),
    row("time", 1, kFast, do_time, "server", "2.6.0", "", "Returns the server time."),
    row("unwatch", 1, kFast, do_unwatch, "transactions", "2.2.0", "",
        "Forgets about watched keys of a transaction.", Kind::kAfterPrevious),
    row("wait", 3, kNone, do_wait, "generic", "3.0.0", "replicas timeout",
        "Returns how many nodes besides the leader have all earlier writes of the connection.",
        Kind::kAfterPrevious),
    with_keys(
        {1, -1, 1, "RO"},
        row("watch", -2, kFast, nullptr, "transactions", "2.2.0", "key [key ...]",
            "Monitors changes to keys to determine the execution of a transaction.", Kind::kWatch)),
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
