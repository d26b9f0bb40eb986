#include "wire/message_codec.hpp"

#include <concepts>
#include <type_traits>

#include "base/checksum.hpp"
#include "base/overload.hpp"
#include "base/planted.hpp"

namespace holdfast::wire {

namespace {

enum class Type : std::uint8_t {
  kVoteRequest = 1,
  kVoteResponse = 2,
  kAppendRequest = 3,
  kAppendResponse = 4,
  kHeartbeat = 5,
  kHeartbeatResponse = 6,
  kReadIndexRequest = 7,
  kReadIndexResponse = 8,
  kTimeoutNow = 9,
  kRemoved = 10,
  kForward = 11,
  kSnapshotChunk = 12,
  kSnapshotAck = 13,
};

// One list of fields per message serves both directions: Put writes them, Get reads them.
class Put {
 public:
  Put(Writer& out, std::vector<Payload>& payloads) : out_(out), payloads_(payloads) {}

  template <class Tag>
  void field(const Strong<Tag>& id) {
    out_.put(id);
  }
  void field(const std::uint64_t& n) { out_.put(n); }
  void field(const Duration& time) { out_.put(static_cast<std::uint64_t>(time.count())); }
  void field(const bool& flag) { out_.put(static_cast<std::uint8_t>(flag)); }
  void field(const raft::TermRun& run) {
    field(run.term);
    field(run.first);
  }
  void field(const Payload& payload) {
    out_.put(static_cast<std::uint32_t>(payload.size()));
    out_.put(checksum(payload.view()));
    payloads_.push_back(payload);
  }
  void field(const raft::Entry& entry) {
    field(entry.term);
    out_.put(static_cast<std::uint8_t>(entry.kind));
    field(entry.payload);
  }
  template <class T>
  void field(const std::vector<T>& items) {
    out_.put(static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) field(item);
  }

 private:
  Writer& out_;
  std::vector<Payload>& payloads_;
};

class Get {
 public:
  Get(Reader& in, std::string payloads)
      : in_(in), string_(std::move(payloads)), payloads_(string_) {}

  template <class Tag>
  void field(Strong<Tag>& id) {
    id = in_.id<Strong<Tag>>();
  }
  void field(std::uint64_t& n) { n = in_.u64(); }
  void field(Duration& time) {
    const std::uint64_t count = in_.u64();
    if (count > INT64_MAX) return in_.fail();
    time = Duration(static_cast<Duration::rep>(count));
  }
  void field(bool& flag) {
    const std::uint8_t value = in_.u8();
    if (value > 1) in_.fail();
    flag = value == 1;
  }
  void field(raft::TermRun& run) {
    field(run.term);
    field(run.first);
  }
  void field(Payload& payload) {
    const std::uint32_t size = in_.u32();
    const std::uint64_t sum = in_.u64();
    if (!in_.ok() || size > payloads_.size()) return in_.fail();
    const auto bytes = payloads_.substr(0, size);
    payloads_.remove_prefix(size);
    if (checksum(bytes) != sum && !planted(Bug::kFrameChecksumSkipped)) {
      damaged_ = true;
      return;
    }
    payload = Payload(size == string_.size() ? std::move(string_) : std::string(bytes));
  }
  void field(raft::Entry& entry) {
    field(entry.term);
    const auto kind = raft::entry_kind(in_.u8());
    if (!kind) return in_.fail();
    entry.kind = *kind;
    field(entry.payload);
  }
  template <class T>
  void field(std::vector<T>& items) {
    const std::uint32_t count = in_.u32();
    // Every item takes bytes, so a count beyond them is a lie and nothing is reserved for it.
    for (std::uint32_t i = 0; i < count && in_.ok() && !damaged_; ++i) field(items.emplace_back());
  }

  bool damaged() const { return damaged_; }
  bool finished() const { return in_.finished() && payloads_.empty(); }

 private:
  Reader& in_;
  std::string string_;
  std::string_view payloads_;  // those of it that are still to come
  bool damaged_ = false;
};

template <class M, class T>
concept Is = std::same_as<std::remove_const_t<M>, T>;

// The messages' fields, in their order on the wire.
void fields(auto& io, Is<raft::VoteRequest> auto& m) {
  io.field(m.term);
  io.field(m.last_index);
  io.field(m.last_term);
  io.field(m.pre);
  io.field(m.forced);
}
void fields(auto& io, Is<raft::VoteResponse> auto& m) {
  io.field(m.term);
  io.field(m.pre);
  io.field(m.granted);
}
void fields(auto& io, Is<raft::AppendRequest> auto& m) {
  io.field(m.term);
  io.field(m.prev_index);
  io.field(m.prev_term);
  io.field(m.commit);
  io.field(m.entries);
}
void fields(auto& io, Is<raft::AppendResponse> auto& m) {
  io.field(m.term);
  io.field(m.accepted);
  io.field(m.match);
  io.field(m.rejected);
  io.field(m.last);
  io.field(m.runs);
}
void fields(auto& io, Is<raft::Heartbeat> auto& m) {
  io.field(m.term);
  io.field(m.commit);
  io.field(m.round);
}
void fields(auto& io, Is<raft::HeartbeatResponse> auto& m) {
  io.field(m.term);
  io.field(m.round);
  io.field(m.received);
  io.field(m.promise);
}
void fields(auto& io, Is<raft::ReadIndexRequest> auto& m) {
  io.field(m.term);
  io.field(m.token);
}
void fields(auto& io, Is<raft::ReadIndexResponse> auto& m) {
  io.field(m.term);
  io.field(m.token);
  io.field(m.granted);
  io.field(m.index);
  io.field(m.time_ms);
}
void fields(auto& io, Is<raft::TimeoutNow> auto& m) {
  io.field(m.term);
}
void fields(auto& io, Is<raft::Removed> auto& m) {
  io.field(m.term);
}
void fields(auto& io, Is<Forward> auto& m) {
  io.field(m.term);
  io.field(m.section);
}

void fields(auto& io, Is<SnapshotChunk> auto& m) {
  io.field(m.term);
  io.field(m.last.index);
  io.field(m.last.term);
  io.field(m.number);
  io.field(m.total);
  io.field(m.offset);
  io.field(m.bytes);
}
void fields(auto& io, Is<SnapshotAck> auto& m) {
  io.field(m.term);
  io.field(m.number);
  io.field(m.received);
}

Type type_of(const raft::Message& message) {
  return static_cast<Type>(message.index() + 1);
}
static_assert(std::same_as<std::variant_alternative_t<0, raft::Message>, raft::VoteRequest>);
static_assert(std::same_as<std::variant_alternative_t<9, raft::Message>, raft::Removed>);

template <class M>
std::expected<PeerMessage, FrameError> get(Reader& in, std::string payloads) {
  M message;
  Get io(in, std::move(payloads));
  fields(io, message);
  if (io.damaged()) return std::unexpected(FrameError::kDamaged);
  if (!io.finished()) return std::unexpected(FrameError::kMalformed);
  return PeerMessage(std::move(message));
}

}  // namespace

void put_fields(const PeerMessage& message, Writer& out, std::vector<Payload>& payloads) {
  Put io(out, payloads);
  const auto put = [&](Type type, const auto& m) {
    out.put(static_cast<std::uint8_t>(type));
    fields(io, m);
  };
  std::visit(Overload{
                 [&](const raft::Message& any) {
                   std::visit([&](const auto& m) { put(type_of(any), m); }, any);
                 },
                 [&](const Forward& forward) { put(Type::kForward, forward); },
                 [&](const SnapshotChunk& chunk) { put(Type::kSnapshotChunk, chunk); },
                 [&](const SnapshotAck& ack) { put(Type::kSnapshotAck, ack); },
             },
             message);
}

std::expected<PeerMessage, FrameError> get_message(std::string_view bytes, std::string payloads) {
  Reader in(bytes);
  switch (static_cast<Type>(in.u8())) {
    case Type::kVoteRequest:
      return get<raft::VoteRequest>(in, std::move(payloads));
    case Type::kVoteResponse:
      return get<raft::VoteResponse>(in, std::move(payloads));
    case Type::kAppendRequest:
      return get<raft::AppendRequest>(in, std::move(payloads));
    case Type::kAppendResponse:
      return get<raft::AppendResponse>(in, std::move(payloads));
    case Type::kHeartbeat:
      return get<raft::Heartbeat>(in, std::move(payloads));
    case Type::kHeartbeatResponse:
      return get<raft::HeartbeatResponse>(in, std::move(payloads));
    case Type::kReadIndexRequest:
      return get<raft::ReadIndexRequest>(in, std::move(payloads));
    case Type::kReadIndexResponse:
      return get<raft::ReadIndexResponse>(in, std::move(payloads));
    case Type::kTimeoutNow:
      return get<raft::TimeoutNow>(in, std::move(payloads));
    case Type::kRemoved:
      return get<raft::Removed>(in, std::move(payloads));
    case Type::kForward:
      return get<Forward>(in, std::move(payloads));
    case Type::kSnapshotChunk:
      return get<SnapshotChunk>(in, std::move(payloads));
    case Type::kSnapshotAck:
      return get<SnapshotAck>(in, std::move(payloads));
  }
  return std::unexpected(FrameError::kMalformed);
}

}  // namespace holdfast::wire
