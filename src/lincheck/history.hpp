#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::lincheck {

// What a client asked for. The names are those of the JSON lines.
enum class Kind : std::uint8_t {
  kPut,     // sets a key to a value
  kAppend,  // adds a value at the end of a key's, which is empty if the key is missing
  kGet,
  kIncr,     // adds `delta` to the decimal number that a key holds, 0 if it is missing
  kDel,      // removes one key or several
  kMset,     // sets several keys at once
  kMget,     // reads several keys at once
  kPersist,  // has a key's value stay that was to expire
};

// A key's value, or nothing for a missing key. A missing key is not an empty value.
using Found = std::optional<std::string>;

// What the client was told. The first alternative says nothing about the state: the client never
// learned it, or did not look.
using Output = std::variant<std::monostate,
                            std::vector<Found>,  // get: one; mget: as many as keys
                            std::int64_t>;       // append: the new length; incr: the new number;
                                                 // del: how many keys there were; persist: 1 if
                                                 // the value was to expire, else 0

// One operation of one client. A refusal is none: leave out what certainly took no effect.
struct Operation {
  std::uint64_t client = 0;
  Kind kind = Kind::kGet;
  std::vector<std::string> keys;    // one, or several for del, mset and mget
  std::vector<std::string> values;  // put, append: one; mset: as many as keys
  std::int64_t delta = 1;           // incr
  Output output;
  // Any clock that all clients share. Between operations only "returned before the other was
  // called" matters; equal times count as overlapping, also for the same client.
  std::int64_t call_ns = 0;
  // Nothing if the outcome is not known: the operation may take effect at any time after its call,
  // or never.
  std::optional<std::int64_t> return_ns;
  // put: from then on the value may be gone by itself. Nothing: it stays.
  std::optional<std::int64_t> expires_ns = {};

  bool operator==(const Operation&) const = default;
};

using History = std::vector<Operation>;

// Operations as they are called, without an outcome.
Operation put(std::uint64_t client, std::string key, std::string value, std::int64_t call_ns);
Operation append(std::uint64_t client, std::string key, std::string value, std::int64_t call_ns);
Operation get(std::uint64_t client, std::string key, std::int64_t call_ns);
Operation incr(std::uint64_t client, std::string key, std::int64_t delta, std::int64_t call_ns);
Operation del(std::uint64_t client, std::vector<std::string> keys, std::int64_t call_ns);
// `keys` and `values` have the same length.
Operation mset(std::uint64_t client, std::vector<std::string> keys, std::vector<std::string> values,
               std::int64_t call_ns);
Operation mget(std::uint64_t client, std::vector<std::string> keys, std::int64_t call_ns);
Operation persist(std::uint64_t client, std::string key, std::int64_t call_ns);

std::string_view name(Kind kind);
std::optional<Kind> find_kind(std::string_view name);

// Why the operation can't be checked: an output of the wrong type or count, a return before the
// call, and the like. Nothing if it is well formed.
std::optional<std::string> defect(const Operation& operation);

// For people: `get "k" -> "v"`. Long values are cut in the middle, odd bytes shown as \xNN.
std::string describe(const Operation& operation);
// `"v"`, or `nothing` for a missing key; cut and escaped like that.
std::string describe(const Found& found);

}  // namespace holdfast::lincheck
