#include "cli/catching_up.hpp"

#include <fmt/format.h>

#include <iostream>

namespace holdfast::cli {

namespace {

constexpr auto kPause = std::chrono::seconds(1);
constexpr double kMega = 1 << 20;

}  // namespace

void CatchingUp::look(const Address& leader) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + kPause;
  const auto members = client::ask_members(leader, password_);
  if (!members) return;
  for (const client::NodeStatus& member : *members) {
    if (member.number("id") != node_) continue;
    std::string line = describe(member);
    if (line == said_) return;
    std::cerr << "node " << node_ << ": " << line << std::endl;
    said_ = std::move(line);
  }
}

std::string CatchingUp::describe(const client::NodeStatus& member) const {
  if (member.number("connected") == 0) {
    return "waiting for it: the leader can't reach it at " + member.text("address");
  }
  if (const std::string snapshot = describe_snapshot(member); !snapshot.empty()) return snapshot;
  const std::uint64_t has = member.number("match");
  return fmt::format("{}, has {} of {} entries", member.text("standing"), has,
                     has + member.number("lag"));
}

std::string CatchingUp::describe_snapshot(const client::NodeStatus& member) const {
  const auto address = Address::parse(member.text("client_address"));
  if (!address || member.number("lag") == 0) return {};
  const auto status = client::ask_status(*address, password_);
  if (!status || status->number("snapshot_total") == 0) return {};
  return fmt::format("{}, has received {:.1f} of {:.1f} MiB of a snapshot", member.text("standing"),
                     static_cast<double>(status->number("snapshot_received")) / kMega,
                     static_cast<double>(status->number("snapshot_total")) / kMega);
}

}  // namespace holdfast::cli
