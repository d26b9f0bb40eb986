#include "sim/scenarios/kv_generic.hpp"

#include <utility>

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr int kRounds = 3;
constexpr Duration kRoundTime = 5s;
constexpr Duration kUndisturbed = 1s;
constexpr std::uint64_t kStop = std::uint64_t{19} << 56;  // of Events::at's `what`

// A client for one round.
class GenericClient {
 public:
  GenericClient(KvSuite& kv, std::uint64_t number, const GenericTest& test)
      : number_(number), test_(test), dice_(kv.dice().fork()), clerk_(kv.clerk()) {}

  void start() {
    if (test_.random_keys) return next();
    clerk_->put(own_key(), "", [this](const std::string&) { next(); });
  }
  // After the operation under way.
  void stop() { stopped_ = true; }
  bool is_idle() const { return clerk_->is_idle(); }

  std::string own_key() const { return std::to_string(number_); }
  std::uint64_t written() const { return written_; }

 private:
  void next() {
    if (stopped_) return;
    const std::string key =
        test_.random_keys ? std::to_string(dice_.below(test_.clients)) : own_key();
    const auto again = [this](const std::string&) { next(); };
    if (dice_.chance(0.5)) {
      const std::string text = append_text(number_, written_++);
      expected_ += text;
      return clerk_->append(key, text, again);
    }
    if (test_.random_keys && dice_.chance(0.1)) {
      return clerk_->put(key, append_text(number_, written_++), again);
    }
    clerk_->get(key, [this](const std::string& value) {
      KvSuite::require(test_.random_keys || value == expected_,
                       "client " + own_key() + " reads " +
                           lincheck::describe(lincheck::Found(value)) + ", and wrote " +
                           lincheck::describe(lincheck::Found(expected_)));
      next();
    });
  }

  std::uint64_t number_;
  const GenericTest& test_;
  Dice dice_;
  std::unique_ptr<PatientClerk> clerk_;
  std::string expected_;  // value of its own key
  std::uint64_t written_ = 0;
  bool stopped_ = false;
};

using Clients = std::vector<std::unique_ptr<GenericClient>>;

void part_at_random(KvSuite& kv) {
  std::vector<std::vector<NodeId>> sides(2);
  for (const NodeId server : kv.servers()) sides[kv.dice().below(2)].push_back(server);
  kv.partition(sides);
}

// As long as the clients run, and until the last partition has had its time.
void part_again_and_again(KvSuite& kv, Duration time) {
  const Instant end = kv.cluster().now() + time;
  while (kv.cluster().now() < end) {
    part_at_random(kv);
    kv.sleep(KvSuite::kElection + kv.dice().between(0, 199) * 1ms);
  }
  kv.connect_all();
  kv.sleep(KvSuite::kElection);
}

void stop_after(KvSuite& kv, Duration time, Clients& clients) {
  kv.cluster().events().after(time, kStop, [&clients] {
    for (const auto& client : clients) client->stop();
  });
}

void check_key(KvSuite& kv, PatientClerk& reader, const GenericTest& test,
               const GenericClient& client, std::uint64_t number) {
  kv.wait_until([&] { return client.is_idle(); });
  const std::string value = kv.get(reader, client.own_key());
  if (!test.random_keys) check_appends(value, number, client.written());
}

void run_round(KvSuite& kv, const GenericTest& test, PatientClerk& reader) {
  Clients clients;
  for (std::uint64_t number = 0; number < test.clients; ++number) {
    clients.push_back(std::make_unique<GenericClient>(kv, number, test));
  }
  for (const auto& client : clients) client->start();
  if (test.partitions) kv.sleep(kUndisturbed);
  stop_after(kv, kRoundTime, clients);
  if (test.partitions) {
    part_again_and_again(kv, kRoundTime);
  } else {
    kv.sleep(kRoundTime);
  }
  if (test.crash) {
    kv.stop_all();
    kv.sleep(KvSuite::kElection);
    kv.start_all();
  }
  for (std::uint64_t number = 0; number < test.clients; ++number) {
    check_key(kv, reader, test, *clients[number], number);
  }
  kv.check_raft_state();
}

}  // namespace

void run_speed_test(ScenarioRun& run, std::optional<std::size_t> max_raft_state) {
  constexpr std::uint64_t kAppends = 1000;
  constexpr Duration kHeartbeat = 100ms;  // a server that waited for it would take one for each
  KvSuite kv(run, {.servers = 3, .max_raft_state = max_raft_state});
  const auto clerk = kv.clerk();
  kv.get(*clerk, "x");  // there is a leader
  const Instant start = kv.cluster().now();
  for (std::uint64_t n = 0; n < kAppends; ++n) kv.append(*clerk, "x", append_text(0, n));
  const Duration time = kv.cluster().now() - start;
  check_appends(kv.get(*clerk, "x"), 0, kAppends);
  kv.note("append_us", static_cast<std::uint64_t>(time.count()) / kAppends);
  kv.require(time <= kAppends * kHeartbeat / 3, "fewer than three appends per heartbeat");
  kv.check_raft_state();
  kv.end();
}

void run_generic_test(ScenarioRun& run, const GenericTest& test) {
  KvSuite kv(run, {.servers = test.servers,
                   .unreliable = test.unreliable,
                   .max_raft_state = test.max_raft_state});
  const auto reader = kv.clerk();
  for (int round = 0; round < kRounds; ++round) run_round(kv, test, *reader);
  kv.end();
}

}  // namespace holdfast::sim
