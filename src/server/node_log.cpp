// A node and its log's thread: who writes when, and what the disk says.
#include <spdlog/spdlog.h>

#include <utility>

#include "server/node.hpp"

namespace holdfast::server {

namespace {

// For a disk, by a node that waits for it and does nothing else. A leader's clients may come at any
// moment. To hand over what is to be written takes some 0.05 ms.
constexpr Duration kLeaderPatience = std::chrono::milliseconds(1);
constexpr Duration kFollowerPatience = std::chrono::milliseconds(5);

}  // namespace

// What others wait for goes first: the next entry is on its way, to peers and disks, while this
// node applies what it has learned to be committed.
void Node::hurry(std::unique_lock<std::mutex>* turns) {
  do {
    distribute(replica_.take_urgent(now()));
    peers_.flush();
  } while (write_log(turns));
}

// A node that has nothing else to do writes by itself, behind what it had to say. True: all is
// durable by now.
bool Node::write_log(std::unique_lock<std::mutex>* turns) {
  if (unwritten_.empty()) return false;
  const bool is_free = turns != nullptr && replica_.is_free();
  const Duration patience = replica_.core().is_leader() ? kLeaderPatience : kFollowerPatience;
  const auto written = is_free ? log_.write_here(unwritten_, *turns, patience) : std::nullopt;
  if (written) {
    replica_.persisted(now(), *written);
  } else {
    log_.write(std::exchange(unwritten_, {}));
  }
  return written.has_value();
}

void Node::stand_in() {
  const std::unique_lock turns(turns_, std::try_to_lock);
  while (turns && !exit_ && log_.is_lent()) turn(nullptr);
}

void Node::dismiss_stand_in() {
  asio::post(io_, [] {});
}

void Node::hear_log() {
  const Ticket persisted(persisted_);
  if (std::exchange(heard_, persisted) != persisted) replica_.persisted(now(), persisted);
}

void Node::log_persisted(Ticket ticket) {
  persisted_ = ticket.value();
  persisted_bell_.ring();
}

void Node::log_stalled(std::optional<std::string> reason) {
  asio::post(io_, [this, reason = std::move(reason)] {
    reason ? spdlog::error("{}: writes are refused until there is room", *reason)
           : spdlog::info("the disk has room again: writes are taken");
    replica_.set_storage_stalled(reason.has_value());
  });
}

void Node::log_failed(const std::string& reason) {
  asio::post(io_, [this, reason] {
    spdlog::critical("{}: the node stops, for nobody knows what is on the disk now", reason);
    end(Exit::kDiskFailed);
  });
}

}  // namespace holdfast::server
