#include "sim/scenarios/kv_suite.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "lincheck/check.hpp"
#include "sim/kv_server.hpp"

namespace holdfast::sim {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kCheckSteps = 20'000'000;

StreamWeather unreliable_streams() {
  StreamWeather weather;
  weather.delay_min = Duration(0);
  weather.delay_max = milliseconds(26);
  weather.tear = 0.1;
  return weather;
}

MakeProgram make_servers(const KvSetting& setting, Dice& seeds) {
  return [setting, &seeds](NodeId id, raft::Restored restored, replica::Kept kept,
                           std::uint64_t nonce, Streams& streams, Instant now) {
    replica::Config config;
    config.raft.id = id;
    config.raft.seed = seeds.seed();
    for (std::uint64_t n = 1; n <= setting.servers; ++n) config.raft.voters.push_back(NodeId(n));
    config.snapshot_log_bytes = setting.max_raft_state.value_or(SIZE_MAX);
    config.snapshot_log_states = 0;
    config.raft.log_tail_bytes = 0;
    return std::make_unique<KvServer>(std::move(config), std::move(restored), std::move(kept),
                                      nonce, streams, now);
  };
}

ClusterOptions options_for(const ScenarioRun& run, const KvSetting& setting, Dice& seeds) {
  ClusterOptions options;
  options.nodes = setting.servers;
  options.seed = run.seed;
  options.make_program = make_servers(setting, seeds);
  options.disk_speed = setting.disk_speed;
  options.weather = setting.unreliable ? mit_unreliable() : mit_reliable();
  if (setting.unreliable) options.stream_weather = unreliable_streams();
  options.observer = run.observer;
  return options;
}

// Reads `prefix` and a number at the text's start, and removes them.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

KvSuite::KvSuite(ScenarioRun& run, const KvSetting& setting)
    : run_(run),
      max_raft_state_(setting.max_raft_state),
      time_limit_(setting.time_limit),
      dice_(run.seed),
      server_seeds_(dice_.fork()),
      cluster_(options_for(run, setting, server_seeds_)),
      recorder_(cluster_) {
  cluster_.start_all();
}

KvSuite::~KvSuite() {
  note("operations", recorder_.size());
  note("elections", cluster_.monitor().terms_with_leader());
  note("committed", cluster_.monitor().committed().value());
  if (max_raft_state_) {
    note("log_bytes_max", log_bytes_max_);
    note("snapshots_received", snapshots_received());
  }
  note("frames_lost", cluster_.network().counts().lost);
  note("streams_broken", cluster_.streams().broken());
  const auto time = std::chrono::duration_cast<milliseconds>(cluster_.now() - Events::kStart);
  note("virtual_ms", static_cast<std::uint64_t>(time.count()));
  run_.events = cluster_.events().executed();
  run_.hash = cluster_.events().hash();
}

std::unique_ptr<PatientClerk> KvSuite::clerk() {
  return std::make_unique<PatientClerk>(cluster_, recorder_, ++clerks_, dice_.seed());
}

std::unique_ptr<PatientClerk> KvSuite::clerk_to(const std::vector<NodeId>& servers) {
  auto made = clerk();
  for (const NodeId server : this->servers()) {
    if (std::ranges::find(servers, server) != servers.end()) continue;
    cluster_.streams().cut(made->number(), server);
  }
  return made;
}

void KvSuite::put(PatientClerk& clerk, const std::string& key, const std::string& value) {
  clerk.put(key, value);
  wait_until([&] { return clerk.is_idle(); });
}

void KvSuite::append(PatientClerk& clerk, const std::string& key, const std::string& value) {
  clerk.append(key, value);
  wait_until([&] { return clerk.is_idle(); });
}

std::string KvSuite::get(PatientClerk& clerk, const std::string& key) {
  std::string got;
  clerk.get(key, [&](std::string value) { got = std::move(value); });
  wait_until([&] { return clerk.is_idle(); });
  return got;
}

void KvSuite::expect(PatientClerk& clerk, const std::string& key, std::string_view value) {
  const std::string got = get(clerk, key);
  require(got == value, "Get " + lincheck::describe(lincheck::Found(key)) + " is " +
                            lincheck::describe(lincheck::Found(got)) + ", not " +
                            lincheck::describe(lincheck::Found(value)));
}

std::uint64_t KvSuite::info(PatientClerk& clerk, std::string_view line) {
  std::string text;
  clerk.ask({"INFO", "raft"}, [&](std::string value) { text = std::move(value); });
  wait_until([&] { return clerk.is_idle(); });
  std::string_view rest = text;
  const std::string start = std::string(line) + ":";
  rest.remove_prefix(std::min(rest.find(start), rest.size()));
  const auto number = take_number(rest, start);
  require(number.has_value(), "INFO has no line " + start);
  return *number;
}

void KvSuite::sleep(Duration time) {
  cluster_.run_for(time);
  check_time();
}

void KvSuite::wait_until(const std::function<bool()>& condition) {
  while (!condition()) {
    cluster_.step();
    check_time();
  }
}

bool KvSuite::within(Duration time, const std::function<bool()>& condition) {
  return cluster_.run_until(condition, time);
}

void KvSuite::stop_all() {
  for (const NodeId server : servers()) {
    const bool power_lost = dice_.chance(0.5);
    cluster_.crash(server, power_lost);
    cluster_.say(power_lost ? "lost power" : "killed", server);
  }
}

void KvSuite::start_all() {
  for (const NodeId server : servers()) {
    cluster_.start(server);
    cluster_.say("started", server);
  }
}

void KvSuite::partition(const std::vector<std::vector<NodeId>>& sides) {
  cluster_.network().heal();
  cluster_.partition(sides);
  std::string text = "partition";
  for (const auto& side : sides) {
    text += " |";
    for (const NodeId server : side) text += " " + std::to_string(server.value());
  }
  cluster_.say(text);
}

void KvSuite::connect_all() {
  cluster_.heal();
  cluster_.say("connected");
}

KvSuite::Sides KvSuite::part_with_leader_in_minority() {
  wait_until([&] { return bool(cluster_.leader()); });
  Sides sides;
  for (const NodeId server : servers()) {
    if (server == cluster_.leader()) continue;
    (sides.majority.size() < cluster_.quorum() ? sides.majority : sides.minority).push_back(server);
  }
  sides.minority.push_back(cluster_.leader());
  partition({sides.majority, sides.minority});
  return sides;
}

void KvSuite::require(bool holds, const std::string& what) {
  if (!holds) throw ScenarioFailure(what);
}

void KvSuite::check_time() const {
  require(cluster_.now() - Events::kStart <= time_limit_, "it took too long");
}

void KvSuite::end() {
  check_time();
  for (const auto& [server, reason] : cluster_.stops()) {
    throw ScenarioFailure("server " + std::to_string(server.value()) + " stopped: " + reason);
  }
  check_history();
}

void KvSuite::check_history() {
  const lincheck::History history = recorder_.history();
  lincheck::Options options;
  options.steps_max = kCheckSteps;
  const lincheck::Result result = lincheck::check_kv(history, options);
  note("check_steps", result.steps);
  if (result.verdict == lincheck::Verdict::kLinearizable) return;
  const bool is_over_budget = result.steps >= kCheckSteps;
  require(result.verdict == lincheck::Verdict::kUnknown && is_over_budget, result.text(history));
  note("unchecked", 1);
}

std::string append_text(std::uint64_t client, std::uint64_t n) {
  return "x " + std::to_string(client) + " " + std::to_string(n) + " y";
}

void check_appends(std::string_view value, std::uint64_t client, std::uint64_t count) {
  std::vector<bool> seen(count);
  std::uint64_t next = 0;
  std::string disorder;
  while (!value.empty()) {
    const auto whose = take_number(value, "x ");
    const auto which = take_number(value, " ");
    KvSuite::require(whose && which && value.starts_with(" y"), "the value is no row of appends");
    value.remove_prefix(2);
    if (*whose != client) continue;
    const std::string text = append_text(client, *which);
    KvSuite::require(*which < count, text + " was never appended");
    KvSuite::require(!seen[*which], text + " is there twice");
    seen[*which] = true;
    if (*which < next) disorder = text + " is in the wrong order";
    next = *which + 1;
  }
  for (std::uint64_t n = 0; n < count; ++n) {
    KvSuite::require(seen[n], append_text(client, n) + " is missing");
  }
  KvSuite::require(disorder.empty(), disorder);
}

}  // namespace holdfast::sim
