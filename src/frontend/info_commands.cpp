#include <algorithm>
#include <array>
#include <charconv>

#include "frontend/cluster_view.hpp"
#include "frontend/handlers.hpp"
#include "frontend/text.hpp"
#include "resp/number.hpp"

namespace holdfast::frontend {

namespace {

using kv::Reply;

// The text of one INFO section: "# Title" and name:value lines.
class Section {
 public:
  explicit Section(std::string_view title) : text_("# " + std::string(title) + "\r\n") {}
  void add(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += ':';
    text_ += value;
    text_ += "\r\n";
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Everything INFO draws from, asked once.
struct Facts {
  const LocalCall& call;
  ClusterView cluster;
  std::vector<std::pair<std::string, std::string>> host;
  bool leads;
};

bool is_memory(std::string_view name) {
  return name.starts_with("used_memory") || name.starts_with("mem_") ||
         name == "total_system_memory";
}
bool is_cpu(std::string_view name) {
  return name.starts_with("used_cpu");
}
bool is_statistic(std::string_view name) {
  return !is_memory(name) && (name.starts_with("total_") || name.starts_with("rejected_"));
}
bool is_of_clients(std::string_view name) {
  return name == "maxclients";
}
bool is_server(std::string_view name) {
  return !is_memory(name) && !is_cpu(name) && !is_statistic(name) && !is_of_clients(name);
}

std::string with_point(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), number, std::chars_format::fixed, 2).ptr;
  return {text.begin(), end};
}

std::string kilobytes(std::uint64_t bytes) {
  return with_point(static_cast<double>(bytes) / 1024);
}

// "1.50M"
std::string human(std::uint64_t bytes) {
  constexpr std::array kUnits{"B", "K", "M", "G", "T"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  return (unit == 0 ? std::to_string(bytes) : with_point(amount)) + kUnits[unit];
}

void add_host_lines(const Facts& facts, bool (*belongs)(std::string_view), Section& section) {
  for (const auto& [name, value] : facts.host) {
    if (belongs(name)) section.add(name, value);
  }
}

void server(const Facts& facts, Section& section) {
  section.add("redis_version", kRedisVersion);
  section.add("redis_mode", "cluster");
  section.add("holdfast_version", facts.call.settings.version);
  section.add("arch_bits", sizeof(void*) * 8);
  section.add("server_time_usec", facts.call.port.unix_time_us());
  add_host_lines(facts, is_server, section);
}

void clients(const Facts& facts, Section& section) {
  section.add("connected_clients", facts.call.port.client_count());
  add_host_lines(facts, is_of_clients, section);
  section.add("blocked_clients", 0);
  section.add("tracking_clients", 0);
  section.add("monitors", facts.call.port.statistics().monitors);
}

void memory(const Facts& facts, Section& section) {
  const std::uint64_t used = facts.call.port.used_memory();
  const std::uint64_t bound = facts.call.port.statistics().tunables.maxmemory;
  section.add("used_memory", used);
  section.add("used_memory_human", human(used));
  add_host_lines(facts, is_memory, section);
  for (const auto& [name, value] : facts.host) {
    const bool is_amount = is_memory(name) && !name.starts_with("mem_");
    const auto bytes = resp::parse_integer(value);
    if (!is_amount || !bytes) continue;
    section.add(name + "_human", human(static_cast<std::uint64_t>(*bytes)));
  }
  section.add("used_memory_dataset", facts.cluster.status.state_bytes);
  section.add("used_memory_log", facts.cluster.status.log_bytes);
  section.add("maxmemory", bound);
  section.add("maxmemory_human", human(bound));
  section.add("maxmemory_policy", "noeviction");
}

void persistence(const Facts& facts, Section& section) {
  section.add("loading", 0);
  section.add("async_loading", 0);
  const replica::Status& status = facts.cluster.status;
  section.add("rdb_changes_since_last_save",
              status.last_index.value() - status.snapshot_index.value());
  section.add("rdb_bgsave_in_progress", status.making_snapshot ? 1 : 0);
  section.add("rdb_last_bgsave_status", status.snapshot_trouble.empty() ? "ok" : "err");
  section.add("aof_enabled", 1);
  section.add("aof_rewrite_in_progress", 0);
  section.add("aof_rewrite_scheduled", 0);
  section.add("aof_last_bgrewrite_status", "ok");
  section.add("aof_last_write_status", status.storage_stalled ? "err" : "ok");
  section.add("aof_current_size", status.log_bytes);
}

void stats(const Facts& facts, Section& section) {
  const Statistics& statistics = facts.call.port.statistics();
  const Instant now = facts.call.now;
  add_host_lines(facts, is_statistic, section);
  section.add("total_commands_processed", statistics.commands_total());
  section.add("instantaneous_ops_per_sec", statistics.commands_per_second(now));
  section.add("total_net_input_bytes", statistics.bytes_in());
  section.add("total_net_output_bytes", statistics.bytes_out());
  section.add("instantaneous_input_kbps", kilobytes(statistics.bytes_in_per_second(now)));
  section.add("instantaneous_output_kbps", kilobytes(statistics.bytes_out_per_second(now)));
  section.add("total_error_replies", statistics.errors_total());
  section.add("expired_keys", facts.cluster.status.keys_expired - statistics.keys_expired_before());
  section.add("evicted_keys", 0);
  section.add("keyspace_hits", statistics.keyspace_hits());
  section.add("keyspace_misses", statistics.keyspace_misses());
}

void command_statistics(const Facts& facts, Section& section) {
  for (const auto& [name, command] : facts.call.port.statistics().commands()) {
    const double mean = command.calls == 0 ? 0
                                           : static_cast<double>(command.microseconds) /
                                                 static_cast<double>(command.calls);
    section.add("cmdstat_" + std::string(name),
                "calls=" + std::to_string(command.calls) + ",usec=" +
                    std::to_string(command.microseconds) + ",usec_per_call=" + with_point(mean) +
                    ",rejected_calls=" + std::to_string(command.rejected) +
                    ",failed_calls=" + std::to_string(command.failed));
  }
}

void error_statistics(const Facts& facts, Section& section) {
  for (const auto& [prefix, count] : facts.call.port.statistics().errors()) {
    section.add("errorstat_" + prefix, "count=" + std::to_string(count));
  }
}

// At most so many microseconds took this share of the calls.
void latency_statistics(const Facts& facts, Section& section) {
  for (const auto& [name, command] : facts.call.port.statistics().commands()) {
    if (command.calls == 0) continue;
    section.add("latency_percentiles_usec_" + std::string(name),
                "p50=" + std::to_string(command.percentile_us(0.5)) +
                    ",p99=" + std::to_string(command.percentile_us(0.99)) +
                    ",p99.9=" + std::to_string(command.percentile_us(0.999)));
  }
}

// The other members that this node is connected to, as a leader's replicas.
void add_replicas(const Facts& facts, Section& section) {
  std::vector<std::string> lines;
  for (const ClusterNode& node : facts.cluster.nodes) {
    if (node.is_self || !facts.call.port.is_connected(node.id)) continue;
    const auto& matches = facts.cluster.status.match;
    const auto match = matches.find(node.id);
    const std::uint64_t offset = match == matches.end() ? 0 : match->second.value();
    lines.push_back("ip=" + node.address.host + ",port=" + std::to_string(node.address.port) +
                    ",state=online,offset=" + std::to_string(offset) + ",lag=0");
  }
  section.add("connected_slaves", lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) section.add("slave" + std::to_string(i), lines[i]);
}

void add_leader(const Facts& facts, Section& section) {
  const replica::Status& status = facts.cluster.status;
  const NodeId leader = facts.call.port.leader();
  const auto address = leader ? facts.call.port.client_address(leader) : std::nullopt;
  section.add("master_host", address ? address->host : "?");
  section.add("master_port", address ? address->port : 0);
  section.add("master_link_status", leader ? "up" : "down");
  // A leader is heard several times a second, or is none any more.
  section.add("master_last_io_seconds_ago", leader ? "0" : "-1");
  section.add("master_sync_in_progress", status.snapshot_total > 0 ? 1 : 0);
  section.add("slave_repl_offset", status.applied_index.value());
  section.add("slave_read_only", 0);
  section.add("connected_slaves", 0);
}

void replication(const Facts& facts, Section& section) {
  section.add("role", facts.leads ? "master" : "slave");
  facts.leads ? add_replicas(facts, section) : add_leader(facts, section);
  section.add("master_repl_offset", facts.cluster.status.commit_index.value());
}

void cpu(const Facts& facts, Section& section) {
  add_host_lines(facts, is_cpu, section);
}

void cluster(const Facts&, Section& section) {
  section.add("cluster_enabled", 1);
}

void keyspace(const Facts& facts, Section& section) {
  const replica::Status& status = facts.cluster.status;
  if (status.keys == 0) return;
  section.add("db0", "keys=" + std::to_string(status.keys) +
                         ",expires=" + std::to_string(status.keys_expiring) +
                         ",avg_ttl=" + std::to_string(status.ttl_mean_ms));
}

void raft(const Facts& facts, Section& section) {
  const replica::Status& status = facts.cluster.status;
  section.add("raft_node_id", status.id.value());
  section.add("raft_role", replica::to_string(status.role));
  section.add("raft_term", status.term.value());
  section.add("raft_leader", status.leader.value());
  section.add("raft_last_index", status.last_index.value());
  section.add("raft_commit_index", status.commit_index.value());
  section.add("raft_applied_index", status.applied_index.value());
  section.add("raft_voters", status.voters.size());
  section.add("raft_sessions", status.sessions);
  section.add("raft_session_reply_bytes", status.session_reply_bytes);
  section.add("raft_pending_writes", status.pending_writes);
  section.add("raft_pending_reads", status.pending_reads);
  section.add("raft_pending_bytes", status.pending_bytes);
  section.add("raft_cluster_time_ms", status.cluster_time_ms);
  section.add("raft_wall_clock_ahead_ms", std::to_string(status.wall_ahead_ms));
  section.add("raft_storage_stalled", status.storage_stalled ? 1 : 0);
  section.add("raft_membership", raft::to_string(status.membership));
  section.add("raft_membership_settled", status.membership_settled ? 1 : 0);
  section.add("raft_first_index", status.first_index.value());
  section.add("raft_snapshot_index", status.snapshot_index.value());
  section.add("raft_log_bytes", status.log_bytes);
  section.add("raft_making_snapshot", status.making_snapshot ? 1 : 0);
  section.add("raft_snapshots_sending", status.snapshots_sending);
  section.add("raft_snapshot_received", status.snapshot_received);
  section.add("raft_snapshot_total", status.snapshot_total);
}

struct Row {
  std::string_view title;
  void (*write)(const Facts&, Section&);
  bool is_default = true;  // or only when it is asked for, or everything
};
constexpr std::array kSections = {
    Row{"Server", server},
    Row{"Clients", clients},
    Row{"Memory", memory},
    Row{"Persistence", persistence},
    Row{"Stats", stats},
    Row{"Replication", replication},
    Row{"CPU", cpu},
    Row{"Commandstats", command_statistics, false},
    Row{"Latencystats", latency_statistics, false},
    Row{"Errorstats", error_statistics},
    Row{"Cluster", cluster},
    Row{"Keyspace", keyspace},
    Row{"Raft", raft},
};

bool is_wanted(const Row& row, kv::Args asked) {
  if (asked.empty()) return row.is_default;
  return std::ranges::any_of(asked, [&](std::string_view name) {
    return same_word(name, row.title) || (row.is_default && same_word(name, "default")) ||
           same_word(name, "all") || same_word(name, "everything");
  });
}

}  // namespace

// INFO [section …]
Reply do_info(LocalCall& call) {
  const Facts facts{call, view_cluster(call.port, call.settings), call.port.host_info(),
                    call.port.leader() == call.settings.node};
  std::string text;
  for (const Row& row : kSections) {
    if (!is_wanted(row, call.args.subspan(1))) continue;
    Section section(row.title);
    row.write(facts, section);
    if (!text.empty()) text += "\r\n";
    text += section.text();
  }
  return Reply::verbatim(std::move(text));
}

}  // namespace holdfast::frontend
