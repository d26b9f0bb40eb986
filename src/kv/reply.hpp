#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/codec.hpp"
#include "kv/value.hpp"

namespace holdfast::kv {

// What a command answers, in no protocol's words: `resp` writes it as RESP2 or RESP3, sessions
// record it.
struct Reply {
  struct Null {
    bool operator==(const Null&) const = default;
  };
  struct NullArray {  // as Null, but for RESP2
    bool operator==(const NullArray&) const = default;
  };
  struct Status {  // "+OK"
    std::string text;
    bool operator==(const Status&) const = default;
  };
  struct Error {  // "-ERR …": an upper-case prefix, a space, a text
    std::string text;
    bool operator==(const Error&) const = default;
  };
  struct Bulk {
    Value bytes;
    bool operator==(const Bulk&) const = default;
  };
  using Array = std::vector<Reply>;
  struct Map {  // key, value, key, value …; a flat array in RESP2
    std::vector<Reply> items;
    bool operator==(const Map&) const = default;
  };
  struct Set {  // an array in RESP2
    std::vector<Reply> items;
    bool operator==(const Set&) const = default;
  };
  struct Verbatim {  // text for people; a bulk string in RESP2
    std::string text;
    bool operator==(const Verbatim&) const = default;
  };

  std::variant<Null, Status, Error, std::int64_t, Bulk, Array, Map, Verbatim, NullArray, Set> value;

  static Reply null() { return {Null{}}; }
  static Reply null_array() { return {NullArray{}}; }
  static Reply ok() { return {Status{"OK"}}; }
  static Reply status(std::string text) { return {Status{std::move(text)}}; }
  static Reply error(std::string text) { return {Error{std::move(text)}}; }
  static Reply integer(std::int64_t n) { return {n}; }
  static Reply bulk(std::string bytes) { return bulk(Value(std::move(bytes))); }
  static Reply bulk(Value bytes) { return {Bulk{std::move(bytes)}}; }
  static Reply array(Array items) { return {std::move(items)}; }
  static Reply map(std::vector<Reply> items) { return {Map{std::move(items)}}; }
  static Reply set(std::vector<Reply> items) { return {Set{std::move(items)}}; }
  static Reply verbatim(std::string text) { return {Verbatim{std::move(text)}}; }

  bool is_error() const { return std::holds_alternative<Error>(value); }
  bool operator==(const Reply&) const = default;
};

void encode(const Reply& reply, Writer& out);
inline constexpr int kReplyDepthMax = 16;  // of arrays, maps and sets in each other
// Fails `in` on bytes that encode() did not write, and on arrays nested deeper than that.
Reply decode_reply(Reader& in, int depth_max = kReplyDepthMax);

// Its bytes, those of shared values too.
std::size_t full_bytes(const Reply& reply);

}  // namespace holdfast::kv
