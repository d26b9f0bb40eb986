#include "cli/server_command.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/config_file.hpp"
#include "server/options.hpp"
#include "server/server.hpp"

namespace holdfast::cli {

namespace {

using server::Options;

constexpr std::size_t kMega = 1 << 20;

CLI::Option* add_address(CLI::App& command, const std::string& name, const std::string& help,
                         std::function<void(Address)> set) {
  const auto parse = [name, set = std::move(set)](const std::string& text) {
    const auto address = Address::parse(text);
    if (!address) throw CLI::ConversionError(name + ": '" + text + "' is not HOST:PORT");
    set(*address);
  };
  return command.add_option_function<std::string>(name, parse, help)->type_name("HOST:PORT");
}

void add_duration(CLI::App& command, const std::string& name, const std::string& help,
                  Duration& duration) {
  const std::map<std::string, std::int64_t> units{
      {"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"m", 60'000'000}};
  const auto set = [&duration](std::int64_t count) { duration = Duration(count); };
  CLI::Validator with_unit = CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED);
  command.add_option_function<std::int64_t>(name, set, help)
      ->transform(with_unit.description(""))
      ->default_str(std::to_string(duration.count() / 1000) + "ms")
      ->type_name("TIME");
}

// With a unit that is a power of 1024: kb, mb, gb.
template <class Number>
void add_size(CLI::App& command, const std::string& name, const std::string& help, Number& size) {
  CLI::Validator with_unit = CLI::AsSizeValue(false);
  command.add_option(name, size, help)
      ->transform(with_unit.description(""))
      ->type_name("SIZE")
      ->default_str(size % kMega == 0 ? std::to_string(size / kMega) + "mb"
                                      : std::to_string(size >> 10) + "kb");
}

void add_places(CLI::App& command, Options& options) {
  const auto set_id = [&options](std::uint64_t id) { options.id = NodeId(id); };
  command.add_option_function<std::uint64_t>("--id", set_id, "This node's number in the cluster")
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, server::kNodeIdMax)).description(""))
      ->type_name("N")
      ->default_str("1");
  command.add_option("--data", options.data, "Folder that keeps this node's log; made if need be")
      ->type_name("DIR");
  add_address(command, "--listen", "Where clients connect", [&options](Address address) {
    options.listen = std::move(address);
  })->default_str(options.listen.to_string());
  add_address(command, "--peer-listen", "Where other nodes connect", [&options](Address address) {
    options.peer_listen = std::move(address);
  })->default_str(options.peer_listen.to_string());
  add_address(command, "--advertise", "Where clients are told to find this node, if not --listen",
              [&options](Address address) { options.advertise = std::move(address); });
  add_address(
      command, "--advertise-peer",
      "Where other nodes are told to find this one, if neither as --cluster says nor --peer-listen",
      [&options](Address address) { options.advertise_peer = std::move(address); });
  add_cluster_option(
      command, options,
      "All nodes and the addresses at which their peers reach them; the same text on every node. "
      "Without it the node is a cluster of one");
  const auto set_join = [&options](const std::string& text) {
    std::string error;
    auto members = server::parse_addresses(text, error);
    if (!members) throw CLI::ConversionError("--join: " + error);
    options.join = std::move(*members);
  };
  command
      .add_option_function<std::string>(
          "--join", set_join,
          "Where members of a cluster serve clients: they add this node to it, at its first start")
      ->type_name("HOST:PORT,…");
  command
      .add_option_function<std::string>(
          "--join-as",
          [&options](const std::string& as) { options.join_as_learner = as == "learner"; },
          "What it becomes: a voter when it has caught up, or a learner, which counts for nothing")
      ->check(CLI::IsMember({"voter", "learner"}))
      ->default_str("voter");
  command.add_flag("--repair", options.repair,
                   "If its data is damaged or gone, put aside what is left, and join anew: needs "
                   "--join, and a majority without this node");
  command.add_option("--cluster-name", options.cluster_name,
                     "Nodes of different names never mix; made of --cluster if not given. With a "
                     "name of its own a cluster may change its addresses, not its ids");
}

void add_limits(CLI::App& command, Options& options) {
  command.add_option("--max-clients", options.max_clients, "Clients connected at a time")
      ->check(CLI::Validator(CLI::Range(std::int64_t{1}, server::kClientsMax)).description(""))
      ->capture_default_str();
  add_size(command, "--max-key-bytes", "Longest key", options.key_bytes_max);
  add_size(command, "--max-value-bytes", "Longest value", options.value_bytes_max);
  add_size(command, "--maxmemory",
           "Memory of this node above which it refuses writes that may need more with -OOM; reads "
           "and deletes go on. Of each node by itself: give all the same. 0: no bound",
           options.maxmemory);
  add_size(command, "--max-pending-bytes",
           "Memory for requests that wait to be applied, or for a leader",
           options.pending_bytes_max);
  add_size(command, "--segment-bytes", "Size of a file of the log", options.segment_bytes);
  add_size(command, "--snapshot-log-bytes",
           "A snapshot is made when the log since the last one takes more than this and than the "
           "data",
           options.snapshot_log_bytes);
  add_size(command, "--snapshot-rate", "Bytes of snapshots sent a second, to all nodes together",
           options.snapshot_bytes_per_second);
  add_duration(command, "--election-timeout-min",
               "Shortest time without a leader's word until an election; at least three "
               "heartbeats. Better the same on all nodes",
               options.election_timeout_min);
  add_duration(command, "--election-timeout-max",
               "Longest such time; at least 1.5 times the shortest, at most 1m",
               options.election_timeout_max);
  add_duration(command, "--heartbeat-interval", "Pause between a leader's words",
               options.heartbeat_interval);
  add_duration(command, "--request-timeout",
               "How long a request may wait for a leader or a majority; at least "
               "--election-timeout-max, at most 1h",
               options.request_timeout);
}

void start_logging(const std::string& level) {
  auto logger = spdlog::stderr_color_mt("holdfast");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

CLI::Option& add_cluster_option(CLI::App& command, server::Options& options,
                                const std::string& help) {
  const auto set = [&options](const std::string& text) {
    std::string error;
    auto cluster = server::parse_cluster(text, error);
    if (!cluster) throw CLI::ConversionError("--cluster: " + error);
    options.cluster = std::move(*cluster);
  };
  return *command.add_option_function<std::string>("--cluster", set, help)
              ->type_name("ID=HOST:PORT,…");
}

void add_server_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("server", "Run one node");
  const auto options = std::make_shared<Options>();
  const auto config = std::make_shared<std::string>();
  add_places(*command, *options);
  command
      ->add_option("--config", *config,
                   "TOML file with the same settings, named as here without the dashes; the "
                   "command line goes before")
      ->check(CLI::Validator(CLI::ExistingFile).description(""))
      ->type_name("FILE");
  command->add_option("--password", options->password, "What clients must say with AUTH or HELLO");
  add_limits(*command, *options);
  command
      ->add_option_function<std::string>(
          "--read-mode",
          [options](const std::string& mode) { options->lease_reads = mode == "lease"; },
          "How a read is made sure to be the newest: by asking a majority, or by its promise not "
          "to elect another leader, which trusts that clocks differ in speed by less than 10 % "
          "and never stand still. The same on every node")
      ->check(CLI::IsMember({"read-index", "lease"}))
      ->default_str("read-index");
  command->add_option("--log-level", options->log_level, "How much is logged, to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->add_flag("--enable-fault-injection", options->enable_fault_injection,
                    "Allow RAFT CUT and RAFT HEAL, which drop messages of peers: for tests");
  command->add_flag("--enable-debug-command", options->enable_debug_command,
                    "Allow DEBUG SLEEP, which blocks the node: for tests");
  command->callback([command, options, config, &exit_code] {
    if (!config->empty()) apply_config_file(*command, *config);
    if (const auto error = server::complete_and_check(*options)) throw CLI::ValidationError(*error);
    start_logging(options->log_level);
    exit_code = static_cast<int>(server::run_server(*options));
  });
}

}  // namespace holdfast::cli
