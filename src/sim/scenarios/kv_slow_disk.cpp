// A disk whose syncs take long delays answers, and nothing else.

#include <utility>

#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kClients = 30;
constexpr std::uint64_t kKeysOfEach = 20;
constexpr Duration kUsualTime = 3min;
constexpr DiskSpeed kSlowDisk{.sync_min = 20ms, .sync_max = 200ms, .stall = 0.02, .stall_max = 2s};

// Sends the next Put when the last one is answered.
class BusyClient {
 public:
  explicit BusyClient(KvSuite& kv) : clerk_(kv.clerk()) {}

  void next() {
    if (stopped_) return;
    const std::string key =
        std::to_string(clerk_->number()) + "-" + std::to_string(sent_ % kKeysOfEach);
    clerk_->put(key, append_text(clerk_->number(), sent_++),
                [this](const std::string&) { next(); });
  }
  void stop() { stopped_ = true; }
  bool is_idle() const { return clerk_->is_idle(); }

 private:
  std::unique_ptr<PatientClerk> clerk_;
  std::uint64_t sent_ = 0;
  bool stopped_ = false;
};

Term newest_term(KvSuite& kv) {
  Term newest;
  for (const NodeId server : kv.servers()) {
    newest = std::max(newest, kv.cluster().process(server).program()->core().term());
  }
  return newest;
}

void elects_nobody(ScenarioRun& run) {
  const Duration time = run.duration.value_or(kUsualTime);
  KvSuite kv(run, {.servers = 3,
                   .max_raft_state = 1 << 20,
                   .disk_speed = kSlowDisk,
                   .time_limit = time + 1min});
  std::vector<std::unique_ptr<BusyClient>> clients;
  for (std::size_t i = 0; i < kClients; ++i) clients.push_back(std::make_unique<BusyClient>(kv));
  kv.wait_until([&] { return bool(kv.cluster().leader()); });
  for (const auto& client : clients) client->next();
  kv.sleep(5s);  // all have found the leader
  const Term term = newest_term(kv);
  const Instant end = kv.cluster().now() + time;
  while (kv.cluster().now() < end) {
    kv.sleep(1s);
    KvSuite::require(newest_term(kv) == term, "somebody asked for votes");
  }
  for (const auto& client : clients) client->stop();
  for (const auto& client : clients) kv.wait_until([&] { return client->is_idle(); });
  kv.note("term", term.value());
  kv.end();
}

}  // namespace

std::span<const Scenario> kv_slow_disk() {
  static constexpr Scenario kScenarios[] = {
      {"SlowDiskElectsNobody", "holdfast",
       "full load, syncs of 20 to 200 ms and up to 2 s; --duration 3600000 for an hour",
       elects_nobody},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
