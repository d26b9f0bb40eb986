#include "sim/scenarios/raft_suite.hpp"

#include <algorithm>
#include <utility>

#include "sim/scenarios/agreement.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration kRaftLimit = 120s;
constexpr int kLeaderRounds = 10;
constexpr int kWaits = 30;

using SnapshotBeside = std::function<std::optional<raft::SnapshotMeta>(NodeId)>;

ClusterOptions options_for(const ScenarioRun& run, std::size_t servers, MakeProgram make_program,
                           SnapshotBeside snapshot_beside) {
  ClusterOptions options;
  options.nodes = servers;
  options.seed = run.seed;
  options.make_program = std::move(make_program);
  options.snapshot_beside = std::move(snapshot_beside);
  options.weather = mit_reliable();
  options.observer = run.observer;
  return options;
}

}  // namespace

RaftSuite::RaftSuite(ScenarioRun& run, std::size_t servers, std::uint64_t snapshot_every)
    : run_(run),
      dice_(run.seed),
      election_seeds_(dice_.fork()),
      snapshot_every_(snapshot_every),
      cluster_(options_for(
          run, servers,
          [this](NodeId id, raft::Restored restored, replica::Kept, std::uint64_t, Streams&,
                 Instant now) { return make_server(id, std::move(restored), now); },
          [this](NodeId id) {
            const auto snapshot = saved(id);
            return snapshot ? std::optional(snapshot->meta) : std::nullopt;
          })) {
  cluster_.start_all();
  connected_.insert(this->servers().begin(), this->servers().end());
}

RaftSuite::~RaftSuite() {
  note("rpcs", rpcs());
  note("bytes", bytes());
  note("elections", cluster_.monitor().terms_with_leader());
  note("committed", checker_.commands());
  if (snapshot_every_ != 0) {
    note("snapshots_received", snapshots_received());
    note("log_bytes_max", log_bytes_max_);
  }
  const auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(cluster_.now() - Events::kStart);
  note("virtual_ms", static_cast<std::uint64_t>(time.count()));
  run_.events = cluster_.events().executed();
  run_.hash = cluster_.events().hash();
}

std::unique_ptr<Program> RaftSuite::make_server(NodeId id, raft::Restored restored, Instant now) {
  checker_.restarted(id);
  raft::Config config;
  config.id = id;
  config.voters = servers();
  config.seed = election_seeds_.seed();
  config.append_entries_max = entries_per_append_.value_or(config.append_entries_max);
  config.log_tail_bytes = 0;
  RaftServer::Listener& listener = *this;
  return std::make_unique<RaftServer>(RaftServer::Setting{.config = std::move(config),
                                                          .restored = std::move(restored),
                                                          .snapshot = saved(id),
                                                          .snapshot_every = snapshot_every_},
                                      listener, now);
}

void RaftSuite::applied(NodeId node, const raft::Committed& committed) {
  checker_.applied(node, committed);
}

void RaftSuite::installed(NodeId node, raft::Position announced, const RaftSnapshot& snapshot) {
  checker_.installed(node, announced, snapshot);
}

void RaftSuite::save(NodeId node, const RaftSnapshot& snapshot) {
  saved_[node] = encode(snapshot);
}

std::optional<RaftSnapshot> RaftSuite::saved(NodeId node) const {
  const auto found = saved_.find(node);
  if (found == saved_.end()) return std::nullopt;
  auto snapshot = decode_snapshot(found->second);
  require(snapshot.has_value(), "a saved snapshot can't be read");
  return snapshot;
}

NodeId RaftSuite::after(NodeId server, std::size_t steps) const {
  return NodeId((server.value() - 1 + steps) % servers().size() + 1);
}

void RaftSuite::disconnect(NodeId server) {
  connected_.erase(server);
  for (const NodeId other : servers()) {
    if (other != server) cluster_.network().cut_both(server, other);
  }
  cluster_.say("disconnected", server);
}

void RaftSuite::connect(NodeId server) {
  for (const NodeId other : connected_) cluster_.network().heal_both(server, other);
  connected_.insert(server);
  cluster_.say("connected", server);
}

void RaftSuite::connect_all() {
  for (const NodeId server : servers()) connect(server);
}

void RaftSuite::crash(NodeId server) {
  disconnect(server);
  const bool power_lost = dice_.chance(0.5);
  cluster_.crash(server, power_lost);
  cluster_.say(power_lost ? "lost power" : "killed", server);
}

void RaftSuite::restart(NodeId server) {
  crash(server);
  cluster_.start(server);
  cluster_.say("started", server);
}

void RaftSuite::sleep(Duration time) {
  cluster_.run_for(time);
  check_time();
}

NodeId RaftSuite::check_one_leader() {
  for (int round = 0; round < kLeaderRounds; ++round) {
    sleep(dice_.between(450, 549) * 1ms);
    if (const NodeId leader = find_leader()) return leader;
  }
  throw ScenarioFailure("nobody leads");
}

NodeId RaftSuite::find_leader() {
  std::map<Term, NodeId> leaders;
  for (const NodeId server : connected_) {
    if (!core(server).is_leader()) continue;
    require(leaders.emplace(term_of(server), server).second, "two leaders in one term");
  }
  return leaders.empty() ? NodeId() : leaders.rbegin()->second;
}

void RaftSuite::check_no_leader() {
  for (const NodeId server : connected_) {
    require(!core(server).is_leader(), "a server leads that hears no majority");
  }
}

Term RaftSuite::check_terms() {
  std::set<Term> terms;
  for (const NodeId server : connected_) terms.insert(term_of(server));
  require(terms.size() == 1, "servers disagree on the term");
  return *terms.begin();
}

Term RaftSuite::term_of(NodeId server) {
  return core(server).term();
}

const raft::Core& RaftSuite::core(NodeId server) {
  require(is_running(server), "a server that is asked does not run");
  return cluster_.process(server).program()->core();
}

RaftServer::Started RaftSuite::start(NodeId server, const Command& command) {
  RaftServer::Started started;
  cluster_.process(server).input([&](Program& program, Instant) {
    started = dynamic_cast<RaftServer&>(program).start_command(command.bytes);
  });
  return started;
}

void RaftSuite::check_logs_below(std::size_t bytes) {
  for (const NodeId server : servers()) {
    if (!is_running(server)) continue;
    log_bytes_max_ = std::max(log_bytes_max_, core(server).log().bytes());
  }
  require(log_bytes_max_ < bytes, "a log takes " + std::to_string(log_bytes_max_) + " bytes");
}

void RaftSuite::check_no_agreement(std::uint64_t index) {
  require(committed_on(index) == 0, "index " + std::to_string(index) + " committed by a minority");
}

std::uint64_t RaftSuite::one(const Command& command, std::size_t servers, Retry retry) {
  Agreement agreement(*this, 0, command, servers, retry);
  agreement.begin();
  while (!agreement.is_done()) cluster_.step();
  check_time();
  return agreement.index();
}

void RaftSuite::begin_one(const Command& command, std::size_t servers) {
  const std::uint64_t client = begun_.size() + 1;
  begun_.push_back(std::make_unique<Agreement>(*this, client, command, servers, Retry::kYes));
  begun_.back()->begin();
}

void RaftSuite::finish_all() {
  for (const auto& agreement : begun_) {
    while (!agreement->is_done()) cluster_.step();
  }
  check_time();
}

std::optional<std::string> RaftSuite::wait(std::uint64_t index, std::size_t servers,
                                           std::optional<Term> term) {
  Duration pause = 10ms;
  for (int round = 0; round < kWaits && committed_on(index) < servers; ++round) {
    sleep(pause);
    if (pause < 1s) pause *= 2;
    const auto is_past = [&](NodeId server) {
      return is_running(server) && term_of(server) > *term;
    };
    if (term && std::ranges::any_of(this->servers(), is_past)) return std::nullopt;
  }
  require(committed_on(index) >= servers, "index " + std::to_string(index) + " is not applied by " +
                                              std::to_string(servers) + " servers");
  return *committed_at(index);
}

void RaftSuite::require(bool holds, const std::string& what) {
  if (!holds) throw ScenarioFailure(what);
}

void RaftSuite::check_time() const {
  require(cluster_.now() - Events::kStart <= kRaftLimit, "it took longer than 120 s");
}

void RaftSuite::end() {
  check_time();
  for (const auto& [server, reason] : cluster_.stops()) {
    throw ScenarioFailure("server " + std::to_string(server.value()) + " stopped: " + reason);
  }
}

}  // namespace holdfast::sim
