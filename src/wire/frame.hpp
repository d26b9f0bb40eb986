#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/messages.hpp"

namespace holdfast::wire {

// What travels between nodes. A connection begins with a hello in each direction, then carries
// frames one way:
//
//   hello:  "HOLDFAST" u16 version, u32 length, u64 checksum, then `length` bytes:
//           u64 cluster, u64 from, u64 to, client address, peer address
//   frame:  u32 length of the fields, u32 length of the payloads, u32 checksum of these two, u64
//           checksum, the fields (u8 type, then the message's in their order), the payloads of its
//           entries one after another; an entry's fields hold its payload's length and checksum
//
// Version and magic are read first, so that nodes of different versions can tell each other why
// they part. Checksums are XXH3, the frame's seeded with the two lengths.
struct Frame {
  std::string head;               // everything up to the payloads
  std::vector<Payload> payloads;  // to be written after it, uncopied

  std::size_t size() const;
  std::string flatten() const;  // for tests and simulators
};

Frame encode(const PeerMessage& message);
std::string encode(const Hello& hello);

enum class FrameError : std::uint8_t {
  kNotAPeer,      // the first bytes are not a hello
  kOtherVersion,  // the peer speaks another version of this protocol
  kTooLong,
  kDamaged,    // the checksum is wrong
  kMalformed,  // the checksum is right, the content is not
};
std::string_view to_string(FrameError error);

// Bytes in, a hello and then messages out, at any split. The first error is final. Memory grows
// with the bytes that arrived: for an announced length it is as much ahead of them as there are, or
// a mebibyte.
class FrameReader {
 public:
  explicit FrameReader(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  void feed(std::string_view bytes);
  // Long payloads come next. If so read_payloads() may take the place of feed(): what `read` puts
  // at the beginning of the room that it is given stays there. It returns how much that is.
  bool awaits_payloads() const { return awaited_ && awaited_->payloads.size() < awaited_->size; }
  template <std::invocable<std::span<char>> Read>
  void read_payloads(const Read& read) {
    std::string& payloads = awaited_->payloads;
    const std::size_t before = payloads.size();
    reserve_payloads(before + 1);
    payloads.resize_and_overwrite(std::min(payloads.capacity(), awaited_->size),
                                  [&](char* bytes, std::size_t size) {
                                    return before + read(std::span(bytes, size).subspan(before));
                                  });
  }
  // Nothing when more bytes are needed.
  using Item = std::variant<Hello, PeerMessage>;
  std::expected<std::optional<Item>, FrameError> next();

 private:
  // The payloads of a frame of which all else has come.
  struct Awaited {
    std::string fields;
    std::size_t size = 0;
    std::string payloads;  // as far as they came
  };

  std::expected<std::optional<Item>, FrameError> next_hello();
  std::expected<std::optional<Item>, FrameError> next_message();
  std::expected<std::optional<Item>, FrameError> next_awaited();
  void await(std::string_view fields, std::string_view payloads, std::size_t size);
  void reserve_payloads(std::size_t size);
  void consume(std::size_t size);

  std::size_t frame_bytes_max_;
  bool greeted_ = false;
  std::string buffer_;
  std::size_t read_ = 0;  // of the buffer
  std::optional<FrameError> error_;
  std::optional<Awaited> awaited_;  // the buffer is empty until they are there
};

}  // namespace holdfast::wire
