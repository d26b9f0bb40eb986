#include "sim/scenarios/churn_client.hpp"

#include <array>

namespace holdfast::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kChurnClient = std::uint64_t{17} << 56;  // of Events::at's `what`
constexpr std::array<Duration, 5> kPauses{10ms, 20ms, 50ms, 100ms, 200ms};

}  // namespace

void ChurnClient::begin() {
  done_ = stopped_;
  if (done_) return;
  if (start_everywhere()) return look(0);
  next_after((79 + number_ * 17) * 1ms);
}

void ChurnClient::next_after(Duration pause) {
  raft_.cluster().events().after(pause, kChurnClient, [this] { begin(); });
}

// Two may accept it, if one leads that does not know yet that it is deposed; the last one's index
// is watched.
bool ChurnClient::start_everywhere() {
  const Command command = raft_.any_command();
  command_ = command.bytes;
  bool accepted = false;
  for (const NodeId server : raft_.servers()) {
    if (!raft_.is_running(server)) continue;
    const RaftServer::Started started = raft_.start(server, command);
    if (!started.accepted) continue;
    accepted = true;
    index_ = started.index;
  }
  return accepted;
}

void ChurnClient::look(std::size_t times) {
  if (const std::string* there = raft_.committed_at(index_)) {
    if (*there == command_) committed_.push_back(command_);
    return next_after(Duration(0));
  }
  if (times == kPauses.size()) return next_after(Duration(0));
  raft_.cluster().events().after(kPauses[times], kChurnClient, [this, times] { look(times + 1); });
}

}  // namespace holdfast::sim
