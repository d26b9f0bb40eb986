#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "replica/types.hpp"
#include "wire/messages.hpp"

namespace holdfast::sim {

enum class Fate : std::uint8_t { kArrives, kLost, kCut, kDamaged };

struct SeenMessage {
  std::uint64_t number = 0;  // of this message; rises
  NodeId from, to;
  Instant sent, arrives;
  Fate fate = Fate::kArrives;
  const wire::PeerMessage& message;
};

enum class Health : std::uint8_t { kUp, kDown, kPaused, kRefused };  // refused: its disk is damaged

// What can be seen of a node from outside.
struct SeenNode {
  NodeId id{};
  Health health = Health::kUp;
  replica::Role role = replica::Role::kFollower;
  Term term{};
  NodeId leader{};
  Index last{}, commit{}, applied{};

  bool operator==(const SeenNode&) const = default;
};

struct SeenOperation {
  std::uint64_t client = 0;
  NodeId node{};          // that was asked last
  std::string command{};  // for people
  std::string outcome{};  // for people: "answered", or why not; empty: nobody will ever know
  Instant called{};
  std::optional<Instant> returned{};
};

// Watches a run. It changes nothing: the same seed runs the same with and without one.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void message(const SeenMessage&) {}  // when it is sent
  // It was expected to arrive now, and does not: its link was cut or broken on the way.
  virtual void message_cut(Instant, std::uint64_t /*number*/) {}
  // From now on, frames of this direction vanish, or pass again.
  virtual void link(Instant, NodeId /*from*/, NodeId /*to*/, bool /*is_cut*/) {}
  virtual void node(Instant, const SeenNode&) {}  // at every change
  // What was done to the cluster; `node` if it was done to one.
  virtual void fault(Instant, const std::string& /*what*/, NodeId /*node*/) {}
  virtual void operation(const SeenOperation&) {}  // when it ends, or the run does
  virtual void trace(Instant, NodeId, const std::string& /*line*/) {}
};

std::string_view to_string(Fate fate);
std::string_view to_string(Health health);

}  // namespace holdfast::sim
