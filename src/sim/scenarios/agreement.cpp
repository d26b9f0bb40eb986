#include "sim/scenarios/agreement.hpp"

#include <utility>

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kAgreement = std::uint64_t{16} << 56;  // of Events::at's `what`

constexpr Duration kWithin = 10s;
constexpr Duration kForAnAcceptedOne = 2s;
constexpr Duration kBetweenPolls = 20ms;
constexpr Duration kWithoutLeader = 50ms;
constexpr std::size_t kShown = 40;  // bytes of a command, to people

}  // namespace

Agreement::Agreement(RaftSuite& raft, std::uint64_t client, Command command, std::size_t servers,
                     Retry retry)
    : raft_(raft),
      client_(client),
      command_(std::move(command)),
      servers_(servers),
      retry_(retry),
      begun_(raft.cluster().now()) {}

void Agreement::offer() {
  if (raft_.cluster().now() - begun_ >= kWithin) fail();
  if (!is_accepted()) return after(kWithoutLeader, &Agreement::offer);
  accepted_ = raft_.cluster().now();
  poll();
}

// Asks each connected server once.
bool Agreement::is_accepted() {
  const auto& servers = raft_.servers();
  for (std::size_t asked = 0; asked < servers.size(); ++asked) {
    const NodeId server = servers[next_++ % servers.size()];
    if (!raft_.is_connected(server)) continue;
    const RaftServer::Started started = raft_.start(server, command_);
    if (!started.accepted) continue;
    accepted_by_ = server;
    index_ = started.index;
    return true;
  }
  return false;
}

void Agreement::poll() {
  done_ = is_reached();
  if (done_) return tell("index " + std::to_string(index_));
  if (raft_.cluster().now() - accepted_ < kForAnAcceptedOne) {
    return after(kBetweenPolls, &Agreement::poll);
  }
  if (retry_ == Retry::kNo) fail();
  offer();
}

bool Agreement::is_reached() const {
  const std::string* command = raft_.committed_at(index_);
  return command != nullptr && *command == command_.bytes && raft_.committed_on(index_) >= servers_;
}

void Agreement::fail() const {
  tell({});
  throw ScenarioFailure("no agreement on '" + command_.bytes.substr(0, kShown) + "' by " +
                        std::to_string(servers_) + " servers");
}

void Agreement::tell(const std::string& outcome) const {
  Cluster& cluster = raft_.cluster();
  if (cluster.observer() == nullptr) return;
  cluster.observer()->operation({.client = client_,
                                 .node = accepted_by_,
                                 .command = command_.bytes.substr(0, kShown),
                                 .outcome = outcome,
                                 .called = begun_,
                                 .returned = cluster.now()});
}

void Agreement::after(Duration pause, void (Agreement::*then)()) {
  raft_.cluster().events().after(pause, kAgreement, [this, then] { (this->*then)(); });
}

}  // namespace holdfast::sim
