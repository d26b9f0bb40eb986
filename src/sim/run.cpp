#include "sim/run.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "base/check.hpp"
#include "lincheck/check.hpp"
#include "sim/kv_server.hpp"
#include "sim/pipeline_client.hpp"

namespace holdfast::sim {

namespace {

using Violation = Monitor::Violation;

constexpr std::uint64_t kCheckStepsMax = 20'000'000;
// A write larger than the rest of the room is taken by an empty queue, and replies wait besides.
constexpr std::size_t kPendingSlack = 1 << 20;

raft::Membership first_membership(const Plan& plan) {
  raft::Membership membership;
  for (std::uint64_t n = 1; n <= plan.nodes; ++n) {
    raft::Member& member = membership.members.emplace_back();
    member.id = NodeId(n);
    member.address = address_of(NodeId(n)).to_string();
  }
  return membership;
}

ClusterOptions cluster_options(const Plan& plan, Observer* observer) {
  ClusterOptions options;
  options.nodes = plan.nodes + plan.spares;
  options.first_membership = first_membership(plan);
  options.seed = plan.seed;
  options.weather = plan.weather;
  options.stream_weather = plan.stream_weather;
  options.disk_speed = plan.disk_speed;
  options.turn_time = plan.turn_time;
  options.skew_ppm_max = plan.skew_ppm_max;
  options.pending_bytes_max = plan.replica.pending_bytes_max + kPendingSlack;
  options.observer = observer;
  options.limits = plan.replica.limits;
  options.make_program = [&plan](NodeId id, raft::Restored restored, replica::Kept kept,
                                 std::uint64_t nonce, Streams& streams, Instant now) {
    replica::Config config = plan.replica;
    config.raft.id = id;
    config.raft.seed = plan.seed ^ (nonce << 16);
    return std::make_unique<KvServer>(config, std::move(restored), std::move(kept), nonce, streams,
                                      now);
  };
  return options;
}

client::ClerkOptions clerk_options(std::uint64_t seed) {
  client::ClerkOptions options;
  options.seed = seed;
  options.deadline = std::chrono::seconds(15);
  options.try_timeout = std::chrono::seconds(1);
  return options;
}

class Run {
 public:
  Run(const Plan& plan, Observer* observer)
      : plan_(plan),
        cluster_(cluster_options(plan, observer)),
        recorder_(cluster_),
        faults_(cluster_, plan, plan.clerks + plan.pipeliners, result_.tally) {}

  RunResult carry_out() {
    const ChecksThrow checks_throw;
    try {
      make_clients();
      go_through_faults();
      come_to_rest();
      check_history();
    } catch (const std::exception& broken) {
      result_.violation = broken.what();
    }
    finish();
    return std::move(result_);
  }

 private:
  void make_clients();
  void go_through_faults();
  void come_to_rest();
  resp::Value ask(client::ClerkCore::Kind kind, const std::vector<std::string>& args,
                  Duration at_most);
  void check_appends();
  void check_expired();
  void check_history();
  void finish();

  const Plan& plan_;
  RunResult result_;
  Cluster cluster_;
  Recorder recorder_;
  Faults faults_;
  std::vector<std::unique_ptr<Client>> clients_;
};

void Run::make_clients() {
  Dice dice(plan_.seed + 77);
  for (std::uint64_t number = 1; number <= plan_.clerks + plan_.pipeliners; ++number) {
    Workload workload(plan_.mix, number, dice.fork());
    if (number <= plan_.clerks) {
      // Drawn before the call: the order in which arguments are evaluated is the compiler's own.
      const auto options = clerk_options(dice.seed() | 1);
      clients_.push_back(std::make_unique<ClerkClient>(cluster_, recorder_, std::move(workload),
                                                       number, options, plan_.pace, dice.fork()));
      continue;
    }
    PipelineOptions options;
    options.exactly_once = dice.chance(0.4);
    options.cluster_aware = dice.chance(0.3);
    clients_.push_back(std::make_unique<PipelineClient>(cluster_, recorder_, std::move(workload),
                                                        number, options, plan_.pace, dice.fork()));
  }
}

void Run::go_through_faults() {
  cluster_.start_all();
  for (const auto& client : clients_) client->start();
  faults_.schedule();
  cluster_.run_for(plan_.duration);
}

void Run::come_to_rest() {
  for (const auto& client : clients_) client->stop();
  faults_.make_good();
  const auto write =
      ask(client::ClerkCore::Kind::kWrite, {"SET", "progress", "made"}, kProgressTime);
  if (const std::string* error = error_text(write)) {
    throw Violation("no progress after healing: " + *error);
  }
  const auto all_idle = [&] {
    return std::ranges::all_of(clients_, [](const auto& client) { return client->is_idle(); });
  };
  if (!cluster_.run_until(all_idle, kAnswerTime)) throw Violation("a client waits for ever");
  if (!cluster_.run_until([&] { return faults_.is_repaired(); }, kRepairTime)) {
    throw Violation("a node without data is not added");
  }
  if (!cluster_.run_until([&] { return cluster_.has_converged(); }, kConvergeTime)) {
    throw Violation("the nodes do not become equal");
  }
  check_appends();
  check_expired();
}

// Nobody writes any more: what is due must go by itself.
void Run::check_expired() {
  std::vector<std::string> keys;
  for (const auto& client : clients_) {
    if (const auto key = client->short_lived_key()) keys.push_back(*key);
  }
  if (keys.empty()) return;
  cluster_.run_for(kExpiryTime);
  for (const std::string& key : keys) {
    const auto value = ask(client::ClerkCore::Kind::kRead, {"GET", key}, kProgressTime);
    if (!std::holds_alternative<resp::Value::Null>(value.value)) {
      throw Violation("a key is there long after its time: " + key);
    }
  }
}

// By a new Clerk; an error value if it did not succeed in time.
resp::Value Run::ask(client::ClerkCore::Kind kind, const std::vector<std::string>& args,
                     Duration at_most) {
  ClerkDriver driver(cluster_, plan_.clerks + plan_.pipeliners + 1, clerk_options(plan_.seed | 1));
  const Instant end = cluster_.now() + at_most;
  for (;;) {
    std::optional<resp::Value> answer;
    driver.start(kind, args, [&](const client::ClerkResult& result) {
      answer = result ? *result : resp::Value{resp::Value::Error{result.error().text}};
    });
    if (!cluster_.run_until([&] { return answer.has_value(); }, end - cluster_.now())) {
      return {resp::Value::Error{"no answer"}};
    }
    // Where few sessions are allowed another client's has taken the place of this one's.
    const std::string* error = error_text(*answer);
    if (error == nullptr || !error->starts_with("NOSESSION ")) return *answer;
  }
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

void Run::check_appends() {
  for (const auto& [key, appends] : recorder_.appends()) {
    if (key[0] != 'a' && key[0] != 'o') continue;  // others are overwritten, too
    const auto value = ask(client::ClerkCore::Kind::kRead, {"GET", key}, kProgressTime);
    if (value.is_error()) throw Violation("can't read after healing");
    const auto* bulk = std::get_if<resp::Value::Bulk>(&value.value);
    const std::string text = bulk == nullptr ? std::string() : bulk->bytes;
    const auto demand = [&](const std::vector<std::string>& parts, std::size_t least,
                            std::size_t most, const char* what) {
      for (const std::string& part : parts) {
        const std::size_t found = count(text, part);
        if (found >= least && found <= most) continue;
        throw Violation(std::string(what) + " append " + part + " is there " +
                        std::to_string(found) + " times in " + key);
      }
    };
    demand(appends.acknowledged, 1, 1, "an acknowledged");
    demand(appends.unknown, 0, 1, "an unknown");
    demand(appends.refused, 0, 0, "a refused");
  }
}

void Run::check_history() {
  lincheck::Options options;
  options.steps_max = kCheckStepsMax;
  options.memory_bytes_max = std::size_t{1} << 30;
  const lincheck::History history = recorder_.history();
  const lincheck::Result checked = lincheck::check_kv(history, options);
  if (checked.verdict == lincheck::Verdict::kNotLinearizable) {
    throw Violation("the history is not linearizable:\n" + checked.text(history));
  }
  result_.tally.add("checks of histories cut short",
                    checked.verdict == lincheck::Verdict::kUnknown ? 1 : 0);
}

void Run::finish() {
  recorder_.show_open();
  result_.history = recorder_.history();
  result_.events = cluster_.events().executed();
  result_.hash = cluster_.events().hash();
  result_.ended_at = cluster_.now();
  result_.virtual_time = cluster_.now() - Events::kStart;
  result_.tally.add("operations answered", recorder_.acknowledged());
  result_.tally.add("operations of unknown outcome", recorder_.unknown());
  result_.tally.add("operations refused", recorder_.refused());
  result_.tally.merge(cluster_.tally());
}

}  // namespace

RunResult run(const Plan& plan, Observer* observer) {
  return Run(plan, observer).carry_out();
}

}  // namespace holdfast::sim
