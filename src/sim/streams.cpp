#include "sim/streams.hpp"

#include <algorithm>
#include <utility>

#include "base/checksum.hpp"

namespace holdfast::sim {

namespace {

constexpr std::uint64_t kConnect = std::uint64_t{3} << 56;  // of Events::at's `what`
constexpr std::uint64_t kToNode = std::uint64_t{4} << 56;
constexpr std::uint64_t kToClient = std::uint64_t{5} << 56;
constexpr std::uint64_t kClose = std::uint64_t{6} << 56;

}  // namespace

StreamId Streams::connect(StreamEnd& end, std::uint64_t client, NodeId node) {
  const StreamId id = ++last_id_;
  Stream& made = streams_[id];
  made.end = &end;
  made.client = client;
  made.node = node;
  events_.at(next_arrival(made.to_node), kConnect | id, [this, id] {
    Stream* stream = passable(id);
    if (stream == nullptr) return;
    if (!host_.stream_accepted(stream->node, id)) return tell_client_closed(id);
    stream->accepted = true;
    events_.at(next_arrival(stream->to_client), kConnect | id, [this, id] {
      if (Stream* open = passable(id)) open->end->stream_connected(id);
    });
  });
  return id;
}

Instant Streams::next_arrival(Instant& last) {
  last = std::max(last, events_.now() + dice_.mostly_low(weather_.delay_min, weather_.delay_max));
  return last;
}

Streams::Stream* Streams::passable(StreamId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return nullptr;
  Stream& stream = found->second;
  stream.silent = stream.silent || is_cut(stream.client, stream.node);
  return stream.silent ? nullptr : &stream;
}

template <class Carry>
void Streams::in_pieces(StreamId id, std::string_view bytes, Carry carry) {
  events_.note(checksum(bytes));
  if (dice_.chance(weather_.tear)) {
    carry(std::string(bytes.substr(0, dice_.below(bytes.size() + 1))));
    return break_stream(id);
  }
  if (bytes.size() > 1 && dice_.chance(weather_.split)) {
    const std::size_t at = dice_.between(1, bytes.size() - 1);
    carry(std::string(bytes.substr(0, at)));
    bytes.remove_prefix(at);
  }
  carry(std::string(bytes));
}

void Streams::send_to_node(StreamId id, std::string_view bytes) {
  if (!streams_.contains(id)) return;
  in_pieces(id, bytes, [&](std::string piece) { carry_to_node(id, std::move(piece)); });
}

void Streams::send_to_client(StreamId id, std::string_view bytes) {
  if (!streams_.contains(id)) return;
  in_pieces(id, bytes, [&](std::string piece) { carry_to_client(id, std::move(piece)); });
}

void Streams::carry_to_node(StreamId id, std::string bytes) {
  const auto stream = streams_.find(id);
  if (stream == streams_.end()) return;
  events_.at(next_arrival(stream->second.to_node), kToNode | id,
             [this, id, bytes = std::move(bytes)] {
               const Stream* open = passable(id);
               if (open == nullptr || !open->accepted || open->node_closed) return;
               host_.stream_received(open->node, id, bytes);
             });
}

void Streams::carry_to_client(StreamId id, std::string bytes) {
  const auto stream = streams_.find(id);
  if (stream == streams_.end()) return;
  events_.at(next_arrival(stream->second.to_client), kToClient | id,
             [this, id, bytes = std::move(bytes)] {
               if (Stream* open = passable(id)) open->end->stream_received(id, bytes);
             });
}

void Streams::close_by_client(StreamId id) {
  const auto stream = streams_.find(id);
  if (stream == streams_.end()) return;
  const NodeId node = stream->second.node;
  const bool reaches =
      stream->second.accepted && !stream->second.node_closed && passable(id) != nullptr;
  Instant last = stream->second.to_node;
  streams_.erase(stream);
  if (!reaches) return;
  events_.at(next_arrival(last), kClose | id, [this, node, id] { host_.stream_closed(node, id); });
}

void Streams::close_by_node(StreamId id) {
  const auto stream = streams_.find(id);
  if (stream == streams_.end() || stream->second.node_closed) return;
  stream->second.node_closed = true;
  events_.at(next_arrival(stream->second.to_client), kClose | id,
             [this, id] { tell_client_closed(id); });
}

void Streams::tell_client_closed(StreamId id) {
  Stream* stream = passable(id);
  if (stream == nullptr) return;
  StreamEnd* end = stream->end;
  streams_.erase(id);
  end->stream_closed(id);
}

void Streams::node_died(NodeId node, bool says_so) {
  for (auto& [id, stream] : streams_) {
    if (stream.node != node || stream.node_closed || !stream.accepted) continue;
    stream.node_closed = true;
    if (!says_so) continue;
    events_.at(next_arrival(stream.to_client), kClose | id,
               [this, gone = id] { tell_client_closed(gone); });
  }
}

void Streams::break_one() {
  if (streams_.empty()) return;
  auto victim = streams_.begin();
  std::advance(victim, static_cast<std::ptrdiff_t>(dice_.below(streams_.size())));
  break_stream(victim->first);
}

void Streams::break_stream(StreamId id) {
  const auto stream = streams_.find(id);
  if (stream == streams_.end() || !stream->second.accepted || stream->second.node_closed) return;
  ++broken_;
  const NodeId node = stream->second.node;
  events_.at(next_arrival(stream->second.to_node), kClose | id,
             [this, node, id] { host_.stream_closed(node, id); });
  close_by_node(id);
}

}  // namespace holdfast::sim
