#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace holdfast {

// Integers are little-endian and of fixed width; bytes are a u32 length and the bytes.
// One pair of classes writes and reads log records, peer frames and entry payloads.
static_assert(std::endian::native == std::endian::little);

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  template <std::unsigned_integral T>
  void put(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out_.append(raw, sizeof(T));
  }
  template <class Tag>
  void put(Strong<Tag> id) {
    put(id.value());
  }
  void put_i64(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
  void put_bytes(std::string_view bytes) {
    put(static_cast<std::uint32_t>(bytes.size()));
    out_.append(bytes);
  }
  void put_raw(std::string_view bytes) { out_.append(bytes); }

  // Overwrites a value that was put at offset `at` of the output.
  template <std::unsigned_integral T>
  void patch(std::size_t at, T value) {
    std::memcpy(out_.data() + at, &value, sizeof(T));
  }
  std::size_t size() const { return out_.size(); }

 private:
  std::string& out_;
};

// Reads what Writer wrote. The first read past the end makes ok() false for good and yields
// zeros from then on, so a decoder may read a whole struct and ask once.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  template <std::unsigned_integral T>
  T get() {
    T value{};
    if (in_.size() < sizeof(T)) return fail(), value;
    std::memcpy(&value, in_.data(), sizeof(T));
    in_.remove_prefix(sizeof(T));
    return value;
  }
  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::uint16_t u16() { return get<std::uint16_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  template <class Id>
  Id id() {
    return Id(u64());
  }
  // A view into the input.
  std::string_view bytes() { return raw(u32()); }
  std::string_view raw(std::size_t size) {
    if (in_.size() < size) return fail(), std::string_view();
    auto result = in_.substr(0, size);
    in_.remove_prefix(size);
    return result;
  }

  void fail() {
    ok_ = false;
    in_ = {};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  // Everything was read, and nothing more than there was.
  bool finished() const { return ok_ && at_end(); }
  std::size_t remaining() const { return in_.size(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace holdfast
