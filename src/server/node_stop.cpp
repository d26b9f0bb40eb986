// How a node stops, so that clients see as little of it as can be:
//
//  1. No new clients. A leader hands over, and serves on until it knows of the next one.
//  2. Clients that have asked for that are told to move to another node, and are served until they
//     have, or for a while. Of the others nothing more is read than has arrived.
//  3. What was asked is answered, and connections are closed as they have nothing to come.
#include <spdlog/spdlog.h>

#include <csignal>

#include "server/node.hpp"

namespace holdfast::server {

namespace {

constexpr Duration kHandOverTime = std::chrono::seconds(1);
constexpr auto kMoveTime = std::chrono::seconds(2);
constexpr Duration kAnswerTime = std::chrono::seconds(3);
// Nobody tells a node that was removed what became of its clients' requests.
constexpr Duration kAnswerTimeRemoved = std::chrono::milliseconds(200);

}  // namespace

void Node::wait_for_signals() {
  signals_.async_wait([this](const ErrorCode& error, int number) {
    if (error) return;
    if (stop_) {
      spdlog::warn("told again to stop: stopping at once");
      return end(Exit::kClean);
    }
    begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
    wait_for_signals();
  });
}

void Node::begin_stop(const std::string& why) {
  if (stop_) return;
  spdlog::info("stopping ({})", why);
  clients_.stop_accepting();
  const bool leads = replica_.core().is_leader();
  stop_ = Stop{Stop::Step::kHandOver, now() + kHandOverTime, leads};
  if (leads && replica_.transfer_leadership(now())) spdlog::info("handing leadership over");
}

void Node::stop_as_removed() {
  if (stop_ && stop_->step == Stop::Step::kAnswer) return;
  spdlog::info("stopping: this node was removed from the cluster");
  clients_.stop_accepting();
  begin_answering(kAnswerTimeRemoved);
}

void Node::begin_answering(Duration time) {
  clients_.drain();
  stop_ = Stop{Stop::Step::kAnswer, now() + time, false};
}

void Node::go_on_stopping() {
  if (stop_->step == Stop::Step::kHandOver && has_handed_over()) {
    const auto address = address_to_move_to();
    const auto told = address ? clients_.announce_move(*address, kMoveTime.count()) : 0;
    if (told > 0) spdlog::info("told {} clients to go on at {}", told, address->to_string());
    clients_.drain_untold();
    stop_ = Stop{Stop::Step::kMove, now() + kMoveTime, false};
  }
  if (stop_->step == Stop::Step::kMove && (now() >= stop_->until || clients_.told_to_move() == 0)) {
    begin_answering(kAnswerTime);
  }
  const bool is_last = stop_->step == Stop::Step::kAnswer;
  if (is_last && (now() >= stop_->until || has_answered())) end(Exit::kClean);
}

// To whom it is handed may have died: then to another, as long as there is time.
bool Node::has_handed_over() {
  const raft::Core& core = replica_.core();
  if (!stop_->led || now() >= stop_->until) return true;
  if (!core.is_leader()) return static_cast<bool>(core.leader());
  return !core.is_transferring() && !replica_.transfer_leadership(now());
}

bool Node::has_answered() const {
  const replica::Status current = replica_.status();
  return current.pending_writes == 0 && current.pending_reads == 0 && clients_.is_idle();
}

// The leader if that is another node, else any node that is connected.
std::optional<Address> Node::address_to_move_to() const {
  const NodeId leader = replica_.core().leader();
  if (leader != options_.id) {
    if (auto address = peers_.client_address(leader)) return address;
  }
  for (const raft::Member& member : replica_.core().membership().members) {
    if (member.id == options_.id || !peers_.is_connected(member.id)) continue;
    if (auto address = peers_.client_address(member.id)) return address;
  }
  return std::nullopt;
}

void Node::end(Exit code) {
  if (!exit_ || code != Exit::kClean) exit_ = code;
}

}  // namespace holdfast::server
