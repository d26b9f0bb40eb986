#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "sim/dice.hpp"
#include "sim/events.hpp"

namespace holdfast::sim {

using StreamId = std::uint64_t;

// The client's end of a connection to a node.
class StreamEnd {
 public:
  virtual ~StreamEnd() = default;
  virtual void stream_connected(StreamId id) = 0;
  virtual void stream_received(StreamId id, std::string_view bytes) = 0;
  // The connection can't be made, or is over. Nothing more comes of it.
  virtual void stream_closed(StreamId id) = 0;
};

struct StreamWeather {
  Duration delay_min = std::chrono::microseconds(50);
  Duration delay_max = std::chrono::milliseconds(1);
  double split = 0.1;  // of a piece of bytes: arrives as two
  double tear = 0;     // of a piece: the connection breaks within it
};

// Connections between clients and nodes: bytes in order, cut into pieces anywhere, until one side
// closes, the node dies or the network breaks them. Across a cut bytes wait for ever; then a
// client's own patience counts.
class Streams {
 public:
  // The nodes' side.
  class Host {
   public:
    virtual ~Host() = default;
    // False: nobody listens there.
    virtual bool stream_accepted(NodeId node, StreamId id) = 0;
    virtual void stream_received(NodeId node, StreamId id, std::string_view bytes) = 0;
    virtual void stream_closed(NodeId node, StreamId id) = 0;
  };

  Streams(Events& events, Dice dice, Host& host) : events_(events), dice_(dice), host_(host) {}

  Instant now() const { return events_.now(); }  // true time

  void set_weather(const StreamWeather& weather) { weather_ = weather; }
  const StreamWeather& weather() const { return weather_; }

  // From the client. `end` lives until it has closed the stream or was told that it is closed.
  StreamId connect(StreamEnd& end, std::uint64_t client, NodeId node);
  void send_to_node(StreamId id, std::string_view bytes);
  void close_by_client(StreamId id);
  // From the node.
  void send_to_client(StreamId id, std::string_view bytes);
  void close_by_node(StreamId id);
  // The process is gone; the system it ran on says so to its clients, unless it went with it.
  void node_died(NodeId node, bool says_so);

  void cut(std::uint64_t client, NodeId node) { cut_.insert({client, node}); }
  void heal() { cut_.clear(); }
  bool is_cut(std::uint64_t client, NodeId node) const { return cut_.contains({client, node}); }
  // Breaks one open stream, if there is any.
  void break_one();
  std::uint64_t broken() const { return broken_; }

 private:
  struct Stream {
    StreamEnd* end = nullptr;
    std::uint64_t client = 0;
    NodeId node;
    bool accepted = false;
    bool node_closed = false;  // the node's side is gone; what it sent still arrives
    bool silent = false;       // something met a cut: nothing arrives any more, even after healing
    Instant to_node, to_client;  // when the last byte of each direction arrives
  };
  using Map = std::map<StreamId, Stream>;

  Instant next_arrival(Instant& last);
  // Null if nothing gets through on it now.
  Stream* passable(StreamId id);
  void carry_to_node(StreamId id, std::string bytes);
  void carry_to_client(StreamId id, std::string bytes);
  void tell_client_closed(StreamId id);
  void break_stream(StreamId id);
  template <class Carry>
  void in_pieces(StreamId id, std::string_view bytes, Carry carry);

  Events& events_;
  Dice dice_;
  Host& host_;
  StreamWeather weather_;
  Map streams_;
  std::set<std::pair<std::uint64_t, NodeId>> cut_;
  StreamId last_id_ = 0;
  std::uint64_t broken_ = 0;
};

}  // namespace holdfast::sim
