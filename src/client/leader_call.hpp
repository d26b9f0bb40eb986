#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "client/connection.hpp"
#include "client/node_status.hpp"

namespace holdfast::client {

// Requests for the leader of a cluster, wherever that is by the time: it is found from any node,
// and found again when leadership moves. For requests only that do no harm when they are repeated.
// One thread.
class LeaderCall {
 public:
  struct Error {
    enum class Kind : std::uint8_t {
      kRefused,     // the cluster's answer is an error; nothing was changed
      kNotDone,     // no leader took it in time
      kUnfinished,  // it was taken and may go on, but no answer came in time
    };
    Kind kind = Kind::kRefused;
    std::string text;
  };
  // Called a few times a second while an answer, or a leader, is waited for; there is none if it is
  // null. False: give up.
  using Watch = std::function<bool(const Address* leader)>;

  // `endpoints`: where some nodes of the cluster serve clients, at least one.
  LeaderCall(std::vector<Address> endpoints, std::string password, Clock::time_point deadline);

  void watch_with(Watch watch) { watch_ = std::move(watch); }
  std::expected<resp::Value, Error> run(const std::vector<std::string>& args);
  // The fields of RAFT STATUS, of who answered run(), asked after that and in the same life: over
  // the same connection. Requires a reply.
  std::expected<NodeStatus, std::string> ask_who_answered();
  // A node that says that it leads, by now. Else why none is known.
  std::expected<Address, Error> find_leader();

 private:
  std::optional<std::expected<resp::Value, Error>> attempt(const std::vector<std::string>& args);
  std::expected<std::optional<Address>, Error> look_around();
  void learn(const Address& address);
  std::expected<resp::Value, std::string> ask(const Address& leader,
                                              const std::vector<std::string>& args);
  // False: the leader is silent, the time is over, or the watcher gives up.
  bool wait_for_answer(Connection& connection, const Address& leader);
  bool rest(const Address* leader);
  Error gave_up() const;

  std::vector<Address> endpoints_;
  std::string password_;
  Clock::time_point deadline_;
  Watch watch_;
  bool is_told_to_stop_ = false;
  std::optional<Connection> answered_;  // what the last reply came over
  bool may_be_taken_ = false;           // by a node whose answer did not come
  std::string last_reason_ = "nothing was tried";
};

}  // namespace holdfast::client
