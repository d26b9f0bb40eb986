#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sim/dice.hpp"
#include "sim/events.hpp"
#include "sim/observer.hpp"

namespace holdfast::sim {

// What the network does to a frame between two nodes; probabilities for each.
struct Weather {
  Duration delay_min = std::chrono::microseconds(100);
  Duration delay_max = std::chrono::milliseconds(2);
  bool uniform = false;  // else most are near the minimum
  double loss = 0;
  double duplication = 0;
  double damage = 0;  // one bit; the receiver breaks the connection
  double tear = 0;    // the connection breaks in the middle of the frame
  double hold = 0;    // late by 200 to 2,200 ms: after many that were sent later
  // The course's unreliable network treats requests and replies differently.
  std::optional<Duration> reply_delay_max = {};  // if not delay_max
  double reply_hold = 0;
};

// The course's network (labrpc). Unreliable: a request is lost with p = 0.1, after up to 26 ms, and
// so is its reply, which else comes at once; with long reordering two replies of three come 200 to
// 2,199 ms late. Here the sender of what is lost is not told so.
Weather mit_reliable();
Weather mit_unreliable();
Weather mit_long_reordering();

// Carries frames between nodes. Each travels by itself: in production, too, a peer's messages come
// over two connections and overtake each other.
class Network {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void frame_arrived(NodeId to, NodeId from, std::string_view bytes) = 0;
    // The connections between the two broke and were made anew.
    virtual void link_was_reset(NodeId a, NodeId b) = 0;
    // The system of `peer` has closed its connections to `node`: its process has ended.
    virtual void peer_was_lost(NodeId node, NodeId peer) = 0;
  };

  Network(Events& events, Dice dice, Host& host) : events_(events), dice_(dice), host_(host) {}

  void set_weather(const Weather& weather) { weather_ = weather; }
  const Weather& weather() const { return weather_; }
  void set_observer(Observer* observer) { observer_ = observer; }

  void send(NodeId from, NodeId to, const wire::PeerMessage& message);
  // Frames of this direction vanish, as behind a firewall.
  void cut(NodeId from, NodeId to);
  void cut_both(NodeId a, NodeId b);
  void heal();
  void heal_both(NodeId a, NodeId b);
  bool is_cut(NodeId from, NodeId to) const { return cut_.contains({from, to}); }
  // Adds to every delay of this direction; zero: as fast as the others.
  void slow_down(NodeId from, NodeId to, Duration by);
  // Connections break: what is under way is lost, a half frame may arrive.
  void reset_link(NodeId a, NodeId b);
  // A process has ended and its system closes the connections; nobody learns of it across a cut.
  void process_ended(NodeId node, NodeId peer);

  // Since the start: of frames that reached the other side, as the course counts RPCs.
  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t bytes = 0;
    std::uint64_t lost = 0, duplicated = 0, damaged = 0, torn = 0, held = 0, cut = 0;
  };
  const Counts& counts() const { return counts_; }
  std::uint64_t requests_to(NodeId to) const;

 private:
  using Link = std::pair<NodeId, NodeId>;
  // A frame under way.
  struct Flight {
    Link link;
    std::uint64_t life = 0;
    std::uint64_t number = 0;
    bool is_reply = false;
  };

  Duration draw_delay(const Link& link, bool is_reply);
  void carry(const Flight& flight, Duration delay, std::string frame);
  void arrive(const Flight& flight, const std::string& frame);
  void tear(Flight flight, Duration delay, std::string frame);
  // The frame, as the observer knows it.
  Flight see(const Link& link, const wire::PeerMessage& message, Duration delay, Fate fate);
  void erase_cut(Link link);

  Events& events_;
  Dice dice_;
  Host& host_;
  Observer* observer_ = nullptr;
  Weather weather_;
  std::set<Link> cut_;
  std::map<Link, Duration> slow_;
  std::map<Link, std::uint64_t> lives_;  // of the link: rises when it is reset
  std::uint64_t last_number_ = 0;        // of a message
  std::map<NodeId, std::uint64_t> requests_to_;
  Counts counts_;
};

bool is_reply(const wire::PeerMessage& message);
// The message's name in the paper, or the nearest to it.
std::string_view name_of(const wire::PeerMessage& message);

}  // namespace holdfast::sim
