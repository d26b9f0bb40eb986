// The memory tests of MIT 6.5840's lab 2: a single server that must not keep what no client needs
// any more. They are the course's bonus here, on our table of sessions.
//
// The course bounds the heap. Here what a server keeps is counted, whatever the allocator: values,
// recorded replies (as Limits counts them), a price for each session, writes that wait. Not the
// log, which keeps what was written until there are snapshots.

#include "kv/sessions.hpp"
#include "kv/state_machine.hpp"
#include "sim/scenarios/kv_suite.hpp"

namespace holdfast::sim {

namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kBig = 10 * kMiB;
constexpr std::uint64_t kManyClients = 100'000;

// With its place in the list by use, and in the table by id.
constexpr std::size_t kSessionBytes =
    sizeof(kv::Session) + 2 * sizeof(void*) + sizeof(std::uint64_t) + sizeof(void*);

std::string random_text(Dice& dice, std::size_t bytes) {
  std::string text(bytes, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + dice.below(26));
  return text;
}

std::uint64_t kept_for_clients(KvSuite& kv, PatientClerk& clerk) {
  return kv.info(clerk, "raft_session_reply_bytes") +
         kv.info(clerk, "raft_sessions") * kSessionBytes + kv.info(clerk, "raft_pending_bytes");
}

std::uint64_t kept(KvSuite& kv, PatientClerk& clerk) {
  const std::uint64_t bytes = kept_for_clients(kv, clerk) + kv.get(clerk, "k").size();
  kv.note("kept_bytes", bytes);
  return bytes;
}

void mem_get(ScenarioRun& run) {
  KvSuite kv(run, {.servers = 1, .unreliable = true});
  const auto first = kv.clerk();
  const auto second = kv.clerk();
  const std::string big = random_text(kv.dice(), kBig);
  kv.put(*first, "k", big);
  kv.expect(*first, "k", big);
  kv.expect(*second, "k", big);
  kv.put(*first, "k", "0");
  kv.require(kept(kv, *first) < kBig, "a value is kept that was read and overwritten");
  kv.end();
}

void mem_put(ScenarioRun& run) {
  KvSuite kv(run, {.servers = 1});
  const auto first = kv.clerk();
  const auto second = kv.clerk();
  kv.put(*first, "k", random_text(kv.dice(), kBig));
  kv.put(*second, "k", "");
  kv.require(kept(kv, *first) < kBig, "a value is kept that was overwritten");
  kv.end();
}

void mem_append(ScenarioRun& run) {
  KvSuite kv(run, {.servers = 1});
  const auto first = kv.clerk();
  const auto second = kv.clerk();
  kv.append(*first, "k", random_text(kv.dice(), kBig));
  kv.append(*second, "k", random_text(kv.dice(), kBig));
  kv.require(kept(kv, *first) <= 3 * kBig, "an append keeps more than the value");
  kv.end();
}

void mem_many_appends(ScenarioRun& run) {
  constexpr std::size_t kAppends = 1000;
  constexpr std::size_t kBytes = 1000;
  KvSuite kv(run, {.servers = 1});
  const auto clerk = kv.clerk();
  const std::string text = random_text(kv.dice(), kBytes);
  for (std::size_t n = 0; n < kAppends; ++n) kv.append(*clerk, "k", text);
  kv.require(kept(kv, *clerk) < 3 * kAppends * kBytes, "appends keep more than the value");
  kv.end();
}

void get_once(KvSuite& kv, std::size_t clients) {
  std::vector<std::unique_ptr<PatientClerk>> clerks;
  for (std::size_t n = 0; n < clients; ++n) {
    clerks.push_back(kv.clerk());
    clerks.back()->get("k");
  }
  for (const auto& clerk : clerks) kv.wait_until([&] { return clerk->is_idle(); });
}

// Stricter than the course, which allows 10 bytes each: a Get leaves no trace, in the log neither.
void mem_get_many_clients(ScenarioRun& run) {
  constexpr std::uint64_t kAtOnce = 10;  // else it takes longer than 120 s
  KvSuite kv(run, {.servers = 1});
  const auto clerk = kv.clerk();
  kv.put(*clerk, "k", "");
  const std::uint64_t bytes = kept_for_clients(kv, *clerk);
  const std::uint64_t log_end = kv.info(*clerk, "raft_last_index");
  for (std::uint64_t n = 0; n < kManyClients; n += kAtOnce) get_once(kv, kAtOnce);
  kv.require(kept_for_clients(kv, *clerk) == bytes, "something is kept of a Get");
  kv.require(kv.info(*clerk, "raft_last_index") == log_end, "a Get was written to the log");
  kv.end();
}

// The replicated state alone, on one server: each command is an entry of the log.
class LoneMachine final : private kv::ApplyListener {
 public:
  LoneMachine() { apply(kv::OpenSection{kSelf, 1}); }

  kv::Reply execute(const std::vector<std::string>& command) {
    const std::vector<std::string_view> args(command.begin(), command.end());
    std::string bytes;
    Writer out(bytes);
    kv::put_command(args, out);
    apply(kv::CommandsSection{kSelf, epoch_, ++commands_, 1 << kValueBits, 1, bytes});
    return std::exchange(reply_, {});
  }
  kv::StateMachine& state() { return state_; }

 private:
  static constexpr NodeId kSelf{1};
  static constexpr int kValueBits = 20;

  void apply(const kv::Section& section) {
    std::string batch;
    Writer out(batch);
    kv::put_batch_header({commands_}, out);
    kv::put_section(section, out);
    kv::ApplyListener& listener = *this;
    state_.apply(state_.applied_index().next(), batch, listener);
  }
  void applied(NodeId, Index, std::uint64_t, kv::Reply reply) override {
    reply_ = std::move(reply);
  }
  void gap(NodeId, Index, std::uint64_t) override {}
  void opened(NodeId, std::uint64_t, Index epoch) override { epoch_ = epoch; }

  kv::StateMachine state_;
  Index epoch_;
  std::uint64_t commands_ = 0;
  kv::Reply reply_;
};

// The course allows 200 bytes for each of 100,000 clients. Ours allows as much for a session, and
// there are 10,000 at most: whose was idle longest is forgotten, and refused from then on.
void mem_put_many_clients(ScenarioRun& run) {
  constexpr std::size_t kAllowed = 200;
  Dice dice(run.seed);
  LoneMachine server;
  const std::string value = random_text(dice, 1000);
  for (std::uint64_t n = 0; n < kManyClients; ++n) {
    const auto opened = server.execute({"SESSION", "OPEN"});
    const std::string session = std::to_string(std::get<std::int64_t>(opened.value));
    const auto put = server.execute({"ONCE", session, "1", "ACK", "1", "SET", "k", value});
    KvSuite::require(put == kv::Reply::ok(), "a Put was refused");
  }
  kv::StateMachine& state = server.state();
  const std::size_t sessions = state.session_count();
  const std::size_t kept = state.session_reply_bytes() + sessions * kSessionBytes;
  run.figures = {{"operations", kManyClients}, {"sessions", sessions}, {"kept_bytes", kept}};
  run.hash = state.digest();
  KvSuite::require(sessions <= kv::Limits().sessions_max, "more sessions than there may be");
  KvSuite::require(kept <= sessions * kAllowed, "a session takes more than 200 bytes");
}

}  // namespace

std::span<const Scenario> kv_lab2() {
  static constexpr Scenario kScenarios[] = {
      {"Lab2MemGet", "kv", "10 MiB written, read and overwritten, unreliable network", mem_get},
      {"Lab2MemPut", "kv", "10 MiB written and overwritten", mem_put},
      {"Lab2MemAppend", "kv", "10 MiB appended twice", mem_append},
      {"Lab2MemManyAppends", "kv", "a thousand appends of 1000 bytes", mem_many_appends},
      {"Lab2MemGetManyClients", "kv", "100,000 clients, a Get each", mem_get_many_clients},
      {"Lab2MemPutManyClients", "kv", "100,000 clients, a Put of 1000 bytes each",
       mem_put_many_clients},
  };
  return kScenarios;
}

}  // namespace holdfast::sim
