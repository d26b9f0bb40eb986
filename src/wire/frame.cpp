#include "wire/frame.hpp"

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/codec.hpp"
#include "base/planted.hpp"
#include "wire/message_codec.hpp"

namespace holdfast::wire {

namespace {

constexpr std::string_view kMagic = "HOLDFAST";
constexpr std::size_t kHelloHead = 8 + 2 + 4 + 8;
constexpr std::size_t kHelloBytesMax = 1024;
constexpr std::size_t kFrameHead = 4 + 4 + 4 + 8;
constexpr std::size_t kReadBufferKept = 1 << 20;

// Payloads from this length on are gathered where they will stay.
constexpr std::size_t kLongFrom = 64 << 10;
constexpr std::size_t kReservedAhead = 1 << 20;

// Of the two lengths. Without it a damaged length would have the reader wait for bytes that never
// come, and swallow all that follows.
std::uint32_t lengths_checksum(std::string_view head) {
  return static_cast<std::uint32_t>(checksum(head.substr(0, 8)));
}

std::uint64_t fields_checksum(std::string_view fields, std::uint32_t payload_bytes) {
  return checksum(fields, (std::uint64_t{payload_bytes} << 32) ^ fields.size());
}

}  // namespace

std::string_view to_string(FrameError error) {
  switch (error) {
    case FrameError::kNotAPeer:
      return "it does not speak the peer protocol";
    case FrameError::kOtherVersion:
      return "it speaks another version of the peer protocol";
    case FrameError::kTooLong:
      return "it sent a frame over the limit";
    case FrameError::kDamaged:
      return "it sent a frame with a wrong checksum";
    case FrameError::kMalformed:
      return "it sent a malformed message";
  }
  return {};
}

std::size_t Frame::size() const {
  std::size_t size = head.size();
  for (const Payload& payload : payloads) size += payload.size();
  return size;
}

std::string Frame::flatten() const {
  std::string bytes = head;
  for (const Payload& payload : payloads) bytes += payload.view();
  return bytes;
}

Frame encode(const PeerMessage& message) {
  Frame frame;
  Writer out(frame.head);
  frame.head.resize(kFrameHead);
  put_fields(message, out, frame.payloads);
  const std::size_t fields_bytes = frame.head.size() - kFrameHead;
  const std::size_t payload_bytes = frame.size() - frame.head.size();
  CHECK(fields_bytes <= UINT32_MAX && payload_bytes <= UINT32_MAX);
  const auto fields = std::string_view(frame.head).substr(kFrameHead);
  const std::uint64_t sum = fields_checksum(fields, static_cast<std::uint32_t>(payload_bytes));
  out.patch(0, static_cast<std::uint32_t>(fields_bytes));
  out.patch(4, static_cast<std::uint32_t>(payload_bytes));
  out.patch(8, lengths_checksum(frame.head));
  out.patch(12, sum);
  return frame;
}

std::string encode(const Hello& hello) {
  std::string content;
  Writer fields(content);
  fields.put(hello.cluster);
  fields.put(hello.from);
  fields.put(hello.to);
  fields.put_bytes(hello.client_address);
  fields.put_bytes(hello.peer_address);
  fields.put(static_cast<std::uint8_t>(hello.knows_receiver));
  CHECK(content.size() <= kHelloBytesMax);

  std::string bytes;
  Writer out(bytes);
  out.put_raw(kMagic);
  out.put(hello.version);
  out.put(static_cast<std::uint32_t>(content.size()));
  out.put(checksum(content, hello.version));
  out.put_raw(content);
  return bytes;
}

std::expected<std::optional<FrameReader::Item>, FrameError> FrameReader::next() {
  if (error_) return std::unexpected(*error_);
  auto item = awaited_ ? next_awaited() : greeted_ ? next_message() : next_hello();
  if (!item) error_ = item.error();
  return item;
}

void FrameReader::feed(std::string_view bytes) {
  if (awaited_) {
    const auto taken = bytes.substr(0, awaited_->size - awaited_->payloads.size());
    reserve_payloads(awaited_->payloads.size() + taken.size());
    awaited_->payloads += taken;
    bytes.remove_prefix(taken.size());
  }
  buffer_.append(bytes);
}

// No more than all of them, and no more ahead than it is worth while to grow seldom.
void FrameReader::reserve_payloads(std::size_t size) {
  if (size <= awaited_->payloads.capacity()) return;
  // An empty string reserves what it is told to; one with bytes in it at least twice as much.
  std::string larger;
  larger.reserve(std::min(std::max(2 * size, kReservedAhead), awaited_->size));
  larger += awaited_->payloads;
  awaited_->payloads.swap(larger);
}

std::expected<std::optional<FrameReader::Item>, FrameError> FrameReader::next_hello() {
  const auto unread = std::string_view(buffer_).substr(read_);
  const auto magic = unread.substr(0, kMagic.size());
  if (magic != kMagic.substr(0, magic.size())) return std::unexpected(FrameError::kNotAPeer);
  if (unread.size() < kHelloHead) return std::nullopt;

  Reader head(unread.substr(kMagic.size()));
  Hello hello;
  hello.version = head.u16();
  if (hello.version != kVersion) return std::unexpected(FrameError::kOtherVersion);
  const std::uint32_t length = head.u32();
  const std::uint64_t sum = head.u64();
  if (length > kHelloBytesMax) return std::unexpected(FrameError::kTooLong);
  if (unread.size() < kHelloHead + length) return std::nullopt;

  const auto content = unread.substr(kHelloHead, length);
  if (checksum(content, hello.version) != sum) return std::unexpected(FrameError::kDamaged);
  Reader fields(content);
  hello.cluster = fields.u64();
  hello.from = fields.id<NodeId>();
  hello.to = fields.id<NodeId>();
  hello.client_address = fields.bytes();
  hello.peer_address = fields.bytes();
  hello.knows_receiver = fields.u8() != 0;
  if (!fields.finished()) return std::unexpected(FrameError::kMalformed);
  consume(kHelloHead + length);
  greeted_ = true;
  return hello;
}

std::expected<std::optional<FrameReader::Item>, FrameError> FrameReader::next_message() {
  const auto unread = std::string_view(buffer_).substr(read_);
  if (unread.size() < kFrameHead) return std::nullopt;

  Reader head(unread);
  const std::size_t fields_bytes = head.u32();
  const std::size_t payload_bytes = head.u32();
  const bool lengths_whole = head.u32() == lengths_checksum(unread);
  if (!lengths_whole && !planted(Bug::kFrameChecksumSkipped)) {
    return std::unexpected(FrameError::kDamaged);
  }
  const std::uint64_t sum = head.u64();
  const std::size_t size = kFrameHead + fields_bytes + payload_bytes;
  if (size > frame_bytes_max_) return std::unexpected(FrameError::kTooLong);
  const bool is_long = payload_bytes >= kLongFrom;
  if (unread.size() < (is_long ? size - payload_bytes : size)) return std::nullopt;

  const auto fields = unread.substr(kFrameHead, fields_bytes);
  const auto payloads = unread.substr(kFrameHead + fields_bytes, payload_bytes);
  const bool whole = fields_checksum(fields, static_cast<std::uint32_t>(payload_bytes)) == sum;
  if (!whole && !planted(Bug::kFrameChecksumSkipped)) {
    return std::unexpected(FrameError::kDamaged);
  }
  if (payloads.size() < payload_bytes) return await(fields, payloads, payload_bytes), std::nullopt;
  auto message = get_message(fields, std::string(payloads));
  if (!message) return std::unexpected(message.error());
  consume(size);
  return Item(std::move(*message));
}

void FrameReader::await(std::string_view fields, std::string_view payloads, std::size_t size) {
  awaited_ = Awaited{.fields = std::string(fields), .size = size, .payloads = {}};
  reserve_payloads(payloads.size() + 1);
  awaited_->payloads = payloads;
  consume(buffer_.size() - read_);
}

std::expected<std::optional<FrameReader::Item>, FrameError> FrameReader::next_awaited() {
  if (awaits_payloads()) return std::nullopt;
  auto message = get_message(awaited_->fields, std::move(awaited_->payloads));
  if (!message) return std::unexpected(message.error());
  awaited_.reset();
  return Item(std::move(*message));
}

// The buffer is moved together only when half of it was read: each byte moves once.
void FrameReader::consume(std::size_t size) {
  read_ += size;
  if (read_ < buffer_.size() && read_ < buffer_.size() / 2) return;
  buffer_.erase(0, read_);
  read_ = 0;
  if (buffer_.empty() && buffer_.capacity() > kReadBufferKept) buffer_.shrink_to_fit();
}

}  // namespace holdfast::wire
