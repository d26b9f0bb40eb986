#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::resp {

// A reply as a client reads it, in RESP2's and RESP3's words.
struct Value {
  struct Null {
    bool operator==(const Null&) const = default;
  };
  struct Status {
    std::string text;
    bool operator==(const Status&) const = default;
  };
  struct Error {
    std::string text;
    bool operator==(const Error&) const = default;
  };
  struct Bulk {
    std::string bytes;
    bool operator==(const Bulk&) const = default;
  };
  struct Verbatim {
    std::string format;  // three letters
    std::string text;
    bool operator==(const Verbatim&) const = default;
  };
  struct BigNumber {
    std::string digits;
    bool operator==(const BigNumber&) const = default;
  };
  struct Array {
    std::vector<Value> items;
    bool operator==(const Array&) const;
  };
  struct Set {
    std::vector<Value> items;
    bool operator==(const Set&) const;
  };
  struct Push {  // unasked: not the reply to a request
    std::vector<Value> items;
    bool operator==(const Push&) const;
  };
  struct Map {
    std::vector<Value> items;  // key, value, key, value …
    bool operator==(const Map&) const;
  };

  std::variant<Null, Status, Error, std::int64_t, Bulk, bool, double, Verbatim, BigNumber, Array,
               Set, Push, Map>
      value;

  bool is_error() const { return std::holds_alternative<Error>(value); }
  bool operator==(const Value&) const = default;
};

inline bool Value::Array::operator==(const Array& other) const {
  return items == other.items;
}
inline bool Value::Set::operator==(const Set& other) const {
  return items == other.items;
}
inline bool Value::Push::operator==(const Push& other) const {
  return items == other.items;
}
inline bool Value::Map::operator==(const Map& other) const {
  return items == other.items;
}

}  // namespace holdfast::resp
