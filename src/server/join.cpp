#include "server/join.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <thread>

#include "client/leader_call.hpp"

namespace holdfast::server {

namespace {

using client::LeaderCall;

constexpr auto kTimeToJoin = std::chrono::minutes(1);
constexpr auto kTimeToBeFound = std::chrono::seconds(2);  // of a leader, by one that asks again
constexpr auto kPause = std::chrono::milliseconds(500);

client::Clock::time_point soon(client::Clock::duration time) {
  return client::Clock::now() + time;
}

std::expected<resp::Value, std::string> run(const Options& options,
                                            const std::vector<std::string>& args) {
  LeaderCall call(options.join, options.password, soon(kTimeToJoin));
  auto reply = call.run(args);
  if (!reply) return std::unexpected(reply.error().text);
  return std::move(*reply);
}

struct Leader {
  Address address;
  client::NodeStatus status;
};

std::expected<Leader, std::string> find_leader(const Options& options) {
  const auto end = soon(kTimeToJoin);
  std::string reason;
  do {
    LeaderCall call(options.join, options.password, end);
    const auto address = call.find_leader();
    if (!address) return std::unexpected(address.error().text);
    auto status = client::ask_status(*address, options.password);
    if (status && status->leads()) return Leader{*address, std::move(*status)};
    reason = status ? "it leads no more" : status.error();
    std::this_thread::sleep_for(kPause);
  } while (client::Clock::now() < end);
  return std::unexpected("no leader was found: " + reason);
}

struct Standing {
  std::string name;  // as in RAFT MEMBERS; empty: no member
  std::string address;
};

std::expected<Standing, std::string> ask_standing(const Options& options, const Address& node) {
  const auto members = client::ask_members(node, options.password);
  if (!members) return std::unexpected(members.error());
  for (const client::NodeStatus& member : *members) {
    if (member.number("id") == options.id.value()) {
      return Standing{member.text("standing"), member.text("address")};
    }
  }
  return Standing{};
}

std::expected<Standing, std::string> find_standing(const Options& options) {
  const auto leader = find_leader(options);
  if (!leader) return std::unexpected(leader.error());
  return ask_standing(options, leader->address);
}

// A member of this id with an empty disk: an attempt to join that was broken off, a lost disk, or
// somebody else's id.
std::expected<void, std::string> leave_earlier_life(const Options& options, const Standing& found,
                                                    const Address& peer_address) {
  if (found.name.empty()) return {};
  const std::string id = std::to_string(options.id.value());
  const bool never_voted = found.name == "learner" || found.name == "joining";
  const bool is_own = found.address == peer_address.to_string();
  if (!options.repair && !(never_voted && is_own)) {
    return std::unexpected("node " + id + " is a member already (" + found.name + ", at " +
                           found.address + "), and " + options.data +
                           " is empty. If its data was lost, start it with --repair; if this is "
                           "another node, give it an id of its own");
  }
  spdlog::warn("node {} was a member ({}) and has lost its data: it is removed and added anew", id,
               found.name);
  const auto removed = run(options, {"RAFT", "REMOVE", id});
  if (!removed) return std::unexpected(removed.error());
  return {};
}

// Whether it stands in the log, committed, that this node is to vote.
bool is_promised_vote(const Options& options, const Address& leader) {
  const auto standing = ask_standing(options, leader);
  if (!standing || standing->name.empty() || standing->name == "learner") return false;
  const auto status = client::ask_status(leader, options.password);
  return status && status->leads() && status->number("membership_settled") != 0;
}

// It is a learner, so the leader need not hear of it to carry this out. The answer comes when it
// votes, for which it has to catch up: it is enough that it is promised.
void ask_to_vote(const Options& options) {
  LeaderCall call(options.join, options.password, soon(kTimeToJoin));
  bool is_promised = false;
  call.watch_with([&](const Address* leader) {
    is_promised = leader != nullptr && is_promised_vote(options, *leader);
    return !is_promised;
  });
  const auto asked = call.run({"RAFT", "PROMOTE", std::to_string(options.id.value())});
  if (!asked && !is_promised) {
    spdlog::error("it stays a learner: {}; RAFT PROMOTE makes it a voter", asked.error().text);
  }
}

// The status, after it was added, of the leader that has committed that. Another one that says it
// leads may have been deposed before, and know less.
std::expected<client::NodeStatus, std::string> add_learner(const Options& options,
                                                           const Address& peer_address) {
  const std::string id = std::to_string(options.id.value());
  const auto end = soon(kTimeToJoin);
  do {
    LeaderCall call(options.join, options.password, end);
    const auto added = call.run({"RAFT", "ADD", id, peer_address.to_string(), "LEARNER"});
    if (!added) return std::unexpected(added.error().text);
    auto status = call.ask_who_answered();
    if (status && status->leads()) return std::move(*status);
    spdlog::warn("the leader that added this node leads no more; asking the next one");
    std::this_thread::sleep_for(kPause);
  } while (client::Clock::now() < end);
  return std::unexpected("no leader was found that stays one");
}

}  // namespace

std::expected<std::uint64_t, std::string> ask_cluster(const Options& options) {
  const auto end = soon(kTimeToJoin);
  std::string reason;
  do {
    for (const Address& member : options.join) {
      const auto status = client::ask_status(member, options.password);
      if (!status) {
        reason = member.to_string() + ": " + status.error();
        continue;
      }
      const std::string text = status->text("cluster");
      std::uint64_t cluster = 0;
      const char* text_end = text.data() + text.size();
      if (std::from_chars(text.data(), text_end, cluster, 16).ptr == text_end && cluster != 0) {
        return cluster;
      }
      reason = member.to_string() + " does not say which cluster it belongs to";
    }
    spdlog::warn("can't join yet: {}", reason);
    std::this_thread::sleep_for(kPause);
  } while (client::Clock::now() < end);
  return std::unexpected("none of --join answers: " + reason);
}

std::expected<raft::HardState, std::string> be_added(const Options& options,
                                                     const Address& peer_address) {
  const auto found = find_standing(options);
  if (!found) return std::unexpected(found.error());
  if (auto left = leave_earlier_life(options, *found, peer_address); !left) {
    return std::unexpected(left.error());
  }
  const std::string id = std::to_string(options.id.value());
  spdlog::info("asking to be added as node {} at {}", id, peer_address.to_string());
  const auto leader = add_learner(options, peer_address);
  if (!leader) return std::unexpected(leader.error());
  if (!options.join_as_learner) ask_to_vote(options);
  const Term term(leader->number("term"));
  const raft::HardState state{.term = term,
                              .voted_for = NodeId(leader->number("id")),
                              .votes_from = {Index(leader->number("commit_index")), term}};
  spdlog::info("added: a learner, in term {}", state.term.value());
  return state;
}

bool was_removed(const Options& options, raft::Position added_at, const std::stop_token& stop) {
  LeaderCall call(options.join, options.password, soon(kTimeToBeFound));
  call.watch_with([&stop](const Address*) { return !stop.stop_requested(); });
  const auto leader = call.find_leader();
  if (!leader) return false;
  // Who leads in this or a later term has the addition in its log, and what came of it.
  const auto status = client::ask_status(*leader, options.password);
  if (!status || !status->leads() || status->number("membership_settled") == 0) return false;
  const raft::Position known{Index(status->number("commit_index")), Term(status->number("term"))};
  if (!raft::is_up_to_date(known, added_at)) return false;
  // Asked last: before, it may have known less.
  const auto standing = ask_standing(options, *leader);
  return standing && standing->name.empty();
}

}  // namespace holdfast::server
